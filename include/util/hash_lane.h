/* hash_lane.h - SHA-256 of a stream, computed beside the thread that makes it.
 *
 *	bytes = hash_lane_chunk(lane);
 *	... fill up to HASH_LANE_BYTES of it ...
 *	hash_lane_push(lane, len);
 *
 * The digest is that of all pushed bytes in order, whatever the number of threads. */
#ifndef UTIL_HASH_LANE_H
#define UTIL_HASH_LANE_H

#include <stddef.h>

#include "util/cleanup.h"
#include "util/digest.h"

#define HASH_LANE_BYTES ((size_t)1 << 20)

struct hash_lane;

/* `threads` 1: bytes are hashed where they are pushed. */
struct hash_lane *hash_lane_new(unsigned threads);

/* The chunk to fill; waits until it is free.  The lane's, and the same one until it is pushed. */
unsigned char *hash_lane_chunk(struct hash_lane *lane);

/* Hash the first `len` bytes of the chunk at hand.  It may be read, not written, until the next
 * call of hash_lane_chunk(). */
void hash_lane_push(struct hash_lane *lane, size_t len);

/* Waits; the next push begins a new stream. */
void hash_lane_finish(struct hash_lane *lane, struct digest *out);

/* Drops what is not hashed. */
void hash_lane_free(struct hash_lane *lane);

DEFINE_CLEANUP_PTR(hash_lane, hash_lane_free);

#endif
