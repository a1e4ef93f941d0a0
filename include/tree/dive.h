/* dive.h - the three numbers of the tool "dive", by its own rules (dive 0.13,
 * filetree/efficiency.go and image/analysis.go).
 *
 * CI gates depend on them, so they are dive's to the byte where layers are usual, oddities
 * included: every copy of a path counts as wasted, the one that stays too; a path that a later
 * layer deletes with the folder above it does not; behind a whiteout of nothing the rest of a layer
 * is not looked at.  What is truly dead is in struct plan_totals.  Not counted here are names that
 * lighten ignores (names below a whiteout, aufs bookkeeping).  No bodies are read. */
#ifndef TREE_DIVE_H
#define TREE_DIVE_H

#include <stdint.h>

#include "layer/layer_index.h"
#include "layer/paths.h"

enum dive_kind {
	DIVE_FILE, /* anything but a directory */
	DIVE_DIRECTORY,
	DIVE_WHITEOUT, /* `path` is what it hides */
	DIVE_OPAQUE,   /* dive knows no such thing, but sees that there is a folder `path` */
};

/* An entry of a layer as dive sees it. */
struct dive_entry {
	path_id path;
	enum dive_kind kind;
	uint64_t size; /* bytes of a regular file, else 0 */
};

struct dive_entries VEC(struct dive_entry);

struct dive_numbers {
	double efficiency;     /* 1: no path is in two layers */
	uint64_t bytes;	       /* of all files of all layers */
	uint64_t user_bytes;   /* the same without the bottom layer */
	uint64_t wasted_bytes; /* of all copies of paths that are in several layers */
	double wasted_of_user; /* wasted_bytes / user_bytes; 0 for a single layer */
};

struct dive;

/* `paths` is borrowed and must not grow. */
struct dive *dive_new(const struct paths *paths);
void dive_free(struct dive *dive);

/* The next layer from the bottom; entries in their order in the layer. */
void dive_layer(struct dive *dive, const struct dive_entries *entries);

/* Append the entries of an indexed layer. */
void dive_entries_of(const struct layer_index *index, struct dive_entries *out);

void dive_result(const struct dive *dive, struct dive_numbers *out);

DEFINE_CLEANUP_PTR(dive, dive_free);

#endif
