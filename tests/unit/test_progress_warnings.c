/* test_progress_warnings.c - counting and telling, with and without threads. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/progress.h"
#include "util/warnings.h"

#define THREADS 4
#define ROUNDS	1000

struct heard {
	unsigned calls;
	struct progress_state last;
};

static void listen_in(void *arg, const struct progress_state *state)
{
	struct heard *heard = arg;

	heard->calls++;
	heard->last = *state;
}

static void test_progress(void **state)
{
	struct heard heard = { .calls = 0 };
	struct progress progress;

	(void)state;
	progress_init(&progress, listen_in, &heard);
	assert_int_equal(heard.calls, 0);
	progress_begin(&progress, "reading", 500);
	assert_int_equal(heard.calls, 1);
	assert_string_equal(heard.last.phase, "reading");
	assert_int_equal(heard.last.done, 0);
	assert_int_equal(heard.last.total, 500);
	progress_add(&progress, 20);
	progress_add(&progress, 30);
	assert_int_equal(atomic_load(&progress.done), 50);

	/* As if the last call had been long ago. */
	unsigned before = heard.calls;

	atomic_store(&progress.last_ms, 0);
	progress_add(&progress, 1);
	assert_int_equal(heard.calls, before + 1);
	assert_int_equal(heard.last.done, 51);
	progress_begin(&progress, "writing", 0);
	assert_string_equal(heard.last.phase, "writing");
	assert_int_equal(heard.last.done, 0);
}

static void *add_bytes(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		atomic_store(&((struct progress *)arg)->last_ms, 0);
		progress_add(arg, 3);
	}
	return NULL;
}

static void test_progress_threads(void **state)
{
	struct heard heard = { .calls = 0 };
	struct progress progress;
	pthread_t threads[THREADS];

	(void)state;
	progress_init(&progress, listen_in, &heard);
	progress_begin(&progress, "reading", 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, add_bytes, &progress), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(atomic_load(&progress.done), 3 * THREADS * ROUNDS);
	assert_true(heard.calls > 1);
}

static void test_silent_progress(void **state)
{
	struct progress progress;

	(void)state;
	progress_init(&progress, NULL, NULL);
	progress_begin(&progress, "reading", 10);
	progress_add(&progress, 10);
	assert_int_equal(atomic_load(&progress.done), 10);
}

static void test_table(void **state)
{
	(void)state;
	for (int kind = 0; kind < WARN_KINDS; kind++) {
		const char *name = warning_name((enum warning_kind)kind);

		assert_true(strlen(name) > 0);
		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz-"), strlen(name));
		assert_true(strlen(warning_meaning((enum warning_kind)kind)) > 0);
		assert_non_null(warning_advice((enum warning_kind)kind));
		for (int other = 0; other < kind; other++)
			assert_string_not_equal(name, warning_name((enum warning_kind)other));
	}
}

/* Whatever the order of arrival, the same examples stay. */
static void test_examples(void **state)
{
	static const int orders[][5] = {
		{ 1, 2, 3, 10, 20 },
		{ 20, 10, 3, 2, 1 },
		{ 10, 1, 20, 3, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		struct warnings *warnings = warnings_new();
		const struct warning *seen = warnings_get(warnings, WARN_CONFIG);

		assert_int_equal(seen->count, 0);
		assert_null(seen->examples[0]);
		for (size_t k = 0; k < 5; k++)
			warnings_add(warnings, WARN_CONFIG, "layer %d", orders[i][k]);
		assert_int_equal(seen->count, 5);
		assert_string_equal(seen->examples[0], "layer 1");
		assert_string_equal(seen->examples[1], "layer 2");
		assert_string_equal(seen->examples[2], "layer 3");
		assert_int_equal(warnings_get(warnings, WARN_REFERENCE)->count, 0);
		warnings_free(warnings);
	}
}

static void test_equal_examples_count_once(void **state)
{
	struct warnings *warnings = warnings_new();
	const struct warning *seen = warnings_get(warnings, WARN_LINK_ORDER);

	(void)state;
	warnings_add(warnings, WARN_LINK_ORDER, "b");
	warnings_add(warnings, WARN_LINK_ORDER, "b");
	warnings_add(warnings, WARN_LINK_ORDER, "a");
	warnings_add(warnings, WARN_LINK_ORDER, "b");
	assert_int_equal(seen->count, 4);
	assert_string_equal(seen->examples[0], "a");
	assert_string_equal(seen->examples[1], "b");
	assert_null(seen->examples[2]);
	warnings_free(warnings);
}

static void *warn(void *arg)
{
	for (int i = 0; i < ROUNDS; i++)
		warnings_add(arg, WARN_CONFIG, "layer %d", i);
	return NULL;
}

static void test_warning_threads(void **state)
{
	struct warnings *warnings = warnings_new();
	pthread_t threads[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, warn, warnings), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(warnings_get(warnings, WARN_CONFIG)->count, THREADS * ROUNDS);
	assert_string_equal(warnings_get(warnings, WARN_CONFIG)->examples[2], "layer 2");
	warnings_free(warnings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_progress),
		cmocka_unit_test(test_progress_threads),
		cmocka_unit_test(test_silent_progress),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_equal_examples_count_once),
		cmocka_unit_test(test_warning_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
