/* target.c - the loaders that --target names, and what does not go with them. */
#include "cli/target.h"

#include <string.h>

#include "cli/run.h"

/* Every loader: links to what is not there yet, unknown types. */
#define REFUSED_BY_ALL (FLAW_TYPES | FLAW_LATE_LINKS | FLAW_LATE_MARKERS)

const struct target targets[] = {
	{ .name = "docker20",
	  .summary = "docker 20.10 to 22",
	  .formats = "hybrid docker",
	  .thin_formats = "hybrid docker",
	  .trailing = true,
	  .layers_max = 125,
	  .refused = REFUSED_BY_ALL | FLAW_PATHS },
	{ .name = "docker23",
	  .summary = "docker 23 to 28 with its classic store",
	  .formats = "hybrid docker",
	  .thin_formats = "hybrid docker",
	  .zstd = true,
	  .trailing = true,
	  .layers_max = 125,
	  .refused = REFUSED_BY_ALL | FLAW_PATHS },
	{ .name = "docker29",
	  .summary = "docker 25 and later with the containerd store",
	  .formats = "hybrid docker oci",
	  .thin_formats = "hybrid oci",
	  .zstd = true,
	  .trailing = true,
	  .layers_max = 125,
	  .refused = REFUSED_BY_ALL,
	  .own_descriptors = true },
	{ .name = "podman",
	  .summary = "podman 4 and later",
	  .formats = "hybrid docker oci oci-dir",
	  .thin_formats = "hybrid oci",
	  .zstd = true,
	  .layers_max = 125,
	  .refused = REFUSED_BY_ALL | FLAW_PATHS | FLAW_USER_XATTRS,
	  .one_manifest = true },
	{ .name = "containerd",
	  .summary = "ctr images import",
	  .formats = "hybrid docker oci",
	  .thin_formats = "hybrid oci",
	  .zstd = true,
	  .trailing = true,
	  .layers_max = 125,
	  .refused = REFUSED_BY_ALL,
	  .wants_name = true },
	{ .name = "kind",
	  .summary = "kind load image-archive",
	  .formats = "hybrid docker oci",
	  .zstd = true,
	  .trailing = true,
	  .layers_max = 125,
	  .refused = REFUSED_BY_ALL,
	  .wants_name = true },
	{ .name = NULL },
};

const struct target *target_find(const char *name)
{
	for (const struct target *target = targets; target->name; target++)
		if (!strcmp(target->name, name))
			return target;
	return NULL;
}

static bool has_word(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = words; *at; at += strspn(at, " ")) {
		size_t size = strcspn(at, " ");
		if (size == len && !memcmp(at, word, len))
			return true;
		at += size;
	}
	return false;
}

int target_check_options(struct error *err)
{
	const struct target *target = run_options.target;

	if (!target)
		return 0;
	if (!has_word(target->formats, run_options.format))
		return error_set(err, ERR_USAGE,
				 "--target %s does not load --format %s: it takes %s", target->name,
				 run_options.format, target->formats);
	if (run_options.recode && run_options.encoding.compression == COMPRESSION_ZSTD &&
	    !target->zstd)
		return error_set(err, ERR_USAGE,
				 "--target %s does not load layers of --compress %s: it takes gzip "
				 "and none",
				 target->name, run_options.compress);
	if (run_options.have && !target->thin_formats)
		return error_set(err, ERR_USAGE, "--target %s does not load what --have leaves out",
				 target->name);
	if (run_options.have && !has_word(target->thin_formats, run_options.format))
		return error_set(err, ERR_USAGE,
				 "--target %s does not load --format %s with --have: it takes %s",
				 target->name, run_options.format, target->thin_formats);
	return 0;
}

/* --- the plan -------------------------------------------------------------------------------- */

static const char *flaw_text(unsigned flaws)
{
	if (flaws & FLAW_TYPES)
		return "entries of a type that it does not know";
	if (flaws & FLAW_PATHS)
		return "a path twice";
	if (flaws & FLAW_LATE_LINKS)
		return "a hard link whose target is not there yet";
	if (flaws & FLAW_LATE_MARKERS)
		return "a deletion behind the entry that it names";
	return "user attributes on what cannot hold them";
}

/* Layers that stay as they are. */
static int check_layer(const struct run *run, const struct segment *segment, struct error *err)
{
	const struct target *target = run_options.target;
	const struct layer *layer = chain_layer(&run->chain, segment->last);
	uint32_t number = run->chain.positions.items[segment->last].depth + 1;
	unsigned refused = segment->flaws & target->refused;

	if (!segment->pass_through || segment->omitted)
		return 0;
	if (refused)
		return error_set(err, ERR_UNSUPPORTED,
				 "--target %s does not load layer %u, which is kept as it is: it "
				 "has %s; keep fewer layers, so that lighten may rebuild it",
				 target->name, number, flaw_text(refused));
	if (!segment->frozen)
		return 0;
	if (layer->compression == COMPRESSION_ZSTD && !target->zstd)
		return error_set(
			err, ERR_UNSUPPORTED,
			"--target %s does not load layer %u, which is kept as it is: it is "
			"compressed with zstd; keep fewer layers",
			target->name, number);
	if (layer->trailing && !target->trailing)
		return error_set(err, ERR_UNSUPPORTED,
				 "--target %s does not load layer %u, which is kept as it is: it "
				 "has bytes behind its compressed stream; keep fewer layers",
				 target->name, number);
	return 0;
}

/* Manifests that the index comes to, one a name. */
static size_t count_manifests(const struct run *run)
{
	size_t count = 0;

	if (run_options.tags.count)
		return run_options.tags.count;
	for (size_t i = 0; i < run->images->image_count; i++) {
		size_t tags = run->images->images[i].tag_count;
		count += tags ? tags : 1;
	}
	return count;
}

static int check_image(const struct run *run, uint32_t number, struct error *err)
{
	const struct target *target = run_options.target;
	const struct image *image = &run->images->images[number];
	struct output_list outputs = VEC_INIT;
	size_t layers;

	plan_image_outputs(run->plan, number, &outputs);
	layers = outputs.count;
	vec_release(&outputs);
	if (layers > target->layers_max)
		return error_set(err, ERR_UNSUPPORTED,
				 "--target %s does not load more than %u layers, %s comes to %zu: "
				 "merge them with --squash all, or keep fewer",
				 target->name, target->layers_max, image_name(image), layers);
	if (target->wants_name && !image->tag_count && !run_options.tags.count)
		return error_set(err, ERR_UNSUPPORTED,
				 "--target %s does not find image %s, which has no name: give it "
				 "one with --tag",
				 target->name, image_name(image));
	if (target->wants_name && !image->architecture)
		return error_set(err, ERR_UNSUPPORTED,
				 "--target %s does not load %s: its config names no architecture",
				 target->name, image_name(image));
	return 0;
}

int target_check_plan(const struct run *run, struct error *err)
{
	const struct target *target = run_options.target;
	const struct image_format *format = image_format_find(run_options.format);

	if (!target)
		return 0;
	vec_foreach (segment, &run->plan->segments)
		if (check_layer(run, segment, err) < 0)
			return -1;
	for (uint32_t i = 0; i < run->images->image_count; i++)
		if (check_image(run, i, err) < 0)
			return -1;
	if (target->one_manifest && !format->has_docker_manifest && count_manifests(run) > 1)
		return error_set(err, ERR_UNSUPPORTED,
				 "--target %s loads one image under one name from --format %s: "
				 "choose with --image and --tag, or use --format hybrid",
				 target->name, format->name);
	return 0;
}
