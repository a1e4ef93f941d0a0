/* explain.c - which rules looked at a path, what each said, and which one won. */
#include "decide_internal.h"
#include "util/text.h"

static void add_path(const struct decider *d, path_id path, struct strbuf *out)
{
	AUTO_FREE char *shown = paths_display(view_paths(&d->facts.view), path);

	strbuf_addf(out, path == PATH_ROOT ? "%s" : "/%s", shown);
}

/* What a rule that matches says; `keeper` is what stops it, or RULE_NONE. */
static void add_verdict(struct decider *d, uint32_t rule, path_id path, struct strbuf *out)
{
	const struct rule *of = &d->policy->rules.items[rule];
	struct subject image = {
		.facts = &d->facts, .rule = of, .rule_id = rule, .path = PATH_NONE
	};
	const struct match_type *failed = NULL;
	bool takes = of->info.action == POLICY_REMOVE || of->info.action == POLICY_TRUNCATE;
	uint32_t keeper = takes ? decider_keeper(d, rule, path) : RULE_NONE;

	if (d->excluded[rule] == path + 1)
		strbuf_addstr(out, "one of its excludes matches");
	else if (!of->enabled)
		strbuf_addstr(out, "it is disabled");
	else if (!of->info.allowed)
		strbuf_addf(out, "its class, %s, is not allowed",
			    policy_class_name(of->info.class));
	else if (!conditions_hold(&of->when, &image, &failed))
		strbuf_addf(out, "its condition on the image does not hold: %s", failed->key);
	else if (!decider_rule_wants(d, rule, path, &failed) && failed)
		strbuf_addf(out, "its condition on the entry does not hold: %s", failed->key);
	else if (!decider_rule_wants(d, rule, path, NULL))
		strbuf_addstr(out, "it is not for entries of this type");
	else if (takes && d->facts.flags[path] & (FACT_KEPT | FACT_KEPT_BELOW))
		strbuf_addstr(out, "stopped: the config needs the path");
	else if (keeper != RULE_NONE)
		strbuf_addf(out, "stopped by %s", d->policy->rules.items[keeper].info.id);
	else if (d->taken[path] == rule)
		strbuf_addf(out, "it decides%s",
			    facts_has(&d->facts, path, FACT_WORKDIR) && d->workdir_rule != RULE_NONE
				    ? ", for " WORKDIR_RULE " lets it pass"
				    : "");
	else
		strbuf_addstr(out,
			      takes ? "it would, but does not come to it" : "it keeps the path");
}

static void add_rules(struct decider *d, path_id path, struct strbuf *out)
{
	const struct facts *facts = &d->facts;
	struct glob_ids rules = VEC_INIT;

	decider_match(d, path);
	for (size_t i = 0; i < d->rules.count; i++)
		vec_push(&rules, d->rules.items[i]);
	/* Those that an exclude holds back are not in the list, and worth a line. */
	const struct candidate *candidate =
		facts->candidate_of[path] ? &facts->candidates.items[facts->candidate_of[path] - 1]
					  : NULL;
	for (uint32_t i = 0; candidate && i < candidate->count; i++) {
		const struct glob_use *use =
			&d->policy->uses.items[facts->hits.items[candidate->first + i]];
		if (use->role == ROLE_MATCH && d->excluded[use->rule] == path + 1)
			vec_push(&rules, use->rule);
	}
	for (size_t i = 0; i < rules.count; i++) {
		const struct policy_rule *rule = &d->policy->rules.items[rules.items[i]].info;
		strbuf_addf(out, "  %s (policy %s, %s, %s): ", rule->id, rule->policy,
			    policy_action_name(rule->action), policy_class_name(rule->class));
		add_verdict(d, rules.items[i], path, out);
		strbuf_addch(out, '\n');
	}
	if (!rules.count)
		strbuf_addstr(out, "  no rule matches\n");
	vec_release(&rules);
}

static void add_answer(struct decider *d, path_id path, struct strbuf *out)
{
	uint32_t rule = d->taken[path];

	if (rule != RULE_NONE) {
		const struct policy_rule *info = &d->policy->rules.items[rule].info;
		strbuf_addf(out, "%s by %s%s%s\n",
			    info->action == POLICY_REMOVE ? "removed" : "emptied", info->id,
			    *info->reason ? ": " : "", info->reason);
		return;
	}
	strbuf_addstr(out, "kept");
	vec_foreach (veto, &d->out->vetoes) {
		if (veto->path != path)
			continue;
		strbuf_addf(out, " although %s wants it",
			    d->policy->rules.items[veto->rule].info.id);
		if (veto->keeper != RULE_NONE)
			strbuf_addf(out, ", by %s", d->policy->rules.items[veto->keeper].info.id);
		strbuf_addf(out, ": %s", veto->text);
	}
	strbuf_addch(out, '\n');
}

int policy_explain(const struct policy *policy, const struct image *image,
		   const struct merged_tree *tree, const struct context *context, const char *path,
		   struct strbuf *out, struct error *err)
{
	AUTO(policy_decisions) decisions = { .counts = NULL };
	AUTO(decider) d;

	if (decider_run(&d, policy, image, tree, context, &decisions, err) < 0)
		return -1;
	path_id found = view_walk(&d.facts.view, PATH_ROOT, text_of(path), WALK_NO_FOLLOW, NULL);
	if (found == PATH_NONE) {
		AUTO_FREE char *shown = text_escaped(path, strlen(path));
		return error_set(err, ERR_ANSWER_NO, "the image has no \"%s\"", shown);
	}
	decider_report(&d);
	add_path(&d, found, out);
	strbuf_addf(out, ": %s, ", tar_type_name(view_type(&d.facts.view, found)));
	add_answer(&d, found, out);
	const struct needed *needed =
		d.facts.flags[found] & (FACT_KEPT | FACT_KEPT_BELOW | FACT_WORKDIR)
			? facts_why(&d.facts, found)
			: NULL;
	if (needed) {
		strbuf_addstr(out, "  the config of the image: ");
		facts_why_text(&d.facts, needed, out);
		strbuf_addch(out, '\n');
	}
	add_rules(&d, found, out);
	return 0;
}
