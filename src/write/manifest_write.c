/* manifest_write.c - OCI manifests, index.json, manifest.json and oci-layout (SEMANTICS.md A.3, D).
 */
#include <string.h>

#include <jansson.h>

#include "image/json.h"
#include "image/reference.h"
#include "write_internal.h"

#define OCI  "application/vnd.oci.image."
#define MOBY "application/vnd.docker."

/* Media types of one family. */
struct family {
	const char *index, *manifest, *config;
	const char *layer[COMPRESSION_ZSTD + 1];
};

static const struct family families[] = {
	{ OCI "index.v1+json",
	  OCI "manifest.v1+json",
	  OCI "config.v1+json",
	  { OCI "layer.v1.tar", OCI "layer.v1.tar+gzip", OCI "layer.v1.tar+zstd" } },
	{ MOBY "distribution.manifest.list.v2+json",
	  MOBY "distribution.manifest.v2+json",
	  MOBY "container.image.v1+json",
	  { MOBY "image.rootfs.diff.tar", MOBY "image.rootfs.diff.tar.gzip", NULL } },
};

/* An image and its descriptor for the index. */
struct index_row {
	uint32_t image;
	char *full_name;      /* NULL: no name */
	const char *platform; /* for sorting; borrowed from the descriptor text */
	json_t *descriptor;
};

struct index_rows VEC(struct index_row);

/* The family of the input; zstd layers exist in the OCI family only. */
static const struct family *family_of(const struct manifest_writer *in, uint32_t number)
{
	struct output_list outputs = VEC_INIT;
	bool docker = in->input->images->images[number].docker_family;

	plan_image_outputs(in->input->plan, number, &outputs);
	for (size_t i = 0; i < outputs.count; i++)
		if (in->result->layers[outputs.items[i]].compression == COMPRESSION_ZSTD)
			docker = false;
	vec_release(&outputs);
	return &families[docker];
}

static json_t *descriptor(const char *media_type, const struct digest *digest, uint64_t size)
{
	char text[DIGEST_TEXT_SIZE];
	json_t *out = json_object();

	digest_text(digest, text);
	json_object_set_new(out, "mediaType", json_string(media_type));
	json_object_set_new(out, "digest", json_string(text));
	json_object_set_new(out, "size", json_integer((json_int_t)size));
	return out;
}

