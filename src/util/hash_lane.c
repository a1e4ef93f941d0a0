/* hash_lane.c - a few chunks take turns between whoever fills them and the thread that hashes. */
#include "util/hash_lane.h"

#include "util/worker_pool.h"
#include "util/xalloc.h"

#define CHUNKS 4

struct chunk {
	struct hasher *hasher; /* of the lane */
	unsigned char *bytes;
	size_t len;
};

struct hash_lane {
	struct worker_pool *pool;
	struct hasher *hasher;
	struct chunk chunks[CHUNKS];
	unsigned current;
};

static int hash_chunk(void *arg, struct error *err)
{
	struct chunk *chunk = arg;

	(void)err;
	hasher_update(chunk->hasher, chunk->bytes, chunk->len);
	return 0;
}

struct hash_lane *hash_lane_new(unsigned threads)
{
	struct hash_lane *lane = xcalloc(1, sizeof(*lane));

	lane->pool = worker_pool_new(threads, CHUNKS - 1, WORKER_SERIAL, hash_chunk);
	lane->hasher = hasher_new();
	for (unsigned i = 0; i < CHUNKS; i++)
		lane->chunks[i] = (struct chunk){ lane->hasher, xmalloc(HASH_LANE_BYTES), 0 };
	return lane;
}

/* 0 when nothing is left to wait for; hashing cannot fail. */
static int wait_for_one(struct hash_lane *lane)
{
	AUTO(error) err = ERROR_INIT;
	void *done;

	return worker_pool_next(lane->pool, &done, &err);
}

unsigned char *hash_lane_chunk(struct hash_lane *lane)
{
	/* The next chunk is free once no more than CHUNKS - 1 are waiting. */
	if (worker_pool_full(lane->pool))
		wait_for_one(lane);
	return lane->chunks[lane->current].bytes;
}

void hash_lane_push(struct hash_lane *lane, size_t len)
{
	struct chunk *chunk = &lane->chunks[lane->current];

	chunk->len = len;
	worker_pool_submit(lane->pool, chunk);
	lane->current = (lane->current + 1) % CHUNKS;
}

void hash_lane_finish(struct hash_lane *lane, struct digest *out)
{
	while (wait_for_one(lane) > 0)
		;
	hasher_finish(lane->hasher, out);
}

void hash_lane_free(struct hash_lane *lane)
{
	worker_pool_free(lane->pool);
	hasher_free(lane->hasher);
	for (unsigned i = 0; i < CHUNKS; i++)
		free(lane->chunks[i].bytes);
	free(lane);
}
