/* test_tar_reader.c - the reader against headers forged byte by byte (SEMANTICS.md C.4). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "tar_forge.h"
#include "tar_probe.h"

/* --- header blocks --------------------------------------------------------------------------- */

static void test_fields(void **state)
{
	struct forged_header header = forged("dir/name", '0', 5);

	(void)state;
	begin();
	memcpy(header.mode, "0104755", 8);
	memcpy(header.uid, "  17 \0x", 7);
	memcpy(header.gid, "0000021 ", 8);
	memcpy(header.mtime, "7777777777 ", 11);
	forge_text(header.uname, 32, "daemon");
	forge_block(&probe.tar, header);
	forge_body(&probe.tar, "hello", 5);
	in_step();
	const struct tar_header *got = read_entry();
	must_be(got->path, "dir/name");
	assert_int_equal(got->type, TAR_FILE);
	assert_int_equal(got->mode, 04755);
	assert_int_equal(got->uid, 017);
	assert_int_equal(got->gid, 021);
	assert_int_equal(got->mtime, 07777777777);
	assert_int_equal(got->size, 5);
	assert_int_equal(got->stored_size, 5);
	assert_int_equal(got->header_offset, 0);
	assert_int_equal(got->body_offset, 512);
	assert_int_equal(got->oddities, 0);
	assert_int_equal(got->xattr_count, 0);
	still_in_step();
}

