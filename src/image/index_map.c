/* index_map.c - open addressing with linear probing. */
#include "index_map.h"

#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

static void insert(struct index_map *map, uint64_t hash, uint32_t index)
{
	size_t at = (size_t)hash & (map->size - 1);

	while (map->slots[at].index != INDEX_NONE)
		at = (at + 1) & (map->size - 1);
	map->slots[at] = (struct index_slot){ .hash = hash, .index = index };
}

static void grow(struct index_map *map)
{
	struct index_slot *old = map->slots;
	size_t old_size = map->size;

	map->size = old_size ? old_size * 2 : 16;
	map->slots = xreallocarray(NULL, map->size, sizeof(*map->slots));
	for (size_t i = 0; i < map->size; i++)
		map->slots[i].index = INDEX_NONE;
	for (size_t i = 0; i < old_size; i++)
		if (old[i].index != INDEX_NONE)
			insert(map, old[i].hash, old[i].index);
	free(old);
}

void index_map_add(struct index_map *map, uint64_t hash, uint32_t index)
{
	if (2 * (map->count + 1) > map->size)
		grow(map);
	insert(map, hash, index);
	map->count++;
}

uint32_t index_map_next(const struct index_map *map, uint64_t hash, size_t *probe)
{
	while (*probe < map->size) {
		const struct index_slot *slot =
			&map->slots[((size_t)hash + *probe) & (map->size - 1)];

		if (slot->index == INDEX_NONE)
			return INDEX_NONE;
		++*probe;
		if (slot->hash == hash)
			return slot->index;
	}
	return INDEX_NONE;
}

void index_map_release(struct index_map *map)
{
	free(map->slots);
	*map = (struct index_map)INDEX_MAP_INIT;
}

uint64_t index_hash(uint64_t seed, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;
	uint64_t hash = seed ^ UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
	return hash ^ hash >> 32;
}
