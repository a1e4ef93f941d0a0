/* dedupe.h - identical files of one output layer become hard links (POLICIES.md 2.6).
 *
 * dedupe_find.c makes candidates of the records of rebuilt layers and groups of candidates,
 * dedupe_read.c looks at their contents, dedupe_link.c changes the records.  Which names must stay
 * apart is told by policy/link_guards.h. */
#ifndef PLAN_DEDUPE_H
#define PLAN_DEDUPE_H

#include <xxhash.h>

#include "plan_internal.h"
#include "util/worker_pool.h"

/* A file of a rebuilt layer that might be linked to another one of the same layer. */
struct dedupe_file {
	size_t record; /* its carrier, in plan->records */
	uint32_t segment;
	uint32_t names;	    /* records that are this file */
	bool by_time;	    /* linked only to files of the same time */
	bool same;	    /* its bytes are those of the first one of its run */
	XXH128_hash_t hash; /* of the content */
};

struct dedupe_files VEC(struct dedupe_file);

/* Files of one layer with the same metadata, size and hash: [begin, end). */
struct dedupe_run {
	size_t begin, end;
};

struct dedupe_runs VEC(struct dedupe_run);

/* Smallest file that is linked: a header saved, and an inode that more names depend on, is not
 * worth it (and empty files never: some tools make one of each, to spare the link count). */
#define DEDUPE_FLOOR 4096

/* Names of one file.  Below what every file system takes (NTFS 1024, ext4 65000). */
#define DEDUPE_NAMES 1000

/* dedupe_read.c: hash every file of the runs; in parallel, in the order of the input. */
int dedupe_hash(const struct plan *plan, struct dedupe_files *files, const struct context *context,
		struct error *err);

/* Two bodies of equal size: are their bytes the same? */
struct dedupe_pair {
	slot_id a, b;
	bool same;
};

struct dedupe_pairs VEC(struct dedupe_pair);

/* Set `same` of all pairs; in parallel. */
int dedupe_compare(const struct plan *plan, struct dedupe_pairs *pairs,
		   const struct context *context, struct error *err);

/* Compare the files of each run with its first one, byte by byte, and set `same`. */
int dedupe_confirm(const struct plan *plan, struct dedupe_files *files,
		   const struct dedupe_runs *runs, const struct context *context,
		   struct error *err);

/* dedupe_link.c: make links of the files of the runs that are the same. */
void dedupe_link(struct plan *plan, const struct dedupe_files *files,
		 const struct dedupe_runs *runs);

#endif
