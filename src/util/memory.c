/* memory.c - the machine's memory and the bound of the control group. */
#include "util/memory.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

/* Where a container finds its own bound: version 2, then 1; "max" or a huge number without one. */
static const char *const bounds[] = {
	"/sys/fs/cgroup/memory.max",
	"/sys/fs/cgroup/memory/memory.limit_in_bytes",
};

static uint64_t read_bound(const char *path)
{
	FILE *file = fopen(path, "re");
	uint64_t bytes = UINT64_MAX;

	if (!file)
		return bytes;
	if (fscanf(file, "%" SCNu64, &bytes) != 1)
		bytes = UINT64_MAX;
	fclose(file);
	return bytes;
}

uint64_t memory_bytes(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
	uint64_t bytes = pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : UINT64_MAX;

	for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
		uint64_t bound = read_bound(bounds[i]);
		if (bound < bytes)
			bytes = bound;
	}
	return bytes;
}
