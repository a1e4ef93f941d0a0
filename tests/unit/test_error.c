/* test_error.c - error objects, growing strings and exit statuses. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/error.h"
#include "util/strbuf.h"
#include "util/vec.h"
#include "util/xalloc.h"

static void test_set_and_wrap(void **state)
{
	AUTO(error) err = ERROR_INIT;

	(void)state;
	assert_int_equal(error_set(&err, ERR_FORMAT, "size %d", -5), -1);
	assert_int_equal(error_wrap(&err, "entry \"%s\"", "a"), -1);
	assert_int_equal(error_wrap(&err, "layer %d", 3), -1);
	assert_int_equal(err.code, ERR_FORMAT);
	assert_int_equal(err.sys_errno, 0);
	assert_string_equal(err.message, "layer 3: entry \"a\": size -5");
}

static void test_wrap_may_quote_the_message(void **state)
{
	AUTO(error) err = ERROR_INIT;

	(void)state;
	error_set(&err, ERR_LIMIT, "x");
	error_wrap(&err, "%s again", err.message);
	assert_string_equal(err.message, "x again: x");
}

static void test_errno(void **state)
{
	AUTO(error) err = ERROR_INIT;

	(void)state;
	assert_int_equal(error_set_errno(&err, ENOSPC, "cannot write"), -1);
	assert_int_equal(err.code, ERR_IO);
	assert_int_equal(err.sys_errno, ENOSPC);
	assert_string_equal(err.message, "cannot write: No space left on device");
}

static void test_move_and_release(void **state)
{
	AUTO(error) to = ERROR_INIT;
	AUTO(error) from = ERROR_INIT;

	(void)state;
	error_set_errno(&from, EIO, "disk");
	assert_int_equal(error_move(&to, &from), -1);
	assert_int_equal(from.code, ERR_NONE);
	assert_null(from.message);
	assert_int_equal(to.code, ERR_IO);
	assert_int_equal(to.sys_errno, EIO);
	error_release(&to);
	assert_int_equal(to.code, ERR_NONE);
	assert_int_equal(to.sys_errno, 0);
	assert_null(to.message);
}

static void test_exit_status(void **state)
{
	static const struct {
		enum err_code code;
		int status;
	} rows[] = {
		{ ERR_NONE, 0 },	{ ERR_ANSWER_NO, 1 }, { ERR_USAGE, 2 },
		{ ERR_FORMAT, 3 },	{ ERR_DIGEST, 3 },    { ERR_LIMIT, 3 },
		{ ERR_UNSUPPORTED, 4 }, { ERR_IO, 5 },	      { ERR_INTERNAL, 70 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(error_exit_status(rows[i].code), rows[i].status);
}

static void test_strbuf(void **state)
{
	AUTO(strbuf) buf = STRBUF_INIT;

	(void)state;
	strbuf_add(&buf, "a\0b", 3);
	strbuf_addch(&buf, 'c');
	strbuf_addstr(&buf, "def");
	strbuf_addf(&buf, "%0100d", 7);
	assert_int_equal(buf.len, 107);
	assert_memory_equal(buf.data, "a\0bcdef000", 10);
	assert_int_equal(buf.data[106], '7');
	assert_int_equal(buf.data[107], '\0');
	strbuf_clear(&buf);
	assert_int_equal(buf.len, 0);
	assert_string_equal(buf.data, "");

	AUTO_FREE char *empty = strbuf_detach(&buf);

	assert_string_equal(empty, "");
	assert_null(buf.data);

	AUTO_FREE char *never_used = strbuf_detach(&buf);

	assert_string_equal(never_used, "");
}

static void test_strbuf_grows(void **state)
{
	AUTO(strbuf) buf = STRBUF_INIT;

	(void)state;
	for (size_t i = 0; i < 100000; i++)
		strbuf_addch(&buf, (char)('a' + i % 26));
	assert_int_equal(buf.len, 100000);
	assert_int_equal(strlen(buf.data), 100000);
	for (size_t i = 0; i < 100000; i++)
		assert_int_equal(buf.data[i], 'a' + (int)(i % 26));
}

static void test_strbuf_room_to_fill(void **state)
{
	AUTO(strbuf) buf = STRBUF_INIT;

	(void)state;
	strbuf_addstr(&buf, "ab");
	memset(strbuf_grow(&buf, 3), 'x', 3);
	assert_int_equal(buf.len, 5);
	strbuf_addch(&buf, 'c');
	assert_string_equal(buf.data, "abxxxc");
}

static void test_xalloc(void **state)
{
	AUTO_FREE char *copy = xmemdup0("ab\0c", 4);
	AUTO_FREE char *text = xasprintf("%s-%u", "n", 12U);
	AUTO_FREE void *nothing = xmalloc(0);
	struct VEC(uint32_t) numbers = VEC_INIT;
	uint32_t sum = 0;

	(void)state;
	assert_memory_equal(copy, "ab\0c", 5);
	assert_string_equal(text, "n-12");
	assert_non_null(nothing);
	for (uint32_t i = 0; i < 1000; i++)
		vec_push(&numbers, i);
	vec_foreach (number, &numbers)
		sum += *number;
	assert_int_equal(sum, 499500);
	vec_release(&numbers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_and_wrap),
		cmocka_unit_test(test_wrap_may_quote_the_message),
		cmocka_unit_test(test_errno),
		cmocka_unit_test(test_move_and_release),
		cmocka_unit_test(test_exit_status),
		cmocka_unit_test(test_strbuf),
		cmocka_unit_test(test_strbuf_grows),
		cmocka_unit_test(test_strbuf_room_to_fill),
		cmocka_unit_test(test_xalloc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
