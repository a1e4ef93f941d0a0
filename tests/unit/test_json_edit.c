/* test_json_edit.c - edits of a JSON object leave every other byte alone. */
#include "image/json_edit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

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

static void test_depth(void **state)
{
	AUTO(strbuf) deep = STRBUF_INIT;

	(void)state;
	strbuf_addstr(&deep, "{\"a\":");
	for (int i = 0; i < 100000; i++)
		strbuf_addch(&deep, '[');
	expect_refused(deep.data, deep.len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replace),
		cmocka_unit_test(test_keys_match_like_go),
		cmocka_unit_test(test_remove),
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_values_of_every_kind_survive),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_every_prefix_is_refused),
		cmocka_unit_test(test_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
