/* protect.c - what the config of an image needs (DESIGN.md ruling 15).
 *
 * Commands with all that they need to start, files that argv and Env name, the working directory,
 * volumes.  Too much is kept rather than too little: which of two libraries a program will load is
 * not guessed, both stay. */
#include <stdio.h>

#include "facts.h"
#include "image/json.h"
#include "util/text.h"

bool facts_need(struct facts *facts, path_id path, enum need why, path_id by)
{
	if (path == PATH_NONE || path == PATH_ROOT || facts_has(facts, path, FACT_KEPT))
		return false;
	facts->flags[path] |= FACT_KEPT;
	vec_push(&facts->needed, (struct needed){ path, by, why });
	return true;
}

/* The symlinks on a way, too; gives the end. */
static path_id need_way(struct facts *facts, path_id from, struct tar_text text, enum need why)
{
	struct trail trail = VEC_INIT;
	path_id end = view_walk(&facts->view, from, text, WALK_FOLLOW, &trail);

	vec_foreach (at, &trail)
		if (view_type(&facts->view, *at) == TAR_SYMLINK && end != PATH_NONE)
			facts_need(facts, *at, NEED_WAY, end);
	vec_release(&trail);
	facts_need(facts, end, why, PATH_NONE);
	return end;
}

/* --- where files stay or go as a whole ------------------------------------------------------- */

static bool is_below(const struct facts *facts, path_id path, path_id directory)
{
	while (path != PATH_NONE && path != directory)
		path = paths_parent(view_paths(&facts->view), path);
	return directory != PATH_NONE && path == directory;
}

static bool is_temporary(const struct facts *facts, path_id path)
{
	static const char *const folders[] = { "/tmp", "/var/tmp" };

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		path_id folder = view_find(&facts->view, folders[i]);
		if (folder != path && is_below(facts, path, folder))
			return true;
	}
	return false;
}

/* "/root", a folder in "/home", or what HOME says: too large a place to keep as a whole. */
static bool is_home(const struct facts *facts, path_id path)
{
	const char *home = view_env(&facts->view, "HOME");

	return path == view_find(&facts->view, "/root") ||
	       (path != PATH_ROOT &&
		paths_parent(view_paths(&facts->view), path) == view_find(&facts->view, "/home")) ||
	       path == view_find(&facts->view, "/home") ||
	       (home && home[0] == '/' && path == view_find(&facts->view, home));
}

/* Among installed packages, where rules for packages would take the application for one of them. */
static bool is_installed(const struct facts *facts, path_id path)
{
	static const char *const folders[] = { "node_modules", "site-packages", "dist-packages" };

	for (; path != PATH_ROOT; path = paths_parent(view_paths(&facts->view), path)) {
		struct tar_text name = paths_name(view_paths(&facts->view), path);
		for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
			if (name.len == strlen(folders[i]) &&
			    !memcmp(name.bytes, folders[i], name.len))
				return true;
	}
	return false;
}

path_id facts_workdir(const struct facts *facts)
{
	const char *text =
		json_get_string(json_get(facts->view.image->config, "config"), "workingdir");
	path_id path = text ? view_find(&facts->view, text) : PATH_ROOT;

	return path == PATH_NONE ? PATH_ROOT : path;
}

static void need_workdir(struct facts *facts)
{
	path_id path = facts_workdir(facts);
	const char *text =
		json_get_string(json_get(facts->view.image->config, "config"), "workingdir");

	if (!text || path == PATH_ROOT)
		return;
	need_way(facts, PATH_ROOT, text_of(text), NEED_WORKDIR);
	if (!is_home(facts, path))
		facts->flags[path] |= is_installed(facts, path) ? FACT_KEPT_BELOW : FACT_WORKDIR;
}

static void need_volumes(struct facts *facts)
{
	json_t *volumes = json_get(json_get(facts->view.image->config, "config"), "volumes");
	const char *name;
	json_t *value;

	json_object_foreach(volumes, name, value)
	{
		path_id path = need_way(facts, PATH_ROOT, text_of(name), NEED_VOLUME);
		if (path != PATH_NONE && path != PATH_ROOT)
			facts->flags[path] |= FACT_KEPT_BELOW;
	}
}

/* --- words of argv and Env ------------------------------------------------------------------- */

/* A word that may be a path: absolute, or (`from`) a name below a directory. */
static void need_word(struct programs *programs, struct facts *facts, path_id from,
		      struct tar_text word, enum need why)
{
	path_id path = view_walk(&facts->view, from, word, WALK_FOLLOW, NULL);

	if (path == PATH_NONE || path == PATH_ROOT)
		return;
	need_way(facts, from, word, why);
	facts->flags[path] |= FACT_NAMED;
	if (view_type(&facts->view, path) == TAR_FILE)
		programs_add(programs, from, word, why);
	else if (view_type(&facts->view, path) == TAR_DIR && is_temporary(facts, path))
		facts->flags[path] |= FACT_KEPT_BELOW;
}

/* Cut at everything that separates words in shells, options and lists; `command`: a word without
 * "/" may be a command, or a file in the working directory. */
static void need_words(struct programs *programs, struct facts *facts, struct tar_text text,
		       enum need why, bool command)
{
	static const char separators[] = " \t\n\r\"'`=:;,|&()<>{}[]$!";
	const char *at = text.bytes, *end = at + text.len;

