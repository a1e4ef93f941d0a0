/* dive.c - efficiency and waste as the tool dive counts them. */
#include "tree/dive.h"

#include <stdbool.h>
#include <string.h>

/* A path in the stack of all layers so far, in the layer at hand, and in the sums. */
struct place {
	uint64_t least;		       /* smallest size that was counted */
	uint64_t size;		       /* in the stack */
	path_id first, next, previous; /* children in the stack */
	uint32_t node;		       /* in the layer at hand, when `layer` is its number */
	uint32_t layer;
	uint8_t times;		 /* counted: never, once, more */
	bool stacked, directory; /* in the stack */
	bool deleted;		 /* by the layer at hand */
	bool missed;		 /* a whiteout named it when it was not there */
};

/* A path in the tree of one layer. */
struct node {
	path_id path;
	uint64_t size;
	bool directory; /* said so by an entry; implied ones are not */
	bool whiteout;
	bool leaf;
};

struct dive {
	const struct paths *paths;
	struct place *places; /* by path */
	uint32_t layers;
	struct VEC(struct node) nodes; /* of the layer at hand */
	uint64_t bytes, user_bytes, wasted;
	uint64_t counted; /* over all counted paths, the sum of all sizes */
	int64_t least;	  /* and of the smallest ones; -1 for a whiteout of nothing */
};

struct dive *dive_new(const struct paths *paths)
{
	struct dive *dive = xcalloc(1, sizeof(*dive));
	uint32_t count = paths_count(paths);

	dive->paths = paths;
	dive->places = xcalloc(count, sizeof(struct place));
	for (uint32_t i = 0; i < count; i++)
		dive->places[i].first = dive->places[i].next = dive->places[i].previous = PATH_NONE;
	dive->places[PATH_ROOT].stacked = true;
	return dive;
}

void dive_free(struct dive *dive)
{
	vec_release(&dive->nodes);
	free(dive->places);
	free(dive);
}

void dive_entries_of(const struct layer_index *index, struct dive_entries *out)
{
	vec_foreach (entry, &index->entries) {
		struct dive_entry seen = { .path = entry->path,
					   .size = entry->type == TAR_FILE ? entry->size : 0 };
		if (entry->kind == ENTRY_NORMAL)
			seen.kind = entry->type == TAR_DIR ? DIVE_DIRECTORY : DIVE_FILE;
		else if (entry->kind == ENTRY_WHITEOUT)
			seen.kind = DIVE_WHITEOUT;
		else if (entry->kind == ENTRY_OPAQUE)
			seen.kind = DIVE_OPAQUE;
		else
			continue;
		vec_push(out, seen);
	}
}

/* --- the tree of one layer ------------------------------------------------------------------- */

/* The node of a path, made when new, with those above it. */
static struct node *need_node(struct dive *dive, path_id path)
{
	struct place *place = &dive->places[path];

	if (place->layer != dive->layers) {
		place->layer = dive->layers;
		place->node = (uint32_t)dive->nodes.count;
		vec_push(&dive->nodes, (struct node){ .path = path, .leaf = true });
		if (path != PATH_ROOT)
			need_node(dive, paths_parent(dive->paths, path))->leaf = false;
	}
	return &dive->nodes.items[place->node];
}

static void add_entry(struct dive *dive, const struct dive_entry *entry)
{
	struct node *node;

	dive->bytes += entry->size;
	if (dive->layers > 1)
		dive->user_bytes += entry->size;
	if (entry->path == PATH_ROOT)
		return;
	switch (entry->kind) {
	case DIVE_FILE:
	case DIVE_DIRECTORY:
		node = need_node(dive, entry->path);
		node->size = entry->size;
		node->directory = entry->kind == DIVE_DIRECTORY;
		break;
	case DIVE_WHITEOUT:
		if (dive->places[entry->path].deleted)
			break;
		dive->places[entry->path].deleted = true;
		need_node(dive, paths_parent(dive->paths, entry->path))->leaf = false;
		vec_push(&dive->nodes,
			 (struct node){ .path = entry->path, .whiteout = true, .leaf = true });
		break;
	case DIVE_OPAQUE:
		need_node(dive, entry->path);
		break;
	}
}

/* --- order ----------------------------------------------------------------------------------- */

static uint32_t depth_of(const struct dive *dive, path_id path)
{
	uint32_t depth = 0;

	for (; path != PATH_ROOT; path = paths_parent(dive->paths, path))
		depth++;
	return depth;
}

/* Byte order of names as the archive has them. */
static int compare_raw(const struct dive *dive, path_id a, bool a_whiteout, path_id b,
		       bool b_whiteout)
{
	static const struct tar_text mark = { ".wh.", 4 };
	struct tar_text name_a = paths_name(dive->paths, a), name_b = paths_name(dive->paths, b);
	AUTO(strbuf) raw_a = STRBUF_INIT;
	AUTO(strbuf) raw_b = STRBUF_INIT;

	if (a_whiteout)
		strbuf_add(&raw_a, mark.bytes, mark.len);
	strbuf_add(&raw_a, name_a.bytes, name_a.len);
	if (b_whiteout)
		strbuf_add(&raw_b, mark.bytes, mark.len);
	strbuf_add(&raw_b, name_b.bytes, name_b.len);
	return path_name_compare((struct tar_text){ raw_a.data, raw_a.len },
				 (struct tar_text){ raw_b.data, raw_b.len });
}

