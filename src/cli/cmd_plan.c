/* cmd_plan.c - lighten plan: what optimize would do, as JSON Lines or as a summary. */
#include <errno.h>
#include <string.h>

#include "cli/run.h"
#include "commands.h"
#include "plan_options.h"

static struct {
	bool summary;
} opt;

static const struct option_row *options(void)
{
	static struct option_row rows[RUN_ROWS_MAX];

	rows[run_rows(rows)] = (struct option_row){ .name = "summary",
						    .type = OPTION_FLAG,
						    .help = "print a report for people instead",
						    .value = &opt.summary };
	return rows;
}

static int print(struct run *run, FILE *out, struct error *err)
{
	if (run_report(run, opt.summary ? out : NULL, err) < 0)
		return -1;
	if (opt.summary)
		return 0;
	return plan_json_write(run->plan, run->images, run->layers, plan_options_dump(run),
			       &run->session.context, out, err);
}

/* To standard output, or where -o says. */
static int put(struct run *run, struct error *err)
{
	bool to_file = run_options.output && strcmp(run_options.output, "-") != 0;
	const char *name = to_file ? run_options.output : "standard output";
	FILE *out = to_file ? fopen(run_options.output, "we") : stdout;
	int rc;

	if (!out)
		return error_set_errno(err, errno, "cannot write %s", name);
	rc = print(run, out, err);
	if (!rc && (fflush(out) != 0 || ferror(out)))
		rc = error_set_errno(err, errno, "cannot write %s", name);
	if (to_file && fclose(out) != 0 && !rc)
		rc = error_set_errno(err, errno, "cannot write %s", name);
	return rc;
}

static int run_plan_command(const struct command *command, int argc, char **argv, struct error *err)
{
	struct text_list operands = VEC_INIT;
	AUTO_FREE char *line = run_command_line(command, argc, argv);
	int rc = options_parse(command, argc, argv, &operands, err);

	if (!rc && operands.count != 1)
		rc = error_set(err, ERR_USAGE, "one input is needed: lighten plan INPUT");
	if (!rc) {
		struct run run = { .input = { .fd = -1 }, .command = line };
		run_options.dry_run = true;
		session_init(&run.session);
		run_default_policy();
		rc = run_read(&run, operands.items[0], err);
		if (!rc)
			rc = run_choose_frozen(&run, err);
		if (!rc)
			rc = run_plan(&run, err);
		if (!rc)
			rc = run_finish_reading(&run, err);
		if (!rc)
			rc = put(&run, err);
		run_release(&run);
	}
	vec_release(&operands);
	return rc < 0 ? -1 : 0;
}

const struct command cmd_plan = {
	.name = "plan",
	.summary = "print what optimize would do, for review; write nothing",
	.operands = "INPUT",
	.details = "Prints a plan as JSON Lines: the options, the layers that come out, and for "
		   "every\n"
		   "entry of the input what becomes of it and why.  lighten apply carries it out.",
	.run = run_plan_command,
	.options = options,
};
