/* survey.c - match all globs against all names of an image in one pass.
 *
 * Parents have smaller ids than their children, so a loop over ids meets every directory before
 * what is in it, and the states of a directory are there when its names come. */
#include "facts.h"

/* A node of the automaton that a directory has besides those of its own path: a glob names the
 * directory by another way, through a symlink ("/lib/x" where lib is a link to usr/lib). */
struct alias {
	path_id directory;
	uint32_t node;
};

struct survey {
	struct facts *facts;
	const struct glob_set *globs;
	struct VEC(struct alias) aliases;
	uint32_t *states_of; /* by path: index + 1 of its list in states: count, then nodes */
	struct glob_ids states;
	struct glob_ids next, hits;
	uint32_t *stamps;     /* by glob_id: the last path + 1 that it was noted for */
	uint8_t *interesting; /* by glob_id: makes a path a candidate */
};

void facts_want_tree(struct facts *facts)
{
	const struct merged_tree *tree = facts->view.tree;

	for (path_id id = 1; id < facts->path_count; id++) {
		if (!tree_node(tree, id))
			continue;
		facts->flags[id] |= FACT_WANTED;
		facts->flags[paths_parent(tree->names->paths, id)] |= FACT_PARENT;
	}
}

/* Only names that globs spell out are followed: a "*" that met a link to "/usr" would take it all.
 * A link to the root would make a glob mean everything and is not followed either. */
static void find_aliases(struct survey *in)
{
	const struct view *view = &in->facts->view;
	uint32_t nodes = glob_set_node_count(in->globs);
	AUTO_FREE path_id *place = xmalloc((nodes + 1) * sizeof(path_id));

	memset(place, 0xff, (nodes + 1) * sizeof(path_id));
	place[GLOB_ROOT] = PATH_ROOT;
	for (size_t i = 0; i < glob_set_edge_count(in->globs); i++) {
		const struct glob_edge *edge = glob_set_edge(in->globs, i);
		if (place[edge->from] == PATH_NONE)
			continue;
		path_id at = paths_find(view_paths(view), place[edge->from], edge->name);
		if (at == PATH_NONE || !tree_node(view->tree, at))
			continue;
		path_id directory = view_directory(view, at);
		if (directory == PATH_NONE || directory == PATH_ROOT)
			continue;
		place[edge->to] = directory;
		if (directory == at)
			continue;
		in->facts->flags[directory] |= FACT_ALIASED;
		vec_push(&in->aliases, (struct alias){ directory, edge->to });
	}
}

static void note_hits(struct survey *in, path_id path)
{
	struct facts *facts = in->facts;
	uint32_t first = (uint32_t)facts->hits.count;
	bool interesting = false;

	for (size_t i = 0; i < in->hits.count; i++) {
		glob_id id = in->hits.items[i];
		facts->seen[id] = 1;
		if (in->stamps[id] == path + 1)
			continue;
		in->stamps[id] = path + 1;
		interesting |= in->interesting[id];
		vec_push(&facts->hits, id);
	}
	if (!interesting) {
		facts->hits.count = first;
		return;
	}
	vec_push(&facts->candidates,
		 (struct candidate){ path, first, (uint32_t)facts->hits.count - first });
	facts->candidate_of[path] = (uint32_t)facts->candidates.count;
}

static void keep_states(struct survey *in, path_id path)
{
	if (facts_has(in->facts, path, FACT_ALIASED))
		vec_foreach (alias, &in->aliases)
			if (alias->directory == path)
				glob_states_add(in->globs, &in->next, alias->node);
	in->states_of[path] = (uint32_t)in->states.count + 1;
	vec_push(&in->states, (uint32_t)in->next.count);
	for (size_t i = 0; i < in->next.count; i++)
		vec_push(&in->states, in->next.items[i]);
}

static void walk(struct survey *in)
{
	const struct facts *facts = in->facts;
	const struct paths *paths = view_paths(&facts->view);

	in->next.count = 0;
	glob_states_add(in->globs, &in->next, GLOB_ROOT);
	keep_states(in, PATH_ROOT);
	for (path_id id = 1; id < facts->path_count; id++) {
		if (!facts_has(facts, id, FACT_WANTED))
			continue;
		uint32_t list = in->states_of[paths_parent(paths, id)];
		in->hits.count = 0;
		glob_states_step(in->globs, &in->states.items[list], in->states.items[list - 1],
				 paths_name(paths, id), &in->next, &in->hits);
		if (in->hits.count)
			note_hits(in, id);
		if (facts_has(facts, id, FACT_PARENT))
			keep_states(in, id);
	}
}

void facts_survey(struct facts *facts, unsigned actions)
{
	const struct policy *policy = facts->policy;
	struct survey in = { .facts = facts, .globs = policy->globs };

	in.states_of = xcalloc(facts->path_count + 1, sizeof(uint32_t));
	in.stamps = xcalloc(policy->uses.count + 1, sizeof(uint32_t));
	in.interesting = xcalloc(policy->uses.count + 1, 1);
	for (size_t i = 0; i < policy->uses.count; i++) {
		const struct rule *rule = &policy->rules.items[policy->uses.items[i].rule];
		enum glob_role role = policy->uses.items[i].role;
		/* A directory may be excluded that no glob matches, only what is in it. */
		in.interesting[i] = (role == ROLE_MATCH || role == ROLE_EXCLUDE) && rule->enabled &&
				    (actions >> rule->info.action & 1);
	}
	find_aliases(&in);
	walk(&in);
	free(in.states_of);
	free(in.stamps);
	free(in.interesting);
	vec_release(&in.aliases);
	vec_release(&in.states);
	vec_release(&in.next);
	vec_release(&in.hits);
}

bool facts_rule_matches(const struct facts *facts, uint32_t rule, path_id path)
{
	bool matches = false;

	if (!facts->candidate_of[path])
		return false;
	const struct candidate *candidate = &facts->candidates.items[facts->candidate_of[path] - 1];
	for (uint32_t i = 0; i < candidate->count; i++) {
		const struct glob_use *use =
			&facts->policy->uses.items[facts->hits.items[candidate->first + i]];
		if (use->rule != rule)
			continue;
		if (use->role == ROLE_EXCLUDE)
			return false;
		matches |= use->role == ROLE_MATCH;
	}
	return matches;
}
