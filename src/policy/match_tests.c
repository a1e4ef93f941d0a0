/* match_tests.c - "dir_has_test_files", "not_imported_by_package", "sibling_not_mentions": is a
 * directory of a Python package there for tests only? */
#include "match.h"
#include "python_source.h"

static bool name_is(const struct view *view, path_id path, const char *name)
{
	struct tar_text text = paths_name(view_paths(view), path);

	return text.len == strlen(name) && !memcmp(text.bytes, name, text.len);
}

/* The topmost directory above the entry that is called "tests" or "test". */
static path_id tests_directory(const struct view *view, path_id path)
{
	path_id found = PATH_NONE;

	for (path_id at = paths_parent(view_paths(view), path); at != PATH_ROOT && at != PATH_NONE;
	     at = paths_parent(view_paths(view), at))
		if (name_is(view, at, "tests") || name_is(view, at, "test"))
			found = at;
	return found;
}

static bool holds_tests(const struct view *view, path_id directory, int depth)
{
	static const char *const globs[] = { "test_*.py", "*_test.py", "conftest.py" };

	for (path_id at = tree_node(view->tree, directory)->child; at != PATH_NONE;
	     at = tree_node(view->tree, at)->next) {
		for (size_t i = 0; i < 3; i++)
			if (glob_match(text_of(globs[i]), paths_name(view_paths(view), at)))
				return true;
		if (depth && view_type(view, at) == TAR_DIR && holds_tests(view, at, depth - 1))
			return true;
	}
	return false;
}

static bool test_files_holds(const struct condition *condition, struct subject *subject)
{
	const struct view *view = &subject->facts->view;
	path_id directory = tests_directory(view, subject->path);

	(void)condition;
	return directory != PATH_NONE && holds_tests(view, directory, 1);
}

/* --- who imports them ------------------------------------------------------------------------ */

/* What a source is asked: does it hold one of the texts, or import from a module of this name? */
struct question {
	const char *const *texts;
	size_t count;
	const char *module;
};

static bool answers(const struct view *view, path_id file, const struct question *question)
{
	AUTO(strbuf) text = STRBUF_INIT;

	/* A source that cannot be read may say anything. */
	if (!view_read(view, file, MATCH_CONTENT_MAX, &text))
		return true;
	for (size_t i = 0; i < question->count; i++)
		if (memmem(text.data, text.len, question->texts[i], strlen(question->texts[i])))
			return true;
	return question->module && python_imports(text.data, text.len, question->module);
}

static bool is_source(const struct view *view, path_id path)
{
	return glob_match(text_of("*.py"), paths_name(view_paths(view), path));
}

/* Does a source in the tree below `at`, without the directories of tests, answer with yes? */
static bool tree_answers(const struct view *view, path_id at, const struct question *question,
			 int depth)
{
	for (path_id child = tree_node(view->tree, at)->child; child != PATH_NONE;
	     child = tree_node(view->tree, child)->next) {
		enum tar_type type = view_type(view, child);
		if (type == TAR_DIR && !name_is(view, child, "tests") &&
		    !name_is(view, child, "test") &&
		    (!depth || tree_answers(view, child, question, depth - 1)))
			return true;
		if (type == TAR_FILE && is_source(view, child) && answers(view, child, question))
			return true;
	}
	return false;
}

/* The directory in site-packages or dist-packages that the entry lies in. */
static path_id python_package(const struct view *view, path_id path)
{
	const struct paths *paths = view_paths(view);
	path_id below = path;

	for (path_id at = paths_parent(paths, path); at != PATH_ROOT && at != PATH_NONE;
	     below = at, at = paths_parent(paths, at))
		if (name_is(view, at, "site-packages") || name_is(view, at, "dist-packages"))
			return below;
	return PATH_NONE;
}

/* Answers are kept by package in the same way as those about package.json. */
static bool not_imported_holds(const struct condition *condition, struct subject *subject)
{
	static const struct question imported = { .module = "tests" };
	const struct view *view = &subject->facts->view;
	path_id root = python_package(view, subject->path);

	(void)condition;
	if (root == PATH_NONE || view_type(view, root) != TAR_DIR)
		return false;
	bool fresh;
	struct package *package = facts_package(subject->facts, root, &fresh);
	if (fresh)
		package->readable = name_is(view, root, "tests") || name_is(view, root, "test") ||
				    !tree_answers(view, root, &imported, 16);
	return package->readable;
}

static bool not_mentioned_holds(const struct condition *condition, struct subject *subject)
{
	const struct view *view = &subject->facts->view;
	path_id directory = paths_parent(view_paths(view), subject->path);
	struct question mentioned = { (const char *const *)condition->texts.items,
				      condition->texts.count, NULL };

	for (path_id at = tree_node(view->tree, directory)->child; at != PATH_NONE;
	     at = tree_node(view->tree, at)->next)
		if (view_type(view, at) == TAR_FILE && is_source(view, at) &&
		    answers(view, at, &mentioned))
			return false;
	return true;
}

const struct match_type match_test_files = { .key = "dir_has_test_files",
					     .read = match_read_true,
					     .holds = test_files_holds };
const struct match_type match_not_imported = { .key = "not_imported_by_package",
					       .read = match_read_true,
					       .holds = not_imported_holds };
const struct match_type match_not_mentioned = { .key = "sibling_not_mentions",
						.read = match_read_texts,
						.holds = not_mentioned_holds };
