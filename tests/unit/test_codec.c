/* test_codec.c - probing, decoding and encoding of every compression. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <archive.h>
#include <archive_entry.h>
#include <unistd.h>

#include "io/codec.h"
#include "io/decoder.h"
#include "io/encoder.h"
#include "util/strbuf.h"
#include "util/xalloc.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static const enum compression all[] = { COMPRESSION_GZIP, COMPRESSION_ZSTD, COMPRESSION_XZ,
					COMPRESSION_BZIP2, COMPRESSION_LZ4 };

/* A skippable frame, of zstd or lz4, with three bytes of content. */
#define SKIPPABLE "\x53\x2a\x4d\x18\x03\0\0\0abc"

#define EMPTY_LZ4 "\x04\x22\x4d\x18\x64\x40\xa7\0\0\0\0\x05\x5d\xcc\x02"

static int append(void *arg, const void *data, size_t len, struct error *err)
{
	(void)err;
	strbuf_add(arg, data, len);
	return 0;
}

/* Bytes with some repetition, the same in every run. */
static void make_plain(struct strbuf *out, size_t len)
{
	uint32_t seed = 12345;

	while (out->len < len) {
		seed = seed * 1664525 + 1013904223;
		strbuf_addf(out, "%u/%s\n", seed >> 20, seed & 64 ? "usr/lib" : "etc");
	}
	out->len = len;
}

static void encode(struct strbuf *out, const struct encoding *encoding, unsigned threads,
		   const struct strbuf *plain, size_t piece)
{
	AUTO(error) err = ERROR_INIT;
	AUTO_PTR(encoder) encoder = encoder_open(encoding, threads, append, out, &err);

	assert_non_null(encoder);
	for (size_t at = 0; at < plain->len; at += piece) {
		size_t len = plain->len - at < piece ? plain->len - at : piece;

		assert_int_equal(encoder_write(encoder, plain->data + at, len, &err), 0);
	}
	assert_int_equal(encoder_finish(encoder, &err), 0);
}

/* xz, bzip2 and lz4 are only read, so libarchive writes them here. */
static void pack(struct strbuf *out, enum compression compression, const struct strbuf *plain)
{
	const struct encoding encoding = { .compression = compression };
	size_t room = plain->len + 100000, used = 0;
	AUTO_FREE char *packed = xmalloc(room);

	if (compression == COMPRESSION_GZIP || compression == COMPRESSION_ZSTD) {
		encode(out, &encoding, 1, plain, 1 << 20);
		return;
	}

	/* libarchive crashes when it writes an lz4 stream of nothing. */
	if (compression == COMPRESSION_LZ4 && plain->len == 0) {
		strbuf_add(out, EMPTY_LZ4, sizeof(EMPTY_LZ4) - 1);
		return;
	}

	struct archive *archive = archive_write_new();
	struct archive_entry *entry = archive_entry_new();

	archive_write_set_format_raw(archive);
	if (compression == COMPRESSION_XZ)
		archive_write_add_filter_xz(archive);
	else if (compression == COMPRESSION_BZIP2)
		archive_write_add_filter_bzip2(archive);
	else
		archive_write_add_filter_lz4(archive);
	archive_write_set_bytes_in_last_block(archive, 1);
	assert_int_equal(archive_write_open_memory(archive, packed, room, &used), ARCHIVE_OK);
	archive_entry_set_filetype(entry, AE_IFREG);
	assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
	if (plain->len)
		assert_int_equal(archive_write_data(archive, plain->data, plain->len), plain->len);
	archive_entry_free(entry);
	assert_int_equal(archive_write_close(archive), ARCHIVE_OK);
	archive_write_free(archive);
	strbuf_add(out, packed, used);
}

static void repeat(struct strbuf *buf)
{
	size_t len = buf->len;
	AUTO_FREE char *copy = xmemdup0(buf->data, len);

	strbuf_add(buf, copy, len);
}

