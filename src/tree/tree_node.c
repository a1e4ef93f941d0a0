/* tree_node.c - the structure of a merged tree: binding and removing names. */
#include <string.h>

#include "tree_internal.h"

struct merged_tree *merged_tree_new(const struct chain *chain, struct names *names,
				    const struct limits *limits, struct warnings *warnings,
				    uint32_t *killers)
{
	struct merged_tree *tree = xcalloc(1, sizeof(*tree));

	tree->chain = chain;
	tree->names = names;
	tree->limits = limits;
	tree->warnings = warnings;
	tree->killers = killers;
	tree_grow(tree);
	/* The root is there from the start, listed by nobody. */
	tree->nodes.items[PATH_ROOT].inode = tree_add_inode(
		tree, (struct tree_inode){ SLOT_NONE, SLOT_NONE, BYTES_NONE, false, INODE_NONE });
	tree->nodes.items[PATH_ROOT].type = TAR_DIR;
	return tree;
}

void merged_tree_free(struct merged_tree *tree)
{
	vec_release(&tree->nodes);
	vec_release(&tree->inodes);
	free(tree);
}

void tree_grow(struct merged_tree *tree)
{
	uint32_t count = paths_count(tree->names->paths);

	vec_reserve(&tree->nodes, count);
	while (tree->nodes.count < count)
		tree->nodes.items[tree->nodes.count++] = (struct tree_node){ .inode = INODE_NONE,
									     .before = INODE_NONE,
									     .child = PATH_NONE,
									     .next = PATH_NONE,
									     .previous = PATH_NONE,
									     .slot = SLOT_NONE,
									     .repeat = SLOT_NONE,
									     .born = SLOT_NONE };
}

bool tree_present(const struct merged_tree *tree, path_id path)
{
	return path < tree->nodes.count && tree->nodes.items[path].inode != INODE_NONE;
}

const struct tree_node *tree_node(const struct merged_tree *tree, path_id path)
{
	return tree_present(tree, path) ? &tree->nodes.items[path] : NULL;
}

inode_id tree_add_inode(struct merged_tree *tree, struct tree_inode inode)
{
	vec_push(&tree->inodes, inode);
	return (inode_id)(tree->inodes.count - 1);
}

const struct tree_inode *tree_inode(const struct merged_tree *tree, inode_id *id)
{
	const struct tree_inode *inode = &tree->inodes.items[*id];

	while (inode->replaced != INODE_NONE) {
		*id = inode->replaced;
		inode = &tree->inodes.items[*id];
	}
	return inode;
}

/* Remember what was here before this position, once, and tell the directories above. */
static void touch(struct applying *in, path_id path)
{
	struct merged_tree *tree = in->tree;
	uint16_t now = (uint16_t)(tree->depth + 1);

	for (path_id at = path; at != PATH_NONE; at = paths_parent(tree->names->paths, at)) {
		struct tree_node *node = &tree->nodes.items[at];
		if (node->touched == now)
			break;
		node->touched = now;
		node->before = node->inode;
	}
}

static void killed(struct applying *in, const struct tree_node *node)
{
	struct merged_tree *tree = in->tree;
	inode_id id = node->inode;
	const struct tree_inode *inode = tree_inode(tree, &id);

	if (!tree->killers || inode->meta == SLOT_NONE)
		return;
	tree->killers[node->slot] = in->position;
	tree->killers[inode->body] = in->position;
}

static void unlink_child(struct merged_tree *tree, path_id path)
{
	struct tree_node *node = &tree->nodes.items[path];

	if (node->previous != PATH_NONE)
		tree->nodes.items[node->previous].next = node->next;
	else
		tree->nodes.items[paths_parent(tree->names->paths, path)].child = node->next;
	if (node->next != PATH_NONE)
		tree->nodes.items[node->next].previous = node->previous;
	node->next = node->previous = PATH_NONE;
}

static void link_child(struct merged_tree *tree, path_id path)
{
	struct tree_node *parent = &tree->nodes.items[paths_parent(tree->names->paths, path)];
	struct tree_node *node = &tree->nodes.items[path];

	node->next = parent->child;
	node->previous = PATH_NONE;
	if (parent->child != PATH_NONE)
		tree->nodes.items[parent->child].previous = path;
	parent->child = path;
}

void tree_remove_children(struct applying *in, path_id directory)
{
	struct merged_tree *tree = in->tree;
	path_id at = directory;

	/* Always the first leaf: no recursion, however deep the tree. */
	while (tree->nodes.items[directory].child != PATH_NONE) {
		while (tree->nodes.items[at].child != PATH_NONE)
			at = tree->nodes.items[at].child;
		struct tree_node *node = &tree->nodes.items[at];
		killed(in, node);
		touch(in, at);
		unlink_child(tree, at);
		node->inode = INODE_NONE;
		at = paths_parent(tree->names->paths, at);
	}
}

void tree_remove(struct applying *in, path_id path)
{
	if (!tree_present(in->tree, path) || path == PATH_ROOT)
		return;
	tree_remove_children(in, path);
	killed(in, &in->tree->nodes.items[path]);
	touch(in, path);
	unlink_child(in->tree, path);
	in->tree->nodes.items[path].inode = INODE_NONE;
}

