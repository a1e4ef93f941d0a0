/* plan_internal.h - the parts of planning that only src/plan shares. */
#ifndef PLAN_INTERNAL_H
#define PLAN_INTERNAL_H

#include "plan/plan.h"

/* --- shown_tree.c: what the output layers written so far show -------------------------------- */

/* A name that the layers below a segment show; indexed by path_id like the nodes of a tree. */
struct shown_node {
	inode_id inode; /* INODE_NONE: not there */
	slot_id born;
	path_id child, next, previous;
	uint8_t type; /* enum tar_type */
};

struct shown_tree {
	const struct paths *paths;
	struct VEC(struct shown_node) nodes;
};

void shown_init(struct shown_tree *shown, const struct paths *paths);
void shown_release(struct shown_tree *shown);

/* NULL when the path is not there. */
const struct shown_node *shown_get(const struct shown_tree *shown, path_id path);
void shown_bind(struct shown_tree *shown, path_id path, inode_id inode, slot_id born,
		enum tar_type type);
void shown_remove(struct shown_tree *shown, path_id path);

/* --- plan_segments.c ------------------------------------------------------------------------- */

/* Cut the chains of all images into segments. */
void plan_cut_segments(struct plan *plan);

/* --- plan_diff.c: from what is shown to what must be shown ----------------------------------- */

enum shown_bit {
	SHOWN_NAME = 1 << 0,    /* the binding of the entry is in a final tree */
	SHOWN_IMPLIED = 1 << 1, /* a directory that the entry implied is in a final tree */
	SHOWN_BODY = 1 << 2,    /* its body is in a final tree, by whatever name */
};

struct differ {
	struct plan *plan;
	struct merged_tree *tree;      /* at the top of the segment */
	struct shown_tree *shown;      /* below the segment */
	bool bottom;                   /* nothing is below: there is nothing to hide */
	const uint8_t *live;           /* by slot: enum shown_bit */
	struct segment *segment;
	uint32_t first_depth;          /* of the lowest position of the segment */
	size_t own_used;               /* emitted records that are entries of the segment itself */
	struct VEC(uint32_t) carriers; /* by inode: record index + 1 */
	struct VEC(inode_id) carried;  /* inodes that have a carrier in this segment */
};

/* Append the records that turn what is shown into the tree, and bring `shown` up to date. */
void plan_diff_segment(struct differ *differ);
void differ_release(struct differ *differ);

/* --- plan_pass.c ----------------------------------------------------------------------------- */

/* Do the markers of a segment of one layer all hide something, each once?  To be asked before
 * plan_diff_segment(). */
bool plan_markers_hold(const struct differ *differ);

/* --- plan_record.c --------------------------------------------------------------------------- */

/* Bytes that each of the records [begin, end) takes in a layer. */
void plan_measure(const struct plan *plan, size_t begin, size_t end, uint64_t *sizes);

/* --- plan_outputs.c -------------------------------------------------------------------------- */

/* One output layer a segment, none for those that are left without anything, several where the
 * options ask for a cut. */
void plan_lay_outputs(struct plan *plan);

/* --- plan_totals.c --------------------------------------------------------------------------- */

/* Fates from liveness (by slot: enum shown_bit), then the sums. */
void plan_account(struct plan *plan, const uint8_t *live);

#endif
