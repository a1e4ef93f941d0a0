/* plan_policy.c - decisions of the policy as a part of the plan (DESIGN.md rulings 4, 6, 7).
 *
 * A name goes only when its entry lies in a layer that may change, and when every image that shows
 * the entry agrees. */
#include <string.h>

#include "plan_internal.h"

int plan_edit_compare(const struct plan_edit *a, const struct plan_edit *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->place != b->place)
		return a->place < b->place ? -1 : 1;
	return strcmp(a->path, b->path);
}

bool plan_is_edited(const struct plan *plan, enum plan_edit_kind kind, uint32_t place, path_id path)
{
	AUTO_FREE char *text = NULL;
	size_t low = 0, high = plan->options.kept_count;

	if (!high)
		return false;
	text = paths_display(plan->names->paths, path);
	struct plan_edit key = { kind, place, text };
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = plan_edit_compare(&plan->options.kept[middle], &key);
		if (!order)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static bool is_frozen(const struct plan *plan, uint32_t image, slot_id slot)
{
	uint32_t position = chain_position(plan->chain, slot);

	if (plan->options.lossless)
		return true;
	for (uint32_t s = 0; s < plan->segment_count[image]; s++) {
		const struct segment *segment = &plan->segments.items[plan->of_image[image][s]];
		if (segment->frozen && segment->last == position)
			return true;
	}
	return false;
}

/* Looking into the layers takes time: only when some rule wants it. */
static bool has_warnings(const struct policy *policy)
{
	for (uint32_t rule = 0; rule < policy_rule_count(policy); rule++)
		if (policy_rule(policy, rule)->action == POLICY_WARN &&
		    policy_rule(policy, rule)->allowed)
			return true;
	return false;
}

int plan_decide(struct plan *plan, uint32_t image, struct merged_tree *tree,
		const struct context *context, struct error *err)
{
	struct plan_image_policy *policy = &plan->policies[image];
	const struct image *of = &plan->options.images->images[image];

	if (policy_decide(plan->policy, of, tree, context, &policy->found, err) < 0)
		return -1;
	if (has_warnings(plan->policy) &&
	    policy_scan(plan->policy, of, image, tree, context, &policy->leaks, err) < 0)
		return -1;
	vec_foreach (found, &policy->found.list) {
		struct tree_node *node = &tree->nodes.items[found->path];
		inode_id id = node->inode;
		const struct tree_inode *inode = tree_inode(tree, &id);
		struct plan_decision decision = { .path = found->path,
						  .rule = found->rule,
						  .empties = found->action == POLICY_TRUNCATE,
						  .slot = node->slot,
						  .body = inode->body,
						  .meta = inode->meta };
		slot_id holder = decision.empties ? decision.body : decision.slot;

		if (is_frozen(plan, image, holder))
			decision.verdict = VERDICT_FROZEN;
		else if (plan_is_edited(plan, PLAN_EDIT_RULE, image, found->path))
			decision.verdict = VERDICT_EDITED;
		else
			node->mark = decision.empties ? DECISION_EMPTY : DECISION_REMOVE;
		vec_push(&policy->list, decision);
	}
	return 0;
}

/* Is another image against it?  True when one is. */
static bool hear_others(struct plan_image_policy *policy, const struct liveness *live)
{
	bool any = false;

	vec_foreach (decision, &policy->list) {
		if (decision->verdict != VERDICT_DONE)
			continue;
		if (decision->empties
			    ? live->bits[decision->body] & SHOWN_BODY
			    : liveness_has(live, decision->path, decision->slot, decision->meta)) {
			decision->verdict = VERDICT_SHARED;
			any = true;
		}
	}
	return any;
}

/* Take the names that go out of a tree.  With `live`: directories that hold something stay, and
 * are shown then. */
static void trim(const struct plan *plan, uint32_t image, struct merged_tree *tree,
		 struct liveness *live)
{
	struct plan_image_policy *policy = &plan->policies[image];

	/* Deepest names last in the list: from the end, directories come after what lies in them.
	 */
	for (size_t i = policy->list.count; i-- > 0;) {
		struct plan_decision *decision = &policy->list.items[i];
		const struct tree_node *node = tree_node(tree, decision->path);
		inode_id id;

		if (decision->verdict != VERDICT_DONE)
			continue;
		if (decision->empties) {
			merged_tree_empty(tree, decision->path);
			continue;
		}
		if (merged_tree_drop(tree, decision->path) || !live)
			continue;
		decision->verdict = VERDICT_NEEDED;
		id = node->inode;
		liveness_add_name(live, decision->path, node, tree_inode(tree, &id));
	}
}

void plan_trim_tree(const struct plan *plan, uint32_t image, struct merged_tree *tree)
{
	if (plan->policies)
		trim(plan, image, tree, NULL);
}

/* Fates come from decisions that stand.  The body of a link may lie in a layer that stays. */
static void note_fates(struct plan *plan, uint32_t image, struct liveness *live)
{
	vec_foreach (decision, &plan->policies[image].list) {
		slot_id slots[] = { decision->slot, decision->body };
		if (decision->verdict != VERDICT_DONE)
			continue;
		if (!decision->empties)
			vec_push(&live->dropped,
				 (struct implied){ decision->slot, decision->path });
		if (decision->meta == SLOT_NONE)
			continue;
		for (size_t i = decision->empties; i < 2; i++) {
			if (!decision->empties && live->bits[slots[i]] & (SHOWN_NAME | SHOWN_BODY))
				continue;
			if (is_frozen(plan, image, slots[i]))
				continue;
			plan->fates[slots[i]] = decision->empties ? FATE_EMPTIED : FATE_REMOVED;
			plan->killers[slots[i]] = decision->rule;
		}
	}
}

/* The tree is trimmed; the names that went are known by the decisions. */
static void find_in_lists(struct plan_image_policy *policy, const struct merged_tree *tree,
			  const struct context *context)
{
	AUTO_FREE uint8_t *gone = xcalloc(paths_count(tree->names->paths) + (size_t)1, 1);

	vec_foreach (decision, &policy->list)
		gone[decision->path] = decision->verdict == VERDICT_DONE && !decision->empties;
	sbom_findings_release(&policy->sbom);
	policy->sbom = (struct sbom_findings){ .lists = 0 };
	sbom_find(tree, gone, context, &policy->sbom);
}

static int trim_image(struct plan *plan, uint32_t image, struct liveness *live,
		      const struct context *context, struct error *err)
{
	AUTO_PTR(merged_tree)
	tree = merged_tree_new(plan->chain, plan->names, &context->limits, NULL, NULL);

	if (plan_apply_image(plan, tree, image, err) < 0)
		return -1;
	trim(plan, image, tree, live);
	find_in_lists(&plan->policies[image], tree, context);
	return 0;
}

/* A directory that stays in one image, since it holds something, stays in all that have it: what
 * lies above it there is looked at again. */
int plan_settle_decisions(struct plan *plan, struct liveness *live, const struct context *context,
			  struct error *err)
{
	uint32_t count = (uint32_t)plan->chain->image_count;
	AUTO_FREE bool *due = xcalloc(count + (size_t)1, sizeof(bool));
	bool more = true;

	for (uint32_t i = 0; i < count; i++)
		due[i] = plan->policies[i].list.count > 0;
	while (more) {
		more = false;
		liveness_settle(live);
		for (uint32_t i = 0; i < count; i++)
			due[i] |= hear_others(&plan->policies[i], live);
		for (uint32_t i = 0; i < count; i++) {
			if (due[i] && trim_image(plan, i, live, context, err) < 0)
				return -1;
			more |= due[i];
			due[i] = false;
		}
	}
	for (uint32_t i = 0; i < count; i++)
		note_fates(plan, i, live);
	return 0;
}
