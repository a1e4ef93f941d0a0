/* cmd_verify.c - lighten verify A B: do two archives show containers the same files? */
#include <string.h>

#include "commands.h"
#include "plan_file.h"
#include "verify/verify.h"

static struct {
	bool tree_only;
	const char *plan;
} opt;

static const struct option_row rows[] = {
	{ .name = "tree-only",
	  .type = OPTION_FLAG,
	  .help = "compare file systems only, not the configs",
	  .value = &opt.tree_only },
	{ .name = "plan",
	  .type = OPTION_TEXT,
	  .placeholder = "PLAN",
	  .help = "B is to be what this plan makes of A, not the same as A",
	  .value = &opt.plan },
	SESSION_OPTION_ROWS,
	{ .name = NULL },
};

static const struct option_row *options(void)
{
	return rows;
}

static int print(const struct verify_answer *answer, const char *const *names, struct error *err)
{
	vec_foreach (line, &answer->lines)
		printf("%s\n", *line);
	if (answer->count > answer->lines.count)
		printf("... and %llu more\n",
		       (unsigned long long)(answer->count - answer->lines.count));
	if (fflush(stdout) != 0 || ferror(stdout))
		return error_set(err, ERR_IO, "cannot write to standard output");
	if (answer->count)
		return error_set(err, ERR_ANSWER_NO, "%s and %s differ in %llu places", names[0],
				 names[1], (unsigned long long)answer->count);
	if (!session_options.quiet)
		printf("the same: %llu names compared, every byte\n",
		       (unsigned long long)answer->compared);
	return 0;
}

static int compare(const char *const *names, struct error *err)
{
	AUTO(session) session;
	AUTO(input) left = { .fd = -1 };
	AUTO(input) right = { .fd = -1 };
	AUTO(verify_answer) answer = { .count = 0 };

	session_init(&session);
	if (input_open(&left, names[0], &session.context, err) < 0 ||
	    input_open(&right, names[1], &session.context, err) < 0 ||
	    verify_archives(&left, &right, opt.tree_only, &session.context, &answer, err) < 0)
		return -1;
	session_quiet(&session);
	return print(&answer, names, err);
}

static int compare_planned(const char *const *names, struct error *err)
{
	struct run run = { .input = { .fd = -1 } };
	AUTO(input) right = { .fd = -1 };
	AUTO_FREE struct known_blob *known = NULL;
	AUTO(verify_answer) answer = { .count = 0 };
	int rc;

	run_options.dry_run = true;
	session_init(&run.session);
	rc = plan_file_load(opt.plan, names[0], &run, err);
	if (!rc)
		rc = run_finish_reading(&run, err);
	if (!rc)
		rc = input_open(&right, names[1], &run.session.context, err);
	if (!rc) {
		known = run_omitted_blobs(&run, &right.known_count);
		right.known = known;
		rc = verify_planned(run.plan, &right, opt.tree_only, &run.session.context, &answer,
				    err);
	}
	session_quiet(&run.session);
	if (!rc)
		rc = print(&answer, names, err);
	run_release(&run);
	return rc;
}

static int run_verify(const struct command *command, int argc, char **argv, struct error *err)
{
	struct text_list operands = VEC_INIT;
	int rc = options_parse(command, argc, argv, &operands, err);

	if (!rc && operands.count != 2)
		rc = error_set(err, ERR_USAGE, "two archives are needed: lighten verify A B");
	if (!rc)
		rc = opt.plan ? compare_planned(operands.items, err) : compare(operands.items, err);
	vec_release(&operands);
	return rc < 0 ? -1 : 0;
}

const struct command cmd_verify = {
	.name = "verify",
	.summary = "do two archives show containers the same files?",
	.operands = "A B",
	.details = "Compares the merged file systems of two archives name by name: type, mode, "
		   "owner,\n"
		   "times, extended attributes, hard links, every byte of content, and what a "
		   "container\n"
		   "gets from the config.  Exit status 0: the same; 1: they differ, with a list.\n"
		   "With --plan, A is the input of that plan, and B is compared with what it "
		   "promises.",
	.run = run_verify,
	.options = options,
};
