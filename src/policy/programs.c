/* programs.c - a file that is started, with all that it needs to start: the interpreter of a
 * script, the dynamic linker and every library that it might load.
 *
 * Which library the linker would take depends on the processor and on the host, so every file of
 * the right name in a place where it looks is kept. */
#include <stdio.h>

#include "elf_file.h"
#include "facts.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define CACHE_MAX    (16u << 20)
/* No program starts as many files; ends hostile chains. */
#define FILES_MAX 4096

#define FOLDERS_MAX 256
#define NAMES_MAX   4096

struct id_list VEC(path_id);

/* A name that an ELF file asks for. */
struct wanted {
	char *name;
	path_id by;
};

/* All programs of an image: folders that one of them names are searched for all. */
struct programs {
	struct facts *facts;
	struct id_list todo;	/* files to look into */
	struct id_list folders; /* where the linker looks for libraries */
	struct VEC(struct wanted) names;
	struct ld_cache cache;
	bool has_folders;
	size_t looked;
};

static void add_folder(struct programs *in, path_id folder)
{
	folder = folder == PATH_NONE ? PATH_NONE : view_directory(&in->facts->view, folder);
	if (folder == PATH_NONE || in->folders.count >= FOLDERS_MAX)
		return;
	vec_foreach (other, &in->folders)
		if (*other == folder)
			return;
	vec_push(&in->folders, folder);
}

/* A folder, and what it has for certain processors: "glibc-hwcaps/x86-64-v3", "tls", "haswell". */
static void add_library_folder(struct programs *in, path_id folder)
{
	const struct view *view = &in->facts->view;
	struct path_list children = VEC_INIT;
	path_id special;

	folder = folder == PATH_NONE ? PATH_NONE : view_directory(view, folder);
	if (folder == PATH_NONE)
		return;
	add_folder(in, folder);
	special = view_directory(view, view_child(view, folder, "glibc-hwcaps"));
	if (special == PATH_NONE)
		return;
	tree_children(view->tree, special, &children);
	vec_foreach (child, &children)
		add_folder(in, *child);
	vec_release(&children);
}

/* The linker's own list: fixed folders, those of the architecture, the cache, musl's file. */
static void find_folders(struct programs *in)
{
	static const char *const fixed[] = { "/lib",   "/usr/lib",   "/lib64",	      "/usr/lib64",
					     "/lib32", "/usr/lib32", "/usr/local/lib" };
	const struct view *view = &in->facts->view;
	struct path_list children = VEC_INIT;
	AUTO(strbuf) text = STRBUF_INIT;

	if (in->has_folders)
		return;
	in->has_folders = true;
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		path_id folder = view_find(view, fixed[i]);
		if (folder == PATH_NONE || view_type(view, folder) != TAR_DIR)
			continue;
		add_library_folder(in, folder);
		tree_children(view->tree, folder, &children);
		vec_foreach (child, &children) {
			struct tar_text name = paths_name(view_paths(view), *child);
			if (memmem(name.bytes, name.len, "-linux-", 7))
				add_library_folder(in, *child);
		}
	}
	vec_release(&children);
	if (view_read(view, view_find(view, "/etc/ld.so.cache"), CACHE_MAX, &text))
		ld_cache_parse(&in->cache, &text);
}

/* Append `item` with $ORIGIN and $LIB spelt out.  True when there is a $LIB. */
static bool spell_folder(const struct programs *in, struct tar_text item, path_id origin,
			 const char *lib, struct strbuf *out)
{
	static const char *const words[] = { "$ORIGIN", "${ORIGIN}", "$LIB", "${LIB}" };
	const char *at = item.bytes, *end = at + item.len;
	bool has_lib = false;

	while (at < end) {
		size_t i = 0, len = 0;
		for (; i < 4; i++) {
			len = strlen(words[i]);
			if (len <= (size_t)(end - at) && !memcmp(at, words[i], len))
				break;
		}
		if (i == 4) {
			strbuf_addch(out, *at++);
			continue;
		}
		if (i < 2) {
			strbuf_addch(out, '/');
			paths_append(view_paths(&in->facts->view), origin, out);
		} else {
			strbuf_addstr(out, lib);
			has_lib = true;
		}
		at += len;
	}
	return has_lib;
}

