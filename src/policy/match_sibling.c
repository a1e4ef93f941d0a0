/* match_sibling.c - "sibling_exists": another name beside the entry.  {stem} is its name without
 * the last ending, {py_source} the source of a .pyc file. */
#include "match.h"

static int read_sibling(struct rule_reader *in, json_t *value, struct condition *out,
			struct error *err)
{
	(void)in;
	if (!json_is_string(value) || !json_string_length(value) ||
	    json_string_value(value)[0] == '/')
		return error_set(err, ERR_USAGE, "must be a path from the folder of the entry");
	vec_push(&out->texts, xstrdup(json_string_value(value)));
	return 0;
}

static bool sibling_holds(const struct condition *condition, struct subject *subject)
{
	const struct view *view = &subject->facts->view;
	struct tar_text name = paths_name(view_paths(view), subject->path);
	const char *first = name.len ? memchr(name.bytes, '.', name.len) : NULL;
	const char *last = name.len ? memrchr(name.bytes, '.', name.len) : NULL;
	AUTO(strbuf) path = STRBUF_INIT;

	for (const char *at = condition->texts.items[0]; *at;) {
		if (!strncmp(at, "{stem}", 6)) {
			strbuf_add(&path, name.bytes,
				   last && last > name.bytes ? (size_t)(last - name.bytes)
							     : name.len);
			at += 6;
		} else if (!strncmp(at, "{py_source}", 11)) {
			strbuf_add(&path, name.bytes,
				   first ? (size_t)(first - name.bytes) : name.len);
			strbuf_addstr(&path, ".py");
			at += 11;
		} else {
			strbuf_addch(&path, *at++);
		}
	}
	return view_walk(view, paths_parent(view_paths(view), subject->path),
			 (struct tar_text){ path.data, path.len }, WALK_FOLLOW, NULL) != PATH_NONE;
}

const struct match_type match_sibling_exists = { .key = "sibling_exists",
						 .read = read_sibling,
						 .holds = sibling_holds };
