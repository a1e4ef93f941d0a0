/* thread_group.h - the only module that creates threads (DESIGN.md decision 10).
 *
 * Threads of a group run one function until it returns by itself. */
#ifndef UTIL_THREAD_GROUP_H
#define UTIL_THREAD_GROUP_H

#include <pthread.h>

/* Not to be moved or copied; zeros: a group of none. */
struct thread_group {
	pthread_t *threads;
	unsigned count; /* those that run, fewer than asked for when the system gives no more */
};

/* Signals stay with the threads that the program itself handles them on, but for SIGBUS, which a
 * thread gets for what it does itself (io/mapped_range.h). */
void thread_group_start(struct thread_group *group, unsigned count, void *(*run)(void *),
			void *arg);

/* Waits for all of them. */
void thread_group_join(struct thread_group *group);

#endif
