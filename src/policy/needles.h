/* needles.h - many short texts looked for in one pass over a content. */
#ifndef POLICY_NEEDLES_H
#define POLICY_NEEDLES_H

#include "tar/tar_header.h"
#include "util/cleanup.h"
#include "util/vec.h"

struct needles;

/* The texts are borrowed and must stay.  NULL never. */
struct needles *needles_new(const struct tar_text *texts, size_t count);
void needles_free(struct needles *needles);

/* Where the first of them begins at or behind `from`, or SIZE_MAX.  Texts of less than three bytes
 * are not worth a search: when there is one, every place is a possible one. */
size_t needles_find(const struct needles *needles, struct tar_text text, size_t from);

DEFINE_CLEANUP_PTR(needles, needles_free);

#endif
