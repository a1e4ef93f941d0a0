/* write_behind.h - large outputs go to the disk while they are written, and leave the cache.
 *
 * Linux lets a file gather in memory until a share of that is dirty, then holds the writer back:
 * meanwhile the disk has idled, and the input that is read beside it has been pushed out.  A file
 * that is, or is expected to be, larger than an eighth of the memory is sent to the disk from its
 * first byte on; of what is written, a quarter of the memory stays cached for whoever reads next.
 */
#ifndef IO_WRITE_BEHIND_H
#define IO_WRITE_BEHIND_H

#include <stdint.h>

struct write_behind {
	uint64_t memory;    /* bytes that files may be cached in (util/context.h) */
	uint64_t expected;  /* bytes of the whole output; 0: unknown */
	uint64_t sent;	    /* of the file: the disk has been asked to write them */
	uint64_t forgotten; /* of the file: no longer cached */
};

/* The first `stored` bytes of the file are written.  0, or -1 with errno when the disk has refused
 * some of them: the system tells that once, so fsync(2) would not tell it again.  File systems and
 * descriptors that know nothing of this are no error. */
int write_behind(struct write_behind *behind, int fd, uint64_t stored);

/* What follows is written to another file, or from `stored` bytes on anew. */
void write_behind_restart(struct write_behind *behind, uint64_t stored);

#endif
