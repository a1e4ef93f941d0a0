/* byte_pool.c - interned byte strings: equal bytes share one id. */
#include "layer/byte_pool.h"

#include <string.h>
#include <sys/random.h>

#include <xxhash.h>

#include "util/vec.h"

struct byte_pool {
	struct VEC(uint64_t) offsets; /* one more than there are ids */
	struct VEC(char) bytes;
	bytes_id *slots;
	size_t slot_mask;
	uint64_t seed, max_bytes;
	const char *what;
};

struct byte_pool *byte_pool_new(uint64_t max_bytes, const char *what)
{
	struct byte_pool *pool = xcalloc(1, sizeof(*pool));

	pool->max_bytes = max_bytes;
	pool->what = what;
	if (getrandom(&pool->seed, sizeof(pool->seed), GRND_NONBLOCK) < 0)
		pool->seed = (uintptr_t)pool;
	pool->slot_mask = 255;
	pool->slots = xmalloc((pool->slot_mask + 1) * sizeof(bytes_id));
	memset(pool->slots, 0xff, (pool->slot_mask + 1) * sizeof(bytes_id));
	vec_push(&pool->offsets, 0);
	return pool;
}

void byte_pool_free(struct byte_pool *pool)
{
	vec_release(&pool->offsets);
	vec_release(&pool->bytes);
	free(pool->slots);
	free(pool);
}

struct tar_text byte_pool_get(const struct byte_pool *pool, bytes_id id)
{
	uint64_t begin = pool->offsets.items[id];

	return (struct tar_text){ pool->bytes.items + begin,
				  (size_t)(pool->offsets.items[id + 1] - begin) };
}

static bytes_id *lookup(const struct byte_pool *pool, struct tar_text bytes)
{
	for (size_t at = (size_t)XXH3_64bits_withSeed(bytes.bytes, bytes.len, pool->seed);; at++) {
		bytes_id *slot = &pool->slots[at & pool->slot_mask];
		if (*slot == BYTES_NONE)
			return slot;
		struct tar_text other = byte_pool_get(pool, *slot);
		if (other.len == bytes.len && !memcmp(other.bytes, bytes.bytes, bytes.len))
			return slot;
	}
}

bytes_id byte_pool_add(struct byte_pool *pool, struct tar_text bytes, struct error *err)
{
	bytes_id *slot = lookup(pool, bytes);
	bytes_id id = (bytes_id)(pool->offsets.count - 1);

	if (*slot != BYTES_NONE)
		return *slot;
	if (pool->bytes.count + bytes.len > pool->max_bytes || id >= BYTES_NONE - 1) {
		error_set(err, ERR_LIMIT, "more than %llu bytes of %s",
			  (unsigned long long)pool->max_bytes, pool->what);
		return BYTES_NONE;
	}
	*slot = id;
	vec_reserve(&pool->bytes, pool->bytes.count + bytes.len);
	memcpy(pool->bytes.items + pool->bytes.count, bytes.bytes, bytes.len);
	pool->bytes.count += bytes.len;
	vec_push(&pool->offsets, pool->bytes.count);
	if ((size_t)id * 4 > pool->slot_mask * 3) {
		size_t room = (pool->slot_mask + 1) * 2;
		free(pool->slots);
		pool->slots = xreallocarray(NULL, room, sizeof(bytes_id));
		memset(pool->slots, 0xff, room * sizeof(bytes_id));
		pool->slot_mask = room - 1;
		for (bytes_id i = 0; i <= id; i++)
			*lookup(pool, byte_pool_get(pool, i)) = i;
	}
	return id;
}
