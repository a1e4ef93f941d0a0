/* test_outfile.c - outputs that appear complete or not at all. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/outfile.h"
#include "io/spool.h"
#include "util/strbuf.h"
#include "util/xalloc.h"

#define MIB ((size_t)1 << 20)

static char folder[64];
static struct context context;

static int setup(void **state)
{
	static struct progress silent;

	(void)state;
	progress_init(&silent, NULL, NULL);
	context = (struct context){ .limits = limits_default, .threads = 1, .progress = &silent };
	snprintf(folder, sizeof(folder), "outfile-test-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static char *in_folder(const char *name)
{
	return xasprintf("%s/%s", folder, name);
}

/* Names in the folder; all of them are removed when asked. */
static unsigned entries(bool clear)
{
	DIR *dir = opendir(folder);
	unsigned count = 0;

	assert_non_null(dir);
	for (const struct dirent *entry; (entry = readdir(dir));) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		count++;
		if (clear)
			assert_int_equal(unlinkat(dirfd(dir), entry->d_name, 0), 0);
	}
	closedir(dir);
	return count;
}

static int teardown(void **state)
{
	(void)state;
	entries(true);
	return rmdir(folder);
}

static void read_all(struct strbuf *out, const char *path)
{
	AUTO_FD fd = open(path, O_RDONLY);
	char piece[4096];
	ssize_t got;

	assert_true(fd >= 0);
	while ((got = read(fd, piece, sizeof(piece))) > 0)
		strbuf_add(out, piece, (size_t)got);
	assert_int_equal(got, 0);
}

static void assert_content(const char *path, const char *expected)
{
	AUTO(strbuf) content = STRBUF_INIT;

	read_all(&content, path);
	assert_int_equal(content.len, strlen(expected));
	if (content.len)
		assert_string_equal(content.data, expected);
}

static void put(const char *path, const char *content)
{
	AUTO_FD fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
}

static struct outfile *open_out(const char *path)
{
	AUTO(error) err = ERROR_INIT;
	struct outfile *file = outfile_open(path, &context, &err);

	if (!file)
		fail_msg("%s", err.message);
	return file;
}

static void test_commit(void **state)
{
	static const bool syncs[] = { false, true };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		AUTO_FREE char *path = in_folder("new.tar");
		AUTO(error) err = ERROR_INIT;
		AUTO_PTR(outfile) file = open_out(path);

		outfile_expect(file, 10 * MIB);
		assert_int_equal(outfile_write(file, "hello", 5, &err), 0);
		assert_int_equal(access(path, F_OK), -1);
		assert_int_equal(outfile_commit(file, syncs[i], &err), 0);
		assert_content(path, "hello");
		assert_int_equal(entries(true), 1);
	}
}

static void test_close_without_commit(void **state)
{
	AUTO_FREE char *path = in_folder("old.tar");
	AUTO(error) err = ERROR_INIT;

	(void)state;
	put(path, "older");
	{
		AUTO_PTR(outfile) file = open_out(path);

		assert_int_equal(outfile_write(file, "newer", 5, &err), 0);
		assert_int_equal(entries(false), 2);
	}
	assert_content(path, "older");
	assert_int_equal(entries(true), 1);
}

static void test_modes(void **state)
{
	static const struct {
		mode_t mask, older, expected;
	} rows[] = {
		{ 022, 0, 0644 },    { 077, 0, 0600 },	  { 0, 0, 0666 },
		{ 022, 0640, 0640 }, { 077, 0755, 0755 },
	};
	AUTO_FREE char *path = in_folder("mode.tar");

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		mode_t before = umask(rows[i].mask);
		AUTO(error) err = ERROR_INIT;
		struct stat st;

		if (rows[i].older) {
			put(path, "older");
			assert_int_equal(chmod(path, rows[i].older), 0);
		}

		AUTO_PTR(outfile) file = open_out(path);

		assert_int_equal(outfile_commit(file, false, &err), 0);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, rows[i].expected);
		/* The umask is as it was. */
		assert_int_equal(umask(before), rows[i].mask);
		entries(true);
	}
}

