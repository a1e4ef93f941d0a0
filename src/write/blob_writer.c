/* blob_writer.c - plain bytes in, a stored blob out.
 *
 * Bytes gather in chunks.  A full chunk goes to a worker that hashes it while the calling thread
 * writes or compresses it; a few chunks take turns, so that neither waits long for the other. */
#include "blob_writer.h"

#include <string.h>

#include "util/worker_pool.h"
#include "util/xalloc.h"

#define CHUNK_BYTES ((size_t)1 << 20)
#define CHUNKS	    4

struct chunk {
	struct hasher *hasher; /* of the writer */
	unsigned char *bytes;
	size_t len;
};

struct blob_writer {
	struct sink *sink;
	const struct context *context;
	struct worker_pool *lane;
	struct hasher *plain, *stored;
	struct encoder *encoder; /* NULL: stored plain */
	struct chunk chunks[CHUNKS];
	unsigned current;
	uint64_t plain_bytes, stored_bytes;
};

static int hash_chunk(void *arg, struct error *err)
{
	struct chunk *chunk = arg;

	(void)err;
	hasher_update(chunk->hasher, chunk->bytes, chunk->len);
	return 0;
}

struct blob_writer *blob_writer_new(struct sink *sink, const struct context *context)
{
	struct blob_writer *writer = xcalloc(1, sizeof(*writer));

	writer->sink = sink;
	writer->context = context;
	writer->lane = worker_pool_new(context->threads, CHUNKS - 1, WORKER_SERIAL, hash_chunk);
	writer->plain = hasher_new();
	writer->stored = hasher_new();
	for (unsigned i = 0; i < CHUNKS; i++)
		writer->chunks[i] = (struct chunk){ writer->plain, xmalloc(CHUNK_BYTES), 0 };
	return writer;
}

void blob_writer_free(struct blob_writer *writer)
{
	worker_pool_free(writer->lane);
	if (writer->encoder)
		encoder_close(writer->encoder);
	hasher_free(writer->plain);
	hasher_free(writer->stored);
	for (unsigned i = 0; i < CHUNKS; i++)
		free(writer->chunks[i].bytes);
	free(writer);
}

/* Compressed bytes are few: they are hashed where they are written. */
static int emit(void *arg, const void *data, size_t len, struct error *err)
{
	struct blob_writer *writer = arg;

	hasher_update(writer->stored, data, len);
	writer->stored_bytes += len;
	return writer->sink->ops->write(writer->sink, data, len, err);
}

int blob_writer_begin(struct blob_writer *writer, const struct encoding *encoding,
		      struct error *err)
{
	writer->plain_bytes = writer->stored_bytes = 0;
	writer->chunks[writer->current].len = 0;
	if (encoding->compression != COMPRESSION_NONE) {
		writer->encoder =
			encoder_open(encoding, writer->context->threads, emit, writer, err);
		if (!writer->encoder)
			return -1;
	}
	return writer->sink->ops->blob_begin(writer->sink, err);
}

/* Hash and write the chunk at hand, go on with the next one. */
static int flush(struct blob_writer *writer, struct error *err)
{
	struct chunk *chunk = &writer->chunks[writer->current];
	void *done;
	int rc;

	if (!chunk->len)
		return 0;
	worker_pool_submit(writer->lane, chunk);
	writer->plain_bytes += chunk->len;
	progress_add(writer->context->progress, chunk->len);
	if (writer->encoder)
		rc = encoder_write(writer->encoder, chunk->bytes, chunk->len, err);
	else
		rc = writer->sink->ops->write(writer->sink, chunk->bytes, chunk->len, err);
	if (rc < 0)
		return -1;
	writer->current = (writer->current + 1) % CHUNKS;
	/* The next chunk is free once all but CHUNKS - 1 jobs are done. */
	if (worker_pool_full(writer->lane) && worker_pool_next(writer->lane, &done, err) < 0)
		return -1;
	writer->chunks[writer->current].len = 0;
	return 0;
}

/* Room in the chunk at hand, at most `want` bytes and at least one. */
static int room(struct blob_writer *writer, uint64_t want, unsigned char **place, size_t *len,
		struct error *err)
{
	struct chunk *chunk = &writer->chunks[writer->current];

	if (chunk->len == CHUNK_BYTES) {
		if (flush(writer, err) < 0)
			return -1;
		chunk = &writer->chunks[writer->current];
	}
	*place = chunk->bytes + chunk->len;
	*len = CHUNK_BYTES - chunk->len < want ? CHUNK_BYTES - chunk->len : (size_t)want;
	chunk->len += *len;
	return 0;
}

int blob_writer_write(struct blob_writer *writer, const void *data, size_t len, struct error *err)
{
	const unsigned char *next = data;

	while (len) {
		unsigned char *place;
		size_t n;
		if (room(writer, len, &place, &n, err) < 0)
			return -1;
		memcpy(place, next, n);
		next += n;
		len -= n;
	}
	return 0;
}

int blob_writer_zeros(struct blob_writer *writer, uint64_t len, struct error *err)
{
	while (len) {
		unsigned char *place;
		size_t n;
		if (room(writer, len, &place, &n, err) < 0)
			return -1;
		memset(place, 0, n);
		len -= n;
	}
	return 0;
}

int blob_writer_copy(struct blob_writer *writer, const struct range *range, uint64_t at,
		     uint64_t len, struct error *err)
{
	while (len) {
		unsigned char *place;
		size_t n;
		if (room(writer, len, &place, &n, err) < 0 ||
		    range_read(range, at, place, n, err) < 0)
			return -1;
		at += n;
		len -= n;
	}
	return 0;
}

int blob_writer_end(struct blob_writer *writer, struct blob_result *result, struct error *err)
{
	bool compressed = writer->encoder != NULL;
	void *done;
	int rc;

	if (flush(writer, err) < 0)
		return -1;
	if (compressed && encoder_finish(writer->encoder, err) < 0)
		return -1;
	while ((rc = worker_pool_next(writer->lane, &done, err)) > 0)
		;
	if (rc < 0)
		return -1;
	hasher_finish(writer->plain, &result->plain);
	hasher_finish(writer->stored, &result->stored);
	result->plain_bytes = result->stored_bytes = writer->plain_bytes;
	if (compressed) {
		encoder_close(STEAL(writer->encoder));
		result->stored_bytes = writer->stored_bytes;
	} else {
		result->stored = result->plain;
	}
	return writer->sink->ops->blob_end(writer->sink, &result->stored, err);
}

int blob_writer_pass(struct blob_writer *writer, const struct range *stored,
		     const struct digest *digest, struct error *err)
{
	unsigned char *buf = writer->chunks[writer->current].bytes;

	if (writer->sink->ops->blob_begin(writer->sink, err) < 0)
		return -1;
	for (uint64_t at = 0; at < stored->length;) {
		size_t len = stored->length - at < CHUNK_BYTES ? (size_t)(stored->length - at)
							       : CHUNK_BYTES;
		if (range_read(stored, at, buf, len, err) < 0 ||
		    writer->sink->ops->write(writer->sink, buf, len, err) < 0)
			return -1;
		progress_add(writer->context->progress, len);
		at += len;
	}
	return writer->sink->ops->blob_end(writer->sink, digest, err);
}