static int temp_file(const struct strbuf *content)
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
static int decode_with(unsigned threads, struct strbuf *out, enum compression compression,
		       const struct strbuf *packed, size_t piece, bool *trailing, struct error *err)
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
static int decode(struct strbuf *out, enum compression compression, const struct strbuf *packed,
		  size_t piece, bool *trailing, struct error *err)
{
	AUTO(error) other_err = ERROR_INIT;
	AUTO(strbuf) other = STRBUF_INIT;
	bool other_trailing = false;
	int rc = decode_with(1, out, compression, packed, piece, trailing, err);

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

static void assert_decodes(enum compression compression, const struct strbuf *packed, size_t piece,
			   const struct strbuf *plain, bool expect_trailing)
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

static void assert_fails(enum compression compression, const struct strbuf *packed,
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

static void test_probe(void **state)
{
	static const struct {
		const char *head;
		size_t len;
		enum compression expected;
	} rows[] = {
		{ "\x1f\x8b\x08\0\0\0", 6, COMPRESSION_GZIP },
		{ "\x1f\x8b\x08", 3, COMPRESSION_GZIP },
		{ "\x1f\x8b", 2, COMPRESSION_NONE },
		{ "\x1f\x8b\x07\0\0\0", 6, COMPRESSION_NONE },
		{ "\x28\xb5\x2f\xfd", 4, COMPRESSION_ZSTD },
		{ "\x50\x2a\x4d\x18\0\0", 6, COMPRESSION_ZSTD },
		{ "\x5f\x2a\x4d\x18\0\0", 6, COMPRESSION_ZSTD },
		{ "\x60\x2a\x4d\x18\0\0", 6, COMPRESSION_NONE },
		{ "\xfd"
		  "7zXZ\0",
		  6, COMPRESSION_XZ },
		{ "\xfd"
		  "7zXZ",
		  5, COMPRESSION_NONE },
		{ "BZh91A", 6, COMPRESSION_BZIP2 },
		{ "BZh9\x17\x72", 6, COMPRESSION_BZIP2 },
		{ "BZh", 3, COMPRESSION_BZIP2 },
		{ "BZhang", 6, COMPRESSION_NONE },
		{ "\x04\x22\x4d\x18\x64\x40", 6, COMPRESSION_LZ4 },
		{ "blobs/", 6, COMPRESSION_NONE },
		{ "", 0, COMPRESSION_NONE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(codec_probe(rows[i].head, rows[i].len), rows[i].expected);
	assert_string_equal(codec_name(COMPRESSION_BZIP2), "bzip2");
	assert_string_equal(codec_name(COMPRESSION_LZ4), "lz4");
}

static void test_round_trip(void **state)
{
	static const size_t sizes[] = { 0, 1, 1000, (1 << 20) - 1, 1 << 20, (3 << 20) + 77 };
	static const size_t pieces[] = { 4096, 1 << 20 };

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++)
		for (size_t s = 0; s < COUNT(sizes); s++) {
			AUTO(strbuf) plain = STRBUF_INIT;
			AUTO(strbuf) packed = STRBUF_INIT;

			make_plain(&plain, sizes[s]);
			pack(&packed, all[i], &plain);
			assert_int_equal(codec_probe(packed.data, packed.len), all[i]);
			for (size_t p = 0; p < COUNT(pieces); p++)
				assert_decodes(all[i], &packed, pieces[p], &plain, false);
		}
}

static void test_concatenated_and_padded(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		AUTO(strbuf) plain = STRBUF_INIT;
		AUTO(strbuf) packed = STRBUF_INIT;

		make_plain(&plain, 5000);
		pack(&packed, all[i], &plain);
		pack(&packed, all[i], &plain);
		repeat(&plain);
		assert_decodes(all[i], &packed, 999, &plain, false);
		for (int k = 0; k < 512; k++)
			strbuf_addch(&packed, '\0');
		assert_decodes(all[i], &packed, 65536, &plain, false);
		if (all[i] == COMPRESSION_XZ)
			continue;
		strbuf_addstr(&packed, "rubbish");
		assert_decodes(all[i], &packed, 65536, &plain, true);
	}
}

static void test_garbage_right_behind(void **state)
{
	static const enum compression some[] = { COMPRESSION_GZIP, COMPRESSION_ZSTD,
						 COMPRESSION_BZIP2, COMPRESSION_LZ4 };

	(void)state;
	for (size_t i = 0; i < COUNT(some); i++) {
		AUTO(strbuf) plain = STRBUF_INIT;
		AUTO(strbuf) packed = STRBUF_INIT;

		make_plain(&plain, 5000);
		pack(&packed, some[i], &plain);
		strbuf_addstr(&packed, "rubbish of some length");
		assert_decodes(some[i], &packed, 65536, &plain, true);
	}
}

static void test_garbage_behind_xz(void **state)
{
	(void)state;
	for (int zeros = 0; zeros <= 512; zeros += 512) {
		AUTO(strbuf) plain = STRBUF_INIT;
		AUTO(strbuf) packed = STRBUF_INIT;

		make_plain(&plain, 5000);
		pack(&packed, COMPRESSION_XZ, &plain);
		for (int k = 0; k < zeros; k++)
			strbuf_addch(&packed, '\0');
		strbuf_addstr(&packed, "rubbish of some length");
		assert_fails(COMPRESSION_XZ, &packed, ERR_FORMAT, "followed by something else");
	}
}

static void test_skippable_frames(void **state)
{
	AUTO(strbuf) plain = STRBUF_INIT;
	AUTO(strbuf) packed = STRBUF_INIT;

	(void)state;
	make_plain(&plain, 5000);
	strbuf_add(&packed, SKIPPABLE, sizeof(SKIPPABLE) - 1);
	pack(&packed, COMPRESSION_ZSTD, &plain);
	strbuf_add(&packed, SKIPPABLE, sizeof(SKIPPABLE) - 1);
	strbuf_add(&packed, SKIPPABLE, sizeof(SKIPPABLE) - 1);
	assert_decodes(COMPRESSION_ZSTD, &packed, 65536, &plain, false);
	plain.len = 0;
	packed.len = sizeof(SKIPPABLE) - 1;
	assert_decodes(COMPRESSION_ZSTD, &packed, 65536, &plain, false);

	packed.len = 0;
	make_plain(&plain, 5000);
	for (int frame = 0; frame < 2; frame++) {
		pack(&packed, COMPRESSION_LZ4, &plain);
		strbuf_add(&packed, SKIPPABLE, sizeof(SKIPPABLE) - 1);
	}
	repeat(&plain);
	assert_decodes(COMPRESSION_LZ4, &packed, 65536, &plain, false);
}

/* Cut at every length: an error each time, whatever the place. */
static void test_truncation(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		AUTO(strbuf) plain = STRBUF_INIT;
		AUTO(strbuf) packed = STRBUF_INIT;

		make_plain(&plain, 300);
		pack(&packed, all[i], &plain);

		size_t one = packed.len;

		for (size_t len = 0; len < one; len++) {
			packed.len = len;
			assert_fails(all[i], &packed, ERR_FORMAT, "stream ends too early");
		}
		/* In the second member, too. */
		packed.len = one;
		repeat(&packed);
		for (size_t len = one + 1; len < 2 * one; len++) {
			packed.len = len;
			assert_fails(all[i], &packed, ERR_FORMAT, "stream ends too early");
		}
	}
}

/* Streams that end a few bytes before the input buffer does: what comes next is read in two. */
static void pack_up_to(struct strbuf *out, enum compression compression, struct strbuf *plain,
		       size_t end)
{
	AUTO(strbuf) text = STRBUF_INIT;
	AUTO(strbuf) one = STRBUF_INIT;

	make_plain(&text, 3000);
	pack(&one, compression, &text);
	for (size_t len = 1; out->len + 9 < end || out->len >= end; len++) {
		assert_true(len < text.len);
		out->len = plain->len = 0;
		strbuf_add(plain, text.data, len);
		pack(out, compression, plain);
		while (out->len + one.len < end) {
			strbuf_add(out, one.data, one.len);
			strbuf_add(plain, text.data, text.len);
		}
	}
}

static void test_next_header_is_read_in_two(void **state)
{
	static const enum compression some[] = { COMPRESSION_GZIP, COMPRESSION_ZSTD,
						 COMPRESSION_BZIP2, COMPRESSION_LZ4 };

	(void)state;
	for (size_t i = 0; i < COUNT(some); i++) {
		AUTO(strbuf) plain = STRBUF_INIT;
		AUTO(strbuf) packed = STRBUF_INIT;
		AUTO(strbuf) more = STRBUF_INIT;
		AUTO(strbuf) small = STRBUF_INIT;

		make_plain(&more, 300);
		pack(&small, some[i], &more);
		pack_up_to(&packed, some[i], &plain, (size_t)256 << 10);

		size_t one = packed.len;

		for (size_t len = 1; len < small.len; len++) {
			packed.len = one;
			strbuf_add(&packed, small.data, len);
			assert_fails(some[i], &packed, ERR_FORMAT, " stream");
		}
		packed.len = one;
		strbuf_add(&packed, small.data, small.len);
		strbuf_add(&plain, more.data, more.len);
		assert_decodes(some[i], &packed, 65536, &plain, false);
		plain.len -= more.len;
		packed.len = one;
		strbuf_addch(&packed, 'x');
		for (int zeros = 0; zeros < 64; zeros++)
			strbuf_addch(&packed, '\0');
		assert_decodes(some[i], &packed, 65536, &plain, true);
	}
}

/* Every single changed byte of the content is found, or changes nothing. */
static void test_damage(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		AUTO(strbuf) plain = STRBUF_INIT;
		AUTO(strbuf) packed = STRBUF_INIT;
		unsigned found = 0;

		make_plain(&plain, 400);
		pack(&packed, all[i], &plain);
		for (size_t at = 0; at < packed.len; at++) {
			AUTO(error) err = ERROR_INIT;
			AUTO(strbuf) out = STRBUF_INIT;
			bool trailing;

			packed.data[at] = (char)(packed.data[at] ^ 0x10);

			int rc = decode(&out, all[i], &packed, 4096, &trailing, &err);

			packed.data[at] = (char)(packed.data[at] ^ 0x10);
			found += rc < 0;
			assert_int_equal(rc < 0, err.code != ERR_NONE);
			if (rc == 0 && out.len)
				assert_memory_equal(out.data, plain.data, out.len);
		}
		assert_true(found > packed.len * 3 / 4);
	}
}

