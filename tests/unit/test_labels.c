/* test_labels.c - labels go into a config, and nothing else in it changes. */
#include "image/labels.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "image/json.h"

static void add(struct labels *labels, const char *text)
{
	AUTO(error) err = ERROR_INIT;

	assert_int_equal(labels_add(labels, text, &err), 0);
}

static void test_sorted_and_the_last_one_counts(void **state)
{
	AUTO(labels) labels = VEC_INIT;
	static const char *const wanted[][2] = {
		{ "B", "1=2" }, { "a", "" }, { "b", "new" }, { "\xc3\xa9", "x" }
	};

	(void)state;
	add(&labels, "b=old");
	add(&labels, "\xc3\xa9=x");
	add(&labels, "a=");
	add(&labels, "B=1=2");
	add(&labels, "b=new");
	assert_int_equal(labels.count, 4);
	for (size_t i = 0; i < labels.count; i++) {
		assert_string_equal(labels.items[i].key, wanted[i][0]);
		assert_string_equal(labels.items[i].value, wanted[i][1]);
	}
}

static void test_what_is_no_pair(void **state)
{
	static const char *const texts[] = {
		"", "a", "=", "=a", "a=\xff", "\xc0\x80=a", "a=\xed\xa0\x80"
	};
	AUTO(labels) labels = VEC_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		AUTO(error) err = ERROR_INIT;

		assert_int_equal(labels_add(&labels, texts[i], &err), -1);
		assert_int_equal(err.code, ERR_USAGE);
		assert_int_equal(labels.count, 0);
	}
}

struct row {
	const char *config, *wanted; /* NULL: nothing to change */
};

/* A config, and its value of `config` with A=1 and b="\ added. */
static const struct row rows[] = {
	{ "{}", "{\"Labels\":{\"A\":\"1\",\"b\":\"\\\"\\\\\"}}" },
	{ "{\"Config\":null}", "{\"Labels\":{\"A\":\"1\",\"b\":\"\\\"\\\\\"}}" },
	{ "{\"config\" : { } }", "{\"Labels\":{\"A\":\"1\",\"b\":\"\\\"\\\\\"} }" },
	{ "{\"config\":{\"x\":1.0,\"Labels\":null}}",
	  "{\"x\":1.0,\"Labels\":{\"A\":\"1\",\"b\":\"\\\"\\\\\"}}" },
	/* The keys of the config match in any case, those of labels do not. */
	{ "{\"config\":{\"labels\":{\"a\":\"0\"},\"y\":[]}}",
	  "{\"labels\":{\"a\":\"0\",\"A\":\"1\",\"b\":\"\\\"\\\\\"},\"y\":[]}" },
	/* Of duplicates the last one counts. */
	{ "{\"config\":{\"labels\":{\"A\":\"1\"},\"Labels\":{\"A\":\"9\"}}}",
	  "{\"labels\":{\"A\":\"1\"},\"Labels\":{\"A\":\"1\",\"b\":\"\\\"\\\\\"}}" },
	{ "{\"config\":{\"Labels\":{\"A\":\"1\",\"A\":\"9\"}}}",
	  "{\"Labels\":{\"A\":\"1\",\"A\":\"1\",\"b\":\"\\\"\\\\\"}}" },
	{ "{\"config\":{\"Env\":[]},\"Config\":{\"z\":1}}",
	  "{\"z\":1,\"Labels\":{\"A\":\"1\",\"b\":\"\\\"\\\\\"}}" },
	/* However they are spelled. */
	{ "{\"config\":{\"Labels\":{\"\\u0041\":7 , \"b\" : \"\\u0022\\\\\"}}}",
	  "{\"Labels\":{\"\\u0041\":\"1\" , \"b\" : \"\\u0022\\\\\"}}" },
	{ "{\"config\":{\"Labels\":{\"\\u0062\":\"\\u0022\\u005c\",\"A\":\"\\u0031\"}}}", NULL },
	{ "{\"config\":{\"Labels\":{\"A\":\"1\",\"b\":\"\\\"\\\\\"}}}", NULL },
};

static void test_edit(void **state)
{
	AUTO(labels) labels = VEC_INIT;

	(void)state;
	add(&labels, "b=\"\\");
	add(&labels, "A=1");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(strbuf) out = STRBUF_INIT;
		AUTO(error) err = ERROR_INIT;
		const char *text = rows[i].config;

		assert_int_equal(labels_edit_config(&out, text, strlen(text), &labels, &err), 0);
		if (rows[i].wanted)
			assert_string_equal(out.data, rows[i].wanted);
		else
			assert_int_equal(out.len, 0);
	}
}

