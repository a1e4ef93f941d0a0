/* settle.c - from what rules want to what goes: directories that empty, symlinks that would dangle.
 *
 * No kept symlink is made to dangle unless the rule allows it.  Names that must stay for a symlink
 * only ever become more, and everything else is worked out again from them, so the result does not
 * depend on the order in which symlinks are looked at. */
#include "decide_internal.h"

static const struct rule *rule_at(const struct decider *d, uint32_t rule)
{
	return &d->policy->rules.items[rule];
}

static bool is_gone(const struct decider *d, path_id path)
{
	return d->taken[path] != RULE_NONE &&
	       rule_at(d, d->taken[path])->info.action == POLICY_REMOVE;
}

/* --- directories ----------------------------------------------------------------------------- */

/* May a rule take a directory in which nothing is left? */
static bool may_take(struct decider *d, uint32_t rule, path_id directory)
{
	if (d->facts.flags[directory] & (FACT_KEPT | FACT_KEPT_BELOW) ||
	    d->marks[directory] & (MARK_STAYS | MARK_PASSED))
		return false;
	decider_match(d, directory);
	return d->excluded[rule] != directory + 1 &&
	       decider_keeper(d, rule, directory) == RULE_NONE;
}

/* The rule that takes a directory because it matches itself. */
static uint32_t direct_taker(struct decider *d, path_id directory)
{
	decider_match(d, directory);
	/* decider_keeper() looks at the same list and leaves it as it is. */
	for (size_t i = 0; i < d->rules.count; i++) {
		uint32_t rule = d->rules.items[i];
		if (d->applies[rule] && rule_at(d, rule)->info.action == POLICY_REMOVE &&
		    rule_at(d, rule)->dirs == DIRS_REMOVE &&
		    decider_rule_wants(d, rule, directory, NULL) && may_take(d, rule, directory))
			return rule;
	}
	return RULE_NONE;
}

/* Children have larger ids than their directory, so it is known what became of them.  `pruner`, by
 * path: the first rule that takes something right in the directory and empties directories. */
static void take_directories(struct decider *d, uint32_t *pruner)
{
	const struct view *view = &d->facts.view;

	for (path_id id = 0; id < d->facts.path_count; id++) {
		pruner[id] = RULE_NONE;
		d->marks[id] &= (uint8_t)~MARK_OCCUPIED;
	}
	for (path_id id = d->facts.path_count; id-- > 1;) {
		const struct tree_node *node = tree_node(view->tree, id);
		if (!node)
			continue;
		path_id parent = paths_parent(view_paths(view), id);
		if (node->type == TAR_DIR && !(d->marks[id] & MARK_OCCUPIED)) {
			d->taken[id] = RULE_NONE;
			if (pruner[id] != RULE_NONE && may_take(d, pruner[id], id))
				d->taken[id] = pruner[id];
			else if (d->facts.candidate_of[id])
				d->taken[id] = direct_taker(d, id);
		} else if (node->type == TAR_DIR) {
			d->taken[id] = RULE_NONE;
		}
		uint32_t rule = d->taken[id];
		if (!is_gone(d, id))
			d->marks[parent] |= MARK_OCCUPIED;
		else if (rule_at(d, rule)->dirs != DIRS_KEEP && rule < pruner[parent] &&
			 facts_rule_matches(&d->facts, rule, id))
			pruner[parent] = rule;
	}
}

/* --- symlinks -------------------------------------------------------------------------------- */

/* The first name on a symlink's way that goes; PATH_NONE when it is not made to dangle. */
static path_id broken_at(struct decider *d, const struct link *link, struct trail *trail)
{
	trail->count = 0;
	view_target(&d->facts.view, link->path, trail);
	vec_foreach (name, trail)
		if (is_gone(d, *name))
			return *name;
	return PATH_NONE;
}

/* May a symlink go because what it leads to goes? */
static bool may_prune(struct decider *d, uint32_t rule, path_id link)
{
	if (rule_at(d, rule)->on_dangling != DANGLING_PRUNE_LINK ||
	    d->facts.flags[link] & (FACT_KEPT | FACT_KEPT_BELOW) || d->marks[link] & MARK_STAYS)
		return false;
	decider_match(d, link);
	return decider_keeper(d, rule, link) == RULE_NONE;
}

static bool prune_links(struct decider *d)
{
	struct trail trail = VEC_INIT;
	bool any = false;

	vec_foreach (link, &d->facts.links) {
		path_id broken = is_gone(d, link->path) ? PATH_NONE : broken_at(d, link, &trail);
		if (broken == PATH_NONE || !may_prune(d, d->taken[broken], link->path))
			continue;
		d->taken[link->path] = d->taken[broken];
		any = true;
	}
	vec_release(&trail);
	return any;
}

/* A directory at the end of the way stays with all that is in it: who links to a store wants what
 * is there.  One on the way only has to be there. */
static void hold_way(struct decider *d, path_id link, const struct trail *trail)
{
	for (size_t i = 0; i < trail->count; i++) {
		path_id name = trail->items[i];
		bool on_the_way =
			i + 1 < trail->count && view_type(&d->facts.view, name) == TAR_DIR;
		if (!is_gone(d, name))
			continue;
		d->marks[name] |= on_the_way ? MARK_PASSED : MARK_STAYS;
		if (!on_the_way)
			vec_push(&d->stays, (struct stay){ name, link });
	}
}

static bool hold_targets(struct decider *d)
{
	struct trail trail = VEC_INIT;
	bool any = false;

	vec_foreach (link, &d->facts.links) {
		path_id broken = is_gone(d, link->path) ? PATH_NONE : broken_at(d, link, &trail);
		if (broken == PATH_NONE ||
		    rule_at(d, d->taken[broken])->on_dangling == DANGLING_IGNORE)
			continue;
		hold_way(d, link->path, &trail);
		any = true;
	}
	vec_release(&trail);
	return any;
}

/* What rules want, without what must stay for symlinks. */
static void begin_again(struct decider *d)
{
	const struct paths *paths = view_paths(&d->facts.view);

	for (path_id id = 1; id < d->facts.path_count; id++) {
		d->marks[id] |= d->marks[paths_parent(paths, id)] & MARK_STAYS;
		d->taken[id] = d->marks[id] & MARK_STAYS ? RULE_NONE : d->wanted[id];
	}
}

void decider_settle(struct decider *d)
{
	AUTO_FREE uint32_t *pruner = xmalloc((d->facts.path_count + 1) * sizeof(uint32_t));
	bool wanted = false;

	for (path_id id = 1; id < d->facts.path_count && !wanted; id++)
		wanted = d->wanted[id] != RULE_NONE || d->facts.candidate_of[id];
	if (!wanted)
		return;
	facts_find_links(&d->facts);
	do {
		begin_again(d);
		do
			take_directories(d, pruner);
		while (prune_links(d));
	} while (hold_targets(d));
}
