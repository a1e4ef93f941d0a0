/* hasher.c - running SHA-256, through OpenSSL, which uses the processor's SHA instructions.
 *
 * A round of SHA-256 waits for the one before it, so one stream leaves half of the processor's SHA
 * unit idle; a second stream in between fills it.  OpenSSL has code for that, which its library
 * for static linking gives away: sha256_multi_block().  It works on the same chaining values as
 * SHA256_Update(), whose context is open, so a stream may go on either way at every block. */
#define OPENSSL_SUPPRESS_DEPRECATED /* EVP hides the chaining value */

#include <openssl/sha.h>

#include "util/digest.h"
#include "util/xalloc.h"

struct hasher {
	SHA256_CTX ctx;
};

/* They always succeed: "return 1 for success, 0 otherwise" is for engines of the past. */
struct hasher *hasher_new(void)
{
	struct hasher *hasher = xmalloc(sizeof(*hasher));

	SHA256_Init(&hasher->ctx);
	return hasher;
}

void hasher_update(struct hasher *hasher, const void *data, size_t len)
{
	SHA256_Update(&hasher->ctx, data, len);
}

void hasher_finish(struct hasher *hasher, struct digest *out)
{
	SHA256_Final(out->bytes, &hasher->ctx);
	SHA256_Init(&hasher->ctx);
}

void hasher_free(struct hasher *hasher)
{
	free(hasher);
}

#ifdef HAVE_SHA256_MULTI_BLOCK

#include <cpuid.h>
#include <pthread.h>
#include <stdalign.h>

#define LANES	   8
#define LANE_WORDS 8

/* Chaining values, word by word, and what is to be hashed: laid out as OpenSSL's code has it. */
struct lanes {
	SHA_LONG words[LANE_WORDS][LANES];
};
struct lane_input {
	const unsigned char *data;
	int blocks;
};

/* `groups` of four lanes; a lane without blocks is left alone. */
void sha256_multi_block(struct lanes *lanes, const struct lane_input *input, int groups);

static pthread_once_t probed = PTHREAD_ONCE_INIT;
static bool has_sha_instructions;

/* Without them lanes are vectors, and two of four would win nothing. */
static void probe(void)
{
	unsigned eax, ebx, ecx, edx;

	has_sha_instructions = __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && (ebx & bit_SHA);
}

static void count_blocks(SHA256_CTX *ctx, size_t blocks)
{
	uint64_t bits = ((uint64_t)ctx->Nh << 32 | ctx->Nl) + (uint64_t)blocks * SHA256_CBLOCK * 8;

	ctx->Nl = (SHA_LONG)bits;
	ctx->Nh = (SHA_LONG)(bits >> 32);
}

static void hash_blocks(SHA256_CTX *const ctx[2], const unsigned char *const data[2], int blocks)
{
	alignas(64) struct lanes lanes = { 0 };
	const struct lane_input input[4] = { { data[0], blocks }, { data[1], blocks } };

	for (int lane = 0; lane < 2; lane++)
		for (int word = 0; word < LANE_WORDS; word++)
			lanes.words[word][lane] = ctx[lane]->h[word];
	sha256_multi_block(&lanes, input, 1);
	for (int lane = 0; lane < 2; lane++) {
		for (int word = 0; word < LANE_WORDS; word++)
			ctx[lane]->h[word] = lanes.words[word][lane];
		count_blocks(ctx[lane], (size_t)blocks);
	}
}

/* Bytes until `ctx` is at the end of a block. */
static size_t to_block(const SHA256_CTX *ctx)
{
	return ctx->num ? SHA256_CBLOCK - ctx->num : 0;
}

/* OpenSSL counts blocks in an int. */
#define BLOCKS_MAX ((size_t)1 << 20)

void hasher_update_two(struct hasher *a, const void *data_a, struct hasher *b, const void *data_b,
		       size_t len)
{
	SHA256_CTX *const ctx[2] = { &a->ctx, &b->ctx };
	const unsigned char *data[2] = { data_a, data_b };
	size_t left[2], blocks;

	pthread_once(&probed, probe);
	if (!has_sha_instructions || len < 2 * SHA256_CBLOCK) {
		hasher_update(a, data_a, len);
		hasher_update(b, data_b, len);
		return;
	}
	for (int i = 0; i < 2; i++) {
		size_t head = to_block(ctx[i]);
		SHA256_Update(ctx[i], data[i], head);
		data[i] += head;
		left[i] = len - head;
	}
	blocks = (left[0] < left[1] ? left[0] : left[1]) / SHA256_CBLOCK;
	while (blocks) {
		size_t now = blocks < BLOCKS_MAX ? blocks : BLOCKS_MAX;
		hash_blocks(ctx, data, (int)now);
		for (int i = 0; i < 2; i++) {
			data[i] += now * SHA256_CBLOCK;
			left[i] -= now * SHA256_CBLOCK;
		}
		blocks -= now;
	}
	for (int i = 0; i < 2; i++)
		SHA256_Update(ctx[i], data[i], left[i]);
}

#else

void hasher_update_two(struct hasher *a, const void *data_a, struct hasher *b, const void *data_b,
		       size_t len)
{
	hasher_update(a, data_a, len);
	hasher_update(b, data_b, len);
}

#endif
