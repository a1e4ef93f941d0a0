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
	struct dedupe_files *files; /* to hash, in this order */
	const size_t *order;
	struct dedupe_pairs *pairs; /* to compare */
	size_t begin, end;
};

static slot_id body_of(const struct plan *plan, const struct dedupe_file *file)
{
	return plan->records.items[file->record].body;
}

/* --- batches --------------------------------------------------------------------------------- */

/* Cut [0, count) into batches and work through them; `bytes` tells the size of each place. */
static int work(struct batch *like, size_t count, const uint64_t *bytes, worker_fn fn,
		const struct context *context, struct error *err)
{
	struct VEC(struct batch) batches = VEC_INIT;
	AUTO_PTR(worker_pool)
	pool = worker_pool_new(context->threads, context->threads * 4, fn);
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
	struct body_reader body = body_reader_open(plan->chain, body_of(plan, file));
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
		slot_id slot = body_of(plan, &files->items[i]);
		const struct range *tar =
			&chain_layer(plan->chain, chain_position(plan->chain, slot))->tar;
		places[i] = (struct place){
			tar->fd, tar->offset + chain_entry(plan->chain, slot)->header_offset, i
		};
	}
	qsort(places, files->count, sizeof(*places), compare_places);
	for (size_t i = 0; i < files->count; i++) {
		order[i] = places[i].file;
		bytes[i] = chain_entry(plan->chain, body_of(plan, &files->items[order[i]]))->size;
		total += bytes[i];
	}
	progress_begin(context->progress, "looking for equal files", total);
	return work(&batch, files->count, bytes, hash_batch, context, err);
}

/* --- comparison ------------------------------------------------------------------------------ */

static int compare_pair(const struct plan *plan, struct dedupe_pair *pair, unsigned char *buf,
			struct error *err)
{
	struct body_reader one = body_reader_open(plan->chain, pair->a);
	struct body_reader two = body_reader_open(plan->chain, pair->b);
	uint64_t size = one.entry->size;

	/* A layer may stand twice in an image. */
	pair->same = one.layer == two.layer && one.base == two.base;
	for (uint64_t at = 0; !pair->same && at < size;) {
		size_t len = size - at < PIECE ? (size_t)(size - at) : PIECE;
		if (body_reader_read(&one, at, buf, len, err) < 0 ||
		    body_reader_read(&two, at, buf + PIECE, len, err) < 0)
			return -1;
		if (memcmp(buf, buf + PIECE, len) != 0)
			return 0;
		at += len;
	}
	pair->same = true;
	return 0;
}

static int compare_batch(void *job, struct error *err)
{
	const struct batch *batch = job;
	AUTO_FREE unsigned char *buf = xmalloc(2 * PIECE);

	for (size_t i = batch->begin; i < batch->end; i++)
		if (compare_pair(batch->plan, &batch->pairs->items[i], buf, err) < 0)
			return -1;
	return 0;
}

int dedupe_compare(const struct plan *plan, struct dedupe_pairs *pairs,
		   const struct context *context, struct error *err)
{
	AUTO_FREE uint64_t *bytes = xcalloc(pairs->count + 1, sizeof(*bytes));
	struct batch batch = { .plan = plan, .pairs = pairs };

	for (size_t i = 0; i < pairs->count; i++)
		bytes[i] = chain_entry(plan->chain, pairs->items[i].a)->size;
	return work(&batch, pairs->count, bytes, compare_batch, context, err);
}

int dedupe_confirm(const struct plan *plan, struct dedupe_files *files,
		   const struct dedupe_runs *runs, const struct context *context, struct error *err)
{
	struct dedupe_pairs pairs = VEC_INIT;
	size_t at = 0;
	int rc;

	vec_foreach (run, runs)
		for (size_t i = run->begin + 1; i < run->end; i++)
			vec_push(&pairs,
				 (struct dedupe_pair){ body_of(plan, &files->items[run->begin]),
						       body_of(plan, &files->items[i]), false });
	rc = dedupe_compare(plan, &pairs, context, err);
	vec_foreach (run, runs) {
		files->items[run->begin].same = true;
		for (size_t i = run->begin + 1; i < run->end; i++)
			files->items[i].same = pairs.items[at++].same;
	}
	vec_release(&pairs);
	return rc;
}
