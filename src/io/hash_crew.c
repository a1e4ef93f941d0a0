/* hash_crew.c - threads that hash whatever streams have, two pieces at a time.
 *
 * A step takes one stream, or two where no other thread is free for the second, makes them busy,
 * and hashes a piece of each without the lock.  So a stream belongs to a thread for a fraction of a
 * millisecond, and whoever waits for it can help with others until then. */
#include "io/hash_crew.h"

#include <pthread.h>

#include "hash_stream.h"
#include "util/thread_group.h"
#include "util/vec.h"
#include "util/xalloc.h"

struct hash_crew {
	unsigned helpers;
	pthread_mutex_t lock; /* guards what follows, and streams */
	pthread_cond_t changed;
	struct VEC(struct hash_stream *) streams; /* ranges in the order in which they came */
	unsigned idle;				  /* threads that wait for something to hash */
	bool stop;
	struct thread_group threads;
};

/* Of streams without a crew. */
static struct hash_crew nobody = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.changed = PTHREAD_COND_INITIALIZER,
};

/* --- steps ----------------------------------------------------------------------------------- */

/* What is pushed goes first, since somebody waits for the room; then ranges that are read faster
 * than hashed.  Whoever waits leaves its own stream to the threads of the crew, where it has any:
 * they go on with it while its owner fills the next chunk. */
static uint64_t urgency(const struct hash_crew *crew, const struct hash_stream *stream,
			const struct hash_stream *own)
{
	if (stream == own && crew->threads.count)
		return 0;
	return 1 + (hash_stream_is_range(stream) ? hash_stream_lag(stream) : UINT64_MAX / 2);
}

/* Time in which a byte of a pair is hashed, and in which one that is pushed is read and written,
 * each against that of a byte hashed alone (measured with OpenSSL 3 and cp). */
#define PAIRED(bytes) ((bytes) / 4 * 3)
#define COPIED(bytes) ((bytes) / 8 * 5)

/* The share of a thread in everything that is left to do. */
static uint64_t share(const struct hash_crew *crew)
{
	uint64_t all = 0;

	vec_foreach (stream, &crew->streams) {
		uint64_t left = hash_stream_left(*stream);
		all += PAIRED(left) + (hash_stream_is_range(*stream) ? 0 : COPIED(left));
	}
	return all / (crew->threads.count + 1);
}

/* A stream that would not be done with the others if it went at the pace of a pair. */
static bool is_late(const struct hash_crew *crew, const struct hash_stream *stream)
{
	return crew->threads.count && hash_stream_left(stream) > share(crew);
}

/* The most urgent stream that has something to hash, the first of equals; `others`: how many have,
 * besides. */
static struct hash_stream *pick(const struct hash_crew *crew, const struct hash_stream *own,
				unsigned *others)
{
	struct hash_stream *best = NULL;
	unsigned count = 0;

	vec_foreach (stream, &crew->streams) {
		if ((*stream)->busy || !hash_stream_available(*stream))
			continue;
		count++;
		if (!best || urgency(crew, *stream, own) > urgency(crew, best, own))
			best = *stream;
	}
	*others = count ? count - 1 : 0;
	return best;
}

