/* decide.c - which rule wants which name, and what stops it (DESIGN.md ruling 7). */
#include "policy/decide.h"

#include "decide_internal.h"

/* --- one path -------------------------------------------------------------------------------- */

void decider_match(struct decider *d, path_id path)
{
	const struct facts *facts = &d->facts;
	uint32_t stamp = path + 1;

	d->rules.count = 0;
	if (!facts->candidate_of[path])
		return;
	const struct candidate *candidate = &facts->candidates.items[facts->candidate_of[path] - 1];
	const uint32_t *hits = &facts->hits.items[candidate->first];
	for (uint32_t i = 0; i < candidate->count; i++) {
		const struct glob_use *use = &d->policy->uses.items[hits[i]];
		if (use->role == ROLE_EXCLUDE)
			d->excluded[use->rule] = stamp;
	}
	for (uint32_t i = 0; i < candidate->count; i++) {
		const struct glob_use *use = &d->policy->uses.items[hits[i]];
		if (use->role != ROLE_MATCH || d->excluded[use->rule] == stamp)
			continue;
		size_t at = d->rules.count;
		vec_push(&d->rules, use->rule);
		for (; at && d->rules.items[at - 1] > use->rule; at--)
			d->rules.items[at] = d->rules.items[at - 1];
		d->rules.items[at] = use->rule;
	}
}

bool decider_rule_wants(struct decider *d, uint32_t rule, path_id path,
			const struct match_type **failed)
{
	struct facts *facts = &d->facts;
	const struct rule *rule_of = &d->policy->rules.items[rule];
	const struct candidate *candidate = &facts->candidates.items[facts->candidate_of[path] - 1];
	struct range body;
	struct tree_stat stat;

	tree_stat(facts->view.tree, tree_node(facts->view.tree, path), &stat);
	if (!(rule_of->types >> stat.type & 1) && stat.type != TAR_DIR)
		return false;
	struct subject subject = { .facts = facts,
				   .rule = rule_of,
				   .rule_id = rule,
				   .path = path,
				   .type = stat.type,
				   .size = stat.size,
				   .body = view_body(&facts->view, path, &body) ? &body : NULL,
				   .hits = &facts->hits.items[candidate->first],
				   .hit_count = candidate->count };
	return conditions_hold(&rule_of->each, &subject, failed);
}

static bool lifts(const struct rule *rule, uint32_t keeper)
{
	for (size_t i = 0; i < rule->lifts.count; i++)
		if (rule->lifts.items[i] == keeper)
			return true;
	return false;
}

uint32_t decider_keeper(struct decider *d, uint32_t rule, path_id path)
{
	if (facts_has(&d->facts, path, FACT_WORKDIR) && d->workdir_rule != RULE_NONE &&
	    !lifts(&d->policy->rules.items[rule], d->workdir_rule))
		return d->workdir_rule;
	for (size_t i = 0; i < d->rules.count; i++) {
		uint32_t keeper = d->rules.items[i];
		if (d->policy->rules.items[keeper].info.action == POLICY_KEEP &&
		    d->applies[keeper] && !lifts(&d->policy->rules.items[rule], keeper) &&
		    decider_rule_wants(d, keeper, path, NULL))
			return keeper;
	}
	return RULE_NONE;
}

static bool takes(const struct decider *d, uint32_t rule)
{
	enum policy_action action = d->policy->rules.items[rule].info.action;

	return d->applies[rule] && (action == POLICY_REMOVE || action == POLICY_TRUNCATE);
}

static void veto_needed(struct decider *d, path_id path, uint32_t rule)
{
	const struct needed *needed = facts_why(&d->facts, path);
	AUTO(strbuf) text = STRBUF_INIT;

	if (needed)
		facts_why_text(&d->facts, needed, &text);
	decider_veto(d,
		     (struct policy_veto){ path, rule, VETO_NEEDED, RULE_NONE,
					   needed ? needed->by : PATH_NONE, strbuf_detach(&text) });
}

