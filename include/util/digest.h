/* digest.h - sha256 content digests in OCI text form ("sha256:<64 hex digits>"). */
#ifndef UTIL_DIGEST_H
#define UTIL_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

#define DIGEST_BYTES	 32
#define DIGEST_HEX_SIZE	 65 /* 64 hex digits and a NUL */
#define DIGEST_TEXT_SIZE 72 /* "sha256:", the digits and a NUL */

struct digest {
	uint8_t bytes[DIGEST_BYTES];
};

/* ERR_FORMAT unless `text` is "sha256:" and 64 lower-case hex digits; ERR_UNSUPPORTED for
 * another registered algorithm. */
int digest_parse(struct digest *out, const char *text, struct error *err);

/* True and *out filled when the `len` bytes at `hex` are 64 lower-case hex digits. */
bool digest_from_hex(struct digest *out, const char *hex, size_t len);

void digest_hex(const struct digest *digest, char out[DIGEST_HEX_SIZE]);
void digest_text(const struct digest *digest, char out[DIGEST_TEXT_SIZE]);
bool digest_equal(const struct digest *a, const struct digest *b);
int digest_compare(const struct digest *a, const struct digest *b);

/* Digest of a piece of memory. */
void digest_of(struct digest *out, const void *data, size_t len);

/* ChainID(L0..Ln) = Digest(ChainID(L0..Ln-1) + " " + DiffID(Ln)), image-spec config.md;
 * pass NULL for the parent of the base layer. */
void digest_chain_id(struct digest *out, const struct digest *parent, const struct digest *diff_id);

/* Running digest of a stream.  Not thread-safe; one owner at a time. */
struct hasher;
struct hasher *hasher_new(void);
void hasher_update(struct hasher *hasher, const void *data, size_t len);
/* Two updates of `len` bytes each, of different hashers: side by side where the processor and
 * OpenSSL can do that, which takes three quarters of the time of one after the other. */
void hasher_update_two(struct hasher *a, const void *data_a, struct hasher *b, const void *data_b,
		       size_t len);
/* Gives the digest and makes the hasher ready for a new stream. */
void hasher_finish(struct hasher *hasher, struct digest *out);
void hasher_free(struct hasher *hasher);

DEFINE_CLEANUP_PTR(hasher, hasher_free);

#endif
