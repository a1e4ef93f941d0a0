/* encoder_blocks.c - a ring of jobs: one is filled, the others are compressed or wait to be
 * written.
 */
#include "encoder_blocks.h"

#include <errno.h>
#include <stdlib.h>

#include "util/worker_pool.h"
#include "util/xalloc.h"

/* Large enough for outfile.c to write them without gathering, and less than what makes the kernel
 * slow (measured: 16 MiB at once take twice its time). */
#define EMIT_BYTES ((size_t)1 << 20)

struct job {
	const struct encoder_blocks *blocks;
	void *state; /* NULL until the job is used for the first time */
	unsigned char *plain, *packed;
	size_t plain_len, packed_len, room;
	uint64_t end; /* of the last block here, in the stream */
};

struct encoder_blocks {
	const struct block_codec *codec;
	int level;
	size_t block;
	struct worker_pool *pool;
	struct job *jobs; /* a ring: results come back in the order of submission */
	size_t job_count, filling;
	uint64_t plain_bytes;
};

static int compress_job(void *arg, struct error *err)
{
	struct job *job = arg;

	job->packed_len = job->blocks->codec->compress(job->state, job->plain, job->plain_len,
						       job->packed, job->room);
	if (job->packed_len == 0)
		return error_set_errno(err, ENOMEM, "cannot compress a block");
	return 0;
}

struct encoder_blocks *encoder_blocks_new(const struct block_codec *codec, int level, size_t block,
					  unsigned threads, unsigned beside)
{
	struct encoder_blocks *self = xcalloc(1, sizeof(*self));

	*self = (struct encoder_blocks){ .codec = codec, .level = level, .block = block };
	self->job_count = threads > 1 ? (size_t)threads + beside : 1;
	self->jobs = xcalloc(self->job_count, sizeof(*self->jobs));
	for (size_t i = 0; i < self->job_count; i++)
		self->jobs[i].blocks = self;
	self->pool = worker_pool_new_fed(threads, (unsigned)self->job_count, compress_job);
	return self;
}

/* Short streams never touch most jobs. */
static int prepare(const struct encoder_blocks *self, struct job *job, struct error *err)
{
	if (job->state)
		return 0;
	job->state = self->codec->open(self->level);
	if (!job->state)
		return error_set_errno(err, ENOMEM, "cannot start to compress");
	job->room = self->codec->bound(job->state, self->block);
	job->plain = xmalloc(self->block);
	job->packed = xmalloc(job->room);
	return 0;
}

/* Writes out the oldest block.  1; 0 when there is none; -1. */
static int emit_one(struct encoder_blocks *self, const struct encoder_sink *sink, struct error *err)
{
	void *oldest;
	int rc = worker_pool_next(self->pool, &oldest, err);

	if (rc <= 0)
		return rc;

	const struct job *job = oldest;

	for (size_t at = 0; at < job->packed_len; at += EMIT_BYTES) {
		size_t left = job->packed_len - at;
		if (sink->emit(sink->arg, job->packed + at, left < EMIT_BYTES ? left : EMIT_BYTES,
			       err) < 0)
			return -1;
	}
	return 1;
}

static void submit(struct encoder_blocks *self)
{
	struct job *job = &self->jobs[self->filling];

	job->end = self->plain_bytes;
	worker_pool_submit(self->pool, job);
	self->filling = (self->filling + 1) % self->job_count;
}

/* The job that takes plain bytes, free of an earlier block. */
static struct job *free_job(struct encoder_blocks *self, const struct encoder_sink *sink,
			    struct error *err)
{
	struct job *job = &self->jobs[self->filling];

	if (worker_pool_full(self->pool)) {
		if (emit_one(self, sink, err) < 0)
			return NULL;
		job->plain_len = 0;
	}
	return prepare(self, job, err) < 0 ? NULL : job;
}

int encoder_blocks_room(struct encoder_blocks *self, const struct encoder_sink *sink,
			struct encoder_room *out, struct error *err)
{
	const struct job *job = free_job(self, sink, err);

	if (!job)
		return -1;
	*out = (struct encoder_room){ .place = job->plain + job->plain_len,
				      .len = self->block - job->plain_len,
				      .before = job->end };
	return 0;
}

void encoder_blocks_advance(struct encoder_blocks *self, size_t len)
{
	struct job *job = &self->jobs[self->filling];

	job->plain_len += len;
	self->plain_bytes += len;
	if (job->plain_len == self->block)
		submit(self);
}

int encoder_blocks_finish(struct encoder_blocks *self, const struct encoder_sink *sink,
			  struct error *err)
{
	const struct job *last = free_job(self, sink, err);
	int rc;

	if (!last)
		return -1;
	/* A stream of no bytes is still one block. */
	if (last->plain_len > 0 || !self->plain_bytes)
		submit(self);
	while ((rc = emit_one(self, sink, err)) > 0)
		;
	return rc;
}

void encoder_blocks_free(struct encoder_blocks *self)
{
	worker_pool_free(self->pool);
	for (size_t i = 0; i < self->job_count; i++) {
		if (self->jobs[i].state)
			self->codec->close(self->jobs[i].state);
		free(self->jobs[i].plain);
		free(self->jobs[i].packed);
	}
	free(self->jobs);
	free(self);
}
