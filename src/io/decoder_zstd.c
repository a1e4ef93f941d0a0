/* decoder_zstd.c - zstd frames and skippable frames through libzstd. */
#include "decoder_backend.h"

#include <errno.h>
#include <zstd.h>
#include <zstd_errors.h>

/* As the zstd program: a frame of a few bytes must not make us reserve gigabytes. */
#define WINDOW_LOG_MAX 27

static void *zstd_open(struct error *err)
{
	ZSTD_DCtx *ctx = ZSTD_createDCtx();

	if (!ctx) {
		error_set_errno(err, ENOMEM, "zstd cannot start");
		return NULL;
	}

	ZSTD_DCtx_setParameter(ctx, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
	return ctx;
}

static void zstd_restart(void *arg)
{
	ZSTD_DCtx_reset(arg, ZSTD_reset_session_only);
}

static enum decoder_step zstd_step(void *arg, struct decoder_input *input, unsigned char *out,
				   size_t out_len, size_t *out_pos, struct error *err)
{
	ZSTD_inBuffer in = { .src = input->bytes, .size = input->len, .pos = input->pos };
	ZSTD_outBuffer to = { .dst = out, .size = out_len, .pos = *out_pos };
	size_t rc = ZSTD_decompressStream(arg, &to, &in);

	input->pos = in.pos;
	*out_pos = to.pos;
	if (ZSTD_getErrorCode(rc) == ZSTD_error_memory_allocation)
		return (enum decoder_step)error_set_errno(err, ENOMEM, "no room for its window");
	if (ZSTD_isError(rc))
		return (enum decoder_step)error_set(err, ERR_FORMAT, "%s", ZSTD_getErrorName(rc));
	return rc == 0 ? DECODER_MEMBER_END : DECODER_MORE;
}

static void zstd_close(void *arg)
{
	ZSTD_freeDCtx(arg);
}

const struct decoder_format decoder_zstd = {
	.compression = COMPRESSION_ZSTD,
	.open = zstd_open,
	.step = zstd_step,
	.restart = zstd_restart,
	.close = zstd_close,
};
