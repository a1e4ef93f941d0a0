/* test_write_behind.c - which part of a large output is sent to the disk, and which stays cached.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <sys/syscall.h>
#include <unistd.h>

#include "io/outfile.h"
#include "io/write_behind.h"
#include "util/cleanup.h"

#define MIB ((uint64_t)1 << 20)

static const struct row {
	const char *title;
	uint64_t memory, expected; /* MiB */
	uint64_t stored[3];	   /* MiB, one after the other until 0 */
	uint64_t sent, forgotten;  /* MiB, after the last */
} rows[] = {
	{ "small is left to the system", 800, 90, { 10, 90 }, 0, 0 },
	{ "small of unknown size", 800, 0, { 100 }, 0, 0 },
	{ "large is sent from its first byte on", 800, 101, { 8 }, 8, 0 },
	{ "in whole steps", 800, 101, { 1, 7, 23 }, 16, 0 },
	{ "found to be large", 800, 0, { 100, 101 }, 96, 0 },
	{ "a quarter of the memory stays", 128, 200, { 32, 36 }, 32, 0 },
	{ "what is older goes", 128, 200, { 40, 80 }, 80, 48 },
	{ "at once or step by step", 128, 200, { 80 }, 80, 48 },
	{ "no memory at all", 0, 0, { 8 }, 8, 8 },
	{ "memory without a bound", UINT64_MAX / MIB, 4000, { 4000 }, 0, 0 },
};

static int refuse; /* errno of the system call below; 0: the system's own answer */
static unsigned refuse_flags;

/* Instead of the C library's. */
int sync_file_range(int fd, off_t offset, off_t bytes, unsigned flags)
{
	if (refuse && (flags & refuse_flags)) {
		errno = refuse;
		return -1;
	}
	return (int)syscall(SYS_sync_file_range, fd, offset, bytes, flags);
}

static int sparse_file(void)
{
	char name[] = "write-behind-XXXXXX";
	int fd = mkstemp(name);

	assert_true(fd >= 0);
	assert_int_equal(unlink(name), 0);
	assert_int_equal(ftruncate(fd, 200 * (off_t)MIB), 0);
	return fd;
}

static void test_shares(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		AUTO_FD fd = sparse_file();
		struct write_behind behind = { .memory = row->memory * MIB,
					       .expected = row->expected * MIB };

		for (size_t n = 0; n < 3 && row->stored[n]; n++)
			assert_int_equal(write_behind(&behind, fd, row->stored[n] * MIB), 0);
		if (behind.sent != row->sent * MIB || behind.forgotten != row->forgotten * MIB)
			fail_msg("%s: sent %g MiB, forgot %g", row->title,
				 (double)behind.sent / MIB, (double)behind.forgotten / MIB);
	}
}

/* A blob that was there already is taken back, and other bytes come in its place. */
static void test_restart(void **state)
{
	AUTO_FD fd = sparse_file();
	struct write_behind behind = { .memory = 128 * MIB, .expected = 200 * MIB };

	(void)state;
	assert_int_equal(write_behind(&behind, fd, 80 * MIB), 0);
	write_behind_restart(&behind, 60 * MIB);
	assert_int_equal(behind.sent, 60 * MIB);
	assert_int_equal(behind.forgotten, 48 * MIB);
	write_behind_restart(&behind, 0);
	assert_int_equal(behind.forgotten, 0);
	assert_int_equal(write_behind(&behind, fd, 9 * MIB), 0);
	assert_int_equal(behind.sent, 8 * MIB);
}

static void test_a_pipe_is_no_error(void **state)
{
	struct write_behind behind = { .memory = 0 };
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write_behind(&behind, ends[1], 16 * MIB), 0);
	assert_int_equal(behind.forgotten, 16 * MIB);
	close(ends[0]);
	close(ends[1]);
}

/* The system tells of lost bytes once: whoever hears it must not keep it. */
static void test_refused_bytes_fail_the_output(void **state)
{
	static const unsigned steps[] = { SYNC_FILE_RANGE_WRITE, SYNC_FILE_RANGE_WAIT_AFTER };
	static const struct {
		int answer, expected;
	} answers[] = {
		{ EIO, -1 },   { ENOSPC, -1 }, { EDQUOT, -1 },
		{ EINVAL, 0 }, { ENOSYS, 0 },  { ESPIPE, 0 },
	};
	AUTO_FREE char *content = calloc(1, 9 * MIB);

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(answers) / sizeof(answers[0]); i++) {
		const struct context context = { .limits = limits_default, .threads = 1 };
		int expected = answers[i / 2].expected;
		AUTO(error) err = ERROR_INIT;
		AUTO_PTR(outfile) file = outfile_open("write-behind.out", &context, &err);

		assert_non_null(file);
		refuse = answers[i / 2].answer;
		refuse_flags = steps[i % 2];
		assert_int_equal(outfile_write(file, content, 9 * MIB, &err), expected);
		refuse = 0;
		if (expected < 0)
			assert_int_equal(err.code, ERR_IO);
		error_release(&err);
		/* Nor is it forgotten when the next write succeeds. */
		assert_int_equal(outfile_write(file, "x", 1, &err), 0);
		assert_int_equal(outfile_commit(file, true, &err), expected);
		assert_int_equal(access("write-behind.out", F_OK), expected);
		unlink("write-behind.out");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_a_pipe_is_no_error),
		cmocka_unit_test(test_refused_bytes_fail_the_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
