/* tree_resolve.c - ways through symlinks: parents, places of markers, targets of hard links
 * (SEMANTICS.md C.2). */
#include <string.h>

#include "tar/tar_path.h"
#include "tree_internal.h"

#define MAX_HOPS 255

static struct paths *paths_of(const struct applying *in)
{
	return in->tree->names->paths;
}

/* Begin a walk to `path` at the root. */
static void begin_walk(struct applying *in, path_id path)
{
	in->stack.count = 0;
	vec_push(&in->stack, PATH_ROOT);
	in->todo.count = 0;
	for (path_id at = path; at != PATH_ROOT; at = paths_parent(paths_of(in), at))
		vec_push(&in->todo, (struct step){ at, { NULL, 0 } });
}

static path_id top(const struct applying *in)
{
	return in->stack.items[in->stack.count - 1];
}

static void pop(struct applying *in)
{
	if (in->stack.count > 1)
		in->stack.count--;
}

/* Take the next component; false at the end of the walk.  ".." is walked here. */
static bool next_step(struct applying *in, struct tar_text *name)
{
	while (in->todo.count) {
		struct step step = in->todo.items[--in->todo.count];
		*name = step.path == PATH_NONE ? step.text : paths_name(paths_of(in), step.path);
		if (name->len == 2 && !memcmp(name->bytes, "..", 2)) {
			pop(in);
			continue;
		}
		return true;
	}
	return false;
}

/* Walk the target of a symlink before whatever is left. */
static int jump(struct applying *in, bytes_id link, unsigned *hops, struct error *err)
{
	struct tar_text target = byte_pool_get(in->tree->names->links, link);
	struct tar_path_walk walk = tar_path_begin(target);
	struct tar_text part;
	size_t begin = in->todo.count;

	if (++*hops > MAX_HOPS)
		return error_set(err, ERR_FORMAT, "symlink loop");
	if (target.bytes[0] == '/')
		in->stack.count = 1;
	while (tar_path_next(&walk, &part))
		vec_push(&in->todo, (struct step){ PATH_NONE, part });
	for (size_t a = begin, b = in->todo.count; a + 1 < b; a++) {
		struct step swap = in->todo.items[a];
		in->todo.items[a] = in->todo.items[--b];
		in->todo.items[b] = swap;
	}
	return 0;
}

static bytes_id link_of(const struct applying *in, inode_id inode)
{
	return chain_entry(in->tree->chain, tree_inode(in->tree, &inode)->body)->link;
}

path_id tree_parent_for_entry(struct applying *in, path_id parent, slot_id slot, struct error *err)
{
	struct merged_tree *tree = in->tree;
	struct tar_text name;
	unsigned hops = 0;

	/* A directory that is there by that very name has only directories above it. */
	if (tree_present(tree, parent) && tree->nodes.items[parent].type == TAR_DIR)
		return parent;
	begin_walk(in, parent);
	while (next_step(in, &name)) {
		path_id here = paths_add(paths_of(in), top(in), name, err);
		if (here == PATH_NONE)
			return PATH_NONE;
		tree_grow(tree);
		const struct tree_node *node = tree_node(tree, here);
		bool own = node && applying_owns(in, node->slot);
		if (own && node->type == TAR_SYMLINK) {
			if (jump(in, link_of(in, node->inode), &hops, err) < 0)
				return PATH_NONE;
			continue;
		}
		if (own && node->type != TAR_DIR) {
			AUTO_FREE char *shown = paths_display(paths_of(in), here);
			error_set(err, ERR_FORMAT, "\"%s\" is no directory in the same layer",
				  shown);
			return PATH_NONE;
		}
		if (!node || node->type != TAR_DIR) {
			if (node)
				applying_warn(in, WARN_PARENT_REPLACED, here);
			tree_imply_directory(in, here, slot);
		}
		vec_push(&in->stack, here);
	}
	return top(in);
}

static int compare_own(const void *a, const void *b)
{
	const struct own_entry *left = a, *right = b;

	if (left->path != right->path)
		return left->path < right->path ? -1 : 1;
	return left->entry < right->entry ? -1 : 1;
}

