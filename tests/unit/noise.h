/* noise.h - bytes without a pattern, the same in every run. */
#ifndef TESTS_NOISE_H
#define TESTS_NOISE_H

#include <stddef.h>
#include <stdint.h>

static inline void make_noise(unsigned char *bytes, size_t len)
{
	uint32_t value = 1;

	for (size_t i = 0; i < len; i++) {
		value = value * 1664525 + 1013904223;
		bytes[i] = (unsigned char)(value >> 24);
	}
}

#endif