/* In some members of five, the length that they tell is wrong. */
static void test_lying_lengths(void **state)
{
	static const struct encoding gzip = { .compression = COMPRESSION_GZIP };
	static const uint32_t lies[] = { 0, 1, 27, 28, 29, 40, 5000, 20000000, UINT32_MAX };
	AUTO(strbuf) plain = STRBUF_INIT;
	AUTO(strbuf) packed = STRBUF_INIT;
	AUTO(strbuf) piece = STRBUF_INIT;
	size_t members[5];

	(void)state;
	make_plain(&piece, 30000);
	for (int i = 0; i < 5; i++) {
		members[i] = packed.len;
		encode(&packed, &gzip, 1, &piece, 30000);
		strbuf_add(&plain, piece.data, piece.len);
	}
	assert_decodes(COMPRESSION_GZIP, &packed, 1 << 16, &plain, false);
	for (size_t l = 0; l < COUNT(lies); l++)
		for (int from = 0; from < 5; from++)
			for (int to = from; to < 5; to++) {
				AUTO(strbuf) lying = STRBUF_INIT;

				strbuf_add(&lying, packed.data, packed.len);
				for (int i = from; i <= to; i++)
					memcpy(lying.data + members[i] + 16, &lies[l], 4);
				assert_decodes(COMPRESSION_GZIP, &lying, 7777, &plain, false);
			}
}

