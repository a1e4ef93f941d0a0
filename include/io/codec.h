/* codec.h - compressions, one table row each (SEMANTICS.md A.1).
 *
 * Found by magic, never by a name or a media type. */
#ifndef IO_CODEC_H
#define IO_CODEC_H

#include <stdbool.h>
#include <stddef.h>

enum compression {
	COMPRESSION_NONE,
	COMPRESSION_GZIP,
	COMPRESSION_ZSTD,
	COMPRESSION_XZ,
	COMPRESSION_BZIP2,
	COMPRESSION_LZ4,
};

#define CODEC_MAGIC_BYTES 6

/* From the first bytes of a stream; fewer than CODEC_MAGIC_BYTES when it is that short. */
enum compression codec_probe(const void *head, size_t len);

/* May a stream of that compression go on so, behind a complete member? */
bool codec_goes_on(enum compression compression, const void *head, size_t len);

/* Are these bytes, at the very end of a file, less than a magic and yet the beginning of one? */
bool codec_is_cut(enum compression compression, const void *head, size_t len);

/* "none", "gzip", ... */
const char *codec_name(enum compression compression);

#endif
