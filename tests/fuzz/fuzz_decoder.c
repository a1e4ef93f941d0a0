/* fuzz_decoder.c - any bytes as a compressed stream, found by its magic; threads change nothing. */
#include "fuzz_common.h"
#include "io/decoder.h"
#include "util/xalloc.h"

#define MOST ((size_t)1 << 20) /* a bomb is read no further */

/* What a decoder gave. */
struct outcome {
	unsigned char *bytes;
	size_t total;
	struct error err;
};

static void decode(struct outcome *out, enum compression compression, const struct range *range,
		   unsigned threads)
{
	struct byte_source source;
	size_t step = 1 + range->length % 4096;
	ssize_t got = 1;

	*out = (struct outcome){ .bytes = xmalloc(MOST + step) };
	byte_source_from_range(&source, *range);
	AUTO_PTR(decoder) decoder = decoder_open(compression, &source, threads, &out->err);
	must((decoder == NULL) == (out->err.code != ERR_NONE));
	while (decoder && got > 0 && out->total < MOST) {
		got = decoder_read(decoder, out->bytes + out->total, step, &out->err);
		must(got <= (ssize_t)step);
		must((got < 0) == (out->err.code != ERR_NONE));
		out->total += got > 0 ? (size_t)got : 0;
		must(decoder_consumed(decoder) <= range->length);
	}
	must(got != 0 || compression != COMPRESSION_NONE || out->total == range->length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct range range = forge_file(data, size);
	enum compression compression =
		codec_probe(data, size < CODEC_MAGIC_BYTES ? size : CODEC_MAGIC_BYTES);
	struct outcome one, many;

	must(codec_name(compression) != NULL);
	decode(&one, compression, &range, 1);
	must(compression != COMPRESSION_NONE || !one.total || !memcmp(one.bytes, data, one.total));
	decode(&many, compression, &range, 3);
	must(one.total == many.total && !memcmp(one.bytes, many.bytes, one.total));
	must(one.err.code == many.err.code);
	must(one.err.code == ERR_NONE || !strcmp(one.err.message, many.err.message));
	free(one.bytes);
	free(many.bytes);
	error_release(&one.err);
	error_release(&many.err);
	close(range.fd);
	return 0;
}
