/* tree_internal.h - the parts of merging that only src/tree shares. */
#ifndef TREE_INTERNAL_H
#define TREE_INTERNAL_H

#include "tree/merged_tree.h"

/* An entry of the layer at hand, by its path. */
struct own_entry {
	path_id path;
	entry_id entry;
};

/* A component still to walk: the last name of a path, or a piece of a link target. */
struct step {
	path_id path; /* PATH_NONE: use text */
	struct tar_text text;
};

/* One position while it is applied. */
struct applying {
	struct merged_tree *tree;
	const struct layer_index *index;
	slot_id begin, end; /* its slots */
	uint32_t position;
	uint32_t number;		  /* of the layer in its image, for messages */
	bool has_symlinks;		  /* markers may lie below one of them */
	struct VEC(struct own_entry) own; /* sorted; filled when a marker needs it */
	struct path_list stack;		  /* directories walked so far, root first */
	struct VEC(struct step) todo;	  /* components to walk, the next one last */
	struct VEC(entry_id) late;	  /* hard links whose target came later */
};

void applying_warn(const struct applying *in, enum warning_kind kind, path_id path);

static inline bool applying_owns(const struct applying *in, slot_id slot)
{
	return slot >= in->begin && slot < in->end;
}

/* --- tree_node.c: the structure ------------------------------------------------------------ */

/* Make nodes for all paths known by now. */
void tree_grow(struct merged_tree *tree);

bool tree_present(const struct merged_tree *tree, path_id path);

/* Bind a path whose parent is a directory that is there.  A directory keeps its children when it
 * replaces a directory; everything else takes the place of the whole subtree. */
void tree_bind(struct applying *in, path_id path, inode_id inode, enum tar_type type, slot_id slot);

/* The directory is listed again just as it is: the first entry goes on to stand for it. */
void tree_repeat(struct applying *in, path_id path, slot_id slot);

/* Remove a path and what is below; nothing when it is not there. */
void tree_remove(struct applying *in, path_id path);
void tree_remove_children(struct applying *in, path_id directory);

/* A directory that no entry lists, implied by `slot`. */
void tree_imply_directory(struct applying *in, path_id path, slot_id slot);

inode_id tree_add_inode(struct merged_tree *tree, struct tree_inode inode);

/* --- tree_resolve.c: ways through symlinks (SEMANTICS.md C.2) ------------------------------- */

/* The directory that an entry with the parent `parent` lands in, made when missing.  Symlinks of
 * the same layer are followed, those of lower layers replaced.  PATH_NONE with an error. */
path_id tree_parent_for_entry(struct applying *in, path_id parent, slot_id slot, struct error *err);

/* The last entry of the layer with that path, or NULL. */
const struct entry *tree_own_entry(struct applying *in, path_id path);

/* The directory that a marker means, in the tree below.  PATH_NONE without an error when it is
 * not there. */
int tree_place_of_marker(struct applying *in, path_id parent, slot_id slot, path_id *out,
			 struct error *err);

/* The name that a hard link target means, now or (`before`) before this layer.  PATH_NONE when
 * it is not there. */
int tree_follow(struct applying *in, path_id target, bool before, path_id *out, struct error *err);

#endif
