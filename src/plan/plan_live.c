/* plan_live.c - liveness: what the final trees of all images show. */
#include "plan_internal.h"

static int compare_pairs(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	return a != b ? (a < b ? -1 : 1) : (c > d) - (c < d);
}

static int compare_implied(const void *a, const void *b)
{
	const struct implied *left = a, *right = b;

	return compare_pairs(left->slot, right->slot, left->path, right->path);
}

static int compare_moved(const void *a, const void *b)
{
	const struct moved *left = a, *right = b;

	return compare_pairs(left->slot, right->slot, left->meta, right->meta);
}

void liveness_add_name(struct liveness *live, path_id path, const struct tree_node *node,
		       const struct tree_inode *inode)
{
	if (inode->meta == SLOT_NONE) {
		vec_push(&live->implied, (struct implied){ node->slot, path });
		return;
	}
	if (inode->meta > node->slot)
		vec_push(&live->moved, (struct moved){ node->slot, inode->meta });
	else
		live->bits[node->slot] |= SHOWN_NAME;
	if (node->repeat != SLOT_NONE)
		live->bits[node->repeat] |= SHOWN_NAME;
	live->bits[inode->body] |= node->mark == DECISION_EMPTY ? SHOWN_EMPTY : SHOWN_BODY;
}

enum { SEEN_BEFORE = 1 << 0, SEEN_AFTER = 1 << 1 };

/* A name, and the content of its file when it is the first one with it. */
static void count_name(struct plan_shown *sum, uint8_t *seen, inode_id id, uint8_t bit,
		       uint64_t size)
{
	sum->entries++;
	if (!(seen[id] & bit))
		sum->bytes += size;
	seen[id] |= bit;
}

void liveness_add(struct liveness *live, struct plan *plan, const struct merged_tree *tree)
{
	AUTO_FREE uint8_t *seen = xcalloc(tree->inodes.count + 1, 1);

	for (path_id path = 0; path < tree->nodes.count; path++) {
		const struct tree_node *node = tree_node(tree, path);
		inode_id id;
		if (!node || node->slot == SLOT_NONE)
			continue;
		id = node->inode;
		const struct tree_inode *inode = tree_inode(tree, &id);
		uint64_t size =
			node->type == TAR_FILE ? chain_entry(plan->chain, inode->body)->size : 0;
		count_name(&plan->totals.shown_before, seen, id, SEEN_BEFORE, size);
		if (node->mark == DECISION_REMOVE)
			continue;
		liveness_add_name(live, path, node, inode);
		count_name(&plan->totals.shown_after, seen, id, SEEN_AFTER,
			   node->mark == DECISION_EMPTY ? 0 : size);
	}
}

void liveness_settle(struct liveness *live)
{
	if (live->implied.count)
		qsort(live->implied.items, live->implied.count, sizeof(live->implied.items[0]),
		      compare_implied);
	if (live->moved.count)
		qsort(live->moved.items, live->moved.count, sizeof(live->moved.items[0]),
		      compare_moved);
	if (live->dropped.count)
		qsort(live->dropped.items, live->dropped.count, sizeof(live->dropped.items[0]),
		      compare_implied);
}

void liveness_release(struct liveness *live)
{
	free(live->bits);
	vec_release(&live->implied);
	vec_release(&live->moved);
	vec_release(&live->dropped);
}

bool liveness_has(const struct liveness *live, path_id path, slot_id slot, slot_id meta)
{
	const struct implied directory = { slot, path };
	const struct moved name = { slot, meta };

	if (meta == SLOT_NONE)
		return live->implied.count &&
		       bsearch(&directory, live->implied.items, live->implied.count,
			       sizeof(directory), compare_implied);
	if (meta <= slot)
		return live->bits[slot] & SHOWN_NAME;
	return live->moved.count &&
	       bsearch(&name, live->moved.items, live->moved.count, sizeof(name), compare_moved);
}

bool liveness_dropped(const struct liveness *live, path_id path, slot_id slot)
{
	const struct implied name = { slot, path };

	return live->dropped.count && bsearch(&name, live->dropped.items, live->dropped.count,
					      sizeof(name), compare_implied);
}
