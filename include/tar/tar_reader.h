/* tar_reader.h - decode the headers of a tar, skipping the bodies.
 *
 *	while ((rc = tar_reader_next(reader, &header, err)) > 0)
 *		... use header ...
 *
 * Reads what Go's archive/tar reads, as it reads it, since every engine uses that
 * (SEMANTICS.md C.4); libarchive desyncs on inputs that engines accept.  Bodies are ranges of the
 * same file, for whoever wants them. */
#ifndef TAR_TAR_READER_H
#define TAR_TAR_READER_H

#include "io/decoder.h"
#include "io/range.h"
#include "tar/tar_header.h"
#include "util/error.h"
#include "util/limits.h"

struct tar_reader;

/* `tar` is copied, its descriptor and `limits` are borrowed. */
struct tar_reader *tar_reader_open(const struct range *tar, const struct limits *limits);

/* The same over plain bytes as they come, of which none are kept: body offsets tell where bodies
 * were.  `stream` is borrowed.  That a body is cut short may show only at a later call. */
struct tar_reader *tar_reader_open_stream(struct decoder *stream, const struct limits *limits);

/* 1: *out is filled, its pointers valid until the next call; 0: end of archive; -1: ERR_FORMAT,
 * ERR_LIMIT or ERR_IO with the offset of the header in the text. */
int tar_reader_next(struct tar_reader *reader, struct tar_header *out, struct error *err);

/* After the end: offset of the end marker (or of the end of the data). */
uint64_t tar_reader_end(const struct tar_reader *reader);

/* Bytes of the whole tar; a stream is read to its end first. */
int tar_reader_length(struct tar_reader *reader, uint64_t *length, struct error *err);

/* Volume headers skipped so far. */
unsigned tar_reader_skipped(const struct tar_reader *reader);

/* Global extended headers seen so far; their values are never applied. */
unsigned tar_reader_globals(const struct tar_reader *reader);

void tar_reader_close(struct tar_reader *reader);

DEFINE_CLEANUP_PTR(tar_reader, tar_reader_close);

#endif
