/* worker_pool.c - threads that work on a ring of jobs and hand them back in order.
 *
 * Jobs are numbered by submission: [oldest, next) have been taken by a thread, [next, end) are
 * queued, and job n lives in slot n % backlog.  Only the calling thread moves `oldest` and `end`,
 * so it may read them without the lock. */
#include "util/worker_pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

#include "util/thread_group.h"
#include "util/xalloc.h"

struct slot {
	void *job;
	bool done;
	struct error err;
};

struct worker_pool {
	worker_fn fn;
	struct slot *slots;
	size_t backlog;
	bool fed; /* the calling thread has other things to do */

	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t queued, finished;
	uint64_t oldest, next, end;
	bool stop;

	struct thread_group threads;
};

static struct slot *slot_at(const struct worker_pool *pool, uint64_t number)
{
	return &pool->slots[number % pool->backlog];
}

static void run(const struct worker_pool *pool, struct slot *slot)
{
	pool->fn(slot->job, &slot->err);
}

/* Takes the next queued job; the lock is held on the way in and out. */
static void take_one(struct worker_pool *pool)
{
	struct slot *slot = slot_at(pool, pool->next++);

	pthread_mutex_unlock(&pool->lock);
	run(pool, slot);
	pthread_mutex_lock(&pool->lock);
	slot->done = true;
	pthread_cond_signal(&pool->finished);
}

static void *work(void *arg)
{
	struct worker_pool *pool = arg;

	pthread_mutex_lock(&pool->lock);
	for (;;) {
		while (!pool->stop && pool->next == pool->end)
			pthread_cond_wait(&pool->queued, &pool->lock);
		if (pool->stop)
			break;
		take_one(pool);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

static struct worker_pool *start(unsigned helpers, bool fed, unsigned backlog, worker_fn fn)
{
	struct worker_pool *pool = xcalloc(1, sizeof(*pool));

	pool->fn = fn;
	pool->fed = fed;
	pool->backlog = backlog ? backlog : 1;
	pool->slots = xcalloc(pool->backlog, sizeof(*pool->slots));
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->queued, NULL);
	pthread_cond_init(&pool->finished, NULL);
	/* When the system gives fewer threads than asked for, the others do the work: the results
	 * are the same. */
	if (helpers)
		thread_group_start(&pool->threads, helpers, work, pool);
	return pool;
}

struct worker_pool *worker_pool_new(unsigned threads, unsigned backlog, worker_fn fn)
{
	return start(threads ? threads - 1 : 0, false, backlog, fn);
}

struct worker_pool *worker_pool_new_fed(unsigned threads, unsigned backlog, worker_fn fn)
{
	return start(threads > 1 ? threads : 0, true, backlog, fn);
}

int worker_pool_full(const struct worker_pool *pool)
{
	return pool->end - pool->oldest == pool->backlog;
}

void worker_pool_submit(struct worker_pool *pool, void *job)
{
	struct slot *slot = slot_at(pool, pool->end);

	slot->job = job;
	slot->done = false;
	if (!pool->threads.count) {
		run(pool, slot);
		slot->done = true;
		pool->next = ++pool->end;
		return;
	}
	pthread_mutex_lock(&pool->lock);
	pool->end++;
	pthread_cond_signal(&pool->queued);
	pthread_mutex_unlock(&pool->lock);
}

int worker_pool_next(struct worker_pool *pool, void **job, struct error *err)
{
	if (pool->oldest == pool->end)
		return 0;

	struct slot *slot = slot_at(pool, pool->oldest);

	pthread_mutex_lock(&pool->lock);
	while (!slot->done) {
		if (pool->next < pool->end && !pool->fed)
			take_one(pool);
		else
			pthread_cond_wait(&pool->finished, &pool->lock);
	}
	pthread_mutex_unlock(&pool->lock);
	pool->oldest++;
	*job = slot->job;
	if (slot->err.code != ERR_NONE)
		return error_move(err, &slot->err);
	return 1;
}

void worker_pool_free(struct worker_pool *pool)
{
	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->stop = true;
	pthread_cond_broadcast(&pool->queued);
	pthread_mutex_unlock(&pool->lock);
	thread_group_join(&pool->threads);
	for (size_t i = 0; i < pool->backlog; i++)
		error_release(&pool->slots[i].err);
	pthread_cond_destroy(&pool->finished);
	pthread_cond_destroy(&pool->queued);
	pthread_mutex_destroy(&pool->lock);
	free(pool->slots);
	free(pool);
}

unsigned worker_pool_default_threads(void)
{
	cpu_set_t allowed;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0)
		return (unsigned)CPU_COUNT(&allowed);

	/* More processors than cpu_set_t can name. */
	long online = sysconf(_SC_NPROCESSORS_ONLN);

	return online > 0 ? (unsigned)online : 1;
}