static void test_nothing_asked_is_nothing_done(void **state)
{
	const struct labels none = VEC_INIT;
	AUTO(strbuf) out = STRBUF_INIT;
	AUTO(error) err = ERROR_INIT;

	(void)state;
	assert_int_equal(labels_edit_config(&out, "{}", 2, &none, &err), 0);
	assert_int_equal(labels_edit_config(&out, "{}", 2, NULL, &err), 0);
	assert_int_equal(out.len, 0);
}

static void test_no_place_for_labels(void **state)
{
	static const char *const texts[] = { "{\"config\":[]}", "{\"config\":\"\"}",
					     "{\"config\":{\"Labels\":[\"a=b\"]}}",
					     "{\"config\":{\"Labels\":true}}" };
	AUTO(labels) labels = VEC_INIT;

	(void)state;
	add(&labels, "a=b");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		AUTO(strbuf) out = STRBUF_INIT;
		AUTO(error) err = ERROR_INIT;

		assert_int_equal(
			labels_edit_config(&out, texts[i], strlen(texts[i]), &labels, &err), -1);
		assert_int_equal(err.code, ERR_FORMAT);
	}
}

/* Every key and value comes back, and a second edit has nothing to do. */
static void test_odd_characters(void **state)
{
	static const char *const keys[] = { "\x01\x1f\x7f", "\"\\/\b\f\n\r\t", "\xc3\xa9",
					    "\xe2\x80\xa8", "\xf0\x9f\x90\xb3" };
	const char *const escaped = "{\"config\":{\"Labels\":{"
				    "\"\\u0001\\u001f\\u007f\":\"\","
				    "\"\\u0022\\u005c\\/\\b\\f\\n\\r\\t\":\"\","
				    "\"\\u00e9\":\"\",\"\\u2028\":\"\","
				    "\"\\ud83d\\udc33\":\"\"}}}";
	AUTO(labels) labels = VEC_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		AUTO_FREE char *text = xasprintf("%s=%s", keys[i], keys[i]);
		add(&labels, text);
	}
	for (int known = 0; known < 2; known++) {
		const char *text = known ? escaped : "{}";
		AUTO(strbuf) out = STRBUF_INIT;
		AUTO(strbuf) whole = STRBUF_INIT;
		AUTO(error) err = ERROR_INIT;
		json_t *config, *set;

		assert_int_equal(labels_edit_config(&out, text, strlen(text), &labels, &err), 0);
		config = json_parse(out.data, out.len, "edited", 0, &err);
		set = json_get(config, "Labels");
		assert_int_equal(json_object_size(set), labels.count);
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			assert_string_equal(json_string_value(json_object_get(set, keys[i])),
					    keys[i]);
		json_decref(config);
		strbuf_addf(&whole, "{\"config\":%s}", out.data);
		strbuf_clear(&out);
		assert_int_equal(labels_edit_config(&out, whole.data, whole.len, &labels, &err), 0);
		assert_int_equal(out.len, 0);
	}
}

static void test_applied_is_what_the_edit_gives(void **state)
{
	AUTO(labels) labels = VEC_INIT;

	(void)state;
	add(&labels, "b=\"\\");
	add(&labels, "A=1");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(error) err = ERROR_INIT;
		const char *text = rows[i].config;
		json_t *image = json_parse(text, strlen(text), "config", 0, &err);
		json_t *applied = labels_applied(json_get(image, "config"), &labels);
		json_t *wanted = rows[i].wanted ? json_parse(rows[i].wanted, strlen(rows[i].wanted),
							     "wanted", 0, &err)
						: json_incref(json_get(image, "config"));

		assert_non_null(wanted);
		assert_true(json_equal(json_get(applied, "Labels"), json_get(wanted, "Labels")));
		json_decref(wanted);
		json_decref(applied);
		json_decref(image);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sorted_and_the_last_one_counts),
		cmocka_unit_test(test_what_is_no_pair),
		cmocka_unit_test(test_edit),
		cmocka_unit_test(test_nothing_asked_is_nothing_done),
		cmocka_unit_test(test_no_place_for_labels),
		cmocka_unit_test(test_odd_characters),
		cmocka_unit_test(test_applied_is_what_the_edit_gives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