/* Is leaf `a` visited before leaf `b`?  Depth first, names in byte order. */
static bool before(const struct dive *dive, const struct node *a, const struct node *b)
{
	path_id up_a = a->path, up_b = b->path;
	uint32_t depth_a = depth_of(dive, up_a), depth_b = depth_of(dive, up_b);
	path_id above_a, above_b;

	for (; depth_a > depth_b; depth_a--)
		up_a = paths_parent(dive->paths, up_a);
	for (; depth_b > depth_a; depth_b--)
		up_b = paths_parent(dive->paths, up_b);
	if (up_a == up_b)
		/* "x" and ".wh.x", or what lies in "x" and ".wh.x". */
		return compare_raw(dive, up_a, a->whiteout && up_a == a->path, up_b,
				   b->whiteout && up_b == b->path) < 0;
	for (;;) {
		above_a = paths_parent(dive->paths, up_a);
		above_b = paths_parent(dive->paths, up_b);
		if (above_a == above_b)
			break;
		up_a = above_a;
		up_b = above_b;
	}
	return compare_raw(dive, up_a, a->whiteout && up_a == a->path, up_b,
			   b->whiteout && up_b == b->path) < 0;
}

/* --- the stack ------------------------------------------------------------------------------- */

static uint64_t subtree_bytes(const struct dive *dive, path_id path)
{
	uint64_t bytes = dive->places[path].size;

	for (path_id child = dive->places[path].first; child != PATH_NONE;
	     child = dive->places[child].next)
		bytes += subtree_bytes(dive, child);
	return bytes;
}

static void forget_subtree(struct dive *dive, path_id path)
{
	struct place *place = &dive->places[path];
	path_id child = place->first;

	while (child != PATH_NONE) {
		path_id next = dive->places[child].next;
		forget_subtree(dive, child);
		child = next;
	}
	place->first = place->next = place->previous = PATH_NONE;
	place->stacked = place->directory = false;
	place->size = 0;
}

static void unstack(struct dive *dive, path_id path)
{
	struct place *place = &dive->places[path];

	if (!place->stacked)
		return;
	if (place->previous != PATH_NONE)
		dive->places[place->previous].next = place->next;
	else
		dive->places[paths_parent(dive->paths, path)].first = place->next;
	if (place->next != PATH_NONE)
		dive->places[place->next].previous = place->previous;
	forget_subtree(dive, path);
}

static void need_stacked(struct dive *dive, path_id path)
{
	struct place *place = &dive->places[path], *parent;

	if (place->stacked)
		return;
	need_stacked(dive, paths_parent(dive->paths, path));
	parent = &dive->places[paths_parent(dive->paths, path)];
	place->stacked = true;
	place->next = parent->first;
	if (place->next != PATH_NONE)
		dive->places[place->next].previous = path;
	parent->first = path;
}

/* Whiteouts go first, as their names do; the few whose names come behind what they hide ("!x" and
 * ".wh.!x") go once more. */
static void stack_layer(struct dive *dive)
{
	vec_foreach (node, &dive->nodes)
		if (node->whiteout)
			unstack(dive, node->path);
	vec_foreach (node, &dive->nodes) {
		if (node->whiteout || node->path == PATH_ROOT)
			continue;
		need_stacked(dive, node->path);
		dive->places[node->path].size = node->size;
		dive->places[node->path].directory = node->directory;
	}
	vec_foreach (node, &dive->nodes) {
		if (!node->whiteout)
			continue;
		dive->places[node->path].deleted = false;
		if (compare_raw(dive, node->path, true, node->path, false) > 0)
			unstack(dive, node->path);
	}
}

/* --- counting -------------------------------------------------------------------------------- */

static void count(struct dive *dive, path_id path, uint64_t size)
{
	struct place *place = &dive->places[path];

	dive->counted += size;
	if (!place->times) {
		dive->least += (int64_t)size + place->missed;
		place->least = size;
	} else {
		dive->wasted += size + (place->times == 1 ? place->least : 0);
		if (size < place->least) {
			dive->least -= (int64_t)(place->least - size);
			place->least = size;
		}
	}
	if (place->times < 2)
		place->times++;
}

/* The first whiteout of nothing, where dive leaves the layer; NULL: none. */
static const struct node *find_stop(const struct dive *dive)
{
	const struct node *stop = NULL;

	vec_foreach (node, &dive->nodes)
		if (node->whiteout && !dive->places[node->path].stacked &&
		    (!stop || before(dive, node, stop)))
			stop = node;
	return stop;
}

void dive_layer(struct dive *dive, const struct dive_entries *entries)
{
	const struct node *stop;

	dive->layers++;
	dive->nodes.count = 0;
	vec_foreach (entry, entries)
		add_entry(dive, entry);
	stop = find_stop(dive);
	vec_foreach (node, &dive->nodes) {
		if (!node->leaf || node->path == PATH_ROOT || (stop && !before(dive, node, stop)))
			continue;
		if (node->whiteout)
			count(dive, node->path,
			      dive->places[node->path].directory ? subtree_bytes(dive, node->path)
								 : 0);
		else
			count(dive, node->path, node->size);
	}
	/* dive has a row for it by now, whose smallest size is -1 until it is counted. */
	if (stop && !dive->places[stop->path].times && !dive->places[stop->path].missed) {
		dive->places[stop->path].missed = true;
		dive->least--;
	}
	stack_layer(dive);
}

void dive_result(const struct dive *dive, struct dive_numbers *out)
{
	*out = (struct dive_numbers){
		.efficiency = dive->counted ? (double)dive->least / (double)dive->counted : 1,
		.bytes = dive->bytes,
		.user_bytes = dive->user_bytes,
		.wasted_bytes = dive->wasted,
		.wasted_of_user =
			dive->user_bytes ? (double)dive->wasted / (double)dive->user_bytes : 0,
	};
}
