/* decoder.h - inflate a stream; one row per compression in decoder.c.
 *
 * gzip members, zstd frames (skippable ones too) and xz streams may be concatenated
 * (SEMANTICS.md A.1.1).  A stream that ends too early is ERR_FORMAT.  Zero padding behind the
 * last member is ignored; other bytes are ignored too but noted, except behind xz, whose format
 * has no such freedom (ERR_FORMAT, as xz(1) has it). */
#ifndef IO_DECODER_H
#define IO_DECODER_H

#include <stdbool.h>
#include <sys/types.h>

#include "io/byte_source.h"
#include "io/codec.h"

struct decoder;

/* The source is borrowed.  COMPRESSION_NONE passes bytes through.  With `threads` above 1, gzip
 * members that tell their length and zstd frames that tell their content size, up to 16 MiB each,
 * are decoded side by side; bytes and errors are the same. */
struct decoder *decoder_open(enum compression compression, struct byte_source *source,
			     unsigned threads, struct error *err);

/* Plain bytes (0 at the end), or -1. */
ssize_t decoder_read(struct decoder *decoder, void *buf, size_t len, struct error *err);

/* After the end: something other than zeros stood behind the last member. */
bool decoder_has_trailing_bytes(const struct decoder *decoder);

/* Stored bytes consumed so far, for progress. */
uint64_t decoder_consumed(const struct decoder *decoder);

void decoder_close(struct decoder *decoder);

DEFINE_CLEANUP_PTR(decoder, decoder_close);

#endif