/* A file or symlink: the first rule that wants it and that nothing stops. */
static void judge(struct decider *d, path_id path)
{
	const struct tree_node *node = tree_node(d->facts.view.tree, path);
	struct policy_veto veto = { .path = PATH_NONE };

	decider_match(d, path);
	for (size_t i = 0; i < d->rules.count; i++) {
		uint32_t rule = d->rules.items[i];
		if (!takes(d, rule) || !decider_rule_wants(d, rule, path, NULL))
			continue;
		if (d->policy->rules.items[rule].info.action == POLICY_TRUNCATE) {
			struct tree_stat stat;
			tree_stat(d->facts.view.tree, node, &stat);
			if (stat.type != TAR_FILE || !stat.size)
				continue;
		}
		if (d->facts.flags[path] & (FACT_KEPT | FACT_KEPT_BELOW)) {
			veto_needed(d, path, rule);
			return;
		}
		uint32_t keeper = decider_keeper(d, rule, path);
		if (keeper == RULE_NONE) {
			d->wanted[path] = rule;
			return;
		}
		if (veto.path == PATH_NONE)
			veto = (struct policy_veto){ path,   rule,	VETO_KEEP_RULE,
						     keeper, PATH_NONE, NULL };
	}
	if (veto.path != PATH_NONE) {
		veto.text = xstrdup(d->policy->rules.items[veto.keeper].info.reason);
		decider_veto(d, veto);
	}
}

/* --- the image ------------------------------------------------------------------------------- */

static void check_rules(struct decider *d)
{
	d->workdir_rule = RULE_NONE;
	for (uint32_t i = 0; i < d->policy->rules.count; i++) {
		const struct rule *rule = &d->policy->rules.items[i];
		if (rule->builtin && rule->enabled && !strcmp(rule->info.id, WORKDIR_RULE))
			d->workdir_rule = i;
		struct subject subject = {
			.facts = &d->facts, .rule = rule, .rule_id = i, .path = PATH_NONE
		};
		d->applies[i] = rule->enabled && !rule->builtin && rule->info.allowed &&
				conditions_hold(&rule->when, &subject, NULL);
		d->out->counts[i].applies = d->applies[i];
	}
}

int decider_run(struct decider *d, const struct policy *policy, const struct image *image,
		const struct merged_tree *tree, const struct context *context,
		struct policy_decisions *out, struct error *err)
{
	size_t rules = policy->rules.count + 1;

	memset(d, 0, sizeof(*d));
	memset(out, 0, sizeof(*out));
	d->policy = policy;
	d->out = out;
	out->counts = xcalloc(rules, sizeof(out->counts[0]));
	facts_init(&d->facts, policy, image, tree, context);
	size_t paths = d->facts.path_count + 1;
	if (paths > tree->nodes.count + 1)
		return error_set(err, ERR_INTERNAL, "the tree does not know all paths");
	d->applies = xcalloc(rules, 1);
	d->excluded = xcalloc(rules, sizeof(uint32_t));
	d->marks = xcalloc(paths, 1);
	d->wanted = xmalloc(paths * sizeof(uint32_t));
	d->taken = xmalloc(paths * sizeof(uint32_t));
	memset(d->wanted, 0xff, paths * sizeof(uint32_t));
	memset(d->taken, 0xff, paths * sizeof(uint32_t));
	facts_find_needed(&d->facts);
	facts_want_tree(&d->facts);
	facts_survey(&d->facts, 1u << POLICY_REMOVE | 1u << POLICY_TRUNCATE | 1u << POLICY_KEEP);
	check_rules(d);
	vec_foreach (candidate, &d->facts.candidates)
		if (view_type(&d->facts.view, candidate->path) != TAR_DIR)
			judge(d, candidate->path);
	decider_settle(d);
	return 0;
}

void decider_release(struct decider *d)
{
	facts_release(&d->facts);
	free(d->applies);
	free(d->excluded);
	free(d->marks);
	free(d->wanted);
	free(d->taken);
	vec_release(&d->stays);
	vec_release(&d->rules);
}

int policy_decide(const struct policy *policy, const struct image *image,
		  const struct merged_tree *tree, const struct context *context,
		  struct policy_decisions *out, struct error *err)
{
	AUTO(decider) d;

	if (decider_run(&d, policy, image, tree, context, out, err) < 0)
		return -1;
	decider_report(&d);
	return 0;
}
