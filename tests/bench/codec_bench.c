/* codec_bench.c - a layer tar becomes a blob: as lighten does it, and what that costs at least.
 *
 * usage: codec_bench blob ENCODING THREADS LAYER OUT   write an archive of that one blob, with its
 *                                                       diff_id and digest
 *        codec_bench floor ENCODING LAYER OUT           the same work in plain calls of the
 *                                                       libraries, one after the other, to OUT
 *
 * `floor` prints one line of JSON: CPU seconds of each step. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "io/block_codec.h"
#include "io/decoder.h"
#include "io/write_full.h"
#include "util/worker_pool.h"
#include "util/xalloc.h"
#include "write/blob_writer.h"

static int open_layer(const char *path, struct range *out, struct error *err)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_set_errno(err, errno, "%s", path);
	*out = (struct range){ .fd = fd, .length = (uint64_t)st.st_size };
	return 0;
}

/* --- as lighten does it ---------------------------------------------------------------------- */

static int write_blob(struct sink *sink, const struct encoding *encoding, const struct range *layer,
		      const struct context *context, struct error *err)
{
	AUTO_PTR(blob_writer) writer = blob_writer_new(sink, context);
	struct blob_result result;

	if (blob_writer_begin(writer, encoding, 0, NULL, err) < 0 ||
	    blob_writer_copy(writer, layer, 0, layer->length, NULL, err) < 0 ||
	    blob_writer_end(writer, &result, err) < 0)
		return -1;
	return sink->ops->finish(sink, err) < 0 ? -1 : sink->ops->commit(sink, false, err);
}

static int blob(const struct encoding *encoding, unsigned threads, const struct range *layer,
		const char *path, struct error *err)
{
	AUTO_PTR(hash_crew) crew = hash_crew_new(threads);
	struct progress progress;
	struct context context = {
		.limits = limits_default, .threads = threads, .crew = crew, .progress = &progress
	};
	struct sink *sink;
	int rc;

	progress_init(&progress, NULL, NULL);
	sink = sink_tar.open(path, 0, &context, err);
	if (!sink)
		return -1;
	rc = write_blob(sink, encoding, layer, &context, err);
	sink->ops->close(sink);
	return rc;
}

/* --- what it costs at least ------------------------------------------------------------------ */

enum step {
	STEP_READ,
	STEP_HASH,
	STEP_COMPRESS,
	STEP_HASH_STORED,
	STEP_WRITE,
	STEP_INFLATE,
	STEPS
};

/* CPU seconds since the last call go to `step`. */
static void charge(double *steps, enum step step)
{
	static double before;
	struct timespec time;
	double now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	now = (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
	steps[step] += now - before;
	before = now;
}

static int pack(const struct block_codec *codec, const struct encoding *encoding, size_t block,
		const struct range *layer, int fd, uint64_t *stored, double *steps,
		struct error *err)
{
	void *state = codec->open(encoding->level);
	size_t room = codec->bound(state, block);
	AUTO_FREE unsigned char *plain = xmalloc(block), *packed = xmalloc(room);
	AUTO_PTR(hasher) diff_id = hasher_new();
	AUTO_PTR(hasher) digest = hasher_new();
	int rc = 0;

	memset(plain, 1, block);
	charge(steps, STEP_READ);
	steps[STEP_READ] = 0;
	for (uint64_t at = 0; !rc && at < layer->length; at += block) {
		uint64_t left = layer->length - at;
		size_t len = left < block ? (size_t)left : block, size;

		rc = range_read(layer, at, plain, len, err);
		charge(steps, STEP_READ);
		hasher_update(diff_id, plain, len);
		charge(steps, STEP_HASH);
		size = codec->compress(state, plain, len, packed, room);
		charge(steps, STEP_COMPRESS);
		hasher_update(digest, packed, size);
		charge(steps, STEP_HASH_STORED);
		if (!rc && pwrite_full(fd, packed, size, *stored) < 0)
			rc = error_set_errno(err, errno, "cannot write");
		*stored += size;
		charge(steps, STEP_WRITE);
	}
	codec->close(state);
	return rc;
}

static int unpack(const struct encoding *encoding, struct range stored, double *steps,
		  struct error *err)
{
	AUTO_FREE char *plain = xmalloc(ENCODER_BLOCK);
	struct byte_source source;
	ssize_t got;

	byte_source_from_range(&source, stored);
	AUTO_PTR(decoder) decoder = decoder_open(encoding->compression, &source, 1, err);
	if (!decoder)
		return -1;
	while ((got = decoder_read(decoder, plain, ENCODER_BLOCK, err)) > 0)
		;
	charge(steps, STEP_INFLATE);
	return got < 0 ? -1 : 0;
}

static int least(const struct encoding *encoding, const struct range *layer, const char *path,
		 struct error *err)
{
	static const char *const names[] = { "read",	    "hash",  "compress",
					     "hash_stored", "write", "inflate" };
	bool gzip = encoding->compression == COMPRESSION_GZIP;
	AUTO_FD fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	double steps[STEPS] = { 0 };
	uint64_t stored = 0;

	if (fd < 0)
		return error_set_errno(err, errno, "%s", path);
	if (pack(gzip ? &gzip_block_codec : &zstd_block_codec, encoding,
		 gzip ? ENCODER_BLOCK : ENCODER_FRAME, layer, fd, &stored, steps, err) < 0 ||
	    unpack(encoding, (struct range){ .fd = fd, .length = stored }, steps, err) < 0)
		return -1;
	for (int i = 0; i < STEPS; i++)
		printf("%s\"%s\": %.6f", i ? ", " : "{", names[i], steps[i]);
	printf("}\n");
	return 0;
}

int main(int argc, char **argv)
{
	bool as_blob = argc == 6 && !strcmp(argv[1], "blob");
	struct error err = ERROR_INIT;
	struct encoding encoding;
	struct range layer;
	int rc;

	if (!as_blob && (argc != 5 || strcmp(argv[1], "floor") != 0)) {
		fputs("usage: codec_bench blob ENCODING THREADS LAYER OUT\n"
		      "       codec_bench floor ENCODING LAYER OUT\n",
		      stderr);
		return 2;
	}
	rc = encoding_parse(&encoding, argv[2], &err);
	if (!rc)
		rc = open_layer(argv[argc - 2], &layer, &err);
	if (!rc && as_blob)
		rc = blob(&encoding, (unsigned)strtoul(argv[3], NULL, 10), &layer, argv[5], &err);
	else if (!rc)
		rc = least(&encoding, &layer, argv[4], &err);
	if (rc < 0)
		fprintf(stderr, "codec_bench: %s\n", err.message);
	return rc < 0;
}
