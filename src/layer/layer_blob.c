/* layer_blob.c - one blob: its digests, and its plain bytes in a spool. */
#include "layer_blob.h"

#include <errno.h>
#include <unistd.h>

#include "io/decoder.h"
#include "io/hash_crew.h"
#include "io/spool.h"

/* Fits into the nearer caches. */
#define INFLATE_BYTES ((size_t)256 << 10)

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

static int append(struct range *spool, const unsigned char *data, size_t len, struct error *err)
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

/* What every inflated piece must pass. */
static int count_inflated(struct layer_blob *job, const struct decoder *decoder, uint64_t *total,
			  size_t len, uint64_t *seen, struct error *err)
{
	*total += len;
	if (*total > job->context->limits.layer_bytes)
		return error_set(err, ERR_LIMIT,
				 "inflates to more than %llu bytes (--limit layer-bytes=N)",
				 (unsigned long long)job->context->limits.layer_bytes);
	progress_add(job->context->progress, decoder_consumed(decoder) - *seen);
	*seen = decoder_consumed(decoder);
	return spool_charge(job->spools, len, err);
}

/* Inflate into `spool`; what comes out is hashed meanwhile unless `plain` is NULL. */
static int inflate(struct layer_blob *job, struct range *spool, struct hash_stream *plain,
		   struct error *err)
{
	unsigned threads = job->alone ? job->context->threads : 1;
	AUTO_FREE unsigned char *own = plain ? NULL : xmalloc(INFLATE_BYTES);
	struct byte_source source;
	uint64_t seen = 0, total = 0;

	byte_source_from_range(&source, job->images->blobs[job->blob].stored);
	AUTO_PTR(decoder) decoder = decoder_open(job->compression, &source, threads, err);
	if (!decoder)
		return -1;
	for (;;) {
		unsigned char *buf = plain ? hash_stream_chunk(plain) : own;
		ssize_t n = decoder_read(decoder, buf, INFLATE_BYTES, err);
		if (n < 0)
			return -1;
		if (!n)
			break;
		if (count_inflated(job, decoder, &total, (size_t)n, &seen, err) < 0)
			return -1;
		if (plain)
			hash_stream_push(plain, (size_t)n);
		if (append(spool, buf, (size_t)n, err) < 0)
			return -1;
	}
	job->trailing = decoder_has_trailing_bytes(decoder);
	return 0;
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

/* Inflate to a piece of a spool, `tar`. */
static int inflate_to_spool(struct layer_blob *job, struct error *err)
{
	AUTO_PTR(hash_stream) plain = job->later ? NULL : hash_stream_new(job->context->crew);
	struct digest diff_id;
	struct range spool;
	int rc;

	if (spool_take(job->spools, &spool, err) < 0)
		return -1;
	job->tar = (struct range){ spool.fd, spool.length, 0 };
	rc = inflate(job, &spool, plain, err);
	job->tar.length = spool.length - job->tar.offset;
	spool_give(job->spools, spool);
	if (rc < 0 || !plain)
		return rc;
	if (hash_stream_finish(plain, &diff_id, err) < 0)
		return -1;
	return check_digest(&diff_id, &job->layer->diff_id, "diff_id", err);
}

static int check_stored(struct layer_blob *job, struct hash_stream *hashing, struct error *err)
{
	const struct blob *blob = &job->images->blobs[job->blob];

	if (hash_stream_finish(hashing, &job->stored_digest, err) < 0)
		return -1;
	return blob->has_digest ? check_digest(&job->stored_digest, &blob->digest, "digest", err)
				: 0;
}

int layer_blob_inflate(void *arg, struct error *err)
{
	struct layer_blob *job = arg;
	AUTO_PTR(hash_stream)
	hashing = hash_stream_of_range(job->context->crew, job->images->blobs[job->blob].stored);
	AUTO(error) inflating = ERROR_INIT;
	int rc = inflate_to_spool(job, &inflating);

	/* A damaged blob is better called that than a broken stream. */
	if (check_stored(job, hashing, err) < 0)
		return -1;
	if (rc < 0)
		return error_move(err, &inflating);
	if (job->later)
		layer_blob_hash(job);
	return 0;
}

void layer_blob_hash(struct layer_blob *job)
{
	job->hashing = hash_stream_of_range(job->context->crew, job->tar);
}

int layer_blob_check(struct layer_blob *job, struct error *err)
{
	AUTO_PTR(hash_stream) hashing = STEAL(job->hashing);
	struct digest diff_id;

	if (job->compression != COMPRESSION_NONE) {
		if (hash_stream_finish(hashing, &diff_id, err) < 0)
			return -1;
	} else {
		if (check_stored(job, hashing, err) < 0)
			return -1;
		diff_id = job->stored_digest;
	}
	return check_digest(&diff_id, &job->layer->diff_id, "diff_id", err);
}

int layer_blob_wrap(const struct layer_blob *job, struct error *err)
{
	char text[DIGEST_TEXT_SIZE];

	digest_text(&job->layer->diff_id, text);
	return error_wrap(err, "layer %u of %s (%.19s, %s)", job->number + 1,
			  image_name(&job->images->images[job->image]), text,
			  job->images->blobs[job->blob].name);
}

int layer_blob_probe(struct layer_blob *job, struct error *err)
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

int layer_blob_index(struct layer_blob *job, struct layer_index *index, struct names *names,
		     struct error *err)
{
	struct byte_source source;

	byte_source_from_range(&source, job->images->blobs[job->blob].stored);
	AUTO_PTR(decoder)
	decoder = decoder_open(job->compression, &source, job->context->threads, err);
	if (!decoder ||
	    layer_index_build_stream(index, decoder, job->number, names, job->context, err) < 0)
		return -1;
	job->tar = (struct range){ .fd = -1, .length = index->total_bytes };
	return 0;
}
