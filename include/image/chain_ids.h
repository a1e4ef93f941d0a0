/* chain_ids.h - layers that somebody else holds, and the base of an image.
 *
 * A receiver finds layers by chain_id (SEMANTICS.md B.1): a prefix of a stack is known when the
 * chain_id of its top layer is. */
#ifndef IMAGE_CHAIN_IDS_H
#define IMAGE_CHAIN_IDS_H

#include "image/image.h"
#include "util/vec.h"

struct chain_ids {
	struct VEC(struct digest) list; /* sorted */
};

/* The chain_ids of all layers of an image, appended in order. */
void chain_ids_add_image(struct chain_ids *ids, const struct image *image);

/* From a saved archive, or from a list as `lighten chain` writes it: a chain_id a line, '#' begins
 * a comment.  ERR_FORMAT with the line. */
int chain_ids_load(struct chain_ids *ids, const char *path, const struct context *context,
		   struct error *err);
void chain_ids_release(struct chain_ids *ids);

/* Layers at the bottom of the image that are in the list. */
uint32_t chain_ids_prefix(const struct chain_ids *ids, const struct image *image);

/* A layer as somebody stores it: what a descriptor says. */
struct stored_layer {
	struct digest digest;
	uint64_t size;
	char *media_type; /* owned */
};

/* How the archive `path` stores the lowest `count` layers of `image`, which are in it; *out is as
 * long.  What it says nothing about (docker-archive) keeps the digest and size that are in *out.
 * ERR_USAGE for a list, which knows no descriptors. */
int chain_ids_stored(const char *path, const struct image *image, uint32_t count,
		     struct stored_layer *out, const struct context *context, struct error *err);

/* The base that an image was built on, found in its own history. */
struct image_base {
	uint32_t layers; /* 0: not recognised */
	char *reason;	 /* for people; owned */
};

/* The labels or annotations org.opencontainers.image.base.* name the base, which counts when it is
 * in `set` too; else the last CMD or ENTRYPOINT step with layers above it ends the base; else its
 * first step when that adds a file system. */
void image_base_detect(const struct image_set *set, const struct image *image,
		       struct image_base *out);

DEFINE_CLEANUP(chain_ids, chain_ids_release);

#endif
