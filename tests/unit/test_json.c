/* test_json.c - foreign JSON is read as Go's decoder reads it. */
#include "image/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
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

/* A key twice and once more in other letters: nobody tells which is the last, so that it is refused
 * where case does not count. */
static void test_twice_and_in_other_letters(void **state)
{
	static const struct {
		const char *text;
		bool taken;
	} rows[] = {
		{ "{\"a\":1,\"a\":2}", true },
		{ "{\"a\":1,\"A\":2}", true },
		{ "{\"a\":1,\"a\":2,\"A\":3}", false },
		{ "{\"x\":1,\"x\":2,\"l\":[{\"a\":1,\"A\":2}]}", false },
		{ "{\"x\":1,\"x\":2,\"Labels\":{\"a\":1,\"A\":2}}", true },
		{ "{\"x\":1,\"x\":2,\"annotations\":{\"a\":1,\"A\":2}}", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		AUTO(error) err = ERROR_INIT;
		json_t *value = json_parse(rows[i].text, strlen(rows[i].text), "x", 0, &err);

		assert_int_equal(value != NULL, rows[i].taken);
		assert_int_equal(err.code, rows[i].taken ? ERR_NONE : ERR_FORMAT);
		json_decref(value);
	}
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
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_twice_and_in_other_letters),
		cmocka_unit_test(test_text_with_nul_is_none),
		cmocka_unit_test(test_lenient),
		cmocka_unit_test(test_repaired_text),
		cmocka_unit_test(test_trailing_data),
		cmocka_unit_test(test_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
