/* image_set.c - the images of an input from all its sources, and the choice among them. */
#include "image/image.h"

#include <inttypes.h>
#include <string.h>

#include "image/reference.h"
#include "loader.h"
#include "util/strbuf.h"
#include "util/warnings.h"

/* In the order in which their images are listed; a later one completes images of an earlier. */
static const struct image_source {
	int (*load)(struct loader *loader, struct error *err);
} image_sources[] = {
	{ source_docker_load },
	{ source_oci_load },
};

enum { SOURCE_DOCKER, SOURCE_OCI, SOURCE_COUNT };

static uint64_t digest_hash(const struct digest *digest)
{
	uint64_t hash;

	memcpy(&hash, digest->bytes, sizeof(hash));
	return hash;
}

uint32_t loader_find_image(const struct loader *loader, const struct digest *config)
{
	size_t probe = 0;
	uint32_t at;

	while ((at = index_map_next(&loader->images_by_config, digest_hash(config), &probe)) !=
	       INDEX_NONE)
		if (digest_equal(&loader->images.items[at].config_digest, config))
			return at;
	return INDEX_NONE;
}

int loader_add_image(struct loader *loader, struct image *image, uint32_t *index, struct error *err)
{
	uint64_t limit = loader->context->limits.images;

	if (loader->images.count >= limit) {
		image_release(image);
		return error_set(err, ERR_LIMIT, "more than %" PRIu64 " images (--limit images=N)",
				 limit);
	}
	*index = (uint32_t)loader->images.count;
	index_map_add(&loader->images_by_config, digest_hash(&image->config_digest), *index);
	vec_push(&loader->images, *image);
	return 0;
}

void image_add_tag(struct image *image, const char *tag)
{
	/* Room doubles: grow whenever the count is a power of two. */
	if ((image->tag_count & (image->tag_count - 1)) == 0)
		image->tags =
			xreallocarray(image->tags, image->tag_count ? image->tag_count * 2 : 1,
				      sizeof(*image->tags));
	image->tags[image->tag_count++] = xstrdup(tag);
}

void image_release(struct image *image)
{
	for (size_t i = 0; i < image->tag_count; i++)
		free(image->tags[i]);
	for (size_t i = 0; i < image->layer_count; i++) {
		free(image->layers[i].media_type);
		json_decref(image->layers[i].descriptor);
	}
	free(image->tags);
	free(image->ref_name);
	free(image->layers);
	free(image->config_text);
	json_decref(image->config);
	json_decref(image->manifest);
	json_decref(image->manifest_descriptor);
	free(image->os);
	free(image->architecture);
	free(image->variant);
	*image = (struct image){ .tags = NULL };
}

/* The digest that a member name declares: "blobs/sha256/<hex>". */
static bool digest_of_name(struct digest *digest, const char *name)
{
	static const char prefix[] = "blobs/sha256/";
	size_t len = sizeof(prefix) - 1;

	return strncmp(name, prefix, len) == 0 &&
	       digest_from_hex(digest, name + len, strlen(name + len));
}

static int declare_digest(struct blob *blob, const struct digest *digest, struct error *err)
{
	char first[DIGEST_TEXT_SIZE], second[DIGEST_TEXT_SIZE];

	if (blob->has_digest && !digest_equal(&blob->digest, digest)) {
		digest_text(&blob->digest, first);
		digest_text(digest, second);
		return error_set(err, ERR_DIGEST, "%s: declared as both %s and %s", blob->name,
				 first, second);
	}
	blob->has_digest = true;
	blob->digest = *digest;
	return 0;
}

int loader_find_layer(const struct loader *loader, const char *name, struct archive_entry *out,
		      struct error *err)
{
	int rc = archive_find(loader->archive, name, out, err);

	if (rc || !loader->archive->input->names_only)
		return rc;
	*out = (struct archive_entry){ { loader->archive->input->fd, 0, 0 },
				       "omitted layer",
				       true };
	return 1;
}

int loader_add_blob(struct loader *loader, const struct archive_entry *entry,
		    const struct digest *declared, uint32_t *index, struct error *err)
{
	const struct range *place = &entry->data;
	uint64_t key[3] = { (uint64_t)place->fd, place->offset, place->length };
	uint64_t hash = index_hash(0, key, sizeof(key));
	size_t probe = 0;
	uint32_t at;

	while ((at = index_map_next(&loader->blobs_by_place, hash, &probe)) != INDEX_NONE) {
		const struct range *known = &loader->blobs.items[at].stored;

		if (known->fd == place->fd && known->offset == place->offset &&
		    known->length == place->length)
			break;
	}
	if (at == INDEX_NONE) {
		struct blob blob = { .stored = *place, .name = xstrdup(entry->name) };

		blob.has_digest = digest_of_name(&blob.digest, entry->name);
		at = (uint32_t)loader->blobs.count;
		index_map_add(&loader->blobs_by_place, hash, at);
		vec_push(&loader->blobs, blob);
	}
	*index = at;
	return declared ? declare_digest(&loader->blobs.items[at], declared, err) : 0;
}

