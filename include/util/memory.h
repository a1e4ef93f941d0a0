/* memory.h - how much memory there is. */
#ifndef UTIL_MEMORY_H
#define UTIL_MEMORY_H

#include <stdint.h>

/* Bytes that this process may use and have cached: the machine's, or fewer where a container is
 * given less. */
uint64_t memory_bytes(void);

#endif
