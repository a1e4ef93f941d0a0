/* test_tar_libarchive.c - the reader beside libarchive, on tars that both understand.
 *
 * libarchive writes random archives in its pax, gnutar and ustar forms; what the writer of this
 * program makes of them is read by libarchive.  Its divergences (SEMANTICS.md E) are left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <archive.h>
#include <archive_entry.h>

#include "tar/tar_reader.h"
#include "tar/tar_writer.h"
#include "tar_forge.h"
#include "util/limits.h"

#include <cmocka.h>

#define ROOM (4u << 20)

static uint64_t random_state = 0x2545f4914f6cdd1dULL;

static unsigned draw(unsigned below)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (unsigned)((random_state * 0x2545f4914f6cdd1dULL) >> 33) % below;
}

/* A name without a slash at its end; ASCII, as libarchive transcodes the rest. */
static void draw_name(char *out, unsigned most)
{
	unsigned len = 1 + draw(most);

	for (unsigned i = 0; i < len; i++)
		out[i] = i && i + 1 < len && out[i - 1] != '/' && !draw(9) ? '/'
									   : (char)('a' + draw(26));
	out[len] = '\0';
}

static void draw_entry(struct archive_entry *entry, int ustar, char *body)
{
	static const mode_t types[] = { AE_IFREG, AE_IFREG, AE_IFDIR, AE_IFLNK,
					AE_IFCHR, AE_IFBLK, AE_IFIFO };
	mode_t type = types[draw(7)];
	char name[400];

	archive_entry_clear(entry);
	draw_name(name, ustar ? 90 : draw(3) ? 90 : 300);
	archive_entry_set_pathname(entry, name);
	archive_entry_set_mode(entry, type | (mode_t)draw(010000));
	archive_entry_set_uid(entry, ustar     ? draw(01000000)
				     : draw(3) ? draw(5000)
					       : draw(1u << 31));
	archive_entry_set_gid(entry, draw(01000000));
	archive_entry_set_mtime(entry, draw(1u << 31), 0);
	if (type == AE_IFREG && !draw(4)) {
		archive_entry_set_filetype(entry, 0);
		archive_entry_set_perm(entry, draw(010000));
		draw_name(name, ustar || draw(3) ? 90 : 300);
		archive_entry_set_hardlink(entry, name);
	} else if (type == AE_IFREG) {
		unsigned size = draw(4) ? draw(2000) : 0;
		memset(body, 'a' + (int)draw(26), size);
		archive_entry_set_size(entry, size);
	} else if (type == AE_IFLNK) {
		draw_name(name, ustar || draw(3) ? 90 : 300);
		archive_entry_set_symlink(entry, name);
	} else if (type == AE_IFCHR || type == AE_IFBLK) {
		archive_entry_set_rdevmajor(entry, draw(4096));
		archive_entry_set_rdevminor(entry, draw(1u << 18));
	}
}

/* An archive of libarchive's making. */
static size_t draw_archive(char *out, int format)
{
	AUTO_FREE char *body = xcalloc(1, 4096);
	struct archive *archive = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	size_t used = 0;

	if (format == 0)
		archive_write_set_format_pax(archive);
	else if (format == 1)
		archive_write_set_format_gnutar(archive);
	else
		archive_write_set_format_ustar(archive);
	archive_write_set_bytes_per_block(archive, 512);
	assert_int_equal(archive_write_open_memory(archive, out, ROOM, &used), ARCHIVE_OK);
	for (unsigned left = 1 + draw(30); left; left--) {
		draw_entry(entry, format == 2, body);
		/* It reads "-1.25" as second -1 and nanosecond 250000000. */
		if (format == 0 && !draw(3))
			archive_entry_set_mtime(entry, draw(100), (long)draw(1000000000));
		else if (format == 0 && !draw(6))
			archive_entry_set_mtime(entry, -(long)draw(100), 0);
		if (archive_write_header(archive, entry) != ARCHIVE_OK)
			fail_msg("libarchive: %s", archive_error_string(archive));
		else
			archive_write_data(archive, body, (size_t)archive_entry_size(entry));
	}
	archive_entry_free(entry);
	assert_int_equal(archive_write_close(archive), ARCHIVE_OK);
	archive_write_free(archive);
	return used;
}

