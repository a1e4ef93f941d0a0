/* config_rewrite.c - the config of an image with its new layers (SEMANTICS.md D).
 *
 * Only the values of `rootfs` and `history` are replaced and stale keys removed, as text: every
 * other byte of the config stays what its builder wrote. */
#include <string.h>

#include "image/json.h"
#include "image/json_edit.h"
#include "write_internal.h"

void image_segments(const struct plan *plan, uint32_t image, struct segment_list *out)
{
	out->count = 0;
	for (uint32_t s = 0; s < plan->segment_count[image]; s++)
		if (!plan->segments.items[plan->of_image[image][s]].dropped)
			vec_push(out, plan->of_image[image][s]);
}

/* Which input layers keep a history entry that owns a layer: the top one of each segment. */
static void mark_owners(const struct plan *plan, uint32_t image, bool *owner)
{
	uint32_t layer = 0;

	for (uint32_t s = 0; s < plan->segment_count[image]; s++) {
		const struct segment *segment = &plan->segments.items[plan->of_image[image][s]];
		layer += segment->layer_count;
		owner[layer - 1] = !segment->dropped;
	}
}

static bool is_empty_layer(const json_t *entry)
{
	return json_is_true(json_get(entry, "empty_layer"));
}

static void set_empty_layer(json_t *entry)
{
	const char *key;
	json_t *value;
	void *next;

	/* Whatever the spelling of the key that is there. */
	json_object_foreach_safe(entry, next, key, value)
		if (!strcasecmp(key, "empty_layer"))
			json_object_del(entry, key);
	json_object_set_new(entry, "empty_layer", json_true());
}

/* History entries and layers in step: one entry a layer, in order, or none at all. */
static char *history_text(const struct image *image, const bool *owner)
{
	const json_t *old = json_get_array(image->config, "history");
	const char *created = json_get_string(image->config, "created");
	json_t *history, *entry;
	size_t i, layer = 0;
	char *text;

	if (!old || !json_array_size(old))
		return NULL;
	history = json_deep_copy(old);
	json_array_foreach(history, i, entry)
	{
		if (!json_is_object(entry) || is_empty_layer(entry))
			continue;
		/* More entries than layers: the surplus owns nothing, as BuildKit has it. */
		if (layer >= image->layer_count || !owner[layer])
			set_empty_layer(entry);
		layer++;
	}
	for (; layer < image->layer_count; layer++) {
		entry = json_object();
		json_object_set_new(entry, "created",
				    json_string(created ? created : "1970-01-01T00:00:00Z"));
		json_object_set_new(entry, "created_by", json_string("unknown"));
		if (!owner[layer])
			set_empty_layer(entry);
		json_array_append_new(history, entry);
	}
	text = json_dumps(history, JSON_COMPACT);
	json_decref(history);
	return text;
}

static char *rootfs_text(const struct plan *plan, uint32_t image, const struct write_result *result)
{
	AUTO(strbuf) text = STRBUF_INIT;
	struct segment_list segments = VEC_INIT;
	char digest[DIGEST_TEXT_SIZE];

	image_segments(plan, image, &segments);
	strbuf_addstr(&text, "{\"type\":\"layers\",\"diff_ids\":[");
	for (size_t i = 0; i < segments.count; i++) {
		digest_text(&result->layers[segments.items[i]].diff_id, digest);
		strbuf_addf(&text, "%s\"%s\"", i ? "," : "", digest);
	}
	strbuf_addstr(&text, "]}");
	vec_release(&segments);
	return strbuf_detach(&text);
}

/* Do the layers come out as they went in? */
static bool same_layers(const struct plan *plan, uint32_t number, const struct image *image,
			const struct write_result *result)
{
	if (plan->segment_count[number] != image->layer_count)
		return false;
	for (uint32_t s = 0; s < plan->segment_count[number]; s++) {
		uint32_t at = plan->of_image[number][s];
		if (plan->segments.items[at].dropped ||
		    !digest_equal(&result->layers[at].diff_id, &image->layers[s].diff_id))
			return false;
	}
	return true;
}

static void warn_about_stale_keys(const struct write_input *input, const struct image *image)
{
	static const char *const stale[] = { "parent", "id", "moby.buildkit.cache.v0" };

	for (size_t i = 0; i < sizeof(stale) / sizeof(stale[0]); i++)
		if (json_get(image->config, stale[i]))
			warnings_add(input->context->warnings, WARN_CONFIG, "%s: stale key %s kept",
				     image_name(image), stale[i]);
}

int config_rewrite(const struct write_input *input, uint32_t number,
		   const struct write_result *result, struct strbuf *out, bool *changed,
		   struct error *err)
{
	const struct image *image = &input->images->images[number];
	AUTO_FREE bool *owner = xcalloc(image->layer_count + 1, sizeof(bool));
	AUTO_FREE char *rootfs = NULL;
	AUTO_FREE char *history = NULL;

	*changed = !same_layers(input->plan, number, image, result);
	if (!*changed) {
		strbuf_add(out, image->config_text, image->config_len);
		warn_about_stale_keys(input, image);
		return 0;
	}
	mark_owners(input->plan, number, owner);
	rootfs = rootfs_text(input->plan, number, result);
	history = history_text(image, owner);
	/* The inline cache of BuildKit numbers layers that are no more. */
	const struct json_edit edits[] = {
		{ "rootfs", rootfs, 1 },
		{ "parent", NULL, 0 },
		{ "id", NULL, 0 },
		{ "moby.buildkit.cache.v0", NULL, 0 },
		{ "history", history, 1 },
	};
	size_t count = sizeof(edits) / sizeof(edits[0]) - (history ? 0 : 1);
	if (json_edit_apply(out, image->config_text, image->config_len, edits, count, err) < 0)
		return error_wrap(err, "config of %s", image_name(image));
	return 0;
}
