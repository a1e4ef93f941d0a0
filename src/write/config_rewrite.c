/* config_rewrite.c - the config of an image with its new layers (SEMANTICS.md D).
 *
 * Only the values of `rootfs` and `history` are replaced, stale keys removed and labels set, as
 * text: every other byte of the config stays what its builder wrote. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "image/json.h"
#include "image/json_edit.h"
#include "image/labels.h"
#include "write_internal.h"

/* How many output layers the history entry of each input layer owns: those of a segment belong to
 * its top layer. */
static void count_owned(const struct plan *plan, uint32_t image, uint32_t *owned)
{
	uint32_t layer = 0;

	for (uint32_t s = 0; s < plan->segment_count[image]; s++) {
		const struct segment *segment = &plan->segments.items[plan->of_image[image][s]];
		layer += segment->layer_count;
		owned[layer - 1] = segment->output_count;
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
	json_object_foreach_safe(entry, next, key, value) if (!strcasecmp(key, "empty_layer"))
		json_object_del(entry, key);
	json_object_set_new(entry, "empty_layer", json_true());
}

/* Time for entries that are made up: never that of the run, unless the caller sets it. */
static const char *invented_time(const struct image *image, char *buf, size_t size)
{
	const char *created = json_get_string(image->config, "created");
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	struct tm tm;
	char *end;
	time_t time;

	if (epoch && *epoch >= '0' && *epoch <= '9') {
		time = (time_t)strtoll(epoch, &end, 10);
		if (!*end && gmtime_r(&time, &tm) && strftime(buf, size, "%Y-%m-%dT%H:%M:%SZ", &tm))
			return buf;
	}
	return created ? created : "1970-01-01T00:00:00Z";
}

static json_t *new_entry(const struct image *image, char *created_by)
{
	char time[40];
	json_t *entry = json_object();

	json_object_set_new(entry, "created",
			    json_string(invented_time(image, time, sizeof(time))));
	json_object_set_new(entry, "created_by", json_string(created_by));
	free(created_by);
	return entry;
}

/* An entry and, when its layer was cut, one for each further part. */
static void append(json_t *history, const struct image *image, json_t *entry, uint32_t owned)
{
	if (!owned)
		set_empty_layer(entry);
	json_array_append_new(history, entry);
	for (uint32_t part = 2; part <= owned; part++)
		json_array_append_new(
			history,
			new_entry(image, xasprintf("lighten: part %u of %u of the layer above",
						   part, owned)));
}

/* History entries and layers in step: one entry a layer, in order, or none at all. */
static char *history_text(const struct image *image, const uint32_t *owned)
{
	const json_t *old = json_get_array(image->config, "history");
	json_t *history, *entry;
	size_t i, layer = 0;
	char *text;

	if (!old || !json_array_size(old))
		return NULL;
	history = json_array();
	json_array_foreach(old, i, entry)
	{
		bool owns = json_is_object(entry) && !is_empty_layer(entry);
		json_t *copy = json_deep_copy(entry);
		if (!owns) {
			json_array_append_new(history, copy);
			continue;
		}
		/* More entries than layers: the surplus owns nothing, as BuildKit has it. */
		append(history, image, copy, layer < image->layer_count ? owned[layer] : 0);
		layer++;
	}
	for (; layer < image->layer_count; layer++)
		append(history, image, new_entry(image, xstrdup("unknown")), owned[layer]);
	text = json_dumps(history, JSON_COMPACT);
	json_decref(history);
	return text;
}

static char *rootfs_text(const struct plan *plan, uint32_t image, const struct write_result *result)
{
	AUTO(strbuf) text = STRBUF_INIT;
	struct output_list outputs = VEC_INIT;
	char digest[DIGEST_TEXT_SIZE];

	plan_image_outputs(plan, image, &outputs);
	strbuf_addstr(&text, "{\"type\":\"layers\",\"diff_ids\":[");
	for (size_t i = 0; i < outputs.count; i++) {
		digest_text(&result->layers[outputs.items[i]].diff_id, digest);
		strbuf_addf(&text, "%s\"%s\"", i ? "," : "", digest);
	}
	strbuf_addstr(&text, "]}");
	vec_release(&outputs);
	return strbuf_detach(&text);
}

/* Do the layers come out as they went in? */
static bool same_layers(const struct plan *plan, uint32_t number, const struct image *image,
			const struct write_result *result)
{
	struct output_list outputs = VEC_INIT;
	bool same;

	plan_image_outputs(plan, number, &outputs);
	same = outputs.count == image->layer_count;
	for (size_t i = 0; same && i < outputs.count; i++)
		same = digest_equal(&result->layers[outputs.items[i]].diff_id,
				    &image->layers[i].diff_id);
	vec_release(&outputs);
	return same;
}

static void warn_about_stale_keys(const struct write_input *input, const struct image *image)
{
	static const char *const stale[] = { "parent", "id", "moby.buildkit.cache.v0" };

	for (size_t i = 0; i < sizeof(stale) / sizeof(stale[0]); i++)
		if (json_get(image->config, stale[i]))
			warnings_add(input->context->warnings, WARN_CONFIG, "%s: stale key %s kept",
				     image_name(image), stale[i]);
}

static int edit_layers(const struct write_input *input, uint32_t number,
		       const struct write_result *result, const char *labelled, struct strbuf *out,
		       struct error *err)
{
	const struct image *image = &input->images->images[number];
	AUTO_FREE uint32_t *owned = xcalloc(image->layer_count + 1, sizeof(uint32_t));
	AUTO_FREE char *rootfs = rootfs_text(input->plan, number, result);
	AUTO_FREE char *history = NULL;
	size_t count = 4;

	count_owned(input->plan, number, owned);
	history = history_text(image, owned);
	/* The inline cache of BuildKit numbers layers that are no more. */
	struct json_edit edits[6] = {
		{ "rootfs", rootfs, JSON_EDIT_ADD },
		{ "parent", NULL, 0 },
		{ "id", NULL, 0 },
		{ "moby.buildkit.cache.v0", NULL, 0 },
	};
	if (history)
		edits[count++] = (struct json_edit){ "history", history, JSON_EDIT_ADD };
	if (labelled)
		edits[count++] = (struct json_edit){ "config", labelled, JSON_EDIT_ADD };
	return json_edit_apply(out, image->config_text, image->config_len, edits, count, err);
}

int config_rewrite(const struct write_input *input, uint32_t number,
		   const struct write_result *result, struct strbuf *out, bool *changed,
		   struct error *err)
{
	const struct image *image = &input->images->images[number];
	AUTO(strbuf) labelled = STRBUF_INIT;
	int rc = labels_edit_config(&labelled, image->config_text, image->config_len,
				    input->plan->options.labels, err);

	*changed = !same_layers(input->plan, number, image, result);
	if (!rc && *changed) {
		rc = edit_layers(input, number, result, labelled.data, out, err);
	} else if (!rc) {
		const struct json_edit edit = { "config", labelled.data, JSON_EDIT_ADD };

		warn_about_stale_keys(input, image);
		if (labelled.len)
			rc = json_edit_apply(out, image->config_text, image->config_len, &edit, 1,
					     err);
		else
			strbuf_add(out, image->config_text, image->config_len);
	}
	return rc < 0 ? error_wrap(err, "config of %s", image_name(image)) : 0;
}
