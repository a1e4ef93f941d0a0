/* decoder_ahead.c - a ring of members: one is given out, the others are decoded or wait for it.
 *
 * Errors are never told from here: a member that fails goes back to `input`, and whoever decodes
 * it there says what is wrong with it. */
#include "decoder_ahead.h"

#include <stdlib.h>
#include <string.h>

#include "util/worker_pool.h"
#include "util/xalloc.h"

/* Larger members are decoded one after the other. */
#define PLAIN_MAX  ((size_t)1 << 24)
#define STORED_MAX (PLAIN_MAX + PLAIN_MAX / 8)

/* More would wait for the thread that takes what they decode. */
#define THREADS_MAX 8

/* Members waiting beside those at work. */
#define JOBS_BESIDE 1

/* Backends may want room to see that they are at the end. */
#define SLACK 64

struct job {
	const struct decoder_format *format;
	void *state;
	unsigned char *stored, *plain;
	size_t stored_len, stored_room, plain_len, plain_room;
	bool sound;
};

struct decoder_ahead {
	const struct decoder_format *format;
	unsigned threads;
	struct worker_pool *pool; /* NULL until there is a member for it */
	struct job *jobs;
	size_t job_count, filling; /* the next to fill */
	const struct job *giving;  /* NULL, or what is given out */
	size_t given;		   /* bytes of it */
	bool feeding;		   /* the next member may be taken too */
	bool refused;		   /* a member was not what it said: take no more */
};

static int decode_job(void *arg, struct error *err)
{
	struct job *job = arg;
	AUTO(error) ignored = ERROR_INIT;
	struct decoder_input whole = { .bytes = job->stored,
				       .len = job->stored_len,
				       .at_end = true };
	enum decoder_step step = DECODER_MORE;
	size_t pos_before, done_before;

	(void)err;
	job->plain_len = 0;
	job->format->restart(job->state);
	do {
		pos_before = whole.pos;
		done_before = job->plain_len;
		step = job->format->step(job->state, &whole, job->plain, job->plain_room,
					 &job->plain_len, &ignored);
	} while (step == DECODER_MORE &&
		 (whole.pos != pos_before || job->plain_len != done_before));
	job->sound = step == DECODER_MEMBER_END && whole.pos == whole.len;
	return 0;
}

struct decoder_ahead *decoder_ahead_new(const struct decoder_format *format, unsigned threads)
{
	struct decoder_ahead *ahead = xcalloc(1, sizeof(*ahead));

	ahead->format = format;
	ahead->threads = threads < THREADS_MAX ? threads : THREADS_MAX;
	ahead->job_count = ahead->threads + JOBS_BESIDE;
	ahead->jobs = xcalloc(ahead->job_count, sizeof(*ahead->jobs));
	return ahead;
}

static void *grow(void *memory, size_t *room, size_t want)
{
	if (want <= *room)
		return memory;
	*room = want;
	return xreallocarray(memory, want, 1);
}

/* Let the job have `want` bytes of its member; false when the input ends before. */
static bool take(struct job *job, struct decoder_input *input, size_t want)
{
	AUTO(error) ignored = ERROR_INIT;

	if (want > job->stored_room)
		job->stored = grow(job->stored, &job->stored_room,
				   want > 2 * job->stored_room ? want : 2 * job->stored_room);
	while (job->stored_len < want) {
		ssize_t have = decoder_input_need(input, 1, &ignored);
		size_t piece = want - job->stored_len;

		if (have <= 0)
			return false;
		if (piece > (size_t)have)
			piece = (size_t)have;
		memcpy(job->stored + job->stored_len, input->bytes + input->pos, piece);
		input->pos += piece;
		job->stored_len += piece;
	}
	return true;
}

/* Move the next member from the input to the job.  False: it has not said how long it is, it is
 * too long or not all there, and it stays where it was. */
