/* rewrites.c - files that a layer writes again with the bytes that they had.
 *
 * A chown of what lies below, or a second COPY of the same folder, stores every byte once more.
 * Where the metadata are the same, too, nothing changed: the output layer does without the file.
 * Else the report tells what it costs.  Both follow from what layers change in the tree, so that it
 * does not matter which entries and markers led there. */
#include <string.h>

#include "dedupe.h"

/* What stands below a segment, by path. */
struct below {
	inode_id inode; /* INODE_NONE: nothing */
	slot_id slot, born;
};

/* A name that is bound to another file than before. */
struct rewrite {
	path_id path;
	inode_id before, after;
};

struct rewrites VEC(struct rewrite);

/* Names of one file: [begin, end) of what was found. */
struct unit {
	size_t begin, end;
	size_t live;	 /* of them, names that some image shows */
	uint32_t writer; /* segment that wrote them below */
	uint32_t left;	 /* other names that are still the file below */
	uint32_t next;	 /* another unit with the same file below */
};

#define WRITER_FROZEN UINT32_MAX

struct seeker {
	struct plan *plan;
	struct merged_tree *tree;
	const struct context *context;
	bool has_links; /* some layer so far has hard links */
	bool odd_links; /* to a lower layer, or unlike their target: engines do not agree */
	struct VEC(struct below) below;
	struct rewrites found;
	struct dedupe_pairs pairs;
	struct VEC(struct unit) units;
	uint32_t *segment_of; /* by position */
	bool any_odd_links;   /* in some layer: they reach names that nobody shows in the end */
	uint8_t *shown;	      /* by slot: a name that some image shows in the end, whatever a link
				 of a later layer made of its metadata; restored names are moved */
	uint8_t *restored;    /* by path: an ancestor that was dealt with */
	struct path_list doubtful; /* names that nobody shows, maybe as they were below */
};

static const struct tree_inode *inode_of(const struct seeker *in, inode_id id)
{
	return tree_inode(in->tree, &id);
}

/* A file as it was when the segment began: a link may have changed it in place since. */
static const struct tree_inode *file_below(const struct seeker *in, inode_id id)
{
	return &in->tree->inodes.items[id];
}

/* Two regular files of one size. */
static bool same_size(const struct seeker *in, const struct tree_inode *old,
		      const struct tree_inode *new)
{
	const struct chain *chain = in->plan->chain;

	if (old->meta == SLOT_NONE || new->meta == SLOT_NONE)
		return false;
	const struct entry *one = chain_entry(chain, old->body),
			   *two = chain_entry(chain, new->body);
	return one->type == TAR_FILE && two->type == TAR_FILE && one->size == two->size;
}

static unsigned changes_of(const struct seeker *in, const struct tree_inode *old,
			   const struct tree_inode *new)
{
	struct tree_stat one, two;
	unsigned changes = 0;

	inode_stat(in->plan->chain, old->body, old->meta, old->xattrs, &one);
	inode_stat(in->plan->chain, new->body, new->meta, new->xattrs, &two);
	if (one.mode != two.mode)
		changes |= CHANGE_MODE;
	if (one.uid != two.uid || one.gid != two.gid)
		changes |= CHANGE_OWNER;
	if (one.mtime != two.mtime || one.mtime_nsec != two.mtime_nsec)
		changes |= CHANGE_TIME;
	if (one.xattrs != two.xattrs)
		changes |= CHANGE_XATTRS;
	return changes;
}

static int compare_rewrites(const void *a, const void *b)
{
	const struct rewrite *left = a, *right = b;

	if (left->after != right->after)
		return left->after < right->after ? -1 : 1;
	return (left->path > right->path) - (left->path < right->path);
}

static void sort_found(struct seeker *in)
{
	if (in->found.count)
		qsort(in->found.items, in->found.count, sizeof(in->found.items[0]),
		      compare_rewrites);
}

static void add_pair(struct seeker *in, const struct rewrite *rewrite)
{
	vec_push(&in->pairs, (struct dedupe_pair){ file_below(in, rewrite->before)->body,
						   inode_of(in, rewrite->after)->body, false });
}

static int compare_pairs(struct seeker *in, struct error *err)
{
	return in->pairs.count ? dedupe_compare(in->plan, &in->pairs, in->context, err) : 0;
}

/* --- only metadata changed: for the report --------------------------------------------------- */

