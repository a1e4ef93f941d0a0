/* index_bench.c - time opening an image, indexing its layers and merging them, without hashing.
 *
 * usage: index_bench RUNS IMAGE.  Prints one line of JSON: what is in the image, and for every run
 * the seconds of each step. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "io/spool.h"
#include "layer/chain.h"
#include "layer/layer_set.h"
#include "tree/merged_tree.h"

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

struct figures {
	double open, index, merge;
	uint64_t bytes, entries, nodes, name_bytes;
};

static int merge(const struct layer_set *layers, const struct image_set *images,
		 struct names *names, const struct context *context, struct figures *out,
		 struct error *err)
{
	AUTO(chain) chain = { .layers = layers };

	if (chain_init(&chain, layers, images, &context->limits, err) < 0)
		return -1;
	for (uint32_t image = 0; image < images->image_count; image++) {
		AUTO_PTR(merged_tree)
		tree = merged_tree_new(&chain, names, &context->limits, context->warnings, NULL);
		if (merged_tree_apply_image(tree, image, err) < 0)
			return -1;
		vec_foreach (node, &tree->nodes)
			out->nodes += node->inode != INODE_NONE;
	}
	return 0;
}

static int measure(const char *path, const struct context *context, struct figures *out,
		   struct error *err)
{
	AUTO(input) input = { .fd = -1 };
	AUTO(names) names;
	AUTO_PTR(image_set) images = NULL;
	AUTO_PTR(layer_set) layers = NULL;
	double begin = now();

	names_init(&names, &context->limits);
	if (input_open(&input, path, context, err) < 0)
		return -1;
	images = image_set_load(&input, context, err);
	if (!images)
		return -1;
	out->open = now() - begin;
	layers = layer_set_load(images, &names, LAYER_CHECK_NOTHING, context, err);
	if (!layers)
		return -1;
	out->index = now() - begin - out->open;
	if (merge(layers, images, &names, context, out, err) < 0)
		return -1;
	out->merge = now() - begin - out->open - out->index;
	for (uint32_t i = 0; i < layers->count; i++) {
		out->bytes += layers->layers[i].tar.length;
		out->entries += layers->layers[i].index.entries.count;
	}
	for (path_id id = 0; id < paths_count(names.paths); id++)
		out->name_bytes += paths_name(names.paths, id).len;
	return 0;
}

int main(int argc, char **argv)
{
	struct progress progress;
	struct error err = ERROR_INIT;
	struct context context = { .limits = limits_default, .threads = 2, .progress = &progress };
	long runs = argc == 3 ? strtol(argv[1], NULL, 10) : 0;

	if (runs < 1) {
		fputs("usage: index_bench RUNS IMAGE\n", stderr);
		return 2;
	}
	progress_init(&progress, NULL, NULL);
	context.warnings = warnings_new();
	printf("{\"runs\": [");
	for (long i = 0; i < runs; i++) {
		struct figures figures = { 0 };
		if (measure(argv[2], &context, &figures, &err) < 0) {
			fprintf(stderr, "index_bench: %s\n", err.message);
			return 1;
		}
		printf("%s{\"open\": %.6f, \"index\": %.6f, \"merge\": %.6f}", i ? ", " : "",
		       figures.open, figures.index, figures.merge);
		if (i + 1 == runs)
			printf("], \"bytes\": %llu, \"entries\": %llu, \"nodes\": %llu, "
			       "\"name_bytes\": %llu}\n",
			       (unsigned long long)figures.bytes,
			       (unsigned long long)figures.entries,
			       (unsigned long long)figures.nodes,
			       (unsigned long long)figures.name_bytes);
	}
	warnings_free(context.warnings);
	return 0;
}
