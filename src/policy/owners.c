/* owners.c - which files packages list: dpkg, opkg, apk and pacman, as text files have it, and rpm
 * as SQLite has it.
 *
 * Older databases of rpm and those of portage are not read; in such an image every file counts as
 * owned, and rules for files that nobody owns do nothing. */
#include "owners.h"

/* Of one list; the largest ones seen have a few megabytes. */
#define LIST_MAX (64u << 20)

/* Where lists say their names lie. */
struct owner_reader {
	struct facts *facts;
	path_id folder; /* of the line before */
	struct tar_text folder_text;
};

static void own(struct facts *facts, path_id path)
{
	if (path != PATH_NONE)
		facts->flags[path] |= FACT_OWNED;
}

/* "/usr/bin/x", "usr/bin/x": lists name one folder's files in a row. */
static void own_path(struct owner_reader *in, struct tar_text path)
{
	const struct view *view = &in->facts->view;
	const char *slash;

	while (path.len && path.bytes[path.len - 1] == '/')
		path.len--;
	slash = path.len ? memrchr(path.bytes, '/', path.len) : NULL;
	struct tar_text folder = { path.bytes, slash ? (size_t)(slash - path.bytes) : 0 };
	struct tar_text name = { path.bytes + folder.len + (slash != NULL),
				 path.len - folder.len - (slash != NULL) };
	if (!name.len || (name.len == 1 && name.bytes[0] == '.'))
		return;
	if (!in->folder_text.bytes || folder.len != in->folder_text.len ||
	    memcmp(folder.bytes, in->folder_text.bytes, folder.len) != 0) {
		in->folder_text = folder;
		in->folder = view_walk(view, PATH_ROOT, folder, WALK_FOLLOW, NULL);
	}
	if (in->folder == PATH_NONE)
		return;
	path_id found = paths_find(view_paths(view), in->folder, name);
	own(in->facts, found != PATH_NONE && tree_node(view->tree, found) ? found : PATH_NONE);
}

static bool next_line(struct tar_text *text, struct tar_text *line)
{
	if (!text->len)
		return false;
	const char *end = memchr(text->bytes, '\n', text->len);
	line->bytes = text->bytes;
	line->len = end ? (size_t)(end - text->bytes) : text->len;
	text->bytes += line->len + (end != NULL);
	text->len -= line->len + (end != NULL);
	return true;
}

/* --- formats --------------------------------------------------------------------------------- */

/* One path a line. */
static void read_list(struct owner_reader *in, struct tar_text text)
{
	struct tar_text line;

	while (next_line(&text, &line))
		own_path(in, line);
}

/* "DIGEST  usr/bin/x" */
static void read_sums(struct owner_reader *in, struct tar_text text)
{
	struct tar_text line;

	while (next_line(&text, &line))
		if (line.len > 34)
			own_path(in, (struct tar_text){ line.bytes + 34, line.len - 34 });
}

/* "F:usr/bin" and then "R:x" for its files. */
static void read_apk(struct owner_reader *in, struct tar_text text)
{
	const struct view *view = &in->facts->view;
	path_id folder = PATH_NONE;
	struct tar_text line;

	while (next_line(&text, &line)) {
		struct tar_text value = { line.bytes + 2, line.len - 2 };
		if (line.len < 2 || line.bytes[1] != ':')
			continue;
		if (line.bytes[0] == 'F') {
			folder = view_walk(view, PATH_ROOT, value, WALK_FOLLOW, NULL);
			own(in->facts, folder);
		} else if (line.bytes[0] == 'R' && folder != PATH_NONE) {
			own(in->facts, view_walk(view, folder, value, WALK_NO_FOLLOW, NULL));
		}
	}
}

/* Paths behind "%FILES%", up to an empty line. */
static void read_pacman(struct owner_reader *in, struct tar_text text)
{
	struct tar_text line;
	bool files = false;

	while (next_line(&text, &line)) {
		if (!line.len || line.bytes[0] == '%')
			files = line.len == 7 && !memcmp(line.bytes, "%FILES%", 7);
		else if (files)
			own_path(in, line);
	}
}

/* --- databases ------------------------------------------------------------------------------- */

