/* test_encoder.c - encodings by name, and encoders whose sink fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "io/encoder.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static int refuse(void *arg, const void *data, size_t len, struct error *err)
{
	(void)arg;
	(void)data;
	return error_set(err, ERR_IO, "sink is full at %zu", len);
}

static void test_emit_errors(void **state)
{
	static const enum compression written[] = { COMPRESSION_NONE, COMPRESSION_GZIP,
						    COMPRESSION_ZSTD };
	static const unsigned threads[] = { 1, 4 };

	(void)state;
	for (size_t i = 0; i < COUNT(written); i++)
		for (size_t t = 0; t < COUNT(threads); t++) {
			const struct encoding encoding = { .compression = written[i] };
			AUTO(error) err = ERROR_INIT;
			AUTO_PTR(encoder)
			encoder = encoder_open(&encoding, threads[t], refuse, NULL, &err);
			int rc = encoder_write(encoder, "abc", 3, &err);

			if (rc == 0)
				rc = encoder_finish(encoder, &err);
			assert_int_equal(rc, -1);
			assert_int_equal(err.code, ERR_IO);
			assert_non_null(strstr(err.message, "sink is full"));
		}
}

static void test_xz_is_only_read(void **state)
{
	const struct encoding encoding = { .compression = COMPRESSION_XZ };
	AUTO(error) err = ERROR_INIT;

	(void)state;
	assert_null(encoder_open(&encoding, 1, refuse, NULL, &err));
	assert_int_equal(err.code, ERR_UNSUPPORTED);
	assert_non_null(strstr(err.message, "xz"));
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
		cmocka_unit_test(test_xz_is_only_read),
		cmocka_unit_test(test_encoding_parse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
