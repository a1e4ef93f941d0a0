/* context.h - what every stage of one run shares: bounds, threads, warnings, progress.
 *
 * Owned by the caller of the library, borrowed by everything else. */
#ifndef UTIL_CONTEXT_H
#define UTIL_CONTEXT_H

#include <stdint.h>

#include "util/limits.h"
#include "util/progress.h"
#include "util/warnings.h"

struct hash_crew;

struct context {
	struct limits limits;
	unsigned threads;	   /* at least 1; counts the calling thread */
	uint64_t memory;	   /* bytes that files may be cached in (util/memory.h) */
	struct hash_crew *crew;	   /* io/hash_crew.h; NULL: whoever waits for a digest hashes */
	const char *spool_dir;	   /* for unlinked temporary files; NULL: TMPDIR, else /var/tmp */
	struct warnings *warnings; /* never NULL */
	struct progress *progress; /* never NULL; a silent one has no listener */
};

#endif
