/* encoder_gzip.c - gzip members of ENCODER_BLOCK plain bytes each. */
#include "encoder_blocks.h"

static void *gzip_open(const struct encoding *encoding, unsigned threads, struct error *err)
{
	(void)err;
	return encoder_blocks_new(&gzip_block_codec, encoding->level, ENCODER_BLOCK, threads,
				  3 * threads);
}

static int gzip_write(void *state, const struct encoder_sink *sink, const void *data, size_t len,
		      struct error *err)
{
	return encoder_blocks_write(state, sink, data, len, err);
}

static int gzip_finish(void *state, const struct encoder_sink *sink, struct error *err)
{
	return encoder_blocks_finish(state, sink, err);
}

static void gzip_close(void *state)
{
	encoder_blocks_free(state);
}

const struct encoder_format encoder_gzip = {
	.compression = COMPRESSION_GZIP,
	.default_level =
		5, /* already smaller than what zlib makes at 6, and a quarter faster than 6 */
	.max_level = 12,
	.open = gzip_open,
	.write = gzip_write,
	.finish = gzip_finish,
	.close = gzip_close,
};
