/* decoder_bzip2.c - bzip2 streams through libbz2. */
#include "decoder_backend.h"

#include <bzlib.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "util/xalloc.h"

struct bzip2 {
	bz_stream stream;
	bool is_ready;
};

static void *bzip2_open(struct error *err)
{
	(void)err;
	return xcalloc(1, sizeof(struct bzip2));
}

static void stop(struct bzip2 *self)
{
	if (self->is_ready)
		BZ2_bzDecompressEnd(&self->stream);
	self->is_ready = false;
}

static void bzip2_restart(void *arg)
{
	struct bzip2 *self = arg;

	stop(self);
	self->stream = (bz_stream){ .next_in = NULL };
	self->is_ready = BZ2_bzDecompressInit(&self->stream, 0, 0) == BZ_OK;
}

static unsigned at_most(size_t len)
{
	return len < UINT_MAX ? (unsigned)len : UINT_MAX;
}

static enum decoder_step bzip2_step(void *arg, struct decoder_input *input, unsigned char *out,
				    size_t out_len, size_t *out_pos, struct error *err)
{
	struct bzip2 *self = arg;
	unsigned in_room = at_most(input->len - input->pos), out_room = at_most(out_len - *out_pos);
	int rc = BZ_MEM_ERROR;

	if (self->is_ready) {
		self->stream.next_in = (char *)input->bytes + input->pos;
		self->stream.avail_in = in_room;
		self->stream.next_out = (char *)out + *out_pos;
		self->stream.avail_out = out_room;
		rc = BZ2_bzDecompress(&self->stream);
		input->pos += in_room - self->stream.avail_in;
		*out_pos += out_room - self->stream.avail_out;
	}
	if (rc == BZ_MEM_ERROR)
		return (enum decoder_step)error_set_errno(err, ENOMEM, "cannot decompress");
	if (rc != BZ_OK && rc != BZ_STREAM_END)
		return (enum decoder_step)error_set(err, ERR_FORMAT, "damaged");
	return rc == BZ_STREAM_END ? DECODER_MEMBER_END : DECODER_MORE;
}

static void bzip2_close(void *arg)
{
	stop(arg);
	free(arg);
}

const struct decoder_format decoder_bzip2 = {
	.compression = COMPRESSION_BZIP2,
	.open = bzip2_open,
	.step = bzip2_step,
	.restart = bzip2_restart,
	.close = bzip2_close,
};
