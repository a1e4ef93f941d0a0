/* gzip_member.c - headers of gzip members that tell how long they are. */
#include "gzip_member.h"

#include <string.h>

#define FLAG_EXTRA  0x04
#define OS_UNKNOWN  255
#define AT_EXTRA    10 /* length of the extra field; its first subfield follows */
#define AT_SUBFIELD 12

/* Identifier and length of the subfield. */
static const unsigned char subfield[] = { 'I', 'G', 4, 0 };

uint32_t gzip_get32(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

void gzip_put32(unsigned char *bytes, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		bytes[i] = (unsigned char)(value >> 8 * i);
}

void gzip_member_header(unsigned char out[GZIP_MEMBER_HEADER], uint32_t length)
{
	static const unsigned char fixed[AT_SUBFIELD] = {
		0x1f, 0x8b, 0x08, FLAG_EXTRA, 0, 0, 0, 0, 0, OS_UNKNOWN, sizeof(subfield) + 4, 0
	};

	memcpy(out, fixed, sizeof(fixed));
	memcpy(out + AT_SUBFIELD, subfield, sizeof(subfield));
	gzip_put32(out + AT_SUBFIELD + sizeof(subfield), length);
}

uint32_t gzip_member_length(const unsigned char head[GZIP_MEMBER_HEADER])
{
	size_t extra = head[AT_EXTRA] | (size_t)head[AT_EXTRA + 1] << 8;

	if (!(head[3] & FLAG_EXTRA) || extra < sizeof(subfield) + 4 ||
	    memcmp(head + AT_SUBFIELD, subfield, sizeof(subfield)) != 0)
		return 0;
	return gzip_get32(head + AT_SUBFIELD + sizeof(subfield));
}