static bool read_file(struct facts *facts, path_id path,
		      void (*read)(struct owner_reader *in, struct tar_text text))
{
	struct owner_reader in = { .facts = facts, .folder = PATH_NONE };
	AUTO(strbuf) text = STRBUF_INIT;

	if (!view_read(&facts->view, path, LIST_MAX, &text))
		return false;
	read(&in, (struct tar_text){ text.data, text.len });
	return true;
}

static bool has_end(struct tar_text name, const char *end)
{
	size_t len = strlen(end);

	return name.len >= len && !memcmp(name.bytes + name.len - len, end, len);
}

/* Every file of a folder with that end; -1 when one of them cannot be read, else how many. */
static long read_folder(struct facts *facts, const char *folder, const char *end,
			void (*read)(struct owner_reader *in, struct tar_text text))
{
	const struct view *view = &facts->view;
	path_id directory = view_find(view, folder);
	long count = 0;

	if (directory == PATH_NONE || view_type(view, directory) != TAR_DIR)
		return 0;
	for (path_id at = tree_node(view->tree, directory)->child; at != PATH_NONE;
	     at = tree_node(view->tree, at)->next) {
		if (!has_end(paths_name(view_paths(view), at), end))
			continue;
		if (!read_file(facts, at, read))
			return -1;
		count++;
	}
	return count;
}

/* False: there is a database, and it does not say which files are whose. */
static bool read_dpkg(struct facts *facts)
{
	const struct view *view = &facts->view;
	path_id status = view_find(view, "/var/lib/dpkg/status");
	long lists = read_folder(facts, "/var/lib/dpkg/info", ".list", read_list);
	long sums = read_folder(facts, "/var/lib/dpkg/status.d", ".md5sums", read_sums);
	struct range body;

	if (lists < 0 || sums < 0)
		return false;
	return lists || status == PATH_NONE || (view_body(view, status, &body) && !body.length);
}

static bool read_pacman_folders(struct facts *facts)
{
	const struct view *view = &facts->view;
	path_id directory = view_find(view, "/var/lib/pacman/local");

	if (directory == PATH_NONE || view_type(view, directory) != TAR_DIR)
		return true;
	for (path_id at = tree_node(view->tree, directory)->child; at != PATH_NONE;
	     at = tree_node(view->tree, at)->next) {
		path_id files =
			view_type(view, at) == TAR_DIR ? view_child(view, at, "files") : PATH_NONE;
		if (files != PATH_NONE && !read_file(facts, files, read_pacman))
			return false;
	}
	return true;
}

static bool read_all(struct facts *facts)
{
	static const char *const unread[] = {
		"/var/lib/rpm/Packages",
		"/var/lib/rpm/Packages.db",
		"/usr/lib/sysimage/rpm/Packages",
		"/usr/lib/sysimage/rpm/Packages.db",
		"/var/db/pkg",
	};
	static const char *const rpm[] = {
		"/var/lib/rpm/rpmdb.sqlite",
		"/usr/lib/sysimage/rpm/rpmdb.sqlite",
		"/usr/share/rpm/rpmdb.sqlite",
	};
	static const char *const apk[] = { "/lib/apk/db/installed", "/usr/lib/apk/db/installed" };
	const struct view *view = &facts->view;

	for (size_t i = 0; i < sizeof(unread) / sizeof(unread[0]); i++)
		if (view_find(view, unread[i]) != PATH_NONE)
			return false;
	for (size_t i = 0; i < sizeof(rpm) / sizeof(rpm[0]); i++) {
		path_id database = view_find(view, rpm[i]);
		if (database != PATH_NONE && !owners_read_rpm(facts, database))
			return false;
	}
	for (size_t i = 0; i < sizeof(apk) / sizeof(apk[0]); i++) {
		path_id database = view_find(view, apk[i]);
		if (database != PATH_NONE && !read_file(facts, database, read_apk))
			return false;
	}
	return read_dpkg(facts) && read_pacman_folders(facts) &&
	       read_folder(facts, "/usr/lib/opkg/info", ".list", read_list) >= 0;
}

bool facts_owned(struct facts *facts, path_id path)
{
	if (facts->owners == OWNERS_UNKNOWN)
		facts->owners = read_all(facts) ? OWNERS_READ : OWNERS_ALL;
	return facts->owners == OWNERS_ALL || facts_has(facts, path, FACT_OWNED);
}
