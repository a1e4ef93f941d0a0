/* decoder_xz.c - xz streams, and the padding between them, through liblzma. */
#include "decoder_backend.h"

#include <errno.h>
#include <lzma.h>
#include <stdlib.h>

#include "util/xalloc.h"

/* A dictionary of half a gigabyte, which no preset of xz comes near. */
#define MEMORY_MAX (UINT64_C(1) << 30)

struct xz {
	lzma_stream stream;
	lzma_ret started;
};

static void *xz_open(struct error *err)
{
	struct xz *self = xcalloc(1, sizeof(*self));

	(void)err;
	self->stream = (lzma_stream)LZMA_STREAM_INIT;
	return self;
}

static void xz_restart(void *arg)
{
	struct xz *self = arg;

	self->started = lzma_stream_decoder(&self->stream, MEMORY_MAX, LZMA_CONCATENATED);
}

static const char *fault(lzma_ret rc)
{
	if (rc == LZMA_MEMLIMIT_ERROR)
		return "needs more than a gigabyte of memory";
	if (rc == LZMA_OPTIONS_ERROR)
		return "uses something that liblzma does not know";
	return "damaged, or followed by something else";
}

/* liblzma goes from one stream to the next by itself: only the format knows what may lie between.
 */
static enum decoder_step xz_step(void *arg, struct decoder_input *input, unsigned char *out,
				 size_t out_len, size_t *out_pos, struct error *err)
{
	struct xz *self = arg;
	lzma_stream *stream = &self->stream;
	lzma_ret rc = self->started;

	stream->next_in = input->bytes + input->pos;
	stream->avail_in = input->len - input->pos;
	stream->next_out = out + *out_pos;
	stream->avail_out = out_len - *out_pos;
	if (rc == LZMA_OK)
		rc = lzma_code(stream, input->at_end ? LZMA_FINISH : LZMA_RUN);
	input->pos = input->len - stream->avail_in;
	*out_pos = out_len - stream->avail_out;
	if (rc == LZMA_STREAM_END)
		return DECODER_MEMBER_END;
	/* No step forward is the caller's to judge. */
	if (rc == LZMA_OK || rc == LZMA_BUF_ERROR)
		return DECODER_MORE;
	if (rc == LZMA_MEM_ERROR)
		return (enum decoder_step)error_set_errno(err, ENOMEM, "cannot decompress");
	return (enum decoder_step)error_set(err, ERR_FORMAT, "%s", fault(rc));
}

static void xz_close(void *arg)
{
	struct xz *self = arg;

	lzma_end(&self->stream);
	free(self);
}

const struct decoder_format decoder_xz = {
	.compression = COMPRESSION_XZ,
	.open = xz_open,
	.step = xz_step,
	.restart = xz_restart,
	.close = xz_close,
};
