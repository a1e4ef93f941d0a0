/* test_worker_pool.c - order, backlog and errors for every number of threads. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/worker_pool.h"

#define JOBS 500

struct job {
	unsigned number;
	uint64_t result;
	bool fail;
};

static const struct {
	unsigned threads, backlog;
} shapes[] = { { 1, 1 }, { 1, 8 }, { 2, 1 }, { 2, 4 }, { 8, 3 }, { 8, 64 }, { 0, 0 } };

#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))

/* Jobs take very different time, so that they would come back in disorder. */
static int compute(void *arg, struct error *err)
{
	struct job *job = arg;
	uint64_t value = job->number;

	for (unsigned i = 0; i < (job->number % 7) * 5000; i++)
		value = value * 6364136223846793005U + 1442695040888963407U;
	job->result = value;
	if (job->fail)
		return error_set(err, ERR_DIGEST, "job %u", job->number);
	return 0;
}

static void collect(struct worker_pool *pool, unsigned *seen)
{
	AUTO(error) err = ERROR_INIT;
	struct job expected;
	void *job;
	int rc = worker_pool_next(pool, &job, &err);
	const struct job *got = job;

	assert_int_not_equal(rc, 0);
	assert_int_equal(got->number, *seen);
	expected = *got;
	expected.fail = false;
	compute(&expected, &err);
	assert_true(expected.result == got->result);
	assert_int_equal(rc, got->fail ? -1 : 1);
	assert_int_equal(err.code, got->fail ? ERR_DIGEST : ERR_NONE);
	++*seen;
}

static void test_results_in_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < SHAPES; i++) {
		AUTO_PTR(worker_pool)
		pool = worker_pool_new(shapes[i].threads, shapes[i].backlog, compute);
		static struct job jobs[JOBS];
		AUTO(error) err = ERROR_INIT;
		unsigned seen = 0;
		void *none;

		for (unsigned k = 0; k < JOBS; k++) {
			jobs[k] = (struct job){ .number = k, .fail = k % 10 == 3 };
			if (worker_pool_full(pool))
				collect(pool, &seen);
			worker_pool_submit(pool, &jobs[k]);
		}
		while (seen < JOBS)
			collect(pool, &seen);
		assert_int_equal(worker_pool_next(pool, &none, &err), 0);
		assert_int_equal(worker_pool_full(pool), 0);
	}
}

static void test_full(void **state)
{
	(void)state;
	for (size_t i = 0; i < SHAPES; i++) {
		AUTO_PTR(worker_pool)
		pool = worker_pool_new(shapes[i].threads, shapes[i].backlog, compute);
		unsigned backlog = shapes[i].backlog ? shapes[i].backlog : 1;
		struct job jobs[64] = { { 0 } };

		for (unsigned k = 0; k < backlog; k++) {
			assert_false(worker_pool_full(pool));
			worker_pool_submit(pool, &jobs[k]);
		}
		assert_true(worker_pool_full(pool));
	}
}

/* Errors that nobody asked for must not leak, queued jobs must not run later. */
static void test_free_with_unclaimed_jobs(void **state)
{
	(void)state;
	for (size_t i = 0; i < SHAPES; i++) {
		AUTO_PTR(worker_pool)
		pool = worker_pool_new(shapes[i].threads, shapes[i].backlog, compute);
		struct job jobs[64];

		for (unsigned k = 0; k < 64 && !worker_pool_full(pool); k++) {
			jobs[k] = (struct job){ .number = k, .fail = true };
			worker_pool_submit(pool, &jobs[k]);
		}
		worker_pool_free(STEAL(pool));
	}
}

static int note_thread(void *arg, struct error *err)
{
	(void)err;
	*(pthread_t *)arg = pthread_self();
	return 0;
}

static void test_one_thread_is_the_caller(void **state)
{
	AUTO_PTR(worker_pool) pool = worker_pool_new(1, 4, note_thread);
	pthread_t who = 0;

	(void)state;
	worker_pool_submit(pool, &who);
	/* Already done: submit ran it. */
	assert_true(pthread_equal(who, pthread_self()));
}

/* One that feeds the others never has a job on its hands when they need the next. */
static void test_feeder_keeps_out(void **state)
{
	AUTO_PTR(worker_pool) pool = worker_pool_new_fed(2, 8, note_thread);
	pthread_t who[8] = { 0 };
	AUTO(error) err = ERROR_INIT;
	void *job;

	(void)state;
	for (size_t i = 0; i < 8; i++)
		worker_pool_submit(pool, &who[i]);
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(worker_pool_next(pool, &job, &err), 1);
		assert_ptr_equal(job, &who[i]);
		assert_false(pthread_equal(who[i], pthread_self()));
	}
}

static void test_default_threads(void **state)
{
	(void)state;
	assert_true(worker_pool_default_threads() >= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_results_in_order),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_free_with_unclaimed_jobs),
		cmocka_unit_test(test_one_thread_is_the_caller),
		cmocka_unit_test(test_feeder_keeps_out),
		cmocka_unit_test(test_default_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
