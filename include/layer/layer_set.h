/* layer_set.h - all layers of an image set: plain bytes, checked digests, indexes.
 *
 * A layer is unique by its diff_id.  Compressed ones are inflated once into unlinked spool files
 * while they are hashed (DESIGN.md decisions 1 and 2); from here on there are only ranges. */
#ifndef LAYER_LAYER_SET_H
#define LAYER_LAYER_SET_H

#include "image/image.h"
#include "io/codec.h"
#include "io/hash_crew.h"
#include "layer/layer_index.h"

struct layer {
	struct range tar; /* uncompressed */
	struct digest diff_id;
	struct range stored;	      /* the blob as it stands in the input */
	struct digest stored_digest;  /* of that; equal to diff_id when plain */
	enum compression compression; /* of that */
	bool trailing;		      /* bytes behind the stream, which podman refuses */
	const char *media_type;	      /* of its descriptor, borrowed; NULL when unknown */
	struct hash_stream *hashing;  /* of `tar`, which follows whoever reads that and wants to
					 be told (io/hash_crew.h); NULL: nobody does */
	struct layer_index index;
};

struct layer_set {
	struct layer *layers;
	uint32_t count;
	uint32_t **of_image; /* [image][n]: index into layers, bottom first */
	size_t image_count;
	struct VEC(int) spools; /* descriptors that ranges refer to */
	struct loader *loader;	/* what is still being hashed; private to layer_set.c */
};

enum layer_check {
	LAYER_CHECK_DIGESTS, /* hash everything; ERR_DIGEST names layer and blob */
	LAYER_CHECK_LATER,   /* the same, but what is inflated beside what the caller does next,
				where that leaves processors idle: for one that writes */
	LAYER_CHECK_NOTHING, /* headers only: for bytes that this process has just hashed itself;
				compressed layers have no bytes then (tar.fd is -1) */
};

/* `images`, `names` and `context` are borrowed and must outlive the set.  Entries are there when it
 * returns; whether all match their digests is known after layer_set_finish(). */
struct layer_set *layer_set_load(const struct image_set *images, struct names *names,
				 enum layer_check check, const struct context *context,
				 struct error *err);

/* Wait until every digest is checked.  ERR_DIGEST or ERR_IO as layer_set_load(); nothing that was
 * made of the layers may be kept without a call of this. */
int layer_set_finish(struct layer_set *set, struct error *err);
void layer_set_free(struct layer_set *set);

DEFINE_CLEANUP_PTR(layer_set, layer_set_free);

#endif
