/* decoder.c - inflate a stream: members one behind the other, padding, and what trails them. */
#include "io/decoder.h"

#include <inttypes.h>
#include <string.h>

#include "decoder_ahead.h"
#include "util/xalloc.h"

#define INPUT_BYTES ((size_t)256 << 10)

struct decoder {
	enum compression compression;
	struct decoder_input input;
	const struct decoder_format *format; /* NULL: no compression */
	void *state;
	struct decoder_ahead *ahead; /* NULL: one member at a time */
	bool in_member, in_ahead, at_end, trailing;
};

ssize_t decoder_input_need(struct decoder_input *input, size_t want, struct error *err)
{
	while (input->len - input->pos < want && !input->at_end) {
		if (input->pos) {
			memmove(input->bytes, input->bytes + input->pos, input->len - input->pos);
			input->len -= input->pos;
			input->pos = 0;
		}

		ssize_t got = byte_source_read(input->source, input->bytes + input->len,
					       INPUT_BYTES - input->len, err);

		if (got < 0)
			return -1;
		input->at_end = got == 0;
		input->len += (size_t)got;
		input->consumed += (uint64_t)got;
	}
	return (ssize_t)(input->len - input->pos);
}

void decoder_input_unread(struct decoder_input *input, const unsigned char *bytes, size_t len)
{
	size_t unused = input->len - input->pos;

	if (len > input->pos) {
		size_t room = len + unused < INPUT_BYTES ? INPUT_BYTES : len + unused;
		unsigned char *larger = xmalloc(room);

		memcpy(larger + len, input->bytes + input->pos, unused);
		free(input->bytes);
		input->bytes = larger;
		input->pos = len;
		input->len = len + unused;
	}
	input->pos -= len;
	memcpy(input->bytes + input->pos, bytes, len);
}

uint64_t decoder_input_offset(const struct decoder_input *input)
{
	return input->consumed - (input->len - input->pos);
}

static const struct decoder_format *find_format(enum compression compression)
{
	static const struct decoder_format *const formats[] = {
		&decoder_gzip, &decoder_zstd, &decoder_xz, &decoder_bzip2, &decoder_lz4,
	};

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (formats[i]->compression == compression)
			return formats[i];
	return NULL;
}

struct decoder *decoder_open(enum compression compression, struct byte_source *source,
			     unsigned threads, struct error *err)
{
	AUTO_PTR(decoder) decoder = xcalloc(1, sizeof(*decoder));

	decoder->compression = compression;
	decoder->input.source = source;
	decoder->format = find_format(compression);
	if (!decoder->format)
		return STEAL(decoder);
	decoder->input.bytes = xmalloc(INPUT_BYTES);
	if (decoder->format->measure && threads > 1)
		decoder->ahead = decoder_ahead_new(decoder->format, threads);
	decoder->state = decoder->format->open(err);
	return decoder->state ? STEAL(decoder) : NULL;
}

static int ends_early(const struct decoder *decoder, struct error *err)
{
	return error_set(err, ERR_FORMAT,
			 "%s stream ends too early, after %" PRIu64
			 " bytes; the file is incomplete, fetch or save it again",
			 codec_name(decoder->compression), decoder_input_offset(&decoder->input));
}

/* Zeros are padding; the first other byte is enough to know. */
static int skip_padding(struct decoder *decoder, struct error *err)
{
	struct decoder_input *input = &decoder->input;

	for (;;) {
		ssize_t have = decoder_input_need(input, 1, err);

		if (have <= 0)
			return (int)have;
		while (input->pos < input->len && input->bytes[input->pos] == 0)
			input->pos++;
		if (input->pos < input->len) {
			decoder->trailing = true;
			return 0;
		}
	}
}

/* Between members: begin the next one, or find the end. */
static int next_member(struct decoder *decoder, struct error *err)
{
	struct decoder_input *input = &decoder->input;
	ssize_t have = decoder_input_need(input, CODEC_MAGIC_BYTES, err);

	if (have < 0)
		return -1;

	const unsigned char *head = input->bytes + input->pos;

	if (codec_goes_on(decoder->compression, head, (size_t)have)) {
		if (decoder->ahead && decoder_ahead_begin(decoder->ahead, input)) {
			decoder->in_ahead = true;
			return 0;
		}
		decoder->format->restart(decoder->state);
		decoder->in_member = true;
		return 0;
	}
	/* A stream of no bytes at all has lost its first member. */
	if (input->consumed == 0 || codec_is_cut(decoder->compression, head, (size_t)have))
		return ends_early(decoder, err);
	if (decoder_input_offset(input) == 0)
		return error_set(err, ERR_FORMAT, "not a %s stream",
				 codec_name(decoder->compression));
	decoder->at_end = true;
	return skip_padding(decoder, err);
}

/* What was decoded ahead, until there is no more of it. */
static void read_ahead(struct decoder *decoder, unsigned char *out, size_t len, size_t *done)
{
	size_t got = decoder_ahead_read(decoder->ahead, &decoder->input, out + *done, len - *done);

	*done += got;
	decoder->in_ahead = got > 0;
}

/* One step inside a member. */
static int decode(struct decoder *decoder, unsigned char *out, size_t len, size_t *done,
		  struct error *err)
{
	struct decoder_input *input = &decoder->input;
	ssize_t have = decoder_input_need(input, 1, err);

	if (have < 0)
		return -1;

	size_t pos_before = input->pos, done_before = *done;
	enum decoder_step step = decoder->format->step(decoder->state, input, out, len, done, err);

	if (step == DECODER_FAILED)
		return error_wrap(err, "%s stream, near stored byte %" PRIu64,
				  codec_name(decoder->compression), decoder_input_offset(input));
	if (step == DECODER_MEMBER_END) {
		decoder->in_member = false;
		return 0;
	}
	if (input->pos != pos_before || *done != done_before)
		return 0;
	if (have == 0)
		return ends_early(decoder, err);
	/* Input and room, and still no step forward: not to be tried for ever. */
	return error_set(err, ERR_FORMAT, "%s stream is damaged, near stored byte %" PRIu64,
			 codec_name(decoder->compression), decoder_input_offset(input));
}

static ssize_t read_plain(struct decoder *decoder, char *buf, size_t len, struct error *err)
{
	size_t done = 0;

	while (done < len) {
		ssize_t got = byte_source_read(decoder->input.source, buf + done, len - done, err);

		if (got < 0)
			return -1;
		if (got == 0)
			break;
		done += (size_t)got;
		decoder->input.consumed += (uint64_t)got;
	}
	return (ssize_t)done;
}

ssize_t decoder_read(struct decoder *decoder, void *buf, size_t len, struct error *err)
{
	size_t done = 0;

	if (decoder->compression == COMPRESSION_NONE)
		return read_plain(decoder, buf, len, err);
	while (done < len && !decoder->at_end) {
		if (decoder->in_ahead) {
			read_ahead(decoder, buf, len, &done);
			continue;
		}

		int rc = decoder->in_member ? decode(decoder, buf, len, &done, err)
					    : next_member(decoder, err);

		if (rc < 0)
			return -1;
	}
	return (ssize_t)done;
}

bool decoder_has_trailing_bytes(const struct decoder *decoder)
{
	return decoder->trailing;
}

uint64_t decoder_consumed(const struct decoder *decoder)
{
	return decoder->input.consumed;
}

void decoder_close(struct decoder *decoder)
{
	if (!decoder)
		return;
	if (decoder->state)
		decoder->format->close(decoder->state);
	if (decoder->ahead)
		decoder_ahead_free(decoder->ahead);
	free(decoder->input.bytes);
	free(decoder);
}
