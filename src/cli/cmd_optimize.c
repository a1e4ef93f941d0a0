/* cmd_optimize.c - lighten [optimize]: make an archive smaller. */
#include <string.h>

#include "cli/run.h"
#include "commands.h"

static int optimize(struct run *run, const char *path, struct error *err)
{
	if (run_read(run, path, err) < 0 || run_choose_frozen(run, err) < 0 ||
	    run_plan(run, err) < 0)
		return -1;
	return run_write(run, err);
}

/* "lighten -q verify A B": the command was meant, but stands too late to be one. */
static int too_many(const struct text_list *operands, struct error *err)
{
	for (const struct command *const *command = commands; *command; command++)
		if (!strcmp((*command)->name, operands->items[0]))
			return error_set(err, ERR_USAGE,
					 "the command comes first: lighten %s [OPTIONS] ...",
					 (*command)->name);
	return error_set(err, ERR_USAGE, "one input at a time, \"%s\" is too many",
			 operands->items[1]);
}

static int run_optimize(const struct command *command, int argc, char **argv, struct error *err)
{
	struct text_list operands = VEC_INIT;
	AUTO_FREE char *line = run_command_line(command, argc, argv);
	int rc = options_parse(command, argc, argv, &operands, err);

	if (!rc && operands.count > 1)
		rc = too_many(&operands, err);
	if (!rc) {
		struct run run = { .input = { .fd = -1 }, .command = line };
		session_init(&run.session);
		run_default_policy();
		rc = optimize(&run, operands.count ? operands.items[0] : NULL, err);
		run_release(&run);
	}
	vec_release(&operands);
	return rc < 0 ? -1 : 0;
}

static const struct option_row *options(void)
{
	static struct option_row rows[RUN_ROWS_MAX];

	run_rows(rows);
	return rows;
}

const struct command cmd_optimize = {
	.name = "optimize",
	.summary = "make an image archive smaller (the default command)",
	.operands = "[INPUT]",
	.details =
		"Reads a saved image (docker save, podman save, skopeo, OCI archive or layout), "
		"merges\n"
		"its layers, leaves out what later layers delete or replace, proves that the file\n"
		"system stayed the same, and writes an archive that every engine loads.\n"
		"INPUT is a file, an OCI layout directory, or - for standard input (the default).",
	.run = run_optimize,
	.options = options,
};
