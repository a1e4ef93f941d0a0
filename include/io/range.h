/* range.h - a random-access piece of an open file: the only thing that stages know of contents.
 *
 * The descriptor is borrowed and must outlive the range.  Reads use pread(2), so ranges of one
 * file may be read from several threads. */
#ifndef IO_RANGE_H
#define IO_RANGE_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

struct range {
	int fd;
	uint64_t offset, length; /* bytes */
};

/* Exactly `len` bytes from `at` bytes into the range.  ERR_FORMAT when that goes beyond its end,
 * ERR_IO when the system refuses or the file became shorter. */
int range_read(const struct range *range, uint64_t at, void *buf, size_t len, struct error *err);

/* Bytes of memory as a range of a file without a name; the caller closes its descriptor.  ERR_IO.
 */
int range_of_bytes(const void *bytes, size_t len, struct range *out, struct error *err);

/* A piece of a range; the caller has checked that it lies inside. */
struct range range_slice(const struct range *range, uint64_t at, uint64_t len);

#endif
