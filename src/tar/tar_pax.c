/* tar_pax.c - records of a pax extended header: "LEN KEY=VALUE\n". */
#include "tar_internal.h"

#include <string.h>

void tar_pax_clear(struct tar_pax *pax)
{
	struct tar_xattrs xattrs = pax->xattrs;
	struct tar_chunks chunks = pax->chunks;

	memset(pax, 0, sizeof(*pax));
	pax->xattrs = xattrs;
	pax->chunks = chunks;
	pax->xattrs.count = 0;
	pax->chunks.count = 0;
}

void tar_pax_release(struct tar_pax *pax)
{
	vec_release(&pax->xattrs);
	vec_release(&pax->chunks);
}

/* "-1.25" -> second -2, nanosecond 750000000.  Digits beyond nanoseconds are cut off. */
static bool pax_time(struct tar_pax *pax, struct tar_text value)
{
	const char *dot = memchr(value.bytes, '.', value.len);
	struct tar_text whole = { value.bytes, dot ? (size_t)(dot - value.bytes) : value.len };
	uint32_t nsec = 0, scale = 100000000;

	if (!tar_decimal(&pax->mtime, whole))
		return false;
	for (const char *p = dot ? dot + 1 : NULL; p && p < value.bytes + value.len; p++) {
		if (*p < '0' || *p > '9')
			return false;
		nsec += (uint32_t)(*p - '0') * scale;
		scale /= 10;
	}
	if (nsec && value.bytes[0] == '-') {
		pax->mtime -= 1;
		nsec = 1000000000 - nsec;
	}
	pax->mtime_nsec = nsec;
	return true;
}

/* By name, then by place in the header. */
static int compare_xattrs(const void *left, const void *right)
{
	const struct tar_xattr *a = left, *b = right;
	size_t common = a->name.len < b->name.len ? a->name.len : b->name.len;
	int order = memcmp(a->name.bytes, b->name.bytes, common);

	if (order)
		return order;
	if (a->name.len != b->name.len)
		return a->name.len < b->name.len ? -1 : 1;
	return a->value.bytes < b->value.bytes ? -1 : 1;
}

/* Canonical order; the last value of a name wins, and an empty one deletes it. */
static void settle_xattrs(struct tar_xattrs *xattrs)
{
	size_t kept = 0;

	if (xattrs->count > 1)
		qsort(xattrs->items, xattrs->count, sizeof(xattrs->items[0]), compare_xattrs);
	for (size_t i = 0; i < xattrs->count; i++) {
		struct tar_xattr *item = &xattrs->items[i];
		bool superseded = i + 1 < xattrs->count && item[1].name.len == item->name.len &&
				  !memcmp(item[1].name.bytes, item->name.bytes, item->name.len);
		if (!superseded && item->value.len)
			xattrs->items[kept++] = *item;
	}
	xattrs->count = kept;
}

static bool set_number(int64_t *out, bool *given, struct tar_text value)
{
	*given = value.len > 0;
	return !value.len || tar_decimal(out, value);
}

/* GNU.sparse.*; false when a number is none. */
static bool set_sparse(struct tar_pax *pax, const char *key, struct tar_text value)
{
	int64_t number = 0;

	if (!strcmp(key, "name")) {
		pax->sparse_name = value;
		return true;
	}
	if (!strcmp(key, "map")) {
		pax->sparse_map = value;
		return true;
	}
	if (!tar_decimal(&number, value) || number < 0)
		return strcmp(key, "numblocks") == 0;
	if (!strcmp(key, "major"))
		pax->sparse_v1 = number == 1;
	else if (!strcmp(key, "size") || !strcmp(key, "realsize")) {
		pax->sparse_size = (uint64_t)number;
		pax->has_sparse_size = true;
	} else if (!strcmp(key, "offset")) {
		vec_push(&pax->chunks, (struct tar_chunk){ (uint64_t)number, UINT64_MAX });
	} else if (!strcmp(key, "numbytes")) {
		if (!pax->chunks.count ||
		    pax->chunks.items[pax->chunks.count - 1].length != UINT64_MAX)
			return false;
		pax->chunks.items[pax->chunks.count - 1].length = (uint64_t)number;
	}
	return true;
}

static bool key_is(struct tar_text key, const char *name)
{
	return key.len == strlen(name) && !memcmp(key.bytes, name, key.len);
}

static bool key_begins(struct tar_text key, const char *head)
{
	return key.len > strlen(head) && !memcmp(key.bytes, head, strlen(head));
}

static int record(struct tar_pax *pax, struct tar_text key, struct tar_text value,
		  struct error *err)
{
	bool good = true;

	if (key_is(key, "path") || key_is(key, "linkpath")) {
		if (memchr(value.bytes, 0, value.len))
			return error_set(err, ERR_FORMAT,
					 "NUL byte in a name of an extended header");
		*(key.bytes[0] == 'p' ? &pax->path : &pax->link) = value;
	} else if (key_is(key, "uid")) {
		good = set_number(&pax->uid, &pax->has_uid, value);
	} else if (key_is(key, "gid")) {
		good = set_number(&pax->gid, &pax->has_gid, value);
	} else if (key_is(key, "size")) {
		good = set_number(&pax->size, &pax->has_size, value);
	} else if (key_is(key, "mtime")) {
		pax->has_mtime = value.len > 0;
		good = !value.len || pax_time(pax, value);
	} else if (key_begins(key, "SCHILY.xattr.")) {
		vec_push(&pax->xattrs,
			 (struct tar_xattr){ { key.bytes + 13, key.len - 13 }, value });
	} else if (key_begins(key, "SCHILY.acl.")) {
		pax->has_acl = true;
	} else if (key_begins(key, "GNU.sparse.") && key.len < 32) {
		char name[32] = { 0 };
		memcpy(name, key.bytes + 11, key.len - 11);
		good = set_sparse(pax, name, value);
	}
	if (!good)
		return error_set(err, ERR_FORMAT, "extended header: %.*s is not a number",
				 (int)(key.len < 64 ? key.len : 64), key.bytes);
	return 0;
}

int tar_pax_parse(struct tar_pax *pax, const char *body, size_t len, struct error *err)
{
	const char *end = body + len;

	while (body < end) {
		const char *p = body;
		size_t length = 0;

		while (p < end && *p >= '0' && *p <= '9' && p - body < 12)
			length = length * 10 + (size_t)(*p++ - '0');
		if (p == body || p == end || *p != ' ' || length > (size_t)(end - body) ||
		    length <= (size_t)(p - body) + 2 || body[length - 1] != '\n')
			return error_set(err, ERR_FORMAT, "extended header: broken record");
		p++;
		const char *stop = body + length - 1;
		const char *equals = memchr(p, '=', (size_t)(stop - p));
		if (!equals || equals == p)
			return error_set(err, ERR_FORMAT, "extended header: record without a key");
		struct tar_text key = { p, (size_t)(equals - p) };
		if (memchr(key.bytes, 0, key.len))
			return error_set(err, ERR_FORMAT, "extended header: NUL byte in a key");
		struct tar_text value = { equals + 1, (size_t)(stop - equals - 1) };
		if (record(pax, key, value, err) < 0)
			return -1;
		body += length;
	}
	settle_xattrs(&pax->xattrs);
	return 0;
}
