/* decide_internal.h - one image while rules are applied to it. */
#ifndef POLICY_DECIDE_INTERNAL_H
#define POLICY_DECIDE_INTERNAL_H

#include "match.h"

struct stay {
	path_id path; /* a name that was to go */
	path_id link; /* the symlink that leads to it */
};

struct decider {
	struct facts facts;
	const struct policy *policy;
	uint8_t *applies; /* by rule: enabled, allowed, and its "when" holds */
	uint32_t *wanted; /* by path: the rule that takes the entry by itself; directories: never */
	uint32_t *taken;  /* by path: the rule that takes the name in the end */
	uint8_t *marks;	  /* by path: enum mark */
	struct VEC(struct stay) stays;
	struct policy_decisions *out;
	uint32_t *excluded;    /* by rule: stamp of the path at hand */
	struct glob_ids rules; /* that match the path at hand, in their order */
	uint32_t workdir_rule; /* keeps what lies below the working directory; or RULE_NONE */
};

enum mark {
	MARK_STAYS = 1 << 0,	/* a symlink leads here, and below if it is a directory */
	MARK_OCCUPIED = 1 << 1, /* something in the directory stays */
	MARK_PASSED = 1 << 2,	/* a directory on the way of a symlink that is kept */
	MARK_VETOED = 1 << 2,	/* in the list of vetoes */
};

/* decide.c: the rules whose globs match a path and whose excludes do not, in order, in d->rules. */
void decider_match(struct decider *d, path_id path);

/* Does a rule that matches want the entry: type, "each"? */
bool decider_rule_wants(struct decider *d, uint32_t rule, path_id path,
			const struct match_type **failed);

/* The keep rule that stops `rule` at the path whose rules stand in d->rules, or RULE_NONE. */
uint32_t decider_keeper(struct decider *d, uint32_t rule, path_id path);

/* settle.c: what goes in the end, from what rules want: directories that empty, symlinks that
 * would dangle. */
void decider_settle(struct decider *d);

/* Everything up to the final state of d->taken; `d` is to be released in any case. */
int decider_run(struct decider *d, const struct policy *policy, const struct image *image,
		const struct merged_tree *tree, const struct context *context,
		struct policy_decisions *out, struct error *err);
void decider_release(struct decider *d);

/* decide_out.c: decisions, vetoes and counts in their order. */
void decider_report(struct decider *d);
void decider_veto(struct decider *d, struct policy_veto veto);

DEFINE_CLEANUP(decider, decider_release);

#endif
