/* encoder_gzip.c - blocks of plain bytes compressed side by side, written in order.
 *
 * The cut into blocks depends on the input alone, so threads and write sizes leave no trace. */
#include "encoder_backend.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gzip_block.h"
#include "util/worker_pool.h"
#include "util/xalloc.h"

/* Enough that no thread waits while the caller writes out the oldest block. */
#define JOBS_PER_THREAD 2

struct job {
	struct gzip_block *block; /* NULL until the job is used for the first time */
	unsigned char *plain, *packed;
	size_t plain_len, packed_len, room;
};

struct gzip_encoder {
	int level;
	struct worker_pool *pool;
	struct job *jobs; /* a ring: results come back in the order of submission */
	size_t job_count, filling;
	bool submitted_any;
};

static int compress_job(void *arg, struct error *err)
{
	struct job *job = arg;

	job->packed_len =
		gzip_block_compress(job->block, job->plain, job->plain_len, job->packed, job->room);
	if (job->packed_len == 0)
		return error_set(err, ERR_INTERNAL, "a gzip block exceeds its bound");
	return 0;
}

static void *gzip_open(const struct encoding *encoding, unsigned threads, struct error *err)
{
	struct gzip_encoder *self = xcalloc(1, sizeof(*self));

	(void)err;
	self->level = encoding->level;
	self->job_count = threads > 1 ? (size_t)threads * JOBS_PER_THREAD : 1;
	self->jobs = xcalloc(self->job_count, sizeof(*self->jobs));
	self->pool =
		worker_pool_new(threads, (unsigned)self->job_count, WORKER_PARALLEL, compress_job);
	return self;
}

/* Short streams never touch most jobs. */
static int prepare(const struct gzip_encoder *self, struct job *job, struct error *err)
{
	if (job->block)
		return 0;
	job->block = gzip_block_new(self->level);
	if (!job->block)
		return error_set_errno(err, ENOMEM, "gzip cannot start");
	job->room = gzip_block_bound(job->block, ENCODER_BLOCK);
	job->plain = xmalloc(ENCODER_BLOCK);
	job->packed = xmalloc(job->room);
	return 0;
}

/* Writes out the oldest block.  1; 0 when there is none; -1. */
static int emit_one(struct gzip_encoder *self, const struct encoder_sink *sink, struct error *err)
{
	void *oldest;
	int rc = worker_pool_next(self->pool, &oldest, err);

	if (rc <= 0)
		return rc;

	const struct job *job = oldest;

	return sink->emit(sink->arg, job->packed, job->packed_len, err) < 0 ? -1 : 1;
}

static void submit(struct gzip_encoder *self)
{
	worker_pool_submit(self->pool, &self->jobs[self->filling]);
	self->submitted_any = true;
	self->filling = (self->filling + 1) % self->job_count;
}

/* The job that takes plain bytes, free of an earlier block. */
static struct job *free_job(struct gzip_encoder *self, const struct encoder_sink *sink,
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

static int gzip_write(void *state, const struct encoder_sink *sink, const void *data, size_t len,
		      struct error *err)
{
	struct gzip_encoder *self = state;
	const unsigned char *from = data;

	while (len) {
		struct job *job = free_job(self, sink, err);

		if (!job)
			return -1;

		size_t room = ENCODER_BLOCK - job->plain_len;
		size_t piece = len < room ? len : room;

		memcpy(job->plain + job->plain_len, from, piece);
		job->plain_len += piece;
		from += piece;
		len -= piece;
		if (job->plain_len == ENCODER_BLOCK)
			submit(self);
	}
	return 0;
}

static int gzip_finish(void *state, const struct encoder_sink *sink, struct error *err)
{
	struct gzip_encoder *self = state;
	const struct job *last = free_job(self, sink, err);
	int rc;

	if (!last)
		return -1;
	/* A stream of no bytes is still one member. */
	if (last->plain_len > 0 || !self->submitted_any)
		submit(self);
	while ((rc = emit_one(self, sink, err)) > 0)
		;
	return rc;
}

static void gzip_close(void *state)
{
	struct gzip_encoder *self = state;

	worker_pool_free(self->pool);
	for (size_t i = 0; i < self->job_count; i++) {
		if (self->jobs[i].block)
			gzip_block_free(self->jobs[i].block);
		free(self->jobs[i].plain);
		free(self->jobs[i].packed);
	}
	free(self->jobs);
	free(self);
}

const struct encoder_format encoder_gzip = {
	.compression = COMPRESSION_GZIP,
	.default_level =
		5, /* already smaller than what zlib makes at 6, and a quarter faster than 6 */
	.max_level = 12,
	.open = gzip_open,
	.write = gzip_write,
	.finish = gzip_finish,
	.close = gzip_close,
};