/* What a position changed, where it wrote files of the same size with other metadata. */
static void find_touched(struct seeker *in, slot_id begin, path_id directory)
{
	const struct merged_tree *tree = in->tree;

	for (path_id at = tree->nodes.items[directory].child; at != PATH_NONE;
	     at = tree->nodes.items[at].next) {
		const struct tree_node *node = &tree->nodes.items[at];
		if (node->touched != tree->depth)
			continue;
		if (node->type == TAR_DIR)
			find_touched(in, begin, at);
		if (node->type != TAR_FILE || node->before == INODE_NONE ||
		    inode_of(in, node->inode)->body < begin ||
		    !same_size(in, inode_of(in, node->before), inode_of(in, node->inode)))
			continue;
		struct rewrite rewrite = { at, node->before, node->inode };
		tree_inode(tree, &rewrite.before);
		tree_inode(tree, &rewrite.after);
		vec_push(&in->found, rewrite);
	}
}

static int seek_touches(struct seeker *in, uint32_t position, struct error *err)
{
	struct plan *plan = in->plan;
	struct plan_touch touch = { .position = position };
	size_t kept = 0;

	in->found.count = in->pairs.count = 0;
	find_touched(in, plan->chain->positions.items[position].slot_begin, PATH_ROOT);
	sort_found(in);
	for (size_t i = 0; i < in->found.count; i++) {
		const struct rewrite rewrite = in->found.items[i];
		bool again = i && in->found.items[i - 1].after == rewrite.after;
		if (again ||
		    !changes_of(in, inode_of(in, rewrite.before), inode_of(in, rewrite.after)) ||
		    !chain_entry(plan->chain, inode_of(in, rewrite.after)->body)->size)
			continue;
		add_pair(in, &rewrite);
		in->found.items[kept++] = rewrite;
	}
	if (compare_pairs(in, err) < 0)
		return -1;
	for (size_t i = 0; i < kept; i++) {
		const struct rewrite *rewrite = &in->found.items[i];
		if (!in->pairs.items[i].same)
			continue;
		touch.changes |=
			changes_of(in, inode_of(in, rewrite->before), inode_of(in, rewrite->after));
		touch.files++;
		touch.bytes += chain_entry(plan->chain, in->pairs.items[i].b)->size;
	}
	if (touch.files)
		vec_push(&plan->touches, touch);
	return 0;
}

/* --- nothing changed: the layer does without it ---------------------------------------------- */

/* The segment that writes a name: that of the entry that bound it, or of a link that changed the
 * metadata of its file later.  Frozen ones count as one: in them links stay what they are. */
static uint32_t writer_of(const struct seeker *in, slot_id meta, slot_id slot)
{
	return in->segment_of[chain_position(in->plan->chain,
					     meta != SLOT_NONE && meta > slot ? meta : slot)];
}

static uint32_t writer_below(const struct seeker *in, path_id path)
{
	const struct below *below = &in->below.items[path];

	return writer_of(in, file_below(in, below->inode)->meta, below->slot);
}

/* A file as the layer wrote it that bound the name: no link of another layer leads to it by that
 * name, and none has changed it in place. */
static bool is_plain(const struct seeker *in, inode_id id, slot_id slot)
{
	const struct tree_inode *inode = &in->tree->inodes.items[id];
	const struct chain *chain = in->plan->chain;

	return inode->replaced == INODE_NONE && inode->meta == inode->body &&
	       chain_position(chain, slot) == chain_position(chain, inode->body);
}

/* Names that the segment writes as a file of the size and metadata that they have below. */
static void find_changed(struct seeker *in, const struct segment *segment)
{
	const struct position *first = &in->plan->chain->positions.items[segment->first];
	const struct merged_tree *tree = in->tree;

	for (path_id path = 1; path < in->below.count; path++) {
		const struct tree_node *node = tree_node(tree, path);
		inode_id below = in->below.items[path].inode, id;
		if (!node || node->type != TAR_FILE || below == INODE_NONE ||
		    (node->touched <= first->depth && tree->all_touched <= first->depth))
			continue;
		id = node->inode;
		const struct tree_inode *now = tree_inode(tree, &id);
		/* Where an odd link leads is no telling what the output has there. */
		if (in->odd_links && (!is_plain(in, below, in->below.items[path].slot) ||
				      !is_plain(in, id, node->slot)))
			continue;
		if ((node->slot >= first->slot_begin || now->meta >= first->slot_begin) &&
		    same_size(in, file_below(in, below), now) &&
		    !changes_of(in, file_below(in, below), now))
			vec_push(&in->found, (struct rewrite){ path, below, id });
	}
}

