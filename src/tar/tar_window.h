/* tar_window.h - the bytes of a tar that the reader looks at, from a range or from a stream. */
#ifndef TAR_WINDOW_H
#define TAR_WINDOW_H

#include <stddef.h>
#include <stdint.h>

#include "io/decoder.h"
#include "io/range.h"

struct tar_window {
	struct range range;
	struct decoder *stream; /* borrowed; NULL: the range is read */
	uint64_t length;	/* of the tar; UINT64_MAX until a stream has ended */
	uint64_t promised;	/* a stream that ends before this is cut short */
	unsigned char *bytes;	/* [at, at + len) */
	uint64_t at;
	size_t len, next; /* next: how much to read of a range the next time */
};

void tar_window_init(struct tar_window *window, const struct range *range, struct decoder *stream);
void tar_window_release(struct tar_window *window);

/* The block at `at`, valid until the next call; *block is NULL at the end of the data.  A stream
 * gives nothing twice: `at` never goes back before the last one. */
int tar_window_block(struct tar_window *window, uint64_t at, const unsigned char **block,
		     struct error *err);

/* Exactly `len` bytes at `at`. */
int tar_window_read(struct tar_window *window, uint64_t at, void *buf, size_t len,
		    struct error *err);

/* ERR_FORMAT when the `size` bytes at `at` go beyond the end; of a stream that shows later. */
int tar_window_expect(struct tar_window *window, uint64_t at, int64_t size, struct error *err);

/* Go on to the end of a stream, so that `length` is known. */
int tar_window_finish(struct tar_window *window, struct error *err);

#endif
