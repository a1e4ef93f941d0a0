/* fuzz_common.h - what the fuzz targets share: an assertion that holds in every build, and bounds
 * that keep a run small. */
#ifndef TESTS_FUZZ_COMMON_H
#define TESTS_FUZZ_COMMON_H

#include "../unit/tar_forge.h"
#include "util/limits.h"

#define must(holds)                                                                                \
	do {                                                                                       \
		if (!(holds)) {                                                                    \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #holds); \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline struct limits fuzz_limits(void)
{
	struct limits limits = limits_default;

	limits.entries = 2000;
	limits.members = 500;
	limits.path_bytes = 1024;
	limits.path_depth = 64;
	limits.name_bytes = 65536;
	limits.pax_bytes = 8192;
	limits.xattr_bytes = 65536;
	limits.sparse_chunks = 64;
	limits.sparse_bytes = 65536;
	limits.json_bytes = 65536;
	limits.layer_bytes = 1 << 20;
	limits.spool_bytes = 1 << 20;
	return limits;
}

#endif