/* Members that tell their length among others that do not. */
static void test_mixed_members(void **state)
{
	/* printf abc | gzip -n */
	static const unsigned char foreign[] = { 0x1f, 0x8b, 0x08, 0,	 0,    0,    0, 0,
						 0,    0x03, 0x4b, 0x4c, 0x4a, 0x06, 0, 0xc2,
						 0x41, 0x24, 0x35, 0x03, 0,    0,    0 };
	static const struct encoding gzip = { .compression = COMPRESSION_GZIP };
	AUTO(strbuf) plain = STRBUF_INIT;
	AUTO(strbuf) packed = STRBUF_INIT;

	(void)state;
	for (int i = 0; i < 40; i++) {
		AUTO(strbuf) piece = STRBUF_INIT;

		make_plain(&piece, (size_t)i * 1000);
		if (i % 5 == 2) {
			strbuf_add(&packed, (const char *)foreign, sizeof(foreign));
			strbuf_addstr(&plain, "abc");
		}
		encode(&packed, &gzip, 2, &piece, 4096);
		strbuf_add(&plain, piece.data ? piece.data : "", piece.len);
	}
	assert_decodes(COMPRESSION_GZIP, &packed, 10000, &plain, false);
}

/* Frames of full size, skippable ones between them; cut, and damaged. */
static void test_many_frames(void **state)
{
	static const struct encoding zstd = { .compression = COMPRESSION_ZSTD };
	AUTO(strbuf) plain = STRBUF_INIT;
	AUTO(strbuf) packed = STRBUF_INIT;

	(void)state;
	make_plain(&plain, 2 * ENCODER_FRAME + 5);
	encode(&packed, &zstd, 4, &plain, 1 << 20);
	strbuf_add(&packed, SKIPPABLE, sizeof(SKIPPABLE) - 1);
	repeat(&packed);
	repeat(&plain);
	assert_decodes(COMPRESSION_ZSTD, &packed, 1 << 20, &plain, false);
	packed.len -= sizeof(SKIPPABLE) + 5;
	assert_fails(COMPRESSION_ZSTD, &packed, ERR_FORMAT, "ends too early");
	packed.data[packed.len / 3] = (char)(packed.data[packed.len / 3] ^ 1);
	assert_fails(COMPRESSION_ZSTD, &packed, ERR_FORMAT, "");
}

