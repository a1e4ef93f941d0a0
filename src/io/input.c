/* input.c - what the user named, as plain bytes that can be read at random. */
#include "io/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "io/byte_source.h"
#include "io/codec.h"
#include "io/decoder.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "write_full.h"

#define PEEL_MAX 2
#define PIECE	 ((size_t)1 << 20)

/* One copy of the input on its way into a spool. */
struct unpacking {
	const struct input *input;
	const struct context *context;
	uint64_t spooled; /* by earlier peelings too */
};

static int write_piece(struct unpacking *unpacking, int fd, const void *piece, size_t len,
		       uint64_t at, struct error *err)
{
	uint64_t limit = unpacking->context->limits.spool_bytes;

	if (len > limit || unpacking->spooled > limit - len)
		return error_set(err, ERR_LIMIT,
				 "takes more than %" PRIu64
				 " bytes of temporary files; --limit spool-bytes=N allows more",
				 limit);
	if (pwrite_full(fd, piece, len, at) < 0)
		return error_set_errno(err, errno,
				       "cannot write to a temporary file; set TMPDIR to a folder "
				       "with more room");
	unpacking->spooled += len;
	return 0;
}

/* Everything that the decoder gives; its length. */
static int drain(struct unpacking *unpacking, struct decoder *decoder, int fd, uint64_t *size,
		 struct error *err)
{
	AUTO_FREE char *piece = xmalloc(PIECE);
	uint64_t told = 0;
	ssize_t got;

	*size = 0;
	while ((got = decoder_read(decoder, piece, PIECE, err)) > 0) {
		if (write_piece(unpacking, fd, piece, (size_t)got, *size, err) < 0)
			return -1;
		*size += (uint64_t)got;
		progress_add(unpacking->context->progress, decoder_consumed(decoder) - told);
		told = decoder_consumed(decoder);
	}
	return got < 0 ? -1 : 0;
}

/* Unpacks `source` into a new spool, which becomes *fd and *size.  *taken: stored bytes. */
static int spool(struct unpacking *unpacking, enum compression compression,
		 struct byte_source *source, int *fd, uint64_t *size, uint64_t *taken,
		 struct error *err)
{
	const struct context *context = unpacking->context;
	AUTO_PTR(decoder) decoder = decoder_open(compression, source, context->threads, err);

	if (!decoder)
		return -1;

	AUTO_FD to = spool_create(context->spool_dir, err);

	if (to < 0 || drain(unpacking, decoder, to, size, err) < 0)
		return -1;
	if (decoder_has_trailing_bytes(decoder))
		warnings_add(context->warnings, WARN_TRAILING_BYTES, "%s: behind the %s stream",
			     unpacking->input->name, codec_name(compression));
	*taken = decoder_consumed(decoder);
	*fd = to;
	to = -1;
	return 0;
}

static int probe(struct byte_source *source, enum compression *found, struct error *err)
{
	unsigned char head[CODEC_MAGIC_BYTES];
	ssize_t len = byte_source_peek(source, head, sizeof(head), err);

	if (len < 0)
		return -1;
	*found = codec_probe(head, (size_t)len);
	return 0;
}

/* Makes the spool `fd` what the input is read from. */
static void replace_fd(struct input *input, int fd, uint64_t size)
{
	close(input->fd);
	input->fd = fd;
	input->size = size;
}

/* input->fd is a file whose plain or packed bytes are its whole content. */
static int peel_file(struct unpacking *unpacking, struct input *input, struct error *err)
{
	while (input->peeled < PEEL_MAX) {
		struct byte_source source;
		enum compression compression;
		uint64_t size, taken;
		int fd;

		byte_source_from_range(
			&source,
			(struct range){ .fd = input->fd, .offset = 0, .length = input->size });
		if (probe(&source, &compression, err) < 0)
			return -1;
		if (compression == COMPRESSION_NONE)
			return 0;
		progress_begin(unpacking->context->progress, "unpacking", input->size);
		if (spool(unpacking, compression, &source, &fd, &size, &taken, err) < 0)
			return -1;
		replace_fd(input, fd, size);
		input->peeled++;
	}
	return 0;
}

/* What cannot be read at random goes into a spool, unpacked on the way. */
static int take_stream(struct unpacking *unpacking, struct input *input, struct byte_source *source,
		       uint64_t size_known, struct error *err)
{
	enum compression compression;
	uint64_t size;
	int fd;

	if (probe(source, &compression, err) < 0)
		return -1;
	progress_begin(unpacking->context->progress,
		       compression == COMPRESSION_NONE ? "reading" : "unpacking", size_known);
	if (spool(unpacking, compression, source, &fd, &size, &input->given_size, err) < 0)
		return -1;
	replace_fd(input, fd, size);
	input->peeled = compression != COMPRESSION_NONE;
	return 0;
}

static int open_descriptor(struct input *input, const char *path, struct error *err)
{
	input->fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
			 : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (input->fd < 0)
		return error_set_errno(err, errno, "cannot open");
	return 0;
}

static int open_regular(struct unpacking *unpacking, struct input *input, const struct stat *st,
			struct error *err)
{
	off_t start = lseek(input->fd, 0, SEEK_CUR);
	struct byte_source source;

	if (start < 0)
		return error_set_errno(err, errno, "cannot read");
	posix_fadvise(input->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	if (start == 0) {
		input->given_size = input->size = (uint64_t)st->st_size;
		return peel_file(unpacking, input, err);
	}
	/* Somebody has read the first part of standard input. */
	uint64_t left = st->st_size > start ? (uint64_t)(st->st_size - start) : 0;

	byte_source_from_range(
		&source,
		(struct range){ .fd = input->fd, .offset = (uint64_t)start, .length = left });
	if (take_stream(unpacking, input, &source, left, err) < 0)
		return -1;
	return peel_file(unpacking, input, err);
}

static int open_any(struct input *input, const char *path, const struct context *context,
		    struct error *err)
{
	struct unpacking unpacking = { .input = input, .context = context };
	struct byte_source source;
	struct stat st;

	if (open_descriptor(input, path, err) < 0)
		return -1;
	if (fstat(input->fd, &st) < 0)
		return error_set_errno(err, errno, "cannot read");
	input->dev = st.st_dev;
	input->ino = st.st_ino;
	if (S_ISDIR(st.st_mode)) {
		input->is_directory = true;
		return 0;
	}
	if (S_ISREG(st.st_mode))
		return open_regular(&unpacking, input, &st, err);
	byte_source_from_stream(&source, input->fd);
	if (take_stream(&unpacking, input, &source, 0, err) < 0)
		return -1;
	return peel_file(&unpacking, input, err);
}

int input_open(struct input *input, const char *path, const struct context *context,
	       struct error *err)
{
	if (path && strcmp(path, "-") == 0)
		path = NULL;
	*input = (struct input){
		.name = path ? text_escaped(path, strlen(path)) : xstrdup("standard input"),
		.fd = -1,
	};
	if (open_any(input, path, context, err) == 0)
		return 0;
	error_wrap(err, "%s", input->name);
	input_close(input);
	return -1;
}

void input_close(struct input *input)
{
	if (input->fd >= 0)
		close(input->fd);
	free(input->name);
	*input = (struct input){ .fd = -1 };
}
