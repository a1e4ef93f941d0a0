/* source_oci.c - images of index.json: OCI archives and layouts, the OCI half of hybrid archives,
 * nested indexes (SEMANTICS.md A.3). */
#include "loader.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "image/json.h"
#include "image/reference.h"

#define INDEX_DEPTH_MAX 8

/* What names a descriptor; the texts belong to its index, which is parsed as long as needed. */
struct names {
	const char *tag;      /* NAME:TAG */
	const char *ref_name; /* only a tag */
};

static const char *annotation(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(json_get(object, "annotations"), key));
}

static struct names descriptor_names(const json_t *descriptor, struct names inherited)
{
	const char *full = annotation(descriptor, "io.containerd.image.name");
	const char *ref = annotation(descriptor, "org.opencontainers.image.ref.name");

	if (full && reference_is_tagged(full))
		return (struct names){ .tag = full };
	if (ref && reference_is_tagged(ref))
		return (struct names){ .tag = ref };
	if (ref && *ref)
		return (struct names){ .ref_name = ref };
	return inherited;
}

static void add_names(struct image *image, struct names names)
{
	/* manifest.json is the authority on tags (A.1.5). */
	if (image->in_docker_manifest)
		return;
	if (names.tag)
		image_add_tag(image, names.tag);
	else if (names.ref_name && !image->ref_name)
		image->ref_name = xstrdup(names.ref_name);
}

static void remember(struct loader *loader, const struct digest *digest, uint32_t image)
{
	uint64_t hash;

	memcpy(&hash, digest->bytes, sizeof(hash));
	index_map_add(&loader->manifests_by_digest, hash, (uint32_t)loader->manifests.count);
	vec_push(&loader->manifests, *digest);
	vec_push(&loader->manifest_images, image);
}

static bool recall(const struct loader *loader, const struct digest *digest, uint32_t *image)
{
	size_t probe = 0;
	uint64_t hash;
	uint32_t at;

	memcpy(&hash, digest->bytes, sizeof(hash));
	while ((at = index_map_next(&loader->manifests_by_digest, hash, &probe)) != INDEX_NONE) {
		if (digest_equal(&loader->manifests.items[at], digest)) {
			*image = loader->manifest_images.items[at];
			return true;
		}
	}
	return false;
}

static void drop(struct loader *loader, const struct digest *digest, const char *what,
		 json_t *descriptor)
{
	char text[DIGEST_TEXT_SIZE];
	struct dropped_manifest dropped = { .what = what };

	digest_text(digest, text);
	dropped.digest = xstrdup(text);
	dropped.descriptor = json_incref(descriptor);
	vec_push(&loader->dropped, dropped);
	remember(loader, digest, INDEX_NONE);
}

static int read_digest(const json_t *descriptor, struct digest *digest, struct error *err)
{
	const char *text = json_get_string(descriptor, "digest");

	if (!text)
		return error_set(err, ERR_FORMAT, "descriptor without a digest");
	return digest_parse(digest, text, err);
}

static void blob_name(const struct digest *digest, char out[DIGEST_TEXT_SIZE + 16])
{
	char hex[DIGEST_HEX_SIZE];

	digest_hex(digest, hex);
	snprintf(out, DIGEST_TEXT_SIZE + 16, "blobs/sha256/%s", hex);
}

static int check_size(const json_t *descriptor, uint64_t size, const char *name, struct error *err)
{
	const json_t *declared = json_get(descriptor, "size");
	double value = json_number_value(declared);

	if (!json_is_number(declared) || (value >= 0 && value < 9e15 && (uint64_t)value == size))
		return 0;
	return error_set(err, ERR_FORMAT, "%s: %" PRIu64 " bytes, but its descriptor says %.0f",
			 name, size, value);
}

/* A manifest, index or config that a descriptor names: 1 with its checked bytes, 0, -1. */
static int read_blob(struct loader *loader, const json_t *descriptor, const struct digest *digest,
		     char **text, size_t *len, struct error *err)
{
	char name[DIGEST_TEXT_SIZE + 16];
	struct digest actual;
	int rc;

	blob_name(digest, name);
	rc = archive_read(loader->archive, name, text, len, err);
	if (rc <= 0)
		return rc;
	if (check_size(descriptor, *len, name, err) < 0)
		return -1;
	digest_of(&actual, *text, *len);
	if (!digest_equal(&actual, digest)) {
		char found[DIGEST_TEXT_SIZE];

		digest_text(&actual, found);
		return error_set(
			err, ERR_DIGEST,
			"%s: content does not match its name, its digest is %s; the archive "
			"is damaged",
			name, found);
	}
	return 1;
}

