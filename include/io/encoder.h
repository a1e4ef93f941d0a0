/* encoder.h - compress a stream; the mirror of decoder.h.
 *
 * Plain bytes are put where the encoder compresses them, so that nobody copies them:
 *
 *	encoder_room(encoder, &room, err);
 *	... fill up to room.len bytes of room.place ...
 *	encoder_advance(encoder, len, err);
 *
 * Output depends on the input bytes and the encoding alone, never on the number of threads or
 * the size of the writes (DESIGN.md P4, ruling 13):
 *   gzip: independent members of ENCODER_BLOCK plain bytes each, one libdeflate call a block,
 *         mtime 0, no name, OS 255, and a subfield with the length of the member;
 *   zstd: up to level 8 independent frames of ENCODER_FRAME plain bytes each, with content size;
 *         else, and with a long window, one frame from libzstd with at least one worker, content
 *         size unknown; checksums on, windows of 8 MiB, larger from level 20 on or when long. */
#ifndef IO_ENCODER_H
#define IO_ENCODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/codec.h"
#include "util/error.h"

/* Members share nothing: those of 1 MiB made an application's many scripts 0.1 % larger, which is
 * more than pigz makes of them at 6. */
#define ENCODER_BLOCK ((size_t)2 << 20)
#define ENCODER_FRAME ((size_t)1 << 24)

struct encoding {
	enum compression compression; /* GZIP or ZSTD; NONE: nothing to encode */
	int level;		      /* 0: the default, gzip 5 and zstd 3 */
	bool long_window;	      /* zstd only: long-distance matching, window 2^27 */
};

/* "none", "gzip[:1-12]", "zstd[:1-22[,long]]".  ERR_USAGE otherwise. */
int encoding_parse(struct encoding *out, const char *text, struct error *err);

/* Takes stored bytes, in order, always on the thread that calls the encoder.  The data are there
 * for the time of the call; see encoder_keeps_output(). */
typedef int (*encoder_emit)(void *arg, const void *data, size_t len, struct error *err);

struct encoder;

/* ERR_UNSUPPORTED: a compression that is only read, or none. */
struct encoder *encoder_open(const struct encoding *encoding, unsigned threads, encoder_emit emit,
			     void *arg, struct error *err);

/* Where the next plain bytes go; the encoder's. */
struct encoder_room {
	unsigned char *place;
	size_t len; /* at least 1 */
	/* All that the place held before is among the first `before` bytes of the stream. */
	uint64_t before;
};

int encoder_room(struct encoder *encoder, struct encoder_room *out, struct error *err);

/* The first `len` bytes of the room are there.  They may be read until the room is filled anew. */
int encoder_advance(struct encoder *encoder, size_t len, struct error *err);

/* Does what was emitted stay where it is until encoder_advance() fills the whole of a room, or
 * encoder_finish() begins?  What is emitted then stays until the encoder is closed. */
bool encoder_keeps_output(const struct encoder *encoder);

/* Flush everything out; the encoder takes nothing more. */
int encoder_finish(struct encoder *encoder, struct error *err);
void encoder_close(struct encoder *encoder);

DEFINE_CLEANUP_PTR(encoder, encoder_close);

#endif
