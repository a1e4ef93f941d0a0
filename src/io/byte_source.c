/* byte_source.c - reads from a range or a descriptor, one after the other. */
#include "io/byte_source.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

void byte_source_from_range(struct byte_source *source, struct range range)
{
	*source = (struct byte_source){ .range = range, .stream = -1 };
}

void byte_source_from_stream(struct byte_source *source, int fd)
{
	*source = (struct byte_source){ .range = { .fd = -1 }, .stream = fd };
}

/* True when a read that failed with `errno` is worth another try. */
static int may_retry(int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN, .revents = 0 };

	if (errno == EAGAIN)
		return poll(&wait, 1, -1) >= 0 || errno == EINTR;
	return errno == EINTR;
}

static ssize_t read_stream(const struct byte_source *source, void *buf, size_t len,
			   struct error *err)
{
	for (;;) {
		ssize_t got = read(source->stream, buf, len);

		if (got >= 0)
			return got;
		if (!may_retry(source->stream))
			return error_set_errno(err, errno, "cannot read");
	}
}

/* Not range_read(): a large `len` may go beyond the end, and a short count is fine. */
static ssize_t read_range(const struct byte_source *source, void *buf, size_t len,
			  struct error *err)
{
	const struct range *range = &source->range;
	uint64_t left = range->length - source->position;

	if (len > left)
		len = (size_t)left;
	if (len == 0)
		return 0;
	for (;;) {
		ssize_t got = pread(range->fd, buf, len, (off_t)(range->offset + source->position));

		if (got > 0)
			return got;
		if (got == 0)
			return error_set(
				err, ERR_IO,
				"the file became shorter while it was read (offset %" PRIu64 ")",
				source->position);
		if (errno != EINTR)
			return error_set_errno(err, errno, "cannot read at offset %" PRIu64,
					       source->position);
	}
}

static ssize_t peek_range(const struct byte_source *source, void *buf, size_t len,
			  struct error *err)
{
	struct byte_source ahead = *source;
	size_t have = 0;

	while (have < len) {
		ssize_t got = read_range(&ahead, (char *)buf + have, len - have, err);

		if (got < 0)
			return -1;
		if (got == 0)
			break;
		ahead.position += (uint64_t)got;
		have += (size_t)got;
	}
	return (ssize_t)have;
}

ssize_t byte_source_peek(struct byte_source *source, void *buf, size_t len, struct error *err)
{
	if (len > sizeof(source->head))
		len = sizeof(source->head);
	if (source->range.fd >= 0)
		return peek_range(source, buf, len, err);
	while (source->head_len < len) {
		ssize_t got = read_stream(source, source->head + source->head_len,
					  len - source->head_len, err);

		if (got < 0)
			return -1;
		if (got == 0)
			break;
		source->head_len += (size_t)got;
	}
	if (len > source->head_len)
		len = source->head_len;
	memcpy(buf, source->head, len);
	return (ssize_t)len;
}

ssize_t byte_source_read(struct byte_source *source, void *buf, size_t len, struct error *err)
{
	ssize_t got;

	if (source->range.fd >= 0) {
		got = read_range(source, buf, len, err);
		if (got > 0)
			source->position += (uint64_t)got;
		return got;
	}
	if (source->head_len == 0)
		return read_stream(source, buf, len, err);
	if (len > source->head_len)
		len = source->head_len;
	memcpy(buf, source->head, len);
	source->head_len -= len;
	memmove(source->head, source->head + len, source->head_len);
	return (ssize_t)len;
}