static bool has_prefix(const char *text, const char *prefix)
{
	return text && strncasecmp(text, prefix, strlen(prefix)) == 0;
}

bool media_type_is_foreign(const char *media_type)
{
	return media_type &&
	       (strcasestr(media_type, "nondistributable") || strcasestr(media_type, ".foreign."));
}

static bool is_word_byte(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9');
}

/* "tar" as a word of its own: in every layer type of both families, and in no other known type
 * such as "application/vnd.in-toto+json". */
static bool is_tar_type(const char *media_type)
{
	const char *at = media_type;

	if (!media_type || !*media_type)
		return true;
	while ((at = strcasestr(at, "tar"))) {
		if ((at == media_type || !is_word_byte(at[-1])) && !is_word_byte(at[3]))
			return true;
		at += 3;
	}
	return false;
}

static bool is_config_type(const char *media_type)
{
	return !media_type || !*media_type ||
	       strcasecmp(media_type, "application/vnd.oci.image.config.v1+json") == 0 ||
	       strcasecmp(media_type, "application/vnd.docker.container.image.v1+json") == 0;
}

/* "sha256-<hex>.sig" and its kin, the tags under which cosign stores what it has to say. */
static const char *cosign_kind(const char *name)
{
	const char *tag = name ? reference_tag(name) : NULL;
	struct digest digest;

	if (name && !tag)
		tag = name;
	if (!has_prefix(tag, "sha256-") || strlen(tag) < 7 + 64 ||
	    !digest_from_hex(&digest, tag + 7, 64))
		return NULL;
	tag += 7 + 64;
	return strcmp(tag, ".sig") == 0	  ? "signature"
	       : strcmp(tag, ".att") == 0 ? "attestation"
					  : "artifact";
}

/* What a descriptor names that is no image, by its annotations; NULL: perhaps an image. */
static const char *descriptor_kind(const json_t *descriptor, struct names names)
{
	if (annotation(descriptor, "vnd.docker.reference.type"))
		return "attestation";
	if (annotation(descriptor, "io.containerd.manifest.subject"))
		return "artifact";
	return cosign_kind(names.tag ? names.tag : names.ref_name);
}

static const char *manifest_kind(const json_t *manifest, const json_t *descriptor)
{
	const json_t *layers = json_get_array(manifest, "layers");
	const char *own = json_get_string(manifest, "artifactType");
	const char *outer = json_get_string(descriptor, "artifactType");

	if (!json_is_object(json_get(manifest, "config")))
		return "artifact";
	for (size_t i = 0; i < json_array_size(layers); i++) {
		const char *type = json_get_string(json_array_get(layers, i), "mediaType");

		if (type && strcasestr(type, "cosign"))
			return "signature";
		if (type && strcasestr(type, "in-toto"))
			return "attestation";
		if (!is_tar_type(type))
			return "artifact";
	}
	if (!is_config_type(own) || !is_config_type(outer) || json_get(manifest, "subject") ||
	    !is_config_type(json_get_string(json_get(manifest, "config"), "mediaType")))
		return "artifact";
	return NULL;
}

static int check_encrypted(const json_t *layers, struct error *err)
{
	for (size_t i = 0; i < json_array_size(layers); i++) {
		const char *type = json_get_string(json_array_get(layers, i), "mediaType");

		if (type && strcasestr(type, "+encrypted"))
			return error_set(err, ERR_UNSUPPORTED,
					 "layer %zu is encrypted (%s); decrypt first", i + 1, type);
	}
	return 0;
}

/* The bytes of layer i; those that manifest.json named before stay. */
static int attach_layer(struct loader *loader, struct image_layer *layer, json_t *descriptor,
			struct error *err)
{
	char name[DIGEST_TEXT_SIZE + 16];
	struct archive_entry entry;
	struct digest digest;
	const struct range *known;
	int rc;

