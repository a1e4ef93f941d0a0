/* layer_set.c - read, check and index all layers, spread over the worker pool.
 *
 * Workers hash and inflate; the calling thread walks the headers of plain layers meanwhile, in
 * one order whatever the number of threads.  Nothing but their digest is wanted of plain layers
 * then: they are hashed on beside whatever the caller does next, until layer_set_finish(). */
#include "layer/layer_set.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "io/decoder.h"
#include "io/spool.h"
#include "util/worker_pool.h"

#define BACKLOG	   16
#define READ_BYTES ((size_t)1 << 20)

/* Spool files in use or free; a job appends to one of its own, so there are no more than
 * threads. */
struct spool_list {
	pthread_mutex_t lock;
	struct VEC(struct range) free; /* length: bytes appended so far */
	struct layer_set *set;
	const struct context *context;
	uint64_t left; /* bytes that may still be spooled */
};

/* One blob to read. */
struct layer_job {
	const struct image_set *images;
	const struct image_layer *layer; /* the first that uses the blob */
	const struct context *context;
	struct spool_list *spools;
	uint32_t blob, image, number;
	uint32_t result; /* index into layer_set.layers */
	bool leads;	 /* the first blob with that diff_id: the one that a pass-through copies */
	enum compression compression;
	struct range tar;
	struct digest stored_digest;
	bool trailing;
};

static int spool_take(struct spool_list *list, struct range *spool, struct error *err)
{
	bool have;

	pthread_mutex_lock(&list->lock);
	have = list->free.count > 0;
	if (have)
		*spool = list->free.items[--list->free.count];
	pthread_mutex_unlock(&list->lock);
	if (have)
		return 0;
	*spool = (struct range){ spool_create(list->context->spool_dir, err), 0, 0 };
	if (spool->fd < 0)
		return -1;
	pthread_mutex_lock(&list->lock);
	vec_push(&list->set->spools, spool->fd);
	pthread_mutex_unlock(&list->lock);
	return 0;
}

static void spool_give(struct spool_list *list, struct range spool)
{
	pthread_mutex_lock(&list->lock);
	vec_push(&list->free, spool);
	pthread_mutex_unlock(&list->lock);
}

static int spool_charge(struct spool_list *list, uint64_t bytes, struct error *err)
{
	bool enough;

	pthread_mutex_lock(&list->lock);
	enough = list->left >= bytes;
	list->left -= enough ? bytes : 0;
	pthread_mutex_unlock(&list->lock);
	return enough ? 0
		      : error_set(err, ERR_LIMIT,
				  "temporary files too large (--limit spool-bytes=N)");
}

