/* test_json_edit.c - edits of a JSON object leave every other byte alone. */
#include "image/json_edit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "image/json.h"

static void expect_edit(const char *text, const struct json_edit *edits, size_t count,
			const char *wanted)
{
	AUTO(strbuf) out = STRBUF_INIT;
	AUTO(error) err = ERROR_INIT;

	assert_int_equal(json_edit_apply(&out, text, strlen(text), edits, count, &err), 0);
	assert_string_equal(out.data, wanted);
	assert_int_equal(err.code, ERR_NONE);
}

static void expect_one(const char *text, struct json_edit edit, const char *wanted)
{
	expect_edit(text, &edit, 1, wanted);
}

static void test_replace(void **state)
{
	const struct json_edit both[] = { { "rootfs", "{}", 0 }, { "history", "[1]", 0 } };

	(void)state;
	expect_edit("{ \"u\": [1.10, 12345678901234567890, {\"k\":null}],\n\t\"rootfs\" : {\"a\":"
		    "[{}]} ,\"history\":[],  \"z\":\"\\u00e9}\\\"\" }\n",
		    both, 2,
		    "{ \"u\": [1.10, 12345678901234567890, {\"k\":null}],\n\t\"rootfs\" : {} "
		    ",\"history\":[1],  \"z\":\"\\u00e9}\\\"\" }\n");
	expect_one("{\"a\":1}", (struct json_edit){ "b", "2", 0 }, "{\"a\":1}");
	expect_one(" {\"a\":{\"b\":1}} \n", (struct json_edit){ "b", "2", 0 },
		   " {\"a\":{\"b\":1}} \n");
}

static void test_keys_match_like_go(void **state)
{
	(void)state;
	expect_one("{\"RootFS\":1}", (struct json_edit){ "rootfs", "2", 1 }, "{\"RootFS\":2}");
	expect_one("{\"\\u0072ootfs\":1}", (struct json_edit){ "rootfs", "2", 1 },
		   "{\"\\u0072ootfs\":2}");
	expect_one("{\"a\":1,\"b\":2,\"A\":3}", (struct json_edit){ "a", "9", 0 },
		   "{\"a\":1,\"b\":2,\"A\":9}");
	expect_one("{\"\\name\":1}", (struct json_edit){ "name", "2", 0 }, "{\"\\name\":1}");
}

