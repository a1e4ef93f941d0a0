/* tar_number.c - fields of a header block, and names of types. */
#include "tar_internal.h"

#include <string.h>

const char *tar_type_name(enum tar_type type)
{
	static const char *const names[] = {
		[TAR_FILE] = "file",
		[TAR_DIR] = "directory",
		[TAR_SYMLINK] = "symlink",
		[TAR_HARDLINK] = "hard link",
		[TAR_CHARDEV] = "character device",
		[TAR_BLOCKDEV] = "block device",
		[TAR_FIFO] = "fifo",
	};
	return names[type];
}

struct tar_text tar_field_text(const unsigned char *field, size_t width)
{
	return (struct tar_text){ (const char *)field, strnlen((const char *)field, width) };
}

static int base256(int64_t *out, const unsigned char *field, size_t width, const char *what,
		   struct error *err)
{
	bool negative = field[0] & 0x40;
	uint64_t value = negative ? UINT64_MAX : 0;

	for (size_t i = 0; i < width; i++) {
		unsigned char byte = field[i];
		if (i == 0)
			byte = negative ? (unsigned char)(byte | 0x80)
					: (unsigned char)(byte & 0x7f);
		/* Bytes shifted out must be copies of the sign. */
		if ((value >> 56) != (negative ? 0xff : 0))
			return error_set(err, ERR_FORMAT, "%s is too large", what);
		value = value << 8 | byte;
	}
	if (negative != (value >> 63))
		return error_set(err, ERR_FORMAT, "%s is too large", what);
	*out = (int64_t)value;
	return 0;
}

int tar_number(int64_t *out, const unsigned char *field, size_t width, const char *what,
	       struct error *err)
{
	uint64_t value = 0;
	size_t i = 0;

	if (field[0] & 0x80)
		return base256(out, field, width, what, err);
	while (i < width && (field[i] == ' ' || field[i] == '\0'))
		i++;
	for (; i < width && field[i] >= '0' && field[i] <= '7'; i++)
		value = value << 3 | (uint64_t)(field[i] - '0');
	/* Behind the digits: blanks, or anything after a NUL. */
	while (i < width && field[i] == ' ')
		i++;
	if (i < width && field[i] != '\0')
		return error_set(err, ERR_FORMAT, "%s is not a number", what);
	*out = (int64_t)value;
	return 0;
}

bool tar_decimal(int64_t *out, struct tar_text text)
{
	bool negative = text.len && text.bytes[0] == '-';
	uint64_t value = 0;

	if (text.len == (size_t)negative)
		return false;
	for (size_t i = negative; i < text.len; i++) {
		if (text.bytes[i] < '0' || text.bytes[i] > '9')
			return false;
		if (value > (uint64_t)(INT64_MAX - 9) / 10)
			return false;
		value = value * 10 + (uint64_t)(text.bytes[i] - '0');
	}
	*out = negative ? -(int64_t)value : (int64_t)value;
	return true;
}
