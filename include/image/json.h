/* json.h - reading foreign JSON the way Go's decoder does (SEMANTICS.md A.1.6).
 *
 * Keys match without regard to case and the last duplicate wins; null counts as absent. */
#ifndef IMAGE_JSON_H
#define IMAGE_JSON_H

#include <stddef.h>

#include <jansson.h>

#include "util/error.h"

/* Parse the first value of `text`; white space and a byte order mark are skipped.  Trailing data
 * is an error unless `first_only`.  A new reference, or NULL with ERR_FORMAT naming `what`. */
json_t *json_parse(const char *text, size_t len, const char *what, int first_only,
		   struct error *err);

/* Borrowed value of a key, or NULL when absent, null, or `object` is no object. */
json_t *json_get(const json_t *object, const char *key);

/* The key as it is compared with others; the caller frees it. */
char *json_lower_key(const char *key);

/* An object with what json_get() gives for each key of `object`, by keys in lower case: for many
 * questions.  A new reference; empty when `object` is no object. */
json_t *json_lower_keys(const json_t *object);

/* Borrowed text, or NULL when absent or no string. */
const char *json_get_string(const json_t *object, const char *key);

/* Borrowed array, or NULL. */
json_t *json_get_array(const json_t *object, const char *key);

#endif
