/* test_input.c - files, pipes and directories as plain bytes, and byte sources below them. */
#include "codec_forge.h"

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

#include "io/byte_source.h"
#include "io/encoder.h"
#include "io/spool.h"
#include "util/strbuf.h"
#include "util/xalloc.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define PLAIN_BYTES ((size_t)300000)

static char folder[64];
static struct context context;
static struct progress progress;
static struct strbuf phases;
static char *plain;

static void hear(void *arg, const struct progress_state *state)
{
	(void)arg;
	if (state->done == 0)
		strbuf_addf(&phases, "%s;", state->phase);
}

static int setup(void **state)
{
	(void)state;
	progress_init(&progress, hear, NULL);
	context = (struct context){ .limits = limits_default,
				    .threads = 1,
				    .warnings = warnings_new(),
				    .progress = &progress };
	plain = xmalloc(PLAIN_BYTES);
	for (size_t i = 0; i < PLAIN_BYTES; i++)
		plain[i] = (char)(i * i / 77);
	snprintf(folder, sizeof(folder), "input-test-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	warnings_free(context.warnings);
	strbuf_release(&phases);
	free(plain);
	return rmdir(folder);
}

/* The plain bytes behind the given compressions, "gzip" innermost first. */
static void wrap(struct strbuf *out, const enum compression *layers, size_t count)
{
	strbuf_add(out, plain, PLAIN_BYTES);
	for (size_t i = 0; i < count; i++) {
		const struct encoding encoding = { .compression = layers[i] };
		AUTO(error) err = ERROR_INIT;
		AUTO(strbuf) packed = STRBUF_INIT;
		AUTO_PTR(encoder) encoder = encoder_open(&encoding, 1, append, &packed, &err);

		assert_int_equal(encoder_put(encoder, out, out->len, &err), 0);
		strbuf_clear(out);
		strbuf_add(out, packed.data, packed.len);
	}
}

static char *put(const struct strbuf *content)
{
	char *path = xasprintf("%s/image.tar", folder);
	AUTO_FD fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content->data, content->len), content->len);
	return path;
}

static void assert_reads(const struct input *input, const void *expected, size_t len)
{
	const struct range range = { .fd = input->fd, .offset = 0, .length = input->size };
	AUTO(error) err = ERROR_INIT;
	AUTO_FREE char *got = xmalloc(len);

	assert_int_equal(input->size, len);
	assert_int_equal(range_read(&range, 0, got, len, &err), 0);
	assert_memory_equal(got, expected, len);
}

static const struct {
	enum compression layers[2];
	size_t count;
} wrappings[] = {
	{ { COMPRESSION_NONE }, 0 },
	{ { COMPRESSION_GZIP }, 1 },
	{ { COMPRESSION_ZSTD }, 1 },
	{ { COMPRESSION_GZIP, COMPRESSION_ZSTD }, 2 },
	{ { COMPRESSION_GZIP, COMPRESSION_GZIP }, 2 },
};

static void test_file(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(wrappings); i++) {
		AUTO(strbuf) content = STRBUF_INIT;
		AUTO(error) err = ERROR_INIT;
		AUTO(input) input;
		struct stat named, opened;

		wrap(&content, wrappings[i].layers, wrappings[i].count);

		AUTO_FREE char *path = put(&content);

		strbuf_clear(&phases);
		assert_int_equal(input_open(&input, path, &context, &err), 0);
		assert_reads(&input, plain, PLAIN_BYTES);
		assert_int_equal(input.peeled, wrappings[i].count);
		assert_int_equal(input.given_size, content.len);
		assert_false(input.is_directory);
		assert_string_equal(input.name, path);
		assert_int_equal(stat(path, &named), 0);
		assert_int_equal(fstat(input.fd, &opened), 0);
		assert_true(input.dev == named.st_dev && input.ino == named.st_ino);
		/* Plain files are not copied. */
		assert_int_equal(opened.st_ino == named.st_ino, wrappings[i].count == 0);
		if (wrappings[i].count == 0)
			assert_int_equal(phases.len, 0);
		else
			assert_int_equal(strncmp(phases.data, "unpacking;", 10), 0);
		unlink(path);
	}
}

/* What stands at fd becomes standard input for one call. */
static int open_stdin(struct input *input, int fd, struct error *err)
{
	int saved = dup(STDIN_FILENO);

	dup2(fd, STDIN_FILENO);

	int rc = input_open(input, "-", &context, err);

	dup2(saved, STDIN_FILENO);
	close(saved);
	return rc;
}

