/* tar_writer.c - encode tar headers in one canonical form (SEMANTICS.md C.5). */
#include "tar/tar_writer.h"

#include <stdio.h>
#include <string.h>

#include "tar_internal.h"

#define OCTAL_ID_MAX   07777777
#define OCTAL_SIZE_MAX 077777777777LL
#define NAME_BYTES     100
#define PREFIX_BYTES   155

static void put_octal(unsigned char *field, size_t width, uint64_t value)
{
	for (size_t i = width - 1; i-- > 0; value >>= 3)
		field[i] = (unsigned char)('0' + (value & 7));
	field[width - 1] = '\0';
}

/* Where no pax keyword says it, a number too large for octal goes in base-256. */
static void put_number(unsigned char *field, size_t width, uint64_t value, uint64_t octal_max)
{
	if (value <= octal_max) {
		put_octal(field, width, value);
		return;
	}
	memset(field, 0, width);
	for (size_t i = width - 1; i > 0; i--, value >>= 8)
		field[i] = (unsigned char)value;
	field[0] = 0x80;
}

static void seal(unsigned char *block)
{
	memcpy(block + FIELD_MAGIC, "ustar\00000", 8);
	memset(block + FIELD_CHECKSUM, ' ', 8);
	put_octal(block + FIELD_CHECKSUM, 7, tar_block_sum(block));
}

static char type_flag(enum tar_type type)
{
	static const char flags[] = {
		[TAR_FILE] = '0',    [TAR_HARDLINK] = '1', [TAR_SYMLINK] = '2',
		[TAR_CHARDEV] = '3', [TAR_BLOCKDEV] = '4', [TAR_DIR] = '5',
		[TAR_FIFO] = '6',
	};
	return flags[type];
}

/* Where to cut a long name into prefix and name, or 0. */
static size_t split_point(const char *name, size_t len)
{
	for (size_t i = len - 1; i-- > 1;)
		if (name[i] == '/' && i <= PREFIX_BYTES && len - i - 1 <= NAME_BYTES)
			return i;
	return 0;
}

/* "LEN KEY=VALUE\n", where LEN counts its own digits. */
static void pax_record(struct strbuf *out, const char *prefix, struct tar_text key,
		       struct tar_text value)
{
	size_t rest = strlen(prefix) + key.len + value.len + 3, len = rest, digits = 0;

	do {
		len = rest + digits;
		digits = (size_t)snprintf(NULL, 0, "%zu", len);
	} while (rest + digits != len);
	strbuf_addf(out, "%zu %s", len, prefix);
	strbuf_add(out, key.bytes, key.len);
	strbuf_addch(out, '=');
	strbuf_add(out, value.bytes, value.len);
	strbuf_addch(out, '\n');
}

static void pax_text(struct strbuf *out, const char *key, const char *bytes, size_t len)
{
	pax_record(out, "", (struct tar_text){ key, strlen(key) }, (struct tar_text){ bytes, len });
}

static void pax_number(struct strbuf *out, const char *key, uint64_t value)
{
	char text[24];

	pax_text(out, key, text,
		 (size_t)snprintf(text, sizeof(text), "%llu", (unsigned long long)value));
}

static bool mtime_fits(const struct tar_header *header)
{
	return header->mtime >= 0 && header->mtime <= OCTAL_SIZE_MAX && !header->mtime_nsec;
}

static void pax_mtime(struct strbuf *out, const struct tar_header *header)
{
	bool negative = header->mtime < 0;
	uint64_t seconds = negative ? -(uint64_t)header->mtime : (uint64_t)header->mtime;
	uint32_t nsec = header->mtime_nsec;
	char text[40];
	size_t len;

	/* -1.25 is kept as second -2 and nanosecond 750000000. */
	if (negative && nsec) {
		seconds -= 1;
		nsec = 1000000000 - nsec;
	}
	len = (size_t)snprintf(text, sizeof(text), "%s%llu.%09u", negative ? "-" : "",
			       (unsigned long long)seconds, nsec);
	while (text[len - 1] == '0')
		len--;
	if (text[len - 1] == '.')
		len--;
	pax_text(out, "mtime", text, len);
}

static void pax_records(struct strbuf *out, const struct tar_header *header,
			const struct strbuf *name, bool name_fits)
{
	if (!name_fits)
		pax_text(out, "path", name->data, name->len);
	if (header->link.len > NAME_BYTES)
		pax_text(out, "linkpath", header->link.bytes, header->link.len);
	if (header->uid > OCTAL_ID_MAX)
		pax_number(out, "uid", header->uid);
	if (header->gid > OCTAL_ID_MAX)
		pax_number(out, "gid", header->gid);
	if (header->size > (uint64_t)OCTAL_SIZE_MAX)
		pax_number(out, "size", header->size);
	if (!mtime_fits(header))
		pax_mtime(out, header);
	for (size_t i = 0; i < header->xattr_count; i++)
		pax_record(out, "SCHILY.xattr.", header->xattrs[i].name, header->xattrs[i].value);
}

