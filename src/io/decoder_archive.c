/* decoder_archive.c - xz, bzip2 and lz4 through one filter of libarchive. */
#include "decoder_backend.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>

#include "util/xalloc.h"

struct decoder_archive {
	struct archive *archive;
	struct decoder_input *input;
	struct error source_err; /* set: the source failed, not the format */
	bool is_empty;		 /* a sound stream of no plain bytes */
};

static la_ssize_t give(struct archive *archive, void *arg, const void **bytes)
{
	struct decoder_archive *self = arg;
	struct decoder_input *input = self->input;

	input->pos = input->len;

	ssize_t have = decoder_input_need(input, 1, &self->source_err);

	if (have < 0) {
		archive_set_error(archive, EIO, "source");
		return ARCHIVE_FATAL;
	}
	*bytes = input->bytes + input->pos;
	return have;
}

static int filter_code(enum compression compression)
{
	if (compression == COMPRESSION_XZ)
		return ARCHIVE_FILTER_XZ;
	return compression == COMPRESSION_BZIP2 ? ARCHIVE_FILTER_BZIP2 : ARCHIVE_FILTER_LZ4;
}

static int failed(struct decoder_archive *self, struct error *err)
{
	const char *text = archive_error_string(self->archive);

	if (self->source_err.code != ERR_NONE)
		return error_move(err, &self->source_err);
	if (archive_errno(self->archive) == ENOMEM)
		return error_set_errno(err, ENOMEM, "cannot decompress");
	return error_set(err, ERR_FORMAT, "damaged, or ends too early (%s)",
			 text ? text : "no details");
}

/* The filter is appended, not offered: offered filters are tried again on what they produce.  The
 * empty format takes a stream of no plain bytes, which the raw format refuses, and also one that
 * fails at its first byte, which only the error number tells. */
static int start(struct decoder_archive *self, enum compression compression, struct error *err)
{
	struct archive *archive = self->archive;
	struct archive_entry *entry;

	if (archive_read_support_format_raw(archive) != ARCHIVE_OK ||
	    archive_read_support_format_empty(archive) != ARCHIVE_OK ||
	    archive_read_append_filter(archive, filter_code(compression)) != ARCHIVE_OK)
		return error_set(err, ERR_UNSUPPORTED, "this libarchive cannot read %s",
				 codec_name(compression));
	if (archive_read_open(archive, self, NULL, give, NULL) != ARCHIVE_OK ||
	    archive_errno(archive) != 0)
		return failed(self, err);

	int rc = archive_read_next_header(archive, &entry);

	if (rc != ARCHIVE_OK && rc != ARCHIVE_EOF)
		return failed(self, err);
	self->is_empty = rc == ARCHIVE_EOF;
	/* Less than a header is ignored as if it stood behind another stream. */
	if (self->is_empty && archive_filter_bytes(archive, -1) <= 0)
		return error_set(err, ERR_FORMAT, "ends too early");
	return 0;
}

struct decoder_archive *decoder_archive_open(enum compression compression,
					     struct decoder_input *input, struct error *err)
{
	struct decoder_archive *self = xcalloc(1, sizeof(*self));

	self->input = input;
	self->archive = archive_read_new();
	if (!self->archive)
		error_set_errno(err, ENOMEM, "libarchive cannot start");
	else if (start(self, compression, err) == 0)
		return self;
	decoder_archive_close(self);
	return NULL;
}

/* Behind the last stream libarchive stops; its count of what it used tells where. */
static void give_back_rest(struct decoder_archive *self)
{
	int64_t used = archive_filter_bytes(self->archive, -1);
	uint64_t rest = self->input->consumed - (uint64_t)used;

	if (used >= 0 && rest <= self->input->len)
		self->input->pos = self->input->len - (size_t)rest;
}

ssize_t decoder_archive_read(struct decoder_archive *self, void *buf, size_t len, struct error *err)
{
	la_ssize_t got = self->is_empty ? 0 : archive_read_data(self->archive, buf, len);

	if (got < 0)
		return failed(self, err);
	if (got == 0 && len)
		give_back_rest(self);
	return (ssize_t)got;
}

void decoder_archive_close(struct decoder_archive *self)
{
	if (!self)
		return;
	archive_read_free(self->archive);
	error_release(&self->source_err);
	free(self);
}