static bool take_member(struct job *job, struct decoder_input *input)
{
	struct decoder_extent extent = { .stored = CODEC_MAGIC_BYTES };

	job->stored_len = 0;
	do {
		if (extent.stored > STORED_MAX || !take(job, input, extent.stored))
			goto give_back;
		if (job->stored_len == CODEC_MAGIC_BYTES &&
		    !codec_goes_on(job->format->compression, job->stored, job->stored_len))
			goto give_back;
		if (job->format->measure(job->stored, job->stored_len, &extent) < 0)
			goto give_back;
	} while (extent.stored > job->stored_len);
	if (extent.plain > PLAIN_MAX)
		goto give_back;
	job->plain = grow(job->plain, &job->plain_room, (size_t)extent.plain + SLACK);
	return true;
give_back:
	decoder_input_unread(input, job->stored, job->stored_len);
	return false;
}

/* Make the job ready to be used. */
static bool prepare(struct decoder_ahead *ahead, struct job *job)
{
	AUTO(error) ignored = ERROR_INIT;

	job->format = ahead->format;
	if (!job->state)
		job->state = ahead->format->open(&ignored);
	return job->state != NULL;
}

static void start_pool(struct decoder_ahead *ahead)
{
	/* The job that is given out is no longer in the pool. */
	if (!ahead->pool)
		ahead->pool =
			worker_pool_new(ahead->threads, (unsigned)ahead->job_count - 1, decode_job);
}

static void feed(struct decoder_ahead *ahead, struct decoder_input *input)
{
	while (ahead->feeding && !(ahead->pool && worker_pool_full(ahead->pool))) {
		struct job *job = &ahead->jobs[ahead->filling];

		ahead->feeding = prepare(ahead, job) && take_member(job, input);
		if (!ahead->feeding)
			return;
		start_pool(ahead);
		worker_pool_submit(ahead->pool, job);
		ahead->filling = (ahead->filling + 1) % ahead->job_count;
	}
}

bool decoder_ahead_begin(struct decoder_ahead *ahead, struct decoder_input *input)
{
	size_t before = ahead->filling;

	ahead->feeding = !ahead->refused;
	feed(ahead, input);
	return ahead->filling != before;
}

/* The oldest job and those behind it are put back, the last one first. */
static void give_back(struct decoder_ahead *ahead, const struct job *oldest,
		      struct decoder_input *input)
{
	AUTO(error) ignored = ERROR_INIT;
	size_t first = (size_t)(oldest - ahead->jobs), at = ahead->filling;
	void *done;

	while (worker_pool_next(ahead->pool, &done, &ignored) > 0)
		;
	do {
		at = (at + ahead->job_count - 1) % ahead->job_count;
		decoder_input_unread(input, ahead->jobs[at].stored, ahead->jobs[at].stored_len);
	} while (at != first);
	ahead->refused = true;
}

/* The next decoded member, or NULL. */
static const struct job *next_job(struct decoder_ahead *ahead, struct decoder_input *input)
{
	AUTO(error) ignored = ERROR_INIT;
	void *done;

	feed(ahead, input);
	if (worker_pool_next(ahead->pool, &done, &ignored) == 0)
		return NULL;

	const struct job *job = done;

	if (job->sound)
		return job;
	give_back(ahead, job, input);
	return NULL;
}

size_t decoder_ahead_read(struct decoder_ahead *ahead, struct decoder_input *input,
			  unsigned char *out, size_t len)
{
	while (!ahead->giving || ahead->given == ahead->giving->plain_len) {
		ahead->given = 0;
		ahead->giving = next_job(ahead, input);
		if (!ahead->giving)
			return 0;
	}

	size_t left = ahead->giving->plain_len - ahead->given, piece = left < len ? left : len;

	memcpy(out, ahead->giving->plain + ahead->given, piece);
	ahead->given += piece;
	return piece;
}

void decoder_ahead_free(struct decoder_ahead *ahead)
{
	worker_pool_free(ahead->pool);
	for (size_t i = 0; i < ahead->job_count; i++) {
		if (ahead->jobs[i].state)
			ahead->format->close(ahead->jobs[i].state);
		free(ahead->jobs[i].stored);
		free(ahead->jobs[i].plain);
	}
	free(ahead->jobs);
	free(ahead);
}
