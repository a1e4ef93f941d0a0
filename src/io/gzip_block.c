/* gzip_block.c - gzip members through libdeflate, or zlib where that is missing. */
#include "gzip_block.h"

#include <stdlib.h>

#include "util/xalloc.h"

#ifdef HAVE_LIBDEFLATE

#include <libdeflate.h>

struct gzip_block {
	struct libdeflate_compressor *compressor;
};

struct gzip_block *gzip_block_new(int level)
{
	AUTO_PTR(gzip_block) block = xcalloc(1, sizeof(*block));

	block->compressor = libdeflate_alloc_compressor(level);
	return block->compressor ? STEAL(block) : NULL;
}

size_t gzip_block_bound(struct gzip_block *block, size_t len)
{
	return libdeflate_gzip_compress_bound(block->compressor, len);
}

size_t gzip_block_compress(struct gzip_block *block, const void *data, size_t len, void *out,
			   size_t room)
{
	return libdeflate_gzip_compress(block->compressor, data, len, out, room);
}

void gzip_block_free(struct gzip_block *block)
{
	libdeflate_free_compressor(block->compressor);
	free(block);
}

#else

#include <limits.h>
#define ZLIB_CONST
#include <zlib.h>

/* A window of 2^15 in a gzip wrapper. */
#define GZIP_WINDOW (15 + 16)
#define MEM_LEVEL   9
#define OS_UNKNOWN  255

struct gzip_block {
	z_stream stream;
	gz_header header;
};

struct gzip_block *gzip_block_new(int level)
{
	struct gzip_block *block = xcalloc(1, sizeof(*block));

	/* libdeflate has levels up to 12. */
	if (level > Z_BEST_COMPRESSION)
		level = Z_BEST_COMPRESSION;
	block->header.os = OS_UNKNOWN;
	if (deflateInit2(&block->stream, level, Z_DEFLATED, GZIP_WINDOW, MEM_LEVEL,
			 Z_DEFAULT_STRATEGY) == Z_OK)
		return block;
	free(block);
	return NULL;
}

size_t gzip_block_bound(struct gzip_block *block, size_t len)
{
	return deflateBound(&block->stream, len);
}

size_t gzip_block_compress(struct gzip_block *block, const void *data, size_t len, void *out,
			   size_t room)
{
	z_stream *stream = &block->stream;

	if (len > UINT_MAX || room > UINT_MAX || deflateReset(stream) != Z_OK ||
	    deflateSetHeader(stream, &block->header) != Z_OK)
		return 0;
	stream->next_in = data;
	stream->avail_in = (uInt)len;
	stream->next_out = out;
	stream->avail_out = (uInt)room;
	return deflate(stream, Z_FINISH) == Z_STREAM_END ? room - stream->avail_out : 0;
}

void gzip_block_free(struct gzip_block *block)
{
	deflateEnd(&block->stream);
	free(block);
}

#endif
