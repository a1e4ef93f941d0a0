/* sink_tar.c - an image in one tar archive: regular files only, each blob once. */
#include <errno.h>
#include <string.h>

#include "io/outfile.h"
#include "sink.h"
#include "tar/tar_writer.h"
#include "util/vec.h"

struct tar_sink {
	struct sink base;
	struct outfile *file;
	uint64_t begin; /* of the header of the blob at hand */
	struct VEC(struct digest) blobs;
	char *name; /* for messages */
};

static struct tar_sink *of(struct sink *sink)
{
	return (struct tar_sink *)sink;
}

static struct sink *tar_open(const char *path, uint64_t expected, const struct context *context,
			     struct error *err)
{
	struct outfile *file = outfile_open(path, context, err);
	struct tar_sink *sink;

	if (!file)
		return NULL;
	sink = xcalloc(1, sizeof(*sink));
	sink->base.ops = &sink_tar;
	sink->file = file;
	outfile_expect(file, expected);
	sink->name = xstrdup(path ? path : "standard output");
	return &sink->base;
}

static int tar_write(struct sink *base, const void *data, size_t len, struct error *err)
{
	base->bytes += len;
	return outfile_write(of(base)->file, data, len, err);
}

static int put_zeros(struct sink *base, uint64_t len, struct error *err)
{
	base->bytes += len;
	return outfile_zeros(of(base)->file, len, err);
}

static int tar_blob_begin(struct sink *base, struct error *err)
{
	of(base)->begin = base->bytes;
	return put_zeros(base, TAR_MEMBER_BYTES, err);
}

static int tar_blob_end(struct sink *base, const struct digest *digest, struct error *err)
{
	struct tar_sink *sink = of(base);
	uint64_t size = base->bytes - sink->begin - TAR_MEMBER_BYTES;
	unsigned char block[TAR_MEMBER_BYTES];
	char name[BLOB_NAME_SIZE];

	vec_foreach (known, &sink->blobs)
		if (digest_equal(known, digest)) {
			base->bytes = sink->begin;
			return outfile_truncate(sink->file, sink->begin, err);
		}
	vec_push(&sink->blobs, *digest);
	blob_name(digest, name);
	tar_encode_member(block, name, size);
	if (outfile_rewrite(sink->file, sink->begin, block, sizeof(block), err) < 0)
		return -1;
	return put_zeros(base, tar_padding(size), err);
}

static int tar_member(struct sink *base, const char *name, const char *data, size_t len,
		      struct error *err)
{
	unsigned char block[TAR_MEMBER_BYTES];

	tar_encode_member(block, name, len);
	if (tar_write(base, block, sizeof(block), err) < 0 || tar_write(base, data, len, err) < 0)
		return -1;
	return put_zeros(base, tar_padding(len), err);
}

static int tar_finish(struct sink *base, struct error *err)
{
	return put_zeros(base, TAR_END_BYTES, err) < 0 ? -1 : outfile_flush(of(base)->file, err);
}

static int tar_reopen(const struct sink *base, struct input *input, struct error *err)
{
	const struct tar_sink *sink = (const struct tar_sink *)base;
	struct range range = outfile_range(sink->file);

	memset(input, 0, sizeof(*input));
	input->name = xstrdup(sink->name);
	input->size = input->given_size = range.length;
	input->fd = dup(range.fd);
	if (input->fd < 0)
		return error_set_errno(err, errno, "cannot read back the output");
	return 0;
}

static int tar_commit(struct sink *base, bool sync, struct error *err)
{
	return outfile_commit(of(base)->file, sync, err);
}

static void tar_close(struct sink *base)
{
	struct tar_sink *sink = of(base);

	outfile_close(sink->file);
	vec_release(&sink->blobs);
	free(sink->name);
	free(sink);
}

const struct sink_ops sink_tar = {
	.open = tar_open,
	.blob_begin = tar_blob_begin,
	.write = tar_write,
	.blob_end = tar_blob_end,
	.member = tar_member,
	.finish = tar_finish,
	.reopen = tar_reopen,
	.commit = tar_commit,
	.close = tar_close,
};
