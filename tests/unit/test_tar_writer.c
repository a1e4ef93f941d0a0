/* test_tar_writer.c - what is written reads back the same, and in one canonical form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "tar/tar_reader.h"
#include "tar/tar_writer.h"
#include "tar_forge.h"
#include "util/limits.h"

#include <cmocka.h>

#define TEXT(literal)                                                                              \
	{                                                                                          \
		literal, sizeof(literal) - 1                                                       \
	}

static char long_path[3][400];

static void must_be_text(struct tar_text got, struct tar_text want)
{
	assert_int_equal(got.len, want.len);
	if (want.len)
		assert_memory_equal(got.bytes, want.bytes, want.len);
}

static void must_be_same(const struct tar_header *got, const struct tar_header *want)
{
	struct tar_text path = got->path;

	if (want->type == TAR_DIR) {
		assert_true(path.len && path.bytes[path.len - 1] == '/');
		path.len -= want->path.len ? 1 : 2;
	}
	must_be_text(path, want->path);
	must_be_text(got->link, want->link);
	assert_int_equal(got->type, want->type);
	assert_int_equal(got->size, want->size);
	assert_int_equal(got->mode, want->mode);
	assert_int_equal(got->uid, want->uid);
	assert_int_equal(got->gid, want->gid);
	assert_true(got->mtime == want->mtime);
	assert_int_equal(got->mtime_nsec, want->mtime_nsec);
	assert_int_equal(got->dev_major, want->dev_major);
	assert_int_equal(got->dev_minor, want->dev_minor);
	assert_int_equal(got->xattr_count, want->xattr_count);
	for (size_t i = 0; i < want->xattr_count; i++) {
		must_be_text(got->xattrs[i].name, want->xattrs[i].name);
		must_be_text(got->xattrs[i].value, want->xattrs[i].value);
	}
	assert_int_equal(got->oddities, 0);
	assert_int_equal(got->chunk_count, 0);
}

/* The header blocks that an entry may need at most; a body is only pretended by a sparse file. */
static void round_trip(const struct tar_header *want, size_t blocks)
{
	AUTO(strbuf) tar = STRBUF_INIT;
	AUTO(strbuf) again = STRBUF_INIT;
	AUTO(error) err = ERROR_INIT;
	struct tar_header got;

	tar_encode_header(&tar, want);
	assert_int_equal(tar.len, blocks * 512);
	struct range range = forge_file(tar.data, tar.len);
	uint64_t body = want->size + tar_padding(want->size);
	assert_int_equal(ftruncate(range.fd, (off_t)(tar.len + body + TAR_END_BYTES)), 0);
	range.length = tar.len + body + TAR_END_BYTES;
	AUTO_PTR(tar_reader) reader = tar_reader_open(&range, &limits_default);
	if (tar_reader_next(reader, &got, &err) != 1)
		fail_msg("%s", err.message);
	must_be_same(&got, want);
	assert_int_equal(got.body_offset, tar.len);
	/* What was read gives the same bytes once more. */
	struct tar_header copy = got;
	copy.path = want->path;
	tar_encode_header(&again, &copy);
	assert_int_equal(again.len, tar.len);
	assert_memory_equal(again.data, tar.data, tar.len);
	assert_int_equal(tar_reader_next(reader, &got, &err), 0);
	assert_int_equal(tar_reader_end(reader), tar.len + body);
	close(range.fd);
}

