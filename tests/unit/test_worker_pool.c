/* test_worker_pool.c - order, backlog and errors for every number of threads. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
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
	enum worker_order order;
} shapes[] = {
	{ 1, 1, WORKER_PARALLEL }, { 1, 8, WORKER_PARALLEL }, { 2, 1, WORKER_PARALLEL },
	{ 2, 4, WORKER_PARALLEL }, { 8, 3, WORKER_PARALLEL }, { 8, 64, WORKER_PARALLEL },
	{ 1, 4, WORKER_SERIAL },   { 2, 4, WORKER_SERIAL },   { 8, 16, WORKER_SERIAL },
	{ 0, 0, WORKER_PARALLEL },
};

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
		pool = worker_pool_new(shapes[i].threads, shapes[i].backlog, shapes[i].order,
				       compute);
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
		pool = worker_pool_new(shapes[i].threads, shapes[i].backlog, shapes[i].order,
				       compute);
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
		pool = worker_pool_new(shapes[i].threads, shapes[i].backlog, shapes[i].order,
				       compute);
		struct job jobs[64];

		for (unsigned k = 0; k < 64 && !worker_pool_full(pool); k++) {
			jobs[k] = (struct job){ .number = k, .fail = true };
			worker_pool_submit(pool, &jobs[k]);
		}
		worker_pool_free(STEAL(pool));
	}
}

static atomic_int running;
static unsigned order_seen;
static atomic_int overlaps;

static int note_order(void *arg, struct error *err)
{
	const struct job *job = arg;

	if (atomic_fetch_add(&running, 1) != 0)
		atomic_fetch_add(&overlaps, 1);
	if (job->number != order_seen)
		atomic_fetch_add(&overlaps, 1);
	order_seen++;
	atomic_fetch_sub(&running, 1);
	(void)err;
	return 0;
}

static void test_serial_runs_one_at_a_time(void **state)
{
	static const unsigned threads[] = { 1, 2, 8 };

	(void)state;
	for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++) {
		AUTO_PTR(worker_pool)
		pool = worker_pool_new(threads[i], 8, WORKER_SERIAL, note_order);
		static struct job jobs[JOBS];
		AUTO(error) err = ERROR_INIT;
		void *job;

		order_seen = 0;
		for (unsigned k = 0; k < JOBS; k++) {
			jobs[k].number = k;
			if (worker_pool_full(pool))
				assert_int_equal(worker_pool_next(pool, &job, &err), 1);
			worker_pool_submit(pool, &jobs[k]);
		}
		while (worker_pool_next(pool, &job, &err) == 1)
			;
		assert_int_equal(order_seen, JOBS);
		assert_int_equal(atomic_load(&overlaps), 0);
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
	static const enum worker_order orders[] = { WORKER_PARALLEL, WORKER_SERIAL };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		AUTO_PTR(worker_pool) pool = worker_pool_new(1, 4, orders[i], note_thread);
		pthread_t who = 0;

		worker_pool_submit(pool, &who);
		/* Already done: submit ran it. */
		assert_true(pthread_equal(who, pthread_self()));
	}
}

static void test_serial_never_runs_on_the_caller(void **state)
{
	AUTO_PTR(worker_pool) pool = worker_pool_new(2, 1, WORKER_SERIAL, note_thread);
	AUTO(error) err = ERROR_INIT;

	(void)state;
	for (int i = 0; i < 50; i++) {
		pthread_t who = pthread_self();
		void *job;

		worker_pool_submit(pool, &who);
		assert_int_equal(worker_pool_next(pool, &job, &err), 1);
		assert_false(pthread_equal(who, pthread_self()));
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
		cmocka_unit_test(test_serial_runs_one_at_a_time),
		cmocka_unit_test(test_one_thread_is_the_caller),
		cmocka_unit_test(test_serial_never_runs_on_the_caller),
		cmocka_unit_test(test_default_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
