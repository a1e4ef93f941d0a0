/* test_paths.c - paths as parent and name, interned bytes, sets of attributes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "layer/names.h"
#include "tar/tar_path.h"
#include "util/limits.h"

#include <cmocka.h>

static struct tar_text text_of(const char *text)
{
	return (struct tar_text){ text, strlen(text) };
}

static void test_add_and_find(void **state)
{
	AUTO_PTR(paths) paths = paths_new(&limits_default);
	AUTO(error) err = ERROR_INIT;
	AUTO(strbuf) out = STRBUF_INIT;

	(void)state;
	assert_int_equal(paths_count(paths), 1);
	path_id usr = paths_add(paths, PATH_ROOT, text_of("usr"), &err);
	path_id bin = paths_add(paths, usr, text_of("bin"), &err);
	path_id top = paths_add(paths, PATH_ROOT, text_of("bin"), &err);
	assert_int_not_equal(bin, top);
	assert_int_equal(paths_add(paths, usr, text_of("bin"), &err), bin);
	assert_int_equal(paths_find(paths, usr, text_of("bin")), bin);
	assert_int_equal(paths_find(paths, usr, text_of("bi")), PATH_NONE);
	assert_int_equal(paths_find(paths, bin, text_of("bin")), PATH_NONE);
	assert_int_equal(paths_count(paths), 4);
	assert_int_equal(paths_parent(paths, bin), usr);
	assert_int_equal(paths_parent(paths, PATH_ROOT), PATH_NONE);
	assert_int_equal(paths_name(paths, bin).len, 3);
	assert_int_equal(paths_name(paths, PATH_ROOT).len, 0);
	paths_append(paths, bin, &out);
	paths_append(paths, PATH_ROOT, &out);
	paths_append(paths, top, &out);
	assert_string_equal(out.data, "usr/binbin");
	assert_int_equal(err.code, ERR_NONE);
}

static void test_display(void **state)
{
	AUTO_PTR(paths) paths = paths_new(&limits_default);
	AUTO(error) err = ERROR_INIT;

	(void)state;
	path_id id = paths_add(paths, PATH_ROOT, text_of("a\n\xe9\\"), &err);
	id = paths_add(paths, id, text_of("b"), &err);
	AUTO_FREE char *shown = paths_display(paths, id);
	AUTO_FREE char *root = paths_display(paths, PATH_ROOT);
	assert_string_equal(shown, "a\\x0a\\xe9\\\\/b");
	assert_string_equal(root, "/");
}

/* Names that point into the paths themselves may be added again, also while they move. */
static void test_own_names(void **state)
{
	AUTO_PTR(paths) paths = paths_new(&limits_default);
	AUTO(error) err = ERROR_INIT;
	char name[200];
	path_id parent = PATH_ROOT;

	(void)state;
	memset(name, 'n', sizeof(name));
	path_id first = paths_add(paths, PATH_ROOT, (struct tar_text){ name, sizeof(name) }, &err);
	for (int i = 0; i < 300; i++) {
		parent = paths_add(paths, parent, paths_name(paths, first), &err);
		assert_int_equal(paths_name(paths, parent).len, sizeof(name));
		assert_memory_equal(paths_name(paths, parent).bytes, name, sizeof(name));
	}
}

static void test_many(void **state)
{
	AUTO_PTR(paths) paths = paths_new(&limits_default);
	AUTO(error) err = ERROR_INIT;
	char name[32];

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "%u", i / 2);
		assert_int_equal(paths_add(paths, i % 2 ? 1 : PATH_ROOT, text_of(name), &err),
				 i + 1);
	}
	for (unsigned i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "%u", i / 2);
		assert_int_equal(paths_find(paths, i % 2 ? 1 : PATH_ROOT, text_of(name)), i + 1);
	}
}

static void test_path_limits(void **state)
{
	struct limits limits = limits_default;
	AUTO(error) err = ERROR_INIT;

	(void)state;
	limits.name_bytes = 10;
	AUTO_PTR(paths) paths = paths_new(&limits);
	path_id id = paths_add(paths, PATH_ROOT, text_of("12345"), &err);
	assert_int_equal(paths_add(paths, id, text_of("67890"), &err), id + 1);
	assert_int_equal(paths_add(paths, PATH_ROOT, text_of("12345"), &err), id);
	assert_int_equal(err.code, ERR_NONE);
	assert_int_equal(paths_add(paths, id, text_of("x"), &err), PATH_NONE);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_int_equal(paths_find(paths, id, text_of("x")), PATH_NONE);
}

