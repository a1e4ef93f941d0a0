/* config.c - the config blob of an image: what it is built for, and its list of diff_ids. */
#include "loader.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "image/json.h"

static char *copy_string(const json_t *object, const char *key)
{
	const char *text = json_get_string(object, key);

	return text && *text ? xstrdup(text) : NULL;
}

static int read_diff_ids(struct image *image, const struct limits *limits, struct error *err)
{
	const json_t *rootfs = json_get(image->config, "rootfs");
	const char *type = json_get_string(rootfs, "type");
	const json_t *list = json_get_array(rootfs, "diff_ids");
	size_t count = json_array_size(list);

	if (type && strcmp(type, "layers") != 0)
		return error_set(err, ERR_FORMAT, "rootfs.type is \"%s\", not \"layers\"", type);
	if (!rootfs && !image->os && !image->architecture && !json_get(image->config, "config"))
		return error_set(err, ERR_FORMAT, "not an image config: no rootfs");
	if (count > limits->layers)
		return error_set(err, ERR_LIMIT,
				 "%zu layers, more than %" PRIu64 " (--limit layers=N)", count,
				 limits->layers);
	image->layers = xcalloc(count + 1, sizeof(*image->layers));
	image->layer_count = count;
	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(list, i));

		image->layers[i].blob = INDEX_NONE;
		if (!text)
			return error_set(err, ERR_FORMAT, "diff_ids: item %zu is no text", i + 1);
		if (digest_parse(&image->layers[i].diff_id, text, err) < 0)
			return error_wrap(err, "diff_ids: item %zu", i + 1);
	}
	return 0;
}

int config_read(struct image *image, char *text, size_t len, const struct limits *limits,
		struct error *err)
{
	char hex[DIGEST_HEX_SIZE];
	json_t *parsed;

	image->config_text = text;
	image->config_len = len;
	digest_of(&image->config_digest, text, len);
	digest_hex(&image->config_digest, hex);
	memcpy(image->short_id, hex, sizeof(image->short_id) - 1);
	parsed = json_parse(text, len, "config", 0, err);
	if (!parsed)
		return -1;
	if (!json_is_object(parsed)) {
		json_decref(parsed);
		return error_set(err, ERR_FORMAT, "config: no JSON object");
	}
	image->config = json_lower_keys(parsed);
	json_decref(parsed);
	image->os = copy_string(image->config, "os");
	image->architecture = copy_string(image->config, "architecture");
	image->variant = copy_string(image->config, "variant");
	return read_diff_ids(image, limits, err);
}

bool image_is_windows(const struct image *image)
{
	return image->os && strcasecmp(image->os, "windows") == 0;
}
