/* attestation_write.c - carry manifests that speak about the old image (--keep-attestations).
 *
 * Attestations and signatures name the digest of the manifest that they are about, which a
 * rewritten image does not have any more.  They are copied as they stand; only the annotation of
 * the index that ties them to their image is moved to its new digest. */
#include <string.h>

#include "image/json.h"
#include "write_internal.h"

#define SUBJECT "vnd.docker.reference.digest"

/* Copy a blob of the input.  1; 0 when the input lacks it; -1. */
static int copy_blob(const struct manifest_writer *in, const char *text, struct error *err)
{
	struct digest digest;
	struct range range;
	int rc;

	if (!text || digest_parse(&digest, text, err) < 0)
		return text ? -1 : 0;
	rc = image_set_find_blob(in->input->images, &digest, &range, err);
	return rc <= 0 ? rc : blob_writer_pass(in->blobs, &range, &digest, NULL, err) < 0 ? -1 : 1;
}

/* The manifest with its config and layers.  1; 0 when something is missing; -1. */
static int copy_manifest(const struct manifest_writer *in, const char *digest_string,
			 struct error *err)
{
	struct digest digest;
	struct range range;
	AUTO_FREE char *text = NULL;
	json_t *manifest, *layer;
	size_t i;
	int rc;

	if (digest_parse(&digest, digest_string, err) < 0)
		return -1;
	rc = image_set_find_blob(in->input->images, &digest, &range, err);
	if (rc <= 0)
		return rc;
	if (range.length > in->input->context->limits.json_bytes)
		return error_set(err, ERR_LIMIT, "manifest %s is too large", digest_string);
	text = xmalloc((size_t)range.length + 1);
	if (range_read(&range, 0, text, (size_t)range.length, err) < 0)
		return -1;
	manifest = json_parse(text, (size_t)range.length, digest_string, 0, err);
	if (!manifest)
		return -1;
	rc = copy_blob(in, json_get_string(json_get(manifest, "config"), "digest"), err);
	json_array_foreach(json_get_array(manifest, "layers"), i, layer) if (rc > 0) rc =
		copy_blob(in, json_get_string(layer, "digest"), err);
	if (rc > 0)
		rc = blob_writer_pass(in->blobs, &range, &digest, NULL, err) < 0 ? -1 : 1;
	json_decref(manifest);
	return rc;
}

/* The digest that an image's manifest has now, for the one that it had. */
static bool new_digest(const struct manifest_writer *in, const char *old,
		       char out[DIGEST_TEXT_SIZE])
{
	for (size_t i = 0; old && i < in->input->images->image_count; i++) {
		const json_t *descriptor = in->input->images->images[i].manifest_descriptor;
		const char *own = json_get_string(descriptor, "digest");
		if (!own || strcmp(own, old))
			continue;
		digest_text(&in->result->images[i].manifest, out);
		return true;
	}
	return false;
}

static json_t *moved_descriptor(const struct manifest_writer *in, const json_t *old)
{
	json_t *out = json_deep_copy(old);
	json_t *notes = json_object_get(out, "annotations");
	char digest[DIGEST_TEXT_SIZE];

	/* Sizes are read as reals, like all foreign numbers. */
	json_object_set_new(
		out, "size",
		json_integer((json_int_t)json_number_value(json_object_get(out, "size"))));
	if (new_digest(in, json_string_value(json_object_get(notes, SUBJECT)), digest))
		json_object_set_new(notes, SUBJECT, json_string(digest));
	return out;
}

/* 1: carried; 0: not; -1. */
static int carry(const struct manifest_writer *in, const struct dropped_manifest *dropped,
		 json_t *list, struct error *err)
{
	int rc;

	if (!in->options->keep_attestations || !list || !dropped->descriptor)
		return 0;
	rc = copy_manifest(in, dropped->digest, err);
	if (rc < 0)
		return error_wrap(err, "%s %s", dropped->what, dropped->digest);
	if (rc)
		json_array_append_new(list, moved_descriptor(in, dropped->descriptor));
	return rc;
}

int attestations_write(const struct manifest_writer *in, json_t *list, struct error *err)
{
	for (size_t i = 0; i < in->input->images->dropped_count; i++) {
		const struct dropped_manifest *dropped = &in->input->images->dropped[i];
		int rc = carry(in, dropped, list, err);

		if (rc < 0)
			return -1;
		in->result->carried[i] = rc > 0;
		warnings_add(in->input->context->warnings,
			     rc ? WARN_KEPT_ATTESTATION : WARN_DROPPED_MANIFEST, "%s %s",
			     dropped->what, dropped->digest);
	}
	return 0;
}
