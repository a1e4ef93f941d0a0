/* needles.c - many short texts looked for in one pass: by the three bytes at every few places.
 *
 * A text of n bytes that is there covers n - 2 beginnings of three bytes in a row, so that it is
 * enough to look at every (n - 2)th place, n being the shortest.  What three bytes occur in a text
 * at one of its first places is a bit in a table; only where the bit is set are texts compared. */
#include "needles.h"

#include <string.h>

#include "util/xalloc.h"

#define GRAM	   3u
#define STEP_MAX   4u
#define TABLE_BITS 16u

struct gram {
	uint32_t text, offset;
};

struct needles {
	struct VEC(struct tar_text) texts;
	struct VEC(struct gram) grams;
	size_t step; /* 0: there is a text too short for this */
	uint64_t table[(1u << TABLE_BITS) / 64];
};

static uint32_t hash(const char *at)
{
	uint32_t value = (unsigned char)at[0] | (uint32_t)(unsigned char)at[1] << 8 |
			 (uint32_t)(unsigned char)at[2] << 16;

	return (value * 0x9e3779b1u) >> (32 - TABLE_BITS);
}

struct needles *needles_new(const struct tar_text *texts, size_t count)
{
	struct needles *needles = xcalloc(1, sizeof(*needles));
	size_t shortest = SIZE_MAX;

	for (size_t i = 0; i < count; i++) {
		vec_push(&needles->texts, texts[i]);
		if (texts[i].len < shortest)
			shortest = texts[i].len;
	}
	if (shortest < GRAM || !count)
		return needles;
	needles->step = shortest - GRAM + 1 < STEP_MAX ? shortest - GRAM + 1 : STEP_MAX;
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t offset = 0; offset < needles->step; offset++) {
			uint32_t bit = hash(texts[i].bytes + offset);
			needles->table[bit / 64] |= UINT64_C(1) << bit % 64;
			vec_push(&needles->grams, (struct gram){ i, offset });
		}
	return needles;
}

void needles_free(struct needles *needles)
{
	vec_release(&needles->texts);
	vec_release(&needles->grams);
	free(needles);
}

/* The first text that covers the place and begins at or behind `from`. */
static size_t compare(const struct needles *needles, struct tar_text text, size_t at, size_t from)
{
	size_t best = SIZE_MAX;

	vec_foreach (gram, &needles->grams) {
		const struct tar_text *needle = &needles->texts.items[gram->text];
		if (at < from + gram->offset)
			continue;
		size_t begin = at - gram->offset;
		if (begin < best && needle->len <= text.len - begin &&
		    !memcmp(text.bytes + begin, needle->bytes, needle->len))
			best = begin;
	}
	return best;
}

size_t needles_find(const struct needles *needles, struct tar_text text, size_t from)
{
	if (!needles->step)
		return from < text.len && needles->texts.count ? from : SIZE_MAX;
	for (size_t at = from; at + GRAM <= text.len; at += needles->step) {
		uint32_t bit = hash(text.bytes + at);
		if (!(needles->table[bit / 64] >> bit % 64 & 1))
			continue;
		size_t found = compare(needles, text, at, from);
		if (found != SIZE_MAX)
			return found;
	}
	return SIZE_MAX;
}