/* A list of folders with ":" (or line ends) between. */
static void add_search_list(struct programs *in, const char *list, path_id origin)
{
	static const char *const libs[] = { "lib", "lib64", "lib/x86_64-linux-gnu",
					    "lib/aarch64-linux-gnu" };

	while (*list && in->folders.count < FOLDERS_MAX) {
		size_t len = strcspn(list, ":;\n");
		bool more = len;
		for (size_t i = 0; more && i < sizeof(libs) / sizeof(libs[0]); i++) {
			AUTO(strbuf) path = STRBUF_INIT;
			more = spell_folder(in, (struct tar_text){ list, len }, origin, libs[i],
					    &path);
			add_library_folder(in, view_find(&in->facts->view, path.data));
		}
		list += len + (list[len] != '\0');
	}
}

/* --- what a file needs ----------------------------------------------------------------------- */

/* Keep what stands at a path, the symlinks on the way to it, and look into it later. */
static bool need_path(struct programs *in, path_id from, struct tar_text text, enum need why,
		      path_id by)
{
	struct facts *facts = in->facts;
	struct trail trail = VEC_INIT;
	path_id end = view_walk(&facts->view, from, text, WALK_FOLLOW, &trail);

	if (view_is_file(&facts->view, end)) {
		vec_foreach (at, &trail)
			if (view_type(&facts->view, *at) == TAR_SYMLINK)
				facts_need(facts, *at, NEED_WAY, end);
		facts_need(facts, end, why, by);
		if (!facts_has(facts, end, FACT_LOOKED)) {
			facts->flags[end] |= FACT_LOOKED;
			vec_push(&in->todo, end);
		}
	}
	vec_release(&trail);
	return view_is_file(&facts->view, end);
}

static bool need_command(struct programs *in, struct tar_text name, enum need why, path_id by)
{
	const struct view *view = &in->facts->view;
	const char *list = view_env(view, "PATH");
	bool found = false;

	if (!list || !*list)
		list = DEFAULT_PATH;
	while (*list) {
		size_t len = strcspn(list, ":");
		path_id folder = len ? view_walk(view, PATH_ROOT, (struct tar_text){ list, len },
						 WALK_FOLLOW, NULL)
				     : PATH_NONE;
		if (folder != PATH_NONE && view_type(view, folder) == TAR_DIR)
			found |= need_path(in, folder, name, why, by);
		list += len + (list[len] != '\0');
	}
	return found;
}

static bool next_word(struct tar_text *text, struct tar_text *word)
{
	while (text->len && (*text->bytes == ' ' || *text->bytes == '\t')) {
		text->bytes++;
		text->len--;
	}
	*word = (struct tar_text){ text->bytes, 0 };
	while (word->len < text->len && text->bytes[word->len] != ' ' &&
	       text->bytes[word->len] != '\t')
		word->len++;
	text->bytes += word->len;
	text->len -= word->len;
	return word->len;
}

/* "#!/usr/bin/env -S python3 -u": the interpreter, and what env would start. */
static void look_into_script(struct programs *in, path_id file, struct tar_text line)
{
	struct tar_text word;

	if (!next_word(&line, &word))
		return;
	need_path(in, PATH_ROOT, word, NEED_SCRIPT, file);
	if (word.len < 4 || memcmp(word.bytes + word.len - 4, "/env", 4) != 0)
		return;
	while (next_word(&line, &word))
		if (word.bytes[0] != '-' && !memchr(word.bytes, '=', word.len)) {
			if (word.bytes[0] == '/')
				need_path(in, PATH_ROOT, word, NEED_SCRIPT, file);
			else
				need_command(in, word, NEED_SCRIPT, file);
			return;
		}
}

