/* range.c - exact reads from a piece of a file. */
#include "io/range.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "write_full.h"

static bool fits(const struct range *range, uint64_t at, size_t len)
{
	return at <= range->length && len <= range->length - at;
}

int range_read(const struct range *range, uint64_t at, void *buf, size_t len, struct error *err)
{
	char *to = buf;

	if (!fits(range, at, len))
		return error_set(err, ERR_FORMAT,
				 "%zu bytes expected at offset %" PRIu64
				 ", but the data end at %" PRIu64 "; is it complete?",
				 len, at, range->length);
	while (len) {
		ssize_t got = pread(range->fd, to, len, (off_t)(range->offset + at));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_set_errno(err, errno, "cannot read at offset %" PRIu64, at);
		if (got == 0)
			return error_set(
				err, ERR_IO,
				"the file became shorter while it was read (offset %" PRIu64 ")",
				at);
		to += got;
		at += (uint64_t)got;
		len -= (size_t)got;
	}
	return 0;
}

int range_of_bytes(const void *bytes, size_t len, struct range *out, struct error *err)
{
	int fd = memfd_create("lighten", MFD_CLOEXEC);

	*out = (struct range){ .fd = fd, .offset = 0, .length = len };
	if (fd >= 0 && !pwrite_full(fd, bytes, len, 0))
		return 0;
	error_set_errno(err, errno, "cannot keep %zu bytes in memory", len);
	if (fd >= 0)
		close(fd);
	out->fd = -1;
	return -1;
}

struct range range_slice(const struct range *range, uint64_t at, uint64_t len)
{
	return (struct range){ .fd = range->fd, .offset = range->offset + at, .length = len };
}
