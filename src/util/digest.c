/* digest.c - digests as values and as text. */
#include "util/digest.h"

#include <string.h>

#include "util/text.h"
#include "util/xalloc.h"

#define PREFIX	   "sha256:"
#define PREFIX_LEN (sizeof(PREFIX) - 1)
#define HEX_LEN	   ((size_t)DIGEST_HEX_SIZE - 1)

/* Longest part of a wrong digest that a message repeats. */
#define QUOTE_MAX 100

void digest_of(struct digest *out, const void *data, size_t len)
{
	AUTO_PTR(hasher) hasher = hasher_new();

	hasher_update(hasher, data, len);
	hasher_finish(hasher, out);
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

bool digest_from_hex(struct digest *out, const char *hex, size_t len)
{
	struct digest parsed;

	if (len != HEX_LEN)
		return false;
	for (size_t i = 0; i < DIGEST_BYTES; i++) {
		int high = hex_value(hex[2 * i]), low = hex_value(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		parsed.bytes[i] = (uint8_t)(high << 4 | low);
	}
	*out = parsed;
	return true;
}

int digest_parse(struct digest *out, const char *text, struct error *err)
{
	static const char *const others[] = { "sha512:", "blake3:" };
	size_t len = strlen(text);

	if (len > PREFIX_LEN && memcmp(text, PREFIX, PREFIX_LEN) == 0 &&
	    digest_from_hex(out, text + PREFIX_LEN, len - PREFIX_LEN))
		return 0;

	AUTO_FREE char *quoted = text_escaped(text, strnlen(text, QUOTE_MAX));

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strncmp(text, others[i], strlen(others[i])) == 0)
			return error_set(err, ERR_UNSUPPORTED,
					 "digest \"%s\": only sha256 is supported", quoted);
	return error_set(err, ERR_FORMAT,
			 "\"%s\" is no digest: \"sha256:\" and 64 lower-case hex digits expected",
			 quoted);
}

void digest_hex(const struct digest *digest, char out[DIGEST_HEX_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < DIGEST_BYTES; i++) {
		out[2 * i] = digits[digest->bytes[i] >> 4];
		out[2 * i + 1] = digits[digest->bytes[i] & 15];
	}
	out[HEX_LEN] = '\0';
}

void digest_text(const struct digest *digest, char out[DIGEST_TEXT_SIZE])
{
	memcpy(out, PREFIX, PREFIX_LEN);
	digest_hex(digest, out + PREFIX_LEN);
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
	return digest_compare(a, b) == 0;
}

int digest_compare(const struct digest *a, const struct digest *b)
{
	return memcmp(a->bytes, b->bytes, DIGEST_BYTES);
}

void digest_chain_id(struct digest *out, const struct digest *parent, const struct digest *diff_id)
{
	char text[2 * DIGEST_TEXT_SIZE];

	if (!parent) {
		*out = *diff_id;
		return;
	}
	/* The separating blank takes the place of the first NUL. */
	digest_text(parent, text);
	text[DIGEST_TEXT_SIZE - 1] = ' ';
	digest_text(diff_id, text + DIGEST_TEXT_SIZE);
	digest_of(out, text, sizeof(text) - 1);
}
