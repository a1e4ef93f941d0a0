/* view.c - the merged tree of one image as a container would walk it. */
#include "view.h"

#include "image/json.h"
#include "tar/tar_path.h"

#define MAX_HOPS 40

/* --- walking --------------------------------------------------------------------------------- */

struct walk {
	const struct view *view;
	struct tar_text_list todo; /* components, the next one last */
	unsigned hops;
};

/* Components of `text` before whatever is left. */
static bool push_text(struct walk *walk, struct tar_text text)
{
	struct tar_path_walk names = tar_path_begin(text);
	struct tar_text part;
	size_t begin = walk->todo.count;

	if (begin > walk->view->limits->path_depth)
		return false;
	while (tar_path_next(&names, &part))
		vec_push(&walk->todo, part);
	for (size_t a = begin, b = walk->todo.count; a + 1 < b; a++) {
		struct tar_text swap = walk->todo.items[a];
		walk->todo.items[a] = walk->todo.items[--b];
		walk->todo.items[b] = swap;
	}
	return true;
}

static struct tar_text link_text(const struct view *view, path_id link)
{
	struct tree_stat stat;

	tree_stat(view->tree, tree_node(view->tree, link), &stat);
	return stat.link == BYTES_NONE ? (struct tar_text){ "", 0 }
				       : byte_pool_get(view->tree->names->links, stat.link);
}

/* One step from a directory; PATH_NONE when it leads nowhere. */
static path_id step(struct walk *walk, path_id at, enum walk_last last, struct trail *trail)
{
	const struct view *view = walk->view;
	struct tar_text name = walk->todo.items[--walk->todo.count];
	path_id next;

	if (view_type(view, at) != TAR_DIR)
		return PATH_NONE;
	if (name.len == 2 && !memcmp(name.bytes, "..", 2))
		return at == PATH_ROOT ? at : paths_parent(view_paths(view), at);
	next = paths_find(view_paths(view), at, name);
	if (next == PATH_NONE || !tree_node(view->tree, next))
		return PATH_NONE;
	if (trail)
		vec_push(trail, next);
	if (view_type(view, next) != TAR_SYMLINK || (last == WALK_NO_FOLLOW && !walk->todo.count))
		return next;
	struct tar_text target = link_text(view, next);
	if (++walk->hops > MAX_HOPS || !target.len || !push_text(walk, target))
		return PATH_NONE;
	return target.bytes[0] == '/' ? PATH_ROOT : at;
}

path_id view_walk(const struct view *view, path_id from, struct tar_text text, enum walk_last last,
		  struct trail *trail)
{
	struct walk walk = { view, VEC_INIT, 0 };
	path_id at = text.len && text.bytes[0] == '/' ? PATH_ROOT : from;

	if (!push_text(&walk, text))
		at = PATH_NONE;
	while (at != PATH_NONE && walk.todo.count)
		at = step(&walk, at, last, trail);
	vec_release(&walk.todo);
	return at;
}

path_id view_find(const struct view *view, const char *path)
{
	return view_walk(view, PATH_ROOT, text_of(path), WALK_FOLLOW, NULL);
}

path_id view_target(const struct view *view, path_id link, struct trail *trail)
{
	struct tar_text text = link_text(view, link);

	return text.len ? view_walk(view, paths_parent(view_paths(view), link), text, WALK_FOLLOW,
				    trail)
			: PATH_NONE;
}

path_id view_directory(const struct view *view, path_id path)
{
	if (path != PATH_NONE && view_type(view, path) == TAR_SYMLINK)
		path = view_target(view, path, NULL);
	return path != PATH_NONE && view_type(view, path) == TAR_DIR ? path : PATH_NONE;
}

path_id view_child(const struct view *view, path_id directory, const char *name)
{
	path_id child = paths_find(view_paths(view), directory, text_of(name));

	return child != PATH_NONE && tree_node(view->tree, child) ? child : PATH_NONE;
}

enum tar_type view_type(const struct view *view, path_id path)
{
	return (enum tar_type)tree_node(view->tree, path)->type;
}

bool view_is_file(const struct view *view, path_id path)
{
	return path != PATH_NONE && view_type(view, path) == TAR_FILE;
}

/* --- bytes ----------------------------------------------------------------------------------- */

bool view_body(const struct view *view, path_id path, struct range *out)
{
	const struct tree_node *node = tree_node(view->tree, path);

	return node && tree_body(view->tree, node, out);
}

size_t range_head(const struct range *body, void *out, size_t len)
{
	AUTO(error) unreadable = ERROR_INIT;

	if (len > body->length)
		len = (size_t)body->length;
	return len && range_read(body, 0, out, len, &unreadable) < 0 ? 0 : len;
}

bool view_read(const struct view *view, path_id path, uint64_t most, struct strbuf *out)
{
	struct range body;
	size_t len;

	strbuf_clear(out);
	if (path == PATH_NONE || !view_body(view, path, &body) || body.length > most)
		return false;
	len = (size_t)body.length;
	return range_head(&body, strbuf_grow(out, len), len) == len;
}

/* --- the config ------------------------------------------------------------------------------ */

static json_t *config_value(const struct view *view, const char *key)
{
	return json_get(json_get(view->image->config, "config"), key);
}

void view_config_list(const struct view *view, const char *key, struct tar_text_list *out)
{
	json_t *value = config_value(view, key);

	if (json_is_object(value))
		value = json_get(value, "test");
	if (json_is_string(value))
		vec_push(out,
			 (struct tar_text){ json_string_value(value), json_string_length(value) });
	for (size_t i = 0; i < json_array_size(value); i++) {
		const json_t *item = json_array_get(value, i);
		if (json_is_string(item))
			vec_push(out, (struct tar_text){ json_string_value(item),
							 json_string_length(item) });
	}
}

const char *view_env(const struct view *view, const char *name)
{
	json_t *list = config_value(view, "env");
	size_t len = strlen(name);
	const char *found = NULL;

	/* As engines do: the last one counts. */
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));
		if (text && !strncmp(text, name, len) && text[len] == '=')
			found = text + len + 1;
	}
	return found;
}
