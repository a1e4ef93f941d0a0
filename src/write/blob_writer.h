/* blob_writer.h - plain bytes in, a stored blob out: hashed beside writing, perhaps compressed. */
#ifndef WRITE_BLOB_WRITER_H
#define WRITE_BLOB_WRITER_H

#include "io/encoder.h"
#include "io/hash_crew.h"
#include "io/range.h"
#include "sink.h"
#include "util/context.h"

struct blob_writer;

/* What a blob came to be. */
struct blob_result {
	struct digest plain, stored;
	uint64_t plain_bytes, stored_bytes;
};

/* One writer serves all blobs of a sink, one after the other. */
struct blob_writer *blob_writer_new(struct sink *sink, const struct context *context);
void blob_writer_free(struct blob_writer *writer);

/* `bytes`: what the plain bytes will be; 0: not known.  `known`: the digest that the plain bytes
 * have, where somebody else makes sure of it before the output gets its name; NULL: they are
 * hashed.  Borrowed until the end of the blob. */
int blob_writer_begin(struct blob_writer *writer, const struct encoding *encoding, uint64_t bytes,
		      const struct digest *known, struct error *err);
int blob_writer_write(struct blob_writer *writer, const void *data, size_t len, struct error *err);
int blob_writer_zeros(struct blob_writer *writer, uint64_t len, struct error *err);

/* Splice `len` bytes of a range.  `follower` is told how far it was read; NULL: nobody is. */
int blob_writer_copy(struct blob_writer *writer, const struct range *range, uint64_t at,
		     uint64_t len, struct hash_stream *follower, struct error *err);
int blob_writer_end(struct blob_writer *writer, struct blob_result *result, struct error *err);

/* A blob whose bytes and digest are known, as it stands; `follower` as above. */
int blob_writer_pass(struct blob_writer *writer, const struct range *stored,
		     const struct digest *digest, struct hash_stream *follower, struct error *err);

DEFINE_CLEANUP_PTR(blob_writer, blob_writer_free);

#endif
