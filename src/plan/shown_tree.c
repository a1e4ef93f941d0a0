/* shown_tree.c - what the output layers written so far show. */
#include "plan_internal.h"

void shown_init(struct shown_tree *shown, const struct paths *paths)
{
	*shown = (struct shown_tree){ .paths = paths, .nodes = VEC_INIT };
	shown_bind(shown, PATH_ROOT, INODE_NONE, SLOT_NONE, TAR_DIR);
}

void shown_release(struct shown_tree *shown)
{
	vec_release(&shown->nodes);
}

static void grow(struct shown_tree *shown)
{
	uint32_t count = paths_count(shown->paths);

	vec_reserve(&shown->nodes, count);
	while (shown->nodes.count < count)
		shown->nodes.items[shown->nodes.count++] =
			(struct shown_node){ INODE_NONE, SLOT_NONE, PATH_NONE,
					     PATH_NONE,	 PATH_NONE, 0 };
}

const struct shown_node *shown_get(const struct shown_tree *shown, path_id path)
{
	if (path == PATH_ROOT)
		return &shown->nodes.items[path];
	if (path >= shown->nodes.count || shown->nodes.items[path].inode == INODE_NONE)
		return NULL;
	return &shown->nodes.items[path];
}

static void remove_leaf(struct shown_tree *shown, path_id path)
{
	struct shown_node *node = &shown->nodes.items[path];

	if (node->previous != PATH_NONE)
		shown->nodes.items[node->previous].next = node->next;
	else
		shown->nodes.items[paths_parent(shown->paths, path)].child = node->next;
	if (node->next != PATH_NONE)
		shown->nodes.items[node->next].previous = node->previous;
	*node = (struct shown_node){ INODE_NONE, SLOT_NONE, PATH_NONE, PATH_NONE, PATH_NONE, 0 };
}

void shown_remove(struct shown_tree *shown, path_id path)
{
	path_id at = path;

	if (!shown_get(shown, path))
		return;
	for (;;) {
		while (shown->nodes.items[at].child != PATH_NONE)
			at = shown->nodes.items[at].child;
		path_id parent = paths_parent(shown->paths, at);
		remove_leaf(shown, at);
		if (at == path)
			return;
		at = parent;
	}
}

void shown_bind(struct shown_tree *shown, path_id path, inode_id inode, slot_id born,
		enum tar_type type)
{
	const struct shown_node *old;

	grow(shown);
	old = shown_get(shown, path);
	if (path == PATH_ROOT) {
		shown->nodes.items[path].inode = inode;
		shown->nodes.items[path].type = TAR_DIR;
		return;
	}
	/* A directory made anew hides what the old one had; the same one keeps its children. */
	if (old && !(old->type == TAR_DIR && type == TAR_DIR && old->born == born)) {
		shown_remove(shown, path);
		old = NULL;
	}
	struct shown_node *node = &shown->nodes.items[path];
	if (!old) {
		struct shown_node *parent = &shown->nodes.items[paths_parent(shown->paths, path)];
		node->next = parent->child;
		if (parent->child != PATH_NONE)
			shown->nodes.items[parent->child].previous = path;
		parent->child = path;
	}
	node->inode = inode;
	node->born = born;
	node->type = (uint8_t)type;
}
