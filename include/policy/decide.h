/* decide.h - rules applied to one image: which names go, what was kept although a rule wanted it.
 *
 * Ranks (DESIGN.md ruling 7): what the config needs > --keep > keep rules (passed only by
 * "overrides_keep") > --drop > the other rules in their order.  Decisions are about names of the
 * merged tree; layers, hard links and bytes are the planner's business. */
#ifndef POLICY_DECIDE_H
#define POLICY_DECIDE_H

#include "image/image.h"
#include "policy/policy.h"
#include "tree/merged_tree.h"
#include "util/context.h"

struct policy_decision {
	path_id path;
	uint32_t rule;
	enum policy_action action; /* POLICY_REMOVE or POLICY_TRUNCATE */
};

enum veto_cause {
	VETO_NEEDED,	/* the config needs it */
	VETO_KEEP_RULE, /* `keeper` */
	VETO_SYMLINK,	/* a kept symlink, `because`, would dangle */
	VETO_HARDLINK,	/* not all names of the file would be truncated */
};

/* A name that a rule wanted and that no rule takes. */
struct policy_veto {
	path_id path;
	uint32_t rule; /* the first one that wanted it */
	enum veto_cause cause;
	uint32_t keeper; /* VETO_KEEP_RULE, else RULE_NONE */
	path_id because; /* VETO_SYMLINK: the link; VETO_NEEDED: what needs it, or PATH_NONE */
	char *text;	 /* "what starts needs it: library of /usr/bin/x" */
};

/* What became of a rule. */
struct policy_count {
	bool applies;	/* allowed, and its "when" holds */
	uint64_t names; /* decided by it */
	uint64_t bytes; /* of bodies no name of which is left; truncated ones too */
	uint64_t vetoed;
};

struct policy_decisions {
	struct VEC(struct policy_decision) list; /* by the bytes of the full path */
	struct VEC(struct policy_veto) vetoes;	 /* likewise */
	struct policy_count *counts;		 /* by rule */
	uint64_t owned;	   /* removed names that a package lists: dpkg -V will report them */
	bool owners_known; /* false: the package database is of a kind that is not read */
};

/* Apply the rules that remove, truncate and keep.  `tree` is the final tree of `image`; nothing is
 * interned.  *out is filled; release it in any case. */
int policy_decide(const struct policy *policy, const struct image *image,
		  const struct merged_tree *tree, const struct context *context,
		  struct policy_decisions *out, struct error *err);
void policy_decisions_release(struct policy_decisions *decisions);

/* Append, line by line, which rules looked at a path of the merged tree, what each said, and which
 * one won.  `path` is text, absolute or not; ERR_ANSWER_NO when there is no such name. */
int policy_explain(const struct policy *policy, const struct image *image,
		   const struct merged_tree *tree, const struct context *context, const char *path,
		   struct strbuf *out, struct error *err);

DEFINE_CLEANUP(policy_decisions, policy_decisions_release);

#endif
