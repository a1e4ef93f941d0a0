/* byte_source.h - a forward-only stream of bytes: a range of a file, or a descriptor such as a
 * pipe.  A small struct for the stack; nothing to close. */
#ifndef IO_BYTE_SOURCE_H
#define IO_BYTE_SOURCE_H

#include <sys/types.h>

#include "io/range.h"

struct byte_source {
	struct range range;	/* read with pread(2) when fd >= 0 ... */
	uint64_t position;	/* ... at this many bytes into it */
	int stream;		/* else read(2) from here */
	unsigned char head[16]; /* bytes that byte_source_peek() took from the stream */
	size_t head_len;
};

void byte_source_from_range(struct byte_source *source, struct range range);
void byte_source_from_stream(struct byte_source *source, int fd);

/* Up to 16 bytes that the next read gives again.  Bytes available, or -1. */
ssize_t byte_source_peek(struct byte_source *source, void *buf, size_t len, struct error *err);

/* Bytes read (0 at the end), or -1. */
ssize_t byte_source_read(struct byte_source *source, void *buf, size_t len, struct error *err);

#endif
