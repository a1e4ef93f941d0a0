/* gzip_member.c - headers of gzip members that tell how long they are. */
#include "gzip_member.h"

#include <string.h>

#include "little_endian.h"

#define FLAG_EXTRA  0x04
#define OS_UNKNOWN  255
#define AT_EXTRA    10 /* length of the extra field; its first subfield follows */
#define AT_SUBFIELD 12

/* Identifier and length of the subfield. */
static const unsigned char subfield[] = { 'I', 'G', 4, 0 };

void gzip_member_header(unsigned char out[GZIP_MEMBER_HEADER], uint32_t length)
{
	static const unsigned char fixed[AT_SUBFIELD] = {
		0x1f, 0x8b, 0x08, FLAG_EXTRA, 0, 0, 0, 0, 0, OS_UNKNOWN, sizeof(subfield) + 4, 0
	};

	memcpy(out, fixed, sizeof(fixed));
	memcpy(out + AT_SUBFIELD, subfield, sizeof(subfield));
	put_little_endian(out + AT_SUBFIELD + sizeof(subfield), length);
}

uint32_t gzip_member_length(const unsigned char head[GZIP_MEMBER_HEADER])
{
	size_t extra = head[AT_EXTRA] | (size_t)head[AT_EXTRA + 1] << 8;

	if (!(head[3] & FLAG_EXTRA) || extra < sizeof(subfield) + 4 ||
	    memcmp(head + AT_SUBFIELD, subfield, sizeof(subfield)) != 0)
		return 0;
	return little_endian(head + AT_SUBFIELD + sizeof(subfield), 4);
}
