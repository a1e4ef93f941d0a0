/* cmd_apply.c - lighten apply: carry out a reviewed plan, on the input that it was made for. */
#include <string.h>

#include "commands.h"
#include "plan_file.h"

static const struct option_row *options(void)
{
	static struct option_row rows[RUN_ROWS_MAX];

	run_output_rows(rows);
	return rows;
}

static int apply(const char *const *operands, const char *line, struct error *err)
{
	struct run run = { .input = { .fd = -1 }, .command = line };
	int rc;

	session_init(&run.session);
	rc = plan_file_load(operands[0], operands[1], &run, err);
	if (!rc)
		rc = run_write(&run, err);
	run_release(&run);
	return rc;
}

static int run_apply(const struct command *command, int argc, char **argv, struct error *err)
{
	struct text_list operands = VEC_INIT;
	AUTO_FREE char *line = run_command_line(command, argc, argv);
	int rc = options_parse(command, argc, argv, &operands, err);

	if (!rc && operands.count != 2)
		rc = error_set(err, ERR_USAGE,
			       "a plan and its input are needed: lighten apply PLAN INPUT");
	if (!rc && !strcmp(operands.items[0], "-") && !strcmp(operands.items[1], "-"))
		rc = error_set(err, ERR_USAGE, "standard input is the plan or the input, not both");
	if (!rc)
		rc = apply(operands.items, line, err);
	vec_release(&operands);
	return rc < 0 ? -1 : 0;
}

const struct command cmd_apply = {
	.name = "apply",
	.summary = "carry out a reviewed plan",
	.operands = "PLAN INPUT",
	.details =
		"Writes the very bytes that lighten optimize gives with the options of the plan.\n"
		"A reviewer may turn decisions from remove to keep.  Another input than the one\n"
		"that the plan was made for is refused (exit status 1), and any other edit (2).\n"
		"PLAN or INPUT may be - for standard input.",
	.run = run_apply,
	.options = options,
};
