/* tree_digest.h - one digest for all that a tree shows: names, metadata, sizes, links. */
#ifndef TREE_TREE_DIGEST_H
#define TREE_TREE_DIGEST_H

#include "tree/merged_tree.h"
#include "util/digest.h"

/* Bodies are not read: their size counts, their content does not. */
void tree_digest(const struct merged_tree *tree, struct digest *out);

#endif
