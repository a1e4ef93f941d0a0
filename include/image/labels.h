/* labels.h - labels and annotations that the user asks for (DESIGN.md section 6, ruling 3).
 *
 * Labels stand in the config of an image, below config.Labels, annotations in its OCI manifest.
 * The keys of both are free text: case counts. */
#ifndef IMAGE_LABELS_H
#define IMAGE_LABELS_H

#include <stddef.h>

#include <jansson.h>

#include "util/error.h"
#include "util/strbuf.h"
#include "util/vec.h"

struct label {
	char *key, *value; /* UTF-8; owned by the list */
};

/* Sorted by the bytes of their keys, each key once: the order of options says nothing. */
struct labels VEC(struct label);

/* Add "K=V"; the last value of a key counts, "K=" is an empty one.  ERR_USAGE for all else, and
 * for what is no UTF-8. */
int labels_add(struct labels *labels, const char *text, struct error *err);
void labels_release(struct labels *labels);

/* The value of `config` in the text of an image config with these labels, to *out; every byte that
 * says nothing of them stays.  *out stays empty when they are set already or there are none;
 * `labels` may be NULL.  ERR_FORMAT when there is no object to put them into. */
int labels_edit_config(struct strbuf *out, const char *text, size_t len,
		       const struct labels *labels, struct error *err);

/* A copy of the `config` of an image with these labels; `config` and `labels` may be NULL. */
json_t *labels_applied(const json_t *config, const struct labels *labels);

/* Set them in an object. */
void labels_set(json_t *object, const struct labels *labels);

DEFINE_CLEANUP(labels, labels_release);

#endif
