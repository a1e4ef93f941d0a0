/* tar_probe.h - one tar under test, read from a range and from a stream alike. */
#ifndef TAR_PROBE_H
#define TAR_PROBE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "tar/tar_reader.h"
#include "tar_forge.h"
#include "util/limits.h"

#include <cmocka.h>

/* A tar under test and what the reader said last; one over a stream of the same bytes must say
 * the same. */
struct probe {
	struct strbuf tar;
	struct limits limits;
	struct range range;
	struct tar_reader *reader;
	struct byte_source source;
	struct decoder *decoder;
	struct tar_reader *streamed;
	struct tar_header header;
	struct error err;
};

static struct probe probe;

static void begin(void)
{
	if (probe.reader) {
		tar_reader_close(probe.reader);
		tar_reader_close(probe.streamed);
		decoder_close(probe.decoder);
		close(probe.range.fd);
	}
	probe.reader = NULL;
	probe.limits = limits_default;
	strbuf_clear(&probe.tar);
	error_release(&probe.err);
}

static int teardown(void **state)
{
	(void)state;
	begin();
	strbuf_release(&probe.tar);
	return 0;
}

static void open_readers(void)
{
	AUTO(error) err = ERROR_INIT;

	probe.range = forge_file(probe.tar.data, probe.tar.len);
	probe.reader = tar_reader_open(&probe.range, &probe.limits);
	byte_source_from_range(&probe.source, probe.range);
	probe.decoder = decoder_open(COMPRESSION_NONE, &probe.source, 1, &err);
	probe.streamed = tar_reader_open_stream(probe.decoder, &probe.limits);
}

/* What was said of the range, `rc`, holds for the stream; a cut body shows one entry later. */
static void stream_agrees(int rc)
{
	AUTO(error) err = ERROR_INIT;
	struct tar_header streamed;
	int said = tar_reader_next(probe.streamed, &streamed, &err);
	uint64_t length;

	if (rc < 0 && said > 0)
		said = tar_reader_next(probe.streamed, &streamed, &err);
	assert_int_equal(said, rc);
	if (rc > 0) {
		assert_int_equal(streamed.header_offset, probe.header.header_offset);
		assert_int_equal(streamed.body_offset, probe.header.body_offset);
		assert_int_equal(streamed.stored_size, probe.header.stored_size);
		assert_int_equal(streamed.chunk_count, probe.header.chunk_count);
		assert_int_equal(streamed.path.len, probe.header.path.len);
		assert_memory_equal(streamed.path.bytes, probe.header.path.bytes,
				    streamed.path.len);
	} else if (rc == 0) {
		assert_int_equal(tar_reader_end(probe.streamed), tar_reader_end(probe.reader));
		assert_int_equal(tar_reader_length(probe.streamed, &length, &err), 0);
		assert_int_equal(length, probe.range.length);
	}
}

/* The next entry: 1, 0 or -1 as tar_reader_next() has it. */
static int next(void)
{
	if (!probe.reader)
		open_readers();

	int rc = tar_reader_next(probe.reader, &probe.header, &probe.err);

	stream_agrees(rc);
	return rc;
}

static const struct tar_header *read_entry(void)
{
	int rc = next();

	if (rc != 1)
		fail_msg("no entry: %s", rc ? probe.err.message : "end of archive");
	assert_int_equal(probe.err.code, ERR_NONE);
	return &probe.header;
}

/* The tar has no entry but an error with this text. */
static void refused(enum err_code code, const char *says)
{
	int rc = next();

	while (rc > 0)
		rc = next();
	assert_int_equal(rc, -1);
	if (probe.err.code != code || !strstr(probe.err.message, says))
		fail_msg("\"%s\" instead of \"%s\"", probe.err.message, says);
	begin();
}

static void must_be(struct tar_text got, const char *want)
{
	if (got.len != strlen(want) || memcmp(got.bytes, want, got.len))
		fail_msg("\"%.*s\" instead of \"%s\"", (int)got.len, got.bytes, want);
}

/* One more good entry, then the end: the stream is still in step. */
static void in_step(void)
{
	forge_block(&probe.tar, forged("z-last", '0', 3));
	forge_body(&probe.tar, "abc", 3);
	forge_end(&probe.tar);
}

static void still_in_step(void)
{
	must_be(read_entry()->path, "z-last");
	assert_int_equal(probe.header.size, 3);
	assert_int_equal(next(), 0);
	begin();
}

#endif