/* A source that fails is not a broken stream. */
static void test_source_errors_pass_unchanged(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		AUTO(strbuf) plain = STRBUF_INIT;
		AUTO(strbuf) packed = STRBUF_INIT;
		AUTO(error) err = ERROR_INIT;
		char buf[4096];
		struct byte_source source;

		make_plain(&plain, 400);
		pack(&packed, all[i], &plain);

		AUTO_FD fd = temp_file(&packed);

		assert_int_equal(ftruncate(fd, (off_t)packed.len / 2), 0);
		byte_source_from_range(
			&source, (struct range){ .fd = fd, .offset = 0, .length = packed.len });

		AUTO_PTR(decoder) decoder = decoder_open(all[i], &source, 1, &err);
		ssize_t got = decoder ? 1 : -1;

		while (got > 0)
			got = decoder_read(decoder, buf, sizeof(buf), &err);
		assert_int_equal(got, -1);
		assert_int_equal(err.code, ERR_IO);
		assert_non_null(strstr(err.message, "became shorter"));
	}
}

static void test_pipe_in_single_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		AUTO(strbuf) plain = STRBUF_INIT;
		AUTO(strbuf) packed = STRBUF_INIT;
		AUTO(strbuf) out = STRBUF_INIT;
		AUTO(error) err = ERROR_INIT;
		struct byte_source source;
		char head[CODEC_MAGIC_BYTES], byte;
		int ends[2];

		make_plain(&plain, 3000);
		pack(&packed, all[i], &plain);
		assert_true(packed.len < 65536);
		assert_int_equal(pipe(ends), 0);
		assert_int_equal(write(ends[1], packed.data, packed.len), packed.len);
		close(ends[1]);
		byte_source_from_stream(&source, ends[0]);
		assert_int_equal(byte_source_peek(&source, head, sizeof(head), &err), sizeof(head));
		assert_int_equal(codec_probe(head, sizeof(head)), all[i]);

		AUTO_PTR(decoder) decoder = decoder_open(all[i], &source, 1, &err);

		assert_non_null(decoder);
		while (decoder_read(decoder, &byte, 1, &err) == 1)
			strbuf_addch(&out, byte);
		assert_int_equal(err.code, ERR_NONE);
		assert_int_equal(out.len, plain.len);
		assert_memory_equal(out.data, plain.data, plain.len);
		close(ends[0]);
	}
}

