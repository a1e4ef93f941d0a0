/* layer_set.c - read, check and index all layers.
 *
 * Workers inflate compressed layers and the crew hashes; the calling thread walks the headers of
 * plain layers meanwhile, in one order whatever the number of threads.  Nothing but their diff_ids
 * is to be checked then: plain bytes are hashed on beside whatever the caller does next, until
 * layer_set_finish(). */
#include "layer/layer_set.h"

#include <string.h>
#include <unistd.h>

#include "layer_blob.h"
#include "util/worker_pool.h"

/* Everything load() needs at hand. */
struct loader {
	struct layer_set *set;
	struct names *names;
	const struct context *context;
	enum layer_check check;
	struct layer_blob *jobs; /* one a blob */
	size_t job_count;
	struct spool_list spools;
	struct worker_pool *pool;
};

static bool is_compressed(const struct layer_blob *job)
{
	return job->compression != COMPRESSION_NONE;
}

/* What is larger than this share of the memory does not stay there until it is read again. */
#define MEMORY_SHARE 4

/* Layers that do not fit into memory are hashed where they are read for the output, so that they
 * come from the disk once: whoever reads them tells how far it is.  No worker may be at work. */
static void follow_all(struct loader *in)
{
	uint64_t total = 0, room = in->context->memory / MEMORY_SHARE;

	for (size_t i = 0; i < in->job_count; i++)
		total += in->jobs[i].hashing ? in->jobs[i].tar.length : 0;
	for (size_t i = 0; total > room && i < in->job_count; i++) {
		struct layer_blob *job = &in->jobs[i];
		if (!job->hashing || !job->leads)
			continue;
		in->set->layers[job->result].hashing = job->hashing;
		hash_stream_follow(job->hashing, room / in->job_count);
	}
}

/* Index the layer of a blob that was read, or whose headers are all that is wanted. */
static int index_layer(struct loader *in, struct layer_blob *job, struct error *err)
{
	struct layer *layer = &in->set->layers[job->result];
	int rc;

	if (!job->leads)
		return 0;
	layer->diff_id = job->layer->diff_id;
	layer->stored = job->images->blobs[job->blob].stored;
	layer->compression = job->compression;
	layer->media_type = job->layer->media_type;
	if (is_compressed(job) && in->check == LAYER_CHECK_NOTHING)
		rc = layer_blob_index(job, &layer->index, in->names, err);
	else
		rc = layer_index_build(&layer->index, &job->tar, job->number, in->names,
				       in->context, err);
	layer->tar = job->tar;
	return rc < 0 ? layer_blob_wrap(job, err) : 0;
}

/* Wait for the next job that inflates, the largest first. */
static int collect(struct loader *in, struct error *err)
{
	struct layer_blob *job;
	void *done;
	int rc = worker_pool_next(in->pool, &done, err);

	job = done;
	if (rc < 0)
		return layer_blob_wrap(job, err);
	job->collected = true;
	if (job->trailing)
		warnings_add(in->context->warnings, WARN_TRAILING_BYTES, "layer %u",
			     job->number + 1);
	if (job->leads) {
		in->set->layers[job->result].stored_digest = job->stored_digest;
		in->set->layers[job->result].trailing = job->trailing;
	}
	return 0;
}

/* Find what all blobs are.  Spreading the work on one blob is worth the hand-over where it keeps a
 * thread busy for longer than its share of all work, and other threads would wait for it. */
static int probe_all(struct loader *in, struct error *err)
{
	uint64_t compressed = 0;

	for (size_t i = 0; i < in->job_count; i++) {
		struct layer_blob *job = &in->jobs[i];
		if (layer_blob_probe(job, err) < 0)
			return layer_blob_wrap(job, err);
		if (is_compressed(job))
			compressed += job->images->blobs[job->blob].stored.length;
	}
	for (size_t i = 0; i < in->job_count; i++) {
		struct layer_blob *job = &in->jobs[i];
		job->alone = job->images->blobs[job->blob].stored.length >
			     compressed / in->context->threads;
	}
	return 0;
}

