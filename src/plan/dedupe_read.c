/* dedupe_read.c - contents of files: fingerprints, and the comparison that confirms them.
 *
 * Both go over the worker pool in batches of neighbours, so that a disk reads forwards. */
#include <string.h>

#include "dedupe.h"
#include "layer/body_reader.h"

#define PIECE	    ((size_t)256 << 10)
#define BATCH_BYTES ((uint64_t)4 << 20)
#define BATCH_FILES 256

/* A piece of work: some places of an order. */
struct batch {
	const struct plan *plan;
	struct dedupe_files *files;
	const struct dedupe_runs *runs; /* when comparing */
	const size_t *order;
	size_t begin, end;
};

static const struct entry *entry_of(const struct plan *plan, const struct dedupe_file *file)
{
	return chain_entry(plan->chain, plan->records.items[file->record].body);
}

/* --- batches --------------------------------------------------------------------------------- */

/* Cut [0, count) into batches and work through them; `bytes` tells the size of each place. */
static int work(struct batch *like, size_t count, const uint64_t *bytes, worker_fn fn,
		const struct context *context, struct error *err)
{
	struct VEC(struct batch) batches = VEC_INIT;
	AUTO_PTR(worker_pool)
	pool = worker_pool_new(context->threads, context->threads * 4, WORKER_PARALLEL, fn);
	size_t next = 0;
	int rc = 1;

	for (size_t i = 0; i < count;) {
		uint64_t sum = 0;
		struct batch batch = *like;
		batch.begin = i;
		while (i < count && sum < BATCH_BYTES && i - batch.begin < BATCH_FILES)
			sum += bytes[i++];
		batch.end = i;
		vec_push(&batches, batch);
	}
	while (rc > 0) {
		void *done;
		while (next < batches.count && !worker_pool_full(pool))
			worker_pool_submit(pool, &batches.items[next++]);
		rc = worker_pool_next(pool, &done, err);
	}
	worker_pool_free(STEAL(pool));
	vec_release(&batches);
	return rc;
}

/* --- fingerprints ---------------------------------------------------------------------------- */

static int hash_file(const struct plan *plan, struct dedupe_file *file, unsigned char *buf,
		     XXH3_state_t *state, struct error *err)
{
	struct body_reader body =
		body_reader_open(plan->chain, plan->records.items[file->record].body);
	uint64_t size = body.entry->size;

	XXH3_128bits_reset(state);
	for (uint64_t at = 0; at < size;) {
		size_t len = size - at < PIECE ? (size_t)(size - at) : PIECE;
		if (body_reader_read(&body, at, buf, len, err) < 0)
			return -1;
		XXH3_128bits_update(state, buf, len);
		at += len;
	}
	file->hash = XXH3_128bits_digest(state);
	return 0;
}

static int hash_batch(void *job, struct error *err)
{
	const struct batch *batch = job;
	AUTO_FREE unsigned char *buf = xmalloc(PIECE);
	XXH3_state_t *state = XXH3_createState();
	int rc = state ? 0 : error_set(err, ERR_IO, "no memory for a hash");

	for (size_t i = batch->begin; !rc && i < batch->end; i++)
		rc = hash_file(batch->plan, &batch->files->items[batch->order[i]], buf, state, err);
	XXH3_freeState(state);
	return rc;
}

struct place {
	int fd;
	uint64_t offset;
	size_t file;
};

static int compare_places(const void *a, const void *b)
{
	const struct place *left = a, *right = b;

	if (left->fd != right->fd)
		return left->fd < right->fd ? -1 : 1;
	if (left->offset != right->offset)
		return left->offset < right->offset ? -1 : 1;
	return (left->file > right->file) - (left->file < right->file);
}

int dedupe_hash(const struct plan *plan, struct dedupe_files *files, const struct context *context,
		struct error *err)
{
	AUTO_FREE struct place *places = xcalloc(files->count + 1, sizeof(*places));
	AUTO_FREE size_t *order = xcalloc(files->count + 1, sizeof(*order));
	AUTO_FREE uint64_t *bytes = xcalloc(files->count + 1, sizeof(*bytes));
	struct batch batch = { .plan = plan, .files = files, .order = order };
	uint64_t total = 0;

	for (size_t i = 0; i < files->count; i++) {
		slot_id slot = plan->records.items[files->items[i].record].body;
		const struct range *tar =
			&chain_layer(plan->chain, chain_position(plan->chain, slot))->tar;
		places[i] = (struct place){
			tar->fd, tar->offset + chain_entry(plan->chain, slot)->header_offset, i
		};
	}
	qsort(places, files->count, sizeof(*places), compare_places);
	for (size_t i = 0; i < files->count; i++) {
		order[i] = places[i].file;
		bytes[i] = entry_of(plan, &files->items[order[i]])->size;
		total += bytes[i];
	}
	progress_begin(context->progress, "looking for equal files", total);
	return work(&batch, files->count, bytes, hash_batch, context, err);
}

/* --- confirmation ---------------------------------------------------------------------------- */

/* 1: the same bytes; 0: not; -1. */
static int same_bytes(const struct plan *plan, const struct dedupe_file *a,
		      const struct dedupe_file *b, unsigned char *buf, struct error *err)
{
	slot_id left = plan->records.items[a->record].body;
	slot_id right = plan->records.items[b->record].body;
	struct body_reader one = body_reader_open(plan->chain, left);
	struct body_reader two = body_reader_open(plan->chain, right);

	for (uint64_t at = 0; left != right && at < one.entry->size;) {
		size_t len = one.entry->size - at < PIECE ? (size_t)(one.entry->size - at) : PIECE;
		if (body_reader_read(&one, at, buf, len, err) < 0 ||
		    body_reader_read(&two, at, buf + PIECE, len, err) < 0)
			return -1;
		if (memcmp(buf, buf + PIECE, len) != 0)
			return 0;
		at += len;
	}
	return 1;
}

static int confirm_batch(void *job, struct error *err)
{
	const struct batch *batch = job;
	AUTO_FREE unsigned char *buf = xmalloc(2 * PIECE);

	for (size_t r = batch->begin; r < batch->end; r++) {
		const struct dedupe_run *run = &batch->runs->items[r];
		struct dedupe_file *first = &batch->files->items[run->begin];

		first->same = true;
		for (size_t i = run->begin + 1; i < run->end; i++) {
			struct dedupe_file *file = &batch->files->items[i];
			int same = same_bytes(batch->plan, first, file, buf, err);
			if (same < 0)
				return -1;
			file->same = same;
		}
	}
	return 0;
}

int dedupe_confirm(const struct plan *plan, struct dedupe_files *files,
		   const struct dedupe_runs *runs, const struct context *context, struct error *err)
{
	AUTO_FREE uint64_t *bytes = xcalloc(runs->count + 1, sizeof(*bytes));
	struct batch batch = { .plan = plan, .files = files, .runs = runs };

	for (size_t r = 0; r < runs->count; r++) {
		const struct dedupe_run *run = &runs->items[r];
		bytes[r] =
			entry_of(plan, &files->items[run->begin])->size * (run->end - run->begin);
	}
	return work(&batch, runs->count, bytes, confirm_batch, context, err);
}