/* Whom a thread takes along: nobody when an idle thread could, or when one of both is late. */
static struct hash_stream *pick_second(const struct hash_crew *crew, const struct hash_stream *own,
				       unsigned others)
{
	struct hash_stream *second = others > crew->idle ? pick(crew, own, &others) : NULL;

	return second && !is_late(crew, second) ? second : NULL;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Hash `len` bytes of one or two busy streams. */
static void hash(struct hash_stream *const taken[2], size_t len)
{
	const unsigned char *first = hash_stream_enter(taken[0], len);
	const unsigned char *second = taken[1] ? hash_stream_enter(taken[1], len) : NULL;

	if (first && second)
		hasher_update_two(taken[0]->hasher, first, taken[1]->hasher, second, len);
	else if (first)
		hasher_update(taken[0]->hasher, first, len);
	else if (second)
		hasher_update(taken[1]->hasher, second, len);
	if (first)
		hash_stream_leave(taken[0]);
	if (second)
		hash_stream_leave(taken[1]);
}

/* False when there is nothing to hash; the lock is held on the way in and out.  `own`: what the
 * calling thread waits for; NULL: one of the crew. */
static bool step(struct hash_crew *crew, const struct hash_stream *own)
{
	unsigned others;
	struct hash_stream *taken[2] = { pick(crew, own, &others), NULL };
	size_t len;

	if (!taken[0])
		return false;
	taken[0]->busy = true;
	len = smaller(hash_stream_available(taken[0]), HASH_PIECE_BYTES);
	if (!is_late(crew, taken[0]))
		taken[1] = pick_second(crew, own, others);
	if (taken[1]) {
		taken[1]->busy = true;
		len = smaller(len, hash_stream_available(taken[1]));
	}
	pthread_mutex_unlock(&crew->lock);
	hash(taken, len);
	pthread_mutex_lock(&crew->lock);
	for (int i = 0; i < 2 && taken[i]; i++) {
		taken[i]->busy = false;
		taken[i]->failed = taken[i]->err.code != ERR_NONE;
		hash_stream_advance(taken[i], len);
	}
	pthread_cond_broadcast(&crew->changed);
	return true;
}

static void step_or_wait(struct hash_crew *crew, const struct hash_stream *own)
{
	if (step(crew, own))
		return;
	crew->idle++;
	pthread_cond_wait(&crew->changed, &crew->lock);
	crew->idle--;
}

/* --- threads --------------------------------------------------------------------------------- */

static void *work(void *arg)
{
	struct hash_crew *crew = arg;

	pthread_mutex_lock(&crew->lock);
	while (!crew->stop)
		step_or_wait(crew, NULL);
	pthread_mutex_unlock(&crew->lock);
	return NULL;
}

struct hash_crew *hash_crew_new(unsigned threads)
{
	struct hash_crew *crew = xcalloc(1, sizeof(*crew));

	crew->helpers = threads > 1 ? threads - 1 : 0;
	pthread_mutex_init(&crew->lock, NULL);
	pthread_cond_init(&crew->changed, NULL);
	return crew;
}

void hash_crew_free(struct hash_crew *crew)
{
	if (!crew)
		return;
	hash_crew_lock(crew);
	crew->stop = true;
	hash_crew_wake(crew);
	hash_crew_unlock(crew);
	thread_group_join(&crew->threads);
	pthread_cond_destroy(&crew->changed);
	pthread_mutex_destroy(&crew->lock);
	vec_release(&crew->streams);
	free(crew);
}

/* --- for streams ----------------------------------------------------------------------------- */

void hash_crew_lock(struct hash_crew *crew)
{
	pthread_mutex_lock(&crew->lock);
}

void hash_crew_unlock(struct hash_crew *crew)
{
	pthread_mutex_unlock(&crew->lock);
}

void hash_crew_wake(struct hash_crew *crew)
{
	pthread_cond_broadcast(&crew->changed);
}

void hash_crew_help(struct hash_crew *crew, const struct hash_stream *stream,
		    bool (*ready)(const struct hash_stream *stream))
{
	while (!ready(stream))
		step_or_wait(crew, stream);
}

void hash_crew_add(struct hash_crew *crew, struct hash_stream *stream)
{
	stream->crew = crew ? crew : &nobody;
	hash_crew_lock(stream->crew);
	/* Where the system gives no threads, those who wait do the work. */
	if (stream->crew->helpers && !stream->crew->threads.threads)
		thread_group_start(&stream->crew->threads, stream->crew->helpers, work,
				   stream->crew);
	vec_push(&stream->crew->streams, stream);
	hash_crew_wake(stream->crew);
	hash_crew_unlock(stream->crew);
}

static bool is_left(const struct hash_stream *stream)
{
	return !stream->busy;
}

void hash_crew_remove(struct hash_crew *crew, struct hash_stream *stream)
{
	size_t kept = 0;

	hash_crew_lock(crew);
	hash_crew_help(crew, stream, is_left);
	vec_foreach (other, &crew->streams)
		if (*other != stream)
			crew->streams.items[kept++] = *other;
	crew->streams.count = kept;
	if (!kept && crew == &nobody)
		vec_release(&crew->streams);
	hash_crew_unlock(crew);
}