static void test_types(void **state)
{
	static const struct {
		char flag;
		enum tar_type type;
		unsigned oddities;
		bool body; /* stands behind the header although the type has none */
	} rows[] = {
		{ '0', TAR_FILE, 0, true },
		{ '\0', TAR_FILE, TAR_ODD_V7, true },
		{ '7', TAR_FILE, TAR_ODD_TYPE7, true },
		{ '1', TAR_HARDLINK, 0, false },
		{ '2', TAR_SYMLINK, 0, false },
		{ '3', TAR_CHARDEV, 0, false },
		{ '4', TAR_BLOCKDEV, 0, false },
		{ '5', TAR_DIR, 0, false },
		{ '6', TAR_FIFO, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		/* Header-only types ignore their size field, and no body follows (F091, F114). */
		struct forged_header header = forged("n", rows[i].flag, 700);
		begin();
		forge_pax(&probe.tar, "mtime", "5");
		forge_text(header.link, 100, "target");
		forge_octal(header.major, 8, 8);
		forge_octal(header.minor, 8, 1);
		forge_block(&probe.tar, header);
		forge_zeros(&probe.tar, rows[i].body ? 1024 : 0);
		in_step();
		const struct tar_header *got = read_entry();
		assert_int_equal(got->type, rows[i].type);
		assert_int_equal(got->oddities, rows[i].oddities);
		assert_int_equal(got->size, rows[i].body ? 700 : 0);
		assert_int_equal(got->dev_major,
				 rows[i].flag == '3' || rows[i].flag == '4' ? 8 : 0);
		assert_int_equal(got->header_offset, 0);
		assert_int_equal(got->body_offset, 1536);
		if (got->type == TAR_SYMLINK || got->type == TAR_HARDLINK)
			must_be(got->link, "target");
		still_in_step();
	}
	for (const char *flag = "ZDXcsM\x01\xff"; *flag; flag++) {
		begin();
		forge_block(&probe.tar, forged("n", *flag, 0));
		refused(ERR_FORMAT, "which no engine reads");
	}
	for (const char *flag = "12"; *flag; flag++) {
		begin();
		forge_block(&probe.tar, forged("n", *flag, 0));
		refused(ERR_FORMAT, "without a target");
	}
}

/* F070, F071: a slash at the end makes a directory only of what has no type at all. */
static void test_slash(void **state)
{
	(void)state;
	begin();
	forge_block(&probe.tar, forged("a/", '0', 600));
	forge_zeros(&probe.tar, 1024);
	forge_block(&probe.tar, forged("b/", '\0', 0));
	forge_block(&probe.tar, forged("c", '5', 0));
	forge_block(&probe.tar, forged("d/", '\0', 10));
	forge_zeros(&probe.tar, 512);
	in_step();
	assert_int_equal(read_entry()->type, TAR_FILE);
	assert_int_equal(probe.header.size, 600);
	assert_int_equal(read_entry()->type, TAR_DIR);
	assert_int_equal(read_entry()->type, TAR_DIR);
	assert_int_equal(read_entry()->type, TAR_DIR);
	assert_int_equal(probe.header.size, 0);
	assert_int_equal(probe.header.stored_size, 0);
	still_in_step();
}

static void test_prefix(void **state)
{
	static const struct {
		const char *magic, *tail, *path;
	} rows[] = {
		{ "ustar\0"
		  "00",
		  "", "pre/fix/name" },
		{ "ustar\0"
		  "  ",
		  "", "pre/fix/name" },
		{ "ustar\0"
		  "00",
		  "\0\0\0\0\0\0\0\0tar", "pre/fix/name" },
		{ "ustar  \0", "", "name" },
		{ "\0\0\0\0\0\0\0\0", "", "name" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct forged_header header = forged("name", '0', 0);
		begin();
		memcpy(header.magic, rows[i].magic, 8);
		forge_text(header.prefix, 155, "pre/fix");
		if (rows[i].tail[0] || i == 2)
			memcpy(header.tail, rows[i].tail, 12);
		forge_block(&probe.tar, header);
		in_step();
		must_be(read_entry()->path, rows[i].path);
		still_in_step();
	}
	/* Full fields have no NUL; star keeps times behind 131 bytes of prefix. */
	for (int star = 0; star < 2; star++) {
		struct forged_header header = forged("", '0', 0);
		begin();
		memset(header.name, 'n', 100);
		memset(header.prefix, 'p', 155);
		if (star)
			memcpy(header.tail + 8, "tar", 4);
		forge_block(&probe.tar, header);
		in_step();
		assert_int_equal(read_entry()->path.len, (star ? 131 : 155) + 1 + 100);
		still_in_step();
	}
}

static void test_base256(void **state)
{
	struct forged_header header = forged("n", '3', 0);

	(void)state;
	begin();
	forge_base256(header.uid, 8, 3000000);
	forge_base256(header.gid, 8, 0xfffffffeLL);
	forge_base256(header.mtime, 12, -5);
	forge_base256(header.major, 8, 0xffffffffLL);
	forge_base256(header.minor, 8, 70000);
	forge_block(&probe.tar, header);
	forge_base256(header.mtime, 12, INT64_MAX);
	forge_block(&probe.tar, header);
	forge_base256(header.mtime, 12, INT64_MIN);
	forge_block(&probe.tar, header);
	in_step();
	assert_int_equal(read_entry()->uid, 3000000);
	assert_int_equal(probe.header.gid, 0xfffffffe);
	assert_true(probe.header.mtime == -5);
	assert_int_equal(probe.header.dev_major, 0xffffffff);
	assert_int_equal(probe.header.dev_minor, 70000);
	assert_true(read_entry()->mtime == INT64_MAX);
	assert_true(read_entry()->mtime == INT64_MIN);
	still_in_step();

	static const struct {
		size_t offset, width;
		int64_t value;
		const char *says;
	} bad[] = {
		{ 108, 8, -1, "out of range" },
		{ 108, 8, 0xffffffffLL, "out of range" },
		{ 116, 8, (int64_t)1 << 40, "out of range" },
		{ 124, 12, -1, "negative size" },
		{ 124, 12, INT64_MAX, "truncated" },
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		header = forged("n", '0', 0);
		forge_base256((char *)&header + bad[i].offset, bad[i].width, bad[i].value);
		forge_block(&probe.tar, header);
		refused(ERR_FORMAT, bad[i].says);
	}
	header = forged("n", '0', 0);
	memcpy(header.mtime, "\x80\x01\0\0\0\0\0\0\0\0\0\0", 12);
	forge_block(&probe.tar, header);
	refused(ERR_FORMAT, "mtime is too large");
	header = forged("n", '0', 0);
	memcpy(header.mtime, "12x", 3);
	forge_block(&probe.tar, header);
	refused(ERR_FORMAT, "mtime is not a number");
}

static void test_checksum(void **state)
{
	struct forged_header header = forged("\xe9\xe9", '0', 0);

	(void)state;
	begin();
	forge_block_sum(&probe.tar, header, 0);
	forge_block_sum(&probe.tar, header, 1);
	in_step();
	must_be(read_entry()->path, "\xe9\xe9");
	must_be(read_entry()->path, "\xe9\xe9");
	still_in_step();
	forge_block(&probe.tar, header);
	forge_block(&probe.tar, header);
	probe.tar.data[512]++;
	assert_int_equal(next(), 1);
	refused(ERR_FORMAT, "tar header at offset 512: bad header checksum");
}

/* --- extended headers ------------------------------------------------------------------------ */

static void add_records(char type, const char *const *pairs, size_t count)
{
	AUTO(strbuf) records = STRBUF_INIT;

	for (size_t i = 0; i < count; i++)
		forge_record_text(&records, pairs[2 * i], pairs[2 * i + 1]);
	forge_extension(&probe.tar, type, records.data, records.len);
}

static void test_pax(void **state)
{
	static const char *const pairs[] = {
		"path",
		"long/name",
		"linkpath",
		"else",
		"uid",
		"4000000",
		"gid",
		"5",
		"mtime",
		"12.5",
		"atime",
		"1.2",
		"uname",
		"root",
		"SCHILY.dev",
		"1",
		"comment",
		"hi",
		"size",
		"700",
		"SCHILY.fflags",
		"x",
		"LIBARCHIVE.xattr.user.q",
		"aa",
		"RHT.security.selinux",
		"s",
		"MSWINDOWS.fileattr",
		"0",
	};

	(void)state;
	begin();
	add_records('x', pairs, sizeof(pairs) / sizeof(pairs[0]) / 2);
	forge_block(&probe.tar, forged("n", '0', 0));
	forge_zeros(&probe.tar, 1024);
	in_step();
	const struct tar_header *got = read_entry();
	must_be(got->path, "long/name");
	assert_int_equal(got->uid, 4000000);
	assert_int_equal(got->gid, 5);
	assert_int_equal(got->mtime, 12);
	assert_int_equal(got->mtime_nsec, 500000000);
	assert_int_equal(got->size, 700);
	assert_int_equal(got->xattr_count, 0);
	assert_int_equal(got->oddities, 0);
	still_in_step();

	/* Only for the next entry; of two headers the later one counts alone. */
	forge_pax(&probe.tar, "uid", "7");
	forge_pax(&probe.tar, "gid", "8");
	forge_block(&probe.tar, forged("n", '0', 0));
	in_step();
	assert_int_equal(read_entry()->uid, 0);
	assert_int_equal(probe.header.gid, 8);
	assert_int_equal(read_entry()->gid, 0);
	begin();

	/* An empty value takes the header field back; keys end at the first "=". */
	static const char *const emptied[] = { "path",	"x", "path",  "", "uid",  "5", "uid", "",
					       "mtime", "9", "mtime", "", "size", "" };
	add_records('x', emptied, 7);
	forge_block(&probe.tar, forged("n", '0', 3));
	forge_body(&probe.tar, "abc", 3);
	in_step();
	must_be(read_entry()->path, "n");
	assert_int_equal(probe.header.uid, 0);
	assert_int_equal(probe.header.mtime, 1000);
	assert_int_equal(probe.header.size, 3);
	still_in_step();
}

static void test_pax_time(void **state)
{
	static const struct {
		const char *text;
		int64_t mtime;
		uint32_t nsec;
	} rows[] = {
		{ "1500000000.123456789", 1500000000, 123456789 },
		{ "1500000000.1234567899", 1500000000, 123456789 },
		{ "1500000000.", 1500000000, 0 },
		{ "0.000000001", 0, 1 },
		{ "-1.25", -2, 750000000 },
		{ "-0.5", -1, 500000000 },
		{ "-7", -7, 0 },
		{ "17179869184", 17179869184, 0 },
		{ "-7.0", -7, 0 },
	};
	static const char *const bad[] = { "x",	 "1.x", "1.2.3", "-", ".", "99999999999999999999",
					   "1e5" };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		forge_pax(&probe.tar, "mtime", rows[i].text);
		forge_block(&probe.tar, forged("n", '0', 0));
		in_step();
		assert_true(read_entry()->mtime == rows[i].mtime);
		assert_int_equal(probe.header.mtime_nsec, rows[i].nsec);
		still_in_step();
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		begin();
		forge_pax(&probe.tar, "mtime", bad[i]);
		forge_block(&probe.tar, forged("n", '0', 0));
		refused(ERR_FORMAT, "mtime is not a number");
	}
}

static void test_xattrs(void **state)
{
	AUTO(strbuf) records = STRBUF_INIT;

	(void)state;
	begin();
	forge_record_text(&records, "SCHILY.xattr.user.z", "1");
	forge_record(&records, "SCHILY.xattr.security.capability", "\x01\0\n\xff=", 5);
	forge_record_text(&records, "SCHILY.xattr.user.z", "2=3");
	forge_record_text(&records, "SCHILY.xattr.user.gone", "1");
	forge_record_text(&records, "SCHILY.xattr.user.gone", "");
	forge_record_text(&records, "SCHILY.xattr.user.zz", "v");
	forge_record_text(&records, "SCHILY.xattr.", "v");
	forge_record_text(&records, "SCHILY.acl.access", "user::rwx");
	forge_extension(&probe.tar, 'x', records.data, records.len);
	forge_block(&probe.tar, forged("n", '0', 0));
	in_step();
	const struct tar_header *got = read_entry();
	assert_int_equal(got->xattr_count, 3);
	must_be(got->xattrs[0].name, "security.capability");
	assert_int_equal(got->xattrs[0].value.len, 5);
	assert_memory_equal(got->xattrs[0].value.bytes, "\x01\0\n\xff=", 5);
	must_be(got->xattrs[1].name, "user.z");
	must_be(got->xattrs[1].value, "2=3");
	must_be(got->xattrs[2].name, "user.zz");
	assert_int_equal(got->oddities, TAR_ODD_ACL);
	still_in_step();
}

static void test_pax_refused(void **state)
{
	static const struct {
		const char *body, *says;
		size_t len;
	} rows[] = {
		{ "10 path=a\n", NULL, 10 },
		{ "9 path=a\n", "broken record", 9 + 1 },
		{ "11 path=a\n", "broken record", 10 },
		{ "10 path=a ", "broken record", 10 },
		{ "path=a\n", "broken record", 7 },
		{ "0 path=a\n", "broken record", 9 },
		{ "10  path=\n", NULL, 10 },
		{ "8 patha\n\n", "record", 9 },
		{ "99999999999999999999 a=b\n", "broken record", 25 },
		{ "6 =ab\n", "without a key", 6 },
		{ "5 ab\n", "without a key", 5 },
		{ "11 path=a\0\n", "NUL byte", 11 },
		{ "11 p\0th=ab\n", "NUL byte", 11 },
		{ "9 uid=1x\n", "uid is not a number", 9 },
		{ "10 size=z\n", "size is not a number", 10 },
		{ "11 size=-1\n", "negative size", 11 },
		{ "10 uid=-1\n", "out of range", 10 },
		{ "5 a\n", "broken record", 4 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		forge_extension(&probe.tar, 'x', rows[i].body, rows[i].len);
		forge_block(&probe.tar, forged("n", '0', 0));
		forge_end(&probe.tar);
		if (!rows[i].says)
			assert_int_equal(next(), 1);
		else
			refused(ERR_FORMAT, rows[i].says);
	}
}

static void test_gnu_long(void **state)
{
	char name[300], link[300];

	(void)state;
	memset(name, 'n', sizeof(name));
	memset(link, 'l', sizeof(link));
	name[240] = link[150] = '\0';
	for (int order = 0; order < 2; order++) {
		begin();
		if (order)
			forge_pax(&probe.tar, "path", "pax");
		forge_extension(&probe.tar, 'L', name, sizeof(name));
		forge_extension(&probe.tar, 'K', link, 151);
		if (!order)
			forge_pax(&probe.tar, "path", "pax");
		forge_block(&probe.tar, forged("short", '2', 0));
		in_step();
		must_be(read_entry()->path, name);
		must_be(probe.header.link, link);
		assert_int_equal(probe.header.header_offset, 0);
		assert_int_equal(probe.header.oddities, TAR_ODD_GNU_LONG);
		still_in_step();
	}
	/* An entry that is not meant takes no part of it. */
	forge_extension(&probe.tar, 'L', "first", 6);
	forge_block(&probe.tar, forged("short", '0', 0));
	in_step();
	must_be(read_entry()->path, "first");
	still_in_step();
}

/* F111, F113: global headers and volume names are passed over, and told. */
static void test_passed_over(void **state)
{
	(void)state;
	begin();
	add_records('g', (const char *const[]){ "uid", "77", "mtime", "5", "path", "global" }, 3);
	forge_block(&probe.tar, forged("volume", 'V', 600));
	forge_zeros(&probe.tar, 1024);
	add_records('g', (const char *const[]){ "comment", "x" }, 1);
	forge_block(&probe.tar, forged("n", '0', 0));
	in_step();
	must_be(read_entry()->path, "n");
	assert_int_equal(probe.header.uid, 0);
	assert_int_equal(probe.header.mtime, 1000);
	assert_int_equal(probe.header.oddities, TAR_ODD_GLOBAL);
	assert_int_equal(probe.header.header_offset, 1024 + 1536 + 1024);
	assert_int_equal(tar_reader_skipped(probe.reader), 1);
	assert_int_equal(tar_reader_globals(probe.reader), 2);
	assert_int_equal(read_entry()->oddities, 0);
	begin();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),	 cmocka_unit_test(test_types),
		cmocka_unit_test(test_slash),	 cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_base256),	 cmocka_unit_test(test_checksum),
		cmocka_unit_test(test_pax),	 cmocka_unit_test(test_pax_time),
		cmocka_unit_test(test_xattrs),	 cmocka_unit_test(test_pax_refused),
		cmocka_unit_test(test_gnu_long), cmocka_unit_test(test_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
