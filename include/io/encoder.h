/* encoder.h - compress a stream; the mirror of decoder.h.
 *
 * Output depends on the input bytes and the encoding alone, never on the number of threads or
 * the size of the writes (DESIGN.md P4, ruling 13):
 *   gzip: independent members of ENCODER_BLOCK plain bytes each, one libdeflate call a block,
 *         mtime 0, no name, OS 255, and a subfield with the length of the member;
 *   zstd: up to level 8 independent frames of ENCODER_FRAME plain bytes each, with content size;
 *         else, and with a long window, one frame from libzstd with at least one worker, content
 *         size unknown; checksums on. */
#ifndef IO_ENCODER_H
#define IO_ENCODER_H

#include <stdbool.h>
#include <stddef.h>

#include "io/codec.h"
#include "util/error.h"

#define ENCODER_BLOCK ((size_t)1 << 20)
#define ENCODER_FRAME ((size_t)1 << 24)

struct encoding {
	enum compression compression; /* NONE, GZIP or ZSTD */
	int level;		      /* 0: the default, gzip 6 and zstd 3 */
	bool long_window;	      /* zstd only: long-distance matching, window 2^27 */
};

/* "none", "gzip[:1-12]", "zstd[:1-22[,long]]".  ERR_USAGE otherwise. */
int encoding_parse(struct encoding *out, const char *text, struct error *err);

/* Takes stored bytes, in order, always on the thread that calls the encoder. */
typedef int (*encoder_emit)(void *arg, const void *data, size_t len, struct error *err);

struct encoder;

struct encoder *encoder_open(const struct encoding *encoding, unsigned threads, encoder_emit emit,
			     void *arg, struct error *err);
int encoder_write(struct encoder *encoder, const void *data, size_t len, struct error *err);

/* Flush everything out; the encoder takes nothing more. */
int encoder_finish(struct encoder *encoder, struct error *err);
void encoder_close(struct encoder *encoder);

DEFINE_CLEANUP_PTR(encoder, encoder_close);

#endif
