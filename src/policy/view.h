/* view.h - the merged tree of one image as a container would walk it: names, links, bytes.
 *
 * Read-only: nothing is interned, no other file than the input is ever opened. */
#ifndef POLICY_VIEW_H
#define POLICY_VIEW_H

#include <string.h>

#include "image/image.h"
#include "tree/merged_tree.h"

struct view {
	const struct image *image;
	const struct merged_tree *tree;
	const struct limits *limits;
};

static inline const struct paths *view_paths(const struct view *view)
{
	return view->tree->names->paths;
}

/* Names in the order in which a walk passed them: directories, symlinks, the end. */
struct trail VEC(path_id);

enum walk_last {
	WALK_FOLLOW,	/* a symlink at the end is followed */
	WALK_NO_FOLLOW, /* it is the end */
};

/* Walk `text` from a directory ("/..." from the root) through symlinks.  PATH_NONE when it leads
 * nowhere; `trail` (may be NULL) has what was passed, appended. */
path_id view_walk(const struct view *view, path_id from, struct tar_text text, enum walk_last last,
		  struct trail *trail);
path_id view_find(const struct view *view, const char *path);

/* Where a symlink leads, itself not in the trail. */
path_id view_target(const struct view *view, path_id link, struct trail *trail);

/* The directory behind a symlink, or the path itself; PATH_NONE when it is none. */
path_id view_directory(const struct view *view, path_id path);

/* A child by name, not followed; PATH_NONE when there is none. */
path_id view_child(const struct view *view, path_id directory, const char *name);

enum tar_type view_type(const struct view *view, path_id path);
bool view_is_file(const struct view *view, path_id path);

/* The bytes of a regular file; false for anything else and for sparse files, which count as
 * unreadable. */
bool view_body(const struct view *view, path_id path, struct range *out);

/* All bytes of a file of at most `most`; false when there are more or they cannot be read. */
bool view_read(const struct view *view, path_id path, uint64_t most, struct strbuf *out);

/* Up to `len` bytes from the beginning of a body; fewer when it ends or cannot be read. */
size_t range_head(const struct range *body, void *out, size_t len);

/* A text of the config's "config" object as a list: ["a"], "a" or nothing. */
struct tar_text_list VEC(struct tar_text);
void view_config_list(const struct view *view, const char *key, struct tar_text_list *out);

/* The value of a variable of Env, or NULL. */
const char *view_env(const struct view *view, const char *name);

static inline struct tar_text text_of(const char *text)
{
	return (struct tar_text){ text, strlen(text) };
}

#endif
