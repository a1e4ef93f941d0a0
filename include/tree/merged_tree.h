/* merged_tree.h - what a container sees after some layers: names bound to inodes.
 *
 * Built by applying positions of a chain bottom first (SEMANTICS.md C.1).  A name is not a body:
 * hard-linked names share an inode, and any of them may outlive the others.  Nodes are indexed by
 * path_id; an id without a node is a name that is not there.  Never reads a body. */
#ifndef TREE_MERGED_TREE_H
#define TREE_MERGED_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "layer/chain.h"
#include "layer/names.h"

typedef uint32_t inode_id;

#define INODE_NONE UINT32_MAX

struct tree_inode {
	slot_id body; /* entry with the content, symlink target or device number; for an implied
			 directory the entry that implied it */
	slot_id meta; /* entry with mode, owner and time; SLOT_NONE: implied, 0755 0:0 */
	bytes_id xattrs;
	bool emptied;	   /* a policy leaves the file without its content */
	inode_id replaced; /* a hard link changed the metadata: the same file goes on as this inode
			    */
};

struct tree_node {
	inode_id inode;	 /* INODE_NONE: no such name */
	inode_id before; /* what was there before the position of `touched` */
	path_id child;	 /* first of a list in no order; PATH_NONE ends it */
	path_id next, previous;
	slot_id slot;	  /* entry that bound the name; the one that implied a directory */
	slot_id repeat;	  /* last entry that listed the directory again just as it was, or none */
	slot_id born;	  /* entry that made the node: a directory made anew has another one */
	uint16_t touched; /* depth + 1 of the last position that changed something here or below */
	uint8_t type;	  /* enum tar_type, never TAR_HARDLINK */
	uint8_t mark;	  /* scratch for whoever walks the tree */
};

struct merged_tree {
	const struct chain *chain; /* borrowed, as the next three */
	struct names *names;
	const struct limits *limits;
	struct warnings *warnings; /* NULL: the tree was built before, nothing new to say */
	struct VEC(struct tree_node) nodes;
	struct VEC(struct tree_inode) inodes;
	uint32_t *killers;    /* by slot: position that hid the entry; NULL: not wanted */
	uint16_t depth;	      /* positions applied */
	uint16_t all_touched; /* depth + 1 of the last position that changed inodes in place */
	unsigned flaws;	      /* enum layer_flaw that the last position showed */
};

/* `killers` may be NULL, else has chain->slot_count places. */
struct merged_tree *merged_tree_new(const struct chain *chain, struct names *names,
				    const struct limits *limits, struct warnings *warnings,
				    uint32_t *killers);
void merged_tree_free(struct merged_tree *tree);

/* Put one more position on top.  ERR_FORMAT or ERR_LIMIT with layer and entry. */
int merged_tree_apply(struct merged_tree *tree, uint32_t position, struct error *err);

/* All positions of an image. */
int merged_tree_apply_image(struct merged_tree *tree, uint32_t image, struct error *err);

/* Take a name out of a finished tree, as a policy decided.  False, and nothing done, for a
 * directory that still has names in it. */
bool merged_tree_drop(struct merged_tree *tree, path_id path);

/* Leave a file of a finished tree without its content. */
void merged_tree_empty(struct merged_tree *tree, path_id path);

/* Bind a name to what it was before, with the entries that had bound and made it then, as if
 * nothing had written it since.  `inode` INODE_NONE: only the directory is the one that `born`
 * made. */
void merged_tree_restore(struct merged_tree *tree, path_id path, inode_id inode, slot_id slot,
			 slot_id born);

/* A file more in a finished tree, without a name so far. */
inode_id merged_tree_add_file(struct merged_tree *tree, slot_id body, slot_id meta,
			      bytes_id xattrs);

/* Bind a name of a finished tree that stands for a file to another one. */
void merged_tree_relink(struct merged_tree *tree, path_id path, inode_id inode);

/* The node of a path, or NULL when there is none. */
const struct tree_node *tree_node(const struct merged_tree *tree, path_id path);

/* The inode behind an id, changes by hard links applied; *id becomes its own id. */
const struct tree_inode *tree_inode(const struct merged_tree *tree, inode_id *id);

/* Children of a directory in byte order of their names; the vector is replaced. */
struct path_list VEC(path_id);
void tree_children(const struct merged_tree *tree, path_id directory, struct path_list *out);

/* Byte order of last names. */
void path_list_sort(struct paths *paths, struct path_list *list);

/* Everything that a container can ask about a file but its content. */
struct tree_stat {
	enum tar_type type;
	uint16_t mode;
	uint32_t uid, gid;
	int64_t mtime;
	uint32_t mtime_nsec;
	bytes_id xattrs;
	uint64_t size; /* regular files; devices: major << 32 | minor */
	uint32_t link; /* symlinks: id in names.links */
};

void tree_stat(const struct merged_tree *tree, const struct tree_node *node, struct tree_stat *out);

/* The bytes of a regular file; false for anything else and for sparse files. */
bool tree_body(const struct merged_tree *tree, const struct tree_node *node, struct range *out);

/* The same from the parts of an inode. */
void inode_stat(const struct chain *chain, slot_id body, slot_id meta, bytes_id xattrs,
		struct tree_stat *out);

DEFINE_CLEANUP_PTR(merged_tree, merged_tree_free);

#endif
