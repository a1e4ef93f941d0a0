/* tree_digest.c - one digest for all that a tree shows: names, metadata, sizes, links. */
#include "tree/tree_digest.h"

#include <string.h>

/* A walk in output order: directories before what lies in them, names bytewise. */
struct walk {
	const struct merged_tree *tree;
	struct hasher *hasher;
	path_id *first; /* by inode: the first name; PATH_NONE: none yet */
	struct xattr_list xattrs;
	struct strbuf line;
};

static void add_xattrs(struct walk *walk, bytes_id set)
{
	xattr_set_get(walk->tree->names, set, &walk->xattrs);
	vec_foreach (xattr, &walk->xattrs) {
		strbuf_addf(&walk->line, " %zu:", xattr->name.len);
		strbuf_add(&walk->line, xattr->name.bytes, xattr->name.len);
		strbuf_addf(&walk->line, "=%zu:", xattr->value.len);
		strbuf_add(&walk->line, xattr->value.bytes, xattr->value.len);
	}
}

/* Lengths before byte strings keep lines apart whatever names hold. */
static void add_text(struct walk *walk, struct tar_text text)
{
	strbuf_addf(&walk->line, " %zu:", text.len);
	strbuf_add(&walk->line, text.bytes, text.len);
}

static void add_path(struct walk *walk, path_id path)
{
	AUTO(strbuf) text = STRBUF_INIT;

	paths_append(walk->tree->names->paths, path, &text);
	add_text(walk, (struct tar_text){ text.data ? text.data : "", text.len });
}

static void add_node(struct walk *walk, path_id path, const struct tree_node *node)
{
	struct tree_stat stat;
	inode_id id = node->inode;

	tree_stat(walk->tree, node, &stat);
	strbuf_clear(&walk->line);
	add_path(walk, path);
	strbuf_addf(&walk->line, " %d %o %u %u %lld.%09u %llu", (int)stat.type, stat.mode, stat.uid,
		    stat.gid, (long long)stat.mtime, stat.mtime_nsec,
		    (unsigned long long)stat.size);
	if (stat.link != BYTES_NONE)
		add_text(walk, byte_pool_get(walk->tree->names->links, stat.link));
	add_xattrs(walk, stat.xattrs);
	if (stat.type != TAR_DIR) {
		tree_inode(walk->tree, &id);
		if (walk->first[id] == PATH_NONE)
			walk->first[id] = path;
		add_path(walk, walk->first[id]);
	}
	strbuf_addch(&walk->line, '\n');
	hasher_update(walk->hasher, walk->line.data, walk->line.len);
}

static void add_children(struct walk *walk, path_id directory)
{
	struct path_list children = VEC_INIT;

	tree_children(walk->tree, directory, &children);
	vec_foreach (child, &children) {
		const struct tree_node *node = tree_node(walk->tree, *child);
		add_node(walk, *child, node);
		if (node->type == TAR_DIR)
			add_children(walk, *child);
	}
	vec_release(&children);
}

void tree_digest(const struct merged_tree *tree, struct digest *out)
{
	struct walk walk = { .tree = tree,
			     .hasher = hasher_new(),
			     .first =
				     xreallocarray(NULL, tree->inodes.count + 1, sizeof(path_id)) };

	memset(walk.first, 0xff, (tree->inodes.count + 1) * sizeof(path_id));
	if (tree->nodes.items[PATH_ROOT].slot != SLOT_NONE)
		add_node(&walk, PATH_ROOT, &tree->nodes.items[PATH_ROOT]);
	add_children(&walk, PATH_ROOT);
	hasher_finish(walk.hasher, out);
	hasher_free(walk.hasher);
	free(walk.first);
	vec_release(&walk.xattrs);
	strbuf_release(&walk.line);
}