static void test_pipe(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(wrappings); i++) {
		AUTO(strbuf) content = STRBUF_INIT;
		AUTO(error) err = ERROR_INIT;
		AUTO(input) input;
		int ends[2];

		wrap(&content, wrappings[i].layers, wrappings[i].count);
		assert_int_equal(pipe(ends), 0);
		/* Nobody should depend on the reader waiting in read(2). */
		assert_true(fcntl(ends[0], F_SETFL, O_NONBLOCK) >= 0);

		pid_t child = fork();

		if (child == 0) {
			size_t at = 0;

			close(ends[0]);
			while (at < content.len) {
				size_t len = content.len - at < 1013 ? content.len - at : 1013;
				ssize_t sent = write(ends[1], content.data + at, at ? len : 1);

				if (sent < 0)
					_exit(1);
				at += (size_t)sent;
			}
			_exit(0);
		}
		close(ends[1]);
		assert_int_equal(open_stdin(&input, ends[0], &err), 0);
		assert_reads(&input, plain, PLAIN_BYTES);
		assert_int_equal(input.peeled, wrappings[i].count);
		assert_int_equal(input.given_size, content.len);
		assert_string_equal(input.name, "standard input");
		close(ends[0]);
		waitpid(child, NULL, 0);
	}
}

static void test_redirected_file(void **state)
{
	AUTO(strbuf) content = STRBUF_INIT;
	AUTO(error) err = ERROR_INIT;
	AUTO(input) whole;
	AUTO(input) rest;
	struct stat named, opened;

	(void)state;
	strbuf_add(&content, plain, PLAIN_BYTES);

	AUTO_FREE char *path = put(&content);
	AUTO_FD fd = open(path, O_RDONLY);

	assert_int_equal(fstat(fd, &named), 0);
	assert_int_equal(open_stdin(&whole, fd, &err), 0);
	assert_reads(&whole, plain, PLAIN_BYTES);
	assert_int_equal(fstat(whole.fd, &opened), 0);
	assert_int_equal(opened.st_ino, named.st_ino);
	assert_int_equal(lseek(fd, 1000, SEEK_SET), 1000);
	assert_int_equal(open_stdin(&rest, fd, &err), 0);
	assert_reads(&rest, plain + 1000, PLAIN_BYTES - 1000);
	unlink(path);
}

static void test_at_most_two(void **state)
{
	static const enum compression three[] = { COMPRESSION_GZIP, COMPRESSION_ZSTD,
						  COMPRESSION_GZIP };
	AUTO(strbuf) content = STRBUF_INIT;
	AUTO(strbuf) inner = STRBUF_INIT;
	AUTO(error) err = ERROR_INIT;
	AUTO(input) input;

	(void)state;
	wrap(&inner, three, 1);
	wrap(&content, three, 3);

	AUTO_FREE char *path = put(&content);

	assert_int_equal(input_open(&input, path, &context, &err), 0);
	assert_int_equal(input.peeled, 2);
	assert_reads(&input, inner.data, inner.len);
	unlink(path);
}

static void test_directory(void **state)
{
	AUTO(error) err = ERROR_INIT;
	AUTO(input) input;

	(void)state;
	assert_int_equal(input_open(&input, folder, &context, &err), 0);
	assert_true(input.is_directory);
	assert_int_equal(input.size, 0);
	assert_int_equal(input.given_size, 0);
	assert_int_equal(faccessat(input.fd, ".", R_OK, 0), 0);
}

static void test_trailing_bytes_are_noted(void **state)
{
	static const enum compression one[] = { COMPRESSION_GZIP };
	AUTO(strbuf) content = STRBUF_INIT;
	AUTO(error) err = ERROR_INIT;
	AUTO(input) input;
	const struct warning *seen = warnings_get(context.warnings, WARN_TRAILING_BYTES);

	(void)state;
	wrap(&content, one, 1);
	assert_int_equal(seen->count, 0);
	strbuf_addstr(&content, "rubbish");

	AUTO_FREE char *path = put(&content);

	assert_int_equal(input_open(&input, path, &context, &err), 0);
	assert_int_equal(seen->count, 1);
	assert_non_null(strstr(seen->examples[0], path));
	unlink(path);
}

