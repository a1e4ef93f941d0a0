/* tar_forge.h - tar archives byte by byte, for tests: knows nothing of src/tar, so that the reader
 * and the writer are not judged by themselves. */
#ifndef TESTS_TAR_FORGE_H
#define TESTS_TAR_FORGE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "io/range.h"
#include "util/strbuf.h"
#include "util/xalloc.h"

/* One header block, every field free to be spoilt before forge_block() seals it. */
struct forged_header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100];
	char magic[8], uname[32], gname[32], major[8], minor[8], prefix[155], tail[12];
};

_Static_assert(sizeof(struct forged_header) == 512, "a header is one block");

static inline void forge_text(char *field, size_t width, const char *text)
{
	size_t len = strlen(text);

	memcpy(field, text, len < width ? len : width);
}

static inline void forge_octal(char *field, size_t width, uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%0*llo", (int)width - 1, (unsigned long long)value);
	forge_text(field, width, text);
}

/* Two's complement with the first bit set: what GNU tar and Go write for large numbers. */
static inline void forge_base256(char *field, size_t width, int64_t value)
{
	for (size_t i = width; i-- > 0; value >>= 8)
		field[i] = (char)(value & 0xff);
	field[0] = (char)(field[0] | 0x80);
}

static inline struct forged_header forged(const char *name, char type, uint64_t size)
{
	struct forged_header header;

	memset(&header, 0, sizeof(header));
	forge_text(header.name, sizeof(header.name), name);
	forge_octal(header.mode, 8, type == '5' ? 0755 : 0644);
	forge_octal(header.uid, 8, 0);
	forge_octal(header.gid, 8, 0);
	forge_octal(header.size, 12, size);
	forge_octal(header.mtime, 12, 1000);
	header.type = type;
	memcpy(header.magic,
	       "ustar\0"
	       "00",
	       8);
	return header;
}

/* Append the block with a right checksum; `with_sign`: summed as signed bytes, as old tars did. */
static inline void forge_block_sum(struct strbuf *out, struct forged_header header, int with_sign)
{
	const char *bytes = (const char *)&header;
	int sum = 0;

	memset(header.checksum, ' ', 8);
	for (size_t i = 0; i < sizeof(header); i++)
		sum += with_sign ? (signed char)bytes[i] : (unsigned char)bytes[i];
	snprintf(header.checksum, 8, "%06o", (unsigned)sum & 0777777);
	strbuf_add(out, bytes, sizeof(header));
}

static inline void forge_block(struct strbuf *out, struct forged_header header)
{
	forge_block_sum(out, header, 0);
}

static inline void forge_zeros(struct strbuf *out, size_t len)
{
	if (len)
		memset(strbuf_grow(out, len), 0, len);
}

static inline void forge_body(struct strbuf *out, const void *bytes, size_t len)
{
	if (len)
		strbuf_add(out, bytes, len);
	forge_zeros(out, (512 - len % 512) % 512);
}

static inline void forge_end(struct strbuf *out)
{
	forge_zeros(out, 1024);
}

/* A header of type x, g, L or K with its body. */
static inline void forge_extension(struct strbuf *out, char type, const void *bytes, size_t len)
{
	forge_block(out, forged("@ext", type, len));
	forge_body(out, bytes, len);
}

/* Append "LEN KEY=VALUE\n" to pax records. */
static inline void forge_record(struct strbuf *out, const char *key, const void *value, size_t len)
{
	size_t rest = strlen(key) + len + 3, total = rest + 1;
	char text[32];

	while (rest + (size_t)snprintf(text, sizeof(text), "%zu", total) != total)
		total++;
	strbuf_addf(out, "%s %s=", text, key);
	if (len)
		strbuf_add(out, value, len);
	strbuf_addch(out, '\n');
}

static inline void forge_record_text(struct strbuf *out, const char *key, const char *value)
{
	forge_record(out, key, value, strlen(value));
}

/* A pax header with one record. */
static inline void forge_pax(struct strbuf *out, const char *key, const char *value)
{
	AUTO(strbuf) records = STRBUF_INIT;

	forge_record_text(&records, key, value);
	forge_extension(out, 'x', records.data, records.len);
}

/* An unlinked file with these bytes; the descriptor is the caller's to close. */
static inline struct range forge_file(const void *bytes, size_t len)
{
	struct range range = { .fd = memfd_create("forged", MFD_CLOEXEC), .length = len };
	size_t done = 0;

	while (range.fd >= 0 && done < len) {
		ssize_t put = write(range.fd, (const char *)bytes + done, len - done);
		if (put <= 0)
			abort();
		done += (size_t)put;
	}
	if (range.fd < 0)
		abort();
	return range;
}

#endif
