/* test_policy_owners.c - which files packages own, by the databases of dpkg, apk, pacman, opkg and
 * rpm; where a database cannot be read, every file is owned. */
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>

#include "policy_forge.h"

#include <cmocka.h>

/* Takes all files of /own that no package lists. */
#define RULE_UNOWNED                                                                               \
	"{\"id\": \"r\", \"action\": \"remove\", \"class\": \"safe\", \"match\": [\"/own/**\"], "  \
	"\"each\": {\"unowned\": true}}"
#define FILES "f own/a,f own/b,f own/d/c,s own/s >/gone,"

struct owner_case {
	const char *name, *layers, *result;
};

static const struct owner_case owner_cases[] = {
	{ "no database", FILES "d x", "rm own/a r; rm own/b r; rm own/d/c r; rm own/s r" },
	{ "dpkg",
	  FILES "f var/lib/dpkg/status =x,f var/lib/dpkg/info/p.list =/.\n/own\n/own/a\n/own/s\n",
	  "rm own/b r; rm own/d/c r" },
	{ "dpkg, through a link",
	  FILES "s way >own,f var/lib/dpkg/status =x,f "
		"var/lib/dpkg/info/p:amd64.list =/way/a\n/way/d\n/way/d/c",
	  "rm own/b r; rm own/s r" },
	{ "dpkg without lists", FILES "f var/lib/dpkg/status =x", "" },
	{ "distroless",
	  FILES "f var/lib/dpkg/status.d/p "
		"=x,f var/lib/dpkg/status.d/p.md5sums "
		"=0123456789abcdef0123456789abcdef**own/a\n",
	  "rm own/b r; rm own/d/c r; rm own/s r" },
	{ "apk", FILES "f lib/apk/db/installed =P:p\nF:own\nR:a\nF:own/d\nR:c\n\n",
	  "rm own/b r; rm own/s r" },
	{ "apk, version 3", FILES "f usr/lib/apk/db/installed =P:p\nF:own\nR:s\nZ:x\n",
	  "rm own/a r; rm own/b r; rm own/d/c r" },
	{ "pacman",
	  FILES "f var/lib/pacman/local/ALPM_DB_VERSION =9,f var/lib/pacman/local/p-1/desc =x,f "
		"var/lib/pacman/local/p-1/files =%FILES%\nown/\nown/b\n\n%BACKUP%\nown/a\n",
	  "rm own/a r; rm own/d/c r; rm own/s r" },
	{ "opkg", FILES "f usr/lib/opkg/status =x,f usr/lib/opkg/info/p.list =/own/a\n/own/b\n",
	  "rm own/d/c r; rm own/s r" },
	{ "an old database of rpm", FILES "f var/lib/rpm/Packages =x", "" },
	{ "portage", FILES "f var/db/pkg/c/p-1/CONTENTS =x", "" },
	{ "a database that is none", FILES "f var/lib/rpm/rpmdb.sqlite =x", "" },
	{ "an empty one", FILES "f var/lib/rpm/rpmdb.sqlite", "" },
};

static void check(struct judged *judged, const char *name, const char *wanted)
{
	AUTO_FREE char *line = judged_line(judged);

	if (strcmp(line, wanted) != 0)
		fail_msg("%s:\n  is        %s\n  should be %s", name, line, wanted);
}

static struct policy *load(void)
{
	AUTO(error) err = ERROR_INIT;
	struct policy *policy = forge_policy(RULE_UNOWNED, NULL, NULL, NULL, &err);

	if (!policy)
		fail_msg("%s", err.message);
	return policy;
}

static void test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(owner_cases) / sizeof(owner_cases[0]); i++) {
		AUTO(judged) judged;
		assert_int_equal(judge_text(&judged, load(), owner_cases[i].layers, NULL), 0);
		check(&judged, owner_cases[i].name, owner_cases[i].result);
	}
}

/* --- rpm ------------------------------------------------------------------------------------- */

static void put_number(struct strbuf *out, uint32_t value)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		strbuf_addch(out, (char)(value >> shift));
}

static void put_tag(struct strbuf *index, uint32_t tag, uint32_t type, size_t offset,
		    uint32_t count)
{
	put_number(index, tag);
	put_number(index, type);
	put_number(index, (uint32_t)offset);
	put_number(index, count);
}

/* The header of a package: names and the number of the directory of each. */
static void put_header(struct strbuf *out, const char *const *folders, const char *const *names,
		       const uint32_t *indexes, uint32_t wrong_count)
{
	AUTO(strbuf) index = STRBUF_INIT;
	AUTO(strbuf) data = STRBUF_INIT;
	uint32_t files = 0, places = 0;

	while (names[files])
		files++;
	put_tag(&index, 1000, 6, 0, 1);
	strbuf_add(&data, "package\0", 8);
	put_tag(&index, 1116, 4, data.len, files + wrong_count);
	for (uint32_t i = 0; i < files; i++)
		put_number(&data, indexes[i]);
	put_tag(&index, 1117, 8, data.len, files);
	for (uint32_t i = 0; i < files; i++)
		strbuf_add(&data, names[i], strlen(names[i]) + 1);
	size_t at = data.len;
	for (; folders[places]; places++)
		strbuf_add(&data, folders[places], strlen(folders[places]) + 1);
	put_tag(&index, 1118, 8, at, places);
	put_number(out, (uint32_t)(index.len / 16));
	put_number(out, (uint32_t)data.len);
	strbuf_add(out, index.data, index.len);
	strbuf_add(out, data.data, data.len);
}

