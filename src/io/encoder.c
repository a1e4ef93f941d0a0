/* encoder.c - how encodings are written on the command line, and the choice of the format. */
#include "io/encoder.h"

#include <string.h>

#include "encoder_backend.h"
#include "util/xalloc.h"

struct encoder {
	const struct encoder_format *format;
	void *state;
	struct encoder_sink sink;
};

static const struct encoder_format *const formats[] = { &encoder_gzip, &encoder_zstd };

#define FORMAT_COUNT (sizeof(formats) / sizeof(formats[0]))

/* The number before `end`, from 1 to max; 0 when it is none. */
static int parse_level(const char *text, const char *end, int max)
{
	int level = 0;

	for (const char *c = text; c < end; c++) {
		if (*c < '0' || *c > '9')
			return 0;
		level = level * 10 + (*c - '0');
		if (level > max)
			return 0;
	}
	return level;
}

/* ":LEVEL" or ":LEVEL,long" behind the name of a format. */
static int parse_options(struct encoding *out, const char *text,
			 const struct encoder_format *format)
{
	if (*text == '\0')
		return 0;
	if (*text != ':')
		return -1;

	const char *level = text + 1, *end = strchrnul(level, ',');

	if (*end && (out->compression != COMPRESSION_ZSTD || strcmp(end, ",long") != 0))
		return -1;
	out->level = parse_level(level, end, format->max_level);
	out->long_window = *end != '\0';
	return out->level ? 0 : -1;
}

int encoding_parse(struct encoding *out, const char *text, struct error *err)
{
	struct encoding parsed = { .compression = COMPRESSION_NONE };

	if (strcmp(text, codec_name(COMPRESSION_NONE)) == 0) {
		*out = parsed;
		return 0;
	}
	for (size_t i = 0; i < FORMAT_COUNT; i++) {
		const char *name = codec_name(formats[i]->compression);

		parsed.compression = formats[i]->compression;
		if (strncmp(text, name, strlen(name)) == 0 &&
		    parse_options(&parsed, text + strlen(name), formats[i]) == 0) {
			*out = parsed;
			return 0;
		}
	}
	return error_set(err, ERR_USAGE,
			 "compression \"%s\" is none of: none, gzip[:1-%d], zstd[:1-%d[,long]]",
			 text, encoder_gzip.max_level, encoder_zstd.max_level);
}

struct encoder *encoder_open(const struct encoding *encoding, unsigned threads, encoder_emit emit,
			     void *arg, struct error *err)
{
	AUTO_PTR(encoder) encoder = xcalloc(1, sizeof(*encoder));
	struct encoding exact = *encoding;

	encoder->sink = (struct encoder_sink){ .emit = emit, .arg = arg };
	for (size_t i = 0; i < FORMAT_COUNT; i++)
		if (formats[i]->compression == encoding->compression)
			encoder->format = formats[i];
	if (!encoder->format) {
		error_set(err, ERR_UNSUPPORTED, "%s cannot be written, only read",
			  codec_name(encoding->compression));
		return NULL;
	}
	if (exact.level == 0)
		exact.level = encoder->format->default_level;
	encoder->state = encoder->format->open(&exact, threads ? threads : 1, err);
	return encoder->state ? STEAL(encoder) : NULL;
}

int encoder_room(struct encoder *encoder, struct encoder_room *out, struct error *err)
{
	return encoder->format->room(encoder->state, &encoder->sink, out, err);
}

int encoder_advance(struct encoder *encoder, size_t len, struct error *err)
{
	return encoder->format->advance(encoder->state, &encoder->sink, len, err);
}

bool encoder_keeps_output(const struct encoder *encoder)
{
	return encoder->format->keeps_output(encoder->state);
}

int encoder_finish(struct encoder *encoder, struct error *err)
{
	return encoder->format->finish(encoder->state, &encoder->sink, err);
}

void encoder_close(struct encoder *encoder)
{
	if (!encoder)
		return;
	if (encoder->state)
		encoder->format->close(encoder->state);
	free(encoder);
}
