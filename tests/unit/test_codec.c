/* test_codec.c - probing, decoding and encoding of every compression. */
#include "codec_forge.h"

#include <archive.h>
#include <archive_entry.h>

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static const enum compression all[] = { COMPRESSION_GZIP, COMPRESSION_ZSTD, COMPRESSION_XZ,
					COMPRESSION_BZIP2, COMPRESSION_LZ4 };

/* What stands behind the end of these is left unread; behind that of xz it is an error. */
static const enum compression lenient[] = { COMPRESSION_GZIP, COMPRESSION_ZSTD, COMPRESSION_BZIP2,
					    COMPRESSION_LZ4 };

#define EMPTY_LZ4 "\x04\x22\x4d\x18\x64\x40\xa7\0\0\0\0\x05\x5d\xcc\x02"

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

/* `size` bytes, and the stream that they make. */
static void make_stream(struct strbuf *packed, enum compression compression, size_t size,
			struct strbuf *plain)
{
	make_plain(plain, size);
	pack(packed, compression, plain);
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

			make_stream(&packed, all[i], sizes[s], &plain);
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

		make_stream(&packed, all[i], 5000, &plain);
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
	(void)state;
	for (size_t i = 0; i < COUNT(lenient); i++) {
		AUTO(strbuf) plain = STRBUF_INIT;
		AUTO(strbuf) packed = STRBUF_INIT;

		make_stream(&packed, lenient[i], 5000, &plain);
		strbuf_addstr(&packed, "rubbish of some length");
		assert_decodes(lenient[i], &packed, 65536, &plain, true);
	}
}

static void test_garbage_behind_xz(void **state)
{
	(void)state;
	for (int zeros = 0; zeros <= 512; zeros += 512) {
		AUTO(strbuf) plain = STRBUF_INIT;
		AUTO(strbuf) packed = STRBUF_INIT;

		make_stream(&packed, COMPRESSION_XZ, 5000, &plain);
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

		make_stream(&packed, all[i], 300, &plain);

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

	make_stream(&one, compression, 3000, &text);
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
	(void)state;
	for (size_t i = 0; i < COUNT(lenient); i++) {
		AUTO(strbuf) plain = STRBUF_INIT;
		AUTO(strbuf) packed = STRBUF_INIT;
		AUTO(strbuf) more = STRBUF_INIT;
		AUTO(strbuf) small = STRBUF_INIT;

		make_stream(&small, lenient[i], 300, &more);
		pack_up_to(&packed, lenient[i], &plain, (size_t)256 << 10);

		size_t one = packed.len;

		for (size_t len = 1; len < small.len; len++) {
			packed.len = one;
			strbuf_add(&packed, small.data, len);
			assert_fails(lenient[i], &packed, ERR_FORMAT, " stream");
		}
		packed.len = one;
		strbuf_add(&packed, small.data, small.len);
		strbuf_add(&plain, more.data, more.len);
		assert_decodes(lenient[i], &packed, 65536, &plain, false);
		plain.len -= more.len;
		packed.len = one;
		strbuf_addch(&packed, 'x');
		for (int zeros = 0; zeros < 64; zeros++)
			strbuf_addch(&packed, '\0');
		assert_decodes(lenient[i], &packed, 65536, &plain, true);
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

		make_stream(&packed, all[i], 400, &plain);
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

		make_stream(&packed, all[i], 400, &plain);

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

		make_stream(&packed, all[i], 3000, &plain);
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

/* Bytes that come again behind the 2 MiB of the level's own window cost little: files of layers
 * do. */
static void test_zstd_finds_what_is_far_apart(void **state)
{
	const struct encoding encoding = { .compression = COMPRESSION_ZSTD };
	AUTO(strbuf) plain = STRBUF_INIT;
	AUTO(strbuf) once = STRBUF_INIT;
	AUTO(strbuf) twice = STRBUF_INIT;

	(void)state;
	make_plain(&plain, 3 << 20);
	encode(&once, &encoding, 1, &plain, 1 << 20);
	repeat(&plain);
	encode(&twice, &encoding, 1, &plain, 1 << 20);
	assert_true(twice.len < once.len + once.len / 4);
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
	AUTO(strbuf) plain = STRBUF_INIT;

	(void)state;
	make_plain(&plain, 100000);
	assert_decodes(COMPRESSION_NONE, &plain, 333, &plain, false);
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
		cmocka_unit_test(test_source_errors_pass_unchanged),
		cmocka_unit_test(test_pipe_in_single_bytes),
		cmocka_unit_test(test_output_depends_on_input_alone),
		cmocka_unit_test(test_short_output_is_the_same),
		cmocka_unit_test(test_zstd_finds_what_is_far_apart),
		cmocka_unit_test(test_gzip_header),
		cmocka_unit_test(test_none_passes_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
