/* tree_compare.h - do two merged trees show a container the same files? */
#ifndef VERIFY_TREE_COMPARE_H
#define VERIFY_TREE_COMPARE_H

#include "tree/merged_tree.h"
#include "util/context.h"

enum tree_difference {
	DIFFERENT_ONLY_LEFT,
	DIFFERENT_ONLY_RIGHT,
	DIFFERENT_TYPE,
	DIFFERENT_MODE,
	DIFFERENT_OWNER,
	DIFFERENT_MTIME,
	DIFFERENT_SIZE,
	DIFFERENT_CONTENT,
	DIFFERENT_TARGET,
	DIFFERENT_DEVICE,
	DIFFERENT_XATTRS,
	DIFFERENT_LINKS,
};

struct tree_finding {
	path_id path;
	enum tree_difference kind;
};

struct tree_findings {
	struct VEC(struct tree_finding) list; /* the first TREE_FINDINGS_MAX */
	uint64_t count;			      /* of all */
	uint64_t compared;		      /* names looked at */
};

#define TREE_FINDINGS_MAX 50

struct compare_options {
	bool contents;	    /* compare every body byte by byte */
	bool allow_split;   /* names that are one file on the left may be copies on the right */
	bool contents_only; /* compare nothing else, and that for every name */
};

/* Both trees must share their names.  0 with *out filled, whether there are differences or not;
 * -1 when contents cannot be read. */
int tree_compare(const struct merged_tree *left, const struct merged_tree *right,
		 const struct compare_options *options, const struct context *context,
		 struct tree_findings *out, struct error *err);
void tree_findings_release(struct tree_findings *findings);

/* "mode differs", ... */
const char *tree_difference_text(enum tree_difference kind);

DEFINE_CLEANUP(tree_findings, tree_findings_release);

#endif
