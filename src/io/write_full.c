/* write_full.c - writes that go on after interruptions and short counts. */
#include "write_full.h"

#include <errno.h>
#include <poll.h>
#include <sys/types.h>
#include <unistd.h>

/* True when a write that failed with `errno` is worth another try. */
static int may_retry(int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLOUT, .revents = 0 };

	if (errno == EAGAIN)
		return poll(&wait, 1, -1) >= 0 || errno == EINTR;
	return errno == EINTR;
}

int write_full(int fd, const void *data, size_t len)
{
	const char *from = data;

	while (len) {
		ssize_t put = write(fd, from, len);

		if (put < 0 && may_retry(fd))
			continue;
		if (put < 0)
			return -1;
		from += put;
		len -= (size_t)put;
	}
	return 0;
}

int pwrite_full(int fd, const void *data, size_t len, uint64_t at)
{
	const char *from = data;

	while (len) {
		ssize_t put = pwrite(fd, from, len, (off_t)at);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		from += put;
		at += (uint64_t)put;
		len -= (size_t)put;
	}
	return 0;
}
