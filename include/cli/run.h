/* run.h - one run as optimize, plan and apply share it: options, then read, plan, write. */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include "cli/policy_choice.h"
#include "cli/session.h"
#include "cli/target.h"
#include "image/chain_ids.h"
#include "plan/plan_json.h"
#include "report/report.h"

/* What --keep-base says. */
enum base_kind { BASE_COUNT, BASE_AUTO, BASE_ARCHIVE };

/* Values of the options of optimize and plan. */
struct run_options {
	const char *output, *format;
	struct text_list images, platforms, tags, reports;
	struct labels labels, annotations;
	int squash, order, verify, dedupe;
	struct policy_choice policy;
	enum base_kind base_kind;
	uint32_t base_layers;	  /* BASE_COUNT */
	const char *base_archive; /* BASE_ARCHIVE */
	const char *have;
	const struct target *target; /* NULL: any loader */
	uint32_t max_layers;
	uint64_t layer_size;
	bool persist;
	bool drop_empty_layers, lossless, keep_attestations, dry_run, sync;
	struct encoding encoding;
	bool recode;
	const char *compress; /* as given, for the plan */
};

extern struct run_options run_options;
extern const char *const run_order_choices[]; /* by enum entry_order, up to ORDER_SIMILAR */

/* Rules are applied unless the command line names others: the policy "safe".  With --lossless
 * nothing could be taken, so that there are none. */
void run_default_policy(void);

/* By enum dedupe_mode; NULL ends. */
extern const char *const run_dedupe_names[];

/* True when rules may take something: some policy but "none", or --drop. */
bool run_has_policy(void);

#define RUN_ROWS_MAX 48

/* Fill in the rows of optimize and plan, or only those about the output, which apply takes too.
 * The count; room for an end row and a few more is left. */
size_t run_rows(struct option_row out[RUN_ROWS_MAX]);
size_t run_output_rows(struct option_row out[RUN_ROWS_MAX]);

/* Everything that one run opens and makes. */
struct run {
	struct session session;
	struct input input;
	struct names names;
	struct image_set *images;
	struct layer_set *layers;
	struct chain chain;
	uint32_t *frozen, *omitted; /* [image]: what the options come to */
	/* How the receiver stores what is omitted, as many; NULL: as plain bytes. */
	struct stored_layer *receiver;
	struct policy *policy;	/* NULL: no rules */
	struct plan_edit *kept; /* by apply: decisions that were edited */
	size_t kept_count;
	struct plan *plan;
	json_t *plan_header; /* of a plan that was read: run_options borrow from it */
	struct write_result result;
	struct verify_result verified;
	struct VEC(char *) notes; /* what was found and chosen, for people */
	const char *command;
	char *spool; /* folder for temporary files; NULL: as spool_create() has it */
};

/* Open, select, check and index the input.  `path` NULL is standard input. */
int run_read(struct run *run, const char *path, struct error *err);

/* Turn --keep-base and --have into counts of layers; apply has them from its plan instead. */
int run_choose_frozen(struct run *run, struct error *err);

int run_plan(struct run *run, struct error *err);

/* Every digest of the input is right; before anything is said about it. */
int run_finish_reading(struct run *run, struct error *err);

/* Layers of the input that the output names without holding them, for input.known; the caller
 * frees them. */
struct known_blob *run_omitted_blobs(const struct run *run, size_t *count);

/* Write, verify, report and give the output its name; with --dry-run only report. */
int run_write(struct run *run, struct error *err);

/* Write what --report asks for, of a run as far as it came, and the summary for people to
 * `summary`; NULL: none.  Progress ends before. */
int run_report(struct run *run, FILE *summary, struct error *err);

void run_release(struct run *run);

/* "lighten optimize -o x y", for the report. */
char *run_command_line(const struct command *command, int argc, char **argv);

#endif
