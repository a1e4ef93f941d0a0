/* fuzz_decoder.c - any bytes as a compressed stream, found by its magic. */
#include "fuzz_common.h"
#include "io/decoder.h"

#define MOST ((size_t)1 << 20) /* a bomb is read no further */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct range range = forge_file(data, size);
	enum compression compression =
		codec_probe(data, size < CODEC_MAGIC_BYTES ? size : CODEC_MAGIC_BYTES);
	struct byte_source source;
	AUTO(error) err = ERROR_INIT;
	char buf[4096];
	size_t total = 0, step = 1 + size % sizeof(buf);
	ssize_t got = 1;

	must(codec_name(compression) != NULL);
	byte_source_from_range(&source, range);
	AUTO_PTR(decoder) decoder = decoder_open(compression, &source, &err);
	must((decoder == NULL) == (err.code != ERR_NONE));
	while (decoder && got > 0 && total < MOST) {
		got = decoder_read(decoder, buf, step, &err);
		must(got <= (ssize_t)step);
		must((got < 0) == (err.code != ERR_NONE));
		must(got <= 0 || compression != COMPRESSION_NONE ||
		     !memcmp(buf, data + total, (size_t)got));
		total += got > 0 ? (size_t)got : 0;
		must(decoder_consumed(decoder) <= size);
	}
	must(got != 0 || compression != COMPRESSION_NONE || total == size);
	close(range.fd);
	return 0;
}
