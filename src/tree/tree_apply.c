/* tree_apply.c - put one layer on top of a tree (SEMANTICS.md C.1). */
#include <string.h>

#include "tree_internal.h"

void applying_warn(const struct applying *in, enum warning_kind kind, path_id path)
{
	static const unsigned flaw_of[WARN_KINDS] = {
		[WARN_DUPLICATE_PATH] = FLAW_PATHS,
		[WARN_LINK_ORDER] = FLAW_LINKS | FLAW_LATE_LINKS,
		[WARN_LINK_METADATA] = FLAW_LINKS,
		[WARN_WHITEOUT_ODD] = FLAW_MARKERS,
		[WARN_PARENT_REPLACED] = FLAW_PARENTS,
	};

	in->tree->flaws |= flaw_of[kind];
	if (!in->tree->warnings)
		return;
	AUTO_FREE char *shown = paths_display(in->tree->names->paths, path);
	warnings_add(in->tree->warnings, kind, "layer %u: %s", in->number + 1, shown);
}

/* --- markers --------------------------------------------------------------------------------- */

/* Markers may lie below symlinks of their own layer, which are not in the tree yet. */
static bool any_symlink(const struct layer_index *index)
{
	vec_foreach (entry, &index->entries)
		if (entry->type == TAR_SYMLINK && entry->kind == ENTRY_NORMAL)
			return true;
	return false;
}

static void path_list_push(struct path_list *list, path_id path)
{
	vec_push(list, path);
}

/* All places are found before anything is deleted: no marker sees the work of another.  In the
 * order of the layer, whatever their kind: the first one that needs a directory in a symlink's
 * place gives it its time. */
static int find_markers(struct applying *in, struct path_list *dead, struct path_list *emptied,
			struct error *err)
{
	struct paths *paths = in->tree->names->paths;

	for (size_t i = 0; i < in->index->entries.count; i++) {
		const struct entry *entry = &in->index->entries.items[i];
		bool whiteout = entry->kind == ENTRY_WHITEOUT;
		path_id parent = whiteout ? paths_parent(paths, entry->path) : entry->path, place;
		if (!whiteout && entry->kind != ENTRY_OPAQUE)
			continue;
		if (tree_place_of_marker(in, parent, in->begin + (slot_id)i, &place, err) < 0) {
			AUTO_FREE char *shown = paths_display(paths, entry->path);
			return error_wrap(err, "layer %u: marker of \"%s\"", in->number + 1, shown);
		}
		if (place != PATH_NONE && whiteout)
			place = place == parent
					? entry->path
					: paths_find(paths, place, paths_name(paths, entry->path));
		if (place != PATH_NONE)
			path_list_push(whiteout ? dead : emptied, place);
	}
	return 0;
}

static int apply_markers(struct applying *in, struct error *err)
{
	struct path_list dead = VEC_INIT, emptied = VEC_INIT;
	int rc;

	in->has_symlinks = any_symlink(in->index);
	rc = find_markers(in, &dead, &emptied, err);
	for (size_t i = 0; !rc && i < emptied.count; i++)
		tree_remove_children(in, emptied.items[i]);
	for (size_t i = 0; !rc && i < dead.count; i++)
		tree_remove(in, dead.items[i]);
	vec_release(&dead);
	vec_release(&emptied);
	return rc;
}

/* Engines disagree about a marker behind what it would delete in its own layer, and the root. */
static void warn_about_markers(const struct applying *in)
{
	for (size_t i = 0; i < in->index->entries.count; i++) {
		const struct entry *entry = &in->index->entries.items[i];
		const struct tree_node *node = tree_node(in->tree, entry->path);
		bool opaque_root = entry->kind == ENTRY_OPAQUE && entry->path == PATH_ROOT;
		bool late = entry->kind == ENTRY_WHITEOUT && node &&
			    applying_owns(in, node->slot) && node->slot < in->begin + i;

		if (opaque_root || late)
			applying_warn(in, WARN_WHITEOUT_ODD, entry->path);
		if (late)
			in->tree->flaws |= FLAW_LATE_MARKERS;
	}
}