static int compare_sizes(const void *a, const void *b)
{
	const struct layer_blob *left = *(struct layer_blob *const *)a,
				*right = *(struct layer_blob *const *)b;
	uint64_t left_bytes = left->images->blobs[left->blob].stored.length,
		 right_bytes = right->images->blobs[right->blob].stored.length;

	if (left_bytes != right_bytes)
		return left_bytes < right_bytes ? 1 : -1;
	return left < right ? -1 : left > right;
}

/* The largest first: begun last, one would keep a single thread busy while the others are done. */
static void start_all(struct loader *in)
{
	AUTO_FREE struct layer_blob **order =
		xcalloc(in->job_count + 1, sizeof(struct layer_blob *));

	for (size_t i = 0; i < in->job_count; i++)
		order[i] = &in->jobs[i];
	qsort(order, in->job_count, sizeof(*order), compare_sizes);
	for (size_t i = 0; i < in->job_count; i++)
		if (!is_compressed(order[i]))
			layer_blob_hash(order[i]);
	follow_all(in);
	for (size_t i = 0; i < in->job_count; i++)
		if (is_compressed(order[i]))
			worker_pool_submit(in->pool, order[i]);
}

/* Plain layers first: compressed ones are inflated meanwhile.  Each kind in the order of the
 * input, so that names are numbered alike whatever the number of threads. */
static int index_all(struct loader *in, struct error *err)
{
	for (int compressed = 0; compressed < 2; compressed++) {
		for (size_t i = 0; i < in->job_count; i++) {
			struct layer_blob *job = &in->jobs[i];
			if (is_compressed(job) != compressed)
				continue;
			while (compressed && in->pool && !job->collected)
				if (collect(in, err) < 0)
					return -1;
			if (index_layer(in, job, err) < 0)
				return -1;
		}
	}
	return 0;
}

static int run(struct loader *in, struct error *err)
{
	if (probe_all(in, err) < 0)
		return -1;
	/* What they must be; whether they are, the crew finds out. */
	for (size_t i = 0; i < in->job_count; i++)
		if (!is_compressed(&in->jobs[i]) && in->jobs[i].leads)
			in->set->layers[in->jobs[i].result].stored_digest =
				in->jobs[i].layer->diff_id;
	if (in->check != LAYER_CHECK_NOTHING) {
		in->pool = worker_pool_new(in->context->threads, (unsigned)in->job_count + 1,
					   layer_blob_inflate);
		start_all(in);
	}
	if (index_all(in, err) < 0)
		return -1;
	follow_all(in);
	return 0;
}

static void loader_free(struct loader *in)
{
	worker_pool_free(in->pool);
	for (size_t i = 0; i < in->job_count; i++)
		hash_stream_free(in->jobs[i].hashing);
	free(in->jobs);
	vec_release(&in->spools.free);
	free(in);
}

int layer_set_finish(struct layer_set *set, struct error *err)
{
	struct loader *in = set->loader;
	int rc = 0;

	for (uint32_t i = 0; i < set->count; i++) {
		hash_stream_reached(set->layers[i].hashing, UINT64_MAX);
		set->layers[i].hashing = NULL;
	}
	for (size_t i = 0; in && !rc && i < in->job_count; i++) {
		struct layer_blob *job = &in->jobs[i];
		if (!job->hashing)
			continue;
		rc = layer_blob_check(job, err);
		if (rc < 0)
			layer_blob_wrap(job, err);
	}
	if (in)
		loader_free(STEAL(set->loader));
	return rc;
}

/* Unique layers by diff_id; a small table sorted by digest finds them. */
struct known_layer {
	const struct digest *diff_id;
	uint32_t layer;
};

static int compare_known(const void *a, const void *b)
{
	return digest_compare(((const struct known_layer *)a)->diff_id,
			      ((const struct known_layer *)b)->diff_id);
}

/* The row of a diff_id that is in the table. */
static struct known_layer *find_known(struct known_layer *known, size_t count,
				      const struct digest *diff_id)
{
	size_t low = 0;

	for (size_t high = count; high - low > 1;) {
		size_t middle = low + (high - low) / 2;
		if (digest_compare(known[middle].diff_id, diff_id) <= 0)
			low = middle;
		else
			high = middle;
	}
	return &known[low];
}

