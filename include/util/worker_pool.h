/* worker_pool.h - jobs that threads do side by side, and hand back in order.
 *
 * Results come back in the order of submission, whatever order the workers
 * finished in, so output never depends on scheduling.  With `threads` 1 every job
 * runs inside worker_pool_submit() on the calling thread: that serial form is the
 * reference, and a test holds the two byte-identical. */
#ifndef UTIL_WORKER_POOL_H
#define UTIL_WORKER_POOL_H

#include "util/error.h"

struct worker_pool;

/* Runs on some thread: touches only what `job` owns, and reports through `err`. */
typedef int (*worker_fn)(void *job, struct error *err);

/* `threads` counts the calling thread, which works too while it waits in worker_pool_next():
 * threads - 1 are started.  At most `backlog` submitted jobs are unclaimed at any time. */
struct worker_pool *worker_pool_new(unsigned threads, unsigned backlog, worker_fn fn);

/* The same, but `threads` are started beside the calling thread, which never works on a job: for
 * one that has to feed them, and would let them wait.  With `threads` 1 it does work. */
struct worker_pool *worker_pool_new_fed(unsigned threads, unsigned backlog, worker_fn fn);

/* True when the next submit would go beyond the backlog: call worker_pool_next() first. */
int worker_pool_full(const struct worker_pool *pool);

/* The job is borrowed until worker_pool_next() gives it back.  The pool must not be full. */
void worker_pool_submit(struct worker_pool *pool, void *job);

/* The oldest unclaimed job, finished; waits for it.  1: *job is it; 0: none left; -1: that job
 * failed with *err (*job is set all the same). */
int worker_pool_next(struct worker_pool *pool, void **job, struct error *err);

/* Waits for running jobs, drops queued ones; the jobs stay the caller's. */
void worker_pool_free(struct worker_pool *pool);

/* Processors this process may use, at least 1. */
unsigned worker_pool_default_threads(void);

DEFINE_CLEANUP_PTR(worker_pool, worker_pool_free);

#endif