	if (read_digest(descriptor, &digest, err) < 0)
		return -1;
	blob_name(&digest, name);
	rc = loader_find_layer(loader, name, &entry, err);
	if (rc < 0)
		return -1;
	if (rc == 0 && layer->blob != INDEX_NONE)
		return 0;
	if (rc == 0 && (media_type_is_foreign(json_get_string(descriptor, "mediaType")) ||
			json_array_size(json_get_array(descriptor, "urls"))))
		return error_set(err, ERR_UNSUPPORTED,
				 "%s: foreign layer without bytes; save the image where its layers "
				 "are present",
				 name);
	if (rc == 0)
		return error_set(err, ERR_FORMAT,
				 "\"%s\" is not in the archive; a save that was cut off, or a thin "
				 "archive that needs the layers of its receiver",
				 name);
	if (!entry.known && check_size(descriptor, entry.data.length, name, err) < 0)
		return -1;
	known = layer->blob != INDEX_NONE ? &loader->blobs.items[layer->blob].stored : NULL;
	if (known && (known->fd != entry.data.fd || known->offset != entry.data.offset))
		return 0;
	return loader_add_blob(loader, &entry, entry.known ? NULL : &digest, &layer->blob, err);
}

static int attach_manifest(struct loader *loader, struct image *image, json_t *manifest,
			   json_t *descriptor, struct error *err)
{
	const json_t *layers = json_get_array(manifest, "layers");
	size_t count = json_array_size(layers);

	if (count != image->layer_count)
		return error_set(err, ERR_FORMAT,
				 "the manifest lists %zu layers, the config %zu diff_ids", count,
				 image->layer_count);
	image->manifest = json_incref(manifest);
	image->manifest_descriptor = json_incref(descriptor);
	image->docker_family =
		has_prefix(json_get_string(manifest, "mediaType"), "application/vnd.docker") ||
		has_prefix(json_get_string(descriptor, "mediaType"), "application/vnd.docker");
	for (size_t i = 0; i < count && !image_is_windows(image); i++) {
		struct image_layer *layer = &image->layers[i];
		json_t *layer_descriptor = json_array_get(layers, i);
		const char *type = json_get_string(layer_descriptor, "mediaType");

		if (attach_layer(loader, layer, layer_descriptor, err) < 0)
			return error_wrap(err, "layer %zu", i + 1);
		layer->descriptor = json_incref(layer_descriptor);
		layer->media_type = type ? xstrdup(type) : NULL;
		if (has_prefix(type, "application/vnd.docker"))
			image->docker_family = true;
	}
	return 0;
}

/* A new image from the config that a manifest names: 1, 0 when its bytes are missing, -1. */
static int read_image(struct loader *loader, const json_t *config, const struct digest *digest,
		      struct image *image, struct error *err)
{
	AUTO_FREE char *text = NULL;
	size_t len = 0;
	int rc = read_blob(loader, config, digest, &text, &len, err);

	if (rc <= 0)
		return rc;
	return config_read(image, STEAL(text), len, &loader->context->limits, err) < 0 ? -1 : 1;
}

static int load_manifest(struct loader *loader, json_t *manifest, json_t *descriptor,
			 const struct digest *digest, struct names names, struct error *err)
{
	const json_t *config = json_get(manifest, "config");
	const char *kind = manifest_kind(manifest, descriptor);
	struct digest config_digest;
	struct image fresh = { .tags = NULL };
	uint32_t index;
	int rc;

	if (check_encrypted(json_get_array(manifest, "layers"), err) < 0)
		return -1;
	if (kind) {
		drop(loader, digest, kind, descriptor);
		return 0;
	}
	if (read_digest(config, &config_digest, err) < 0)
		return error_wrap(err, "config");
	index = loader_find_image(loader, &config_digest);
	if (index == INDEX_NONE) {
		rc = read_image(loader, config, &config_digest, &fresh, err);
		if (rc <= 0) {
			image_release(&fresh);
			if (rc == 0)
				drop(loader, digest, "missing platform", descriptor);
			return rc;
		}
		if (loader_add_image(loader, &fresh, &index, err) < 0)
			return -1;
	}
	if (check_size(config, loader->images.items[index].config_len, "config", err) < 0)
		return -1;
	/* A second manifest of one config holds the same layers in another compression. */
	if (!loader->images.items[index].manifest &&
	    attach_manifest(loader, &loader->images.items[index], manifest, descriptor, err) < 0)
		return -1;
	add_names(&loader->images.items[index], names);
	remember(loader, digest, index);
	return 0;
}

