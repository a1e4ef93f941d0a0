/* facts.c - what is known of one image while rules are applied to it. */
#include "facts.h"

void facts_init(struct facts *facts, const struct policy *policy, const struct image *image,
		const struct merged_tree *tree, const struct context *context)
{
	memset(facts, 0, sizeof(*facts));
	facts->policy = policy;
	facts->view = (struct view){ image, tree, &context->limits };
	facts->path_count = paths_count(tree->names->paths);
	facts->flags = xcalloc(facts->path_count + 1, sizeof(uint16_t));
	facts->seen = xcalloc(policy->uses.count + 1, 1);
	facts->candidate_of = xcalloc(facts->path_count + 1, sizeof(uint32_t));
	facts->buffered_fd = -1;
}

void facts_release(struct facts *facts)
{
	free(facts->flags);
	free(facts->seen);
	vec_release(&facts->needed);
	free(facts->candidate_of);
	vec_release(&facts->candidates);
	vec_release(&facts->hits);
	vec_release(&facts->links);
	vec_foreach (entrances, &facts->entrances)
		vec_release(&entrances->targets);
	vec_release(&facts->entrances);
	vec_foreach (package, &facts->packages)
		text_set_release(&package->paths);
	vec_release(&facts->packages);
	free(facts->package_of);
	strbuf_release(&facts->buffer);
}

struct package *facts_package(struct facts *facts, path_id root, bool *fresh)
{
	if (!facts->package_of)
		facts->package_of = xcalloc(facts->path_count + (size_t)1, sizeof(uint32_t));
	*fresh = !facts->package_of[root];
	if (*fresh) {
		vec_push(&facts->packages, (struct package){ .root = root });
		facts->package_of[root] = (uint32_t)facts->packages.count;
	}
	return &facts->packages.items[facts->package_of[root] - 1];
}
