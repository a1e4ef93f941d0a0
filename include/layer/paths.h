/* paths.h - every path of a run once, as parent and last component.
 *
 * A path_id stands for a full path; the children of a directory share its id as their parent, so
 * a million files cost a million last components (DESIGN.md decision 11).  Ids are given in order
 * of first mention and say nothing about the order of names. */
#ifndef LAYER_PATHS_H
#define LAYER_PATHS_H

#include <stdint.h>

#include "tar/tar_header.h"
#include "util/limits.h"
#include "util/strbuf.h"

typedef uint32_t path_id;

#define PATH_ROOT 0u
#define PATH_NONE UINT32_MAX

struct paths;

/* `limits` is borrowed. */
struct paths *paths_new(const struct limits *limits);
void paths_free(struct paths *paths);

/* The id of `name` in `parent`, made when new.  PATH_NONE with ERR_LIMIT. */
path_id paths_add(struct paths *paths, path_id parent, struct tar_text name, struct error *err);

/* The id of `name` in `parent`, or PATH_NONE when nothing was ever called so. */
path_id paths_find(const struct paths *paths, path_id parent, struct tar_text name);

/* Ids given so far: every id is below it. */
uint32_t paths_count(const struct paths *paths);

path_id paths_parent(const struct paths *paths, path_id id);

/* Last component, valid until the next paths_add(); empty for the root. */
struct tar_text paths_name(const struct paths *paths, path_id id);

/* Append "usr/bin/x"; nothing for the root. */
void paths_append(const struct paths *paths, path_id id, struct strbuf *out);

/* Escaped for messages, "/" for the root; the caller frees. */
char *paths_display(const struct paths *paths, path_id id);

/* Order of two names in one directory: bytewise. */
int path_name_compare(struct tar_text a, struct tar_text b);

DEFINE_CLEANUP_PTR(paths, paths_free);

#endif
