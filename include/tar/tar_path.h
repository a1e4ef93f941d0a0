/* tar_path.h - names of tar members as components (SEMANTICS.md A.1.3, C.1). */
#ifndef TAR_TAR_PATH_H
#define TAR_TAR_PATH_H

#include "tar/tar_header.h"

/* Walks the components of a name: "/", "//" and "." are skipped. */
struct tar_path_walk {
	const char *next, *end;
};

static inline struct tar_path_walk tar_path_begin(struct tar_text text)
{
	return (struct tar_path_walk){ text.bytes, text.bytes + text.len };
}

/* The next component, or false at the end.  ".." is given like any other. */
bool tar_path_next(struct tar_path_walk *walk, struct tar_text *component);

#endif
