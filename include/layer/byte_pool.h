/* byte_pool.h - interned byte strings: equal bytes share one id. */
#ifndef LAYER_BYTE_POOL_H
#define LAYER_BYTE_POOL_H

#include <stdint.h>

#include "tar/tar_header.h"
#include "util/error.h"

typedef uint32_t bytes_id;

#define BYTES_NONE UINT32_MAX

struct byte_pool;

/* At most `max_bytes` in all; `what` names them in the error. */
struct byte_pool *byte_pool_new(uint64_t max_bytes, const char *what);
void byte_pool_free(struct byte_pool *pool);

/* BYTES_NONE with ERR_LIMIT. */
bytes_id byte_pool_add(struct byte_pool *pool, struct tar_text bytes, struct error *err);

/* Valid until the next byte_pool_add(). */
struct tar_text byte_pool_get(const struct byte_pool *pool, bytes_id id);

DEFINE_CLEANUP_PTR(byte_pool, byte_pool_free);

#endif
