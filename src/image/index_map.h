/* index_map.h - finds array elements by a 64-bit hash of their key; the caller compares keys. */
#ifndef IMAGE_INDEX_MAP_H
#define IMAGE_INDEX_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"

#define INDEX_NONE UINT32_MAX

struct index_slot {
	uint64_t hash;
	uint32_t index; /* INDEX_NONE: free */
};

struct index_map {
	struct index_slot *slots;
	size_t count, size; /* size is a power of two, or 0 */
};

#define INDEX_MAP_INIT                                                                             \
	{                                                                                          \
		.slots = NULL, .count = 0, .size = 0                                               \
	}

void index_map_add(struct index_map *map, uint64_t hash, uint32_t index);

/* Candidates one by one: *probe starts at 0.  INDEX_NONE when there are no more. */
uint32_t index_map_next(const struct index_map *map, uint64_t hash, size_t *probe);
void index_map_release(struct index_map *map);

/* Hashes of keys. */
uint64_t index_hash(uint64_t seed, const void *bytes, size_t len);

DEFINE_CLEANUP(index_map, index_map_release);

#endif