void tree_bind(struct applying *in, path_id path, inode_id inode, enum tar_type type, slot_id slot)
{
	struct merged_tree *tree = in->tree;
	bool keep;

	tree_grow(tree);
	struct tree_node *node = &tree->nodes.items[path];
	keep = node->inode != INODE_NONE && node->type == TAR_DIR && type == TAR_DIR;
	if (keep) {
		killed(in, node);
		touch(in, path);
	} else {
		tree_remove(in, path);
		touch(in, path);
		link_child(tree, path);
		node->born = slot;
	}
	node->inode = inode;
	node->type = (uint8_t)type;
	node->slot = slot;
	node->repeat = SLOT_NONE;
}

bool merged_tree_drop(struct merged_tree *tree, path_id path)
{
	struct tree_node *node = &tree->nodes.items[path];

	if (!tree_present(tree, path) || path == PATH_ROOT || node->child != PATH_NONE)
		return false;
	unlink_child(tree, path);
	node->inode = INODE_NONE;
	return true;
}

void merged_tree_empty(struct merged_tree *tree, path_id path)
{
	inode_id id;

	if (!tree_present(tree, path))
		return;
	id = tree->nodes.items[path].inode;
	tree_inode(tree, &id);
	tree->inodes.items[id].emptied = true;
}

void merged_tree_restore(struct merged_tree *tree, path_id path, inode_id inode, slot_id slot,
			 slot_id born)
{
	struct tree_node *node = &tree->nodes.items[path];

	node->born = born;
	if (inode == INODE_NONE)
		return;
	node->inode = inode;
	node->slot = slot;
	if (!tree->killers || slot == SLOT_NONE)
		return;
	tree->killers[slot] = UINT32_MAX;
	tree->killers[tree_inode(tree, &inode)->body] = UINT32_MAX;
}

inode_id merged_tree_add_file(struct merged_tree *tree, slot_id body, slot_id meta, bytes_id xattrs)
{
	return tree_add_inode(tree, (struct tree_inode){ body, meta, xattrs, false, INODE_NONE });
}

void merged_tree_relink(struct merged_tree *tree, path_id path, inode_id inode)
{
	tree->nodes.items[path].inode = inode;
}

void tree_repeat(struct applying *in, path_id path, slot_id slot)
{
	touch(in, path);
	in->tree->nodes.items[path].repeat = slot;
}

void tree_imply_directory(struct applying *in, path_id path, slot_id slot)
{
	inode_id inode = tree_add_inode(
		in->tree, (struct tree_inode){ slot, SLOT_NONE, BYTES_NONE, false, INODE_NONE });

	tree_bind(in, path, inode, TAR_DIR, slot);
}

static int compare_paths(const void *a, const void *b, void *paths)
{
	return path_name_compare(paths_name(paths, *(const path_id *)a),
				 paths_name(paths, *(const path_id *)b));
}

void tree_children(const struct merged_tree *tree, path_id directory, struct path_list *out)
{
	out->count = 0;
	for (path_id at = tree->nodes.items[directory].child; at != PATH_NONE;
	     at = tree->nodes.items[at].next)
		vec_push(out, at);
	path_list_sort(tree->names->paths, out);
}

void path_list_sort(struct paths *paths, struct path_list *list)
{
	if (list->count > 1)
		qsort_r(list->items, list->count, sizeof(list->items[0]), compare_paths, paths);
}

bool tree_body(const struct merged_tree *tree, const struct tree_node *node, struct range *out)
{
	const struct chain *chain = tree->chain;
	inode_id id = node->inode;

	if (node->type != TAR_FILE)
		return false;
	slot_id body = tree_inode(tree, &id)->body;
	const struct entry *entry = chain_entry(chain, body);
	const struct range *tar = &chain_layer(chain, chain_position(chain, body))->tar;
	uint64_t at = entry->header_offset + entry->header_bytes;
	if (entry->link != BYTES_NONE || at > tar->length || entry->size > tar->length - at)
		return false;
	*out = range_slice(tar, at, entry->size);
	return true;
}

void tree_stat(const struct merged_tree *tree, const struct tree_node *node, struct tree_stat *out)
{
	inode_id id = node->inode;
	const struct tree_inode *inode = tree_inode(tree, &id);

	inode_stat(tree->chain, inode->body, inode->meta, inode->xattrs, out);
	if (inode->emptied)
		out->size = 0;
}

void inode_stat(const struct chain *chain, slot_id body_slot, slot_id meta_slot, bytes_id xattrs,
		struct tree_stat *out)
{
	memset(out, 0, sizeof(*out));
	out->xattrs = xattrs;
	out->link = BYTES_NONE;
	if (meta_slot == SLOT_NONE) {
		out->type = TAR_DIR;
		out->mode = 0755;
		if (body_slot == SLOT_NONE)
			return;
		out->mtime = chain_entry(chain, body_slot)->mtime;
		out->mtime_nsec = chain_entry(chain, body_slot)->mtime_nsec;
		return;
	}
	const struct entry *body = chain_entry(chain, body_slot);
	const struct entry *meta = chain_entry(chain, meta_slot);
	out->type = (enum tar_type)body->type;
	out->mode = body->type == TAR_SYMLINK ? 0777 : meta->mode;
	out->uid = meta->uid;
	out->gid = meta->gid;
	out->mtime = meta->mtime;
	out->mtime_nsec = meta->mtime_nsec;
	out->size = body->size;
	if (body->type == TAR_SYMLINK)
		out->link = body->link;
}
