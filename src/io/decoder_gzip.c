/* decoder_gzip.c - gzip members through ISA-L, or zlib where that is missing.
 *
 * Both check the length and CRC of a member, which libarchive's gzip filter does not. */
#include "decoder_backend.h"

#include <limits.h>
#include <stdlib.h>

#include "gzip_member.h"
#include "little_endian.h"
#include "util/xalloc.h"

static unsigned int clamp(size_t len)
{
	return len < UINT_MAX ? (unsigned int)len : UINT_MAX;
}

static int gzip_measure(const unsigned char *member, size_t len, struct decoder_extent *extent)
{
	if (len < GZIP_MEMBER_HEADER) {
		extent->stored = GZIP_MEMBER_HEADER;
		return 0;
	}
	extent->stored = gzip_member_length(member);
	if (extent->stored < GZIP_MEMBER_HEADER + GZIP_MEMBER_TRAILER)
		return -1;
	if (len >= extent->stored)
		extent->plain = little_endian(member + extent->stored - 4, 4);
	return 0;
}

#ifdef HAVE_ISAL

#include <isa-l/igzip_lib.h>

static void *gzip_open(struct error *err)
{
	struct inflate_state *state = xmalloc(sizeof(*state));

	(void)err;
	isal_inflate_init(state);
	return state;
}

static void gzip_restart(void *arg)
{
	struct inflate_state *state = arg;

	isal_inflate_reset(state);
	state->crc_flag = ISAL_GZIP;
}

static const char *describe(int rc)
{
	switch (rc) {
	case ISAL_INVALID_WRAPPER:
	case ISAL_UNSUPPORTED_METHOD:
		return "damaged member header";
	case ISAL_INCORRECT_CHECKSUM:
		return "checksum does not match";
	default:
		return "damaged data";
	}
}

static enum decoder_step gzip_step(void *arg, struct decoder_input *input, unsigned char *out,
				   size_t out_len, size_t *out_pos, struct error *err)
{
	struct inflate_state *state = arg;

	state->next_in = input->bytes + input->pos;
	state->avail_in = clamp(input->len - input->pos);
	state->next_out = out + *out_pos;
	state->avail_out = clamp(out_len - *out_pos);

	int rc = isal_inflate(state);

	input->pos = (size_t)(state->next_in - input->bytes);
	*out_pos = (size_t)(state->next_out - out);
	if (rc < 0)
		return (enum decoder_step)error_set(err, ERR_FORMAT, "%s", describe(rc));
	return state->block_state == ISAL_BLOCK_FINISH ? DECODER_MEMBER_END : DECODER_MORE;
}

static void gzip_close(void *arg)
{
	free(arg);
}

#else

#include <zlib.h>

/* A window of 2^15 in a gzip wrapper. */
#define GZIP_WINDOW (15 + 16)

static void *gzip_open(struct error *err)
{
	z_stream *stream = xcalloc(1, sizeof(*stream));

	if (inflateInit2(stream, GZIP_WINDOW) == Z_OK)
		return stream;
	free(stream);
	error_set(err, ERR_IO, "zlib cannot start; is there enough memory?");
	return NULL;
}

static void gzip_restart(void *arg)
{
	inflateReset(arg);
}

static enum decoder_step gzip_step(void *arg, struct decoder_input *input, unsigned char *out,
				   size_t out_len, size_t *out_pos, struct error *err)
{
	z_stream *stream = arg;

	stream->next_in = input->bytes + input->pos;
	stream->avail_in = clamp(input->len - input->pos);
	stream->next_out = out + *out_pos;
	stream->avail_out = clamp(out_len - *out_pos);

	int rc = inflate(stream, Z_NO_FLUSH);

	input->pos = (size_t)(stream->next_in - input->bytes);
	*out_pos = (size_t)(stream->next_out - out);
	if (rc == Z_STREAM_END)
		return DECODER_MEMBER_END;
	/* Z_BUF_ERROR: there was nothing to do. */
	if (rc == Z_OK || rc == Z_BUF_ERROR)
		return DECODER_MORE;
	return (enum decoder_step)error_set(err, ERR_FORMAT, "%s",
					    stream->msg ? stream->msg : "damaged data");
}

static void gzip_close(void *arg)
{
	inflateEnd(arg);
	free(arg);
}

#endif

const struct decoder_format decoder_gzip = {
	.compression = COMPRESSION_GZIP,
	.open = gzip_open,
	.step = gzip_step,
	.measure = gzip_measure,
	.restart = gzip_restart,
	.close = gzip_close,
};
