/* decoder_lz4.c - lz4 frames through liblz4. */
#include "decoder_backend.h"

#include <errno.h>
#include <lz4frame.h>

static void *lz4_open(struct error *err)
{
	LZ4F_dctx *ctx;

	if (LZ4F_isError(LZ4F_createDecompressionContext(&ctx, LZ4F_VERSION))) {
		error_set_errno(err, ENOMEM, "lz4 cannot start");
		return NULL;
	}
	return ctx;
}

static void lz4_restart(void *arg)
{
	LZ4F_resetDecompressionContext(arg);
}

static enum decoder_step lz4_step(void *arg, struct decoder_input *input, unsigned char *out,
				  size_t out_len, size_t *out_pos, struct error *err)
{
	size_t in_bytes = input->len - input->pos, out_bytes = out_len - *out_pos;
	size_t rc = LZ4F_decompress(arg, out + *out_pos, &out_bytes, input->bytes + input->pos,
				    &in_bytes, NULL);

	if (LZ4F_isError(rc))
		return (enum decoder_step)error_set(err, ERR_FORMAT, "%s", LZ4F_getErrorName(rc));
	input->pos += in_bytes;
	*out_pos += out_bytes;
	return rc == 0 ? DECODER_MEMBER_END : DECODER_MORE;
}

static void lz4_close(void *arg)
{
	LZ4F_freeDecompressionContext(arg);
}

const struct decoder_format decoder_lz4 = {
	.compression = COMPRESSION_LZ4,
	.open = lz4_open,
	.step = lz4_step,
	.restart = lz4_restart,
	.close = lz4_close,
};
