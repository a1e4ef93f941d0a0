/* words.c - what several formats of the report say alike. */
#include "words.h"

#include <string.h>

const char *report_percent(char out[TEXT_SIZE_MAX], uint64_t before, uint64_t after)
{
	double change = before ? 100.0 * ((double)after - (double)before) / (double)before : 0;

	snprintf(out, TEXT_SIZE_MAX, "%+.1f %%", change);
	return out;
}

const char *report_size(char out[TEXT_SIZE_MAX], int64_t bytes)
{
	char size[TEXT_SIZE_MAX];

	text_size(size, (uint64_t)(bytes < 0 ? -bytes : bytes));
	/* The longest has nine characters. */
	snprintf(out, TEXT_SIZE_MAX, "%s%.16s", bytes < 0 ? "-" : "", size);
	return out;
}

const char *report_count(char out[TEXT_SIZE_MAX + 8], uint64_t number)
{
	char digits[TEXT_SIZE_MAX];
	int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number), at = 0;

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			out[at++] = ',';
		out[at++] = digits[i];
	}
	out[at] = '\0';
	return out;
}

const char *report_step_name(char out[TEXT_SIZE_MAX], const struct report_step *step)
{
	if (step->layer == UINT32_MAX)
		snprintf(out, TEXT_SIZE_MAX, "a later layer");
	else if (step->step)
		snprintf(out, TEXT_SIZE_MAX, "step %u", step->step);
	else
		snprintf(out, TEXT_SIZE_MAX, "layer %u", step->layer + 1);
	return out;
}

size_t report_cut(const char *text, size_t limit)
{
	size_t len = strlen(text);

	if (len <= limit)
		return len;
	len = limit;
	while (len && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	return len;
}

const char *report_plural(uint64_t number)
{
	return number == 1 ? "" : "s";
}
