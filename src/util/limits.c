/* limits.c - default bounds and their names. */
#include "util/limits.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "util/strbuf.h"
#include "util/text.h"

#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)
#define TIB ((uint64_t)1 << 40)

/* Above everything that a real image was seen to need, and below what would hurt a machine. */
const struct limits limits_default = {
	.images = 1000,
	.members = 1000000,
	.layers = 1000,
	.entries = 20000000,
	.path_bytes = 64 * KIB,
	.path_depth = 4096,
	.name_bytes = UINT32_MAX,
	.pax_bytes = 4 * MIB,
	.xattr_bytes = 256 * MIB,
	.sparse_chunks = 1000000,
	.sparse_bytes = 64 * GIB,
	.json_bytes = 20 * MIB,
	.layer_bytes = TIB,
	.spool_bytes = 2 * TIB,
};

/* `most`: counts and name offsets are kept in 32 bits, file offsets in 63; what is held in memory
 * as one piece stays below 2 GiB. */
static const struct {
	const char *name;
	size_t offset;
	uint64_t most;
} limit_names[] = {
	{ "images", offsetof(struct limits, images), UINT32_MAX - 1 },
	{ "members", offsetof(struct limits, members), UINT32_MAX - 1 },
	{ "layers", offsetof(struct limits, layers), UINT32_MAX - 1 },
	{ "entries", offsetof(struct limits, entries), UINT32_MAX - 1 },
	{ "path-bytes", offsetof(struct limits, path_bytes), INT32_MAX },
	{ "path-depth", offsetof(struct limits, path_depth), INT32_MAX },
	{ "name-bytes", offsetof(struct limits, name_bytes), UINT32_MAX },
	{ "pax-bytes", offsetof(struct limits, pax_bytes), INT32_MAX },
	{ "xattr-bytes", offsetof(struct limits, xattr_bytes), UINT32_MAX },
	{ "sparse-chunks", offsetof(struct limits, sparse_chunks), UINT32_MAX - 1 },
	{ "sparse-bytes", offsetof(struct limits, sparse_bytes), INT64_MAX },
	{ "json-bytes", offsetof(struct limits, json_bytes), INT32_MAX },
	{ "layer-bytes", offsetof(struct limits, layer_bytes), INT64_MAX },
	{ "spool-bytes", offsetof(struct limits, spool_bytes), INT64_MAX },
};

#define LIMIT_COUNT (sizeof(limit_names) / sizeof(limit_names[0]))

static int unknown(const char *text, struct error *err)
{
	AUTO(strbuf) known = STRBUF_INIT;

	for (size_t i = 0; i < LIMIT_COUNT; i++)
		strbuf_addf(&known, "%s%s", i ? ", " : "", limit_names[i].name);
	return error_set(err, ERR_USAGE, "limit \"%s\" is not NAME=N with one of these names: %s",
			 text, known.data);
}

int limits_parse(struct limits *limits, const char *text, struct error *err)
{
	const char *equals = strchr(text, '=');
	size_t len = equals ? (size_t)(equals - text) : 0;

	for (size_t i = 0; equals && i < LIMIT_COUNT; i++) {
		uint64_t value;

		if (strlen(limit_names[i].name) != len ||
		    memcmp(limit_names[i].name, text, len) != 0)
			continue;
		if (text_parse_size(&value, equals + 1) < 0)
			return error_set(err, ERR_USAGE,
					 "limit \"%s\": the value must be a number such as 4096, "
					 "20MB or 1.5GiB",
					 text);
		if (value > limit_names[i].most)
			return error_set(err, ERR_USAGE, "limit \"%s\": at most %" PRIu64, text,
					 limit_names[i].most);
		*(uint64_t *)(void *)((char *)limits + limit_names[i].offset) = value;
		return 0;
	}
	return unknown(text, err);
}