static int append(struct range *spool, const char *data, size_t len, struct error *err)
{
	while (len) {
		ssize_t n = pwrite(spool->fd, data, len, (off_t)spool->length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set_errno(err, errno, "cannot write a temporary file");
		data += n;
		len -= (size_t)n;
		spool->length += (uint64_t)n;
	}
	return 0;
}

static int hash_range(const struct range *range, struct hasher *hasher, struct error *err)
{
	AUTO_FREE char *buf = xmalloc(READ_BYTES);

	for (uint64_t at = 0; at < range->length;) {
		size_t len =
			range->length - at < READ_BYTES ? (size_t)(range->length - at) : READ_BYTES;
		if (range_read(range, at, buf, len, err) < 0)
			return -1;
		hasher_update(hasher, buf, len);
		at += len;
	}
	return 0;
}

/* Inflate into `spool`, hashing what comes out. */
static int inflate(struct layer_job *job, struct range *spool, struct hasher *hasher,
		   struct error *err)
{
	const struct range *stored = &job->images->blobs[job->blob].stored;
	AUTO_FREE char *buf = xmalloc(READ_BYTES);
	struct byte_source source;
	uint64_t seen = 0, total = 0;
	ssize_t n;

	byte_source_from_range(&source, *stored);
	AUTO_PTR(decoder) decoder = decoder_open(job->compression, &source, err);
	if (!decoder)
		return -1;
	while ((n = decoder_read(decoder, buf, READ_BYTES, err)) > 0) {
		total += (uint64_t)n;
		if (total > job->context->limits.layer_bytes)
			return error_set(err, ERR_LIMIT,
					 "inflates to more than %llu bytes (--limit layer-bytes=N)",
					 (unsigned long long)job->context->limits.layer_bytes);
		if (spool_charge(job->spools, (uint64_t)n, err) < 0 ||
		    append(spool, buf, (size_t)n, err) < 0)
			return -1;
		hasher_update(hasher, buf, (size_t)n);
		progress_add(job->context->progress, decoder_consumed(decoder) - seen);
		seen = decoder_consumed(decoder);
	}
	job->trailing = decoder_has_trailing_bytes(decoder);
	return n < 0 ? -1 : 0;
}

static int check_digest(const struct digest *found, const struct digest *wanted, const char *what,
			struct error *err)
{
	char have[DIGEST_TEXT_SIZE], want[DIGEST_TEXT_SIZE];

	if (digest_equal(found, wanted))
		return 0;
	digest_text(found, have);
	digest_text(wanted, want);
	return error_set(err, ERR_DIGEST, "content does not match its %s: it is %s, %s is declared",
			 what, have, want);
}

static int read_compressed(struct layer_job *job, struct hasher *hasher, struct error *err)
{
	const struct blob *blob = &job->images->blobs[job->blob];
	struct range spool;
	struct digest diff_id;
	int rc;

	/* The stored bytes first: a damaged blob is better called that than a broken stream. */
	if (hash_range(&blob->stored, hasher, err) < 0)
		return -1;
	hasher_finish(hasher, &job->stored_digest);
	if (blob->has_digest && check_digest(&job->stored_digest, &blob->digest, "digest", err) < 0)
		return -1;
	if (spool_take(job->spools, &spool, err) < 0)
		return -1;
	job->tar = (struct range){ spool.fd, spool.length, 0 };
	rc = inflate(job, &spool, hasher, err);
	job->tar.length = spool.length - job->tar.offset;
	spool_give(job->spools, spool);
	if (rc < 0)
		return -1;
	hasher_finish(hasher, &diff_id);
	return check_digest(&diff_id, &job->layer->diff_id, "diff_id", err);
}

static int read_layer(void *arg, struct error *err)
{
	struct layer_job *job = arg;
	const struct blob *blob = &job->images->blobs[job->blob];
	AUTO_PTR(hasher) hasher = hasher_new();

	if (job->compression != COMPRESSION_NONE)
		return read_compressed(job, hasher, err);
	if (hash_range(&blob->stored, hasher, err) < 0)
		return -1;
	hasher_finish(hasher, &job->stored_digest);
	if (blob->has_digest && check_digest(&job->stored_digest, &blob->digest, "digest", err) < 0)
		return -1;
	return check_digest(&job->stored_digest, &job->layer->diff_id, "diff_id", err);
}

static int wrap(const struct layer_job *job, struct error *err)
{
	char text[DIGEST_TEXT_SIZE];

	digest_text(&job->layer->diff_id, text);
	return error_wrap(err, "layer %u of %s (%.19s, %s)", job->number + 1,
			  image_name(&job->images->images[job->image]), text,
			  job->images->blobs[job->blob].name);
}

/* Find what the blob is; plain ones are ready at once. */
static int probe(struct layer_job *job, struct error *err)
{
	const struct range *stored = &job->images->blobs[job->blob].stored;
	char head[CODEC_MAGIC_BYTES];
	size_t len = stored->length < sizeof(head) ? (size_t)stored->length : sizeof(head);

	if (stored->length > job->context->limits.layer_bytes)
		return error_set(err, ERR_LIMIT, "%llu bytes (--limit layer-bytes=N)",
				 (unsigned long long)stored->length);
	if (range_read(stored, 0, head, len, err) < 0)
		return -1;
	job->compression = codec_probe(head, len);
	if (job->compression == COMPRESSION_NONE)
		job->tar = *stored;
	return 0;
}

/* Everything load() needs at hand. */
struct loader {
	struct layer_set *set;
	struct names *names;
	const struct context *context;
	enum layer_check check;
	struct layer_job *jobs; /* one a blob */
	size_t job_count;
	struct spool_list spools;
	struct worker_pool *pool;
};

/* Index the layer of a finished or plain job. */
static int index_layer(struct loader *in, struct layer_job *job, struct error *err)
{
	struct layer *layer = &in->set->layers[job->result];

	if (!job->leads)
		return 0;
	layer->tar = job->tar;
	layer->diff_id = job->layer->diff_id;
	layer->stored = job->images->blobs[job->blob].stored;
	layer->compression = job->compression;
	layer->media_type = job->layer->media_type;
	if (layer_index_build(&layer->index, &layer->tar, job->number, in->names, in->context,
			      err) < 0)
		return wrap(job, err);
	return 0;
}

/* The next finished job.  1: *compressed tells its kind; 0: none left; -1. */
static int collect(struct loader *in, bool *compressed, struct error *err)
{
	struct layer_job *job;
	void *done;
	int rc = worker_pool_next(in->pool, &done, err);

	job = done;
	if (rc < 0)
		return wrap(job, err);
	if (!rc)
		return 0;
	*compressed = job->compression != COMPRESSION_NONE;
	if (job->trailing)
		warnings_add(in->context->warnings, WARN_TRAILING_BYTES, "layer %u",
			     job->number + 1);
	if (*compressed && index_layer(in, job, err) < 0)
		return -1;
	if (job->leads) {
		in->set->layers[job->result].stored_digest = job->stored_digest;
		in->set->layers[job->result].trailing = job->trailing;
	}
	return 1;
}

/* Start everything, and wait for what must be inflated before it can be looked at. */
static int run(struct loader *in, struct error *err)
{
	size_t waiting = 0;

	in->pool = worker_pool_new(in->context->threads, (unsigned)in->job_count + 1,
				   WORKER_PARALLEL, read_layer);
	for (size_t i = 0; i < in->job_count; i++) {
		struct layer_job *job = &in->jobs[i];
		if (probe(job, err) < 0)
			return wrap(job, err);
		bool plain = job->compression == COMPRESSION_NONE;
		if (!plain || in->check == LAYER_CHECK_DIGESTS)
			worker_pool_submit(in->pool, job);
		waiting += !plain;
		/* What it must be; whether it is, the job finds out. */
		if (plain && job->leads)
			in->set->layers[job->result].stored_digest = job->layer->diff_id;
		if (plain && index_layer(in, job, err) < 0)
			return -1;
	}
	while (waiting) {
		bool compressed;
		if (collect(in, &compressed, err) < 0)
			return -1;
		waiting -= compressed;
	}
	return 0;
}

static void loader_free(struct loader *in)
{
	if (in->pool)
		worker_pool_free(in->pool);
	free(in->jobs);
	vec_release(&in->spools.free);
	free(in);
}

int layer_set_finish(struct layer_set *set, struct error *err)
{
	bool compressed;
	int rc = 0;

	if (!set->loader)
		return 0;
	while ((rc = collect(set->loader, &compressed, err)) > 0)
		;
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
static int add_job(struct loader *in, uint32_t *slot, struct layer_job job, struct error *err)
{
	if (*slot == UINT32_MAX) {
		*slot = (uint32_t)in->job_count;
		in->jobs[in->job_count++] = job;
		return 0;
	}
	if (digest_equal(&in->jobs[*slot].layer->diff_id, &job.layer->diff_id))
		return 0;
	error_set(err, ERR_DIGEST, "listed under two diff_ids");
	return wrap(&job, err);
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
				     (struct layer_job){ .images = images,
							 .layer = &image->layers[n],
							 .context = in->context,
							 .spools = &in->spools,
							 .blob = image->layers[n].blob,
							 .image = i,
							 .number = n,
							 .result = found->layer,
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
	if (check == LAYER_CHECK_DIGESTS)
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
