/* test_json.c - foreign JSON is read as Go's decoder reads it. */
#include "image/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static json_t *parse(const char *text)
{
	AUTO(error) err = ERROR_INIT;
	json_t *value = json_parse(text, strlen(text), "test", 0, &err);

	assert_non_null(value);
	return value;
}

static void test_keys(void **state)
{
	json_t *value = parse("{\"Layers\":[1],\"layers\":null,\"A\":\"x\",\"a\":\"y\",\"n\":1}");

	(void)state;
	assert_int_equal(json_array_size(json_get_array(value, "LAYERS")), 1);
	assert_string_equal(json_get_string(value, "A"), "y");
	assert_null(json_get(value, "b"));
	assert_null(json_get_string(value, "n"));
	assert_null(json_get_array(value, "n"));
	assert_null(json_get(NULL, "n"));
	assert_null(json_get(json_get(value, "a"), "n"));
	json_decref(value);
}

static void test_text_with_nul_is_none(void **state)
{
	json_t *value = parse("{\"a\":\"x\\u0000y\"}");

	(void)state;
	assert_non_null(json_get(value, "a"));
	assert_null(json_get_string(value, "a"));
	json_decref(value);
}

static void test_lenient(void **state)
{
	static const char *const texts[] = {
		"\xef\xbb\xbf {\"a\":1}\n",	     "{\"a\":\"\xff\xc3\"}", "{\"a\":\"\\ud800\"}",
		"{\"a\":\"\\udc00\\ud83d\\ude00\"}", "12345678901234567890",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		json_decref(parse(texts[i]));
}

static void test_repaired_text(void **state)
{
	json_t *value = parse("{\"a\":\"x\xff\\\\\\ud800z\\ud83d\\ude00\"}");

	(void)state;
	assert_string_equal(json_get_string(value, "a"),
			    "x\xef\xbf\xbd\\\xef\xbf\xbdz\xf0\x9f\x98\x80");
	json_decref(value);
}

static void test_trailing_data(void **state)
{
	const char *text = "[] trailing";
	AUTO(error) err = ERROR_INIT;
	json_t *value = json_parse(text, strlen(text), "m.json", 1, &err);

	(void)state;
	assert_non_null(value);
	json_decref(value);
	assert_null(json_parse(text, strlen(text), "m.json", 0, &err));
	assert_int_equal(err.code, ERR_FORMAT);
	assert_memory_equal(err.message, "m.json", 6);
}

static void test_broken(void **state)
{
	static const char *const texts[] = { "", " ", "{", "{\"a\":\"\\", "nul", "\xff" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		AUTO(error) err = ERROR_INIT;

		assert_null(json_parse(texts[i], strlen(texts[i]), "x", 1, &err));
		assert_int_equal(err.code, ERR_FORMAT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),	      cmocka_unit_test(test_text_with_nul_is_none),
		cmocka_unit_test(test_lenient),	      cmocka_unit_test(test_repaired_text),
		cmocka_unit_test(test_trailing_data), cmocka_unit_test(test_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