static void find_library(struct programs *in, const struct wanted *wanted)
{
	for (size_t i = 0; i < in->folders.count; i++)
		need_path(in, in->folders.items[i], text_of(wanted->name), NEED_LIBRARY,
			  wanted->by);
	vec_foreach (entry, &in->cache.entries)
		if (!strcmp(entry->name, wanted->name))
			need_path(in, PATH_ROOT, text_of(entry->path), NEED_LIBRARY, wanted->by);
}

static void want_library(struct programs *in, path_id file, const char *name)
{
	vec_foreach (wanted, &in->names)
		if (!strcmp(wanted->name, name))
			return;
	if (in->names.count < NAMES_MAX)
		vec_push(&in->names, (struct wanted){ xstrdup(name), file });
}

static void look_into_elf(struct programs *in, path_id file, const struct range *body)
{
	const struct view *view = &in->facts->view;
	path_id origin = paths_parent(view_paths(view), file);
	const char *more = view_env(view, "LD_LIBRARY_PATH");
	AUTO(elf_file) elf = { .interpreter = NULL };
	AUTO(strbuf) text = STRBUF_INIT;

	if (!elf_read(body, &elf))
		return;
	find_folders(in);
	if (elf.interpreter) {
		need_path(in, PATH_ROOT, text_of(elf.interpreter), NEED_LOADER, file);
		/* musl reads its folders from a file that is called like itself. */
		const char *name = strrchr(elf.interpreter, '/');
		size_t len = name ? strcspn(name + 1, ".") : 0;
		AUTO_FREE char *list = xasprintf("/etc/%.*s.path", (int)len, name ? name + 1 : "");
		if (len && view_read(view, view_find(view, list), 65536, &text))
			add_search_list(in, text.data, origin);
	}
	if (more)
		add_search_list(in, more, origin);
	vec_foreach (search, &elf.search)
		add_search_list(in, *search, origin);
	vec_foreach (name, &elf.needed) {
		if (strchr(*name, '/'))
			need_path(in, PATH_ROOT, text_of(*name), NEED_LIBRARY, file);
		else
			want_library(in, file, *name);
	}
}

static void look_into(struct programs *in, path_id file)
{
	char head[512];
	struct range body;
	size_t len;

	if (!view_body(&in->facts->view, file, &body))
		return;
	len = range_head(&body, head, sizeof(head));
	if (len > 2 && !memcmp(head, "#!", 2)) {
		const char *end = memchr(head, '\n', len);
		size_t line = end ? (size_t)(end - head) : len;
		line -= line > 2 && head[line - 1] == '\r';
		look_into_script(in, file, (struct tar_text){ head + 2, line - 2 });
	} else {
		look_into_elf(in, file, &body);
	}
}

/* Files may name folders in which libraries of other files stand: until nothing new turns up. */
void programs_finish(struct programs *in)
{
	size_t names = 0, folders = 0;

	for (;;) {
		while (in->todo.count && in->looked++ < FILES_MAX)
			look_into(in, in->todo.items[--in->todo.count]);
		if (in->looked >= FILES_MAX ||
		    (names == in->names.count && folders == in->folders.count))
			return;
		names = in->names.count;
		folders = in->folders.count;
		for (size_t i = 0; i < names; i++)
			find_library(in, &in->names.items[i]);
	}
}

struct programs *programs_new(struct facts *facts)
{
	struct programs *in = xcalloc(1, sizeof(*in));

	in->facts = facts;
	return in;
}

void programs_free(struct programs *in)
{
	vec_foreach (wanted, &in->names)
		free(wanted->name);
	vec_release(&in->names);
	vec_release(&in->todo);
	vec_release(&in->folders);
	ld_cache_release(&in->cache);
	free(in);
}

void programs_add(struct programs *in, path_id from, struct tar_text path, enum need why)
{
	need_path(in, from, path, why, PATH_NONE);
}

void programs_add_command(struct programs *in, struct tar_text name)
{
	need_command(in, name, NEED_COMMAND, PATH_NONE);
}