static void test_plain(void **state)
{
	static const struct tar_header headers[] = {
		{ .type = TAR_FILE, .path = TEXT("a"), .mode = 0644 },
		{ .type = TAR_FILE, .path = TEXT("a/b c"), .size = 1, .mode = 07777, .mtime = 1 },
		{ .type = TAR_FILE, .path = TEXT("a"), .size = 512 },
		{ .type = TAR_DIR, .path = TEXT("usr/bin"), .mode = 01777, .uid = 5, .gid = 6 },
		{ .type = TAR_DIR, .path = { NULL, 0 }, .mode = 0755 },
		{ .type = TAR_SYMLINK, .path = TEXT("s"), .link = TEXT("../../x"), .mode = 0777 },
		{ .type = TAR_HARDLINK, .path = TEXT("h"), .link = TEXT("usr/x"), .mode = 04755 },
		{ .type = TAR_CHARDEV, .path = TEXT("c"), .dev_major = 1, .dev_minor = 3 },
		{ .type = TAR_BLOCKDEV,
		  .path = TEXT("b"),
		  .dev_major = 4095,
		  .dev_minor = 1048575 },
		{ .type = TAR_BLOCKDEV,
		  .path = TEXT("b"),
		  .dev_major = 07777777,
		  .dev_minor = 010000000 },
		{ .type = TAR_CHARDEV,
		  .path = TEXT("b"),
		  .dev_major = UINT32_MAX,
		  .dev_minor = UINT32_MAX },
		{ .type = TAR_FIFO, .path = TEXT("p"), .mode = 0600 },
		{ .type = TAR_FILE, .path = TEXT("\xe9\xff\xfe \n\t\\\x01") },
		{ .type = TAR_SYMLINK, .path = TEXT(" lead"), .link = TEXT("\xe9 trail ") },
		{ .type = TAR_FILE, .path = TEXT("a"), .uid = 07777777, .gid = 07777777 },
		{ .type = TAR_FILE, .path = TEXT("a"), .mtime = 077777777777 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		round_trip(&headers[i], 1);
}

static void test_extended(void **state)
{
	static const struct tar_xattr xattrs[] = {
		{ TEXT("security.capability"), TEXT("\x01\0\0\x02\n=\xff\0") },
		{ TEXT("user.a"), TEXT("9 x=y\n") },
		{ TEXT("user.ab"), TEXT("v") },
	};
	static const struct tar_header headers[] = {
		{ .type = TAR_FILE, .path = TEXT("a"), .uid = 010000000 },
		{ .type = TAR_FILE, .path = TEXT("a"), .gid = UINT32_MAX - 1 },
		{ .type = TAR_FILE, .path = TEXT("a"), .mtime = 0100000000000 },
		{ .type = TAR_FILE, .path = TEXT("a"), .mtime = (int64_t)1 << 40 },
		{ .type = TAR_FILE, .path = TEXT("a"), .mtime = -1 },
		{ .type = TAR_FILE, .path = TEXT("a"), .mtime = -2, .mtime_nsec = 750000000 },
		{ .type = TAR_FILE, .path = TEXT("a"), .mtime = -1, .mtime_nsec = 1 },
		{ .type = TAR_FILE, .path = TEXT("a"), .mtime = 0, .mtime_nsec = 999999999 },
		{ .type = TAR_FILE,
		  .path = TEXT("a"),
		  .mtime = 1500000000,
		  .mtime_nsec = 120000000 },
		{ .type = TAR_FILE, .path = TEXT("a"), .size = 0100000000000 },
		{ .type = TAR_FILE, .path = TEXT("a"), .size = 077777777777 + 1LL },
		{ .type = TAR_DIR, .path = { NULL, 0 }, .mtime_nsec = 5 },
		{ .type = TAR_FILE, .path = TEXT("a"), .xattrs = xattrs, .xattr_count = 3 },
		{ .type = TAR_HARDLINK,
		  .path = TEXT("a"),
		  .link = TEXT("b"),
		  .xattrs = xattrs,
		  .xattr_count = 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		round_trip(&headers[i], 3);
	struct tar_header large = { .type = TAR_FILE, .path = TEXT("a"), .size = 077777777777 };
	round_trip(&large, 1);
}

/* A path of `len` bytes with a slash at `slash` (0: none). */
static struct tar_text path_of(size_t len, size_t slash)
{
	memset(long_path[0], 'x', len);
	if (slash)
		long_path[0][slash] = '/';
	return (struct tar_text){ long_path[0], len };
}

static void test_long_names(void **state)
{
	static const struct {
		size_t len, slash, blocks;
		enum tar_type type;
	} rows[] = {
		{ 100, 0, 1, TAR_FILE },   { 101, 0, 3, TAR_FILE },  { 99, 0, 1, TAR_DIR },
		{ 100, 0, 3, TAR_DIR },	   { 181, 90, 1, TAR_FILE }, { 256, 155, 1, TAR_FILE },
		{ 257, 155, 3, TAR_FILE }, { 255, 155, 1, TAR_DIR }, { 256, 155, 3, TAR_DIR },
		{ 257, 156, 3, TAR_FILE }, { 102, 1, 1, TAR_FILE },  { 101, 0, 3, TAR_SYMLINK },
		{ 300, 150, 3, TAR_FILE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tar_header header = { .type = rows[i].type,
					     .path = path_of(rows[i].len, rows[i].slash),
					     .link = { "t", rows[i].type == TAR_SYMLINK } };
		round_trip(&header, rows[i].blocks);
	}
	for (size_t len = 100; len <= 101; len++) {
		memset(long_path[1], 'l', len);
		struct tar_header header = { .type = TAR_HARDLINK,
					     .path = TEXT("a"),
					     .link = { long_path[1], len } };
		round_trip(&header, len > 100 ? 3 : 1);
	}
	/* Bytes that are no UTF-8 stay raw in a pax record, without hdrcharset. */
	memset(long_path[2], 0xe9, 150);
	struct tar_header raw = { .type = TAR_FILE, .path = { long_path[2], 150 } };
	round_trip(&raw, 3);
}

/* LEN counts its own digits: the lengths around 10, 100 and 1000 are the hard ones. */
static void test_record_lengths(void **state)
{
	static char value[1100];

	(void)state;
	memset(value, 'v', sizeof(value));
	for (size_t len = 1; len <= sizeof(value); len++) {
		struct tar_xattr xattr = { TEXT("user.k"), { value, len } };
		struct tar_header header = {
			.type = TAR_FILE, .path = TEXT("a"), .xattrs = &xattr, .xattr_count = 1
		};
		AUTO(strbuf) want = STRBUF_INIT;
		AUTO(strbuf) got = STRBUF_INIT;
		forge_record(&want, "SCHILY.xattr.user.k", value, len);
		tar_encode_header(&got, &header);
		assert_memory_equal(got.data + 512, want.data, want.len);
		assert_int_equal(got.len, 1024 + (want.len + 511) / 512 * 512);
	}
}

/* SEMANTICS.md C.5.1: the bytes themselves. */
static void test_form(void **state)
{
	static const struct tar_xattr xattrs[] = { { TEXT("user.k"), TEXT("v") } };
	struct tar_header header = { .type = TAR_FILE,
				     .path = TEXT("usr/bin/program"),
				     .size = 10,
				     .mode = 0755,
				     .uid = 3000000,
				     .gid = 4000000,
				     .mtime = -2,
				     .mtime_nsec = 750000000,
				     .xattrs = xattrs,
				     .xattr_count = 1 };
	static const char records[] = "15 uid=3000000\n15 gid=4000000\n15 mtime=-1.25\n"
				      "25 SCHILY.xattr.user.k=v\n";
	AUTO(strbuf) tar = STRBUF_INIT;
	struct forged_header x, h;

	(void)state;
	tar_encode_header(&tar, &header);
	assert_int_equal(tar.len, 3 * 512);
	memcpy(&x, tar.data, 512);
	memcpy(&h, tar.data + 1024, 512);
	assert_string_equal(x.name, "PaxHeaders.0/program");
	assert_int_equal(x.type, 'x');
	assert_memory_equal(x.mode, "0000644", 8);
	assert_memory_equal(x.mtime, "00000000000", 12);
	assert_memory_equal(x.magic,
			    "ustar\0"
			    "00",
			    8);
	assert_string_equal(tar.data + 512, records);
	assert_string_equal(h.name, "usr/bin/program");
	assert_int_equal(h.type, '0');
	assert_memory_equal(h.mode, "0000755", 8);
	assert_memory_equal(h.uid, "0000000", 8);
	assert_memory_equal(h.size, "00000000012", 12);
	assert_memory_equal(h.mtime, "00000000000", 12);
	static const char nothing[250];
	assert_memory_equal(h.uname, nothing, sizeof(h.uname) + sizeof(h.gname));
	assert_memory_equal(h.major, nothing, 16);
	assert_memory_equal(h.prefix, nothing, 155 + 12);
	assert_memory_equal(h.magic,
			    "ustar\0"
			    "00",
			    8);
	/* Names of extended headers are cut, not extended. */
	header.path = path_of(150, 0);
	strbuf_clear(&tar);
	tar_encode_header(&tar, &header);
	memcpy(&x, tar.data, 512);
	assert_int_equal(strnlen(x.name, 100), 100);
	assert_memory_equal(x.name, "PaxHeaders.0/xxx", 16);
}

static uint64_t random_state = 0x853c49e6748fea9bULL;

static uint64_t draw(uint64_t below)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (random_state * 0x2545f4914f6cdd1dULL >> 11) % below;
}

static struct tar_text draw_text(char *room, size_t most, bool slashes)
{
	size_t len = 1 + (size_t)draw(most);

	for (size_t i = 0; i < len; i++) {
		room[i] = (char)(1 + draw(255));
		if (room[i] == '/')
			room[i] = '.';
		if (slashes && i && i + 1 < len && room[i - 1] != '/' && !draw(12))
			room[i] = '/';
	}
	return (struct tar_text){ room, len };
}

static uint64_t draw_size(unsigned bits)
{
	return draw((uint64_t)1 << draw(bits));
}

static void test_random(void **state)
{
	static char names[4][64], values[4][300];

	(void)state;
	for (int round = 0; round < 3000; round++) {
		struct tar_xattr xattrs[4];
		struct tar_header want = { .type = (enum tar_type)draw(TAR_FIFO + 1),
					   .path = draw_text(long_path[0], draw(2) ? 300 : 20,
							     true),
					   .mode = (uint32_t)draw(010000),
					   .uid = (uint32_t)draw_size(32),
					   .gid = (uint32_t)draw_size(32),
					   .mtime = (int64_t)draw_size(55) * (draw(4) ? 1 : -1),
					   .mtime_nsec = draw(2) ? 0 : (uint32_t)draw(1000000000),
					   .xattrs = xattrs };
		if (want.type == TAR_FILE)
			want.size = draw_size(40);
		if (want.type == TAR_SYMLINK || want.type == TAR_HARDLINK)
			want.link = draw_text(long_path[1], draw(2) ? 300 : 20, true);
		if (want.type == TAR_CHARDEV || want.type == TAR_BLOCKDEV) {
			want.dev_major = (uint32_t)draw_size(33);
			want.dev_minor = (uint32_t)draw_size(33);
		}
		while (draw(2) && want.xattr_count < 4) {
			size_t i = want.xattr_count++;
			/* Ascending names, without the "=" that ends a name. */
			xattrs[i].name = draw_text(names[i] + 1, 60, false);
			names[i][0] = (char)('a' + i);
			xattrs[i].name = (struct tar_text){ names[i], xattrs[i].name.len + 1 };
			for (size_t k = 0; k < xattrs[i].name.len; k++)
				if (names[i][k] == '=')
					names[i][k] = '-';
			xattrs[i].value = draw_text(values[i], 300, false);
		}
		AUTO(strbuf) tar = STRBUF_INIT;
		tar_encode_header(&tar, &want);
		round_trip(&want, tar.len / 512);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),	   cmocka_unit_test(test_extended),
		cmocka_unit_test(test_long_names), cmocka_unit_test(test_record_lengths),
		cmocka_unit_test(test_form),	   cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
