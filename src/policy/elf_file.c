/* elf_file.c - what an ELF file asks the dynamic linker for, read without trust. */
#include "elf_file.h"

#include <string.h>

/* Far above anything a linker writes. */
#define SEGMENTS_MAX   256
#define DYNAMIC_MAX    65536
#define NAME_MAX_BYTES 4096
#define NAMES_MAX      1024

enum { SEGMENT_LOAD = 1, SEGMENT_DYNAMIC = 2, SEGMENT_INTERPRETER = 3 };
enum {
	TAG_END = 0,
	TAG_NEEDED = 1,
	TAG_STRINGS = 5,
	TAG_STRINGS_SIZE = 10,
	TAG_RPATH = 15,
	TAG_RUNPATH = 29
};

struct segment {
	uint32_t type;
	uint64_t offset, address, size;
};

struct elf_reader {
	const struct range *body;
	bool wide, big; /* 64 bits; most significant byte first */
	struct segment segments[SEGMENTS_MAX];
	size_t segment_count;
	uint64_t strings, strings_size; /* of the dynamic section, in the file */
};

static uint64_t number(const unsigned char *at, size_t len, bool big)
{
	uint64_t value = 0;

	for (size_t i = 0; i < len; i++)
		value = value << 8 | at[big ? i : len - 1 - i];
	return value;
}

/* A word of the file's own width. */
static uint64_t word(const struct elf_reader *in, const unsigned char *at)
{
	return number(at, in->wide ? 8 : 4, in->big);
}

static bool read_at(const struct elf_reader *in, uint64_t at, void *out, size_t len)
{
	AUTO(error) unreadable = ERROR_INIT;

	return at <= in->body->length && len <= in->body->length - at &&
	       range_read(in->body, at, out, len, &unreadable) == 0;
}

bool elf_identify(const unsigned char *head, size_t len, unsigned *type, unsigned *machine)
{
	if (len < 20 || memcmp(head, "\177ELF", 4) != 0 || head[4] < 1 || head[4] > 2 ||
	    head[5] < 1 || head[5] > 2)
		return false;
	*type = (unsigned)number(head + 16, 2, head[5] == 2);
	*machine = (unsigned)number(head + 18, 2, head[5] == 2);
	return true;
}

static void read_segments(struct elf_reader *in, const unsigned char *head)
{
	uint64_t at = word(in, head + (in->wide ? 32 : 28));
	size_t size = (size_t)number(head + (in->wide ? 54 : 42), 2, in->big);
	size_t count = (size_t)number(head + (in->wide ? 56 : 44), 2, in->big);
	size_t needed = in->wide ? 56 : 32;
	unsigned char row[56];

	if (size < needed || at > in->body->length)
		return;
	for (size_t i = 0; i < count && in->segment_count < SEGMENTS_MAX; i++) {
		if (!read_at(in, at + i * size, row, needed))
			return;
		in->segments[in->segment_count++] = (struct segment){
			.type = (uint32_t)number(row, 4, in->big),
			.offset = word(in, row + (in->wide ? 8 : 4)),
			.address = word(in, row + (in->wide ? 16 : 8)),
			.size = word(in, row + (in->wide ? 32 : 16)),
		};
	}
}

/* Where an address lies in the file; false when no segment holds it. */
static bool place_of(const struct elf_reader *in, uint64_t address, uint64_t *out)
{
	for (size_t i = 0; i < in->segment_count; i++) {
		const struct segment *segment = &in->segments[i];
		if (segment->type == SEGMENT_LOAD && address >= segment->address &&
		    address - segment->address < segment->size) {
			*out = segment->offset + (address - segment->address);
			return true;
		}
	}
	return false;
}

/* A text that a NUL ends, of at most `most` bytes; NULL when it is none. */
static char *text_at(const struct elf_reader *in, uint64_t at, uint64_t most)
{
	char text[NAME_MAX_BYTES];
	size_t len = sizeof(text);

	if (at > in->body->length)
		return NULL;
	if (len > in->body->length - at)
		len = (size_t)(in->body->length - at);
	if (len > most)
		len = (size_t)most;
	if (!len || !read_at(in, at, text, len) || !memchr(text, '\0', len) || !text[0])
		return NULL;
	return xstrdup(text);
}

struct tag {
	uint64_t kind, value;
};

struct tags VEC(struct tag);

static void read_tags(const struct elf_reader *in, const struct segment *dynamic, struct tags *out)
{
	size_t size = in->wide ? 16 : 8;
	unsigned char row[16];

	for (uint64_t at = 0; at + size <= dynamic->size && out->count < DYNAMIC_MAX; at += size) {
		if (dynamic->offset > in->body->length ||
		    !read_at(in, dynamic->offset + at, row, size))
			return;
		struct tag tag = { word(in, row), word(in, row + size / 2) };
		if (tag.kind == TAG_END)
			return;
		vec_push(out, tag);
	}
}

static void read_dynamic(struct elf_reader *in, const struct segment *dynamic, struct elf_file *out)
{
	struct tags tags = VEC_INIT;
	bool found = false;

	read_tags(in, dynamic, &tags);
	vec_foreach (tag, &tags) {
		if (tag->kind == TAG_STRINGS)
			found = place_of(in, tag->value, &in->strings);
		else if (tag->kind == TAG_STRINGS_SIZE)
			in->strings_size = tag->value;
	}
	vec_foreach (tag, &tags) {
		bool search = tag->kind == TAG_RPATH || tag->kind == TAG_RUNPATH;
		if (!found || tag->value >= in->strings_size ||
		    (!search && tag->kind != TAG_NEEDED) ||
		    out->needed.count + out->search.count >= NAMES_MAX ||
		    in->strings > UINT64_MAX - tag->value)
			continue;
		char *text = text_at(in, in->strings + tag->value, in->strings_size - tag->value);
		if (text && search)
			vec_push(&out->search, text);
		else if (text)
			vec_push(&out->needed, text);
	}
	vec_release(&tags);
}

bool elf_read(const struct range *body, struct elf_file *out)
{
	struct elf_reader in = { .body = body };
	unsigned char head[64] = { 0 };
	size_t len = body->length < sizeof(head) ? (size_t)body->length : sizeof(head);

	memset(out, 0, sizeof(*out));
	if (!read_at(&in, 0, head, len) || !elf_identify(head, len, &out->type, &out->machine))
		return false;
	in.wide = head[4] == 2;
	in.big = head[5] == 2;
	if (len < (in.wide ? 64u : 52u))
		return true;
	read_segments(&in, head);
	for (size_t i = 0; i < in.segment_count; i++) {
		const struct segment *segment = &in.segments[i];
		if (segment->type == SEGMENT_INTERPRETER && !out->interpreter)
			out->interpreter = text_at(&in, segment->offset, segment->size);
		else if (segment->type == SEGMENT_DYNAMIC && !in.strings_size)
			read_dynamic(&in, segment, out);
	}
	return true;
}

void elf_release(struct elf_file *file)
{
	free(file->interpreter);
	file->interpreter = NULL;
	text_set_release(&file->needed);
	text_set_release(&file->search);
}
