/* tar_window.c - a piece of the tar in memory that moves forward.
 *
 * Over a range it grows while headers lie close together and stays small while large bodies are
 * skipped, so that small files cost few system calls and large ones few bytes.  Over a stream it
 * is all that is kept of the bytes that went by. */
#include "tar_window.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "tar_internal.h"
#include "util/xalloc.h"

#define WINDOW_MIN  4096
#define WINDOW_MAX  (64 * 1024)
#define WINDOW_NEAR 4096

void tar_window_init(struct tar_window *window, const struct range *range, struct decoder *stream)
{
	*window = (struct tar_window){ .stream = stream,
				       .length = UINT64_MAX,
				       .bytes = xmalloc(WINDOW_MAX),
				       .next = WINDOW_MIN };
	if (stream)
		return;
	window->range = *range;
	window->length = range->length;
}

void tar_window_release(struct tar_window *window)
{
	free(window->bytes);
}

static uint64_t end_of(const struct tar_window *window)
{
	return window->at + window->len;
}

static int load_range(struct tar_window *window, uint64_t at, struct error *err)
{
	uint64_t left = window->length - at;
	bool near = at >= end_of(window) && at - end_of(window) < WINDOW_NEAR;
	size_t len = near ? window->next * 2 : WINDOW_MIN;

	if (len > WINDOW_MAX)
		len = WINDOW_MAX;
	window->next = len;
	if (len > left)
		len = (size_t)left;
	if (range_read(&window->range, at, window->bytes, len, err) < 0)
		return -1;
	window->at = at;
	window->len = len;
	return 0;
}

/* Append `len` bytes of the stream to the window; fewer at its end. */
static int append(struct tar_window *window, size_t len, struct error *err)
{
	while (len) {
		ssize_t got = decoder_read(window->stream, window->bytes + window->len, len, err);
		if (got < 0)
			return -1;
		window->len += (size_t)got;
		len -= (size_t)got;
		if (got)
			continue;
		window->length = end_of(window);
		if (window->length < window->promised)
			return error_set(err, ERR_FORMAT,
					 "truncated: content up to offset %" PRIu64
					 ", but the data end at %" PRIu64,
					 window->promised, window->length);
		return 0;
	}
	return 0;
}

static bool ended(const struct tar_window *window)
{
	return window->length != UINT64_MAX;
}

/* Let the window of a stream begin at `at`, and fill it. */
static int load_stream(struct tar_window *window, uint64_t at, struct error *err)
{
	while (at > end_of(window) && !ended(window)) {
		uint64_t gap = at - end_of(window);
		window->at = end_of(window);
		window->len = 0;
		if (append(window, gap < WINDOW_MAX ? (size_t)gap : WINDOW_MAX, err) < 0)
			return -1;
	}
	if (at >= window->at && at <= end_of(window)) {
		window->len = (size_t)(end_of(window) - at);
		memmove(window->bytes, window->bytes + (at - window->at), window->len);
		window->at = at;
	}
	return ended(window) ? 0 : append(window, WINDOW_MAX - window->len, err);
}

/* Have up to WINDOW_MAX bytes at `at` in memory, fewer only at the end.  How many of `want`. */
static int have(struct tar_window *window, uint64_t at, size_t want, size_t *len, struct error *err)
{
	*len = 0;
	if (at >= window->length)
		return 0;
	if ((at < window->at || at + want > end_of(window)) &&
	    (window->stream ? load_stream(window, at, err) : load_range(window, at, err)) < 0)
		return -1;
	if (at >= window->at && at < end_of(window))
		*len = end_of(window) - at < want ? (size_t)(end_of(window) - at) : want;
	return 0;
}

int tar_window_block(struct tar_window *window, uint64_t at, const unsigned char **block,
		     struct error *err)
{
	size_t len;

	*block = NULL;
	if (have(window, at, TAR_BLOCK, &len, err) < 0)
		return -1;
	if (!len)
		return 0;
	if (len < TAR_BLOCK)
		return error_set(err, ERR_FORMAT, "truncated header");
	*block = window->bytes + (at - window->at);
	return 0;
}

int tar_window_read(struct tar_window *window, uint64_t at, void *buf, size_t len,
		    struct error *err)
{
	char *to = buf;

	if (!window->stream)
		return range_read(&window->range, at, buf, len, err);
	while (len) {
		size_t piece;
		if (have(window, at, len < WINDOW_MAX ? len : WINDOW_MAX, &piece, err) < 0)
			return -1;
		if (!piece)
			return error_set(err, ERR_FORMAT, "truncated: the data end at %" PRIu64,
					 window->length);
		memcpy(to, window->bytes + (at - window->at), piece);
		to += piece;
		at += piece;
		len -= piece;
	}
	return 0;
}

int tar_window_expect(struct tar_window *window, uint64_t at, int64_t size, struct error *err)
{
	if (size < 0)
		return error_set(err, ERR_FORMAT, "negative size");
	if (at > window->length || (uint64_t)size > window->length - at)
		return error_set(
			err, ERR_FORMAT, "truncated: %lld bytes of content, %llu left",
			(long long)size,
			(unsigned long long)(at < window->length ? window->length - at : 0));
	if (at + (uint64_t)size > window->promised)
		window->promised = at + (uint64_t)size;
	return 0;
}

int tar_window_finish(struct tar_window *window, struct error *err)
{
	while (!ended(window)) {
		window->at = end_of(window);
		window->len = 0;
		if (append(window, WINDOW_MAX, err) < 0)
			return -1;
	}
	return 0;
}
