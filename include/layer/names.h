/* names.h - what all entries of a run share: paths, link targets, extended attribute sets.
 *
 * Input and output of a run use one set of names, so that looking at the result again costs no
 * second copy of every path. */
#ifndef LAYER_NAMES_H
#define LAYER_NAMES_H

#include "layer/byte_pool.h"
#include "layer/paths.h"
#include "util/vec.h"

struct names {
	struct paths *paths;
	struct byte_pool *links;  /* symlink targets */
	struct byte_pool *xattrs; /* packed attribute sets, see xattr_set_pack() */
};

/* `limits` is borrowed. */
void names_init(struct names *names, const struct limits *limits);
void names_release(struct names *names);

/* An attribute set as an id: sorted by name, BYTES_NONE for the empty set. */
struct xattr_list VEC(struct tar_xattr);

/* BYTES_NONE for an empty set, else its id.  -1 with ERR_LIMIT. */
int xattr_set_add(struct names *names, const struct tar_xattr *xattrs, size_t count, bytes_id *out,
		  struct error *err);

/* Replace *list by the attributes of a set; valid until the next xattr_set_add(). */
void xattr_set_get(const struct names *names, bytes_id set, struct xattr_list *list);

/* Is it one of "user.*"? */
bool xattr_is_user(const struct tar_xattr *xattr);

DEFINE_CLEANUP(names, names_release);

#endif
