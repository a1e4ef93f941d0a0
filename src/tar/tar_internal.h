/* tar_internal.h - pieces of the tar reader that only src/tar uses. */
#ifndef TAR_INTERNAL_H
#define TAR_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tar/tar_header.h"
#include "util/error.h"
#include "util/limits.h"
#include "util/strbuf.h"
#include "util/vec.h"

#define TAR_BLOCK 512

/* Offsets of the fields of a header block (POSIX.1-2001 ustar, and the GNU sparse area). */
enum {
	FIELD_NAME = 0,
	FIELD_MODE = 100,
	FIELD_UID = 108,
	FIELD_GID = 116,
	FIELD_SIZE = 124,
	FIELD_MTIME = 136,
	FIELD_CHECKSUM = 148,
	FIELD_TYPE = 156,
	FIELD_LINK = 157,
	FIELD_MAGIC = 257,
	FIELD_DEVMAJOR = 329,
	FIELD_DEVMINOR = 337,
	FIELD_PREFIX = 345,
	FIELD_GNU_SPARSE = 386,
	FIELD_GNU_EXTENDED = 482,
	FIELD_GNU_REALSIZE = 483,
	FIELD_STAR_TAIL = 508,
};

/* Blocks of padding included. */
static inline uint64_t tar_padded(uint64_t size)
{
	return (size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
}

/* The sum of a block's bytes, as unsigned; no branch inside, so that compilers vectorize it. */
static inline uint32_t tar_block_sum(const unsigned char *block)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += block[i];
	return sum;
}

/* A number field: octal text, or base-256 when the first bit is set.  ERR_FORMAT with `what`. */
int tar_number(int64_t *out, const unsigned char *field, size_t width, const char *what,
	       struct error *err);

/* Bytes before the first NUL of a field. */
struct tar_text tar_field_text(const unsigned char *field, size_t width);

struct tar_xattrs VEC(struct tar_xattr);
struct tar_chunks VEC(struct tar_chunk);

/* What the records of one extended header say; texts point into the body. */
struct tar_pax {
	struct tar_text path, link; /* empty: not given */
	bool has_uid, has_gid, has_size, has_mtime;
	int64_t uid, gid, size, mtime;
	uint32_t mtime_nsec;
	struct tar_xattrs xattrs; /* sorted by name, one a name */
	struct tar_text sparse_name, sparse_map;
	bool sparse_v1, has_sparse_size, has_acl;
	uint64_t sparse_size;
	struct tar_chunks chunks; /* format 0.0 */
};

void tar_pax_clear(struct tar_pax *pax);
void tar_pax_release(struct tar_pax *pax);

/* Parse `len` bytes of records into a cleared *pax. */
int tar_pax_parse(struct tar_pax *pax, const char *body, size_t len, struct error *err);

/* Decimal, no sign but '-'; the whole text. */
bool tar_decimal(int64_t *out, struct tar_text text);

/* "offset,length,..." of format 0.1. */
int tar_sparse_parse_map(struct tar_chunks *chunks, struct tar_text map,
			 const struct limits *limits, struct error *err);

/* Pairs in one area of an old GNU header; sets *more to its extension flag. */
int tar_sparse_parse_old(struct tar_chunks *chunks, const unsigned char *area, size_t pairs,
			 struct error *err);

/* Ascending, apart, inside `size`, and `stored` bytes in all. */
int tar_sparse_check(const struct tar_chunks *chunks, uint64_t size, uint64_t stored,
		     const struct limits *limits, struct error *err);

#endif
