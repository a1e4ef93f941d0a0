/* tree_mark.h - what tree_compare() looks at, without contents, as one number. */
#ifndef VERIFY_TREE_MARK_H
#define VERIFY_TREE_MARK_H

#include <xxhash.h>

#include "tree/merged_tree.h"

struct tree_mark {
	XXH128_hash_t hash;
	uint64_t names; /* that were looked at */
};

/* Marks of two trees that share their names are equal when tree_compare() finds nothing.  So trees
 * can be compared that are not there at the same time, which halves the memory; when marks differ,
 * tree_compare() tells where. */
struct tree_mark tree_mark(const struct merged_tree *tree);

bool tree_mark_equal(const struct tree_mark *a, const struct tree_mark *b);

#endif