static void test_symlink_stays(void **state)
{
	AUTO_FREE char *path = in_folder("target.tar");
	AUTO_FREE char *name = in_folder("link.tar");
	AUTO(error) err = ERROR_INIT;
	struct stat st;

	(void)state;
	put(path, "older");
	assert_int_equal(symlink("target.tar", name), 0);

	AUTO_PTR(outfile) file = open_out(name);

	assert_int_equal(outfile_write(file, "newer", 5, &err), 0);
	assert_int_equal(outfile_commit(file, false, &err), 0);
	assert_int_equal(lstat(name, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_content(path, "newer");
	entries(true);
}

static void test_long_name(void **state)
{
	char name[256];
	AUTO(error) err = ERROR_INIT;

	(void)state;
	memset(name, 'n', 255);
	name[255] = '\0';

	AUTO_FREE char *path = in_folder(name);
	AUTO_PTR(outfile) file = open_out(path);

	assert_int_equal(outfile_commit(file, false, &err), 0);
	assert_int_equal(access(path, F_OK), 0);
	entries(true);
}

/* Edits in every place relative to what is still buffered. */
static void test_edits_match_a_model(void **state)
{
	AUTO_FREE char *path = in_folder("edit.tar");
	AUTO(error) err = ERROR_INIT;
	AUTO(strbuf) model = STRBUF_INIT;
	AUTO(strbuf) written = STRBUF_INIT;
	AUTO_FREE char *piece = xmalloc(3 * MIB);
	static const size_t sizes[] = { 10, MIB - 20, 5, 5, 3 * MIB, 1, MIB, MIB - 1, 0, 700000 };
	AUTO_PTR(outfile) file = open_out(path);

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		memset(piece, 'a' + (int)i, sizes[i]);
		strbuf_add(&model, piece, sizes[i]);
		assert_int_equal(outfile_write(file, piece, sizes[i], &err), 0);
		for (size_t back = 1; back <= model.len; back = back * 7 + 3) {
			size_t at = model.len - back, len = back < 12 ? back : 12;

			memcpy(model.data + at, "REWRITTEN HERE", len);
			assert_int_equal(outfile_rewrite(file, at, "REWRITTEN HERE", len, &err), 0);
		}
		if (i % 3 == 2) {
			model.len -= 7;
			assert_int_equal(outfile_truncate(file, model.len, &err), 0);
		}
	}
	assert_int_equal(outfile_zeros(file, 100000, &err), 0);
	for (size_t i = 0; i < 100000; i++)
		strbuf_addch(&model, '\0');
	/* Far back, into bytes that left the buffer long ago. */
	model.len = 2 * MIB;
	assert_int_equal(outfile_truncate(file, model.len, &err), 0);
	strbuf_addstr(&model, "end");
	assert_int_equal(outfile_write(file, "end", 3, &err), 0);

	struct range range = outfile_range(file);
	AUTO_FREE char *back = xmalloc(model.len);

	assert_int_equal(range.length, model.len);
	assert_int_equal(range_read(&range, 0, back, model.len, &err), 0);
	assert_memory_equal(back, model.data, model.len);
	assert_int_equal(outfile_commit(file, false, &err), 0);
	read_all(&written, path);
	assert_int_equal(written.len, model.len);
	assert_memory_equal(written.data, model.data, model.len);
	/* Also after the commit. */
	assert_int_equal(range_read(&range, model.len - 3, back, 3, &err), 0);
	assert_memory_equal(back, "end", 3);
	entries(true);
}

static void test_edits_beyond_the_end(void **state)
{
	AUTO_FREE char *path = in_folder("beyond.tar");
	AUTO(error) first = ERROR_INIT;
	AUTO(error) second = ERROR_INIT;
	AUTO(error) err = ERROR_INIT;
	AUTO_PTR(outfile) file = open_out(path);

	(void)state;
	assert_int_equal(outfile_write(file, "0123456789", 10, &err), 0);
	assert_int_equal(outfile_rewrite(file, 8, "abc", 3, &first), -1);
	assert_int_equal(first.code, ERR_INTERNAL);
	assert_int_equal(outfile_truncate(file, 11, &second), -1);
	assert_int_equal(second.code, ERR_INTERNAL);
}

static void test_range_bounds(void **state)
{
	AUTO_FREE char *path = in_folder("range.tar");
	AUTO(error) first = ERROR_INIT;
	AUTO(error) second = ERROR_INIT;
	AUTO(error) err = ERROR_INIT;
	AUTO_PTR(outfile) file = open_out(path);
	char buf[10];

	(void)state;
	assert_int_equal(outfile_write(file, "0123456789", 10, &err), 0);

	struct range whole = outfile_range(file);
	struct range slice = range_slice(&whole, 4, 3);

	assert_int_equal(range_read(&slice, 1, buf, 2, &err), 0);
	assert_memory_equal(buf, "56", 2);
	assert_int_equal(range_read(&slice, 3, buf, 0, &err), 0);
	assert_int_equal(range_read(&slice, 2, buf, 2, &first), -1);
	assert_int_equal(first.code, ERR_FORMAT);
	assert_int_equal(range_read(&slice, UINT64_MAX, buf, 2, &second), -1);
	assert_int_equal(second.code, ERR_FORMAT);
	error_release(&first);
	whole.length = 11;
	assert_int_equal(range_read(&whole, 0, buf, 1, &err), 0);
	assert_int_equal(range_read(&whole, 10, buf, 1, &first), -1);
	assert_int_equal(first.code, ERR_IO);
}

static void test_cannot_open(void **state)
{
	static const struct {
		const char *path;
		int sys_errno;
	} rows[] = {
		{ "no-such-folder/out.tar", ENOENT },
		{ ".", EISDIR },
		{ "/dev/null/out.tar", ENOTDIR },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(error) err = ERROR_INIT;

		assert_null(outfile_open(rows[i].path, &context, &err));
		assert_int_equal(err.code, ERR_IO);
		assert_int_equal(err.sys_errno, rows[i].sys_errno);
		assert_ptr_equal(strstr(err.message, rows[i].path), err.message);
	}
}

static void test_no_space(void **state)
{
	AUTO(error) err = ERROR_INIT;
	AUTO_PTR(outfile) file = open_out("/dev/full");

	(void)state;
	assert_int_equal(outfile_write(file, "abc", 3, &err), 0);
	assert_int_equal(outfile_commit(file, false, &err), -1);
	assert_int_equal(err.code, ERR_IO);
	assert_int_equal(err.sys_errno, ENOSPC);
	assert_non_null(strstr(err.message, "/dev/full"));
}

static void test_fifo(void **state)
{
	AUTO_FREE char *path = in_folder("pipe");
	AUTO_FREE char *big = xmalloc(5 * MIB);
	AUTO(error) err = ERROR_INIT;

	(void)state;
	memset(big, 'x', 5 * MIB);
	assert_int_equal(mkfifo(path, 0600), 0);

	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		AUTO(strbuf) got = STRBUF_INIT;

		read_all(&got, path);
		_exit(got.len == 5 * MIB && got.data[MIB] == 'x' ? 0 : 1);
	}

	AUTO_PTR(outfile) file = open_out(path);
	int status;

	assert_int_equal(outfile_write(file, big, 5 * MIB, &err), 0);
	assert_int_equal(outfile_commit(file, true, &err), 0);
	outfile_close(STEAL(file));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(entries(true), 1);
}

