/* plan_order.c - the order of regular files in a rebuilt layer (DESIGN.md ruling 12).
 *
 * What compresses well together stands together: files of one type, of about one size, of like
 * names.  Everything else keeps its place and comes before them, so that directories still precede
 * what they hold.  The order follows from names and sizes alone: a layer that is in it already
 * comes out as it went in. */
#include <string.h>

#include "plan_internal.h"

/* What a regular file is sorted by. */
struct sort_key {
	struct tar_text name, type; /* type: a part of the name */
	uint64_t size;
	unsigned magnitude; /* of the size */
	size_t folder;	    /* place of its directory in path order */
	size_t record;	    /* place of its own */
};

struct sort_keys VEC(struct sort_key);

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

static bool is_number(struct tar_text text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!is_digit(text.bytes[i]))
			return false;
	return true;
}

/* "so" of "libc.so.6", "gz" of "ls.1.gz", "py" of "a.py", "" of "README" and ".profile". */
static struct tar_text type_of_name(struct tar_text name)
{
	size_t end = name.len;

	for (size_t i = name.len; i-- > 1;) {
		struct tar_text part = { name.bytes + i + 1, end - i - 1 };
		if (name.bytes[i] != '.')
			continue;
		if (!is_number(part))
			return part;
		end = i;
	}
	return (struct tar_text){ name.bytes, 0 };
}

/* Pairs of powers of two: files that differ little in size stay near each other. */
static unsigned magnitude_of(uint64_t size)
{
	unsigned bits = 0;

	for (; size; size >>= 1)
		bits++;
	return bits / 2;
}

/* A number counts as one sign, so that a file's versions and siblings are neighbours. */
static int next_sign(struct tar_text name, size_t *at)
{
	if (*at >= name.len)
		return -1;
	if (!is_digit(name.bytes[*at]))
		return (unsigned char)name.bytes[(*at)++];
	while (*at < name.len && is_digit(name.bytes[*at]))
		++*at;
	return '0';
}

static int compare_stems(struct tar_text a, struct tar_text b)
{
	size_t left = 0, right = 0;
	int x, y;

	do {
		x = next_sign(a, &left);
		y = next_sign(b, &right);
	} while (x == y && x >= 0);
	return x - y;
}

static int compare_types(const void *a, const void *b)
{
	const struct sort_key *left = a, *right = b;
	int order = path_name_compare(left->type, right->type);

	return order ? order : (left->record > right->record) - (left->record < right->record);
}

static int compare_similar(const void *a, const void *b)
{
	const struct sort_key *left = a, *right = b;
	int order = path_name_compare(left->type, right->type);

	if (!order)
		order = (left->magnitude > right->magnitude) - (left->magnitude < right->magnitude);
	if (!order)
		order = compare_stems(left->name, right->name);
	if (!order)
		order = (left->size < right->size) - (left->size > right->size);
	return order ? order : (left->record > right->record) - (left->record < right->record);
}

/* What belongs together lies in one directory; a compressor that sees the whole layer gains by that
 * more than by the company of other files of a type.  In a directory, by type and size. */
static int compare_folders(const void *a, const void *b)
{
	const struct sort_key *left = a, *right = b;
	int order = (left->folder > right->folder) - (left->folder < right->folder);

	if (!order)
		order = path_name_compare(left->type, right->type);
	if (!order)
		order = (left->size < right->size) - (left->size > right->size);
	return order ? order : (left->record > right->record) - (left->record < right->record);
}

static bool is_marker(const struct record *record)
{
	return record->link == RECORD_WHITEOUT || record->link == RECORD_OPAQUE;
}

static bool is_file(const struct plan *plan, const struct record *record)
{
	return !is_marker(record) && record->meta != SLOT_NONE &&
	       chain_entry(plan->chain, record->body)->type == TAR_FILE;
}

/* What is noted of a path: of a directory its place, of a file that carries a body in path order
 * what becomes of the names it has. */
struct place {
	size_t folder;
	uint32_t kind;	 /* RECORD_BODY or RECORD_EMPTY */
	path_id carrier; /* in the new order; PATH_NONE: not met yet */
};

static path_id group_of(const struct record *record)
{
	return record->link < RECORD_EMPTY ? record->link : record->path;
}

/* Gather the keys of regular files and move all other records to the front. */
static void collect(struct plan *plan, size_t begin, struct sort_keys *keys, struct record *files,
		    struct place *places)
{
	const struct paths *paths = plan->names->paths;
	size_t at = begin;

	for (size_t i = begin; i < plan->records.count; i++) {
		const struct record record = plan->records.items[i];
		struct sort_key key = { .record = keys->count };

		if (!is_file(plan, &record)) {
			plan->records.items[at++] = record;
			places[record.path].folder = at;
			continue;
		}
		if (record.link >= RECORD_EMPTY)
			places[record.path] = (struct place){ 0, record.link, PATH_NONE };
		key.folder = places[paths_parent(paths, record.path)].folder;
		key.name = paths_name(paths, record.path);
		key.type = type_of_name(key.name);
		if (places[group_of(&record)].kind == RECORD_BODY)
			key.size = chain_entry(plan->chain, record.body)->size;
		key.magnitude = magnitude_of(key.size);
		files[keys->count] = record;
		vec_push(keys, key);
	}
}

/* The first name of a group in the new order carries the body, the others link to it. */
static struct record carried(const struct record *file, struct place *group)
{
	struct record record = *file;

	record.link = group->carrier == PATH_NONE ? group->kind : group->carrier;
	if (group->carrier == PATH_NONE)
		group->carrier = record.path;
	return record;
}

void plan_order_records(struct plan *plan, size_t begin)
{
	static int (*const compare[])(const void *, const void *) = {
		[ORDER_TYPE] = compare_types,
		[ORDER_SIMILAR] = compare_similar,
		[ORDER_FOLDER] = compare_folders,
	};
	size_t count = plan->records.count - begin, paths = paths_count(plan->names->paths);
	AUTO_FREE struct record *files = xreallocarray(NULL, count + 1, sizeof(*files));
	AUTO_FREE struct place *places = xcalloc(paths + 1, sizeof(*places));
	struct sort_keys keys = VEC_INIT;
	struct record *out;

	if (plan->options.order == ORDER_PATH)
		return;
	collect(plan, begin, &keys, files, places);
	if (keys.count)
		qsort(keys.items, keys.count, sizeof(keys.items[0]), compare[plan->options.order]);
	out = &plan->records.items[plan->records.count - keys.count];
	for (size_t i = 0; i < keys.count; i++) {
		const struct record *file = &files[keys.items[i].record];
		out[i] = carried(file, &places[group_of(file)]);
	}
	vec_release(&keys);
}

static bool same_place(const struct record *record, const struct entry *entry)
{
	return record->path == entry->path &&
	       (record->link < RECORD_EMPTY) == (entry->type == TAR_HARDLINK);
}

/* Markers are left out: one that hides what it should may have another form or place. */
bool plan_order_holds(const struct plan *plan, const struct layer_index *index, size_t begin)
{
	size_t at = begin, end = plan->records.count;

	if (plan->options.order == ORDER_PATH)
		return true;
	vec_foreach (entry, &index->entries) {
		if (entry->kind != ENTRY_NORMAL)
			continue;
		while (at < end && is_marker(&plan->records.items[at]))
			at++;
		if (at == end || !same_place(&plan->records.items[at++], entry))
			return false;
	}
	while (at < end && is_marker(&plan->records.items[at]))
		at++;
	return at == end;
}