static void test_output_depends_on_input_alone(void **state)
{
	static const struct encoding encodings[] = {
		{ .compression = COMPRESSION_GZIP },
		{ .compression = COMPRESSION_GZIP, .level = 1 },
		{ .compression = COMPRESSION_ZSTD, .level = 1 },
		{ .compression = COMPRESSION_ZSTD },
		{ .compression = COMPRESSION_ZSTD, .level = 3, .long_window = true },
	};
	static const struct {
		unsigned threads;
		size_t piece;
	} ways[] = { { 2, 1 << 20 }, { 8, 333333 }, { 1, 777 }, { 3, 32 << 20 } };
	AUTO(strbuf) plain = STRBUF_INIT;

	(void)state;
	make_plain(&plain, (20 << 20) + 1234);
	for (size_t i = 0; i < COUNT(encodings); i++) {
		AUTO(strbuf) reference = STRBUF_INIT;

		encode(&reference, &encodings[i], 1, &plain, 1 << 20);
		assert_decodes(encodings[i].compression, &reference, 1 << 20, &plain, false);
		for (size_t k = 0; k < COUNT(ways); k++) {
			AUTO(strbuf) other = STRBUF_INIT;

			encode(&other, &encodings[i], ways[k].threads, &plain, ways[k].piece);
			assert_int_equal(other.len, reference.len);
			assert_memory_equal(other.data, reference.data, other.len);
		}
	}
}

static void test_short_output_is_the_same(void **state)
{
	static const size_t sizes[] = { 0, 1, 100, 70000 };
	static const enum compression written[] = { COMPRESSION_GZIP, COMPRESSION_ZSTD };

	(void)state;
	for (size_t i = 0; i < COUNT(written); i++)
		for (size_t s = 0; s < COUNT(sizes); s++) {
			const struct encoding encoding = { .compression = written[i] };
			AUTO(strbuf) plain = STRBUF_INIT;
			AUTO(strbuf) one = STRBUF_INIT;
			AUTO(strbuf) many = STRBUF_INIT;

			make_plain(&plain, sizes[s]);
			encode(&one, &encoding, 1, &plain, 1 << 20);
			encode(&many, &encoding, 8, &plain, 13);
			assert_int_equal(one.len, many.len);
			assert_memory_equal(one.data, many.data, one.len);
		}
}

static void test_gzip_header(void **state)
{
	const struct encoding encoding = { .compression = COMPRESSION_GZIP };
	AUTO(strbuf) plain = STRBUF_INIT;
	AUTO(strbuf) packed = STRBUF_INIT;

	(void)state;
	encode(&packed, &encoding, 4, &plain, 1);
	/* deflate, an extra field, no time, default effort, unknown system; the length of it all */
	assert_true(packed.len >= 28 && packed.len < 256);
	assert_memory_equal(packed.data, "\x1f\x8b\x08\x04\0\0\0\0\0\xff\x08\0IG\x04\0", 16);
	assert_int_equal((unsigned char)packed.data[16], packed.len);
	assert_memory_equal(packed.data + 17, "\0\0\0", 3);
}

static void test_none_passes_through(void **state)
{
	const struct encoding encoding = { .compression = COMPRESSION_NONE };
	AUTO(strbuf) plain = STRBUF_INIT;
	AUTO(strbuf) out = STRBUF_INIT;

	(void)state;
	make_plain(&plain, 100000);
	encode(&out, &encoding, 4, &plain, 7000);
	assert_int_equal(out.len, plain.len);
	assert_memory_equal(out.data, plain.data, plain.len);
	assert_decodes(COMPRESSION_NONE, &out, 333, &plain, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_probe),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_concatenated_and_padded),
		cmocka_unit_test(test_garbage_right_behind),
		cmocka_unit_test(test_garbage_behind_xz),
		cmocka_unit_test(test_skippable_frames),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_next_header_is_read_in_two),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_lying_lengths),
		cmocka_unit_test(test_mixed_members),
		cmocka_unit_test(test_many_frames),
		cmocka_unit_test(test_source_errors_pass_unchanged),
		cmocka_unit_test(test_pipe_in_single_bytes),
		cmocka_unit_test(test_output_depends_on_input_alone),
		cmocka_unit_test(test_short_output_is_the_same),
		cmocka_unit_test(test_gzip_header),
		cmocka_unit_test(test_none_passes_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
