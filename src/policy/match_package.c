/* match_package.c - "parent_has" and "not_in_package_json_paths": the package that an entry below
 * node_modules is part of, and whether its package.json names the entry's directory. */
#include "image/json.h"
#include "match.h"

static bool name_is(const struct view *view, path_id path, const char *name)
{
	struct tar_text text = paths_name(view_paths(view), path);

	return text.len == strlen(name) && !memcmp(text.bytes, name, text.len);
}

/* The directory of the package ("node_modules/a", "node_modules/@s/a") and the name right below it
 * on the way to the entry; PATH_NONE when the entry lies in none. */
static path_id package_root(const struct view *view, path_id path, path_id *top)
{
	const struct paths *paths = view_paths(view);
	path_id below = PATH_NONE;

	for (path_id at = path; at != PATH_ROOT; at = paths_parent(paths, at)) {
		path_id parent = paths_parent(paths, at);
		bool scope = paths_name(paths, at).len && paths_name(paths, at).bytes[0] == '@';
		bool scoped = parent != PATH_ROOT && paths_name(paths, parent).bytes[0] == '@' &&
			      name_is(view, paths_parent(paths, parent), "node_modules");
		if (scoped ||
		    (!scope && parent != PATH_ROOT && name_is(view, parent, "node_modules"))) {
			*top = below;
			return below == PATH_NONE ? PATH_NONE : at;
		}
		below = at;
	}
	return PATH_NONE;
}

static bool parent_has_holds(const struct condition *condition, struct subject *subject)
{
	const struct view *view = &subject->facts->view;
	path_id top, root = package_root(view, subject->path, &top);

	if (root == PATH_NONE)
		return false;
	vec_foreach (name, &condition->texts)
		if (view_child(view, root, *name) == PATH_NONE)
			return false;
	return true;
}

/* --- what package.json names ----------------------------------------------------------------- */

/* The first component of every path in a value, at whatever depth it stands. */
static void collect(json_t *value, int depth, struct text_set *out)
{
	const char *text = json_string_value(value), *key;
	json_t *item;
	size_t i;

	if (depth > 32) {
		vec_push(out, xstrdup("*"));
		return;
	}
	if (text) {
		while (*text == '.' || *text == '/')
			text++;
		vec_push(out, xmemdup0(text, strcspn(text, "/")));
		return;
	}
	json_object_foreach(value, key, item)
	{
		collect(item, depth + 1, out);
	}
	json_array_foreach(value, i, item)
	{
		collect(item, depth + 1, out);
	}
}

static void read_package(const struct view *view, struct package *package)
{
	static const char *const keys[] = { "main",	  "module",  "browser",	    "exports",
					    "bin",	  "imports", "types",	    "typings",
					    "style",	  "sass",    "directories", "es2015",
					    "jsnext:main" };
	path_id file = view_child(view, package->root, "package.json");
	AUTO(error) broken = ERROR_INIT;
	AUTO(strbuf) text = STRBUF_INIT;
	json_t *root = NULL;

	if (file != PATH_NONE && view_read(view, file, view->limits->json_bytes, &text))
		root = json_parse(text.data, text.len, "package.json", 0, &broken);
	package->readable = json_is_object(root);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		collect(json_object_get(root, keys[i]), 0, &package->paths);
	json_decref(root);
}

static const struct package *find_package(struct facts *facts, path_id root)
{
	bool fresh;
	struct package *package = facts_package(facts, root, &fresh);

	if (fresh)
		read_package(&facts->view, package);
	return package;
}

static bool package_paths_holds(const struct condition *condition, struct subject *subject)
{
	const struct view *view = &subject->facts->view;
	path_id top, root = package_root(view, subject->path, &top);

	(void)condition;
	if (root == PATH_NONE)
		return false;
	const struct package *package = find_package(subject->facts, root);
	if (!package->readable)
		return false;
	vec_foreach (path, &package->paths)
		if (!strcmp(*path, "*") || name_is(view, top, *path))
			return false;
	return true;
}

const struct match_type match_parent_has = { .key = "parent_has",
					     .read = match_read_texts,
					     .holds = parent_has_holds };
const struct match_type match_package_paths = { .key = "not_in_package_json_paths",
						.read = match_read_true,
						.holds = package_paths_holds };
