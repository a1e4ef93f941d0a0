/* test_limits.c - bounds by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "util/limits.h"

static void test_every_limit_can_be_set(void **state)
{
	static const struct {
		const char *name;
		size_t offset;
	} rows[] = {
		{ "images", offsetof(struct limits, images) },
		{ "members", offsetof(struct limits, members) },
		{ "layers", offsetof(struct limits, layers) },
		{ "entries", offsetof(struct limits, entries) },
		{ "path-bytes", offsetof(struct limits, path_bytes) },
		{ "path-depth", offsetof(struct limits, path_depth) },
		{ "name-bytes", offsetof(struct limits, name_bytes) },
		{ "pax-bytes", offsetof(struct limits, pax_bytes) },
		{ "xattr-bytes", offsetof(struct limits, xattr_bytes) },
		{ "sparse-chunks", offsetof(struct limits, sparse_chunks) },
		{ "sparse-bytes", offsetof(struct limits, sparse_bytes) },
		{ "json-bytes", offsetof(struct limits, json_bytes) },
		{ "layer-bytes", offsetof(struct limits, layer_bytes) },
		{ "spool-bytes", offsetof(struct limits, spool_bytes) },
	};
	const size_t count = sizeof(rows) / sizeof(rows[0]);

	(void)state;
	assert_int_equal(count * sizeof(uint64_t), sizeof(struct limits));
	for (size_t i = 0; i < count; i++) {
		AUTO(error) err = ERROR_INIT;
		struct limits limits = limits_default, expected = limits_default;
		char text[64];

		/* A default of nothing would refuse every input. */
		assert_true(*(uint64_t *)((char *)&limits + rows[i].offset) > 0);
		*(uint64_t *)((char *)&expected + rows[i].offset) = 12000;
		snprintf(text, sizeof(text), "%s=12k", rows[i].name);
		assert_int_equal(limits_parse(&limits, text, &err), 0);
		assert_memory_equal(&limits, &expected, sizeof(limits));
	}
}

static void test_refusals(void **state)
{
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{ "", "json-bytes" },
		{ "layers", "json-bytes" },
		{ "=5", "json-bytes" },
		{ "layer=5", "json-bytes" },
		{ "layersx=5", "json-bytes" },
		{ "json_bytes=5", "json-bytes" },
		{ "layers=", "number" },
		{ "layers=-1", "number" },
		{ "layers=many", "number" },
		{ "name-bytes=4294967296", "at most 4294967295" },
		{ "entries=1000G", "at most 4294967294" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(error) err = ERROR_INIT;
		struct limits limits = limits_default;

		assert_int_equal(limits_parse(&limits, rows[i].text, &err), -1);
		assert_int_equal(err.code, ERR_USAGE);
		assert_non_null(strstr(err.message, rows[i].expected));
		assert_memory_equal(&limits, &limits_default, sizeof(limits));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_limit_can_be_set),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
