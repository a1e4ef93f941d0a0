/* mapped_range.h - bytes of a range where the system keeps them, for those who read front to back.
 *
 * Whoever only looks at bytes that are in memory already need not have them copied.  A mapped range
 * shows a few megabytes of a file at a time.
 *
 * What is mapped can go away under its reader: another program cuts the file short, or the disk
 * cannot bring a page back.  The kernel says so with SIGBUS, which ends a process.  So nothing is
 * mapped before mapped_range_guard(): its handler puts zeros in the place of the page, and
 * mapped_range_leave() fails.  Until then, and where the file system or the kernel (before Linux
 * 5.14) cannot map so, the bytes are read into memory of its own. */
#ifndef IO_MAPPED_RANGE_H
#define IO_MAPPED_RANGE_H

#include <stdbool.h>

#include "io/range.h"
#include "util/cleanup.h"

/* How many a thread may look at, at once, where they are; of more it gets copies. */
#define MAPPED_RANGES_MAX 2

/* Zeroed but for `range`, whose descriptor is borrowed.  Used by one thread at a time. */
struct mapped_range {
	struct range range;
	unsigned char *map;	   /* NULL: none */
	uint64_t from;		   /* bytes of the file before it */
	size_t len;		   /* bytes of it */
	bool copies;		   /* it cannot be mapped */
	unsigned char *copy;	   /* NULL: never needed */
	size_t copy_room;	   /* bytes */
	volatile bool lost;	   /* the handler has put zeros somewhere */
	volatile uint64_t lost_at; /* bytes of the range before them, the last time */
};

/* Handle SIGBUS for the whole process, for good: for main().  Of what is not mapped here, the
 * signal still ends the process.  False: the system refuses, and bytes go on being read. */
bool mapped_range_guard(void);

/* The `len` bytes at `at`, at least one, until mapped_range_leave(), which whoever got them calls
 * from the same thread.  NULL: errors as those of range_read(). */
const unsigned char *mapped_range_enter(struct mapped_range *mapped, uint64_t at, size_t len,
					struct error *err);

/* ERR_IO: not all of what was seen since it was entered were bytes of the file. */
int mapped_range_leave(struct mapped_range *mapped, struct error *err);

/* Also of a zeroed one. */
void mapped_range_release(struct mapped_range *mapped);

DEFINE_CLEANUP(mapped_range, mapped_range_release);

#endif
