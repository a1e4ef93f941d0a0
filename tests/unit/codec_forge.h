/* codec_forge.h - streams made and taken apart again, for the tests of encoders and decoders.  What
 * is decoded here of gzip and zstd is decoded by one thread and by several. */
#ifndef TESTS_CODEC_FORGE_H
#define TESTS_CODEC_FORGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "io/codec.h"
#include "io/decoder.h"
#include "io/encoder.h"
#include "util/strbuf.h"
#include "util/xalloc.h"

/* A skippable frame, of zstd or lz4, with three bytes of content. */
#define SKIPPABLE "\x53\x2a\x4d\x18\x03\0\0\0abc"

static inline int append(void *arg, const void *data, size_t len, struct error *err)
{
	(void)err;
	strbuf_add(arg, data, len);
	return 0;
}

/* Bytes with some repetition, the same in every run. */
static inline void make_plain(struct strbuf *out, size_t len)
{
	uint32_t seed = 12345;

	while (out->len < len) {
		seed = seed * 1664525 + 1013904223;
		strbuf_addf(out, "%u/%s\n", seed >> 20, seed & 64 ? "usr/lib" : "etc");
	}
	out->len = len;
}

/* In pieces of at most `piece` bytes.  0 or -1. */
static inline int encoder_put(struct encoder *encoder, const struct strbuf *plain, size_t piece,
			      struct error *err)
{
	for (size_t at = 0; at < plain->len;) {
		struct encoder_room room;
		size_t len = plain->len - at < piece ? plain->len - at : piece;

		if (encoder_room(encoder, &room, err) < 0)
			return -1;
		assert_true(room.before <= at && room.len > 0);
		len = len < room.len ? len : room.len;
		memcpy(room.place, plain->data + at, len);
		if (encoder_advance(encoder, len, err) < 0)
			return -1;
		at += len;
	}
	return encoder_finish(encoder, err);
}

static inline void encode(struct strbuf *out, const struct encoding *encoding, unsigned threads,
			  const struct strbuf *plain, size_t piece)
{
	AUTO(error) err = ERROR_INIT;
	AUTO_PTR(encoder) encoder = encoder_open(encoding, threads, append, out, &err);

	assert_non_null(encoder);
	assert_int_equal(encoder_put(encoder, plain, piece, &err), 0);
}

static inline void repeat(struct strbuf *buf)
{
	size_t len = buf->len;
	AUTO_FREE char *copy = xmemdup0(buf->data, len);

	strbuf_add(buf, copy, len);
}

static inline int temp_file(const struct strbuf *content)
{
	FILE *file = tmpfile();

	assert_non_null(file);
	assert_int_equal(fwrite(content->data, 1, content->len, file), content->len);
	assert_int_equal(fflush(file), 0);

	int fd = dup(fileno(file));

	fclose(file);
	return fd;
}

/* Decode everything in reads of `piece` bytes.  0 or -1. */
static inline int decode_with(unsigned threads, struct strbuf *out, enum compression compression,
			      const struct strbuf *packed, size_t piece, bool *trailing,
			      struct error *err)
{
	AUTO_FD fd = temp_file(packed);
	AUTO_FREE char *buf = xmalloc(piece);
	struct byte_source source;

	byte_source_from_range(&source,
			       (struct range){ .fd = fd, .offset = 0, .length = packed->len });

	AUTO_PTR(decoder) decoder = decoder_open(compression, &source, threads, err);
	ssize_t got;

	if (!decoder)
		return -1;
	while ((got = decoder_read(decoder, buf, piece, err)) > 0)
		strbuf_add(out, buf, (size_t)got);
	if (got < 0)
		return -1;
	/* The end stays the end. */
	assert_int_equal(decoder_read(decoder, buf, piece, err), 0);
	assert_true(decoder_consumed(decoder) <= packed->len);
	*trailing = decoder_has_trailing_bytes(decoder);
	return 0;
}

/* Threads change neither bytes nor errors. */
static inline int decode(struct strbuf *out, enum compression compression,
			 const struct strbuf *packed, size_t piece, bool *trailing,
			 struct error *err)
{
	AUTO(error) other_err = ERROR_INIT;
	AUTO(strbuf) other = STRBUF_INIT;
	bool other_trailing = false;
	int rc = decode_with(1, out, compression, packed, piece, trailing, err);

	/* Members of the other formats do not tell their length. */
	if (compression != COMPRESSION_GZIP && compression != COMPRESSION_ZSTD)
		return rc;
	assert_int_equal(
		decode_with(3, &other, compression, packed, piece, &other_trailing, &other_err),
		rc);
	assert_int_equal(other_err.code, err->code);
	assert_int_equal(other.len, out->len);
	if (out->len)
		assert_memory_equal(other.data, out->data, out->len);
	if (rc < 0)
		assert_string_equal(other_err.message, err->message);
	else
		assert_int_equal(other_trailing, *trailing);
	return rc;
}

static inline void assert_decodes(enum compression compression, const struct strbuf *packed,
				  size_t piece, const struct strbuf *plain, bool expect_trailing)
{
	AUTO(error) err = ERROR_INIT;
	AUTO(strbuf) out = STRBUF_INIT;
	bool trailing = false;

	if (decode(&out, compression, packed, piece, &trailing, &err) < 0)
		fail_msg("%s: %s", codec_name(compression), err.message);
	assert_int_equal(out.len, plain->len);
	if (out.len)
		assert_memory_equal(out.data, plain->data, out.len);
	assert_int_equal(trailing, expect_trailing);
}

static inline void assert_fails(enum compression compression, const struct strbuf *packed,
				enum err_code code, const char *text)
{
	AUTO(error) err = ERROR_INIT;
	AUTO(strbuf) out = STRBUF_INIT;
	bool trailing;

	if (decode(&out, compression, packed, 65536, &trailing, &err) == 0)
		fail_msg("%s: %zu bytes decoded without an error", codec_name(compression),
			 packed->len);
	assert_int_equal(err.code, code);
	assert_non_null(strstr(err.message, text));
}

#endif
