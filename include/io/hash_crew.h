/* hash_crew.h - SHA-256 of many streams at once, by a crew of threads.
 *
 * One stream can be hashed by one thread at a time, and fills half of a processor's SHA unit; two
 * side by side fill it (util/digest.h).  So every stream of a run is left to one crew, which takes
 * a piece of one or two at a time.  Threads that wait for a digest, or for room, join the crew
 * meanwhile.  Digests do not depend on the number of threads.
 *
 * A stream is a range of a file, hashed where the page cache has it (io/mapped_range.h), or what
 * somebody pushes:
 *
 *	bytes = hash_stream_chunk(stream);
 *	... fill up to HASH_CHUNK_BYTES of it ...
 *	hash_stream_push(stream, len);
 *
 * or lends:
 *
 *	hash_stream_lend(stream, bytes, len);
 *	... change nothing there ...
 *	hash_stream_wait(stream, so many bytes of the digest at hand);
 *
 * A stream has one owner, whose calls come one after the other; a crew may be shared by threads. */
#ifndef IO_HASH_CREW_H
#define IO_HASH_CREW_H

#include "io/range.h"
#include "util/cleanup.h"
#include "util/digest.h"

#define HASH_CHUNK_BYTES ((size_t)1 << 20)

struct hash_crew;
struct hash_stream;

/* `threads` counts those that wait: 1 starts none.  Threads start with the first stream. */
struct hash_crew *hash_crew_new(unsigned threads);

/* When none of its streams is left. */
void hash_crew_free(struct hash_crew *crew);

/* `crew` NULL: hashed by those who wait. */
struct hash_stream *hash_stream_new(struct hash_crew *crew);
struct hash_stream *hash_stream_of_range(struct hash_crew *crew, struct range range);

/* The chunk to fill; waits until it is free.  The stream's, and the same one until it is pushed. */
unsigned char *hash_stream_chunk(struct hash_stream *stream);

/* Hash the first `len` bytes of the chunk at hand.  It may be read, not written, until the next
 * call of hash_stream_chunk(). */
void hash_stream_push(struct hash_stream *stream, size_t len);

/* Hash `len` bytes where they are; nobody changes them before they are hashed.  Waits when much is
 * lent already. */
void hash_stream_lend(struct hash_stream *stream, const void *bytes, size_t len);

/* Wait until the first `bytes` bytes of the digest at hand are hashed; no more than there are. */
void hash_stream_wait(struct hash_stream *stream, uint64_t bytes);

/* `bytes` will be pushed or lent until the digest is finished; a stream that everything else would
 * have to wait for goes faster then, and alone.  0: not known. */
void hash_stream_expect(struct hash_stream *stream, uint64_t bytes);

/* Hash a range no further than `lead` bytes ahead of where somebody else reads it, and there
 * first, so that both find in memory what one of them fetched: for what is larger than memory. */
void hash_stream_follow(struct hash_stream *stream, uint64_t lead);

/* Somebody else has read up to `at` bytes into the range; UINT64_MAX: is done with it.  Any thread
 * may say so; NULL: nobody listens. */
void hash_stream_reached(struct hash_stream *stream, uint64_t at);

/* Waits for the digest of everything; what is pushed next begins a new one.  Of a range that could
 * not be read: ERR_IO, ERR_FORMAT as range_read(). */
int hash_stream_finish(struct hash_stream *stream, struct digest *out, struct error *err);

/* Drops what is not hashed. */
void hash_stream_free(struct hash_stream *stream);

DEFINE_CLEANUP_PTR(hash_crew, hash_crew_free);
DEFINE_CLEANUP_PTR(hash_stream, hash_stream_free);

#endif