static bool is_live(const struct seeker *in, path_id path)
{
	return in->any_odd_links || in->shown[tree_node(in->tree, path)->slot];
}

/* Names [begin, end) have one file now.  Had those that count one below, too, as one segment wrote
 * it?  Then they are a unit; names that nobody shows in the end do not count. */
static void add_unit(struct seeker *in, size_t begin, size_t end)
{
	struct unit unit = { .begin = begin, .end = begin, .next = UINT32_MAX };
	size_t lead = begin;

	while (lead < end && !is_live(in, in->found.items[lead].path))
		lead++;
	const struct rewrite first = in->found.items[lead < end ? lead : begin];
	unit.writer = writer_below(in, first.path);
	for (size_t i = begin; i < end; i++) {
		const struct rewrite rewrite = in->found.items[i];
		bool live = is_live(in, rewrite.path);
		if (rewrite.before == first.before &&
		    unit.writer == writer_below(in, rewrite.path)) {
			in->found.items[unit.end++] = rewrite;
			unit.live += live;
		} else if (live) {
			return;
		}
	}
	vec_push(&in->units, unit);
}

static void find_units(struct seeker *in)
{
	size_t end;

	in->units.count = 0;
	sort_found(in);
	for (size_t i = 0; i < in->found.count; i = end) {
		for (end = i + 1; end < in->found.count; end++)
			if (in->found.items[end].after != in->found.items[i].after)
				break;
		add_unit(in, i, end);
	}
}

/* Take out units of files that have other names here, too: those would part from them. */
static void drop_parts_here(struct seeker *in, slot_id begin)
{
	const struct merged_tree *tree = in->tree;
	AUTO_FREE uint32_t *written = xcalloc(tree->inodes.count + 1, sizeof(uint32_t));
	size_t kept = 0;

	for (path_id path = 1; path < tree->nodes.count; path++) {
		const struct tree_node *node = tree_node(tree, path);
		inode_id id;
		if (!node || node->type != TAR_FILE)
			continue;
		id = node->inode;
		slot_id meta = tree_inode(tree, &id)->meta;
		if (node->slot >= begin || meta >= begin)
			written[id] += is_live(in, path);
	}
	vec_foreach (unit, &in->units)
		if (written[in->found.items[unit->begin].after] == unit->live)
			in->units.items[kept++] = *unit;
	in->units.count = kept;
}

/* Take out units of files that have other names below: those would be joined to them.  Of names
 * that parted only one part can stay the file below. */
static void drop_parts_below(struct seeker *in, slot_id begin)
{
	const struct merged_tree *tree = in->tree;
	size_t inodes = tree->inodes.count + 1, kept = 0;
	AUTO_FREE uint32_t *first_unit = xreallocarray(NULL, inodes, sizeof(uint32_t));

	memset(first_unit, 0xff, inodes * sizeof(uint32_t));
	for (size_t u = 0; u < in->units.count; u++) {
		struct unit *unit = &in->units.items[u];
		inode_id before = in->found.items[unit->begin].before;
		for (uint32_t o = first_unit[before]; o != UINT32_MAX; o = in->units.items[o].next)
			unit->left += in->units.items[o].writer == unit->writer;
		unit->next = first_unit[before];
		first_unit[before] = (uint32_t)u;
	}
	for (path_id path = 1; path < tree->nodes.count; path++) {
		const struct tree_node *node = tree_node(tree, path);
		inode_id id;
		if (!node || node->type != TAR_FILE)
			continue;
		id = node->inode;
		slot_id meta = tree_inode(tree, &id)->meta;
		/* Of this layer only an odd link leads to the file below. */
		if (!in->odd_links && (node->slot >= begin || meta >= begin))
			continue;
		uint32_t writer = writer_of(in, meta, node->slot);
		bool counts = writer == WRITER_FROZEN || is_live(in, path);
		for (uint32_t u = first_unit[id]; u != UINT32_MAX; u = in->units.items[u].next)
			in->units.items[u].left +=
				counts && (in->odd_links || in->units.items[u].writer == writer);
	}
	vec_foreach (unit, &in->units)
		if (!unit->left)
			in->units.items[kept++] = *unit;
	in->units.count = kept;
}