	while (at < end) {
		struct tar_text word = { at, 0 };
		while (at < end && !memchr(separators, *at, sizeof(separators)))
			at++;
		word.len = (size_t)(at - word.bytes);
		at += at < end;
		/* An option may have its value right behind its letter: "-I/etc/x". */
		if (word.len && (*word.bytes == '-' || *word.bytes == '@')) {
			const char *slash = memchr(word.bytes, '/', word.len);
			const char *from = slash ? slash : word.bytes + word.len;
			word = (struct tar_text){ from, word.len - (size_t)(from - word.bytes) };
		}
		if (!word.len)
			continue;
		if (*word.bytes == '/') {
			need_word(programs, facts, PATH_ROOT, word, why);
		} else if (command) {
			if (!memchr(word.bytes, '/', word.len))
				programs_add_command(programs, word);
			need_word(programs, facts, facts_workdir(facts), word, why);
		}
	}
}

static void need_argv(struct programs *programs, struct facts *facts, const char *key, bool is_test)
{
	struct tar_text_list list = VEC_INIT;

	view_config_list(&facts->view, key, &list);
	for (size_t i = 0; i < list.count; i++) {
		struct tar_text text = list.items[i];
		enum need why = i ? NEED_ARGUMENT : NEED_COMMAND;
		if (is_test && !i && text.len >= 3 && !memcmp(text.bytes, "CMD", 3))
			continue;
		/* The whole text first: paths may have spaces. */
		if (text.len && text.bytes[0] == '/')
			need_word(programs, facts, PATH_ROOT, text, why);
		need_words(programs, facts, text, why, true);
	}
	vec_release(&list);
}

static void need_env(struct programs *programs, struct facts *facts)
{
	struct tar_text_list list = VEC_INIT;

	view_config_list(&facts->view, "env", &list);
	vec_foreach (text, &list) {
		const char *equals = text->len ? memchr(text->bytes, '=', text->len) : NULL;
		if (!equals)
			continue;
		struct tar_text value = { equals + 1,
					  text->len - (size_t)(equals + 1 - text->bytes) };
		if (value.len && value.bytes[0] == '/')
			need_word(programs, facts, PATH_ROOT, value, NEED_VARIABLE);
		need_words(programs, facts, value, NEED_VARIABLE, false);
	}
	vec_release(&list);
}

/* Engines look the names of User up in these. */
static void need_user(struct facts *facts)
{
	const char *user = json_get_string(json_get(facts->view.image->config, "config"), "user");

	if (!user || !*user)
		return;
	need_way(facts, PATH_ROOT, text_of("/etc/passwd"), NEED_USER);
	need_way(facts, PATH_ROOT, text_of("/etc/group"), NEED_USER);
}

/* --- all of it ------------------------------------------------------------------------------- */

static int compare_needed(const void *a, const void *b)
{
	const struct needed *left = a, *right = b;

	return (left->path > right->path) - (left->path < right->path);
}

static void need_commands(struct facts *facts)
{
	AUTO_PTR(programs) programs = programs_new(facts);
	struct tar_text_list test = VEC_INIT, shell = VEC_INIT;

	need_argv(programs, facts, "entrypoint", false);
	need_argv(programs, facts, "cmd", false);
	need_argv(programs, facts, "healthcheck", true);
	need_argv(programs, facts, "shell", false);
	/* A healthcheck in shell form runs in the image's shell. */
	view_config_list(&facts->view, "healthcheck", &test);
	view_config_list(&facts->view, "shell", &shell);
	if (test.count && test.items[0].len == 9 && !memcmp(test.items[0].bytes, "CMD-SHELL", 9) &&
	    !shell.count)
		programs_add(programs, PATH_ROOT, text_of("/bin/sh"), NEED_COMMAND);
	vec_release(&test);
	vec_release(&shell);
	need_env(programs, facts);
	programs_finish(programs);
}

void facts_find_needed(struct facts *facts)
{
	const struct paths *paths = view_paths(&facts->view);

	need_commands(facts);
	need_user(facts);
	need_workdir(facts);
	need_volumes(facts);
	if (facts->needed.count)
		qsort(facts->needed.items, facts->needed.count, sizeof(struct needed),
		      compare_needed);
	/* Parents have smaller ids. */
	for (path_id id = 1; id < facts->path_count; id++)
		facts->flags[id] |= facts->flags[paths_parent(paths, id)] &
				    (FACT_KEPT_BELOW | FACT_NAMED | FACT_WORKDIR);
}

const struct needed *facts_why(const struct facts *facts, path_id path)
{
	for (; path != PATH_NONE && facts->needed.count;
	     path = paths_parent(view_paths(&facts->view), path)) {
		struct needed key = { .path = path };
		const struct needed *found = bsearch(&key, facts->needed.items, facts->needed.count,
						     sizeof(key), compare_needed);
		if (found)
			return found;
	}
	return NULL;
}

void facts_why_text(const struct facts *facts, const struct needed *needed, struct strbuf *out)
{
	static const char *const texts[] = {
		[NEED_COMMAND] = "the config runs it",
		[NEED_SCRIPT] = "interpreter of ",
		[NEED_LOADER] = "dynamic linker of ",
		[NEED_LIBRARY] = "library of ",
		[NEED_WAY] = "symlink on the way to ",
		[NEED_ARGUMENT] = "the command line of the config names it",
		[NEED_VARIABLE] = "a variable of the config names it",
		[NEED_WORKDIR] = "working directory of the config",
		[NEED_VOLUME] = "volume of the config",
		[NEED_USER] = "has the names of the config's user",
	};

	strbuf_addstr(out, texts[needed->why]);
	if (needed->by != PATH_NONE) {
		AUTO_FREE char *by = paths_display(view_paths(&facts->view), needed->by);
		strbuf_addf(out, "/%s", by);
	}
}
