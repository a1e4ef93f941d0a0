/* gzip_block.h - one block of plain bytes as one gzip member (mtime 0, no name, OS 255). */
#ifndef IO_GZIP_BLOCK_H
#define IO_GZIP_BLOCK_H

#include <stddef.h>

#include "util/cleanup.h"

/* One per job, not per thread or block: it is what costs time to set up. */
struct gzip_block;

/* NULL when there is no memory. */
struct gzip_block *gzip_block_new(int level);

/* The most bytes that `len` plain bytes can become. */
size_t gzip_block_bound(struct gzip_block *block, size_t len);

/* Bytes written to `out`, or 0 when `room` is less than the bound. */
size_t gzip_block_compress(struct gzip_block *block, const void *data, size_t len, void *out,
			   size_t room);

void gzip_block_free(struct gzip_block *block);

DEFINE_CLEANUP_PTR(gzip_block, gzip_block_free);

#endif
