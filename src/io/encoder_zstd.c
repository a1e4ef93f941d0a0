/* encoder_zstd.c - zstd, as many frames or as one.
 *
 * Up to level FRAMES_LEVEL frames of ENCODER_FRAME bytes come out smaller than one frame that
 * libzstd's threads cut into pieces, in an eighth less time (measured on layers of Debian), and can
 * be read side by side.  What the higher levels find lies farther apart: there it is one frame,
 * through those threads. */
#include "encoder_blocks.h"

#include <errno.h>
#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "util/xalloc.h"

#define FRAMES_LEVEL	8
#define IN_BYTES	((size_t)1 << 20)
#define OUT_BYTES	((size_t)1 << 20)
#define LONG_WINDOW_LOG 27
/* The windows of higher levels are larger than ZSTD_WINDOW_LOG. */
#define WINDOW_LEVEL 19

struct zstd_encoder {
	struct encoder_blocks *frames; /* NULL: one frame, of what follows */
	ZSTD_CCtx *ctx;
	unsigned char *in, *out; /* `in`: two halves; one is filled, one may still be read */
	size_t out_len;
	uint64_t plain_bytes;
};

static int failed(size_t rc, struct error *err)
{
	if (ZSTD_getErrorCode(rc) == ZSTD_error_memory_allocation)
		return error_set_errno(err, ENOMEM, "zstd cannot compress");
	return error_set(err, ERR_INTERNAL, "zstd cannot compress: %s", ZSTD_getErrorName(rc));
}

static int configure(ZSTD_CCtx *ctx, const struct encoding *encoding, unsigned threads,
		     struct error *err)
{
	/* With no worker libzstd cuts the input in another way than with any number of them. */
	int workers = threads < 200 ? (int)threads : 200;
	const struct {
		ZSTD_cParameter name;
		int value;
		bool wanted;
	} parameters[] = {
		{ ZSTD_c_compressionLevel, encoding->level, true },
		{ ZSTD_c_checksumFlag, 1, true },
		{ ZSTD_c_nbWorkers, workers, true },
		{ ZSTD_c_enableLongDistanceMatching, 1, encoding->long_window },
		{ ZSTD_c_windowLog, LONG_WINDOW_LOG, encoding->long_window },
		{ ZSTD_c_windowLog, ZSTD_WINDOW_LOG,
		  !encoding->long_window && encoding->level <= WINDOW_LEVEL },
	};

	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
		if (!parameters[i].wanted)
			continue;

		size_t rc = ZSTD_CCtx_setParameter(ctx, parameters[i].name, parameters[i].value);

		if (ZSTD_isError(rc))
			return error_set(err, ERR_UNSUPPORTED,
					 "this libzstd was built without threads (%s)",
					 ZSTD_getErrorName(rc));
	}
	return 0;
}

static void zstd_close(void *state)
{
	struct zstd_encoder *self = state;

	if (self->frames)
		encoder_blocks_free(self->frames);
	ZSTD_freeCCtx(self->ctx);
	free(self->in);
	free(self->out);
	free(self);
}

static void *zstd_open(const struct encoding *encoding, unsigned threads, struct error *err)
{
	struct zstd_encoder *self = xcalloc(1, sizeof(*self));

	if (encoding->level <= FRAMES_LEVEL && !encoding->long_window) {
		self->frames = encoder_blocks_new(&zstd_block_codec, encoding->level, ENCODER_FRAME,
						  threads, 1);
		return self;
	}
	self->in = xmalloc(2 * IN_BYTES);
	self->out = xmalloc(OUT_BYTES);
	self->ctx = ZSTD_createCCtx();
	if (!self->ctx)
		error_set_errno(err, ENOMEM, "zstd cannot start");
	else if (configure(self->ctx, encoding, threads, err) == 0)
		return self;
	zstd_close(self);
	return NULL;
}

/* One call of the library, and the output when there is much of it.  1 when the
 * library has more to write, 0, or -1. */
static int compress(struct zstd_encoder *self, const struct encoder_sink *sink, ZSTD_inBuffer *in,
		    ZSTD_EndDirective end, struct error *err)
{
	ZSTD_outBuffer out = { .dst = self->out, .size = OUT_BYTES, .pos = self->out_len };
	size_t rc = ZSTD_compressStream2(self->ctx, &out, in, end);

	if (ZSTD_isError(rc))
		return failed(rc, err);
	self->out_len = out.pos;
	if (self->out_len == OUT_BYTES || (end == ZSTD_e_end && rc == 0)) {
		if (sink->emit(sink->arg, self->out, self->out_len, err) < 0)
			return -1;
		self->out_len = 0;
	}
	return rc > 0;
}

static unsigned char *place(const struct zstd_encoder *self)
{
	return self->in + self->plain_bytes % (2 * IN_BYTES);
}

static int zstd_room(void *state, const struct encoder_sink *sink, struct encoder_room *out,
		     struct error *err)
{
	const struct zstd_encoder *self = state;

	if (self->frames)
		return encoder_blocks_room(self->frames, sink, out, err);

	size_t used = self->plain_bytes % IN_BYTES;
	uint64_t begin = self->plain_bytes - used;

	*out = (struct encoder_room){ .place = place(self),
				      .len = IN_BYTES - used,
				      .before = begin ? begin - IN_BYTES : 0 };
	return 0;
}

static int zstd_advance(void *state, const struct encoder_sink *sink, size_t len, struct error *err)
{
	struct zstd_encoder *self = state;
	ZSTD_inBuffer in = { .size = len };

	if (self->frames) {
		encoder_blocks_advance(self->frames, len);
		return 0;
	}
	in.src = place(self);
	while (in.pos < in.size)
		if (compress(state, sink, &in, ZSTD_e_continue, err) < 0)
			return -1;
	self->plain_bytes += len;
	return 0;
}

static bool zstd_keeps_output(const void *state)
{
	const struct zstd_encoder *self = state;

	return self->frames != NULL;
}

/* The end comes in a call of its own: with the last bytes, a short stream would show its size. */
static int zstd_finish(void *state, const struct encoder_sink *sink, struct error *err)
{
	const struct zstd_encoder *self = state;
	ZSTD_inBuffer none = { .src = NULL, .size = 0, .pos = 0 };
	int left;

	if (self->frames)
		return encoder_blocks_finish(self->frames, sink, err);
	do
		left = compress(state, sink, &none, ZSTD_e_end, err);
	while (left > 0);
	return left;
}

const struct encoder_format encoder_zstd = {
	.compression = COMPRESSION_ZSTD,
	.default_level = 3,
	.max_level = 22,
	.open = zstd_open,
	.room = zstd_room,
	.advance = zstd_advance,
	.keeps_output = zstd_keeps_output,
	.finish = zstd_finish,
	.close = zstd_close,
};
