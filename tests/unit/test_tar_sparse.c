/* test_tar_sparse.c - sparse files, the end of the stream, and limits of the reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "tar/tar_reader.h"
#include "tar_forge.h"
#include "util/limits.h"

#include <cmocka.h>

#define MAP_MOST 8

/* Read the first entry.  1, 0 or -1; chunks are copied out. */
struct outcome {
	int rc;
	struct tar_header header;
	char path[64];
	struct tar_chunk chunks[MAP_MOST];
	uint64_t end;
	struct error err;
};

static void release(struct outcome *outcome)
{
	error_release(&outcome->err);
}

static struct outcome read_first(const struct strbuf *tar, const struct limits *limits, int entries)
{
	struct outcome out = { .err = ERROR_INIT };
	struct range range = forge_file(tar->data, tar->len);
	AUTO_PTR(tar_reader) reader = tar_reader_open(&range, limits);

	while (entries-- > 0 && (out.rc = tar_reader_next(reader, &out.header, &out.err)) > 0)
		;
	if (out.rc > 0) {
		assert_true(out.header.chunk_count <= MAP_MOST);
		if (out.header.chunk_count)
			memcpy(out.chunks, out.header.chunks,
			       out.header.chunk_count * sizeof(out.chunks[0]));
		assert_true(out.header.path.len < sizeof(out.path));
		memcpy(out.path, out.header.path.bytes, out.header.path.len);
	} else if (!out.rc) {
		out.end = tar_reader_end(reader);
	}
	close(range.fd);
	return out;
}

static void must_refuse(const struct strbuf *tar, const struct limits *limits, enum err_code code,
			const char *says)
{
	struct outcome got = read_first(tar, limits, 100);

	assert_int_equal(got.rc, -1);
	if (got.err.code != code || !strstr(got.err.message, says))
		fail_msg("\"%s\" instead of \"%s\"", got.err.message, says);
	release(&got);
}

/* --- sparse files ---------------------------------------------------------------------------- */

static void must_be_chunks(const struct outcome *got, const uint64_t *want, size_t count)
{
	assert_int_equal(got->rc, 1);
	assert_int_equal(got->header.chunk_count, count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(got->chunks[i].offset, want[2 * i]);
		assert_int_equal(got->chunks[i].length, want[2 * i + 1]);
	}
}

static struct forged_header old_sparse(const uint64_t *map, size_t pairs, uint64_t real,
				       uint64_t stored, int more)
{
	struct forged_header header = forged("sparse", 'S', stored);
	char *block = (char *)&header;

	memcpy(header.magic, "ustar  ", 8);
	for (size_t i = 0; i < pairs; i++) {
		forge_octal(block + 386 + i * 24, 12, map[2 * i]);
		forge_octal(block + 386 + i * 24 + 12, 12, map[2 * i + 1]);
	}
	block[482] = (char)more;
	forge_octal(block + 483, 12, real);
	return header;
}

static void test_old(void **state)
{
	static const uint64_t map[] = { 0, 10, 1000, 20, 5000, 30, 9000, 40, 12000, 50, 20000, 0 };
	AUTO(strbuf) tar = STRBUF_INIT;
	char extension[512] = { 0 };

	(void)state;
	forge_block(&tar, old_sparse(map, 4, 20000, 150, 1));
	for (size_t i = 4; i < 6; i++) {
		forge_octal(extension + (i - 4) * 24, 12, map[2 * i]);
		forge_octal(extension + (i - 4) * 24 + 12, 12, map[2 * i + 1]);
	}
	strbuf_add(&tar, extension, 512);
	forge_zeros(&tar, 512);
	forge_block(&tar, forged("next", '0', 0));
	forge_end(&tar);
	struct outcome got = read_first(&tar, &limits_default, 1);
	must_be_chunks(&got, map, 6);
	assert_int_equal(got.header.size, 20000);
	assert_int_equal(got.header.stored_size, 150);
	assert_int_equal(got.header.body_offset, 1024);
	assert_int_equal(got.header.oddities, TAR_ODD_SPARSE | TAR_ODD_OLD_SPARSE);
	got = read_first(&tar, &limits_default, 2);
	assert_int_equal(got.rc, 1);
	assert_string_equal(got.path, "next");
}

