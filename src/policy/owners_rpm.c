/* owners_rpm.c - which files rpm's packages list, from an rpmdb.sqlite.
 *
 * The database is read from a copy in memory; nothing is ever written, and what a hostile one asks
 * SQLite to do is bounded.  A package is a header: an index of tags, then their values.  A file's
 * name is that of its directory, by number, and its own. */
#include <sqlite3.h>

#include "owners.h"

#define DATABASE_MAX (512u << 20)
#define STEPS_EACH   1000000 /* of SQLite's machine, between two calls of give_up() */
#define ROUNDS_MAX   2000

#define TAG_DIRINDEXES 1116u
#define TAG_BASENAMES  1117u
#define TAG_DIRNAMES   1118u
#define TAGS_MAX       65536u

enum { TYPE_INT32 = 4, TYPE_STRING_ARRAY = 8 };

/* --- headers --------------------------------------------------------------------------------- */

struct header {
	const unsigned char *index, *data;
	uint32_t tags, data_len;
};

/* Values of a tag: `at` moves from one to the next. */
struct values {
	const unsigned char *at, *end;
	uint32_t count;
};

static uint32_t number(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static bool open_header(const unsigned char *bytes, size_t len, struct header *out)
{
	if (len < 8)
		return false;
	*out = (struct header){ .tags = number(bytes), .data_len = number(bytes + 4) };
	if (out->tags > TAGS_MAX || (uint64_t)out->tags * 16 + out->data_len > len - 8)
		return false;
	out->index = bytes + 8;
	out->data = out->index + (size_t)out->tags * 16;
	return true;
}

/* False when there is no such tag, or none of that type. */
static bool find_tag(const struct header *header, uint32_t tag, uint32_t type, struct values *out)
{
	for (uint32_t i = 0; i < header->tags; i++) {
		const unsigned char *entry = header->index + (size_t)i * 16;
		uint32_t offset = number(entry + 8);
		if (number(entry) != tag)
			continue;
		*out = (struct values){ header->data + offset, header->data + header->data_len,
					number(entry + 12) };
		return number(entry + 4) == type && offset <= header->data_len;
	}
	return false;
}

static bool next_text(struct values *in, struct tar_text *out)
{
	const unsigned char *end =
		in->at < in->end ? memchr(in->at, 0, (size_t)(in->end - in->at)) : NULL;

	if (!in->count || !end)
		return false;
	in->count--;
	*out = (struct tar_text){ (const char *)in->at, (size_t)(end - in->at) };
	in->at = end + 1;
	return true;
}

static bool next_number(struct values *in, uint32_t *out)
{
	if (!in->count || in->end - in->at < 4)
		return false;
	in->count--;
	*out = number(in->at);
	in->at += 4;
	return true;
}

bool owners_read_rpm_header(struct facts *facts, const unsigned char *bytes, size_t len)
{
	const struct view *view = &facts->view;
	struct values names, folders, indexes;
	struct VEC(path_id) places = VEC_INIT;
	struct header header;
	struct tar_text text;
	uint32_t index;
	bool whole = open_header(bytes, len, &header);

	if (!whole || !find_tag(&header, TAG_BASENAMES, TYPE_STRING_ARRAY, &names))
		return whole;
	whole = find_tag(&header, TAG_DIRNAMES, TYPE_STRING_ARRAY, &folders) &&
		find_tag(&header, TAG_DIRINDEXES, TYPE_INT32, &indexes) &&
		names.count == indexes.count;
	while (whole && folders.count) {
		whole = next_text(&folders, &text);
		if (whole)
			vec_push(&places, view_walk(view, PATH_ROOT, text, WALK_FOLLOW, NULL));
	}
	while (whole && names.count) {
		whole = next_text(&names, &text) && next_number(&indexes, &index) &&
			index < places.count;
		if (!whole || places.items[index] == PATH_NONE)
			continue;
		path_id path = paths_find(view_paths(view), places.items[index], text);
		if (path != PATH_NONE && tree_node(view->tree, path))
			facts->flags[path] |= FACT_OWNED;
	}
	vec_release(&places);
	return whole;
}

/* --- the database ---------------------------------------------------------------------------- */

static int give_up(void *rounds)
{
	return ++*(unsigned *)rounds > ROUNDS_MAX;
}

/* A view by that name could make SQLite work for ever. */
static bool is_table(sqlite3 *database)
{
	sqlite3_stmt *query = NULL;
	bool found = sqlite3_prepare_v2(database,
					"SELECT 1 FROM sqlite_master WHERE name = 'Packages' AND "
					"type = 'table' AND sql NOT LIKE '%VIRTUAL%'",
					-1, &query, NULL) == SQLITE_OK &&
		     sqlite3_step(query) == SQLITE_ROW;

	sqlite3_finalize(query);
	return found;
}

static bool read_packages(struct facts *facts, sqlite3 *database)
{
	sqlite3_stmt *query = NULL;
	int rc = sqlite3_prepare_v2(database, "SELECT blob FROM Packages", -1, &query, NULL);
	bool whole = rc == SQLITE_OK;

	while (whole && (rc = sqlite3_step(query)) == SQLITE_ROW) {
		const unsigned char *bytes = sqlite3_column_blob(query, 0);
		int len = sqlite3_column_bytes(query, 0);
		whole = bytes && owners_read_rpm_header(facts, bytes, (size_t)len);
	}
	sqlite3_finalize(query);
	return whole && rc == SQLITE_DONE;
}

/* A copy that does not ask for a log beside it: a log that holds anything is refused before. */
static bool read_copy(struct facts *facts, struct strbuf *copy)
{
	sqlite3 *database = NULL;
	unsigned rounds = 0;
	bool whole = false;

	if (copy->len > 20 && copy->data[18] == 2 && copy->data[19] == 2)
		copy->data[18] = copy->data[19] = 1;
	if (sqlite3_open_v2(":memory:", &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY,
			    NULL) == SQLITE_OK &&
	    sqlite3_deserialize(database, "main", (unsigned char *)copy->data,
				(sqlite3_int64)copy->len, (sqlite3_int64)copy->len,
				SQLITE_DESERIALIZE_READONLY) == SQLITE_OK) {
		sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
		sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
		sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
		sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
		sqlite3_progress_handler(database, STEPS_EACH, give_up, &rounds);
		whole = is_table(database) && read_packages(facts, database);
	}
	sqlite3_close(database);
	return whole;
}

bool owners_read_rpm(struct facts *facts, path_id database)
{
	const struct view *view = &facts->view;
	path_id log =
		view_child(view, paths_parent(view_paths(view), database), "rpmdb.sqlite-wal");
	AUTO(strbuf) copy = STRBUF_INIT;
	struct range body;

	if (log != PATH_NONE && (!view_body(view, log, &body) || body.length))
		return false;
	return view_read(view, database, DATABASE_MAX, &copy) && copy.len &&
	       read_copy(facts, &copy);
}
