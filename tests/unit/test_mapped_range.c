/* test_mapped_range.c - bytes of a file where they are, copies of them, and those that go away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/mapped_range.h"
#include "noise.h"
#include "util/thread_group.h"
#include "util/xalloc.h"

#define BYTES (((size_t)17 << 20) + 1000)
#define PAGE  ((size_t)sysconf(_SC_PAGESIZE))

static unsigned char bytes[BYTES];

static int make_bytes(void **state)
{
	(void)state;
	make_noise(bytes, BYTES);
	return 0;
}

static struct range file_of(size_t len)
{
	AUTO(error) err = ERROR_INIT;
	struct range range;

	assert_int_equal(range_of_bytes(bytes, len, &range, &err), 0);
	return range;
}

static const struct row {
	const char *title;
	size_t offset, length; /* of the range */
	size_t at[3], len;     /* what is looked at, one after the other until 0 */
} rows[] = {
	{ "from the start of a file", 0, BYTES, { 0, 1, 4096 }, 1000 },
	{ "at no page's start", 513, 100000, { 0, 512, 99488 }, 512 },
	{ "up to the end of a range", 1024, 70000, { 69999 }, 1 },
	{ "up to the end of a file", 1000, BYTES - 1000, { BYTES - 2000 }, 1000 },
	{ "across what is mapped at a time", 5, BYTES - 5, { 0, 8388000, 16777000 }, 262144 },
	{ "more than is mapped at a time", 5, BYTES - 5, { 3 }, 9000000 },
	{ "backwards", 0, BYTES, { 17000000, 9000000, 4 }, 4096 },
};

static void check_row(const struct row *row, const struct range *file)
{
	AUTO(mapped_range) mapped = { .range = range_slice(file, row->offset, row->length) };

	for (int i = 0; i < 3 && (i == 0 || row->at[i]); i++) {
		AUTO(error) err = ERROR_INIT;
		const unsigned char *found =
			mapped_range_enter(&mapped, row->at[i], row->len, &err);
		if (!found || memcmp(found, bytes + row->offset + row->at[i], row->len) != 0)
			fail_msg("%s: wrong bytes at %zu", row->title, row->at[i]);
		if (mapped_range_leave(&mapped, &err) < 0)
			fail_msg("%s: %s", row->title, err.message);
	}
}

static void check_rows(void)
{
	struct range file = file_of(BYTES);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(&rows[i], &file);
	close(file.fd);
}

/* Bytes 0 to 9; NULL: they are not there any more. */
static const unsigned char *enter(struct mapped_range *mapped, struct error *err)
{
	return mapped_range_enter(mapped, 0, 10, err);
}

/* Whoever does not handle SIGBUS must never meet it. */
static void test_copies_without_a_guard(void **state)
{
	struct range file = file_of(PAGE);
	AUTO(mapped_range) mapped = { .range = file };
	AUTO(error) err = ERROR_INIT;
	const unsigned char *found = enter(&mapped, &err);

	(void)state;
	assert_null(mapped.map);
	assert_int_equal(ftruncate(file.fd, 0), 0);
	assert_memory_equal(found, bytes, 10);
	assert_int_equal(mapped_range_leave(&mapped, &err), 0);
	check_rows();
	close(file.fd);
}

static void test_bytes_where_they_are(void **state)
{
	struct range file = file_of(PAGE);
	AUTO(mapped_range) mapped = { .range = file };
	AUTO(error) err = ERROR_INIT;
	const unsigned char *found = enter(&mapped, &err);

	(void)state;
	assert_ptr_equal(found, mapped.map);
	assert_null(mapped.copy);
	assert_int_equal(mapped_range_leave(&mapped, &err), 0);
	check_rows();
	close(file.fd);
}

/* Files of /proc are made when they are read. */
static void test_copies_of_what_cannot_be_mapped(void **state)
{
	AUTO_FD fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	AUTO(mapped_range) mapped = { .range = { fd, 0, 5 } };
	AUTO(error) err = ERROR_INIT;
	char expected[5];

	(void)state;
	assert_int_equal(pread(fd, expected, 5, 0), 5);
	for (size_t at = 0; at < 5; at++) {
		const unsigned char *found = mapped_range_enter(&mapped, at, 1, &err);
		assert_non_null(found);
		assert_int_equal(*found, expected[at]);
		assert_int_equal(mapped_range_leave(&mapped, &err), 0);
	}
}

static void test_copies_of_more_than_a_thread_may_look_at(void **state)
{
	struct range file = file_of(PAGE);
	struct mapped_range mapped[MAPPED_RANGES_MAX + 1];
	AUTO(error) err = ERROR_INIT;

	(void)state;
	for (int i = 0; i <= MAPPED_RANGES_MAX; i++) {
		mapped[i] = (struct mapped_range){ .range = file };
		assert_memory_equal(enter(&mapped[i], &err), bytes, 10);
		assert_int_equal(mapped[i].copy != NULL, i == MAPPED_RANGES_MAX);
	}
	for (int i = 0; i <= MAPPED_RANGES_MAX; i++) {
		assert_int_equal(mapped_range_leave(&mapped[i], &err), 0);
		mapped_range_release(&mapped[i]);
	}
	close(file.fd);
}

