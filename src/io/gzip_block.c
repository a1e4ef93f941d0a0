/* gzip_block.c - gzip members through libdeflate, or zlib where that is missing. */
#include "block_codec.h"

#include <limits.h>

#include "gzip_member.h"
#include "little_endian.h"
#include "util/xalloc.h"

#define AROUND (GZIP_MEMBER_HEADER + GZIP_MEMBER_TRAILER)

/* What the deflated bytes of a member are put between. */
static size_t wrap(unsigned char *member, size_t deflated, uint32_t crc, size_t plain)
{
	unsigned char *trailer = member + GZIP_MEMBER_HEADER + deflated;

	gzip_member_header(member, (uint32_t)(deflated + AROUND));
	put_little_endian(trailer, crc);
	put_little_endian(trailer + 4, (uint32_t)plain);
	return deflated + AROUND;
}

static unsigned char *inside(void *member)
{
	return (unsigned char *)member + GZIP_MEMBER_HEADER;
}

#ifdef HAVE_LIBDEFLATE

#include <libdeflate.h>

static void *gzip_open(int level)
{
	return libdeflate_alloc_compressor(level);
}

static size_t gzip_bound(void *state, size_t len)
{
	return libdeflate_deflate_compress_bound(state, len) + AROUND;
}

static size_t gzip_compress(void *state, const void *data, size_t len, void *out, size_t room)
{
	size_t deflated = 0;

	if (len <= UINT32_MAX && room >= AROUND && room <= UINT32_MAX)
		deflated =
			libdeflate_deflate_compress(state, data, len, inside(out), room - AROUND);
	return deflated ? wrap(out, deflated, libdeflate_crc32(0, data, len), len) : 0;
}

static void gzip_close(void *state)
{
	libdeflate_free_compressor(state);
}

#else

#define ZLIB_CONST
#include <zlib.h>

/* A window of 2^15 without a wrapper. */
#define RAW_WINDOW (-15)
#define MEM_LEVEL  9

static void *gzip_open(int level)
{
	z_stream *stream = xcalloc(1, sizeof(*stream));

	/* libdeflate has levels up to 12. */
	if (level > Z_BEST_COMPRESSION)
		level = Z_BEST_COMPRESSION;
	if (deflateInit2(stream, level, Z_DEFLATED, RAW_WINDOW, MEM_LEVEL, Z_DEFAULT_STRATEGY) ==
	    Z_OK)
		return stream;
	free(stream);
	return NULL;
}

static size_t gzip_bound(void *state, size_t len)
{
	return deflateBound(state, len) + AROUND;
}

static size_t gzip_compress(void *state, const void *data, size_t len, void *out, size_t room)
{
	z_stream *stream = state;

	if (len > UINT_MAX || room > UINT_MAX || room < AROUND || deflateReset(stream) != Z_OK)
		return 0;
	stream->next_in = data;
	stream->avail_in = (uInt)len;
	stream->next_out = inside(out);
	stream->avail_out = (uInt)(room - AROUND);
	if (deflate(stream, Z_FINISH) != Z_STREAM_END)
		return 0;
	return wrap(out, room - AROUND - stream->avail_out,
		    (uint32_t)crc32(crc32(0, NULL, 0), data, (uInt)len), len);
}

static void gzip_close(void *state)
{
	deflateEnd(state);
	free(state);
}

#endif

const struct block_codec gzip_block_codec = {
	.open = gzip_open,
	.bound = gzip_bound,
	.compress = gzip_compress,
	.close = gzip_close,
};