/* --- entries --------------------------------------------------------------------------------- */

/* Where an entry of that path goes: parents made or followed.  PATH_NONE with an error. */
static path_id place_of(struct applying *in, path_id path, slot_id slot, struct error *err)
{
	struct paths *paths = in->tree->names->paths;
	path_id parent = paths_parent(paths, path);
	path_id holder = tree_parent_for_entry(in, parent, slot, err);
	AUTO(strbuf) name = STRBUF_INIT;

	if (holder == parent || holder == PATH_NONE)
		return holder == PATH_NONE ? PATH_NONE : path;
	/* Adding a path may move the names, so the name is copied. */
	struct tar_text text = paths_name(paths, path);
	strbuf_add(&name, text.bytes, text.len);
	return paths_add(paths, holder, (struct tar_text){ name.data, name.len }, err);
}

static void note_duplicate(struct applying *in, path_id place)
{
	const struct tree_node *node = tree_node(in->tree, place);
	inode_id inode;

	if (!node || (!applying_owns(in, node->slot) && !applying_owns(in, node->repeat)))
		return;
	inode = node->inode;
	if (tree_inode(in->tree, &inode)->meta != SLOT_NONE)
		applying_warn(in, WARN_DUPLICATE_PATH, place);
}

static bool same_metadata(const struct entry *a, const struct entry *b)
{
	return a->mode == b->mode && a->uid == b->uid && a->gid == b->gid && a->mtime == b->mtime &&
	       a->mtime_nsec == b->mtime_nsec;
}

/* Builders list the directories above what a layer changes: most are as they were.  Such an entry
 * hides nothing, and the one below stays alive. */
static bool repeats_directory(const struct applying *in, path_id place, const struct entry *entry)
{
	const struct tree_node *node = tree_node(in->tree, place);
	inode_id id;

	if (!node || node->type != TAR_DIR || entry->type != TAR_DIR || node->slot == SLOT_NONE ||
	    applying_owns(in, node->slot))
		return false;
	id = node->inode;
	const struct tree_inode *inode = tree_inode(in->tree, &id);
	return inode->meta != SLOT_NONE && inode->xattrs == entry->xattrs &&
	       same_metadata(entry, chain_entry(in->tree->chain, inode->meta));
}

static int bind_entry(struct applying *in, const struct entry *entry, slot_id slot,
		      struct error *err)
{
	struct tree_inode inode = { slot, slot, entry->xattrs, false, INODE_NONE };
	path_id place = PATH_ROOT;

	if (entry->path != PATH_ROOT) {
		place = place_of(in, entry->path, slot, err);
		if (place == PATH_NONE)
			return -1;
		note_duplicate(in, place);
	}
	if (repeats_directory(in, place, entry))
		tree_repeat(in, place, slot);
	else
		tree_bind(in, place, tree_add_inode(in->tree, inode), (enum tar_type)entry->type,
			  slot);
	return 0;
}

/* Attributes of a file after a link header named more of them. */
static int unite_xattrs(struct applying *in, const struct tree_inode *inode, enum tar_type type,
			bytes_id more, bytes_id *out, struct error *err)
{
	struct xattr_list old = VEC_INIT, added = VEC_INIT, all = VEC_INIT;
	size_t i = 0, j = 0;
	int rc;

	xattr_set_get(in->tree->names, inode->xattrs, &old);
	xattr_set_get(in->tree->names, more, &added);
	while (i < old.count || j < added.count) {
		int order = i == old.count ? 1
			    : j == added.count
				    ? -1
				    : path_name_compare(old.items[i].name, added.items[j].name);
		if (order < 0) {
			vec_push(&all, old.items[i++]);
			continue;
		}
		if (type == TAR_FILE || !xattr_is_user(&added.items[j])) {
			vec_push(&all, added.items[j]);
			i += order == 0;
		} else if (order == 0) {
			vec_push(&all, old.items[i++]);
		}
		j++;
	}
	rc = xattr_set_add(in->tree->names, all.items, all.count, out, err);
	vec_release(&old);
	vec_release(&added);
	vec_release(&all);
	return rc;
}

