/* blob_writer.c - plain bytes in, a stored blob out.
 *
 * Plain bytes gather in the chunks of a hash stream: the crew hashes one while the calling thread
 * writes it.  What is to be compressed gathers in the encoder, and is hashed there. */
#include "blob_writer.h"

#include <string.h>

#include "util/xalloc.h"

struct blob_writer {
	struct sink *sink;
	const struct context *context;
	struct hash_stream *plain, *stored; /* `stored`: of compressed bytes */
	struct encoder *encoder;	    /* NULL: stored plain */
	unsigned char *chunk;		    /* of the stream or the encoder */
	size_t room, len;		    /* bytes of it in all, and in use */
	bool last; /* chunk of a room: when it is full, the encoder uses its memory anew */
	const struct digest *known; /* of the plain bytes; NULL: they are hashed */
	uint64_t plain_bytes, stored_bytes;
};

static void own_chunk(struct blob_writer *writer)
{
	writer->chunk = hash_stream_chunk(writer->plain);
	writer->room = HASH_CHUNK_BYTES;
}

struct blob_writer *blob_writer_new(struct sink *sink, const struct context *context)
{
	struct blob_writer *writer = xcalloc(1, sizeof(*writer));

	writer->sink = sink;
	writer->context = context;
	writer->plain = hash_stream_new(context->crew);
	writer->stored = hash_stream_new(context->crew);
	own_chunk(writer);
	return writer;
}

void blob_writer_free(struct blob_writer *writer)
{
	/* Before that in which they read. */
	hash_stream_free(writer->plain);
	hash_stream_free(writer->stored);
	encoder_close(writer->encoder);
	free(writer);
}

/* Compressed bytes are hashed side by side with plain ones. */
static int emit(void *arg, const void *data, size_t len, struct error *err)
{
	struct blob_writer *writer = arg;
	int rc;

	hash_stream_lend(writer->stored, data, len);
	writer->stored_bytes += len;
	rc = writer->sink->ops->write(writer->sink, data, len, err);
	if (!encoder_keeps_output(writer->encoder))
		hash_stream_wait(writer->stored, writer->stored_bytes);
	return rc;
}

/* The place for what comes next. */
static int next_chunk(struct blob_writer *writer, struct error *err)
{
	struct encoder_room room;

	writer->len = 0;
	if (!writer->encoder) {
		own_chunk(writer);
		return 0;
	}
	if (encoder_room(writer->encoder, &room, err) < 0)
		return -1;
	if (!writer->known)
		hash_stream_wait(writer->plain, room.before);
	writer->chunk = room.place;
	writer->last = room.len <= HASH_CHUNK_BYTES;
	writer->room = writer->last ? room.len : HASH_CHUNK_BYTES;
	return 0;
}

int blob_writer_begin(struct blob_writer *writer, const struct encoding *encoding, uint64_t bytes,
		      const struct digest *known, struct error *err)
{
	/* A compressor is slower than a hash: nobody waits for that then. */
	bool waits = !known && encoding->compression == COMPRESSION_NONE;

	hash_stream_expect(writer->plain, waits ? bytes : 0);
	writer->known = known;
	writer->plain_bytes = writer->stored_bytes = 0;
	if (encoding->compression != COMPRESSION_NONE) {
		writer->encoder =
			encoder_open(encoding, writer->context->threads, emit, writer, err);
		if (!writer->encoder || next_chunk(writer, err) < 0)
			return -1;
	}
	return writer->sink->ops->blob_begin(writer->sink, err);
}

/* Hash and write or compress the chunk at hand. */
static int flush(struct blob_writer *writer, struct error *err)
{
	writer->plain_bytes += writer->len;
	progress_add(writer->context->progress, writer->len);
	if (writer->encoder) {
		if (!writer->known)
			hash_stream_lend(writer->plain, writer->chunk, writer->len);
		if (writer->last)
			hash_stream_wait(writer->stored, writer->stored_bytes);
		return encoder_advance(writer->encoder, writer->len, err);
	}
	if (!writer->known)
		hash_stream_push(writer->plain, writer->len);
	return writer->sink->ops->write(writer->sink, writer->chunk, writer->len, err);
}

/* Room in the chunk at hand, at most `want` bytes and at least one. */
static int room(struct blob_writer *writer, uint64_t want, unsigned char **place, size_t *len,
		struct error *err)
{
	if (writer->len == writer->room && (flush(writer, err) < 0 || next_chunk(writer, err) < 0))
		return -1;

	size_t left = writer->room - writer->len;

	*place = writer->chunk + writer->len;
	*len = left < want ? left : (size_t)want;
	writer->len += *len;
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
		     uint64_t len, struct hash_stream *follower, struct error *err)
{
	while (len) {
		unsigned char *place;
		size_t n;
		if (room(writer, len, &place, &n, err) < 0 ||
		    range_read(range, at, place, n, err) < 0)
			return -1;
		at += n;
		len -= n;
		hash_stream_reached(follower, at);
	}
	return 0;
}

int blob_writer_end(struct blob_writer *writer, struct blob_result *result, struct error *err)
{
	bool compressed = writer->encoder != NULL;

	if (flush(writer, err) < 0)
		return -1;
	hash_stream_wait(writer->stored, writer->stored_bytes);
	if (compressed && encoder_finish(writer->encoder, err) < 0)
		return -1;
	if (hash_stream_finish(writer->plain, &result->plain, err) < 0)
		return -1;
	if (writer->known)
		result->plain = *writer->known;
	result->stored = result->plain;
	result->plain_bytes = result->stored_bytes = writer->plain_bytes;
	if (compressed) {
		if (hash_stream_finish(writer->stored, &result->stored, err) < 0)
			return -1;
		result->stored_bytes = writer->stored_bytes;
		encoder_close(STEAL(writer->encoder));
	}
	if (next_chunk(writer, err) < 0)
		return -1;
	return writer->sink->ops->blob_end(writer->sink, &result->stored, err);
}

int blob_writer_pass(struct blob_writer *writer, const struct range *stored,
		     const struct digest *digest, struct hash_stream *follower, struct error *err)
{
	unsigned char *buf = writer->chunk;

	if (writer->sink->ops->blob_begin(writer->sink, err) < 0)
		return -1;
	for (uint64_t at = 0; at < stored->length;) {
		size_t len = stored->length - at < HASH_CHUNK_BYTES ? (size_t)(stored->length - at)
								    : HASH_CHUNK_BYTES;
		if (range_read(stored, at, buf, len, err) < 0 ||
		    writer->sink->ops->write(writer->sink, buf, len, err) < 0)
			return -1;
		progress_add(writer->context->progress, len);
		at += len;
		hash_stream_reached(follower, at);
	}
	return writer->sink->ops->blob_end(writer->sink, digest, err);
}
