/* write_behind.c - hand written bytes to the disk early, and take them out of the cache. */
#include "io/write_behind.h"

#include <fcntl.h>

#define STEP	   ((uint64_t)8 << 20)
#define SEND_SHARE 8 /* of the memory: about where Linux begins to hold writers back */
#define KEEP_SHARE 4

static void forget(struct write_behind *behind, int fd)
{
	off_t at = (off_t)behind->forgotten;

	/* Only what is on the disk can be forgotten; at this distance it mostly is. */
	sync_file_range(fd, at, (off_t)STEP,
			SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
				SYNC_FILE_RANGE_WAIT_AFTER);
	posix_fadvise(fd, at, (off_t)STEP, POSIX_FADV_DONTNEED);
	behind->forgotten += STEP;
}

void write_behind(struct write_behind *behind, int fd, uint64_t stored)
{
	uint64_t large = behind->memory / SEND_SHARE;

	if (stored <= large && behind->expected <= large)
		return;
	while (stored - behind->sent >= STEP) {
		sync_file_range(fd, (off_t)behind->sent, (off_t)STEP, SYNC_FILE_RANGE_WRITE);
		behind->sent += STEP;
		if (behind->sent - behind->forgotten >= behind->memory / KEEP_SHARE + STEP)
			forget(behind, fd);
	}
}

void write_behind_restart(struct write_behind *behind, uint64_t stored)
{
	if (behind->sent > stored)
		behind->sent = stored;
	if (behind->forgotten > stored)
		behind->forgotten = stored;
}