/* Engines give the metadata of a link header to the file it links to. */
static int link_metadata(struct applying *in, const struct entry *entry, slot_id slot,
			 path_id place, enum tar_type type, inode_id *id, struct error *err)
{
	struct merged_tree *tree = in->tree;
	const struct tree_inode *inode = tree_inode(tree, id);
	const struct entry *meta = chain_entry(tree->chain, inode->meta);
	struct entry wanted = *entry;
	bool same;
	bytes_id xattrs = inode->xattrs;

	if (type == TAR_SYMLINK)
		wanted.mode = meta->mode;
	same = same_metadata(&wanted, meta);
	if (entry->xattrs != inode->xattrs || entry->mode != meta->mode)
		tree->flaws |= FLAW_LINKS;
	if (entry->xattrs != BYTES_NONE && entry->xattrs != inode->xattrs &&
	    unite_xattrs(in, inode, type, entry->xattrs, &xattrs, err) < 0)
		return -1;
	if (same && xattrs == inode->xattrs)
		return 0;
	applying_warn(in, WARN_LINK_METADATA, place);
	struct tree_inode changed = { inode->body, slot, xattrs, false, INODE_NONE };
	inode_id fresh = tree_add_inode(tree, changed);
	tree->inodes.items[*id].replaced = fresh;
	tree->all_touched = (uint16_t)(tree->depth + 1);
	*id = fresh;
	return 0;
}

/* 1: bound; 0: the target is not there (yet); -1. */
static int bind_link(struct applying *in, const struct entry *entry, slot_id slot,
		     struct error *err)
{
	struct merged_tree *tree = in->tree;
	path_id target, place;
	inode_id inode;

	if (entry->link == entry->path)
		return error_set(err, ERR_FORMAT, "hard link to itself");
	if (tree_follow(in, entry->link, false, &target, err) < 0)
		return -1;
	inode = target == PATH_NONE ? INODE_NONE : tree->nodes.items[target].inode;
	if (target != PATH_NONE &&
	    (target != entry->link || !applying_owns(in, tree->nodes.items[target].slot)))
		tree->flaws |= FLAW_LINKS;
	if (target != PATH_NONE && !applying_owns(in, tree->nodes.items[target].slot))
		tree->flaws |= FLAW_LATE_LINKS;
	if (target == PATH_NONE && in->index->has_markers) {
		if (tree_follow(in, entry->link, true, &target, err) < 0)
			return -1;
		if (target != PATH_NONE) {
			inode = tree->nodes.items[target].touched == tree->depth + 1
					? tree->nodes.items[target].before
					: tree->nodes.items[target].inode;
			applying_warn(in, WARN_LINK_ORDER, entry->path);
		}
	}
	if (target == PATH_NONE)
		return 0;
	const struct tree_inode *found = tree_inode(tree, &inode);
	enum tar_type type = found->meta == SLOT_NONE
				     ? TAR_DIR
				     : (enum tar_type)chain_entry(tree->chain, found->body)->type;
	if (type == TAR_DIR)
		return error_set(err, ERR_FORMAT, "hard link to a directory");
	place = place_of(in, entry->path, slot, err);
	if (place == PATH_NONE)
		return -1;
	note_duplicate(in, place);
	if (link_metadata(in, entry, slot, place, type, &inode, err) < 0)
		return -1;
	tree_bind(in, place, inode, type, slot);
	return 1;
}

static int wrap(const struct applying *in, const struct entry *entry, struct error *err)
{
	AUTO_FREE char *shown = paths_display(in->tree->names->paths, entry->path);

	return error_wrap(err, "layer %u: entry \"%s\" at offset %llu", in->number + 1, shown,
			  (unsigned long long)entry->header_offset);
}

static int apply_entries(struct applying *in, struct error *err)
{
	for (size_t i = 0; i < in->index->entries.count; i++) {
		const struct entry *entry = &in->index->entries.items[i];
		slot_id slot = in->begin + (slot_id)i;
		int rc = 1;

		if (entry->kind != ENTRY_NORMAL)
			continue;
		if (entry->type == TAR_HARDLINK)
			rc = bind_link(in, entry, slot, err);
		else
			rc = bind_entry(in, entry, slot, err);
		if (rc < 0)
			return wrap(in, entry, err);
		if (entry->type == TAR_HARDLINK && !rc)
			vec_push(&in->late, (entry_id)i);
	}
	return 0;
}

