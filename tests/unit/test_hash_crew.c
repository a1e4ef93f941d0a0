/* test_hash_crew.c - digests of ranges and of pushed streams, for every number of threads. */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/hash_stream.h"
#include "noise.h"
#include "util/thread_group.h"
#include "util/xalloc.h"

#define BYTES ((size_t)3 << 20)

static unsigned char bytes[BYTES];
static struct range file;

static const unsigned threads[] = { 0, 1, 2, 3, 8 };

/* With every number of threads; 0: without a crew. */
static void each_crew(void (*check)(struct hash_crew *crew))
{
	for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++) {
		AUTO_PTR(hash_crew) crew = threads[i] ? hash_crew_new(threads[i]) : NULL;

		check(crew);
	}
}

static int make_file(void **state)
{
	AUTO(error) err = ERROR_INIT;

	(void)state;
	make_noise(bytes, BYTES);
	return range_of_bytes(bytes, BYTES, &file, &err);
}

static int close_file(void **state)
{
	(void)state;
	return close(file.fd);
}

static bool finishes(struct hash_stream *stream, size_t begin, size_t len)
{
	AUTO(error) err = ERROR_INIT;
	struct digest found, wanted;

	digest_of(&wanted, bytes + begin, len);
	return hash_stream_finish(stream, &found, &err) == 0 && digest_equal(&found, &wanted);
}

static void assert_finishes(struct hash_stream *stream, size_t begin, size_t len)
{
	assert_true(finishes(stream, begin, len));
}

static void push(struct hash_stream *stream, size_t begin, size_t len)
{
	memcpy(hash_stream_chunk(stream), bytes + begin, len);
	hash_stream_push(stream, len);
}

static void check_ranges(struct hash_crew *crew)
{
	static const size_t lens[] = { 0, 1, 512, 300001, BYTES / 2, 7, 1 << 20 };
	struct hash_stream *streams[7];

	for (size_t i = 0; i < 7; i++)
		streams[i] = hash_stream_of_range(crew, range_slice(&file, i, lens[i]));
	for (size_t i = 7; i-- > 0;) {
		assert_finishes(streams[i], i, lens[i]);
		hash_stream_free(streams[i]);
	}
}

static void test_ranges(void **state)
{
	(void)state;
	each_crew(check_ranges);
}

/* Chunks of all sizes, more than fit at once; the same stream again and again. */
static void check_pushed(struct hash_crew *crew)
{
	static const size_t steps[] = { HASH_CHUNK_BYTES, 1, 100, 65536, 70001, 0, 64 };
	AUTO_PTR(hash_stream) stream = hash_stream_new(crew);

	for (size_t expected = 0; expected < 3; expected++) {
		size_t at = 0;

		hash_stream_expect(stream, expected * 1000);
		for (size_t i = 0; i < 40; i++) {
			size_t len = steps[i * 5 % 7];
			if (at + len > BYTES)
				continue;
			push(stream, at, len);
			at += len;
		}
		assert_finishes(stream, 0, at);
	}
}

static void test_pushed(void **state)
{
	(void)state;
	each_crew(check_pushed);
}

/* More than may wait, in between with chunks of the stream's own; whoever waited for bytes may
 * change them. */
static void check_lent(struct hash_crew *crew)
{
	AUTO_PTR(hash_stream) stream = hash_stream_new(crew);
	AUTO_FREE unsigned char *lent = xmalloc(BYTES);

	for (int digests = 0; digests < 2; digests++) {
		memcpy(lent, bytes, BYTES);
		for (size_t at = 0; at < BYTES; at += 50000) {
			size_t len = BYTES - at < 50000 ? BYTES - at : 50000;
			if (at % 300000)
				hash_stream_lend(stream, lent + at, len);
			else
				push(stream, at, len);
			if (at % 1000000 == 50000) {
				hash_stream_wait(stream, at);
				memset(lent, 0, at);
			}
		}
		assert_finishes(stream, 0, BYTES);
	}
}

static void test_lent(void **state)
{
	(void)state;
	each_crew(check_lent);
}

/* Streams of every kind at once, where one is pushed and the others are told how far it came. */
static void check_together(struct hash_crew *crew)
{
	static const uint64_t leads[] = { UINT64_MAX, 0, 100000 };

	for (size_t k = 0; k < 3; k++) {
		AUTO_PTR(hash_stream) large = hash_stream_of_range(crew, file);
		AUTO_PTR(hash_stream)
		small = hash_stream_of_range(crew, range_slice(&file, 3, 200000));
		AUTO_PTR(hash_stream) stream = hash_stream_new(crew);

		hash_stream_follow(large, leads[k]);
		hash_stream_follow(small, leads[k]);
		hash_stream_expect(stream, BYTES);
		for (size_t at = 0; at < BYTES; at += 50000) {
			size_t len = BYTES - at < 50000 ? BYTES - at : 50000;
			push(stream, at, len);
			hash_stream_reached(large, at + len);
		}
		assert_finishes(stream, 0, BYTES);
		assert_finishes(small, 3, 200000);
		assert_finishes(large, 0, BYTES);
	}
}

static void test_together(void **state)
{
	(void)state;
	each_crew(check_together);
}

/* Wait until nobody works on a stream and `count` bytes of it are hashed, never more. */
static void await_hashed(struct hash_stream *stream, size_t count)
{
	for (bool hashed = false; !hashed; sched_yield()) {
		hash_crew_lock(stream->crew);
		uint64_t done = stream->done;
		hashed = !stream->busy && done == count;
		hash_crew_unlock(stream->crew);
		assert_true(done <= count);
	}
}

