/* codec.c - the table of compressions and how their streams begin. */
#include "io/codec.h"

struct magic {
	enum compression compression;
	size_t len;
	unsigned char bytes[CODEC_MAGIC_BYTES], mask[CODEC_MAGIC_BYTES];
};

static const struct magic magics[] = {
	{ COMPRESSION_GZIP, 3, { 0x1f, 0x8b, 0x08 }, { 0xff, 0xff, 0xff } },
	{ COMPRESSION_ZSTD, 4, { 0x28, 0xb5, 0x2f, 0xfd }, { 0xff, 0xff, 0xff, 0xff } },
	/* A skippable frame; lz4 has the same (below), but only zstd files begin with one. */
	{ COMPRESSION_ZSTD, 4, { 0x50, 0x2a, 0x4d, 0x18 }, { 0xf0, 0xff, 0xff, 0xff } },
	{ COMPRESSION_XZ,
	  6,
	  { 0xfd, '7', 'z', 'X', 'Z', 0x00 },
	  { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } },
	{ COMPRESSION_BZIP2, 3, { 'B', 'Z', 'h' }, { 0xff, 0xff, 0xff } },
	{ COMPRESSION_LZ4, 4, { 0x04, 0x22, 0x4d, 0x18 }, { 0xff, 0xff, 0xff, 0xff } },
	{ COMPRESSION_LZ4, 4, { 0x50, 0x2a, 0x4d, 0x18 }, { 0xf0, 0xff, 0xff, 0xff } },
};

static bool matches(const struct magic *magic, const unsigned char *head, size_t len)
{
	if (len < magic->len)
		return false;
	for (size_t i = 0; i < magic->len; i++)
		if ((head[i] & magic->mask[i]) != magic->bytes[i])
			return false;
	return true;
}

/* "BZh" is also how a tar may begin whose first member has such a name, so look at the rest:
 * a level and the magic of a block or of the end.  Bytes that are not there cannot object. */
static bool is_bzip2(const unsigned char *head, size_t len)
{
	if (len > 3 && (head[3] < '1' || head[3] > '9'))
		return false;
	if (len > 4 && head[4] != 0x31 && head[4] != 0x17)
		return false;
	return len <= 5 || head[5] == (head[4] == 0x31 ? 0x41 : 0x72);
}

static bool begins(const struct magic *magic, const unsigned char *head, size_t len)
{
	return matches(magic, head, len) &&
	       (magic->compression != COMPRESSION_BZIP2 || is_bzip2(head, len));
}

enum compression codec_probe(const void *head, size_t len)
{
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if (begins(&magics[i], head, len))
			return magics[i].compression;
	return COMPRESSION_NONE;
}

bool codec_goes_on(enum compression compression, const void *head, size_t len)
{
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if (magics[i].compression == compression && begins(&magics[i], head, len))
			return true;
	return false;
}

bool codec_is_cut(enum compression compression, const void *head, size_t len)
{
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		struct magic begin = magics[i];

		if (begin.compression != compression || !len || len >= begin.len)
			continue;
		begin.len = len;
		if (matches(&begin, head, len))
			return true;
	}
	return false;
}

const char *codec_name(enum compression compression)
{
	static const char *const names[] = {
		[COMPRESSION_NONE] = "none",   [COMPRESSION_GZIP] = "gzip",
		[COMPRESSION_ZSTD] = "zstd",   [COMPRESSION_XZ] = "xz",
		[COMPRESSION_BZIP2] = "bzip2", [COMPRESSION_LZ4] = "lz4",
	};

	return names[compression];
}