static void test_beyond_the_end(void **state)
{
	struct range file = file_of(PAGE);
	AUTO(mapped_range) mapped = { .range = file };
	AUTO(error) err = ERROR_INIT;

	(void)state;
	assert_null(mapped_range_enter(&mapped, 1, PAGE, &err));
	assert_int_equal(err.code, ERR_FORMAT);
	close(file.fd);
}

static void test_file_that_became_shorter(void **state)
{
	struct range file = file_of(2 * PAGE);
	AUTO(mapped_range) mapped = { .range = file };
	AUTO(error) err = ERROR_INIT;

	(void)state;
	assert_int_equal(ftruncate(file.fd, (off_t)PAGE), 0);
	assert_null(mapped_range_enter(&mapped, 0, 2 * PAGE, &err));
	assert_int_equal(err.code, ERR_IO);
	assert_non_null(strstr(err.message, "became shorter"));
	close(file.fd);
}

/* cmocka handles SIGBUS, too, from test to test anew. */
static int guard(void **state)
{
	(void)state;
	return mapped_range_guard() ? 0 : -1;
}

/* Zeros in the place of lost bytes must not be taken for them, nor disturb others. */
static void test_file_that_becomes_shorter_under_its_reader(void **state)
{
	struct range lost = file_of(3 * PAGE), kept = file_of(PAGE);
	AUTO(mapped_range) short_one = { .range = lost }, long_one = { .range = kept };
	AUTO(error) err = ERROR_INIT;
	const unsigned char *gone = mapped_range_enter(&short_one, 0, 3 * PAGE, &err);
	const unsigned char *there = enter(&long_one, &err);
	AUTO_FREE char *text = xasprintf("(offset %zu)", 3 * PAGE - 1);

	assert_int_equal(guard(state), 0);
	assert_int_equal(ftruncate(lost.fd, (off_t)PAGE), 0);
	assert_memory_equal(gone, bytes, PAGE);
	assert_int_equal(gone[PAGE + 1], 0);
	assert_int_equal(gone[3 * PAGE - 1], 0);
	assert_memory_equal(there, bytes, 10);
	assert_int_equal(mapped_range_leave(&long_one, &err), 0);
	assert_int_equal(mapped_range_leave(&short_one, &err), -1);
	assert_int_equal(err.code, ERR_IO);
	assert_non_null(strstr(err.message, text));
	close(lost.fd);
	close(kept.fd);
}

/* What a thread found: whether it was told that the pages it looks at are lost. */
struct watcher {
	struct range file;
	bool told;
};

static void *watch(void *arg)
{
	struct watcher *watcher = arg;
	AUTO(mapped_range) mapped = { .range = watcher->file };
	AUTO(error) err = ERROR_INIT;
	const volatile unsigned char *found = enter(&mapped, &err);

	watcher->told = found && ftruncate(watcher->file.fd, 0) == 0 && *found == 0 &&
			mapped_range_leave(&mapped, &err) < 0;
	return NULL;
}

/* A fault whose signal is blocked ends the process, whatever handler there is. */
static void test_threads_of_a_group_are_told(void **state)
{
	struct watcher watcher = { file_of(PAGE), false };
	struct thread_group group = { 0 };

	assert_int_equal(guard(state), 0);
	thread_group_start(&group, 1, watch, &watcher);
	thread_group_join(&group);
	assert_true(watcher.told);
	close(watcher.file.fd);
}

/* Touch a lost page in a process of its own, NULL: send the signal; what ended it. */
static int signal_of(const volatile unsigned char *lost)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
		_exit(lost ? *lost : raise(SIGBUS));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void test_faults_of_others_still_end_the_process(void **state)
{
	struct range file = file_of(PAGE);
	unsigned char *map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, file.fd, 0);
	AUTO(mapped_range) mapped = { .range = file };
	AUTO(error) err = ERROR_INIT;
	const unsigned char *left = enter(&mapped, &err);

	assert_int_equal(guard(state), 0);
	assert_true(map != MAP_FAILED);
	assert_int_equal(mapped_range_leave(&mapped, &err), 0);
	assert_int_equal(ftruncate(file.fd, 0), 0);
	assert_int_equal(signal_of(map), SIGBUS);
	assert_int_equal(signal_of(left), SIGBUS);
	assert_int_equal(signal_of(NULL), SIGBUS);
	munmap(map, PAGE);
	close(file.fd);
}

int main(void)
{
	const struct CMUnitTest unguarded[] = {
		cmocka_unit_test(test_copies_without_a_guard),
		cmocka_unit_test(test_beyond_the_end),
		cmocka_unit_test(test_file_that_became_shorter),
	};
	const struct CMUnitTest guarded[] = {
		cmocka_unit_test(test_bytes_where_they_are),
		cmocka_unit_test(test_copies_of_what_cannot_be_mapped),
		cmocka_unit_test(test_copies_of_more_than_a_thread_may_look_at),
		cmocka_unit_test(test_beyond_the_end),
		cmocka_unit_test(test_file_that_became_shorter),
		cmocka_unit_test(test_file_that_becomes_shorter_under_its_reader),
		cmocka_unit_test(test_threads_of_a_group_are_told),
		cmocka_unit_test(test_faults_of_others_still_end_the_process),
	};
	int failed = cmocka_run_group_tests(unguarded, make_bytes, NULL);

	return failed + cmocka_run_group_tests(guarded, guard, NULL);
}
