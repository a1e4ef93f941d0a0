/* gzip_member.h - the header of gzip members that tell how long they are.
 *
 * RFC 1952 has room for subfields that readers skip.  Ours is "IG", as mgzip and pgzip for Python
 * write it: four bytes with the length of the whole member.  Whoever knows it finds the next
 * member without inflating this one, and can inflate several at the same time. */
#ifndef IO_GZIP_MEMBER_H
#define IO_GZIP_MEMBER_H

#include <stddef.h>
#include <stdint.h>

#define GZIP_MEMBER_HEADER  20 /* bytes before the deflated ones */
#define GZIP_MEMBER_TRAILER 8  /* CRC-32 and length of the plain bytes */

/* The header of a member of `length` bytes, header and trailer included. */
void gzip_member_header(unsigned char out[GZIP_MEMBER_HEADER], uint32_t length);

/* What a member says of its own length; 0 when it does not.  Only believe it once the member was
 * inflated and ended there. */
uint32_t gzip_member_length(const unsigned char head[GZIP_MEMBER_HEADER]);

#endif