static void test_limit(void **state)
{
	static const struct {
		size_t wrapping;
		uint64_t needed;
	} rows[] = { { 1, PLAIN_BYTES }, { 2, PLAIN_BYTES } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(strbuf) content = STRBUF_INIT;
		AUTO(error) err = ERROR_INIT;
		struct context tight = context;
		AUTO(input) enough;
		struct input input;

		wrap(&content, wrappings[rows[i].wrapping].layers, 1);

		AUTO_FREE char *path = put(&content);

		tight.limits.spool_bytes = rows[i].needed;
		assert_int_equal(input_open(&enough, path, &tight, &err), 0);
		tight.limits.spool_bytes = rows[i].needed - 1;
		assert_int_equal(input_open(&input, path, &tight, &err), -1);
		assert_int_equal(err.code, ERR_LIMIT);
		assert_non_null(strstr(err.message, "spool-bytes"));
		unlink(path);
	}
}

static void test_failures_name_the_file(void **state)
{
	static const struct {
		const char *content;
		size_t len;
		enum err_code code;
		const char *text;
	} rows[] = {
		{ NULL, 0, ERR_IO, "No such file" },
		{ "\x1f\x8b\x08", 3, ERR_FORMAT, "gzip stream ends too early" },
		{ "\x28\xb5\x2f\xfd\x04", 5, ERR_FORMAT, "zstd stream ends too early" },
		{ "\xfd"
		  "7zXZ\0abc",
		  9, ERR_FORMAT, "xz stream" },
		{ "BZh9", 4, ERR_FORMAT, "bzip2 stream" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO_FREE char *path = xasprintf("%s/image.tar", folder);
		AUTO(error) err = ERROR_INIT;
		struct input input;

		if (rows[i].content) {
			AUTO(strbuf) content = STRBUF_INIT;

			strbuf_add(&content, rows[i].content, rows[i].len);
			free(put(&content));
		}
		assert_int_equal(input_open(&input, path, &context, &err), -1);
		assert_int_equal(err.code, rows[i].code);
		assert_ptr_equal(strstr(err.message, path), err.message);
		assert_non_null(strstr(err.message, rows[i].text));
		unlink(path);
	}
}

static void test_empty_file(void **state)
{
	AUTO(strbuf) content = STRBUF_INIT;
	AUTO(error) err = ERROR_INIT;
	AUTO(input) input;

	(void)state;
	strbuf_add(&content, "", 0);

	AUTO_FREE char *path = put(&content);

	assert_int_equal(input_open(&input, path, &context, &err), 0);
	assert_int_equal(input.size, 0);
	assert_int_equal(input.peeled, 0);
	unlink(path);
}

static void test_peek_takes_nothing(void **state)
{
	static const char text[] = "0123456789abcdefghij";
	AUTO(error) err = ERROR_INIT;
	int ends[2];

	(void)state;
	for (int pass = 0; pass < 2; pass++) {
		AUTO(strbuf) content = STRBUF_INIT;
		struct byte_source source;
		char head[32], buf[32];
		size_t sum = 0;
		ssize_t got;

		strbuf_addstr(&content, text);

		AUTO_FREE char *path = put(&content);
		AUTO_FD fd = open(path, O_RDONLY);

		assert_int_equal(pipe(ends), 0);
		assert_int_equal(write(ends[1], text, 20), 20);
		close(ends[1]);
		if (pass == 0)
			byte_source_from_stream(&source, ends[0]);
		else
			byte_source_from_range(&source, (struct range){ .fd = fd, .length = 20 });
		assert_int_equal(byte_source_peek(&source, head, 6, &err), 6);
		assert_memory_equal(head, text, 6);
		assert_int_equal(byte_source_peek(&source, head, sizeof(head), &err), 16);
		assert_memory_equal(head, text, 16);
		assert_int_equal(byte_source_read(&source, buf, 3, &err), 3);
		assert_memory_equal(buf, text, 3);
		assert_int_equal(byte_source_peek(&source, head, 4, &err), 4);
		assert_memory_equal(head, text + 3, 4);
		while ((got = byte_source_read(&source, buf + sum, 7, &err)) > 0)
			sum += (size_t)got;
		assert_int_equal(got, 0);
		assert_int_equal(sum, 17);
		assert_memory_equal(buf, text + 3, 17);
		assert_int_equal(byte_source_peek(&source, head, 4, &err), 0);
		close(ends[0]);
		unlink(path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_redirected_file),
		cmocka_unit_test(test_at_most_two),
		cmocka_unit_test(test_directory),
		cmocka_unit_test(test_trailing_bytes_are_noted),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_failures_name_the_file),
		cmocka_unit_test(test_empty_file),
		cmocka_unit_test(test_peek_takes_nothing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
