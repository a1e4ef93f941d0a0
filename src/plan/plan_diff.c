/* plan_diff.c - the records of one segment: from what the layers below show to what must be shown.
 *
 * Two walks over the names that the segment touched.  The first marks what is needed: names that
 * some image shows in the end, markers that hide something, and the directories above them.  The
 * second writes the records in output order. */
#include "plan_internal.h"

enum mark {
	MARK_EMIT = 1,	 /* a record of its own */
	MARK_SAME = 2,	 /* a directory that is shown already: what is below stays visible */
	MARK_OPAQUE = 4, /* everything that is shown in it must go */
	MARK_HIDE = 8,	 /* what is shown by that name must go, nothing takes its place */
};

static const struct shown_node *shown_at(const struct differ *differ, path_id path, bool visible)
{
	return visible ? shown_get(differ->shown, path) : NULL;
}

/* Did the segment change something at this node or below? */
static bool touched(const struct differ *differ, const struct tree_node *node)
{
	return node->touched > differ->first_depth ||
	       differ->tree->all_touched > differ->first_depth;
}

static bool is_live(const struct differ *differ, path_id path, const struct tree_node *node)
{
	inode_id id = node->inode;
	const struct tree_inode *inode = tree_inode(differ->tree, &id);

	if (differ->segment->frozen || differ->plan->options.lossless)
		return true;
	return liveness_has(differ->live, path, node->slot, inode->meta);
}

static bool same_inode(const struct differ *differ, const struct tree_node *node,
		       const struct shown_node *shown)
{
	inode_id id = node->inode;

	tree_inode(differ->tree, &id);
	return shown && shown->inode == id;
}

/* Is the slot one of this segment?  Slots grow from the bottom of a chain to its top. */
static bool own_slot(const struct differ *differ, slot_id slot)
{
	return slot != SLOT_NONE &&
	       slot >= differ->plan->chain->positions.items[differ->segment->first].slot_begin;
}

static bool mark_children(struct differ *differ, path_id directory, bool visible);

/* Is a directory there only since a layer below has it?  Rules took it as it was last, and nothing
 * that is left in it is shown. */
static bool is_leftover(const struct differ *differ, path_id path, const struct tree_node *node,
			const struct shown_node *shown)
{
	if (path == PATH_ROOT || differ->segment->frozen ||
	    !liveness_dropped(differ->live, path, node->slot))
		return false;
	for (path_id at = node->child; at != PATH_NONE; at = differ->tree->nodes.items[at].next)
		if (differ->tree->nodes.items[at].mark & MARK_EMIT)
			return false;
	for (path_id at = shown->child; at != PATH_NONE; at = differ->shown->nodes.items[at].next) {
		const struct tree_node *below = tree_node(differ->tree, at);
		if (below && !(below->mark & MARK_HIDE))
			return false;
	}
	return true;
}

/* Set the marks of a name; true when it needs a record. */
static bool mark_node(struct differ *differ, path_id path, bool visible)
{
	struct tree_node *node = &differ->tree->nodes.items[path];
	const struct shown_node *shown = shown_at(differ, path, visible);
	bool changed = !same_inode(differ, node, shown), same, need;

	node->mark = 0;
	if (!touched(differ, node))
		return false;
	if (node->type != TAR_DIR) {
		/* A link may bind a name anew to the file that it had: it goes with its group. */
		changed |= own_slot(differ, node->slot);
		need = changed && is_live(differ, path, node);
		same = !changed;
	} else {
		same = shown && shown->type == TAR_DIR &&
		       (shown->born == node->born || path == PATH_ROOT);
		need = mark_children(differ, path, same);
		need |= (changed || own_slot(differ, node->repeat)) && node->slot != SLOT_NONE &&
			is_live(differ, path, node);
		node = &differ->tree->nodes.items[path];
		if (same && is_leftover(differ, path, node, shown_at(differ, path, visible))) {
			differ->drops = true;
			node->mark = MARK_HIDE;
			return false;
		}
		if (same)
			node->mark |= MARK_SAME;
		else if (need && shown && shown->child != PATH_NONE)
			node->mark |= MARK_OPAQUE;
	}
	if (need)
		node->mark |= MARK_EMIT;
	else if (shown && !same)
		node->mark |= MARK_HIDE;
	return need;
}

/* Mark everything in a directory; true when something in it needs a record. */
static bool mark_children(struct differ *differ, path_id directory, bool visible)
{
	struct merged_tree *tree = differ->tree;
	const struct shown_node *shown = shown_at(differ, directory, visible);
	size_t hidden = 0, kept = 0;
	bool need = false;

	for (path_id at = tree->nodes.items[directory].child; at != PATH_NONE;
	     at = tree->nodes.items[at].next)
		need |= mark_node(differ, at, visible);
	for (path_id at = shown ? shown->child : PATH_NONE; at != PATH_NONE;
	     at = differ->shown->nodes.items[at].next) {
		const struct tree_node *node = tree_node(tree, at);
		if (!node || node->mark & MARK_HIDE)
			hidden++;
		else if (!(node->mark & MARK_EMIT) || node->mark & MARK_SAME)
			kept++;
	}
	/* One marker that hides all is smaller than many; the root cannot have one (W11). */
	if (hidden > 1 && !kept && directory != PATH_ROOT)
		tree->nodes.items[directory].mark |= MARK_OPAQUE;
	return need || hidden;
}

