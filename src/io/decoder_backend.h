/* decoder_backend.h - what decoder.c and the decoder of one format share. */
#ifndef IO_DECODER_BACKEND_H
#define IO_DECODER_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "io/byte_source.h"
#include "io/codec.h"

/* The stored bytes [pos, len) of `bytes` were read and not yet used. */
struct decoder_input {
	struct byte_source *source;
	unsigned char *bytes;
	size_t pos, len;
	bool at_end;	   /* the source has no more */
	uint64_t consumed; /* stored bytes taken from the source */
};

/* Read until at least `want` unused bytes are there (a few; for looking ahead) or the source
 * ends.  The number there, or -1. */
ssize_t decoder_input_need(struct decoder_input *input, size_t want, struct error *err);

/* Put `len` bytes that were used back before the unused ones. */
void decoder_input_unread(struct decoder_input *input, const unsigned char *bytes, size_t len);

/* Position of the first unused byte in the stored stream, for messages. */
uint64_t decoder_input_offset(const struct decoder_input *input);

enum decoder_step {
	DECODER_FAILED = -1, /* with *err */
	DECODER_MORE,	     /* all of the input that was there is used, or `out` is full */
	DECODER_MEMBER_END,  /* a member or frame is complete */
};

/* How much there is of a member, as far as it tells before it is decoded. */
struct decoder_extent {
	uint64_t stored; /* bytes of it; or those that must be there to know more */
	uint64_t plain;	 /* bytes that it decodes to, once all of it is there */
	size_t scanned;	 /* the format's own; 0 at first */
};

/* One format that is decoded piece by piece from decoder_input. */
struct decoder_format {
	enum compression compression;
	void *(*open)(struct error *err);
	/* Decode from input->bytes to `out`, moving input->pos and *out_pos. */
	enum decoder_step (*step)(void *state, struct decoder_input *input, unsigned char *out,
				  size_t out_len, size_t *out_pos, struct error *err);
	/* What the first `len` bytes of a member say; NULL: its members never do.
	 * extent->stored above `len`: come back with so many; else that is all of the member, and
	 * extent->plain is set.  -1: it does not say. */
	int (*measure)(const unsigned char *member, size_t len, struct decoder_extent *extent);
	/* Make ready for the next member. */
	void (*restart)(void *state);
	void (*close)(void *state);
};

extern const struct decoder_format decoder_gzip, decoder_zstd, decoder_xz, decoder_bzip2,
	decoder_lz4;

#endif
