/* verify.h - the judge of a run: open an output again and compare (DESIGN.md decision 8, ruling 8).
 */
#ifndef VERIFY_VERIFY_H
#define VERIFY_VERIFY_H

#include "image/image.h"
#include "plan/plan.h"
#include "verify/tree_compare.h"

enum verify_level {
	VERIFY_OFF,
	VERIFY_STRUCTURE, /* names, metadata, sizes, links: every header of the output */
	VERIFY_FULL,	  /* and every digest and body */
};

/* What was compared, for the report. */
struct verify_result {
	enum verify_level level;
	uint64_t compared; /* names, all images together */
};

/* Is `output` what the plan promises?  ERR_INTERNAL with the first differing path when not. */
int verify_output(const struct input *output, const struct plan *plan, const struct digest *configs,
		  enum verify_level level, const struct context *context,
		  struct verify_result *result, struct error *err);

/* Two archives, for `verify A B`. */
struct verify_answer {
	struct VEC(char *) lines; /* what differs, for people; the caller frees by release */
	uint64_t count;		  /* differences in all */
	uint64_t compared;
};

/* Images are paired by tag, then by position.  `tree_only`: configs may differ. */
int verify_archives(const struct input *left, const struct input *right, bool tree_only,
		    const struct context *context, struct verify_answer *answer, struct error *err);

/* Does `right` hold what the plan promises of its input?  Compared and answered as by
 * verify_archives(). */
int verify_planned(const struct plan *plan, const struct input *right, bool tree_only,
		   const struct context *context, struct verify_answer *answer, struct error *err);
void verify_answer_release(struct verify_answer *answer);

DEFINE_CLEANUP(verify_answer, verify_answer_release);

#endif
