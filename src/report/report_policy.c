/* report_policy.c - what the rules of the policy took, and what they were kept from. */
#include <string.h>

#include "report/report.h"
#include "util/text.h"

static char *escaped(const char *text)
{
	return text_escaped(text, strlen(text));
}

static int compare_rules(const void *a, const void *b)
{
	const struct report_rule *left = a, *right = b;

	if (left->bytes != right->bytes)
		return left->bytes > right->bytes ? -1 : 1;
	return strcmp(left->id, right->id);
}

static void add_rules(struct report *report, const struct plan *plan)
{
	AUTO_FREE uint64_t *names =
		xcalloc(policy_rule_count(plan->policy) + (size_t)1, sizeof(uint64_t));
	AUTO_FREE uint64_t *vetoed =
		xcalloc(policy_rule_count(plan->policy) + (size_t)1, sizeof(uint64_t));

	for (uint32_t i = 0; i < plan->chain->image_count; i++) {
		vec_foreach (decision, &plan->policies[i].list)
			*(decision->verdict == VERDICT_DONE ? &names[decision->rule]
							    : &vetoed[decision->rule]) += 1;
		vec_foreach (veto, &plan->policies[i].found.vetoes)
			vetoed[veto->rule]++;
		report->owned_names += plan->policies[i].found.owned;
	}
	for (uint32_t r = 0; r < policy_rule_count(plan->policy); r++) {
		const struct policy_rule *rule = policy_rule(plan->policy, r);
		if (!names[r] && !vetoed[r])
			continue;
		vec_push(&report->rules,
			 (struct report_rule){ .number = r,
					       .id = escaped(rule->id),
					       .policy = escaped(rule->policy),
					       .reason = escaped(rule->reason),
					       .risk = escaped(rule->risk),
					       .reference = escaped(rule->reference),
					       .action = policy_action_name(rule->action),
					       .class = policy_class_name(rule->class),
					       .names = names[r],
					       .bytes = plan->rules[r].bytes,
					       .stored = plan->rules[r].stored,
					       .vetoed = vetoed[r] });
	}
	if (report->rules.count)
		qsort(report->rules.items, report->rules.count, sizeof(report->rules.items[0]),
		      compare_rules);
}

static void add_veto(struct report *report, const struct plan *plan, path_id path, uint32_t rule,
		     const char *why)
{
	if (report->veto_count++ < REPORT_VETOES)
		vec_push(&report->vetoes,
			 (struct report_veto){ paths_display(plan->names->paths, path),
					       escaped(policy_rule(plan->policy, rule)->id),
					       escaped(why) });
}

static void add_vetoes(struct report *report, const struct plan *plan)
{
	static const char *const reasons[] = {
		[VERDICT_FROZEN] = "its bytes lie in a kept layer",
		[VERDICT_SHARED] = "another image shows the same entry",
		[VERDICT_NEEDED] = "a directory with names that stay",
		[VERDICT_EDITED] = "the reviewed plan keeps it",
	};

	for (uint32_t i = 0; i < plan->chain->image_count; i++) {
		vec_foreach (veto, &plan->policies[i].found.vetoes)
			add_veto(report, plan, veto->path, veto->rule,
				 veto->text ? veto->text : "");
		vec_foreach (decision, &plan->policies[i].list)
			if (decision->verdict != VERDICT_DONE)
				add_veto(report, plan, decision->path, decision->rule,
					 reasons[decision->verdict]);
	}
}

static char *leak_place(const struct plan *plan, const struct policy_leak *leak)
{
	AUTO_FREE char *path =
		leak->path == PATH_NONE ? NULL : paths_display(plan->names->paths, leak->path);

	if (path)
		return xasprintf("layer %u: %s", leak->depth + 1, path);
	return leak->state == LEAK_HISTORY ? xasprintf("history, step %u", leak->depth + 1)
					   : xstrdup("config");
}

static void add_leaks(struct report *report, const struct plan *plan)
{
	static const char *const fixes[] = {
		[LEAK_LIVE] = "keep it out of the build (RUN --mount=type=secret) and replace it",
		[LEAK_OVERWRITTEN] =
			"hidden, but whoever has the old archive can read it: replace it",
		[LEAK_DELETED] = "deleted, but whoever has the old archive can read it: replace it",
		[LEAK_CONFIG] = "pass it when the container starts, and replace it",
		[LEAK_HISTORY] = "do not put it on a command line of the build, and replace it",
	};

	for (uint32_t i = 0; i < plan->chain->image_count; i++)
		vec_foreach (leak, &plan->policies[i].leaks.list) {
			const struct policy_rule *rule = policy_rule(plan->policy, leak->rule);
			vec_push(&report->leaks,
				 (struct report_leak){ .rule = escaped(rule->id),
						       .severity =
							       policy_severity_name(rule->severity),
						       .state = policy_leak_state_name(leak->state),
						       .fix = fixes[leak->state],
						       .where = leak_place(plan, leak),
						       .masked = escaped(leak->masked) });
		}
}

static void add_lists(struct report *report, const struct plan *plan)
{
	for (uint32_t i = 0; i < plan->chain->image_count; i++) {
		const struct sbom_findings *sbom = &plan->policies[i].sbom;
		report->scanned_packages += sbom->packages;
		vec_foreach (entry, &sbom->gone)
			if (report->listed_count++ < REPORT_VETOES)
				vec_push(&report->listed,
					 (struct report_listed){
						 paths_display(plan->names->paths, entry->list),
						 paths_display(plan->names->paths, entry->path),
						 escaped(entry->component) });
	}
}

void report_add_policy(struct report *report, const struct plan *plan)
{
	report->removed_bytes = plan->totals.removed_bytes;
	report->emptied_bytes = plan->totals.emptied_bytes;
	if (!plan->policy)
		return;
	vec_foreach (file, &plan->added)
		vec_push(&report->added,
			 (struct report_added){ paths_display(plan->names->paths, file->path),
						file->bytes });
	add_rules(report, plan);
	add_vetoes(report, plan);
	add_lists(report, plan);
	add_leaks(report, plan);
}
