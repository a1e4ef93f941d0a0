/* test_encoder.c - encodings by name, and encoders whose sink fails. */
#include "codec_forge.h"
#include "util/vec.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static int refuse(void *arg, const void *data, size_t len, struct error *err)
{
	(void)arg;
	(void)data;
	return error_set(err, ERR_IO, "sink is full at %zu", len);
}

static void test_emit_errors(void **state)
{
	static const enum compression written[] = { COMPRESSION_GZIP, COMPRESSION_ZSTD };
	static const unsigned threads[] = { 1, 4 };
	AUTO(strbuf) plain = STRBUF_INIT;

	(void)state;
	strbuf_add(&plain, "abc", 3);
	for (size_t i = 0; i < COUNT(written); i++)
		for (size_t t = 0; t < COUNT(threads); t++) {
			const struct encoding encoding = { .compression = written[i] };
			AUTO(error) err = ERROR_INIT;
			AUTO_PTR(encoder)
			encoder = encoder_open(&encoding, threads[t], refuse, NULL, &err);
			assert_int_equal(encoder_put(encoder, &plain, 3, &err), -1);
			assert_int_equal(err.code, ERR_IO);
			assert_non_null(strstr(err.message, "sink is full"));
		}
}

static void test_others_are_only_read(void **state)
{
	static const enum compression others[] = { COMPRESSION_XZ, COMPRESSION_NONE };

	(void)state;
	for (size_t i = 0; i < COUNT(others); i++) {
		const struct encoding encoding = { .compression = others[i] };
		AUTO(error) err = ERROR_INIT;

		assert_null(encoder_open(&encoding, 1, refuse, NULL, &err));
		assert_int_equal(err.code, ERR_UNSUPPORTED);
		assert_non_null(strstr(err.message, codec_name(others[i])));
	}
}

struct emitted {
	const void *data;
	void *copy;
	size_t len;
};

struct emissions {
	struct VEC(struct emitted) list;
};

static int note(void *arg, const void *data, size_t len, struct error *err)
{
	struct emissions *all = arg;

	(void)err;
	vec_push(&all->list, (struct emitted){ data, xmemdup0(data, len), len });
	return 0;
}

static int discard(void *arg, const void *data, size_t len, struct error *err)
{
	(void)arg;
	(void)data;
	(void)len;
	(void)err;
	return 0;
}

static void compare(struct emissions *all)
{
	vec_foreach (one, &all->list) {
		assert_memory_equal(one->data, one->copy, one->len);
		free(one->copy);
	}
	all->list.count = 0;
}

/* Who reads bytes where they are, as a hash beside the encoder, must find plain ones until it is
 * told that their place is used again, and compressed ones until a room is full. */
static void test_room_is_as_it_was_until_it_is_told(void **state)
{
	static const struct {
		struct encoding encoding;
		bool keeps_output;
	} rows[] = { { { COMPRESSION_GZIP, 1, false }, true },
		     { { COMPRESSION_ZSTD, 1, false }, true },
		     { { COMPRESSION_ZSTD, 1, true }, false } };
	static const unsigned threads[] = { 1, 3 };
	const size_t piece = 1 << 19, pieces = 260;
	AUTO_FREE unsigned char **places = xcalloc(pieces, sizeof(*places));

	(void)state;
	for (size_t i = 0; i < COUNT(rows) * COUNT(threads); i++) {
		AUTO(error) err = ERROR_INIT;
		struct emissions emissions = { VEC_INIT };
		bool keeps_output = rows[i / 2].keeps_output;
		AUTO_PTR(encoder)
		encoder = encoder_open(&rows[i / 2].encoding, threads[i % 2],
				       keeps_output ? note : discard, &emissions, &err);

		assert_int_equal(encoder_keeps_output(encoder), keeps_output);
		for (size_t n = 0, released = 0; n < pieces; n++) {
			struct encoder_room room;

			assert_int_equal(encoder_room(encoder, &room, &err), 0);
			assert_true(room.len >= piece && room.before <= n * piece);
			for (; (released + 1) * piece <= room.before; released++)
				;
			memset(room.place, (int)n % 251, piece);
			places[n] = room.place;
			if (room.len == piece)
				compare(&emissions);
			assert_int_equal(encoder_advance(encoder, piece, &err), 0);
			for (size_t k = released; k <= n; k++)
				assert_int_equal(places[k][n * 4093 % piece], k % 251);
		}
		compare(&emissions);
		assert_int_equal(encoder_finish(encoder, &err), 0);
		compare(&emissions);
		vec_release(&emissions.list);
	}
}

static void test_encoding_parse(void **state)
{
	static const struct {
		const char *text;
		struct encoding expected;
		bool valid;
	} rows[] = {
		{ "none", { COMPRESSION_NONE, 0, false }, true },
		{ "gzip", { COMPRESSION_GZIP, 0, false }, true },
		{ "gzip:1", { COMPRESSION_GZIP, 1, false }, true },
		{ "gzip:12", { COMPRESSION_GZIP, 12, false }, true },
		{ "zstd", { COMPRESSION_ZSTD, 0, false }, true },
		{ "zstd:22", { COMPRESSION_ZSTD, 22, false }, true },
		{ "zstd:19,long", { COMPRESSION_ZSTD, 19, true }, true },
		{ .text = "" },
		{ .text = "none:1" },
		{ .text = "gzip:" },
		{ .text = "gzip:0" },
		{ .text = "gzip:13" },
		{ .text = "gzip:-1" },
		{ .text = "gzip:4294967297" },
		{ .text = "gzip:6,long" },
		{ .text = "gzip6" },
		{ .text = "zstd:23" },
		{ .text = "zstd,long" },
		{ .text = "zstd:3,longer" },
		{ .text = "zstd:3," },
		{ .text = "xz" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(error) err = ERROR_INIT;
		struct encoding got = { COMPRESSION_LZ4, 99, false };
		int rc = encoding_parse(&got, rows[i].text, &err);

		assert_int_equal(rc, rows[i].valid ? 0 : -1);
		assert_int_equal(err.code, rows[i].valid ? ERR_NONE : ERR_USAGE);
		if (!rows[i].valid)
			continue;
		assert_int_equal(got.compression, rows[i].expected.compression);
		assert_int_equal(got.level, rows[i].expected.level);
		assert_int_equal(got.long_window, rows[i].expected.long_window);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_emit_errors),
		cmocka_unit_test(test_others_are_only_read),
		cmocka_unit_test(test_room_is_as_it_was_until_it_is_told),
		cmocka_unit_test(test_encoding_parse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