static void emit_marker(struct differ *differ, path_id path, uint32_t kind)
{
	vec_push(&differ->plan->records,
		 (struct record){ path, SLOT_NONE, SLOT_NONE, BYTES_NONE, kind });
}

/* Does every image that shows the file do without its content? */
static bool is_emptied(const struct differ *differ, const struct tree_inode *inode)
{
	return inode->meta != SLOT_NONE &&
	       (differ->live->bits[inode->body] & (SHOWN_BODY | SHOWN_EMPTY)) == SHOWN_EMPTY;
}

/* The record of a name: its inode's first record in this layer carries the body. */
static void emit_name(struct differ *differ, path_id path, const struct tree_node *node)
{
	inode_id id = node->inode;
	const struct tree_inode *inode = tree_inode(differ->tree, &id);
	struct record record = { path, inode->body, inode->meta, inode->xattrs, RECORD_BODY };
	bool emptied = is_emptied(differ, inode);

	while (differ->carriers.count < differ->tree->inodes.count)
		vec_push(&differ->carriers, 0);
	if (node->type != TAR_DIR && differ->carriers.items[id]) {
		record.link = differ->plan->records.items[differ->carriers.items[id] - 1].path;
	} else if (node->type != TAR_DIR) {
		if (emptied)
			record.link = RECORD_EMPTY;
		differ->carriers.items[id] = (uint32_t)differ->plan->records.count + 1;
		vec_push(&differ->carried, id);
		if (!differ->segment->frozen && !own_slot(differ, inode->body))
			differ->plan->copies = true;
	}
	/* An emptied file is not the entry that its layer holds. */
	if (own_slot(differ, node->repeat) ||
	    (own_slot(differ, node->slot) && inode->meta != SLOT_NONE && !emptied))
		differ->own_used++;
	vec_push(&differ->plan->records, record);
	shown_bind(differ->shown, path, id, node->born, (enum tar_type)node->type);
}

static bool root_changed(const struct differ *differ, const struct tree_node *root)
{
	return root->slot != SLOT_NONE && is_live(differ, PATH_ROOT, root) &&
	       (own_slot(differ, root->repeat) ||
		!same_inode(differ, root, shown_at(differ, PATH_ROOT, true)));
}

static void emit_children(struct differ *differ, path_id directory, bool visible);

static void emit_node(struct differ *differ, path_id path, bool visible)
{
	const struct tree_node *node = &differ->tree->nodes.items[path];
	uint8_t mark = node->mark;

	if (!(mark & MARK_EMIT))
		return;
	/* What lies in the root needs no entry for it: only a root that is listed has one. */
	if (path != PATH_ROOT || root_changed(differ, node))
		emit_name(differ, path, node);
	if (node->type != TAR_DIR)
		return;
	if (mark & MARK_OPAQUE)
		emit_marker(differ, path, RECORD_OPAQUE);
	emit_children(differ, path, visible && mark & MARK_SAME);
}

static void hide(struct differ *differ, const struct path_list *hidden, bool whiteouts)
{
	for (size_t i = 0; i < hidden->count; i++) {
		if (whiteouts)
			emit_marker(differ, hidden->items[i], RECORD_WHITEOUT);
		shown_remove(differ->shown, hidden->items[i]);
	}
}

static void emit_children(struct differ *differ, path_id directory, bool visible)
{
	const struct shown_node *shown = shown_at(differ, directory, visible);
	struct path_list list = VEC_INIT;

	for (path_id at = shown ? shown->child : PATH_NONE; at != PATH_NONE;
	     at = differ->shown->nodes.items[at].next) {
		const struct tree_node *node = tree_node(differ->tree, at);
		if (!node || node->mark & MARK_HIDE)
			vec_push(&list, at);
	}
	path_list_sort(differ->tree->names->paths, &list);
	hide(differ, &list, !(differ->tree->nodes.items[directory].mark & MARK_OPAQUE));
	tree_children(differ->tree, directory, &list);
	for (size_t i = 0; i < list.count; i++)
		emit_node(differ, list.items[i], visible);
	vec_release(&list);
}

void plan_diff_segment(struct differ *differ)
{
	differ->own_used = 0;
	differ->drops = false;
	if (mark_node(differ, PATH_ROOT, !differ->bottom))
		emit_node(differ, PATH_ROOT, !differ->bottom);
	vec_foreach (id, &differ->carried)
		differ->carriers.items[*id] = 0;
	differ->carried.count = 0;
}

void differ_release(struct differ *differ)
{
	vec_release(&differ->carriers);
	vec_release(&differ->carried);
}
