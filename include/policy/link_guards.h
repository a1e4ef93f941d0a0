/* link_guards.h - which files of an image must not share their content with others (dedupe).
 *
 * Hard links are one file: what writes through one name changes the others, or breaks the link,
 * as the storage driver has it, and some programs refuse files with more than one name.  So files
 * that are likely to be written, or looked at in that way, stay apart (POLICIES.md 2.6). */
#ifndef POLICY_LINK_GUARDS_H
#define POLICY_LINK_GUARDS_H

#include "image/image.h"
#include "tree/merged_tree.h"
#include "util/context.h"

enum link_guard {
	GUARD_APART = 1 << 0,  /* never linked */
	GUARD_TIME = 1 << 1,   /* only to a file with the same modification time */
	GUARD_FOLDER = 1 << 2, /* scratch: what lies below is apart, too */
	GUARD_RECIPE = 1 << 3, /* scratch: what lies below is compared by time */
};

/* Add the guards of one image to `flags`, which has a place for each path of tree->names.  `tree`
 * is its final tree.  `times`: is GUARD_TIME wanted?  Package databases are read for it. */
void link_guards_add(const struct image *image, const struct merged_tree *tree, bool times,
		     const struct context *context, uint8_t *flags);

/* Guards of mode bits: files that others may write, and those that change who runs them. */
bool link_guards_mode(uint16_t mode);

#endif