static void add_block(struct strbuf *out, unsigned char *block)
{
	seal(block);
	strbuf_add(out, block, TAR_BLOCK);
}

void tar_encode_member(unsigned char block[TAR_MEMBER_BYTES], const char *name, uint64_t size)
{
	memset(block, 0, TAR_BLOCK);
	memcpy(block, name, strnlen(name, NAME_BYTES));
	put_octal(block + FIELD_MODE, 8, 0644);
	put_octal(block + FIELD_UID, 8, 0);
	put_octal(block + FIELD_GID, 8, 0);
	put_number(block + FIELD_SIZE, 12, size, (uint64_t)OCTAL_SIZE_MAX);
	put_octal(block + FIELD_MTIME, 12, 0);
	block[FIELD_TYPE] = '0';
	seal(block);
}

static void add_extended(struct strbuf *out, const struct tar_header *header,
			 const struct strbuf *records)
{
	unsigned char block[TAR_BLOCK] = { 0 };
	const char *slash =
		header->path.len ? memrchr(header->path.bytes, '/', header->path.len) : NULL;
	const char *base = slash ? slash + 1 : header->path.bytes;
	size_t base_len = header->path.len - (slash ? (size_t)(slash + 1 - header->path.bytes) : 0);
	size_t head = strlen("PaxHeaders.0/");

	memcpy(block, "PaxHeaders.0/", head);
	if (base_len)
		memcpy(block + head, base,
		       base_len < NAME_BYTES - head ? base_len : NAME_BYTES - head);
	put_octal(block + FIELD_MODE, 8, 0644);
	put_octal(block + FIELD_UID, 8, 0);
	put_octal(block + FIELD_GID, 8, 0);
	put_octal(block + FIELD_SIZE, 12, records->len);
	put_octal(block + FIELD_MTIME, 12, 0);
	block[FIELD_TYPE] = 'x';
	add_block(out, block);
	strbuf_add(out, records->data, records->len);
	memset(strbuf_grow(out, tar_padding(records->len)), 0, tar_padding(records->len));
}

void tar_encode_header(struct strbuf *out, const struct tar_header *header)
{
	AUTO(strbuf) name = STRBUF_INIT;
	AUTO(strbuf) records = STRBUF_INIT;
	unsigned char block[TAR_BLOCK] = { 0 };
	size_t split = 0;
	bool fits;

	strbuf_add(&name, header->path.bytes, header->path.len);
	if (header->type == TAR_DIR)
		strbuf_addstr(&name, name.len ? "/" : "./");
	fits = name.len <= NAME_BYTES;
	if (!fits) {
		split = split_point(name.data, name.len);
		fits = split > 0;
	}
	pax_records(&records, header, &name, fits);
	if (records.len)
		add_extended(out, header, &records);

	if (split) {
		memcpy(block + FIELD_PREFIX, name.data, split);
		memcpy(block, name.data + split + 1, name.len - split - 1);
	} else {
		memcpy(block, name.data, name.len < NAME_BYTES ? name.len : NAME_BYTES);
	}
	put_octal(block + FIELD_MODE, 8, header->mode);
	put_octal(block + FIELD_UID, 8, header->uid <= OCTAL_ID_MAX ? header->uid : 0);
	put_octal(block + FIELD_GID, 8, header->gid <= OCTAL_ID_MAX ? header->gid : 0);
	put_octal(block + FIELD_SIZE, 12,
		  header->size <= (uint64_t)OCTAL_SIZE_MAX ? header->size : 0);
	put_octal(block + FIELD_MTIME, 12, mtime_fits(header) ? (uint64_t)header->mtime : 0);
	block[FIELD_TYPE] = (unsigned char)type_flag(header->type);
	if (header->link.len)
		memcpy(block + FIELD_LINK, header->link.bytes,
		       header->link.len < NAME_BYTES ? header->link.len : NAME_BYTES);
	if (header->type == TAR_CHARDEV || header->type == TAR_BLOCKDEV) {
		put_number(block + FIELD_DEVMAJOR, 8, header->dev_major, OCTAL_ID_MAX);
		put_number(block + FIELD_DEVMINOR, 8, header->dev_minor, OCTAL_ID_MAX);
	}
	add_block(out, block);
}
