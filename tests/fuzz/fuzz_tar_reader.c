/* fuzz_tar_reader.c - any bytes as a tar: errors are told as promised, bodies lie inside, and what
 * the writer makes of a header reads back the same. */
#include <stdint.h>

#include "fuzz_common.h"
#include "tar/tar_reader.h"
#include "tar/tar_writer.h"

static int same_text(struct tar_text a, struct tar_text b)
{
	return a.len == b.len && (!a.len || !memcmp(a.bytes, b.bytes, a.len));
}

/* Directories come back with a slash at their end. */
static int same_path(const struct tar_header *got, const struct tar_header *want)
{
	struct tar_text path = got->path;

	if (want->type == TAR_DIR)
		path.len--;
	return same_text(path, want->path);
}

static void must_round_trip(const struct tar_header *header, const struct limits *limits)
{
	AUTO(strbuf) tar = STRBUF_INIT;
	AUTO(error) err = ERROR_INIT;
	struct tar_header want = *header, got;

	/* The writer takes names without a slash at the end, and bodies are left out. */
	while (want.path.len && want.path.bytes[want.path.len - 1] == '/')
		want.path.len--;
	if (!want.path.len)
		return;
	want.size = 0;
	tar_encode_header(&tar, &want);
	must(tar.len % 512 == 0);
	struct range range = forge_file(tar.data, tar.len);
	AUTO_PTR(tar_reader) reader = tar_reader_open(&range, limits);
	int rc = tar_reader_next(reader, &got, &err);
	close(range.fd);
	must(rc == 1 || err.code == ERR_LIMIT);
	if (rc != 1)
		return;
	must(got.type == want.type && same_path(&got, &want) && same_text(got.link, want.link));
	must(got.mode == want.mode && got.uid == want.uid && got.gid == want.gid);
	must(got.mtime == want.mtime && got.mtime_nsec == want.mtime_nsec);
	must(got.dev_major == want.dev_major && got.dev_minor == want.dev_minor);
	must(got.xattr_count == want.xattr_count);
	for (size_t i = 0; i < got.xattr_count; i++)
		must(same_text(got.xattrs[i].name, want.xattrs[i].name) &&
		     same_text(got.xattrs[i].value, want.xattrs[i].value));
}

/* A stream of the same bytes ends as the range did, `rc`, after `count` entries; a body that is cut
 * short shows one entry later. */
static void must_stream(const struct range *range, const struct limits *limits, size_t count,
			int rc)
{
	AUTO(error) err = ERROR_INIT;
	struct byte_source source;
	struct tar_header header;
	size_t seen = 0;
	int said;

	byte_source_from_range(&source, *range);
	AUTO_PTR(decoder) decoder = decoder_open(COMPRESSION_NONE, &source, 1, &err);
	AUTO_PTR(tar_reader) reader = tar_reader_open_stream(decoder, limits);
	while ((said = tar_reader_next(reader, &header, &err)) > 0)
		seen++;
	must(said == rc && (seen == count || (rc < 0 && seen == count + 1)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct limits limits = fuzz_limits();
	AUTO(error) err = ERROR_INIT;
	struct range range = forge_file(data, size);
	AUTO_PTR(tar_reader) reader = tar_reader_open(&range, &limits);
	struct tar_header header;
	uint64_t last = 0;
	size_t count = 0;
	int rc;

	while ((rc = tar_reader_next(reader, &header, &err)) > 0) {
		uint64_t sum = 0, end = 0;
		must(err.code == ERR_NONE);
		must(header.header_offset >= last && header.body_offset > header.header_offset);
		must(header.body_offset + header.stored_size <= size);
		last = header.body_offset;
		for (size_t i = 0; i < header.chunk_count; i++) {
			must(header.chunks[i].offset >= end);
			end = header.chunks[i].offset + header.chunks[i].length;
			sum += header.chunks[i].length;
		}
		must(end <= header.size && sum <= header.stored_size);
		must(header.type == TAR_FILE || (!header.size && !header.stored_size));
		must_round_trip(&header, &limits);
		count++;
	}
	must_stream(&range, &limits, count, rc);
	must((rc < 0) == (err.code != ERR_NONE));
	must(rc < 0 || tar_reader_end(reader) <= size);
	close(range.fd);
	return 0;
}
