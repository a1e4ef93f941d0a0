/* progress.c - counts bytes from any thread and tells the listener now and then. */
#include "util/progress.h"

#include <sched.h>
#include <stdbool.h>
#include <time.h>

#define INTERVAL_MS 100

void progress_init(struct progress *progress, progress_listener listener, void *arg)
{
	progress->listener = listener;
	progress->arg = arg;
	progress->phase = "";
	progress->total = 0;
	atomic_init(&progress->done, 0);
	atomic_init(&progress->last_ms, 0);
	atomic_flag_clear(&progress->busy);
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static bool is_due(struct progress *progress, uint64_t now)
{
	return now >= atomic_load(&progress->last_ms) + INTERVAL_MS;
}

/* `busy` is held. */
static void tell(struct progress *progress, uint64_t now)
{
	struct progress_state state = {
		.phase = progress->phase,
		.done = atomic_load(&progress->done),
		.total = progress->total,
	};

	atomic_store(&progress->last_ms, now);
	progress->listener(progress->arg, &state);
}

void progress_begin(struct progress *progress, const char *phase, uint64_t total)
{
	while (atomic_flag_test_and_set(&progress->busy))
		sched_yield();
	progress->phase = phase;
	progress->total = total;
	atomic_store(&progress->done, 0);
	if (progress->listener)
		tell(progress, now_ms());
	atomic_flag_clear(&progress->busy);
}

void progress_add(struct progress *progress, uint64_t bytes)
{
	atomic_fetch_add(&progress->done, bytes);
	if (!progress->listener)
		return;

	uint64_t now = now_ms();

	if (!is_due(progress, now) || atomic_flag_test_and_set(&progress->busy))
		return;
	/* Another thread may have told it between the two tests. */
	if (is_due(progress, now))
		tell(progress, now);
	atomic_flag_clear(&progress->busy);
}