/* Runs with standard output at the given end of a pipe. */
static int commit_to_stdout(int out, size_t len, struct error *err)
{
	int saved = dup(STDOUT_FILENO);
	AUTO_FREE char *big = xcalloc(1, len);

	fflush(stdout);
	dup2(out, STDOUT_FILENO);

	AUTO_PTR(outfile) file = outfile_open("-", &context, err);
	int rc = file ? outfile_write(file, big, len, err) : -1;

	if (rc == 0)
		rc = outfile_commit(file, false, err);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	return rc;
}

static void test_stdout_that_does_not_block(void **state)
{
	AUTO(error) err = ERROR_INIT;
	int ends[2], status;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_true(fcntl(ends[1], F_SETFL, O_NONBLOCK) >= 0);

	pid_t child = fork();

	if (child == 0) {
		char piece[1000];
		size_t sum = 0;
		ssize_t got;

		close(ends[1]);
		while ((got = read(ends[0], piece, sizeof(piece))) > 0)
			sum += (size_t)got;
		_exit(sum == 3 * MIB + 1 ? 0 : 1);
	}
	close(ends[0]);
	assert_int_equal(commit_to_stdout(ends[1], 3 * MIB + 1, &err), 0);
	close(ends[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void test_stdout_whose_reader_left(void **state)
{
	AUTO(error) err = ERROR_INIT;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	assert_int_equal(commit_to_stdout(ends[1], MIB, &err), -1);
	assert_int_equal(err.code, ERR_IO);
	assert_int_equal(err.sys_errno, EPIPE);
	assert_non_null(strstr(err.message, "standard output"));
	close(ends[1]);
}

static void test_abandon_all(void **state)
{
	AUTO_FREE char *one = in_folder("one.tar");
	AUTO_FREE char *two = in_folder("two.tar");
	AUTO(error) err = ERROR_INIT;
	int status;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		struct outfile *first = outfile_open(one, &context, &err);
		struct outfile *second = outfile_open(two, &context, &err);

		if (!first || !second || entries(false) != 2)
			_exit(1);
		outfile_abandon_all();
		if (entries(false) != 0)
			_exit(2);
		/* Too late for a name. */
		if (outfile_commit(first, false, &err) == 0 || err.code != ERR_IO)
			_exit(3);
		outfile_close(first);
		outfile_close(second);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(entries(true), 0);
}

static void test_spool_has_no_name(void **state)
{
	AUTO(error) err = ERROR_INIT;
	AUTO(error) none = ERROR_INIT;
	struct stat st;

	(void)state;

	AUTO_FD fd = spool_create(folder, &err);

	assert_true(fd >= 0);
	assert_int_equal(entries(false), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_nlink, 0);
	assert_int_equal(st.st_mode & 077, 0);
	assert_int_equal(spool_create("no-such-folder", &none), -1);
	assert_int_equal(none.code, ERR_IO);
	assert_non_null(strstr(none.message, "no-such-folder"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commit),
		cmocka_unit_test(test_close_without_commit),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_symlink_stays),
		cmocka_unit_test(test_long_name),
		cmocka_unit_test(test_edits_match_a_model),
		cmocka_unit_test(test_edits_beyond_the_end),
		cmocka_unit_test(test_range_bounds),
		cmocka_unit_test(test_cannot_open),
		cmocka_unit_test(test_no_space),
		cmocka_unit_test(test_fifo),
		cmocka_unit_test(test_stdout_that_does_not_block),
		cmocka_unit_test(test_stdout_whose_reader_left),
		cmocka_unit_test(test_abandon_all),
		cmocka_unit_test(test_spool_has_no_name),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, setup, teardown);
}
