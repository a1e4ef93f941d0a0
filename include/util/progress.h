/* progress.h - how far a long stage is, for whoever listens.
 *
 * Any thread may add; the listener is called on the thread that happened to add,
 * at most ten times a second and never on two threads at once. */
#ifndef UTIL_PROGRESS_H
#define UTIL_PROGRESS_H

#include <stdatomic.h>
#include <stdint.h>

struct progress_state {
	const char *phase;    /* "reading", "writing", ...; a string literal */
	uint64_t done, total; /* bytes; total 0 when unknown */
};

typedef void (*progress_listener)(void *arg, const struct progress_state *state);

struct progress {
	progress_listener listener; /* NULL: silent */
	void *arg;
	const char *phase;
	uint64_t total;
	atomic_uint_fast64_t done;
	atomic_uint_fast64_t last_ms; /* monotonic time of the last call */
	atomic_flag busy;
};

void progress_init(struct progress *progress, progress_listener listener, void *arg);

/* A new phase begins with `total` bytes to go (0: unknown); calls the listener. */
void progress_begin(struct progress *progress, const char *phase, uint64_t total);
void progress_add(struct progress *progress, uint64_t bytes);

#endif