/* Formats 0.0, 0.1 and 1.0: the same file three times. */
static void test_pax_formats(void **state)
{
	static const uint64_t map[] = { 0, 3, 1000, 4, 20000, 0 };
	static const char *const names[] = { "0.0", "0.1", "1.0" };

	(void)state;
	for (int format = 0; format < 3; format++) {
		AUTO(strbuf) tar = STRBUF_INIT;
		AUTO(strbuf) records = STRBUF_INIT;
		if (format == 0) {
			forge_record_text(&records, "GNU.sparse.size", "20000");
			forge_record_text(&records, "GNU.sparse.numblocks", "3");
			for (size_t i = 0; i < 6; i++) {
				char number[24];
				snprintf(number, sizeof(number), "%llu",
					 (unsigned long long)map[i]);
				forge_record_text(&records,
						  i % 2 ? "GNU.sparse.numbytes"
							: "GNU.sparse.offset",
						  number);
			}
		} else if (format == 1) {
			forge_record_text(&records, "GNU.sparse.name", "real");
			forge_record_text(&records, "GNU.sparse.size", "20000");
			forge_record_text(&records, "GNU.sparse.map", "0,3,1000,4,20000,0");
		} else {
			forge_record_text(&records, "GNU.sparse.major", "1");
			forge_record_text(&records, "GNU.sparse.minor", "0");
			forge_record_text(&records, "GNU.sparse.name", "real");
			forge_record_text(&records, "GNU.sparse.realsize", "20000");
		}
		forge_extension(&tar, 'x', records.data, records.len);
		forge_block(&tar, forged(format ? "GNUSparseFile.0/real" : "real", '0',
					 format == 2 ? 512 + 7 : 7));
		if (format == 2)
			forge_body(&tar, "3\n0\n3\n1000\n4\n20000\n0\n", 21);
		forge_body(&tar, "abcdefg", 7);
		forge_block(&tar, forged("next", '0', 0));
		forge_end(&tar);
		struct outcome got = read_first(&tar, &limits_default, 1);
		if (got.rc != 1)
			fail_msg("%s: %s", names[format], got.err.message);
		must_be_chunks(&got, map, 3);
		assert_string_equal(got.path, "real");
		assert_int_equal(got.header.size, 20000);
		assert_int_equal(got.header.stored_size, 7);
		assert_int_equal(got.header.body_offset, format == 2 ? 2048 : 1536);
		assert_int_equal(got.header.oddities, TAR_ODD_SPARSE);
		got = read_first(&tar, &limits_default, 2);
		assert_int_equal(got.rc, 1);
		assert_string_equal(got.path, "next");
		assert_int_equal(got.header.chunk_count, 0);
	}
}

static void test_bad_maps(void **state)
{
	static const struct {
		const char *key, *value, *body, *says;
		enum err_code code;
	} rows[] = {
		{ "GNU.sparse.map", "0,3,2,4", "1234567", "overlap", ERR_FORMAT },
		{ "GNU.sparse.map", "5,3,0,4", "1234567", "overlap", ERR_FORMAT },
		{ "GNU.sparse.map", "0,99", "1234567", "leave the file", ERR_FORMAT },
		{ "GNU.sparse.map", "90,20", "1234567", "leave the file", ERR_FORMAT },
		{ "GNU.sparse.map", "0,3,5", "1234567", "without a length", ERR_FORMAT },
		{ "GNU.sparse.map", "0,x", "1234567", "not a number", ERR_FORMAT },
		{ "GNU.sparse.map", "0,-1", "1234567", "not a number", ERR_FORMAT },
		{ "GNU.sparse.map", "9223372036854775807,1", "1234567", "sparse map", ERR_FORMAT },
		{ "GNU.sparse.map", "0,0,1,0,2,0,3,0,4,0,5,0", "1234567", "more than", ERR_LIMIT },
		{ "GNU.sparse.offset", "5", "1234567", "sparse map", ERR_FORMAT },
		{ "GNU.sparse.major", "1", "1234567", "truncated sparse map", ERR_FORMAT },
	};
	struct limits limits = limits_default;

	(void)state;
	limits.sparse_chunks = 5;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(strbuf) tar = STRBUF_INIT;
		AUTO(strbuf) records = STRBUF_INIT;
		forge_record_text(&records, "GNU.sparse.size", "100");
		forge_record_text(&records, rows[i].key, rows[i].value);
		forge_extension(&tar, 'x', records.data, records.len);
		forge_block(&tar, forged("n", '0', strlen(rows[i].body)));
		forge_body(&tar, rows[i].body, strlen(rows[i].body));
		forge_end(&tar);
		must_refuse(&tar, &limits, rows[i].code, rows[i].says);
	}
	static const uint64_t map[] = { 0, 1, 2, 1, 4, 1, 6, 1 };
	AUTO(strbuf) tar = STRBUF_INIT;
	forge_block(&tar, old_sparse(map, 4, 100, 4, 1));
	must_refuse(&tar, &limits_default, ERR_FORMAT, "truncated");
	strbuf_clear(&tar);
	forge_block(&tar, old_sparse(map, 4, (uint64_t)1 << 32, 4, 0));
	forge_body(&tar, "abcd", 4);
	limits.sparse_bytes = 1000;
	must_refuse(&tar, &limits, ERR_LIMIT, "sparse-bytes");
}

/* --- the end --------------------------------------------------------------------------------- */

