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
	SHOWN_NAME = 1 << 0,  /* the binding of the entry is in a final tree */
	SHOWN_BODY = 1 << 1,  /* its body is in a final tree, by whatever name */
	SHOWN_EMPTY = 1 << 2, /* its file is, without the body */
};

/* Marks of tree nodes between plan_decide() and liveness_add(). */
enum decision_mark {
	DECISION_REMOVE = 1,
	DECISION_EMPTY = 2,
};

/* A directory that no entry lists; one entry may imply several, one in the other. */
struct implied {
	slot_id slot;
	path_id path;
};

/* A name whose file got other metadata from a hard link later on: it is shown as that link made
 * it, and nobody has a use for what it was before. */
struct moved {
	slot_id slot, meta;
};

/* What the final trees of all images show. */
struct liveness {
	uint8_t *bits;			    /* by slot: enum shown_bit */
	struct VEC(struct implied) implied; /* sorted, as the next */
	struct VEC(struct moved) moved;
	struct VEC(struct implied) dropped; /* names that rules took, where nobody shows them */
};

/* plan_live.c: add what the final tree of one image shows, and its size to the totals. */
void liveness_add(struct liveness *live, struct plan *plan, const struct merged_tree *tree);

/* One name more; to be settled then. */
void liveness_add_name(struct liveness *live, path_id path, const struct tree_node *node,
		       const struct tree_inode *inode);

/* Before questions; what is added later needs it again. */
void liveness_settle(struct liveness *live);
void liveness_release(struct liveness *live);

/* Does a final tree show the path as `slot` bound it, with the metadata of `meta`?  SLOT_NONE: as a
 * directory that `slot` implies. */
bool liveness_has(const struct liveness *live, path_id path, slot_id slot, slot_id meta);

/* Did rules take the path as `slot` bound it, from every image that showed it so? */
bool liveness_dropped(const struct liveness *live, path_id path, slot_id slot);

/* --- plan_policy.c --------------------------------------------------------------------------- */

/* Ask the policy about the final tree of an image and mark the nodes that go. */
int plan_decide(struct plan *plan, uint32_t image, struct merged_tree *tree,
		const struct context *context, struct error *err);

/* Did a reviewer turn the decision about a path to keep? */
bool plan_is_edited(const struct plan *plan, enum plan_edit_kind kind, uint32_t place,
		    path_id path);

/* Take what the decisions that stand take out of the final tree of an image. */
void plan_trim_tree(const struct plan *plan, uint32_t image, struct merged_tree *tree);

/* All images have spoken: drop decisions that one of them is against. */
int plan_settle_decisions(struct plan *plan, struct liveness *live, const struct context *context,
			  struct error *err);

/* --- plan_added.c ---------------------------------------------------------------------------- */

/* Decisions stand: add the files that the options ask for, to the top segments of the images.
 * `chain` is the plan's. */
int plan_add_files(struct plan *plan, struct chain *chain, struct liveness *live,
		   const struct context *context, struct error *err);

/* Put what is added to a segment on the tree of its top. */
int plan_apply_added(const struct segment *segment, struct merged_tree *tree, struct error *err);

struct differ {
	struct plan *plan;
	struct merged_tree *tree; /* at the top of the segment */
	struct shown_tree *shown; /* below the segment */
	bool bottom;		  /* nothing is below: there is nothing to hide */
	const struct liveness *live;
	struct segment *segment;
	uint32_t first_depth;	       /* of the lowest position of the segment */
	bool drops;		       /* a directory goes that no entry of the segment deletes */
	size_t own_used;	       /* emitted records that are entries of the segment itself */
	struct VEC(uint32_t) carriers; /* by inode: record index + 1 */
	struct VEC(inode_id) carried;  /* inodes that have a carrier in this segment */
};

/* Append the records that turn what is shown into the tree, and bring `shown` up to date. */
void plan_diff_segment(struct differ *differ);
void differ_release(struct differ *differ);

/* --- plan_order.c ---------------------------------------------------------------------------- */

/* Bring the records from `begin` on, those of one segment, from path order to the wanted one. */
void plan_order_records(struct plan *plan, size_t begin);

/* Are the entries of a layer in the order of those records already? */
bool plan_order_holds(const struct plan *plan, const struct layer_index *index, size_t begin);

/* --- plan_pass.c ----------------------------------------------------------------------------- */

/* Do the markers of a segment of one layer all hide something, each once?  To be asked before
 * plan_diff_segment(). */
bool plan_markers_hold(const struct differ *differ);

/* --- rewrites.c ------------------------------------------------------------------------------ */

/* Find files that layers write again with the bytes that stand below, in all layers that are not
 * frozen.  To be called before any tree of the plan is made. */
int plan_find_rewrites(struct plan *plan, const struct context *context, struct error *err);

/* --- plan_apply.c ---------------------------------------------------------------------------- */

/* Bind what a position writes again, rewrites[begin] and those behind it, to what was below. */
void plan_restore(const struct plan *plan, size_t begin, uint32_t position,
		  struct merged_tree *tree);

/* merged_tree_apply() of one position and of all positions of an image, without the rewrites. */
int plan_apply(const struct plan *plan, struct merged_tree *tree, uint32_t position,
	       struct error *err);
int plan_apply_image(const struct plan *plan, struct merged_tree *tree, uint32_t image,
		     struct error *err);

/* --- dedupe_find.c --------------------------------------------------------------------------- */

static inline bool plan_may_dedupe(const struct plan *plan)
{
	return plan->options.dedupe != DEDUPE_OFF && !plan->options.lossless;
}

/* By path: enum link_guard. */
struct guard_list VEC(uint8_t);

/* Add the guards of an image to those of the images before: what must stay apart in one of them
 * does so in all. */
void plan_add_guards(const struct plan *plan, uint32_t image, const struct merged_tree *tree,
		     struct guard_list *guards, const struct context *context);

/* Link identical files in the records of all segments that are not frozen; those of segments that
 * can still be passed on are there, too, and go. */
int plan_dedupe(struct plan *plan, struct guard_list *guards, const struct context *context,
		struct error *err);

/* --- plan_record.c --------------------------------------------------------------------------- */

/* Bytes that each of the records [begin, end) takes in a layer. */
void plan_measure(const struct plan *plan, size_t begin, size_t end, uint64_t *sizes);

static inline bool record_is_marker(const struct record *record)
{
	return record->link == RECORD_WHITEOUT || record->link == RECORD_OPAQUE;
}

static inline bool record_is_link(const struct record *record)
{
	return record->link < RECORD_EMPTY;
}

/* --- plan_outputs.c -------------------------------------------------------------------------- */

/* Are merged layers to be cut?  Then none of them can stay as it is. */
bool plan_wants_cut(const struct plan *plan);

/* One output layer a segment, none for those that are left without anything, several where the
 * options ask for a cut. */
void plan_lay_outputs(struct plan *plan);

/* --- plan_totals.c --------------------------------------------------------------------------- */

/* Fates from liveness, then the sums. */
void plan_account(struct plan *plan, const struct liveness *live);

#endif