static void must_be_text(struct tar_text got, const char *want)
{
	size_t len = want ? strlen(want) : 0;

	if (got.len != len || (len && memcmp(got.bytes, want, len)))
		fail_msg("\"%.*s\", libarchive \"%s\"", (int)got.len, got.bytes, want ? want : "");
}

static enum tar_type type_of(struct archive_entry *entry)
{
	if (archive_entry_hardlink(entry))
		return TAR_HARDLINK;
	switch (archive_entry_filetype(entry)) {
	case AE_IFDIR:
		return TAR_DIR;
	case AE_IFLNK:
		return TAR_SYMLINK;
	case AE_IFCHR:
		return TAR_CHARDEV;
	case AE_IFBLK:
		return TAR_BLOCKDEV;
	case AE_IFIFO:
		return TAR_FIFO;
	default:
		return TAR_FILE;
	}
}

static void must_agree(const struct tar_header *header, struct archive *archive,
		       struct archive_entry *entry)
{
	must_be_text(header->path, archive_entry_pathname(entry));
	assert_int_equal(header->type, type_of(entry));
	assert_int_equal(header->mode, archive_entry_perm(entry));
	assert_int_equal(header->uid, archive_entry_uid(entry));
	assert_int_equal(header->gid, archive_entry_gid(entry));
	assert_true(header->mtime == archive_entry_mtime(entry));
	assert_int_equal(header->mtime_nsec, archive_entry_mtime_nsec(entry));
	if (header->type == TAR_FILE)
		assert_int_equal(header->size, archive_entry_size(entry));
	if (header->type == TAR_HARDLINK)
		must_be_text(header->link, archive_entry_hardlink(entry));
	if (header->type == TAR_SYMLINK)
		must_be_text(header->link, archive_entry_symlink(entry));
	if (header->type == TAR_CHARDEV || header->type == TAR_BLOCKDEV) {
		assert_int_equal(header->dev_major, archive_entry_rdevmajor(entry));
		assert_int_equal(header->dev_minor, archive_entry_rdevminor(entry));
	}
	assert_int_equal(header->header_offset, archive_read_header_position(archive));
	assert_int_equal(header->body_offset, archive_filter_bytes(archive, 0));
}

/* Read one tar with both.  Entries read. */
static size_t compare(const char *tar, size_t len, struct strbuf *rewritten)
{
	struct archive *archive = archive_read_new();
	struct archive_entry *entry;
	AUTO(error) err = ERROR_INIT;
	struct tar_header header;
	size_t count = 0;
	int rc, theirs;

	archive_read_support_format_tar(archive);
	assert_int_equal(archive_read_open_memory(archive, tar, len), ARCHIVE_OK);
	struct range range = forge_file(tar, len);
	AUTO_PTR(tar_reader) reader = tar_reader_open(&range, &limits_default);
	for (;; count++) {
		theirs = archive_read_next_header(archive, &entry);
		rc = tar_reader_next(reader, &header, &err);
		if (rc < 0)
			fail_msg("%s", err.message);
		assert_int_equal(rc, theirs == ARCHIVE_EOF ? 0 : 1);
		if (!rc)
			break;
		assert_int_equal(theirs, ARCHIVE_OK);
		must_agree(&header, archive, entry);
		if (!rewritten)
			continue;
		struct tar_header canonical = header;
		if (header.type == TAR_DIR)
			canonical.path.len -= header.path.bytes[header.path.len - 1] == '/';
		tar_encode_header(rewritten, &canonical);
		forge_zeros(rewritten, (size_t)(header.size + tar_padding(header.size)));
	}
	archive_read_free(archive);
	close(range.fd);
	return count;
}

static void test_formats(void **state)
{
	AUTO_FREE char *tar = xmalloc(ROOM);

	(void)state;
	for (int round = 0; round < 300; round++) {
		AUTO(strbuf) rewritten = STRBUF_INIT;
		size_t len = draw_archive(tar, round % 3);
		size_t count = compare(tar, len, &rewritten);
		forge_end(&rewritten);
		assert_int_equal(compare(rewritten.data, rewritten.len, NULL), count);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_formats) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
