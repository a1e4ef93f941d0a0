/* write_full.h - writes that go on after interruptions and short counts. */
#ifndef IO_WRITE_FULL_H
#define IO_WRITE_FULL_H

#include <stddef.h>
#include <stdint.h>

/* All bytes at the current position of any descriptor, also one that does not block.  0, or -1
 * with errno. */
int write_full(int fd, const void *data, size_t len);

/* All bytes at an offset of a file.  0, or -1 with errno. */
int pwrite_full(int fd, const void *data, size_t len, uint64_t at);

#endif
