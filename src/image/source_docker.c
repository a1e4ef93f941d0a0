/* source_docker.c - images of manifest.json: docker save, skopeo, podman, crane, nix, bazel, and
 * the docker half of hybrid archives (SEMANTICS.md A.2, A.3). */
#include "loader.h"

#include <inttypes.h>
#include <string.h>

#include "image/json.h"

static const char manifest_name[] = "manifest.json";

/* Says why a layer has no bytes: urls or a foreign media type in LayerSources, or a cut. */
static int missing_layer(const json_t *item, const struct image *image, size_t i, const char *path,
			 struct error *err)
{
	char text[DIGEST_TEXT_SIZE];
	const json_t *source;

	digest_text(&image->layers[i].diff_id, text);
	source = json_get(json_get(item, "LayerSources"), text);
	if (media_type_is_foreign(json_get_string(source, "mediaType")) ||
	    json_array_size(json_get_array(source, "urls")))
		return error_set(
			err, ERR_UNSUPPORTED,
			"layer %zu (%s): foreign layer without bytes; save the image where "
			"its layers are present",
			i + 1, text);
	return error_set(err, ERR_FORMAT,
			 "layer %zu: \"%s\" is not in the archive; a save that was cut off, or a "
			 "thin archive that needs the layers of its receiver",
			 i + 1, path);
}

static int attach_layers(struct loader *loader, struct image *image, const json_t *item,
			 struct error *err)
{
	const json_t *paths = json_get_array(item, "Layers");
	size_t count = json_array_size(paths);

	if (count != image->layer_count)
		return error_set(err, ERR_FORMAT,
				 "manifest.json lists %zu layers, the config %zu diff_ids", count,
				 image->layer_count);
	for (size_t i = 0; i < count; i++) {
		const char *path = json_string_value(json_array_get(paths, i));
		struct archive_entry entry;
		int rc;

		if (!path)
			return error_set(err, ERR_FORMAT, "Layers: item %zu is no text", i + 1);
		rc = loader_find_layer(loader, path, &entry, err);
		if (rc == 0)
			return missing_layer(item, image, i, path, err);
		if (rc < 0 ||
		    loader_add_blob(loader, &entry, NULL, &image->layers[i].blob, err) < 0)
			return error_wrap(err, "layer %zu", i + 1);
	}
	return 0;
}

static void add_tags(struct image *image, const json_t *item)
{
	const json_t *tags = json_get_array(item, "RepoTags");

	for (size_t i = 0; i < json_array_size(tags); i++) {
		const char *tag = json_string_value(json_array_get(tags, i));

		if (tag && *tag)
			image_add_tag(image, tag);
	}
}

static int read_config(struct loader *loader, const char *path, struct image *image,
		       struct error *err)
{
	size_t len = 0;
	char *text = NULL;
	int rc = archive_read(loader->archive, path, &text, &len, err);

	if (rc == 0)
		return error_set(err, ERR_FORMAT,
				 "config \"%s\" is not in the archive (was the save cut off?)",
				 path);
	if (rc < 0 || config_read(image, text, len, &loader->context->limits, err) < 0)
		return rc < 0 ? -1 : error_wrap(err, "%s", path);
	return 0;
}

static int load_item(struct loader *loader, const json_t *item, struct error *err)
{
	const char *path = json_get_string(item, "Config");
	struct image image = { .in_docker_manifest = true };
	uint32_t index;
	int rc;

	if (!path)
		return error_set(err, ERR_FORMAT, "names no Config");
	rc = read_config(loader, path, &image, err);
	if (rc == 0) {
		index = loader_find_image(loader, &image.config_digest);
		if (index != INDEX_NONE) {
			add_tags(&loader->images.items[index], item);
			image_release(&image);
			return 0;
		}
		if (!image_is_windows(&image))
			rc = attach_layers(loader, &image, item, err);
		add_tags(&image, item);
	}
	if (rc < 0) {
		image_release(&image);
		return -1;
	}
	return loader_add_image(loader, &image, &index, err);
}

int source_docker_load(struct loader *loader, struct error *err)
{
	AUTO_FREE char *text = NULL;
	size_t len = 0, i;
	json_t *list, *item;
	int rc = archive_read(loader->archive, manifest_name, &text, &len, err);

	if (rc <= 0)
		return rc;
	list = json_parse(text, len, manifest_name, 1, err);
	if (!list)
		return -1;
	rc = json_is_array(list);
	json_array_foreach(list, i, item)
	{
		if (load_item(loader, item, err) < 0) {
			rc = error_wrap(err, "manifest.json: image %zu", i + 1);
			break;
		}
	}
	json_decref(list);
	return rc;
}
