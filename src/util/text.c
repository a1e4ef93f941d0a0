/* text.c - escaping of arbitrary bytes, and sizes for people. */
#include "util/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Length of the well-formed UTF-8 sequence that begins at `s`, or 0 (RFC 3629, table in section 4:
 * no surrogates, nothing overlong, nothing beyond U+10FFFF). */
static size_t utf8_length(const unsigned char *s, size_t len)
{
	static const struct {
		unsigned char first_low, first_high, second_low, second_high;
		size_t length;
	} forms[] = {
		{ 0x00, 0x7f, 0x00, 0x00, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (s[0] < forms[i].first_low || s[0] > forms[i].first_high)
			continue;
		if (forms[i].length > len)
			return 0;
		if (forms[i].length > 1 &&
		    (s[1] < forms[i].second_low || s[1] > forms[i].second_high))
			return 0;
		for (size_t k = 2; k < forms[i].length; k++)
			if (s[k] < 0x80 || s[k] > 0xbf)
				return 0;
		return forms[i].length;
	}
	return 0;
}

static uint32_t code_point(const unsigned char *s, size_t length)
{
	static const unsigned char heads[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t code = s[0] & heads[length];

	for (size_t i = 1; i < length; i++)
		code = code << 6 | (s[i] & 0x3f);
	return code;
}

/* Not for readers to see, but for programs to obey: terminals take U+0080 to U+009F for commands,
 * too, marks of direction put the text around them in another order, and the last two of each
 * plane are no characters at all. */
static bool is_control(const unsigned char *s, size_t length)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0x0000, 0x001f }, { 0x007f, 0x009f }, { 0x061c, 0x061c }, { 0x200e, 0x200f },
		{ 0x2028, 0x202e }, { 0x2066, 0x2069 }, { 0xfdd0, 0xfdef },
	};
	uint32_t code = code_point(s, length);

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	return (code & 0xfffe) == 0xfffe;
}

void text_escape(struct strbuf *out, const char *bytes, size_t len)
{
	const unsigned char *s = (const unsigned char *)bytes;

	/* Even an empty string is a string. */
	strbuf_add(out, "", 0);
	for (size_t i = 0; i < len;) {
		size_t length = utf8_length(s + i, len - i);

		if (length == 0 || is_control(s + i, length)) {
			strbuf_addf(out, "\\x%02x", s[i]);
			i++;
			/* The other bytes of a control are invalid on their own. */
			continue;
		}
		if (s[i] == '\\')
			strbuf_addch(out, '\\');
		strbuf_add(out, bytes + i, length);
		i += length;
	}
}

char *text_escaped(const char *bytes, size_t len)
{
	struct strbuf out = STRBUF_INIT;

	text_escape(&out, bytes, len);
	return strbuf_detach(&out);
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that the escape behind a backslash stands for; *text moves behind it.  -1 if none. */
static int unescape_one(const char **text)
{
	const char *s = *text;

	if (s[0] == '\\') {
		*text += 1;
		return '\\';
	}
	if (s[0] != 'x' || hex_value(s[1]) < 0 || hex_value(s[2]) < 0)
		return -1;
	*text += 3;
	return hex_value(s[1]) << 4 | hex_value(s[2]);
}

int text_unescape(struct strbuf *out, const char *text)
{
	AUTO(strbuf) plain = STRBUF_INIT;
	AUTO(strbuf) again = STRBUF_INIT;
	const char *s = text;

	strbuf_add(&plain, "", 0);
	while (*s) {
		int byte = (unsigned char)*s++;

		if (byte == '\\')
			byte = unescape_one(&s);
		if (byte < 0)
			return -1;
		strbuf_addch(&plain, (char)byte);
	}
	/* One spelling for each byte string: "\x41" is not how an A is written. */
	text_escape(&again, plain.data, plain.len);
	if (strcmp(again.data, text) != 0)
		return -1;
	strbuf_add(out, plain.data, plain.len);
	return 0;
}

/* value / step, rounded to the nearest. */
static uint64_t round_to(uint64_t value, uint64_t step)
{
	return value / step + (value % step >= step - step / 2);
}

const char *text_size(char out[TEXT_SIZE_MAX], uint64_t bytes)
{
	static const char *const units[] = { "kB", "MB", "GB", "TB", "PB", "EB" };
	uint64_t unit = 1000;
	size_t i = 0;

	if (bytes < 1000) {
		snprintf(out, TEXT_SIZE_MAX, "%u B", (unsigned)bytes);
		return out;
	}
	/* Rounding may lift a number into the next unit: 999999 is 1.00 MB. */
	while (i + 1 < sizeof(units) / sizeof(units[0]) && round_to(bytes, unit) >= 1000) {
		unit *= 1000;
		i++;
	}

	unsigned hundredths = (unsigned)round_to(bytes, unit / 100);
	unsigned tenths = (unsigned)round_to(bytes, unit / 10);

	if (hundredths < 1000)
		snprintf(out, TEXT_SIZE_MAX, "%u.%02u %s", hundredths / 100, hundredths % 100,
			 units[i]);
	else if (tenths < 1000)
		snprintf(out, TEXT_SIZE_MAX, "%u.%u %s", tenths / 10, tenths % 10, units[i]);
	else
		snprintf(out, TEXT_SIZE_MAX, "%u %s", (unsigned)round_to(bytes, unit), units[i]);
	return out;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Bytes in one of the unit that `text` names ("", "B", "k", "kB", "KiB", ...), or 0. */
static uint64_t unit_value(const char *text)
{
	static const char prefixes[] = "KMGTPE";
	uint64_t decimal = 1000, binary = 1024;

	if (text[0] == '\0' || strcmp(text, "B") == 0)
		return 1;

	char letter = text[0] == 'k' ? 'K' : text[0];

	for (const char *p = prefixes; *p; p++, decimal *= 1000, binary *= 1024) {
		if (letter != *p)
			continue;
		if (text[1] == '\0' || strcmp(text + 1, "B") == 0)
			return decimal;
		return strcmp(text + 1, "i") == 0 || strcmp(text + 1, "iB") == 0 ? binary : 0;
	}
	return 0;
}

int text_parse_size(uint64_t *out, const char *text)
{
	const char *s = text, *fraction = NULL, *fraction_end = NULL;
	uint64_t whole = 0, part = 0, unit;

	if (!is_digit(*s))
		return -1;
	for (; is_digit(*s); s++)
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, (uint64_t)(*s - '0'), &whole))
			return -1;
	if (*s == '.') {
		fraction = ++s;
		while (is_digit(*s))
			s++;
		fraction_end = s;
		if (fraction == fraction_end)
			return -1;
	}
	/* "20 MB", but not "20 ". */
	if (s[0] == ' ' && s[1] != '\0')
		s++;
	unit = unit_value(s);
	if (unit == 0 || (fraction && unit == 1))
		return -1;
	/* From the last digit: every division rounds down, and so does the sum.  Tenths of the
	 * largest unit are small enough to be multiplied by a digit. */
	for (const char *digit = fraction_end; digit && digit > fraction; digit--)
		part = ((uint64_t)(digit[-1] - '0') * unit + part) / 10;
	if (__builtin_mul_overflow(whole, unit, &whole) ||
	    __builtin_add_overflow(whole, part, &whole))
		return -1;
	*out = whole;
	return 0;
}
