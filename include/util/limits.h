/* limits.h - every bound on hostile input, in one place (DESIGN.md P6).
 *
 * A parser that grows anything by an amount read from input checks it here and
 * fails with ERR_LIMIT; nothing in the program grows without a ceiling.  Each is
 * settable with --limit NAME=N; limit_names[] in limits.c is the list. */
#ifndef UTIL_LIMITS_H
#define UTIL_LIMITS_H

#include <stdint.h>

#include "util/error.h"

struct limits {
	uint64_t images;	/* images of one archive */
	uint64_t members;	/* members of the outer archive */
	uint64_t layers;	/* layers of one image */
	uint64_t entries;	/* tar entries of all layers together */
	uint64_t path_bytes;	/* one path or link target */
	uint64_t path_depth;	/* components in one path */
	uint64_t name_bytes;	/* all distinct path components together */
	uint64_t pax_bytes;	/* one extended header */
	uint64_t xattr_bytes;	/* names and values of all distinct attribute sets */
	uint64_t sparse_chunks; /* data pieces of one sparse file */
	uint64_t sparse_bytes;	/* expanded size of one sparse file */
	uint64_t json_bytes;	/* one manifest, config or index */
	uint64_t layer_bytes;	/* one layer, uncompressed */
	uint64_t spool_bytes;	/* everything that is written to temporary files */
};

extern const struct limits limits_default;

/* Set one bound from "NAME=N".  ERR_USAGE names the known ones. */
int limits_parse(struct limits *limits, const char *text, struct error *err);

#endif
