/* test_layer_set.c - layers are read and checked, however many threads and however little memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "codec_forge.h"
#include "layer_forge.h"

#include <cmocka.h>

#define LAYERS 4

/* Which layer has a wrong byte; LAYERS: none. */
static const struct {
	unsigned threads, damaged;
	enum layer_check check;
	uint64_t memory; /* bytes; so few that layers are hashed where they are read, or many */
} rows[] = {
	{ 1, LAYERS, LAYER_CHECK_DIGESTS, 0 },	 { 2, LAYERS, LAYER_CHECK_LATER, 0 },
	{ 4, LAYERS, LAYER_CHECK_DIGESTS, 0 },	 { 1, LAYERS, LAYER_CHECK_LATER, 1e9 },
	{ 2, LAYERS, LAYER_CHECK_DIGESTS, 1e9 }, { 2, LAYERS, LAYER_CHECK_LATER, 1000000 },
	{ 1, 0, LAYER_CHECK_DIGESTS, 0 },	 { 2, 1, LAYER_CHECK_LATER, 0 },
	{ 2, 2, LAYER_CHECK_DIGESTS, 1e9 },	 { 2, 2, LAYER_CHECK_LATER, 1e9 },
	{ 4, 3, LAYER_CHECK_DIGESTS, 1e9 },
};

/* A layer with one file of `len` bytes, which do not repeat. */
static void forge_large(struct strbuf *out, const char *name, size_t len)
{
	AUTO(strbuf) body = STRBUF_INIT;

	make_plain(&body, len);
	forge_block(out, forged(name, '0', len));
	forge_body(out, body.data, len);
	forge_end(out);
}

/* Store the last layer as gzip. */
static void compress_last(struct stack *stack, const struct strbuf *tar)
{
	const struct encoding gzip = { COMPRESSION_GZIP, 0, false };
	struct blob *blob = &stack->blobs[stack->set.blob_count - 1];
	AUTO(strbuf) stored = STRBUF_INIT;

	encode(&stored, &gzip, 1, tar, tar->len);
	close(blob->stored.fd);
	blob->stored = forge_file(stored.data, stored.len);
	digest_of(&blob->digest, stored.data, stored.len);
}

static void forge_stack(struct stack *stack)
{
	static const size_t sizes[LAYERS] = { 2000000, 5000, 3000001, 700000 };

	stack_init(stack, NULL);
	stack_add_image(stack);
	for (size_t i = 0; i < LAYERS; i++) {
		AUTO(strbuf) tar = STRBUF_INIT;
		const char name[] = { (char)('a' + i), '\0' };

		forge_large(&tar, name, sizes[i]);
		stack_add_layer(stack, tar.data, tar.len);
		if (i == 2)
			compress_last(stack, &tar);
	}
}

static void damage(const struct stack *stack, unsigned layer)
{
	const struct range *stored = &stack->blobs[layer].stored;

	assert_int_equal(pwrite(stored->fd, "?", 1, (off_t)(stored->offset + stored->length / 2)),
			 1);
}

/* As a writer does: front to back, saying how far it is. */
static void read_all(const struct layer *layer)
{
	AUTO(error) err = ERROR_INIT;
	static char buf[65536];

	for (uint64_t at = 0; at < layer->tar.length;) {
		size_t len = layer->tar.length - at < sizeof(buf) ? (size_t)(layer->tar.length - at)
								  : sizeof(buf);
		assert_int_equal(range_read(&layer->tar, at, buf, len, &err), 0);
		at += len;
		hash_stream_reached(layer->hashing, at);
	}
}

static void test_digests_are_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool sound = rows[i].damaged == LAYERS;
		AUTO_PTR(hash_crew) crew = hash_crew_new(rows[i].threads);
		AUTO(stack) stack;
		AUTO(names) names = { NULL, NULL, NULL };
		int rc;

		forge_stack(&stack);
		if (!sound)
			damage(&stack, rows[i].damaged);
		stack.context.threads = rows[i].threads;
		stack.context.memory = rows[i].memory;
		stack.context.crew = crew;
		names_init(&names, &stack.limits);
		stack.loaded = layer_set_load(&stack.set, &names, rows[i].check, &stack.context,
					      &stack.err);
		/* What is compressed is checked before it can be looked at, the rest later. */
		assert_true(!!stack.loaded == (rows[i].damaged != 2));
		for (uint32_t n = 0; stack.loaded && n < stack.loaded->count; n += 2)
			read_all(&stack.loaded->layers[n]);
		rc = stack.loaded ? layer_set_finish(stack.loaded, &stack.err) : -1;
		assert_int_equal(rc, sound ? 0 : -1);
		assert_int_equal(stack.err.code, sound ? ERR_NONE : ERR_DIGEST);
		if (!sound) {
			AUTO_FREE char *where = xasprintf("layer %u of", rows[i].damaged + 1);
			assert_non_null(strstr(stack.err.message, where));
			continue;
		}
		for (uint32_t n = 0; n < LAYERS; n++)
			assert_true(digest_equal(&stack.loaded->layers[n].stored_digest,
						 &stack.blobs[n].digest));
	}
}

/* A stream that is sound, of other bytes than the image says. */
static void test_compressed_layer_with_another_diff_id(void **state)
{
	static const unsigned threads[] = { 1, 2, 4, 1, 2, 4 };

	(void)state;
	for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++) {
		enum layer_check check = i < 3 ? LAYER_CHECK_DIGESTS : LAYER_CHECK_LATER;
		AUTO_PTR(hash_crew) crew = hash_crew_new(threads[i]);
		AUTO(stack) stack;
		AUTO(names) names = { NULL, NULL, NULL };

		forge_stack(&stack);
		stack.layers[0][2].diff_id.bytes[0] ^= 1;
		stack.context.threads = threads[i];
		stack.context.crew = crew;
		names_init(&names, &stack.limits);
		stack.loaded =
			layer_set_load(&stack.set, &names, check, &stack.context, &stack.err);
		assert_true(!!stack.loaded == (check == LAYER_CHECK_LATER));
		if (stack.loaded)
			assert_int_equal(layer_set_finish(stack.loaded, &stack.err), -1);
		assert_int_equal(stack.err.code, ERR_DIGEST);
		assert_non_null(strstr(stack.err.message, "layer 3 of"));
		assert_non_null(strstr(stack.err.message, "does not match its diff_id"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_digests_are_checked),
		cmocka_unit_test(test_compressed_layer_with_another_diff_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