static bool has_prefix(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

/* Annotations that still hold, or NULL.  `changed`: the bytes that they describe are new. */
static json_t *kept_annotations(const json_t *object, bool changed)
{
	static const char *const bound[] = { "containerd.io/snapshot/",
					     "containerd.io/uncompressed",
					     "containerd.io/distribution.source.",
					     "io.containers.",
					     "org.opencontainers.image.base.",
					     "vnd.docker.reference." };
	json_t *old = json_get(object, "annotations"), *out, *value;
	const char *key;

	if (!json_is_object(old))
		return NULL;
	out = json_object();
	json_object_foreach(old, key, value)
	{
		bool keep = json_is_string(value);
		for (size_t i = 0; changed && i < sizeof(bound) / sizeof(bound[0]); i++)
			keep &= !has_prefix(key, bound[i]);
		if (keep)
			json_object_set(out, key, value);
	}
	if (json_object_size(out))
		return out;
	json_decref(out);
	return NULL;
}

/* The input layer that an output layer is a copy of, or NULL. */
static const struct image_layer *copied_layer(const struct manifest_writer *in, uint32_t number,
					      uint32_t output)
{
	const struct plan *plan = in->input->plan;
	const struct segment *segment = &plan->segments.items[plan->outputs.items[output].segment];
	const struct image *image = &in->input->images->images[number];
	const struct position *position = &plan->chain->positions.items[segment->last];
	const struct image_layer *layer = &image->layers[position->depth];
	const struct layer *stored = &in->input->layers->layers[position->layer];

	if (!segment->pass_through ||
	    !digest_equal(&in->result->layers[output].digest, &stored->stored_digest))
		return NULL;
	return layer;
}

/* A nondistributable layer goes on saying so, and where its bytes are to be had. */
static void keep_foreign(json_t *row, const struct image_layer *layer)
{
	json_t *urls = json_get_array(layer->descriptor, "urls");

	json_object_set_new(row, "mediaType", json_string(layer->media_type));
	if (urls)
		json_object_set(row, "urls", urls);
}

/* The media type by which the receiver has an omitted layer, or NULL. */
static const char *receiver_type(const struct manifest_writer *in, uint32_t output)
{
	const struct plan *plan = in->input->plan;
	const struct segment *segment = &plan->segments.items[plan->outputs.items[output].segment];

	if (!segment->omitted || !in->options->receiver)
		return NULL;
	return in->options->receiver[plan->chain->positions.items[segment->last].depth].media_type;
}

static json_t *layer_descriptors(const struct manifest_writer *in, uint32_t number,
				 const struct family *family)
{
	struct output_list outputs = VEC_INIT;
	json_t *out = json_array();

	plan_image_outputs(in->input->plan, number, &outputs);
	for (size_t i = 0; i < outputs.count; i++) {
		const struct written_layer *layer = &in->result->layers[outputs.items[i]];
		const struct image_layer *copied = copied_layer(in, number, outputs.items[i]);
		const char *own = receiver_type(in, outputs.items[i]);
		json_t *row = descriptor(own ? own : family->layer[layer->compression],
					 &layer->digest, layer->stored_bytes);
		json_t *notes = copied ? kept_annotations(copied->descriptor, false) : NULL;
		if (copied && media_type_is_foreign(copied->media_type))
			keep_foreign(row, copied);
		if (notes)
			json_object_set_new(row, "annotations", notes);
		json_array_append_new(out, row);
	}
	vec_release(&outputs);
	return out;
}

/* Write bytes as a blob of the output. */
static int put_blob(const struct manifest_writer *in, const char *text, size_t len,
		    struct digest *digest, struct error *err)
{
	struct encoding plain = { COMPRESSION_NONE, 0, false };
	struct blob_result written;

	if (blob_writer_begin(in->blobs, &plain, 0, NULL, err) < 0 ||
	    blob_writer_write(in->blobs, text, len, err) < 0 ||
	    blob_writer_end(in->blobs, &written, err) < 0)
		return -1;
	*digest = written.stored;
	return 0;
}

static int put_json(const struct manifest_writer *in, const json_t *json, struct digest *digest,
		    uint64_t *size, struct error *err)
{
	AUTO_FREE char *text = json_dumps(json, JSON_COMPACT);

	*size = strlen(text);
	return put_blob(in, text, *size, digest, err);
}

static int write_config(const struct manifest_writer *in, uint32_t number, struct error *err)
{
	struct written_image *image = &in->result->images[number];
	AUTO(strbuf) text = STRBUF_INIT;

	if (config_rewrite(in->input, number, in->result, &text, &image->changed, err) < 0)
		return -1;
	image->config_bytes = text.len;
	return put_blob(in, text.data, text.len, &image->config, err);
}

static int write_manifest(const struct manifest_writer *in, uint32_t number, struct error *err)
{
	const struct image *image = &in->input->images->images[number];
	struct written_image *written = &in->result->images[number];
	const struct family *family = family_of(in, number);
	const struct labels *set = in->options->annotations;
	json_t *manifest = json_object(), *notes;
	int rc;

	json_object_set_new(manifest, "schemaVersion", json_integer(2));
	json_object_set_new(manifest, "mediaType", json_string(family->manifest));
	json_object_set_new(manifest, "config",
			    descriptor(family->config, &written->config, written->config_bytes));
	json_object_set_new(manifest, "layers", layer_descriptors(in, number, family));
	notes = kept_annotations(image->manifest, written->changed);
	if (set && set->count) {
		notes = notes ? notes : json_object();
		labels_set(notes, set);
	}
	if (notes)
		json_object_set_new(manifest, "annotations", notes);
	rc = put_json(in, manifest, &written->manifest, &written->manifest_bytes, err);
	json_decref(manifest);
	return rc;
}

static json_t *platform_of(const struct image *image)
{
	json_t *out = json_object();

	if (!image->architecture || !image->os) {
		json_decref(out);
		return NULL;
	}
	json_object_set_new(out, "architecture", json_string(image->architecture));
	json_object_set_new(out, "os", json_string(image->os));
	if (image->variant && *image->variant)
		json_object_set_new(out, "variant", json_string(image->variant));
	return out;
}

static json_t *image_descriptor(const struct manifest_writer *in, uint32_t number)
{
	const struct image *image = &in->input->images->images[number];
	const struct written_image *written = &in->result->images[number];
	json_t *out = descriptor(family_of(in, number)->manifest, &written->manifest,
				 written->manifest_bytes);
	json_t *notes = kept_annotations(image->manifest_descriptor, written->changed);
	json_t *platform = platform_of(image);

	if (notes)
		json_object_del(notes, "io.containerd.image.name");
	if (notes)
		json_object_del(notes, "org.opencontainers.image.ref.name");
	if (notes && json_object_size(notes))
		json_object_set(out, "annotations", notes);
	json_decref(notes);
	if (platform)
		json_object_set_new(out, "platform", platform);
	return out;
}

/* Both annotations that loaders look for. */
static void set_name(json_t *row, const char *full_name, const char *ref_name)
{
	json_t *notes = json_object_get(row, "annotations");

	if (!notes) {
		notes = json_object();
		json_object_set_new(row, "annotations", notes);
	}
	if (full_name)
		json_object_set_new(notes, "io.containerd.image.name", json_string(full_name));
	json_object_set_new(notes, "org.opencontainers.image.ref.name", json_string(ref_name));
}

static void add_row(struct index_rows *rows, uint32_t image, char *full_name, json_t *row)
{
	const char *arch = json_get_string(json_get(row, "platform"), "architecture");

	vec_push(rows, (struct index_row){ image, full_name, arch ? arch : "", row });
}

/* One row an image and name. */
static void collect_rows(const struct manifest_writer *in, struct index_rows *rows)
{
	for (uint32_t i = 0; i < in->input->images->image_count; i++) {
		const struct image *image = &in->input->images->images[i];
		struct name_list names = VEC_INIT;

		image_names(in, image, &names);
		if (!names.count) {
			json_t *row = image_descriptor(in, i);
			if (image->ref_name)
				set_name(row, NULL, image->ref_name);
			add_row(rows, i, NULL, row);
		}
		vec_foreach (name, &names) {
			json_t *row = image_descriptor(in, i);
			add_row(rows, i, reference_full(*name), row);
		}
		name_list_release(&names);
	}
}

static int compare_platforms(const void *a, const void *b)
{
	const struct index_row *left = a, *right = b;
	int order = strcmp(left->platform, right->platform);

	return order ? order : (left->image > right->image) - (left->image < right->image);
}

/* Several platforms under one name: an index of their own (DESIGN.md ruling 9). */
static json_t *nested_index(const struct manifest_writer *in, struct index_row *rows, size_t count,
			    struct error *err)
{
	const struct family *family = family_of(in, rows[0].image);
	json_t *index = json_object(), *list = json_array(), *row = NULL;
	struct digest digest;
	uint64_t size;

	qsort(rows, count, sizeof(rows[0]), compare_platforms);
	for (size_t i = 0; i < count; i++)
		json_array_append(list, rows[i].descriptor);
	json_object_set_new(index, "schemaVersion", json_integer(2));
	json_object_set_new(index, "mediaType", json_string(family->index));
	json_object_set_new(index, "manifests", list);
	if (put_json(in, index, &digest, &size, err) == 0)
		row = descriptor(family->index, &digest, size);
	json_decref(index);
	return row;
}

/* Bring rows of one name together, keeping the order of first mention. */
static size_t gather(struct index_rows *rows, size_t begin)
{
	size_t end = begin + 1;

	if (!rows->items[begin].full_name)
		return end;
	for (size_t i = end; i < rows->count; i++) {
		struct index_row row = rows->items[i];
		if (!row.full_name || strcmp(row.full_name, rows->items[begin].full_name))
			continue;
		memmove(&rows->items[end + 1], &rows->items[end], (i - end) * sizeof(row));
		rows->items[end++] = row;
	}
	return end;
}

static int build_index(const struct manifest_writer *in, struct index_rows *rows, json_t *list,
		       struct error *err)
{
	for (size_t i = 0, end; i < rows->count; i = end) {
		struct index_row *first = &rows->items[i];
		json_t *row;

		end = gather(rows, i);
		row = end - i > 1 ? nested_index(in, first, end - i, err)
				  : json_incref(first->descriptor);
		if (!row)
			return -1;
		if (first->full_name)
			set_name(row, first->full_name, reference_tag(first->full_name));
		json_array_append_new(list, row);
	}
	return 0;
}

static int put_member(const struct manifest_writer *in, const char *name, const json_t *json,
		      struct error *err)
{
	AUTO_FREE char *text = json_dumps(json, JSON_COMPACT);

	return in->sink->ops->member(in->sink, name, text, strlen(text), err);
}

static int write_index(const struct manifest_writer *in, struct error *err)
{
	struct index_rows rows = VEC_INIT;
	json_t *index = json_object(), *list = json_array(), *layout = json_object();
	int rc;

	json_object_set_new(index, "schemaVersion", json_integer(2));
	json_object_set_new(index, "mediaType", json_string(families[0].index));
	json_object_set_new(index, "manifests", list);
	json_object_set_new(layout, "imageLayoutVersion", json_string("1.0.0"));
	collect_rows(in, &rows);
	rc = build_index(in, &rows, list, err);
	if (!rc)
		rc = attestations_write(in, list, err);
	if (!rc)
		rc = put_member(in, "index.json", index, err);
	if (!rc)
		rc = put_member(in, "oci-layout", layout, err);
	vec_foreach (row, &rows) {
		json_decref(row->descriptor);
		free(row->full_name);
	}
	vec_release(&rows);
	json_decref(index);
	json_decref(layout);
	return rc;
}

/* manifest.json knows one platform a name: linux/amd64, else the first one in order. */
static bool listed_elsewhere(const struct manifest_writer *in, uint32_t number,
			     const char *full_name)
{
	const struct image_set *images = in->input->images;
	const struct image *image = &images->images[number];
	bool found = false;

	for (uint32_t i = 0; !found && i < images->image_count; i++) {
		const struct image *other = &images->images[i];
		struct name_list names = VEC_INIT;
		if (i == number)
			continue;
		image_names(in, other, &names);
		for (size_t n = 0; !found && n < names.count; n++) {
			AUTO_FREE char *full = reference_full(names.items[n]);
			if (strcmp(full, full_name) || !other->architecture || !image->architecture)
				continue;
			bool other_amd64 = !strcmp(other->architecture, "amd64");
			bool amd64 = !strcmp(image->architecture, "amd64");
			int order = strcmp(other->architecture, image->architecture);
			found = other_amd64 != amd64 ? other_amd64
						     : order < 0 || (order == 0 && i < number);
		}
		name_list_release(&names);
	}
	return found;
}

/* The item of one image, or NULL when all its names belong to another platform. */
static json_t *docker_item(const struct manifest_writer *in, uint32_t number)
{
	const struct image *image = &in->input->images->images[number];
	json_t *item = json_object(), *tags = json_array(), *layers = json_array();
	struct output_list outputs = VEC_INIT;
	struct name_list names = VEC_INIT;
	char name[BLOB_NAME_SIZE];
	size_t had;

	image_names(in, image, &names);
	had = names.count;
	vec_foreach (tag, &names) {
		AUTO_FREE char *full = reference_full(*tag);
		if (!listed_elsewhere(in, number, full))
			json_array_append_new(tags, json_string(*tag));
	}
	name_list_release(&names);
	plan_image_outputs(in->input->plan, number, &outputs);
	for (size_t i = 0; i < outputs.count; i++) {
		blob_name(&in->result->layers[outputs.items[i]].digest, name);
		json_array_append_new(layers, json_string(name));
	}
	vec_release(&outputs);
	blob_name(&in->result->images[number].config, name);
	json_object_set_new(item, "Config", json_string(name));
	json_object_set_new(item, "RepoTags", had ? json_incref(tags) : json_null());
	json_object_set_new(item, "Layers", layers);
	if (had && !json_array_size(tags)) {
		json_decref(item);
		item = NULL;
	}
	json_decref(tags);
	return item;
}

static int write_docker_manifest(const struct manifest_writer *in, struct error *err)
{
	json_t *list = json_array();
	int rc;

	for (uint32_t i = 0; i < in->input->images->image_count; i++) {
		json_t *item = docker_item(in, i);
		if (item)
			json_array_append_new(list, item);
	}
	rc = put_member(in, "manifest.json", list, err);
	json_decref(list);
	return rc;
}

int manifests_write(const struct manifest_writer *in, struct error *err)
{
	for (uint32_t i = 0; i < in->input->images->image_count; i++)
		if (write_config(in, i, err) < 0 ||
		    (in->options->format->has_oci_index && write_manifest(in, i, err) < 0))
			return -1;
	if (in->options->format->has_oci_index ? write_index(in, err) < 0
					       : attestations_write(in, NULL, err) < 0)
		return -1;
	return in->options->format->has_docker_manifest ? write_docker_manifest(in, err) : 0;
}
