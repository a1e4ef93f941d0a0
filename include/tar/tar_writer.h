/* tar_writer.h - encode tar headers in one canonical form (SEMANTICS.md C.5).
 *
 * ustar, with an extended header only for what ustar cannot say, its keywords in a fixed order.
 * Bodies are the caller's business: `size` bytes, then tar_padding() zeros, and 1024 zeros at
 * the end of the archive. */
#ifndef TAR_TAR_WRITER_H
#define TAR_TAR_WRITER_H

#include "tar/tar_header.h"
#include "util/strbuf.h"

#define TAR_END_BYTES 1024

/* Append the header blocks of an entry.  `path` is relative, without a slash at its end ("" is
 * the root); offsets, chunks and oddities are not looked at. */
void tar_encode_header(struct strbuf *out, const struct tar_header *header);

#define TAR_MEMBER_BYTES 512

/* The header of a regular file 0644 0:0 of the year 1970 in one block, as the outer archive wants
 * it: a size beyond ustar is written in base-256.  `name` has at most 100 bytes. */
void tar_encode_member(unsigned char block[TAR_MEMBER_BYTES], const char *name, uint64_t size);

/* Zero bytes behind a body of `size` bytes. */
static inline uint64_t tar_padding(uint64_t size)
{
	return -size % 512;
}

#endif
