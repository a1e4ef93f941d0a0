/* plan_pass.c - may a layer be copied as it is?  Only while each of its markers hides something,
 * in a form that every loader takes (SEMANTICS.md C.3, C.5). */
#include "plan_internal.h"

static int compare_ids(const void *a, const void *b)
{
	path_id left = *(const path_id *)a, right = *(const path_id *)b;

	return (left > right) - (left < right);
}

static void sort_ids(struct path_list *list)
{
	if (list->count)
		qsort(list->items, list->count, sizeof(list->items[0]), compare_ids);
}

static bool holds(const struct path_list *list, path_id path)
{
	return list->count &&
	       bsearch(&path, list->items, list->count, sizeof(list->items[0]), compare_ids);
}

/* A directory that is shown below and stays the same directory. */
static bool same_directory(const struct differ *differ, path_id path)
{
	const struct shown_node *shown = shown_get(differ->shown, path);
	const struct tree_node *node = tree_node(differ->tree, path);

	return shown && node && shown->type == TAR_DIR && node->type == TAR_DIR &&
	       (path == PATH_ROOT || shown->born == node->born);
}

static bool whiteout_holds(const struct differ *differ, path_id path,
			   const struct path_list *opaque)
{
	const struct paths *paths = differ->plan->names->paths;

	if (!shown_get(differ->shown, path) || tree_node(differ->tree, path) ||
	    !same_directory(differ, paths_parent(paths, path)))
		return false;
	for (path_id at = path; opaque->count && at != PATH_ROOT;) {
		at = paths_parent(paths, at);
		if (holds(opaque, at))
			return false;
	}
	return true;
}

static bool opaque_holds(const struct differ *differ, path_id path)
{
	const struct shown_node *shown = shown_get(differ->shown, path);
	const struct tree_node *node = tree_node(differ->tree, path);

	return path != PATH_ROOT && shown && shown->type == TAR_DIR && shown->child != PATH_NONE &&
	       node && node->type == TAR_DIR;
}

bool plan_markers_hold(const struct differ *differ)
{
	const struct layer_index *index =
		&chain_layer(differ->plan->chain, differ->segment->last)->index;
	struct path_list opaque = VEC_INIT, whiteouts = VEC_INIT;
	bool good = true;

	if (!index->has_markers)
		return true;
	if (differ->bottom)
		return false;
	vec_foreach (entry, &index->entries) {
		if (entry->kind == ENTRY_OPAQUE)
			vec_push(&opaque, entry->path);
		else if (entry->kind == ENTRY_WHITEOUT)
			vec_push(&whiteouts, entry->path);
	}
	sort_ids(&opaque);
	sort_ids(&whiteouts);
	for (size_t i = 0; good && i < opaque.count; i++)
		good = opaque_holds(differ, opaque.items[i]) &&
		       (!i || opaque.items[i] != opaque.items[i - 1]);
	for (size_t i = 0; good && i < whiteouts.count; i++)
		good = whiteout_holds(differ, whiteouts.items[i], &opaque) &&
		       (!i || whiteouts.items[i] != whiteouts.items[i - 1]);
	vec_release(&opaque);
	vec_release(&whiteouts);
	return good;
}