static void must(sqlite3 *database, int rc)
{
	if (rc != SQLITE_OK && rc != SQLITE_DONE)
		fail_msg("%s", sqlite3_errmsg(database));
}

/* A database with these headers; `schema` makes "Packages". */
static void put_database(struct strbuf *out, const char *schema, const struct strbuf *header,
			 int count)
{
	sqlite3 *database;
	sqlite3_stmt *insert;
	sqlite3_int64 len;

	must(NULL, sqlite3_open(":memory:", &database));
	must(database, sqlite3_exec(database, schema, NULL, NULL, NULL));
	for (int i = 0; i < count; i++) {
		must(database,
		     sqlite3_prepare_v2(database, "INSERT INTO Packages (blob) VALUES (?)", -1,
					&insert, NULL));
		must(database,
		     sqlite3_bind_blob(insert, 1, header->data, (int)header->len, SQLITE_STATIC));
		must(database, sqlite3_step(insert));
		sqlite3_finalize(insert);
	}
	unsigned char *bytes = sqlite3_serialize(database, "main", &len, 0);
	assert_non_null(bytes);
	strbuf_add(out, bytes, (size_t)len);
	sqlite3_free(bytes);
	sqlite3_close(database);
}

static void judge_database(const char *name, const struct strbuf *database, const char *more,
			   const char *wanted)
{
	AUTO(judged) judged;
	AUTO(strbuf) tar = STRBUF_INIT;

	memset(&judged, 0, sizeof(judged));
	judged.policy = load();
	stack_init(&judged.stack, NULL);
	forge_layer(&tar, FILES);
	forge_layer(&tar, more);
	forge_block(&tar, forged("var/lib/rpm/rpmdb.sqlite", '0', database->len));
	forge_body(&tar, database->data, database->len);
	forge_end(&tar);
	stack_add_image(&judged.stack);
	stack_add_layer(&judged.stack, tar.data, tar.len);
	assert_int_equal(judge_stack(&judged, NULL), 0);
	check(&judged, name, wanted);
}

#define TABLE "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)"

static const char *const folders[] = { "/own/", "/own/d/", "/not/there/", NULL };
static const char *const names[] = { "a", "c", "x", NULL };

static void test_rpm(void **state)
{
	static const uint32_t indexes[] = { 0, 1, 2 };
	AUTO(strbuf) header = STRBUF_INIT;
	AUTO(strbuf) database = STRBUF_INIT;

	(void)state;
	put_header(&header, folders, names, indexes, 0);
	put_database(&database, TABLE, &header, 3);
	judge_database("rpm", &database, "", "rm own/b r; rm own/s r");
	judge_database("an empty log", &database, "f var/lib/rpm/rpmdb.sqlite-wal",
		       "rm own/b r; rm own/s r");
	judge_database("a log with something", &database, "f var/lib/rpm/rpmdb.sqlite-wal =x", "");
	/* As rpm leaves it: the log is asked for by two bytes. */
	database.data[18] = database.data[19] = 2;
	judge_database("a database with a log", &database, "", "rm own/b r; rm own/s r");
	strbuf_clear(&database);
	put_database(&database, TABLE, &header, 0);
	judge_database("no packages", &database, "",
		       "rm own/a r; rm own/b r; rm own/d/c r; rm own/s r");
}

static void test_rpm_broken(void **state)
{
	static const uint32_t indexes[] = { 0, 1, 2 }, beyond[] = { 0, 1, 3 };
	AUTO(strbuf) header = STRBUF_INIT;
	AUTO(strbuf) database = STRBUF_INIT;

	(void)state;
	put_header(&header, folders, names, beyond, 0);
	put_database(&database, TABLE, &header, 1);
	judge_database("a directory that is not there", &database, "", "");
	strbuf_clear(&database);
	strbuf_clear(&header);
	put_header(&header, folders, names, indexes, 1);
	put_database(&database, TABLE, &header, 1);
	judge_database("more numbers than names", &database, "", "");
	strbuf_clear(&database);
	header.len -= 5;
	put_database(&database, TABLE, &header, 1);
	judge_database("a header that is cut off", &database, "", "");
	strbuf_clear(&database);
	put_database(&database, "CREATE TABLE t (blob); CREATE VIEW Packages AS SELECT blob FROM t",
		     &header, 0);
	judge_database("a view", &database, "", "");
	strbuf_clear(&database);
	put_database(&database, "CREATE TABLE Other (blob)", &header, 0);
	judge_database("no table", &database, "", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_texts),
					    cmocka_unit_test(test_rpm),
					    cmocka_unit_test(test_rpm_broken) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
