/* reference.h - image names (distribution reference grammar). */
#ifndef IMAGE_REFERENCE_H
#define IMAGE_REFERENCE_H

#include <stdbool.h>

/* Is `text` NAME:TAG that every loader takes (SEMANTICS.md B: no digest, no upper case in the
 * name, a tag)? */
bool reference_is_tagged(const char *text);

/* "app:1" -> "docker.io/library/app:1", "a/b:1" -> "docker.io/a/b:1"; the caller frees. */
char *reference_full(const char *text);

/* "docker.io/library/app:1" -> "app:1", others unchanged; the caller frees. */
char *reference_short(const char *text);

/* Points at the tag behind the last ':' of a tagged reference, or NULL. */
const char *reference_tag(const char *text);

#endif
