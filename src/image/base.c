/* base.c - recognise the base that an image was built on. */
#include <string.h>

#include "image/chain_ids.h"
#include "image/json.h"
#include "image/reference.h"

#define BASE_NAME "org.opencontainers.image.base.name"

static const char *label(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* Where builders write it: the manifest's annotations, or the labels of the config. */
static const char *base_name(const struct image *image)
{
	const char *name = label(json_get(image->manifest, "annotations"), BASE_NAME);

	return name ? name
		    : label(json_get(json_get(image->config, "config"), "labels"), BASE_NAME);
}

static bool has_name(const struct image *image, const char *full)
{
	for (size_t i = 0; i < image->tag_count; i++) {
		AUTO_FREE char *other = reference_full(image->tags[i]);
		if (!strcmp(other, full))
			return true;
	}
	return false;
}

/* The image of that name in the same archive, when it really lies below. */
static bool by_name(const struct image_set *set, const struct image *image, const char *name,
		    struct image_base *out)
{
	AUTO_FREE char *full = reference_full(name);

	for (size_t i = 0; i < set->image_count; i++) {
		const struct image *base = &set->images[i];
		if (base == image || !has_name(base, full) ||
		    base->layer_count > image->layer_count)
			continue;
		bool same = true;
		for (size_t n = 0; n < base->layer_count; n++)
			same &= digest_equal(&base->layers[n].diff_id, &image->layers[n].diff_id);
		if (!same)
			continue;
		out->layers = (uint32_t)base->layer_count;
		out->reason = xasprintf("%s is in the archive", name);
		return true;
	}
	return false;
}

/* "CMD ["bash"]", with or without "/bin/sh -c #(nop)" before it. */
static bool is_command(const char *created_by)
{
	const char *shell = strstr(created_by, "#(nop) ");
	const char *text = shell ? shell + strlen("#(nop) ") : created_by;

	text += strspn(text, " ");
	return !strncmp(text, "CMD ", 4) || !strncmp(text, "ENTRYPOINT ", 11);
}

/* A root file system as one layer: `ADD file:... in /` of a Dockerfile, or docker import. */
static bool adds_file_system(const json_t *entry, const char *created_by)
{
	const char *comment = json_get_string(entry, "comment");

	return (created_by && strstr(created_by, "ADD file:")) ||
	       (comment && !strncmp(comment, "Imported from", 13));
}

/* The last step that sets a command and has layers above it. */
static void by_history(const struct image *image, struct image_base *out)
{
	const json_t *history = json_get_array(image->config, "history");
	uint32_t layers = 0, total = (uint32_t)image->layer_count;
	bool adds_system = false;
	json_t *entry;
	size_t i;

	json_array_foreach(history, i, entry)
	{
		const char *created_by = json_get_string(entry, "created_by");
		bool owns = !json_is_true(json_get(entry, "empty_layer"));
		if (owns && !layers++)
			adds_system = adds_file_system(entry, created_by);
		if (owns || !created_by || !is_command(created_by) || !layers || layers >= total)
			continue;
		free(out->reason);
		out->layers = layers;
		out->reason =
			xasprintf("step %zu of the history ends it: %.60s", i + 1, created_by);
	}
	if (!out->layers && total > 1 && adds_system) {
		out->layers = 1;
		out->reason = xstrdup("its first step adds a file system");
	}
}

void image_base_detect(const struct image_set *set, const struct image *image,
		       struct image_base *out)
{
	const char *name = base_name(image);

	*out = (struct image_base){ 0, NULL };
	if (name && by_name(set, image, name, out))
		return;
	by_history(image, out);
	if (!out->reason)
		out->reason = xstrdup("no base recognised in the history");
}