/* One job a blob; a blob under two diff_ids cannot match both. */
static int add_job(struct loader *in, uint32_t *slot, struct layer_blob job, struct error *err)
{
	if (*slot == UINT32_MAX) {
		*slot = (uint32_t)in->job_count;
		in->jobs[in->job_count++] = job;
		return 0;
	}
	if (digest_equal(&in->jobs[*slot].layer->diff_id, &job.layer->diff_id))
		return 0;
	error_set(err, ERR_DIGEST, "listed under two diff_ids");
	return layer_blob_wrap(&job, err);
}

/* Number the layers by first mention. */
static int lay_out(struct loader *in, const struct image_set *images, struct error *err)
{
	struct layer_set *set = in->set;
	struct VEC(struct known_layer) known = VEC_INIT;
	AUTO_FREE uint32_t *job_of_blob =
		xreallocarray(NULL, images->blob_count + 1, sizeof(uint32_t));
	size_t unique = 0;
	int rc = 0;

	memset(job_of_blob, 0xff, (images->blob_count + 1) * sizeof(uint32_t));
	for (size_t i = 0; i < images->image_count; i++)
		for (size_t n = 0; n < images->images[i].layer_count; n++)
			vec_push(&known, (struct known_layer){ &images->images[i].layers[n].diff_id,
							       UINT32_MAX });
	if (known.count)
		qsort(known.items, known.count, sizeof(known.items[0]), compare_known);
	for (size_t i = 0; i < known.count; i++)
		if (!i || !digest_equal(known.items[i].diff_id, known.items[unique - 1].diff_id))
			known.items[unique++] = known.items[i];
	set->layers = xcalloc(unique + 1, sizeof(set->layers[0]));
	set->of_image = xcalloc(images->image_count + 1, sizeof(set->of_image[0]));
	set->image_count = images->image_count;
	in->jobs = xcalloc(images->blob_count + 1, sizeof(in->jobs[0]));
	for (uint32_t i = 0; i < images->image_count; i++) {
		const struct image *image = &images->images[i];
		set->of_image[i] = xcalloc(image->layer_count + 1, sizeof(uint32_t));
		for (uint32_t n = 0; !rc && n < image->layer_count; n++) {
			struct known_layer *found =
				find_known(known.items, unique, &image->layers[n].diff_id);
			bool leads = found->layer == UINT32_MAX;
			if (leads)
				found->layer = set->count++;
			set->of_image[i][n] = found->layer;
			rc = add_job(in, &job_of_blob[image->layers[n].blob],
				     (struct layer_blob){ .images = images,
							  .layer = &image->layers[n],
							  .context = in->context,
							  .spools = &in->spools,
							  .blob = image->layers[n].blob,
							  .image = i,
							  .number = n,
							  .result = found->layer,
							  .later = in->check == LAYER_CHECK_LATER,
							  .leads = leads },
				     err);
		}
	}
	vec_release(&known);
	return rc;
}

struct layer_set *layer_set_load(const struct image_set *images, struct names *names,
				 enum layer_check check, const struct context *context,
				 struct error *err)
{
	AUTO_PTR(layer_set) set = xcalloc(1, sizeof(*set));
	struct loader *in = set->loader = xcalloc(1, sizeof(*in));
	uint64_t total = 0;

	*in = (struct loader){ .set = set,
			       .names = names,
			       .context = context,
			       .check = check,
			       .spools = { .lock = PTHREAD_MUTEX_INITIALIZER,
					   .set = set,
					   .context = context,
					   .left = context->limits.spool_bytes } };
	if (lay_out(in, images, err) < 0)
		return NULL;
	for (size_t i = 0; i < in->job_count; i++)
		total += images->blobs[in->jobs[i].blob].stored.length;
	if (check != LAYER_CHECK_NOTHING)
		progress_begin(context->progress, "reading", total);
	return run(in, err) < 0 ? NULL : STEAL(set);
}

void layer_set_free(struct layer_set *set)
{
	if (set->loader)
		loader_free(set->loader);
	for (uint32_t i = 0; i < set->count; i++)
		layer_index_release(&set->layers[i].index);
	for (size_t i = 0; i < set->image_count; i++)
		free(set->of_image[i]);
	vec_foreach (fd, &set->spools)
		close(*fd);
	vec_release(&set->spools);
	free(set->of_image);
	free(set->layers);
	free(set);
}
