/* plan_file.c - a plan that was written earlier, held against the input that it was made for. */
#include "plan_file.h"

#include <errno.h>
#include <string.h>

#include "image/json.h"
#include "plan_options.h"

/* A plan file, line by line. */
struct plan_file {
	const char *name;
	FILE *file;
	char *line;
	size_t room, number;
	json_t *header;
};

/* 1: the next line is in file->line; 0: the end; -1. */
static int next_line(struct plan_file *plan, struct error *err)
{
	errno = 0;
	if (getline(&plan->line, &plan->room, plan->file) >= 0) {
		plan->number++;
		return 1;
	}
	return ferror(plan->file) ? error_set_errno(err, errno, "cannot read %s", plan->name) : 0;
}

static int read_header(struct plan_file *plan, struct error *err)
{
	const char *version;
	int rc = next_line(plan, err);

	if (rc < 0)
		return -1;
	if (rc)
		plan->header = json_loads(plan->line, 0, NULL);
	if (!plan->header || !json_object_get(plan->header, "lightenPlan"))
		return error_set(err, ERR_USAGE, "%s: not a plan of lighten", plan->name);
	version = json_string_value(json_object_get(plan->header, "lighten"));
	if (json_integer_value(json_object_get(plan->header, "lightenPlan")) != PLAN_SCHEMA ||
	    !version || strcmp(version, LIGHTEN_VERSION))
		return error_set(
			err, ERR_USAGE, "%s: made by lighten %s, this is %s: make the plan anew",
			plan->name, version ? version : "of unknown version", LIGHTEN_VERSION);
	return plan_options_load(json_object_get(plan->header, "options"), err);
}

static int check_identity(const struct plan_file *plan, const struct run *run, struct error *err)
{
	const char *wanted = json_string_value(json_object_get(plan->header, "input"));
	char found[DIGEST_TEXT_SIZE];
	struct digest identity;

	plan_input_identity(run->images, run->layers, &identity);
	digest_text(&identity, found);
	if (wanted && !strcmp(wanted, found))
		return 0;
	return error_set(err, ERR_ANSWER_NO, "%s: made for another input (%s, this one is %s)",
			 plan->name, wanted ? wanted : "unknown", found);
}

/* A decision line that differs from the derived one in nothing but "keep" goes into the run. */
static bool take_edit(struct run *run, const char *derived, const char *given)
{
	json_t *was = json_loads(derived, 0, NULL), *is = json_loads(given, 0, NULL);
	const json_t *segment = json_object_get(was, "segment");
	const char *decision = json_string_value(json_object_get(was, "decision"));
	const char *edited = json_string_value(json_object_get(is, "decision"));
	bool taken = false;

	if (decision && edited && strcmp(decision, "keep") && !strcmp(edited, "keep")) {
		json_object_set_new(was, "decision", json_string("keep"));
		if (json_equal(was, is)) {
			run->kept =
				xreallocarray(run->kept, run->kept_count + 1, sizeof(run->kept[0]));
			run->kept[run->kept_count++] = (struct plan_edit){
				segment ? PLAN_EDIT_LINK : PLAN_EDIT_RULE,
				(uint32_t)json_integer_value(
					segment ? segment : json_object_get(was, "image")),
				xstrdup(json_string_value(json_object_get(was, "path")))
			};
			taken = true;
		}
	}
	json_decref(was);
	json_decref(is);
	return taken;
}

/* Every line must be the one that this input and these options give, but for decisions that were
 * turned to keep. */
static int compare_lines(struct plan_file *plan, FILE *derived, struct run *run, struct error *err)
{
	AUTO_FREE char *line = NULL;
	size_t room = 0;
	int rc;

	rewind(plan->file);
	plan->number = 0;
	while ((rc = next_line(plan, err)) > 0) {
		if (getline(&line, &room, derived) >= 0 && !strcmp(line, plan->line))
			continue;
		if (line && take_edit(run, line, plan->line))
			continue;
		return error_set(
			err, ERR_USAGE,
			"%s: line %zu is not what lighten plan wrote: only decisions may be "
			"changed, from remove to keep",
			plan->name, plan->number);
	}
	if (!rc && getline(&line, &room, derived) >= 0)
		return error_set(err, ERR_USAGE, "%s: ends after line %zu: the plan is cut off",
				 plan->name, plan->number);
	return rc;
}

static int check_plan(struct plan_file *plan, struct run *run, struct error *err)
{
	FILE *derived = tmpfile();
	int rc;

	if (!derived)
		return error_set_errno(err, errno, "cannot create a temporary file");
	rc = plan_json_write(run->plan, run->images, run->layers, plan_options_dump(run),
			     &run->session.context, derived, err);
	if (!rc && fflush(derived) != 0)
		rc = error_set_errno(err, errno, "cannot write a temporary file");
	rewind(derived);
	if (!rc)
		rc = compare_lines(plan, derived, run, err);
	fclose(derived);
	return rc;
}

static int compare_edits(const void *a, const void *b)
{
	return plan_edit_compare(a, b);
}

/* What a reviewer keeps changes segments, actions and totals: plan anew. */
static int plan_again(struct run *run, struct error *err)
{
	if (!run->kept_count)
		return 0;
	qsort(run->kept, run->kept_count, sizeof(run->kept[0]), compare_edits);
	plan_free(run->plan);
	run->plan = NULL;
	return run_plan(run, err);
}

static int plan_as_told(struct plan_file *plan, struct run *run, const char *input,
			struct error *err)
{
	if (run_read(run, input, err) < 0 || check_identity(plan, run, err) < 0 ||
	    plan_options_load_frozen(json_object_get(plan->header, "options"), run, err) < 0 ||
	    run_plan(run, err) < 0 || check_plan(plan, run, err) < 0)
		return -1;
	return plan_again(run, err);
}

/* The plan is read twice, which standard input cannot be. */
static FILE *copy_stdin(struct error *err)
{
	FILE *copy = tmpfile();
	char buf[1 << 16];
	size_t len;

	if (!copy) {
		error_set_errno(err, errno, "cannot create a temporary file");
		return NULL;
	}
	errno = 0;
	while ((len = fread(buf, 1, sizeof(buf), stdin)) > 0 && fwrite(buf, 1, len, copy) == len)
		;
	if (!ferror(stdin) && !ferror(copy) && fflush(copy) == 0) {
		rewind(copy);
		return copy;
	}
	error_set_errno(err, errno ? errno : EIO, "cannot copy standard input");
	fclose(copy);
	return NULL;
}

static int open_plan(struct plan_file *plan, const char *path, struct error *err)
{
	plan->name = path;
	if (!strcmp(path, "-")) {
		plan->name = "standard input";
		plan->file = copy_stdin(err);
		return plan->file ? 0 : -1;
	}
	plan->file = fopen(path, "re");
	return plan->file ? 0 : error_set_errno(err, errno, "cannot open %s", path);
}

int plan_file_load(const char *path, const char *input, struct run *run, struct error *err)
{
	struct plan_file plan = { .name = NULL };
	int rc;

	if (open_plan(&plan, path, err) < 0)
		return -1;
	rc = read_header(&plan, err);
	if (!rc)
		rc = plan_as_told(&plan, run, input, err);
	run->plan_header = plan.header;
	free(plan.line);
	fclose(plan.file);
	return rc;
}