/* A later entry of the same name makes a waiting link moot; a directory that a marker needed there
 * does not. */
static bool superseded(const struct applying *in, entry_id id)
{
	const struct tree_node *node = tree_node(in->tree, in->index->entries.items[id].path);

	return node && applying_owns(in, node->slot) && node->slot > in->begin + id &&
	       in->index->entries.items[node->slot - in->begin].kind == ENTRY_NORMAL;
}

/* Links before their target: bind what can be bound until nothing changes. */
static int apply_late_links(struct applying *in, struct error *err)
{
	while (in->late.count) {
		size_t left = 0;
		for (size_t i = 0; i < in->late.count; i++) {
			entry_id id = in->late.items[i];
			const struct entry *entry = &in->index->entries.items[id];
			int rc = superseded(in, id) ? 1 : bind_link(in, entry, in->begin + id, err);
			if (rc < 0)
				return wrap(in, entry, err);
			if (!rc)
				in->late.items[left++] = id;
		}
		if (left == in->late.count) {
			const struct entry *entry = &in->index->entries.items[in->late.items[0]];
			AUTO_FREE char *shown = paths_display(in->tree->names->paths, entry->link);
			error_set(err, ERR_FORMAT, "hard link to \"%s\", which is not there",
				  shown);
			return wrap(in, entry, err);
		}
		applying_warn(in, WARN_LINK_ORDER,
			      in->index->entries.items[in->late.items[0]].path);
		in->late.count = left;
		/* Backwards next time: a chain in reverse order then falls in one round. */
		for (size_t a = 0, b = left; a + 1 < b; a++) {
			entry_id swap = in->late.items[a];
			in->late.items[a] = in->late.items[--b];
			in->late.items[b] = swap;
		}
	}
	return 0;
}

/* aufs kept the bodies of hard links in a directory of its own; links may use them, but the names
 * are not part of the image. */
static int with_aufs_bodies(struct applying *in, struct error *err)
{
	path_id bodies = PATH_NONE;

	for (size_t i = 0; i < in->index->entries.count; i++) {
		const struct entry *entry = &in->index->entries.items[i];
		if (entry->kind != ENTRY_AUFS)
			continue;
		if (bind_entry(in, entry, in->begin + (slot_id)i, err) < 0)
			return wrap(in, entry, err);
		for (bodies = entry->path;
		     paths_parent(in->tree->names->paths, bodies) != PATH_ROOT;)
			bodies = paths_parent(in->tree->names->paths, bodies);
	}
	if (apply_entries(in, err) < 0 || apply_late_links(in, err) < 0)
		return -1;
	if (bodies != PATH_NONE)
		tree_remove(in, bodies);
	return 0;
}

int merged_tree_apply(struct merged_tree *tree, uint32_t position, struct error *err)
{
	const struct position *at = &tree->chain->positions.items[position];
	struct applying in = { .tree = tree,
			       .index = &chain_layer(tree->chain, position)->index,
			       .begin = at->slot_begin,
			       .end = at->slot_begin + at->slot_count,
			       .position = position,
			       .number = at->depth };
	int rc = 0;

	tree->flaws = in.index->flaws;
	tree_grow(tree);
	if (in.index->has_markers)
		rc = apply_markers(&in, err);
	if (!rc)
		rc = with_aufs_bodies(&in, err);
	if (!rc && in.index->has_markers)
		warn_about_markers(&in);
	tree->depth++;
	vec_release(&in.own);
	vec_release(&in.stack);
	vec_release(&in.todo);
	vec_release(&in.late);
	return rc;
}

int merged_tree_apply_image(struct merged_tree *tree, uint32_t image, struct error *err)
{
	for (uint32_t i = 0; i < tree->chain->depth_of_image[image]; i++)
		if (merged_tree_apply(tree, tree->chain->of_image[image][i], err) < 0)
			return -1;
	return 0;
}
