/* tree_compare.c - do two merged trees show a container the same files? */
#include "verify/tree_compare.h"

#include <string.h>

#include "layer/body_reader.h"

#define PIECE ((size_t)256 << 10)

const char *tree_difference_text(enum tree_difference kind)
{
	static const char *const texts[] = {
		[DIFFERENT_ONLY_LEFT] = "only in the first",
		[DIFFERENT_ONLY_RIGHT] = "only in the second",
		[DIFFERENT_TYPE] = "type differs",
		[DIFFERENT_MODE] = "mode differs",
		[DIFFERENT_OWNER] = "owner differs",
		[DIFFERENT_MTIME] = "modification time differs",
		[DIFFERENT_SIZE] = "size differs",
		[DIFFERENT_CONTENT] = "content differs",
		[DIFFERENT_TARGET] = "link target differs",
		[DIFFERENT_DEVICE] = "device number differs",
		[DIFFERENT_XATTRS] = "extended attributes differ",
		[DIFFERENT_LINKS] = "hard links differ",
	};
	return texts[kind];
}

/* 1: equal; 0: not; -1. */
static int same_content(const struct merged_tree *left, const struct tree_node *a,
			const struct merged_tree *right, const struct tree_node *b,
			struct progress *progress, struct error *err)
{
	AUTO_FREE unsigned char *buf = xmalloc(2 * PIECE);
	inode_id id = a->inode, other = b->inode;
	struct body_reader one = body_reader_open(left->chain, tree_inode(left, &id)->body);
	struct body_reader two = body_reader_open(right->chain, tree_inode(right, &other)->body);

	for (uint64_t at = 0; at < one.entry->size;) {
		size_t len = one.entry->size - at < PIECE ? (size_t)(one.entry->size - at) : PIECE;
		if (body_reader_read(&one, at, buf, len, err) < 0 ||
		    body_reader_read(&two, at, buf + PIECE, len, err) < 0)
			return -1;
		if (memcmp(buf, buf + PIECE, len))
			return 0;
		progress_add(progress, len);
		at += len;
	}
	return 1;
}

static void find(struct tree_findings *out, path_id path, enum tree_difference kind)
{
	if (out->count++ < TREE_FINDINGS_MAX)
		vec_push(&out->list, (struct tree_finding){ path, kind });
}

/* Which inode of the other tree each inode goes with. */
struct pairing {
	inode_id *of_left, *of_right;
};

static bool same_group(struct pairing *pairing, inode_id left, inode_id right, bool allow_split)
{
	bool good = true;

	if (pairing->of_left[left] == INODE_NONE)
		pairing->of_left[left] = right;
	else
		good = allow_split || pairing->of_left[left] == right;
	if (pairing->of_right[right] == INODE_NONE)
		pairing->of_right[right] = left;
	else
		good &= pairing->of_right[right] == left;
	return good;
}

static void compare_stat(const struct tree_stat *a, const struct tree_stat *b, path_id path,
			 struct tree_findings *out)
{
	if (a->mode != b->mode)
		find(out, path, DIFFERENT_MODE);
	if (a->uid != b->uid || a->gid != b->gid)
		find(out, path, DIFFERENT_OWNER);
	if (a->mtime != b->mtime || a->mtime_nsec != b->mtime_nsec)
		find(out, path, DIFFERENT_MTIME);
	if (a->xattrs != b->xattrs)
		find(out, path, DIFFERENT_XATTRS);
	if (a->link != b->link)
		find(out, path, DIFFERENT_TARGET);
	if (a->size != b->size)
		find(out, path, a->type == TAR_FILE ? DIFFERENT_SIZE : DIFFERENT_DEVICE);
}

static int compare_node(const struct merged_tree *left, const struct merged_tree *right,
			path_id path, const struct compare_options *options,
			const struct context *context, struct pairing *pairing,
			struct tree_findings *out, struct error *err)
{
	const struct tree_node *a = tree_node(left, path), *b = tree_node(right, path);
	struct tree_stat one, two;

	if (!a || !b) {
		find(out, path, a ? DIFFERENT_ONLY_LEFT : DIFFERENT_ONLY_RIGHT);
		return 0;
	}
	/* A root that nobody lists has no metadata of its own. */
	if (path == PATH_ROOT && (a->slot == SLOT_NONE || b->slot == SLOT_NONE)) {
		if (a->slot != b->slot)
			find(out, path,
			     a->slot == SLOT_NONE ? DIFFERENT_ONLY_RIGHT : DIFFERENT_ONLY_LEFT);
		return 0;
	}
	out->compared++;
	tree_stat(left, a, &one);
	tree_stat(right, b, &two);
	if (one.type != two.type) {
		find(out, path, DIFFERENT_TYPE);
		return 0;
	}
	if (!options->contents_only)
		compare_stat(&one, &two, path, out);
	if (one.type == TAR_DIR)
		return 0;
	inode_id left_id = a->inode, right_id = b->inode;
	tree_inode(left, &left_id);
	tree_inode(right, &right_id);
	bool seen = pairing->of_left[left_id] == right_id;
	if (!same_group(pairing, left_id, right_id, options->allow_split) &&
	    !options->contents_only)
		find(out, path, DIFFERENT_LINKS);
	if (!options->contents || one.type != TAR_FILE || one.size != two.size || !one.size || seen)
		return 0;
	int same = same_content(left, a, right, b, context->progress, err);
	if (!same)
		find(out, path, DIFFERENT_CONTENT);
	return same < 0 ? -1 : 0;
}

static inode_id *no_inodes(size_t count)
{
	inode_id *out = xreallocarray(NULL, count + 1, sizeof(inode_id));

	memset(out, 0xff, (count + 1) * sizeof(inode_id));
	return out;
}

int tree_compare(const struct merged_tree *left, const struct merged_tree *right,
		 const struct compare_options *options, const struct context *context,
		 struct tree_findings *out, struct error *err)
{
	struct pairing pairing = { no_inodes(left->inodes.count), no_inodes(right->inodes.count) };
	uint32_t count = paths_count(left->names->paths);
	int rc = 0;

	for (path_id path = 0; !rc && path < count; path++)
		if (tree_node(left, path) || tree_node(right, path))
			rc = compare_node(left, right, path, options, context, &pairing, out, err);
	free(pairing.of_left);
	free(pairing.of_right);
	return rc;
}

void tree_findings_release(struct tree_findings *findings)
{
	vec_release(&findings->list);
}
