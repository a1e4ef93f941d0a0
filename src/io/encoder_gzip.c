/* encoder_gzip.c - gzip members of ENCODER_BLOCK plain bytes each. */
#include "encoder_blocks.h"

static void *gzip_open(const struct encoding *encoding, unsigned threads, struct error *err)
{
	(void)err;
	return encoder_blocks_new(&gzip_block_codec, encoding->level, ENCODER_BLOCK, threads,
				  threads);
}

static int gzip_room(void *state, const struct encoder_sink *sink, struct encoder_room *out,
		     struct error *err)
{
	return encoder_blocks_room(state, sink, out, err);
}

static int gzip_advance(void *state, const struct encoder_sink *sink, size_t len, struct error *err)
{
	(void)sink;
	(void)err;
	encoder_blocks_advance(state, len);
	return 0;
}

static bool gzip_keeps_output(const void *state)
{
	(void)state;
	return true;
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
	.room = gzip_room,
	.advance = gzip_advance,
	.keeps_output = gzip_keeps_output,
	.finish = gzip_finish,
	.close = gzip_close,
};
