/* match_ancestor.c - "ancestor_has": one directory above the entry holds all of these names. */
#include "match.h"

static bool ancestor_holds(const struct condition *condition, struct subject *subject)
{
	const struct view *view = &subject->facts->view;
	path_id at = subject->path;

	while ((at = paths_parent(view_paths(view), at)) != PATH_NONE) {
		size_t found = 0;
		vec_foreach (name, &condition->texts)
			found += view_child(view, at, *name) != PATH_NONE;
		if (found == condition->texts.count)
			return true;
	}
	return false;
}

const struct match_type match_ancestor_has = { .key = "ancestor_has",
					       .read = match_read_texts,
					       .holds = ancestor_holds };