static void test_order(void **state)
{
	static const char *const rising[] = { "",    "\x01", "A", "a",	 "a\x01",
					      "a.b", "aa",   "b", "\xff" };

	(void)state;
	for (size_t i = 0; i < sizeof(rising) / sizeof(rising[0]); i++)
		for (size_t k = 0; k < sizeof(rising) / sizeof(rising[0]); k++) {
			int order = path_name_compare(text_of(rising[i]), text_of(rising[k]));
			assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
		}
}

static void test_walk(void **state)
{
	static const char *const names[] = { "a/b", "./a/b", "/a//b/", "a/./b/.", "//a/b" };
	struct tar_text part;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct tar_path_walk walk = tar_path_begin(text_of(names[i]));
		assert_true(tar_path_next(&walk, &part) && part.len == 1 && *part.bytes == 'a');
		assert_true(tar_path_next(&walk, &part) && part.len == 1 && *part.bytes == 'b');
		assert_false(tar_path_next(&walk, &part));
	}
	struct tar_path_walk walk = tar_path_begin(text_of("../.../.a"));
	assert_true(tar_path_next(&walk, &part) && part.len == 2);
	assert_true(tar_path_next(&walk, &part) && part.len == 3);
	assert_true(tar_path_next(&walk, &part) && part.len == 2);
	walk = tar_path_begin(text_of("/./"));
	assert_false(tar_path_next(&walk, &part));
	walk = tar_path_begin((struct tar_text){ NULL, 0 });
	assert_false(tar_path_next(&walk, &part));
}

static void test_pool(void **state)
{
	AUTO_PTR(byte_pool) pool = byte_pool_new(20000, "things");
	AUTO(error) err = ERROR_INIT;
	char name[16];

	(void)state;
	bytes_id binary = byte_pool_add(pool, (struct tar_text){ "a\0b", 3 }, &err);
	bytes_id empty = byte_pool_add(pool, text_of(""), &err);
	assert_int_not_equal(empty, BYTES_NONE);
	assert_int_equal(byte_pool_add(pool, text_of(""), &err), empty);
	assert_int_equal(byte_pool_get(pool, empty).len, 0);
	assert_int_not_equal(byte_pool_add(pool, text_of("a"), &err), binary);
	assert_int_equal(byte_pool_get(pool, binary).len, 3);
	assert_memory_equal(byte_pool_get(pool, binary).bytes, "a\0b", 3);
	for (int round = 0; round < 2; round++)
		for (unsigned i = 0; i < 2000; i++) {
			snprintf(name, sizeof(name), "n%u", i);
			assert_int_equal(byte_pool_add(pool, text_of(name), &err), i + 3);
		}
	static char large[20000];
	assert_int_equal(byte_pool_add(pool, (struct tar_text){ large, sizeof(large) }, &err),
			 BYTES_NONE);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_string_equal(err.message, "more than 20000 bytes of things");
}

static void test_xattr_sets(void **state)
{
	static const struct tar_xattr two[] = { { { "security.a", 10 }, { "\0\n=", 3 } },
						{ { "user.b", 6 }, { "2", 1 } } };
	struct xattr_list list = VEC_INIT;
	AUTO(error) err = ERROR_INIT;
	AUTO(names) names;
	bytes_id a, b, none;

	(void)state;
	names_init(&names, &limits_default);
	assert_int_equal(xattr_set_add(&names, NULL, 0, &none, &err), 0);
	assert_int_equal(none, BYTES_NONE);
	assert_int_equal(xattr_set_add(&names, two, 2, &a, &err), 0);
	assert_int_equal(xattr_set_add(&names, two, 1, &b, &err), 0);
	assert_int_not_equal(a, b);
	assert_int_equal(xattr_set_add(&names, two, 2, &b, &err), 0);
	assert_int_equal(a, b);
	xattr_set_get(&names, a, &list);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.items[0].value.len, 3);
	assert_memory_equal(list.items[0].value.bytes, "\0\n=", 3);
	assert_memory_equal(list.items[1].name.bytes, "user.b", 6);
	assert_false(xattr_is_user(&list.items[0]));
	assert_true(xattr_is_user(&list.items[1]));
	xattr_set_get(&names, BYTES_NONE, &list);
	assert_int_equal(list.count, 0);
	vec_release(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add_and_find), cmocka_unit_test(test_display),
		cmocka_unit_test(test_own_names),    cmocka_unit_test(test_many),
		cmocka_unit_test(test_path_limits),  cmocka_unit_test(test_order),
		cmocka_unit_test(test_walk),	     cmocka_unit_test(test_pool),
		cmocka_unit_test(test_xattr_sets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