/* Several descriptors, or both documents, may give one name. */
static void drop_double_tags(struct image *image)
{
	AUTO(index_map) known = INDEX_MAP_INIT;
	size_t kept = 0;

	for (size_t i = 0; i < image->tag_count; i++) {
		AUTO_FREE char *full = reference_full(image->tags[i]);
		uint64_t hash = index_hash(0, full, strlen(full));
		size_t probe = 0;
		bool found = false;
		uint32_t at;

		while (!found && (at = index_map_next(&known, hash, &probe)) != INDEX_NONE) {
			AUTO_FREE char *other = reference_full(image->tags[at]);

			found = strcmp(full, other) == 0;
		}
		if (found) {
			free(image->tags[i]);
			continue;
		}
		index_map_add(&known, hash, (uint32_t)kept);
		image->tags[kept++] = image->tags[i];
	}
	image->tag_count = kept;
}

static void drop_windows(struct loader *loader)
{
	size_t kept = 0;

	for (size_t i = 0; i < loader->images.count; i++) {
		struct image *image = &loader->images.items[i];
		struct dropped_manifest dropped = { .what = "Windows image" };
		char text[DIGEST_TEXT_SIZE];

		if (!image_is_windows(image)) {
			loader->images.items[kept++] = *image;
			continue;
		}
		digest_text(&image->config_digest, text);
		dropped.digest = xstrdup(text);
		vec_push(&loader->dropped, dropped);
		image_release(image);
	}
	loader->images.count = kept;
}

/* Why nothing is left. */
static int refuse_empty(const struct loader *loader, struct error *err)
{
	size_t missing = 0, windows = 0;

	vec_foreach (dropped, &loader->dropped) {
		missing += strcmp(dropped->what, "missing platform") == 0;
		windows += strcmp(dropped->what, "Windows image") == 0;
	}
	if (windows)
		return error_set(err, ERR_UNSUPPORTED,
				 "a Windows image; only Linux images can be handled");
	if (missing)
		return error_set(err, ERR_FORMAT,
				 "index.json lists %zu manifests, but the archive has the bytes of "
				 "none; a save that was cut off?",
				 missing);
	if (loader->dropped.count)
		return error_set(err, ERR_UNSUPPORTED,
				 "no image, only artifacts (the first is of kind %s)",
				 loader->dropped.items[0].what);
	return error_set(err, ERR_FORMAT, "the archive lists no image");
}

static const char *layout_name(const struct input *input, const bool *found)
{
	if (input->is_directory)
		return "OCI layout";
	if (!found[SOURCE_OCI])
		return "docker-archive";
	return found[SOURCE_DOCKER] ? "hybrid" : "OCI archive";
}

static int load_sources(struct loader *loader, struct image_set *set, struct error *err)
{
	bool found[SOURCE_COUNT] = { false };

	for (size_t i = 0; i < SOURCE_COUNT; i++) {
		int rc = image_sources[i].load(loader, err);

		if (rc < 0)
			return -1;
		found[i] = rc > 0;
	}
	if (!found[SOURCE_OCI] && (!found[SOURCE_DOCKER] || loader->archive->input->is_directory))
		return refuse_input(loader->archive, err);
	drop_windows(loader);
	if (loader->images.count == 0)
		return refuse_empty(loader, err);
	vec_foreach (image, &loader->images)
		drop_double_tags(image);
	set->layout = layout_name(loader->archive->input, found);
	return 0;
}

struct image_set *image_set_load(const struct input *input, const struct context *context,
				 struct error *err)
{
	AUTO_PTR(image_set) set = xcalloc(1, sizeof(*set));
	struct loader loader = { .context = context };
	int rc;

	loader.archive = archive_open(input, context, err);
	rc = loader.archive ? load_sources(&loader, set, err) : -1;
	index_map_release(&loader.images_by_config);
	index_map_release(&loader.blobs_by_place);
	index_map_release(&loader.manifests_by_digest);
	vec_release(&loader.manifests);
	vec_release(&loader.manifest_images);
	set->owner = loader.archive;
	set->images = loader.images.items;
	set->image_count = loader.images.count;
	set->blobs = loader.blobs.items;
	set->blob_count = loader.blobs.count;
	set->dropped = loader.dropped.items;
	set->dropped_count = loader.dropped.count;
	if (rc < 0) {
		error_wrap(err, "%s", input->name);
		return NULL;
	}
	return STEAL(set);
}

void image_set_free(struct image_set *set)
{
	for (size_t i = 0; i < set->image_count; i++)
		image_release(&set->images[i]);
	for (size_t i = 0; i < set->blob_count; i++)
		free(set->blobs[i].name);
	for (size_t i = 0; i < set->dropped_count; i++) {
		free(set->dropped[i].digest);
		json_decref(set->dropped[i].descriptor);
	}
	free(set->images);
	free(set->blobs);
	free(set->dropped);
	if (set->owner)
		archive_close(set->owner);
	free(set);
}

int image_set_find_blob(const struct image_set *set, const struct digest *digest, struct range *out,
			struct error *err)
{
	char hex[DIGEST_HEX_SIZE];
	AUTO_FREE char *name = NULL;
	struct archive_entry entry;
	int rc;

	digest_hex(digest, hex);
	name = xasprintf("blobs/sha256/%s", hex);
	rc = archive_find(set->owner, name, &entry, err);
	if (rc > 0)
		*out = entry.data;
	return rc;
}

const char *image_name(const struct image *image)
{
	if (image->tag_count)
		return image->tags[0];
	return image->ref_name ? image->ref_name : image->short_id;
}
