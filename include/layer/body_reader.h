/* body_reader.h - the content of a file, front to back, the holes of sparse ones as zeros. */
#ifndef LAYER_BODY_READER_H
#define LAYER_BODY_READER_H

#include "layer/chain.h"

struct body_reader {
	const struct layer *layer; /* borrowed from the chain, as the entry */
	const struct entry *entry;
	uint64_t base;	 /* of the stored bytes, in the layer */
	size_t chunk;	 /* sparse: the piece that holds or follows the position */
	uint64_t before; /* sparse: stored bytes of the pieces before that */
};

/* `slot` is the entry of a regular file.  Several readers may run at the same time. */
struct body_reader body_reader_open(const struct chain *chain, slot_id slot);

/* `len` bytes at `at`, which lie in the file and not before those of the last call. */
int body_reader_read(struct body_reader *body, uint64_t at, void *buf, size_t len,
		     struct error *err);

#endif
