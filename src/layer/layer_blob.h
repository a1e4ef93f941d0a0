/* layer_blob.h - one blob of the input on its way to a layer: read, checked, inflated. */
#ifndef LAYER_LAYER_BLOB_H
#define LAYER_LAYER_BLOB_H

#include <pthread.h>

#include "layer/layer_set.h"

/* Spool files in use or free; a job appends to one of its own, so there are no more than
 * threads. */
struct spool_list {
	pthread_mutex_t lock;
	struct VEC(struct range) free; /* length: bytes appended so far */
	struct layer_set *set;
	const struct context *context;
	uint64_t left; /* bytes that may still be spooled */
};

/* A blob to read, and what came of it. */
struct layer_blob {
	const struct image_set *images;
	const struct image_layer *layer; /* the first that uses the blob */
	const struct context *context;
	struct spool_list *spools;
	uint32_t blob, image, number;
	uint32_t result; /* index into layer_set.layers */
	bool alone;	 /* takes so long that it may use the threads of others */
	bool leads;	 /* the first blob with that diff_id: the one that a pass-through copies */
	enum compression compression;
	struct range tar;
	bool later;		     /* hash what is inflated when that is done, not meanwhile */
	struct hash_stream *hashing; /* of `tar`; NULL before and after */
	struct digest stored_digest;
	bool trailing;
	bool collected; /* it is inflated, and taken from the worker pool */
};

/* Find what the blob is; plain ones are ready at once. */
int layer_blob_probe(struct layer_blob *blob, struct error *err);

/* A job for the worker pool: inflate a compressed blob and check its digests, but that of the plain
 * bytes when it is to be checked later. */
int layer_blob_inflate(void *blob, struct error *err);

/* Begin to hash the plain bytes in `tar`. */
void layer_blob_hash(struct layer_blob *blob);

/* Wait until they are hashed, and check that they are what the image says. */
int layer_blob_check(struct layer_blob *blob, struct error *err);

/* Index a compressed blob as it is inflated, keeping and hashing nothing: its tar has a length but
 * no bytes. */
int layer_blob_index(struct layer_blob *blob, struct layer_index *index, struct names *names,
		     struct error *err);

/* Say in the error which layer it was. */
int layer_blob_wrap(const struct layer_blob *blob, struct error *err);

#endif