/* Of what stands several times the value that json_get() gives is the one to edit. */
static void test_the_member_that_counts(void **state)
{
	static const struct {
		const char *text, *edited;
	} rows[] = {
		{ "{\"a\":1,\"A\":2}", "{\"a\":1,\"A\":[]}" },
		{ "{\"a\":1,\"A\":null}", "{\"a\":[],\"A\":null}" },
		{ "{\"a\":null,\"A\":null}", "{\"a\":null,\"A\":[]}" },
		{ "{\"a\":1,\"a\":2}", "{\"a\":1,\"a\":[]}" },
		{ "{\"a\":1,\"\\u0061\":null}", "{\"a\":1,\"\\u0061\":[]}" },
		{ "{\"a\":null}", "{\"a\":[]}" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *text = rows[i].text;
		struct json_span span = { NULL, 0 };
		AUTO(error) err = ERROR_INIT;
		json_t *before = json_parse(text, strlen(text), "before", 0, &err);
		json_t *after =
			json_parse(rows[i].edited, strlen(rows[i].edited), "after", 0, &err);

		expect_one(text, (struct json_edit){ "a", "[]", JSON_EDIT_ADD }, rows[i].edited);
		assert_true(json_is_array(json_get(after, "a")));
		assert_int_equal(json_edit_find(text, strlen(text), "a", &span, &err), 1);
		if (json_get(before, "a"))
			assert_int_equal(span.text[0] - '0',
					 (int)json_number_value(json_get(before, "a")));
		else
			assert_memory_equal(span.text, "null", 4);
		expect_one(text, (struct json_edit){ "a", NULL, 0 }, "{}");
		json_decref(before);
		json_decref(after);
	}
}

static void test_remove(void **state)
{
	const struct json_edit all[] = { { "a", NULL, 0 }, { "b", NULL, 0 }, { "c", NULL, 0 } };
	const char *text = "{ \"a\" : 1, \"b\" :2 ,\"c\":3 }\n";

	(void)state;
	expect_one(text, all[0], "{ \"b\" :2 ,\"c\":3 }\n");
	expect_one(text, all[1], "{ \"a\" : 1 ,\"c\":3 }\n");
	expect_one(text, all[2], "{ \"a\" : 1, \"b\" :2 }\n");
	expect_edit(text, all, 2, "{ \"c\":3 }\n");
	expect_edit(text, all + 1, 2, "{ \"a\" : 1 }\n");
	expect_edit(text, all, 3, "{  }\n");
	expect_one("{\"a\":1,\"b\":2,\"A\":3}", all[0], "{\"b\":2}");
}

static void test_add(void **state)
{
	const struct json_edit swap[] = { { "a", NULL, 0 }, { "n", "[]", 1 } };

	(void)state;
	expect_one("{}", (struct json_edit){ "n", "1", 1 }, "{\"n\":1}");
	expect_one("{\"a\":1}\n", (struct json_edit){ "n", "1", 1 }, "{\"a\":1,\"n\":1}\n");
	expect_one("{\n  \"a\": 1\n}\n", (struct json_edit){ "n", "1", 1 },
		   "{\n  \"a\": 1,\n  \"n\":1\n}\n");
	expect_edit("{\"a\":1}", swap, 2, "{\"n\":[]}");
	expect_edit("{\"a\":1,\"b\":2}", swap, 2, "{\"b\":2,\"n\":[]}");
}

static void test_keys_of_maps(void **state)
{
	const unsigned both = JSON_EDIT_ADD | JSON_EDIT_EXACT;

	(void)state;
	expect_one("{\"a\":1}", (struct json_edit){ "A", "2", both }, "{\"a\":1,\"A\":2}");
	expect_one("{\"a\":1,\"A\":1}", (struct json_edit){ "a", "2", both }, "{\"a\":2,\"A\":1}");
	expect_one("{}", (struct json_edit){ "\"\n", "2", both }, "{\"\\\"\\n\":2}");
	expect_one("{\"\\ud83d\\udc33\":1}", (struct json_edit){ "\xf0\x9f\x90\xb3", "2", both },
		   "{\"\\ud83d\\udc33\":2}");
	/* Half a pair is U+FFFD, wherever it stands. */
	expect_one("{\"\\ud83d\":1}", (struct json_edit){ "\xef\xbf\xbd", "2", both },
		   "{\"\\ud83d\":2}");
	expect_one("{\"\\ud83d\\u0041\":1}",
		   (struct json_edit){ "\xef\xbf\xbd"
				       "A",
				       "2", both },
		   "{\"\\ud83d\\u0041\":2}");
	expect_one("{\"\":1}", (struct json_edit){ "", "2", both }, "{\"\":2}");
}

static void test_find(void **state)
{
	const char *text = "{ \"a\" : [1] ,\"B\":2,\"A\": {} }";
	AUTO(error) err = ERROR_INIT;
	struct json_span span;

	(void)state;
	assert_int_equal(json_edit_find(text, strlen(text), "a", &span, &err), 1);
	assert_int_equal(span.len, 2);
	assert_memory_equal(span.text, "{}", 2);
	assert_int_equal(json_edit_find(text, strlen(text), "b", &span, &err), 1);
	assert_memory_equal(span.text, "2,", 2);
	assert_int_equal(json_edit_find(text, strlen(text), "c", &span, &err), 0);
	assert_int_equal(json_edit_find("{\"a\":", 5, "a", &span, &err), -1);
	assert_int_equal(err.code, ERR_FORMAT);
}

static void test_values_of_every_kind_survive(void **state)
{
	const char *text = "\xef\xbb\xbf{\"a\":[-0.5e+10,1E5,0,true,false,null,\"\\/\\b\xff\"],"
			   "\"b\":{\"c\":[[],{}]}}";

	(void)state;
	expect_edit(text, NULL, 0, text);
}

static void expect_refused(const char *text, size_t len)
{
	AUTO(strbuf) out = STRBUF_INIT;
	AUTO(error) err = ERROR_INIT;

	assert_int_equal(json_edit_apply(&out, text, len, NULL, 0, &err), -1);
	assert_int_equal(err.code, ERR_FORMAT);
}

static void test_broken(void **state)
{
	static const char *const texts[] = {
		"",
		"[]",
		"null",
		"{",
		"{\"a\"}",
		"{\"a\":}",
		"{\"a\":1,}",
		"{,}",
		"{\"a\":01}",
		"{\"a\":1.}",
		"{\"a\":-}",
		"{\"a\":1e}",
		"{\"a\":tru}",
		"{\"a\":\"\n\"}",
		"{\"\\x\":1}",
		"{\"\\u12g4\":1}",
		"{\"a\":1}x",
		"{a:1}",
		"{\"a\":[1 2]}",
		"{\"a",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		expect_refused(texts[i], strlen(texts[i]));
}

static void test_every_prefix_is_refused(void **state)
{
	const char *text = "{\"a\\u0041\":[1,{\"b\":\"\\n\"},true],\"c\":-1.5e3}";

	(void)state;
	for (size_t len = 0; len < strlen(text); len++) {
		/* An exact heap copy lets the address sanitizer see any read behind the end. */
		AUTO_FREE char *copy = malloc(len + 1);

		assert_non_null(copy);
		memcpy(copy + 1, text, len);
		expect_refused(copy + 1, len);
	}
}

/* Does the parser take it, and the scanner, too? */
static int taken(const char *text, size_t len)
{
	AUTO(strbuf) out = STRBUF_INIT;
	AUTO(error) parse_err = ERROR_INIT;
	AUTO(error) edit_err = ERROR_INIT;
	json_t *value = json_parse(text, len, "text", 0, &parse_err);
	int parsed = json_is_object(value);

	json_decref(value);
	assert_int_equal(json_edit_apply(&out, text, len, NULL, 0, &edit_err) == 0, parsed);
	assert_int_equal(edit_err.code, parsed ? ERR_NONE : ERR_FORMAT);
	return parsed;
}

/* Texts that the two once judged differently, and their neighbours. */
static void test_scanner_and_parser_agree(void **state)
{
#define TEXT(text) text, sizeof(text) - 1
	static const struct {
		const char *text;
		size_t len;
		int taken;
	} rows[] = {
		/* NUL behind a word or a number. */
		{ TEXT("{\"a\":true\0}"), 0 },
		{ TEXT("{\"a\":null\0\0}"), 0 },
		{ TEXT("{\"a\":1\0}"), 0 },
		{ TEXT("{\"a\":1\0,\"b\":2}"), 0 },
		{ TEXT("{\"a\":\"\0\"}"), 0 },
		{ TEXT("{\"a\"\0:1}"), 0 },
		{ TEXT("{\"a\":1}\0"), 0 },
		{ TEXT("{\"a\":\"\\u0000\"}"), 1 },
		/* Numbers that no double holds; in a config they would be lost anyway. */
		{ TEXT("{\"a\":1e400}"), 0 },
		{ TEXT("{\"a\":-1e9999}"), 0 },
		{ TEXT("{\"a\":1e-400}"), 1 },
		{ TEXT("{\"a\":123456789012345678901234567890}"), 1 },
		/* NUL in a key. */
		{ TEXT("{\"\\u0000\":1}"), 0 },
		{ TEXT("{\"a\\u0000b\":1}"), 0 },
		/* The last key wins, but the parser cannot tell which one it is. */
		{ TEXT("{\"a\":1,\"A\":2,\"a\":3}"), 0 },
		{ TEXT("{\"b\":[{\"a\":1,\"A\":2,\"a\":3}]}"), 0 },
		{ TEXT("{\"a\":1,\"A\":2}"), 1 },
		{ TEXT("{\"a\":1,\"b\":2,\"a\":3}"), 1 },
		/* What no UTF-8 is. */
		{ TEXT("{\"a\":\"\xff\\ud800\xc0\x80\"}"), 1 },
		{ TEXT("{\"\xff\":1}"), 1 },
		{ TEXT("{\"a\":true\xff}"), 0 },
		{ TEXT("{}\xff"), 0 },
		{ TEXT(" \xef\xbb\xbf{}"), 0 },
		{ TEXT("\xef\xbb\xbf{}"), 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (taken(rows[i].text, rows[i].len) != rows[i].taken)
			fail_msg("row %zu", i);
}

static void test_depth(void **state)
{
	static const struct {
		int depth, taken;
	} rows[] = { { 1000, 1 }, { 2047, 1 }, { 2048, 0 }, { 100000, 0 } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		AUTO(strbuf) deep = STRBUF_INIT;
		strbuf_addstr(&deep, "{\"a\":");
		for (int n = 0; n < rows[i].depth; n++)
			strbuf_addch(&deep, '[');
		assert_false(taken(deep.data, deep.len));
		for (int n = 0; n < rows[i].depth; n++)
			strbuf_addch(&deep, ']');
		strbuf_addch(&deep, '}');
		assert_int_equal(taken(deep.data, deep.len), rows[i].taken);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replace),
		cmocka_unit_test(test_keys_match_like_go),
		cmocka_unit_test(test_the_member_that_counts),
		cmocka_unit_test(test_remove),
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_keys_of_maps),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_values_of_every_kind_survive),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_every_prefix_is_refused),
		cmocka_unit_test(test_scanner_and_parser_agree),
		cmocka_unit_test(test_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