static int visit_all(struct loader *loader, const json_t *index, struct names names, int depth,
		     struct error *err);

static int visit_document(struct loader *loader, json_t *body, json_t *descriptor,
			  const struct digest *digest, struct names names, int depth,
			  struct error *err)
{
	bool is_index = json_get_array(body, "manifests") != NULL;

	if (is_index && (json_get(body, "config") || json_get(body, "layers")))
		return error_set(err, ERR_FORMAT, "both an index and a manifest");
	if (!is_index)
		return load_manifest(loader, body, descriptor, digest, names, err);
	if (depth >= INDEX_DEPTH_MAX)
		return error_set(err, ERR_FORMAT, "indexes nested more than %d deep",
				 INDEX_DEPTH_MAX);
	return visit_all(loader, body, names, depth + 1, err);
}

static int visit(struct loader *loader, json_t *descriptor, struct names inherited, int depth,
		 struct error *err)
{
	struct names names = descriptor_names(descriptor, inherited);
	const char *kind = descriptor_kind(descriptor, names);
	char text[DIGEST_TEXT_SIZE];
	AUTO_FREE char *bytes = NULL;
	struct digest digest;
	size_t len = 0;
	uint32_t image;
	json_t *body;
	int rc;

	if (++loader->descriptors > loader->context->limits.members)
		return error_set(err, ERR_LIMIT, "too many descriptors (--limit members=N)");
	if (read_digest(descriptor, &digest, err) < 0)
		return -1;
	if (recall(loader, &digest, &image)) {
		if (image != INDEX_NONE)
			add_names(&loader->images.items[image], names);
		return 0;
	}
	if (kind) {
		drop(loader, &digest, kind, descriptor);
		return 0;
	}
	digest_text(&digest, text);
	rc = read_blob(loader, descriptor, &digest, &bytes, &len, err);
	if (rc == 0)
		drop(loader, &digest, "missing platform", descriptor);
	if (rc <= 0)
		return rc;
	body = json_parse(bytes, len, text, 0, err);
	if (!body)
		return -1;
	rc = visit_document(loader, body, descriptor, &digest, names, depth, err);
	json_decref(body);
	return rc < 0 ? error_wrap(err, "manifest %s", text) : 0;
}

static int visit_all(struct loader *loader, const json_t *index, struct names names, int depth,
		     struct error *err)
{
	const json_t *list = json_get_array(index, "manifests");

	for (size_t i = 0; i < json_array_size(list); i++)
		if (visit(loader, json_array_get(list, i), names, depth, err) < 0)
			return -1;
	return 0;
}

static int check_layout_version(struct loader *loader, struct error *err)
{
	AUTO_FREE char *text = NULL;
	size_t len = 0;
	json_t *layout;
	int rc = archive_read(loader->archive, "oci-layout", &text, &len, err);
	const char *version;

	if (rc <= 0)
		return rc;
	layout = json_parse(text, len, "oci-layout", 0, err);
	if (!layout)
		return -1;
	version = json_get_string(layout, "imageLayoutVersion");
	if (!version || strcmp(version, "1.0.0") != 0)
		rc = error_set(err, ERR_FORMAT, "oci-layout: imageLayoutVersion is %s, not 1.0.0",
			       version ? version : "missing");
	json_decref(layout);
	return rc;
}

int source_oci_load(struct loader *loader, struct error *err)
{
	AUTO_FREE char *text = NULL;
	size_t len = 0;
	json_t *index;
	int rc = archive_read(loader->archive, "index.json", &text, &len, err);

	if (rc <= 0)
		return rc;
	index = json_parse(text, len, "index.json", 0, err);
	if (!index)
		return -1;
	rc = json_get_array(index, "manifests") != NULL;
	if (rc && (check_layout_version(loader, err) < 0 ||
		   visit_all(loader, index, (struct names){ .tag = NULL }, 0, err) < 0))
		rc = -1;
	json_decref(index);
	return rc;
}