/* What the crew took before it was told to follow. */
static size_t head_start(struct hash_stream *stream)
{
	size_t done = 0;

	for (bool busy = true; busy; sched_yield()) {
		hash_crew_lock(stream->crew);
		busy = stream->busy;
		done = (size_t)stream->done;
		hash_crew_unlock(stream->crew);
	}
	return done;
}

/* Who passes a blob on pushes nothing and waits for nobody: what it says must do to wake the crew,
 * or all is read again in the end. */
static void test_crew_follows_one_that_only_reads(void **state)
{
	AUTO_PTR(hash_crew) crew = hash_crew_new(2);
	AUTO_PTR(hash_stream) stream = hash_stream_of_range(crew, range_slice(&file, 0, BYTES));
	size_t begun;

	(void)state;
	hash_stream_follow(stream, 0);
	begun = head_start(stream);
	/* Ends the test when it never happens. */
	alarm(600);
	for (size_t at = 0; at <= BYTES; at += 1 << 19) {
		hash_stream_reached(stream, at);
		await_hashed(stream, at > begun ? at : begun);
	}
	alarm(0);
	assert_finishes(stream, 0, BYTES);
}

static void check_range_that_cannot_be_read(struct hash_crew *crew)
{
	AUTO(error) err = ERROR_INIT;
	struct range beyond = { file.fd, 1000000, BYTES };
	AUTO_PTR(hash_stream) broken = hash_stream_of_range(crew, beyond);
	AUTO_PTR(hash_stream) sound = hash_stream_of_range(crew, file);
	struct digest digest;

	assert_int_equal(hash_stream_finish(broken, &digest, &err), -1);
	assert_int_equal(err.code, ERR_IO);
	assert_non_null(strstr(err.message, "became shorter"));
	assert_finishes(sound, 0, BYTES);
}

static void test_range_that_cannot_be_read(void **state)
{
	(void)state;
	each_crew(check_range_that_cannot_be_read);
}

/* Zeros that took the place of bytes must not become a digest. */
static void test_range_that_goes_away(void **state)
{
	AUTO(error) err = ERROR_INIT;
	AUTO(error) other = ERROR_INIT;
	struct range file_cut;
	struct digest digest;

	(void)state;
	assert_int_equal(range_of_bytes(bytes, BYTES, &file_cut, &err), 0);

	AUTO_PTR(hash_stream) stream = hash_stream_of_range(NULL, file_cut);
	const volatile unsigned char *piece;

	/* Once more: cmocka handles SIGBUS, too, from test to test anew. */
	assert_true(mapped_range_guard());
	piece = hash_stream_enter(stream, 1 << 16);
	assert_int_equal(ftruncate(file_cut.fd, 0), 0);
	assert_int_equal(piece[1000], 0);
	hash_stream_leave(stream);
	assert_int_equal(stream->err.code, ERR_IO);
	error_move(&err, &stream->err);
	assert_int_equal(hash_stream_finish(stream, &digest, &other), -1);
	assert_int_equal(other.code, ERR_IO);
	close(file_cut.fd);
}

/* What nobody finishes must not leak, nor be hashed when it is gone. */
static void check_left_undone(struct hash_crew *crew)
{
	struct hash_stream *range = hash_stream_of_range(crew, file);
	struct hash_stream *stream = hash_stream_new(crew);

	push(stream, 0, 100000);
	hash_stream_free(range);
	hash_stream_free(stream);
}

static void test_left_undone(void **state)
{
	(void)state;
	each_crew(check_left_undone);
}

struct sharer {
	struct hash_crew *crew;
	atomic_uint right; /* digests */
};

static void *hash_some(void *arg)
{
	struct sharer *sharer = arg;
	struct hash_crew *crew = sharer->crew;
	AUTO_PTR(hash_stream) range = hash_stream_of_range(crew, range_slice(&file, 5, 1000000));
	AUTO_PTR(hash_stream) stream = hash_stream_new(crew);

	for (size_t at = 0; at + 90001 <= BYTES; at += 90001)
		push(stream, at, 90001);
	atomic_fetch_add(&sharer->right, finishes(stream, 0, BYTES / 90001 * 90001));
	atomic_fetch_add(&sharer->right, finishes(range, 5, 1000000));
	return NULL;
}

/* Several threads, each with streams of its own. */
static void check_shared_by_threads(struct hash_crew *crew)
{
	struct sharer sharer = { crew, 0 };
	struct thread_group group = { 0 };

	thread_group_start(&group, 4, hash_some, &sharer);
	hash_some(&sharer);
	thread_group_join(&group);
	assert_int_equal(sharer.right, 10);
}

static void test_shared_by_threads(void **state)
{
	(void)state;
	each_crew(check_shared_by_threads);
}

static int make_guarded_file(void **state)
{
	return mapped_range_guard() ? make_file(state) : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_pushed),
		cmocka_unit_test(test_lent),
		cmocka_unit_test(test_together),
		cmocka_unit_test(test_crew_follows_one_that_only_reads),
		cmocka_unit_test(test_range_that_cannot_be_read),
		cmocka_unit_test(test_left_undone),
		cmocka_unit_test(test_shared_by_threads),
	};
	const struct CMUnitTest guarded[] = {
		cmocka_unit_test(test_range_that_goes_away),
	};
	int failed = cmocka_run_group_tests_name("read", tests, make_file, close_file);

	failed += cmocka_run_group_tests_name("mapped", tests, make_guarded_file, close_file);
	return failed + cmocka_run_group_tests(guarded, NULL, NULL);
}
