/* hash_stream.h - what hash_crew.c knows of a stream: what is there to hash, and a piece of it. */
#ifndef SRC_HASH_STREAM_H
#define SRC_HASH_STREAM_H

#include "io/hash_crew.h"
#include "io/mapped_range.h"

/* Chunks of the stream's own take turns between whoever fills them and the crew; what is lent may
 * wait for longer, for it takes no memory here.  One divides the other. */
#define HASH_CHUNKS 4
#define HASH_QUEUE  32

struct hash_chunk {
	const unsigned char *bytes;
	size_t len;
};

/* The crew's lock guards all but what is said to be somebody's. */
struct hash_stream {
	struct hash_crew *crew;
	struct hasher *hasher; /* of the thread that made the stream busy */
	bool busy, failed;
	struct error err;
	uint64_t done; /* bytes hashed, of the digest at hand */
	uint64_t end;  /* bytes that there will be; 0: not known */

	/* A range: fd is -1 for what is pushed. */
	struct mapped_range mapped; /* of the thread that made the stream busy */
	uint64_t lead, reached;

	/* What is pushed: `queued` chunks from `first` on. */
	struct hash_chunk chunks[HASH_QUEUE];
	unsigned first, queued;
	size_t done_of_first;
	unsigned char *own[HASH_CHUNKS]; /* NULL until wanted; the next is the owner's */
	uint64_t wanted;		 /* bytes that the owner waits for */
};

/* Most bytes of a step: a piece of each of two streams fits into the nearer caches. */
#define HASH_PIECE_BYTES ((size_t)256 << 10)

/* Bytes that can be hashed in one piece now. */
size_t hash_stream_available(const struct hash_stream *stream);

/* Bytes that are still to come or to be hashed, as far as known. */
uint64_t hash_stream_left(const struct hash_stream *stream);

bool hash_stream_is_range(const struct hash_stream *stream);

/* How far others have read ahead of the crew, where it is to follow them. */
uint64_t hash_stream_lag(const struct hash_stream *stream);

/* The next `len` available bytes, until hash_stream_leave(); both only of a busy stream, without
 * the lock.  NULL: they cannot be read.  stream->err: the same, or what was seen is not what is
 * there. */
const unsigned char *hash_stream_enter(struct hash_stream *stream, size_t len);
void hash_stream_leave(struct hash_stream *stream);

/* They are hashed. */
void hash_stream_advance(struct hash_stream *stream, size_t len);

/* --- of the crew, for streams --- */

void hash_crew_add(struct hash_crew *crew, struct hash_stream *stream);
void hash_crew_remove(struct hash_crew *crew, struct hash_stream *stream);
void hash_crew_lock(struct hash_crew *crew);
void hash_crew_unlock(struct hash_crew *crew);

/* There is more to hash. */
void hash_crew_wake(struct hash_crew *crew);

/* Work with the crew until ready(stream); the lock is held on the way in and out. */
void hash_crew_help(struct hash_crew *crew, const struct hash_stream *stream,
		    bool (*ready)(const struct hash_stream *stream));

#endif
