/* plan_segments.c - cut the chains of all images into segments (DESIGN.md decision 6). */
#include "plan_internal.h"

/* May the layer at `position` join the segment below it? */
static bool joins(const struct plan *plan, const struct segment *below, uint32_t position,
		  bool frozen)
{
	return plan->options.squash == SQUASH_ALL && !plan->options.lossless && !below->frozen &&
	       !frozen && plan->chain->positions.items[position].users == below->users;
}

/* What one image wants of a layer holds for all that share it. */
static bool *wanted_positions(const struct chain *chain, const uint32_t *counts)
{
	bool *wanted = xcalloc(chain->positions.count + 1, sizeof(bool));

	for (size_t i = 0; counts && i < chain->image_count; i++)
		for (uint32_t n = 0; n < counts[i] && n < chain->depth_of_image[i]; n++)
			wanted[chain->of_image[i][n]] = true;
	return wanted;
}

void plan_cut_segments(struct plan *plan)
{
	const struct chain *chain = plan->chain;
	size_t positions = chain->positions.count;
	AUTO_FREE uint32_t *segment_of = xreallocarray(NULL, positions + 1, sizeof(uint32_t));
	AUTO_FREE bool *frozen = wanted_positions(chain, plan->options.frozen);
	AUTO_FREE bool *omitted = wanted_positions(chain, plan->options.omitted);

	for (size_t i = 0; i < positions; i++)
		segment_of[i] = UINT32_MAX;
	plan->of_image = xcalloc(chain->image_count + 1, sizeof(plan->of_image[0]));
	plan->segment_count = xcalloc(chain->image_count + 1, sizeof(uint32_t));
	for (size_t i = 0; i < chain->image_count; i++) {
		uint32_t depth = chain->depth_of_image[i], count = 0;
		uint32_t *list = xcalloc(depth + 1, sizeof(uint32_t));

		for (uint32_t n = 0; n < depth; n++) {
			uint32_t at = chain->of_image[i][n];
			const struct position *position = &chain->positions.items[at];
			struct segment *below =
				count ? &plan->segments.items[list[count - 1]] : NULL;

			if (segment_of[at] == UINT32_MAX && below &&
			    joins(plan, below, at, frozen[at])) {
				segment_of[at] = list[count - 1];
				below->last = at;
				below->layer_count++;
			} else if (segment_of[at] == UINT32_MAX) {
				segment_of[at] = (uint32_t)plan->segments.count;
				vec_push(&plan->segments,
					 (struct segment){ .first = at,
							   .last = at,
							   .layer_count = 1,
							   .users = position->users,
							   .frozen = frozen[at],
							   .omitted = omitted[at],
							   .added = UINT32_MAX });
			}
			if (!count || list[count - 1] != segment_of[at])
				list[count++] = segment_of[at];
		}
		plan->of_image[i] = list;
		plan->segment_count[i] = count;
	}
}

uint32_t segment_position(const struct plan *plan, const struct segment *segment, uint32_t n)
{
	uint32_t at = segment->last;

	for (uint32_t i = segment->layer_count - 1; i > n; i--)
		at = plan->chain->positions.items[at].parent;
	return at;
}
