/* plan_build.c - decide what is written: liveness over all images, then segment after segment. */
#include <string.h>

#include "dedupe.h"

/* Plan the segment whose top the tree has reached; one that an earlier image has planned already
 * only moves `shown` on. */
static void plan_segment(struct differ *differ, struct segment *segment, bool planned)
{
	struct plan *plan = differ->plan;
	const struct position *first = &plan->chain->positions.items[segment->first];
	const struct layer_index *index = &chain_layer(plan->chain, segment->last)->index;
	size_t begin = plan->records.count, normal = 0;
	bool markers_hold, copies = plan->copies, spare;

	differ->segment = segment;
	differ->first_depth = first->depth;
	markers_hold = segment->layer_count == 1 && plan_markers_hold(differ);
	plan_diff_segment(differ);
	plan_order_records(plan, begin);
	if (segment->frozen || plan->options.lossless) {
		segment->pass_through = true;
	} else if (segment->layer_count == 1 && !planned) {
		vec_foreach (entry, &index->entries)
			normal += entry->kind == ENTRY_NORMAL;
		segment->pass_through = markers_hold && !differ->drops && !segment->flaws &&
					segment->added == UINT32_MAX &&
					differ->own_used == normal && !plan_wants_cut(plan) &&
					plan_order_holds(plan, index, begin);
	}
	segment->record_begin = planned ? segment->record_begin : begin;
	/* A layer that could pass may still have identical files to link. */
	spare = planned || segment->frozen || !plan_may_dedupe(plan);
	if (planned || segment->pass_through)
		plan->copies = copies;
	if (planned || (segment->pass_through && spare))
		plan->records.count = begin;
	if (!planned)
		segment->record_end = plan->records.count;
}

/* Apply the layers of one image and plan its segments. */
static int plan_image(struct plan *plan, uint32_t image, const struct liveness *live, bool *planned,
		      const struct context *context, struct error *err)
{
	AUTO_PTR(merged_tree)
	tree = merged_tree_new(plan->chain, plan->names, &context->limits, NULL, NULL);
	struct shown_tree shown;
	struct differ differ = { .plan = plan, .tree = tree, .shown = &shown, .live = live };
	int rc = 0;

	shown_init(&shown, plan->names->paths);
	for (uint32_t s = 0; !rc && s < plan->segment_count[image]; s++) {
		uint32_t number = plan->of_image[image][s];
		struct segment *segment = &plan->segments.items[number];
		for (uint32_t n = 0; !rc && n < segment->layer_count; n++) {
			rc = plan_apply(plan, tree, segment_position(plan, segment, n), err);
			segment->flaws |= tree->flaws;
		}
		if (!rc)
			rc = plan_apply_added(segment, tree, err);
		if (rc < 0)
			break;
		differ.bottom = s == 0;
		plan_segment(&differ, segment, planned[number]);
		planned[number] = true;
	}
	differ_release(&differ);
	shown_release(&shown);
	return rc;
}

/* A layer that stays whatever it looks like: some loaders refuse what others read. */
static void warn_about_flaws(const struct plan *plan, const struct context *context)
{
	vec_foreach (segment, &plan->segments)
		if (segment->pass_through && segment->flaws)
			warnings_add(context->warnings, WARN_FROZEN_LAYER, "layer %u",
				     plan->chain->positions.items[segment->last].depth + 1);
}

static int build(struct plan *plan, struct chain *chain, struct liveness *live,
		 struct guard_list *guards, const struct context *context, struct error *err)
{
	AUTO_FREE bool *planned = xcalloc(plan->segments.count + 1, sizeof(bool));

	if (plan_may_dedupe(plan) && plan_find_rewrites(plan, context, err) < 0)
		return -1;
	for (uint32_t i = 0; i < plan->chain->image_count; i++) {
		AUTO_PTR(merged_tree)
		tree = merged_tree_new(plan->chain, plan->names, &context->limits,
				       context->warnings, plan->killers);
		if (plan_apply_image(plan, tree, i, err) < 0)
			return -1;
		if (plan->policy && plan_decide(plan, i, tree, context, err) < 0)
			return -1;
		liveness_add(live, plan, tree);
		if (plan_may_dedupe(plan))
			plan_add_guards(plan, i, tree, guards, context);
	}
	if (plan->policy && plan_settle_decisions(plan, live, context, err) < 0)
		return -1;
	if (plan_add_files(plan, chain, live, context, err) < 0)
		return -1;
	liveness_settle(live);
	for (uint32_t i = 0; i < plan->chain->image_count; i++)
		if (plan_image(plan, i, live, planned, context, err) < 0)
			return -1;
	if (plan_may_dedupe(plan) && plan_dedupe(plan, guards, context, err) < 0)
		return -1;
	warn_about_flaws(plan, context);
	plan_lay_outputs(plan);
	plan_account(plan, live);
	return 0;
}

struct plan *plan_build(struct chain *chain, struct names *names,
			const struct plan_options *options, const struct context *context,
			struct error *err)
{
	AUTO_PTR(plan) plan = xcalloc(1, sizeof(*plan));
	struct guard_list guards = VEC_INIT;
	struct liveness live = { .bits = xcalloc(chain->slot_count + (size_t)1, 1) };
	int rc;

	plan->options = *options;
	plan->chain = chain;
	plan->names = names;
	plan->policy = options->policy;
	if (!plan->options.dedupe_floor)
		plan->options.dedupe_floor = DEDUPE_FLOOR;
	if (plan->policy) {
		plan->policies = xcalloc(chain->image_count + 1, sizeof(plan->policies[0]));
		plan->rules = xcalloc(policy_rule_count(plan->policy) + (size_t)1,
				      sizeof(plan->rules[0]));
	}
	plan->fates = xcalloc(chain->slot_count + (size_t)1, 1);
	plan->killers = xreallocarray(NULL, chain->slot_count + (size_t)1, sizeof(uint32_t));
	memset(plan->killers, 0xff, (chain->slot_count + (size_t)1) * sizeof(uint32_t));
	plan_cut_segments(plan);
	/* The caller's lists are of use no more. */
	plan->options.frozen = plan->options.omitted = NULL;
	rc = build(plan, chain, &live, &guards, context, err);
	vec_release(&guards);
	liveness_release(&live);
	return rc < 0 ? NULL : STEAL(plan);
}

void plan_free(struct plan *plan)
{
	for (size_t i = 0; plan->of_image && i < plan->chain->image_count; i++)
		free(plan->of_image[i]);
	for (size_t i = 0; plan->policies && i < plan->chain->image_count; i++) {
		policy_decisions_release(&plan->policies[i].found);
		policy_leaks_release(&plan->policies[i].leaks);
		sbom_findings_release(&plan->policies[i].sbom);
		vec_release(&plan->policies[i].list);
	}
	free(plan->policies);
	free(plan->rules);
	free(plan->of_image);
	free(plan->segment_count);
	vec_release(&plan->segments);
	vec_release(&plan->outputs);
	vec_release(&plan->records);
	vec_release(&plan->links);
	vec_release(&plan->added);
	vec_release(&plan->rewrites);
	vec_release(&plan->touches);
	vec_release(&plan->totals.pairs);
	vec_release(&plan->totals.shares);
	free(plan->fates);
	free(plan->killers);
	free(plan);
}
