/* link_guards.c - which files of an image must not share their content with others.
 *
 * By the name alone, by the folder, and by what the config says of it.  Guards of what the file
 * itself is (type, size, mode, owner, attributes) are the planner's business. */
#include "policy/link_guards.h"

#include "facts.h"
#include "image/json.h"

enum guard_place {
	PLACE_TREE,   /* all below this path, symlinks on the way followed */
	PLACE_FOLDER, /* all below a folder of that name, wherever it is */
	PLACE_END,    /* files whose name ends so */
	PLACE_HAS,    /* files whose name has this somewhere */
	PLACE_BESIDE, /* all below the folder that has a file of that name */
};

/* One line a guard; why: */
static const struct guard_row {
	enum guard_place place;
	const char *text;
	enum link_guard guard;
} guard_rows[] = {
	/* State and settings: written by programs and by people, and checked by cron, logrotate
	 * and systemd-tmpfiles for other links. */
	{ PLACE_TREE, "/etc", GUARD_APART },
	{ PLACE_TREE, "/var", GUARD_APART },
	{ PLACE_TREE, "/home", GUARD_APART },
	{ PLACE_TREE, "/root", GUARD_APART },
	{ PLACE_TREE, "/tmp", GUARD_APART },
	{ PLACE_TREE, "/run", GUARD_APART },
	{ PLACE_TREE, "/boot", GUARD_APART },
	{ PLACE_TREE, "/dev", GUARD_APART },
	/* git compares inode data; ssh wants its keys for one name only. */
	{ PLACE_FOLDER, ".git", GUARD_APART },
	{ PLACE_FOLDER, ".ssh", GUARD_APART },
	/* Databases, logs and settings, wherever they are: written in place. */
	{ PLACE_END, ".db", GUARD_APART },
	{ PLACE_END, ".db-wal", GUARD_APART },
	{ PLACE_END, ".db-shm", GUARD_APART },
	{ PLACE_END, ".db-journal", GUARD_APART },
	{ PLACE_HAS, ".sqlite", GUARD_APART },
	{ PLACE_END, ".log", GUARD_APART },
	{ PLACE_END, ".pid", GUARD_APART },
	{ PLACE_END, ".lock", GUARD_APART },
	{ PLACE_END, ".conf", GUARD_APART },
	{ PLACE_END, ".ini", GUARD_APART },
	{ PLACE_END, ".cfg", GUARD_APART },
	{ PLACE_END, ".env", GUARD_APART },
	/* A .pyc names the time of its source. */
	{ PLACE_END, ".py", GUARD_TIME },
	{ PLACE_END, ".pyc", GUARD_TIME },
	{ PLACE_END, ".pyo", GUARD_TIME },
	/* Build tools decide by times. */
	{ PLACE_BESIDE, "Makefile", GUARD_TIME },
	{ PLACE_BESIDE, "makefile", GUARD_TIME },
	{ PLACE_BESIDE, "GNUmakefile", GUARD_TIME },
	{ PLACE_BESIDE, "CMakeLists.txt", GUARD_TIME },
	{ PLACE_BESIDE, "build.ninja", GUARD_TIME },
	{ PLACE_BESIDE, "meson.build", GUARD_TIME },
};

#define ROWS (sizeof(guard_rows) / sizeof(guard_rows[0]))

bool link_guards_mode(uint16_t mode)
{
	return mode & 06022;
}

static bool is_name(struct tar_text name, const char *text)
{
	return name.len == strlen(text) && !memcmp(name.bytes, text, name.len);
}

static bool ends(struct tar_text name, const char *text)
{
	size_t len = strlen(text);

	return name.len >= len && !memcmp(name.bytes + name.len - len, text, len);
}

static void guard_tree(path_id path, uint8_t *flags)
{
	if (path == PATH_NONE || path == PATH_ROOT)
		return;
	flags[path] |= GUARD_APART | GUARD_FOLDER;
}

/* What the last component says of a path, and of the folder that it is in. */
static void guard_name(const struct view *view, path_id path, uint8_t *flags)
{
	struct tar_text name = paths_name(view_paths(view), path);
	bool folder = view_type(view, path) == TAR_DIR;

	for (size_t i = 0; i < ROWS; i++) {
		const struct guard_row *row = &guard_rows[i];
		switch (row->place) {
		case PLACE_TREE:
			break;
		case PLACE_FOLDER:
			if (folder && is_name(name, row->text))
				flags[path] |= GUARD_FOLDER;
			break;
		case PLACE_END:
			if (!folder && ends(name, row->text))
				flags[path] |= (uint8_t)row->guard;
			break;
		case PLACE_HAS:
			if (!folder && memmem(name.bytes, name.len, row->text, strlen(row->text)))
				flags[path] |= (uint8_t)row->guard;
			break;
		case PLACE_BESIDE:
			if (!folder && is_name(name, row->text))
				flags[paths_parent(view_paths(view), path)] |= GUARD_RECIPE;
			break;
		}
	}
}

static void guard_config(struct facts *facts, uint8_t *flags)
{
	const struct view *view = &facts->view;
	json_t *volumes = json_get(json_get(view->image->config, "config"), "volumes");
	const char *name;
	json_t *value;

	json_object_foreach(volumes, name, value) guard_tree(view_find(view, name), flags);
	/* What the config runs may ask who it is by its link count. */
	facts_find_needed(facts);
	vec_foreach (needed, &facts->needed)
		if (needed->why == NEED_COMMAND)
			flags[needed->path] |= GUARD_APART;
}

void link_guards_add(const struct image *image, const struct merged_tree *tree, bool times,
		     const struct context *context, uint8_t *flags)
{
	const struct policy no_rules = { .globs = NULL };
	struct facts facts;

	facts_init(&facts, &no_rules, image, tree, context);
	const struct view *view = &facts.view;
	for (size_t i = 0; i < ROWS; i++)
		if (guard_rows[i].place == PLACE_TREE)
			guard_tree(view_find(view, guard_rows[i].text), flags);
	guard_config(&facts, flags);
	for (path_id path = 1; path < facts.path_count; path++)
		if (tree_node(tree, path))
			guard_name(view, path, flags);
	/* Parents have smaller ids. */
	for (path_id path = 1; path < facts.path_count; path++) {
		uint8_t above = flags[paths_parent(view_paths(view), path)];
		if (above & GUARD_FOLDER)
			flags[path] |= GUARD_APART | GUARD_FOLDER;
		if (above & GUARD_RECIPE)
			flags[path] |= GUARD_TIME | GUARD_RECIPE;
		if (times && !(flags[path] & GUARD_TIME) && tree_node(tree, path) &&
		    view_is_file(view, path) && facts_owned(&facts, path))
			flags[path] |= GUARD_TIME;
	}
	facts_release(&facts);
}
