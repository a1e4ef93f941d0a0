/* test_text.c - escaping, its inverse, and sizes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/text.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static const struct {
	const char *bytes;
	size_t len;
	const char *text;
} escapes[] = {
	{ "", 0, "" },
	{ "usr/bin", 7, "usr/bin" },
	{ "a\\b", 3, "a\\\\b" },
	{ "\\x41", 4, "\\\\x41" },
	{ "\0", 1, "\\x00" },
	{ "\033[2J\n\x7f", 6, "\\x1b[2J\\x0a\\x7f" },
	{ "\xc3\xa9", 2, "\xc3\xa9" },
	{ "\xe2\x82\xac", 3, "\xe2\x82\xac" },
	{ "\xf0\x9f\x90\xb3", 4, "\xf0\x9f\x90\xb3" },
	{ "\xf4\x8f\xbf\xbd", 4, "\xf4\x8f\xbf\xbd" },
	/* override of direction, line separator, isolate, Arabic letter mark, not a character */
	{ "a\xe2\x80\xaegpj", 7, "a\\xe2\\x80\\xaegpj" },
	{ "\xe2\x80\xa8", 3, "\\xe2\\x80\\xa8" },
	{ "\xe2\x80\xaf", 3, "\xe2\x80\xaf" },
	{ "\xe2\x81\xa6", 3, "\\xe2\\x81\\xa6" },
	{ "\xd8\x9c", 2, "\\xd8\\x9c" },
	{ "\xf4\x8f\xbf\xbf", 4, "\\xf4\\x8f\\xbf\\xbf" },
	/* beyond U+10FFFF, overlong, surrogate, cut off, alone, C1 control */
	{ "\xf4\x90\x80\x80", 4, "\\xf4\\x90\\x80\\x80" },
	{ "\xc0\xaf", 2, "\\xc0\\xaf" },
	{ "\xe0\x80\xaf", 3, "\\xe0\\x80\\xaf" },
	{ "\xf0\x80\x80\xaf", 4, "\\xf0\\x80\\x80\\xaf" },
	{ "\xed\xa0\x80", 3, "\\xed\\xa0\\x80" },
	{ "\xed\x9f\xbf", 3, "\xed\x9f\xbf" },
	{ "\xe2\x82", 2, "\\xe2\\x82" },
	{ "\xe2\x82z", 3, "\\xe2\\x82z" },
	{ "\xff\xfe", 2, "\\xff\\xfe" },
	{ "\x80", 1, "\\x80" },
	{ "\xc2\x9b", 2, "\\xc2\\x9b" },
	{ "\xc2\xa0", 2, "\xc2\xa0" },
};

static void test_escape(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(escapes); i++) {
		AUTO_FREE char *text = text_escaped(escapes[i].bytes, escapes[i].len);
		AUTO(strbuf) back = STRBUF_INIT;

		assert_string_equal(text, escapes[i].text);
		strbuf_addstr(&back, "<");
		assert_int_equal(text_unescape(&back, text), 0);
		assert_int_equal(back.len, escapes[i].len + 1);
		assert_memory_equal(back.data + 1, escapes[i].bytes, escapes[i].len);
	}
}

static void test_unescape_refuses(void **state)
{
	static const char *const rows[] = {
		"\\",	 "a\\", "\\x",	"\\x1", "\\xg0",    "\\n",	  "\\x41",     "\\x5c",
		"\\x1B", "\n",	"\xff", "\x7f", "\xc0\xaf", "\\xc3\\xa9", "\\xc3\xa9",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(strbuf) out = STRBUF_INIT;

		assert_int_equal(text_unescape(&out, rows[i]), -1);
		assert_int_equal(out.len, 0);
	}
}

/* Every pair of bytes goes there and back, and what stands between is printable. */
static void test_all_pairs(void **state)
{
	(void)state;
	for (unsigned pair = 0; pair < 0x10000; pair++) {
		const char bytes[2] = { (char)(pair >> 8), (char)(pair & 0xff) };
		AUTO_FREE char *text = text_escaped(bytes, 2);
		AUTO(strbuf) back = STRBUF_INIT;

		assert_int_equal(text_unescape(&back, text), 0);
		assert_int_equal(back.len, 2);
		assert_memory_equal(back.data, bytes, 2);
		for (const char *c = text; *c; c++)
			assert_false((unsigned char)*c < 0x20);
	}
}

static void test_size(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} rows[] = {
		{ 0, "0 B" },
		{ 999, "999 B" },
		{ 1000, "1.00 kB" },
		{ 1234, "1.23 kB" },
		{ 1235, "1.24 kB" },
		{ 9994, "9.99 kB" },
		{ 9995, "10.0 kB" },
		{ 99949, "99.9 kB" },
		{ 99950, "100 kB" },
		{ 999499, "999 kB" },
		{ 999500, "1.00 MB" },
		{ 45600000, "45.6 MB" },
		{ 3160000000, "3.16 GB" },
		{ 999999999999, "1.00 TB" },
		{ UINT64_MAX, "18.4 EB" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[TEXT_SIZE_MAX];

		assert_string_equal(text_size(text, rows[i].bytes), rows[i].text);
	}
}

static void test_parse_size(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} rows[] = {
		{ "0", 0 },
		{ "4096", 4096 },
		{ "12B", 12 },
		{ "20MB", 20000000 },
		{ "20 MB", 20000000 },
		{ "1.5G", 1500000000 },
		{ "1.5GiB", 1610612736 },
		{ "1k", 1000 },
		{ "1kB", 1000 },
		{ "1Ki", 1024 },
		{ "0.001k", 1 },
		{ "0.0019k", 1 },
		{ "1.999999999999999999999k", 1999 },
		{ "18446744073709551615", UINT64_MAX },
		{ "18.446744073709551615E", UINT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t bytes = 0;

		assert_int_equal(text_parse_size(&bytes, rows[i].text), 0);
		assert_true(bytes == rows[i].bytes);
	}
}

static void test_parse_size_refuses(void **state)
{
	static const char *const rows[] = {
		"",
		"-1",
		"+1",
		" 1",
		"1.",
		".5",
		"1.5",
		"1.5B",
		"1.5.5k",
		"1x",
		"1kBB",
		"1iB",
		"0x10",
		"1e3",
		"MB",
		"1 ",
		"1kib",
		"18446744073709551616",
		"18.446744073709551616E",
		"16EiB",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t bytes = 77;
		int rc = text_parse_size(&bytes, rows[i]);

		assert_int_equal(rc, -1);
		assert_true(bytes == 77);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escape),	   cmocka_unit_test(test_unescape_refuses),
		cmocka_unit_test(test_all_pairs),  cmocka_unit_test(test_size),
		cmocka_unit_test(test_parse_size), cmocka_unit_test(test_parse_size_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