static void collect_own(struct applying *in)
{
	for (size_t i = 0; i < in->index->entries.count; i++)
		if (in->index->entries.items[i].kind == ENTRY_NORMAL)
			vec_push(&in->own, (struct own_entry){ in->index->entries.items[i].path,
							       (entry_id)i });
	if (in->own.count)
		qsort(in->own.items, in->own.count, sizeof(in->own.items[0]), compare_own);
}

const struct entry *tree_own_entry(struct applying *in, path_id path)
{
	size_t low = 0, high;

	if (!in->own.count)
		collect_own(in);
	high = in->own.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (in->own.items[middle].path <= path)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || in->own.items[low - 1].path != path)
		return NULL;
	return &in->index->entries.items[in->own.items[low - 1].entry];
}

/* Something that is no directory stands where a marker needs one: a symlink becomes a directory, as
 * it does below entries.  Builders mark a directory opaque that they put in its place: that is
 * worth no warning. */
static void odd_place(struct applying *in, path_id path, slot_id slot)
{
	const struct entry *own = tree_own_entry(in, path);
	bool is_symlink = in->tree->nodes.items[path].type == TAR_SYMLINK;

	if (!own || own->type != TAR_DIR)
		applying_warn(in, is_symlink ? WARN_PARENT_REPLACED : WARN_WHITEOUT_ODD, path);
	if (is_symlink)
		tree_imply_directory(in, path, slot);
}

int tree_place_of_marker(struct applying *in, path_id parent, slot_id slot, path_id *out,
			 struct error *err)
{
	struct merged_tree *tree = in->tree;
	struct tar_text name;
	unsigned hops = 0;

	*out = parent;
	if (!in->has_symlinks && tree_present(tree, parent) &&
	    tree->nodes.items[parent].type == TAR_DIR)
		return 0;
	begin_walk(in, parent);
	*out = PATH_NONE;
	while (next_step(in, &name)) {
		path_id here = paths_find(paths_of(in), top(in), name);
		const struct entry *own =
			here == PATH_NONE || !in->has_symlinks ? NULL : tree_own_entry(in, here);
		if (own && own->type == TAR_SYMLINK) {
			if (jump(in, own->link, &hops, err) < 0)
				return -1;
			continue;
		}
		const struct tree_node *node = here == PATH_NONE ? NULL : tree_node(tree, here);
		if (node && node->type != TAR_DIR)
			odd_place(in, here, slot);
		if (!node || in->tree->nodes.items[here].type != TAR_DIR)
			return 0;
		vec_push(&in->stack, here);
	}
	*out = top(in);
	return 0;
}

/* The inode of a name now, or before this layer began. */
static inode_id inode_at(const struct merged_tree *tree, path_id path, bool before)
{
	const struct tree_node *node;

	if (path >= tree->nodes.count)
		return INODE_NONE;
	node = &tree->nodes.items[path];
	return before && node->touched == tree->depth + 1 ? node->before : node->inode;
}

int tree_follow(struct applying *in, path_id target, bool before, path_id *out, struct error *err)
{
	struct merged_tree *tree = in->tree;
	struct tar_text name;
	unsigned hops = 0;

	*out = target;
	if (inode_at(tree, target, before) != INODE_NONE)
		return 0;
	begin_walk(in, target);
	*out = PATH_NONE;
	while (next_step(in, &name)) {
		path_id here = paths_find(paths_of(in), top(in), name);
		inode_id inode = here == PATH_NONE ? INODE_NONE : inode_at(tree, here, before);
		if (inode == INODE_NONE)
			return 0;
		const struct tree_inode *found = tree_inode(tree, &inode);
		if (in->todo.count && found->meta != SLOT_NONE &&
		    chain_entry(tree->chain, found->body)->type == TAR_SYMLINK) {
			if (jump(in, chain_entry(tree->chain, found->body)->link, &hops, err) < 0)
				return -1;
			continue;
		}
		vec_push(&in->stack, here);
	}
	*out = top(in);
	return 0;
}
