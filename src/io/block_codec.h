/* block_codec.h - one block of plain bytes as one gzip member or one zstd frame, in one call.
 *
 * What comes out depends on the block and the level alone. */
#ifndef IO_BLOCK_CODEC_H
#define IO_BLOCK_CODEC_H

#include <stddef.h>

struct block_codec {
	/* What compresses blocks, one after the other; NULL when there is no memory. */
	void *(*open)(int level);
	/* The most bytes that `len` plain bytes can become. */
	size_t (*bound)(void *state, size_t len);
	/* Bytes written to `out`, or 0: `room` is less than the bound, or there is no memory. */
	size_t (*compress)(void *state, const void *data, size_t len, void *out, size_t room);
	void (*close)(void *state);
};

/* A member with mtime 0, no name and OS 255, which tells its own length (gzip_member.h). */
extern const struct block_codec gzip_block_codec;

/* What every decoder is to be able to hold (RFC 8878, 3.1.1.1.2).  Below level 17 windows would be
 * smaller: files that come twice make layers 1 to 11 % smaller so, and longer matches take less
 * time than short ones (measured on layers of Debian). */
#define ZSTD_WINDOW_LOG 23

/* A frame with its content size and a checksum. */
extern const struct block_codec zstd_block_codec;

#endif