/* F115: what engines take for an end. */
static void test_end(void **state)
{
	static const struct {
		size_t zeros;
		const char *tail;
		int rc;
		uint64_t end;
	} rows[] = {
		{ 0, "", 0, 1024 },    { 512, "", 0, 1024 },	  { 1024, "", 0, 1024 },
		{ 8192, "", 0, 1024 }, { 1024, "junk", 0, 1024 }, { 512, "junk", -1, 0 },
		{ 0, "junk", -1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(strbuf) tar = STRBUF_INIT;
		forge_block(&tar, forged("n", '0', 3));
		forge_body(&tar, "abc", 3);
		forge_zeros(&tar, rows[i].zeros);
		strbuf_addstr(&tar, rows[i].tail);
		struct outcome got = read_first(&tar, &limits_default, 100);
		assert_int_equal(got.rc, rows[i].rc);
		assert_int_equal(got.end, rows[i].end);
		assert_true((got.rc < 0) == (got.err.code != ERR_NONE));
		release(&got);
	}
	/* A second archive behind the end is not read; behind one zero block it is an error. */
	for (size_t zeros = 512; zeros <= 1024; zeros += 512) {
		AUTO(strbuf) tar = STRBUF_INIT;
		forge_block(&tar, forged("n", '0', 0));
		forge_zeros(&tar, zeros);
		forge_block(&tar, forged("second", '0', 0));
		struct outcome got = read_first(&tar, &limits_default, 100);
		assert_int_equal(got.rc, zeros == 512 ? -1 : 0);
		release(&got);
	}
	AUTO(strbuf) empty = STRBUF_INIT;
	strbuf_addstr(&empty, "");
	struct outcome got = read_first(&empty, &limits_default, 1);
	assert_int_equal(got.rc, 0);
	assert_int_equal(got.end, 0);
}

static void test_truncated(void **state)
{
	AUTO(strbuf) tar = STRBUF_INIT;

	(void)state;
	forge_pax(&tar, "path", "long");
	forge_block(&tar, forged("n", '0', 700));
	forge_zeros(&tar, 1024);
	forge_end(&tar);
	for (size_t cut = 1; cut < 1536 + 700; cut++) {
		AUTO(strbuf) piece = STRBUF_INIT;
		strbuf_add(&piece, tar.data, cut);
		struct outcome got = read_first(&piece, &limits_default, 100);
		assert_int_equal(got.rc, -1);
		assert_int_equal(got.err.code, ERR_FORMAT);
		release(&got);
	}
}

static void test_limits(void **state)
{
	struct limits limits = limits_default;
	AUTO(strbuf) tar = STRBUF_INIT;

	(void)state;
	forge_pax(&tar, "path", "0123456789");
	forge_block(&tar, forged("n", '0', 0));
	limits.path_bytes = 10;
	struct outcome got = read_first(&tar, &limits, 1);
	assert_int_equal(got.rc, 1);
	limits.path_bytes = 9;
	must_refuse(&tar, &limits, ERR_LIMIT, "path-bytes");
	limits = limits_default;
	limits.pax_bytes = 18;
	must_refuse(&tar, &limits, ERR_LIMIT, "pax-bytes");
	/* A size that the tar cannot hold is refused before memory is asked for. */
	strbuf_clear(&tar);
	forge_block(&tar, forged("n", 'x', 077777777777));
	must_refuse(&tar, &limits_default, ERR_FORMAT, "truncated");
}

/* Many small entries and a large body: the window of the reader moves every way. */
static void test_window(void **state)
{
	AUTO(strbuf) tar = STRBUF_INIT;
	AUTO(error) err = ERROR_INIT;
	struct tar_header header;
	unsigned count = 0;

	(void)state;
	for (unsigned i = 0; i < 700; i++) {
		size_t size = i % 50 == 49 ? 300000 : i % 7 == 0 ? 5000 : 0;
		char name[16];
		snprintf(name, sizeof(name), "f%u", i);
		forge_block(&tar, forged(name, '0', size));
		forge_zeros(&tar, (size + 511) / 512 * 512);
	}
	struct range range = forge_file(tar.data, tar.len);
	AUTO_PTR(tar_reader) reader = tar_reader_open(&range, &limits_default);
	while (tar_reader_next(reader, &header, &err) > 0) {
		char name[16];
		snprintf(name, sizeof(name), "f%u", count++);
		assert_int_equal(header.path.len, strlen(name));
		assert_memory_equal(header.path.bytes, name, strlen(name));
	}
	assert_int_equal(err.code, ERR_NONE);
	assert_int_equal(count, 700);
	close(range.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_old),	  cmocka_unit_test(test_pax_formats),
		cmocka_unit_test(test_bad_maps),  cmocka_unit_test(test_end),
		cmocka_unit_test(test_truncated), cmocka_unit_test(test_limits),
		cmocka_unit_test(test_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
