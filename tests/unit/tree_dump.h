/* tree_dump.h - a merged tree as the text of layer_forge.h, names in output order. */
#ifndef TESTS_TREE_DUMP_H
#define TESTS_TREE_DUMP_H

#include "layer_forge.h"

/* What a walk over a tree carries along. */
struct dump {
	const struct merged_tree *tree;
	struct strbuf *out;
	int flat; /* hard links are shown like files of their own; 2: files without times */
	struct VEC(path_id) carriers; /* by inode: PATH_NONE, or its first name */
};

/* The expanded body of an entry. */
static inline int entry_body(const struct layer *layer, const struct entry *entry,
			     struct strbuf *out, struct error *err)
{
	uint64_t at = entry->header_offset + entry->header_bytes;
	size_t start = out->len;

	if (!entry->size)
		return 0;
	memset(strbuf_grow(out, (size_t)entry->size), 0, (size_t)entry->size);
	if (entry->link == BYTES_NONE)
		return range_read(&layer->tar, at, out->data + start, (size_t)entry->size, err);
	const struct sparse_body *sparse = &layer->index.sparse.items[entry->link];
	for (size_t i = 0; i < sparse->chunk_count; i++) {
		const struct tar_chunk *chunk = &sparse->chunks[i];
		if (range_read(&layer->tar, at, out->data + start + chunk->offset,
			       (size_t)chunk->length, err) < 0)
			return -1;
		at += chunk->length;
	}
	return 0;
}

static inline void dump_body(struct dump *dump, slot_id slot)
{
	const struct chain *chain = dump->tree->chain;
	struct error err = ERROR_INIT;

	strbuf_addstr(dump->out, " =");
	if (entry_body(chain_layer(chain, chain_position(chain, slot)), chain_entry(chain, slot),
		       dump->out, &err) < 0) {
		strbuf_addf(dump->out, "(%s)", err.message);
		error_release(&err);
	}
}

static inline void dump_stat(struct dump *dump, const struct tree_node *node)
{
	struct xattr_list xattrs = VEC_INIT;
	struct strbuf *out = dump->out;
	struct tree_stat stat;
	inode_id id = node->inode;

	tree_stat(dump->tree, node, &stat);
	const struct tree_inode *inode = tree_inode(dump->tree, &id);
	if (stat.mode != (stat.type == TAR_DIR ? 0755 : stat.type == TAR_SYMLINK ? 0777 : 0644))
		strbuf_addf(out, " m%o", stat.mode);
	if (stat.uid)
		strbuf_addf(out, " u%u", stat.uid);
	if (stat.gid)
		strbuf_addf(out, " g%u", stat.gid);
	if (stat.mtime != 1000 && (dump->flat < 2 || stat.type != TAR_FILE))
		strbuf_addf(out, " t%lld", (long long)stat.mtime);
	if (stat.mtime_nsec)
		strbuf_addf(out, ".%09u", stat.mtime_nsec);
	if (stat.type == TAR_CHARDEV || stat.type == TAR_BLOCKDEV)
		strbuf_addf(out, " r%u:%u", (unsigned)(stat.size >> 32), (unsigned)stat.size);
	xattr_set_get(dump->tree->names, stat.xattrs, &xattrs);
	vec_foreach (xattr, &xattrs) {
		strbuf_addstr(out, " x");
		strbuf_add(out, xattr->name.bytes, xattr->name.len);
		strbuf_addch(out, '=');
		strbuf_add(out, xattr->value.bytes, xattr->value.len);
	}
	vec_release(&xattrs);
	if (stat.type == TAR_SYMLINK) {
		struct tar_text target = byte_pool_get(dump->tree->names->links, stat.link);
		strbuf_addstr(out, " >");
		strbuf_add(out, target.bytes, target.len);
	}
	if (stat.type == TAR_FILE && stat.size)
		dump_body(dump, inode->body);
}

static inline void dump_node(struct dump *dump, path_id path)
{
	static const char letters[] = "fdshcbp"; /* in the order of enum tar_type */
	const struct tree_node *node = tree_node(dump->tree, path);
	struct strbuf *out = dump->out;
	inode_id id = node->inode;

	tree_inode(dump->tree, &id);
	while (dump->carriers.count <= id)
		vec_push(&dump->carriers, PATH_NONE);
	if (out->len)
		strbuf_addch(out, ',');
	if (node->type != TAR_DIR && dump->carriers.items[id] != PATH_NONE && !dump->flat) {
		strbuf_addstr(out, "h ");
		paths_append(dump->tree->names->paths, path, out);
		strbuf_addstr(out, " >");
		paths_append(dump->tree->names->paths, dump->carriers.items[id], out);
		return;
	}
	dump->carriers.items[id] = path;
	strbuf_addf(out, "%c ", letters[node->type]);
	if (path == PATH_ROOT)
		strbuf_addch(out, '.');
	paths_append(dump->tree->names->paths, path, out);
	dump_stat(dump, node);
}

static inline void dump_directory(struct dump *dump, path_id directory)
{
	struct path_list list = VEC_INIT;

	tree_children(dump->tree, directory, &list);
	for (size_t i = 0; i < list.count; i++) {
		dump_node(dump, list.items[i]);
		if (tree_node(dump->tree, list.items[i])->type == TAR_DIR)
			dump_directory(dump, list.items[i]);
	}
	vec_release(&list);
}

/* The text of a tree; the root only when an entry listed it. */
static inline char *tree_dump(const struct merged_tree *tree, int flat)
{
	AUTO(strbuf) out = STRBUF_INIT;
	struct dump dump = { .tree = tree, .out = &out, .flat = flat, .carriers = VEC_INIT };

	if (tree_node(tree, PATH_ROOT)->slot != SLOT_NONE)
		dump_node(&dump, PATH_ROOT);
	dump_directory(&dump, PATH_ROOT);
	vec_release(&dump.carriers);
	return strbuf_detach(&out);
}

#endif
