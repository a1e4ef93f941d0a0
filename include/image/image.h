/* image.h - the images of an archive as the specification describes them (SEMANTICS.md A).
 *
 * Manifests, configs and lists of layers; no layer contents.  Everything here is owned by the
 * image_set and lives until image_set_free(). */
#ifndef IMAGE_IMAGE_H
#define IMAGE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "io/range.h"
#include "io/spool.h"
#include "util/context.h"
#include "util/digest.h"

/* A stored layer blob, unique by its place in the input. */
struct blob {
	struct range stored;  /* bytes as stored, perhaps compressed */
	bool has_digest;      /* a descriptor or blobs/ name declares the digest below */
	struct digest digest; /* of the stored bytes; checked when the layer is read */
	char *name;	      /* member name or path inside the input, for messages */
};

/* One layer of one image, bottom first. */
struct image_layer {
	uint32_t blob;	       /* index into image_set.blobs */
	struct digest diff_id; /* from the config; checked when the layer is read */
	char *media_type;      /* from the descriptor; NULL in a docker-archive */
	json_t *descriptor;    /* the OCI descriptor as read; NULL in a docker-archive */
};

struct image {
	char **tags; /* as read: "app:1", "docker.io/library/app:1"; may be empty */
	size_t tag_count;
	char *ref_name; /* a name that is only a tag (SEMANTICS.md A.3); NULL otherwise */
	struct image_layer *layers;
	size_t layer_count;
	char *config_text; /* the config blob, byte for byte, NUL behind it */
	size_t config_len;
	struct digest config_digest;
	char short_id[13]; /* first 12 hex digits of config_digest, as engines show it */
	json_t *config;	   /* the same, parsed; keys in lower case at the top level */
	json_t *manifest;  /* OCI manifest; NULL when there is only a manifest.json item */
	json_t *manifest_descriptor;	   /* its descriptor in the index; NULL likewise */
	bool docker_family;		   /* media types of the Docker family, not OCI */
	char *os, *architecture, *variant; /* from the config; NULL when missing */
	bool in_docker_manifest;	   /* manifest.json lists it */
};

/* A manifest that is not carried over: attestation, artifact, platform without bytes. */
struct dropped_manifest {
	char *digest; /* text form */
	/* "attestation", "signature", "artifact", "missing platform" or "Windows image" */
	const char *what;
	json_t *descriptor; /* in the index that lists it; NULL when no index does */
};

struct image_set {
	struct image *images;
	size_t image_count;
	struct blob *blobs;
	size_t blob_count;
	struct dropped_manifest *dropped;
	size_t dropped_count;
	const char *layout; /* "docker-archive", "hybrid", "OCI archive", "OCI layout" */
	void *owner;	    /* open files of the source; private to image/ */
};

/* Detect by content and read everything but the layers.  `input` is borrowed and must outlive
 * the set.  ERR_FORMAT, ERR_DIGEST, ERR_LIMIT for broken input; ERR_UNSUPPORTED, with a text that
 * names what it is and what to use instead, for a rootfs export, a "dir:" layout, a Windows or
 * encrypted image, a foreign layer without bytes, or an archive that is no image. */
struct image_set *image_set_load(const struct input *input, const struct context *context,
				 struct error *err);
void image_set_free(struct image_set *set);

/* Keep only images that match one of the references ("app", "app:1", full name, image ID prefix
 * of 12 digits or more); count 0 keeps all.  ERR_USAGE lists what is there when none matches. */
int image_set_select(struct image_set *set, const char *const *refs, size_t count,
		     struct error *err);

/* Keep only images of one of the platforms "OS/ARCH" or "OS/ARCH/VARIANT"; count 0 keeps all.
 * ERR_USAGE lists what is there when none matches. */
int image_set_select_platforms(struct image_set *set, const char *const *platforms, size_t count,
			       struct error *err);

/* A blob of the input by its digest.  1: *out is it, not checked; 0: there is none; -1. */
int image_set_find_blob(const struct image_set *set, const struct digest *digest, struct range *out,
			struct error *err);

/* A layer whose licence forbids to pass it on; its bytes may stand elsewhere.  NULL: no. */
bool media_type_is_foreign(const char *media_type);

/* The name for messages: first tag, else ref_name, else the short image ID.  Not owned. */
const char *image_name(const struct image *image);

DEFINE_CLEANUP_PTR(image_set, image_set_free);

#endif