/* Take out units whose content is not that of the file below. */
static int drop_different(struct seeker *in, struct error *err)
{
	size_t kept = 0;

	vec_foreach (unit, &in->units)
		add_pair(in, &in->found.items[unit->begin]);
	if (compare_pairs(in, err) < 0)
		return -1;
	for (size_t u = 0; u < in->units.count; u++)
		if (in->pairs.items[u].same)
			in->units.items[kept++] = in->units.items[u];
	in->units.count = kept;
	return 0;
}

/* A directory that the segment made anew stays the one below, or nothing in it could stay. */
static void restore_parents(struct seeker *in, uint32_t position, path_id path)
{
	struct plan *plan = in->plan;
	const struct paths *paths = plan->names->paths;

	for (path_id at = paths_parent(paths, path); at != PATH_ROOT && !in->restored[at];
	     at = paths_parent(paths, at)) {
		const struct tree_node *node = &in->tree->nodes.items[at];
		const struct below *below = &in->below.items[at];
		struct plan_rewrite rewrite = { .position = position,
						.path = at,
						.inode = INODE_NONE,
						.slot = SLOT_NONE,
						.born = below->born };
		bool listed = inode_of(in, node->inode)->meta != SLOT_NONE;

		in->restored[at] = 1;
		if (node->born == below->born)
			continue;
		if (listed == (file_below(in, below->inode)->meta != SLOT_NONE) &&
		    !changes_of(in, file_below(in, below->inode), inode_of(in, node->inode))) {
			rewrite.inode = below->inode;
			rewrite.slot = below->slot;
			if (listed)
				plan->fates[node->slot] = FATE_REDUNDANT;
		}
		vec_push(&plan->rewrites, rewrite);
	}
}

static void note_redundant(struct seeker *in, const struct unit *unit, uint32_t position,
			   slot_id begin)
{
	struct plan *plan = in->plan;

	for (size_t i = unit->begin; i < unit->end; i++) {
		path_id path = in->found.items[i].path;
		const struct below *below = &in->below.items[path];
		slot_id slot = in->tree->nodes.items[path].slot;
		slot_id body = inode_of(in, in->tree->nodes.items[path].inode)->body;

		restore_parents(in, position, path);
		/* The name is shown as the entry below has it, if it is shown. */
		in->shown[below->slot] |= is_live(in, path);
		if (slot >= begin)
			plan->fates[slot] = FATE_REDUNDANT;
		if (body >= begin)
			plan->fates[body] = FATE_REDUNDANT;
		vec_push(&plan->rewrites, (struct plan_rewrite){ position, path, below->inode,
								 below->slot, below->born });
	}
}

/* Names that could not go, and that nobody shows: a later layer that writes them once more would
 * bring them back, and then this layer has what was below already. */
static void note_doubtful(struct seeker *in)
{
	in->doubtful.count = 0;
	vec_foreach (rewrite, &in->found)
		if (!is_live(in, rewrite->path))
			vec_push(&in->doubtful, rewrite->path);
}

static int seek_redundant(struct seeker *in, const struct segment *segment, struct error *err)
{
	size_t begin = in->plan->rewrites.count;
	slot_id own = in->plan->chain->positions.items[segment->first].slot_begin;

	in->found.count = in->pairs.count = 0;
	find_changed(in, segment);
	if (!in->found.count)
		return 0;
	note_doubtful(in);
	find_units(in);
	/* In this order, so that it does not matter which of several parts comes first. */
	if (in->has_links)
		drop_parts_here(in, own);
	if (drop_different(in, err) < 0)
		return -1;
	if (in->has_links)
		drop_parts_below(in, own);
	in->restored = xcalloc(in->below.count + 1, 1);
	vec_foreach (unit, &in->units)
		note_redundant(in, unit, segment->last, own);
	free(in->restored);
	plan_restore(in->plan, begin, segment->last, in->tree);
	return 0;
}

/* The segment is done: what it shows is below the next one. */
static void take_stock(struct seeker *in, const struct segment *segment)
{
	uint32_t first = in->plan->chain->positions.items[segment->first].depth;
	slot_id begin = in->plan->chain->positions.items[segment->first].slot_begin;
	const struct merged_tree *tree = in->tree;

	vec_reserve(&in->below, tree->nodes.count);
	while (in->below.count < tree->nodes.count)
		in->below.items[in->below.count++] =
			(struct below){ INODE_NONE, SLOT_NONE, SLOT_NONE };
	for (path_id path = 1; path < tree->nodes.count; path++) {
		const struct tree_node *node = &tree->nodes.items[path];
		if (node->touched <= first && tree->all_touched <= first)
			continue;
		in->below.items[path] = (struct below){ node->inode, node->slot, node->born };
		if (node->inode != INODE_NONE)
			tree_inode(tree, &in->below.items[path].inode);
	}
	vec_foreach (path, &in->doubtful)
		if (tree->nodes.items[*path].slot >= begin)
			in->below.items[*path].inode = INODE_NONE;
	in->doubtful.count = 0;
}

