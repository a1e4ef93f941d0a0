/* test_reference.c - the grammar of image names. */
#include "image/reference.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/cleanup.h"

static void test_tagged(void **state)
{
	static const char *const good[] = {
		"app:1",
		"a/b:1",
		"docker.io/library/app:1.2-rc_3",
		"localhost/app:1",
		"host:5000/a:1",
		"a__b.c-d---e:1",
		"registry.example.com:5000/a/b/c:latest",
		"Host.example/a:V1",
	};
	static const char *const bad[] = {
		"",
		"app",
		"app:",
		":1",
		"App:1",
		"a/B:1",
		"a@sha256:12",
		"a:1@b",
		"a//b:1",
		"/a:1",
		"a/:1",
		"-a:1",
		"a-:1",
		"a..b:1",
		"a___b:1",
		"a:.1",
		"a:-1",
		"a:1 2",
		"host:port/a:1",
		"host:/a:1",
		"a b:1",
		"host:5000/a",
		"host.:5000/a:1",
		".host/a:1",
		"host.example/:1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_true(reference_is_tagged(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (reference_is_tagged(bad[i]))
			fail_msg("\"%s\" was taken", bad[i]);
}

static void test_lengths(void **state)
{
	char text[400];

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text + 255, ":1", 3);
	assert_true(reference_is_tagged(text));
	memset(text, 'a', sizeof(text));
	memcpy(text + 256, ":1", 3);
	assert_false(reference_is_tagged(text));
	memset(text, 'a', sizeof(text));
	text[1] = ':';
	text[2 + 128] = '\0';
	assert_true(reference_is_tagged(text));
	text[2 + 128] = 'a';
	text[2 + 129] = '\0';
	assert_false(reference_is_tagged(text));
}

static void expect_full(const char *text, const char *wanted)
{
	AUTO_FREE char *full = reference_full(text);

	assert_string_equal(full, wanted);
}

static void test_full(void **state)
{
	(void)state;
	expect_full("app:1", "docker.io/library/app:1");
	expect_full("a/b:1", "docker.io/a/b:1");
	expect_full("docker.io/app:1", "docker.io/library/app:1");
	expect_full("index.docker.io/a/b:1", "docker.io/a/b:1");
	expect_full("docker.io/library/app:1", "docker.io/library/app:1");
	expect_full("localhost/app:1", "localhost/app:1");
	expect_full("host:5000/app:1", "host:5000/app:1");
}

static void test_short(void **state)
{
	AUTO_FREE char *official = reference_short("docker.io/library/app:1");
	AUTO_FREE char *other = reference_short("docker.io/a/b:1");

	(void)state;
	assert_string_equal(official, "app:1");
	assert_string_equal(other, "docker.io/a/b:1");
}

static void test_tag(void **state)
{
	(void)state;
	assert_string_equal(reference_tag("host:5000/a:v1"), "v1");
	assert_null(reference_tag("host:5000/a"));
	assert_null(reference_tag("a@sha256:12"));
	assert_null(reference_tag("a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tagged), cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_full),   cmocka_unit_test(test_short),
		cmocka_unit_test(test_tag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
