/* little_endian.h - the numbers of gzip and zstd, lowest byte first; for src/io only. */
#ifndef IO_LITTLE_ENDIAN_H
#define IO_LITTLE_ENDIAN_H

#include <stdint.h>

/* The number in the first `count` bytes, at most 4. */
static inline uint32_t little_endian(const unsigned char *bytes, int count)
{
	uint32_t value = 0;

	while (count--)
		value = value << 8 | bytes[count];
	return value;
}

/* `value` as 4 bytes. */
static inline void put_little_endian(unsigned char *bytes, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		bytes[i] = (unsigned char)(value >> 8 * i);
}

#endif
