/* ld_cache.c - /etc/ld.so.cache: which file the dynamic linker takes for a library's name.
 *
 * Two forms stand in use: "glibc-ld.so.cache1.1" alone, and the same behind a table of the older
 * "ld.so-1.7.0".  Every number is checked before it is used. */
#include <string.h>

#include "elf_file.h"

#define OLD_MAGIC "ld.so-1.7.0"
#define NEW_MAGIC "glibc-ld.so.cache1.1"
#define OLD_HEAD  16u
#define OLD_ROW	  12u
#define NEW_HEAD  48u
#define NEW_ROW	  24u
#define TEXT_MAX  4096u

static uint32_t word(const char *at, bool big)
{
	const unsigned char *bytes = (const unsigned char *)at;

	return big ? (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
			       bytes[3]
		   : (uint32_t)bytes[3] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[1] << 8 |
			       bytes[0];
}

/* Where the newer table begins, or SIZE_MAX. */
static size_t find_table(const char *text, size_t len)
{
	for (int big = 0; big < 2 && len >= OLD_HEAD && !memcmp(text, OLD_MAGIC, strlen(OLD_MAGIC));
	     big++) {
		uint64_t at = OLD_HEAD + (uint64_t)word(text + 12, big) * OLD_ROW;
		at = (at + 7) & ~(uint64_t)7;
		if (at <= len && len - at >= NEW_HEAD &&
		    !memcmp(text + at, NEW_MAGIC, strlen(NEW_MAGIC)))
			return (size_t)at;
	}
	return len >= NEW_HEAD && !memcmp(text, NEW_MAGIC, strlen(NEW_MAGIC)) ? 0 : SIZE_MAX;
}

static const char *text_at(const char *table, size_t len, uint32_t at)
{
	size_t most = at < len ? len - at : 0;

	if (most > TEXT_MAX)
		most = TEXT_MAX;
	return most && memchr(table + at, '\0', most) && table[at] ? table + at : NULL;
}

bool ld_cache_parse(struct ld_cache *cache, struct strbuf *bytes)
{
	cache->text = *bytes;
	memset(bytes, 0, sizeof(*bytes));
	cache->entries.items = NULL;
	cache->entries.count = cache->entries.room = 0;
	size_t begin = cache->text.data ? find_table(cache->text.data, cache->text.len) : SIZE_MAX;
	if (begin == SIZE_MAX)
		return false;
	const char *table = cache->text.data + begin;
	size_t len = cache->text.len - begin;
	/* The byte order stands in the header since glibc 2.33; before, it is the one that fits. */
	bool big = (table[28] & 3) == 3 ||
		   (uint64_t)word(table + 20, false) * NEW_ROW > len - NEW_HEAD;
	uint64_t count = word(table + 20, big);
	if (count * NEW_ROW > len - NEW_HEAD)
		return false;
	for (uint64_t i = 0; i < count; i++) {
		const char *row = table + NEW_HEAD + i * NEW_ROW;
		struct ld_cache_entry entry = { text_at(table, len, word(row + 4, big)),
						text_at(table, len, word(row + 8, big)) };
		if (entry.name && entry.path)
			vec_push(&cache->entries, entry);
	}
	return true;
}

void ld_cache_release(struct ld_cache *cache)
{
	strbuf_release(&cache->text);
	vec_release(&cache->entries);
}
