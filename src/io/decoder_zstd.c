/* decoder_zstd.c - zstd frames and skippable frames through libzstd. */
#include "decoder_backend.h"

#include <errno.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "little_endian.h"

/* As the zstd program: a frame of a few bytes must not make us reserve gigabytes. */
#define WINDOW_LOG_MAX 27

#define MAGIC_BYTES	   4
#define HEADER_MAX	   18 /* of a frame */
#define SKIPPABLE_HEADER   8
#define BLOCK_HEADER	   3
#define CHECKSUM_BYTES	   4
#define BLOCK_TYPE_RLE	   1
#define BLOCK_TYPE_INVALID 3

/* The header of a frame is as long as the flags in its first byte say (RFC 8878, 3.1.1.1). */
static size_t header_bytes(unsigned char flags)
{
	static const size_t dictionary[] = { 0, 1, 2, 4 }, content[] = { 0, 2, 4, 8 };
	bool single = flags & 0x20;
	size_t window = single ? 0 : 1;

	return MAGIC_BYTES + 1 + window + dictionary[flags & 3] +
	       (single && flags < 0x40 ? 1 : content[flags >> 6]);
}

static int measure_skippable(const unsigned char *member, size_t len, struct decoder_extent *extent)
{
	extent->stored = SKIPPABLE_HEADER;
	if (len >= SKIPPABLE_HEADER)
		extent->stored += little_endian(member + MAGIC_BYTES, 4);
	extent->plain = 0;
	return 0;
}

/* A frame does not say how long it is, but each of its blocks does (3.1.1.2). */
static int zstd_measure(const unsigned char *member, size_t len, struct decoder_extent *extent)
{
	if ((member[0] & 0xf0) == 0x50)
		return measure_skippable(member, len, extent);
	if (!extent->scanned) {
		extent->stored = HEADER_MAX;
		if (len < HEADER_MAX)
			return 0;
		extent->plain = ZSTD_getFrameContentSize(member, len);
		if (extent->plain == ZSTD_CONTENTSIZE_UNKNOWN ||
		    extent->plain == ZSTD_CONTENTSIZE_ERROR)
			return -1;
		extent->scanned = header_bytes(member[MAGIC_BYTES]);
	}
	while (extent->scanned + BLOCK_HEADER <= len) {
		uint32_t header = little_endian(member + extent->scanned, BLOCK_HEADER);
		uint32_t type = header >> 1 & 3, size = type == BLOCK_TYPE_RLE ? 1 : header >> 3;

		if (type == BLOCK_TYPE_INVALID)
			return -1;
		if (header & 1) {
			extent->stored = extent->scanned + BLOCK_HEADER + size +
					 (member[MAGIC_BYTES] & 4 ? CHECKSUM_BYTES : 0);
			return 0;
		}
		extent->scanned += BLOCK_HEADER + size;
	}
	extent->stored = extent->scanned + BLOCK_HEADER;
	return 0;
}

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
	.measure = zstd_measure,
	.restart = zstd_restart,
	.close = zstd_close,
};
