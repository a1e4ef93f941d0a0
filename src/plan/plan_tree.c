/* plan_tree.c - the tree that the output of a plan is to show, for whoever checks it. */
#include "plan_internal.h"

/* A file that got more names. */
struct joint {
	const struct record *carrier;
	slot_id limit; /* the first slot above its segment */
	inode_id inode;
};

/* Files that were linked, while their names are looked for. */
struct joiner {
	const struct plan *plan;
	uint32_t *carried; /* by path: the joint that it carries + 1; of one segment at a time */
	uint32_t *joined;  /* by path: the joint of the layer that wrote it last + 1 */
	struct VEC(struct joint) joints;
};

/* Groups of the links [begin, end), all of one segment. */
static void join_segment(struct joiner *in, uint32_t number, size_t begin, size_t end)
{
	const struct plan *plan = in->plan;
	const struct segment *segment = &plan->segments.items[number];
	const struct position *last = &plan->chain->positions.items[segment->last];

	for (size_t i = begin; i < end; i++) {
		path_id carrier = plan->links.items[i].carrier;
		if (in->carried[carrier])
			continue;
		vec_push(&in->joints,
			 (struct joint){ NULL, last->slot_begin + last->slot_count, INODE_NONE });
		in->carried[carrier] = (uint32_t)in->joints.count;
	}
	for (size_t i = segment->record_begin; i < segment->record_end; i++) {
		const struct record *record = &plan->records.items[i];
		if (record_is_marker(record))
			continue;
		uint32_t joint = in->carried[record_is_link(record) ? record->link : record->path];
		in->joined[record->path] = joint;
		if (joint && !record_is_link(record))
			in->joints.items[joint - 1].carrier = record;
	}
	for (size_t i = begin; i < end; i++)
		in->carried[plan->links.items[i].carrier] = 0;
}

/* Names whose binding in the tree is the one that the group's layer wrote. */
static void relink(struct joiner *in, struct merged_tree *tree)
{
	uint32_t count = paths_count(in->plan->names->paths);

	for (path_id path = 1; path < count; path++) {
		const struct tree_node *node = tree_node(tree, path);
		if (!node || node->type != TAR_FILE || !in->joined[path])
			continue;
		struct joint *joint = &in->joints.items[in->joined[path] - 1];
		if (node->slot >= joint->limit)
			continue;
		if (joint->inode == INODE_NONE)
			joint->inode =
				merged_tree_add_file(tree, joint->carrier->body,
						     joint->carrier->meta, joint->carrier->xattrs);
		merged_tree_relink(tree, path, joint->inode);
	}
}

static void join_links(const struct plan *plan, uint32_t image, struct merged_tree *tree)
{
	uint32_t count = paths_count(plan->names->paths);
	AUTO_FREE uint32_t *carried = xcalloc(count + (size_t)1, sizeof(uint32_t));
	AUTO_FREE uint32_t *joined = xcalloc(count + (size_t)1, sizeof(uint32_t));
	struct joiner in = { .plan = plan, .carried = carried, .joined = joined };
	size_t begin = 0, end;

	/* Segments of an image ascend, as links do. */
	for (uint32_t s = 0; s < plan->segment_count[image]; s++) {
		uint32_t number = plan->of_image[image][s];
		while (begin < plan->links.count && plan->links.items[begin].segment < number)
			begin++;
		for (end = begin; end < plan->links.count; end++)
			if (plan->links.items[end].segment != number)
				break;
		join_segment(&in, number, begin, end);
		begin = end;
	}
	relink(&in, tree);
	vec_release(&in.joints);
}

struct merged_tree *plan_tree(const struct plan *plan, uint32_t image, enum plan_view view,
			      const struct context *context, struct error *err)
{
	AUTO_PTR(merged_tree)
	tree = merged_tree_new(plan->chain, plan->names, &context->limits, NULL, NULL);

	if (plan_apply_image(plan, tree, image, err) < 0)
		return NULL;
	plan_trim_tree(plan, image, tree);
	if (view == PLAN_VIEW_OUTPUT && plan->links.count)
		join_links(plan, image, tree);
	uint32_t count = plan->segment_count[image];
	if (count && plan_apply_added(&plan->segments.items[plan->of_image[image][count - 1]], tree,
				      err) < 0)
		return NULL;
	return STEAL(tree);
}
