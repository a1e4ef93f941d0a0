/* test_dive.c - the numbers of the tool dive, oddities included. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "layer_forge.h"
#include "tree/dive.h"

#include <cmocka.h>

struct sample {
	const char *name, *layers;
	double efficiency; /* as counted by hand, least / all */
	uint64_t bytes, user_bytes, wasted;
};

static const struct sample samples[] = {
	{ "a layer alone", "f a =12345", 1, 5, 0, 0 },
	{ "nothing at all", "d a", 1, 0, 0, 0 },
	{ "a file twice: both copies", "f a =1 | f a =123", 1.0 / 4, 4, 3, 4 },
	{ "three times", "f a =12 | f a =1 | f a =123", 1.0 / 6, 6, 4, 6 },
	{ "a directory repeated costs nothing", "d a,f a/x =1 | d a,f a/y =1", 1, 2, 1, 0 },
	{ "an empty directory twice", "d a | d a,f b =12", 1, 2, 2, 0 },
	{ "a file deleted", "f a =12,f b =12 | f .wh.a", 2.0 / 4, 4, 0, 2 },
	{ "a folder deleted with its file: not seen", "f d/a =12345 | f .wh.d", 1, 5, 0, 0 },
	{ "the same when an entry lists the folder", "d d,f d/a =123 | f .wh.d", 1, 3, 0, 0 },
	{ "a folder made opaque: not seen", "d d,f d/a =123 | d d,f d/.wh..wh..opq", 1, 3, 0, 0 },
	{ "an opaque folder is one without an entry of its own", "f d/a =123 | f d/.wh..wh..opq", 1,
	  3, 0, 0 },
	{ "behind a whiteout of nothing the layer is left", "f z =12 | f .wh.b,f z =12", 1.0 / 2, 4,
	  2, 0 },
	{ "before it is not", "f a =12 | f a =12,f c/.wh.b", 1.0 / 4, 4, 2, 4 },
	{ "nor is what stands in a folder before", "f e/a =12 | f e/a =12,f e/.wh.b", 1.0 / 2, 4, 2,
	  0 },
	{ "a whiteout of nothing twice", "f z =12 | f .wh.b | f .wh.b", 1.0 / 2, 2, 0, 0 },
	{ "named before it is there, counted later", "f z =12 | f .wh.b | f b =12", 1, 4, 2, 0 },
	{ "a file deleted and made again in a layer", "f a =12 | f .wh.a,f a =1", 0, 3, 1, 3 },
	{ "a name that sorts before its whiteout", "f !a =12 | f .wh.!a,f !a =1 | f .wh.!a", 0, 3,
	  1, 3 },
	{ "hard links and symlinks have no bytes", "f a =12,h b >a,s c >a | h b >a,s c >a", 1, 2, 0,
	  0 },
	{ "a file in place of a folder", "f a/b =12 | f a =1234", 1, 6, 4, 0 },
	{ "the root is no path", "d . | d .,f a =1", 1, 1, 1, 0 },
	{ "a path twice in a layer: the last", "f a =12,f a =1 | f a =123", 1.0 / 4, 6, 3, 4 },
	{ "a whiteout with content", "f a =12 | f .wh.a =123", 0, 5, 3, 2 },
};

static void test_samples(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		const struct sample *sample = &samples[i];
		AUTO(stack) stack;
		struct dive_entries entries = VEC_INIT;
		struct dive_numbers seen;

		assert_int_equal(stack_from_text(&stack, sample->layers), 0);
		AUTO_PTR(dive) dive = dive_new(stack.names->paths);
		vec_foreach (position, &stack.chain.positions) {
			entries.count = 0;
			dive_entries_of(&stack.loaded->layers[position->layer].index, &entries);
			dive_layer(dive, &entries);
		}
		vec_release(&entries);
		dive_result(dive, &seen);
		if (fabs(seen.efficiency - sample->efficiency) > 1e-9 ||
		    seen.bytes != sample->bytes || seen.user_bytes != sample->user_bytes ||
		    seen.wasted_bytes != sample->wasted)
			fail_msg("%s: efficiency %f, bytes %llu, user %llu, wasted %llu",
				 sample->name, seen.efficiency, (unsigned long long)seen.bytes,
				 (unsigned long long)seen.user_bytes,
				 (unsigned long long)seen.wasted_bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
