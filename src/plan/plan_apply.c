/* plan_apply.c - the tree of an image as its layers make it without what they write again. */
#include "plan_internal.h"

void plan_restore(const struct plan *plan, size_t begin, uint32_t position,
		  struct merged_tree *tree)
{
	for (size_t i = begin; i < plan->rewrites.count; i++) {
		const struct plan_rewrite *rewrite = &plan->rewrites.items[i];
		if (rewrite->position != position)
			break;
		merged_tree_restore(tree, rewrite->path, rewrite->inode, rewrite->slot,
				    rewrite->born);
	}
}

/* The first rewrite of a position, or the place where it would be: segments come in the order of
 * their tops. */
static size_t first_of(const struct plan *plan, uint32_t position)
{
	size_t low = 0, high = plan->rewrites.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (plan->rewrites.items[middle].position < position)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int plan_apply(const struct plan *plan, struct merged_tree *tree, uint32_t position,
	       struct error *err)
{
	if (merged_tree_apply(tree, position, err) < 0)
		return -1;
	plan_restore(plan, first_of(plan, position), position, tree);
	return 0;
}

int plan_apply_image(const struct plan *plan, struct merged_tree *tree, uint32_t image,
		     struct error *err)
{
	for (uint32_t i = 0; i < plan->chain->depth_of_image[image]; i++)
		if (plan_apply(plan, tree, plan->chain->of_image[image][i], err) < 0)
			return -1;
	return 0;
}
