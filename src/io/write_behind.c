/* write_behind.c - hand written bytes to the disk early, and take them out of the cache. */
#include "io/write_behind.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>

#define STEP	   ((uint64_t)8 << 20)
#define SEND_SHARE 8 /* of the memory: about where Linux begins to hold writers back */
#define KEEP_SHARE 4

/* What fsync(2) would have said; anything else means that the call is not for this file. */
static bool is_refused(int result)
{
	return result < 0 && (errno == EIO || errno == ENOSPC || errno == EDQUOT);
}

static int send_step(struct write_behind *behind, int fd)
{
	int rc = sync_file_range(fd, (off_t)behind->sent, (off_t)STEP, SYNC_FILE_RANGE_WRITE);

	behind->sent += STEP;
	return is_refused(rc) ? -1 : 0;
}

/* Only what is on the disk can be forgotten; at this distance it mostly is. */
static int forget_step(struct write_behind *behind, int fd)
{
	off_t at = (off_t)behind->forgotten;
	int rc = sync_file_range(fd, at, (off_t)STEP,
				 SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
					 SYNC_FILE_RANGE_WAIT_AFTER);

	if (is_refused(rc))
		return -1;
	posix_fadvise(fd, at, (off_t)STEP, POSIX_FADV_DONTNEED);
	behind->forgotten += STEP;
	return 0;
}

int write_behind(struct write_behind *behind, int fd, uint64_t stored)
{
	uint64_t large = behind->memory / SEND_SHARE, keep = behind->memory / KEEP_SHARE;

	if (stored <= large && behind->expected <= large)
		return 0;
	while (stored - behind->sent >= STEP) {
		if (send_step(behind, fd) < 0)
			return -1;
		if (behind->sent - behind->forgotten >= keep + STEP && forget_step(behind, fd) < 0)
			return -1;
	}
	return 0;
}

void write_behind_restart(struct write_behind *behind, uint64_t stored)
{
	if (behind->sent > stored)
		behind->sent = stored;
	if (behind->forgotten > stored)
		behind->forgotten = stored;
}