static int seek_segment(struct seeker *in, uint32_t image, uint32_t s, bool *seen,
			struct error *err)
{
	const struct plan *plan = in->plan;
	const struct segment *segment = &plan->segments.items[plan->of_image[image][s]];
	bool seek = !seen[segment->last] && !segment->frozen;

	for (uint32_t n = 0; n < segment->layer_count; n++) {
		uint32_t position = segment_position(plan, segment, n);
		if (plan_apply(plan, in->tree, position, err) < 0)
			return -1;
		in->odd_links |= in->tree->flaws & FLAW_LINKS;
		in->has_links |= chain_layer(plan->chain, position)->index.has_hardlinks;
		if (seek && (s || n) && seek_touches(in, position, err) < 0)
			return -1;
	}
	if (seek && s && seek_redundant(in, segment, err) < 0)
		return -1;
	seen[segment->last] = true;
	take_stock(in, segment);
	return 0;
}

/* What the images show in the end, rules aside. */
static int find_shown(struct seeker *in, struct error *err)
{
	const struct plan *plan = in->plan;

	in->shown = xcalloc(plan->chain->slot_count + (size_t)1, 1);
	for (uint32_t i = 0; i < plan->chain->image_count; i++) {
		AUTO_PTR(merged_tree)
		tree = merged_tree_new(plan->chain, plan->names, &in->context->limits, NULL, NULL);
		for (uint32_t n = 0; n < plan->chain->depth_of_image[i]; n++) {
			if (merged_tree_apply(tree, plan->chain->of_image[i][n], err) < 0)
				return -1;
			in->any_odd_links |= tree->flaws & FLAW_LINKS;
		}
		for (path_id path = 1; path < tree->nodes.count; path++) {
			const struct tree_node *node = tree_node(tree, path);
			if (node && node->type == TAR_FILE)
				in->shown[node->slot] = 1;
		}
	}
	return 0;
}

static int seek_image(struct seeker *in, uint32_t image, bool *seen, struct error *err)
{
	const struct plan *plan = in->plan;
	AUTO_PTR(merged_tree)
	tree = merged_tree_new(plan->chain, plan->names, &in->context->limits, NULL, NULL);
	int rc = 0;

	in->tree = tree;
	in->has_links = in->odd_links = false;
	in->below.count = 0;
	for (uint32_t s = 0; !rc && s < plan->segment_count[image]; s++)
		rc = seek_segment(in, image, s, seen, err);
	return rc;
}

static bool more_than_one(const struct plan *plan, const uint32_t *counts)
{
	for (uint32_t i = 0; i < plan->chain->image_count; i++)
		if (counts[i] > 1)
			return true;
	return false;
}

int plan_find_rewrites(struct plan *plan, const struct context *context, struct error *err)
{
	size_t positions = plan->chain->positions.count;
	AUTO_FREE bool *seen = xcalloc(positions + 1, sizeof(bool));
	AUTO_FREE uint32_t *segment_of = xcalloc(positions + 1, sizeof(uint32_t));
	struct seeker in = { .plan = plan, .context = context, .segment_of = segment_of };
	int rc;

	if (!more_than_one(plan, plan->chain->depth_of_image))
		return 0;
	for (uint32_t i = 0; i < plan->segments.count; i++) {
		const struct segment *segment = &plan->segments.items[i];
		for (uint32_t n = 0; n < segment->layer_count; n++)
			segment_of[segment_position(plan, segment, n)] =
				segment->frozen ? WRITER_FROZEN : i;
	}
	/* Where everything merges, no layer stands on another that could have the file already. */
	rc = more_than_one(plan, plan->segment_count) ? find_shown(&in, err) : 0;
	for (uint32_t i = 0; !rc && i < plan->chain->image_count; i++)
		rc = seek_image(&in, i, seen, err);
	free(in.shown);
	vec_release(&in.below);
	vec_release(&in.found);
	vec_release(&in.pairs);
	vec_release(&in.units);
	vec_release(&in.doubtful);
	return rc;
}
