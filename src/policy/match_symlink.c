/* match_symlink.c - "no_symlink_into": no symlink from outside of what the rule takes leads to the
 * entry or to a directory above it; "symlink_target_unmatched_dir": a symlink does not lead to a
 * directory. */
#include "match.h"

void facts_find_links(struct facts *facts)
{
	const struct view *view = &facts->view;

	if (facts->has_links)
		return;
	facts->has_links = true;
	for (path_id id = 1; id < facts->path_count; id++) {
		const struct tree_node *node = tree_node(view->tree, id);
		if (!node || node->type != TAR_SYMLINK)
			continue;
		path_id target = view_target(view, id, NULL);
		if (target != PATH_NONE)
			vec_push(&facts->links, (struct link){ id, target });
	}
}

static int compare_paths(const void *a, const void *b)
{
	path_id left = *(const path_id *)a, right = *(const path_id *)b;

	return (left > right) - (left < right);
}

/* Links that the rule takes itself, inside a cache, say nothing. */
static const struct entrances *entrances_of(struct facts *facts, uint32_t rule)
{
	vec_foreach (known, &facts->entrances)
		if (known->rule == rule)
			return known;
	struct entrances fresh = { .rule = rule };
	facts_find_links(facts);
	vec_foreach (link, &facts->links)
		if (!facts_rule_matches(facts, rule, link->path))
			vec_push(&fresh.targets, link->target);
	if (fresh.targets.count)
		qsort(fresh.targets.items, fresh.targets.count, sizeof(path_id), compare_paths);
	vec_push(&facts->entrances, fresh);
	return &facts->entrances.items[facts->entrances.count - 1];
}

static bool no_symlink_into_holds(const struct condition *condition, struct subject *subject)
{
	const struct entrances *entrances = entrances_of(subject->facts, subject->rule_id);

	(void)condition;
	for (path_id at = subject->path; at != PATH_NONE && entrances->targets.count;
	     at = paths_parent(view_paths(&subject->facts->view), at))
		if (bsearch(&at, entrances->targets.items, entrances->targets.count, sizeof(at),
			    compare_paths))
			return false;
	return true;
}

static bool symlink_target_holds(const struct condition *condition, struct subject *subject)
{
	const struct view *view = &subject->facts->view;

	(void)condition;
	if (subject->type != TAR_SYMLINK)
		return true;
	path_id target = view_target(view, subject->path, NULL);
	return target == PATH_NONE || view_type(view, target) != TAR_DIR;
}

const struct match_type match_no_symlink_into = { .key = "no_symlink_into",
						  .read = match_read_true,
						  .holds = no_symlink_into_holds };
const struct match_type match_symlink_target = { .key = "symlink_target_unmatched_dir",
						 .read = match_read_true,
						 .holds = symlink_target_holds };
