/* tree_mark.c - what tree_compare() looks at, without contents, as one number.
 *
 * The hash is 128 bits wide but not cryptographic: it guards against mistakes of this program,
 * which do not search for collisions. */
#include "verify/tree_mark.h"

#include <string.h>

#define ROWS 64

/* Everything about a name; no padding, since all of it is hashed. */
struct row {
	uint64_t size;
	int64_t mtime;
	path_id path, first; /* first: the first name of the same file */
	uint32_t mtime_nsec, type_and_mode, uid, gid;
	bytes_id xattrs;
	uint32_t link;
};

struct marker {
	const struct merged_tree *tree;
	path_id *first; /* by inode */
	XXH3_state_t *state;
	struct row rows[ROWS];
	size_t count;
};

static void flush(struct marker *in)
{
	XXH3_128bits_update(in->state, in->rows, in->count * sizeof(in->rows[0]));
	in->count = 0;
}

static void add(struct marker *in, path_id path, const struct tree_node *node)
{
	struct row *row = &in->rows[in->count++];
	struct tree_stat stat;
	inode_id id = node->inode;

	memset(row, 0, sizeof(*row));
	row->path = row->first = path;
	/* A root that nobody lists has no metadata of its own. */
	if (path != PATH_ROOT || node->slot != SLOT_NONE) {
		tree_stat(in->tree, node, &stat);
		row->size = stat.size;
		row->mtime = stat.mtime;
		row->mtime_nsec = stat.mtime_nsec;
		row->type_and_mode = (uint32_t)stat.type << 16 | stat.mode;
		row->uid = stat.uid;
		row->gid = stat.gid;
		row->xattrs = stat.xattrs;
		row->link = stat.link;
		if (stat.type != TAR_DIR) {
			tree_inode(in->tree, &id);
			if (in->first[id] == PATH_NONE)
				in->first[id] = path;
			row->first = in->first[id];
		}
	}
	if (in->count == ROWS)
		flush(in);
}

struct tree_mark tree_mark(const struct merged_tree *tree)
{
	AUTO_FREE path_id *first = xreallocarray(NULL, tree->inodes.count + 1, sizeof(path_id));
	struct marker in = { .tree = tree, .first = first, .state = XXH3_createState() };
	struct tree_mark mark = { .names = 0 };
	uint32_t count = paths_count(tree->names->paths);

	memset(first, 0xff, (tree->inodes.count + 1) * sizeof(path_id));
	XXH3_128bits_reset(in.state);
	for (path_id path = 0; path < count; path++) {
		const struct tree_node *node = tree_node(tree, path);
		if (!node)
			continue;
		add(&in, path, node);
		mark.names += path != PATH_ROOT || node->slot != SLOT_NONE;
	}
	flush(&in);
	mark.hash = XXH3_128bits_digest(in.state);
	XXH3_freeState(in.state);
	return mark;
}

bool tree_mark_equal(const struct tree_mark *a, const struct tree_mark *b)
{
	return a->names == b->names && XXH128_isEqual(a->hash, b->hash);
}
