/* json_edit.h - change a few values of a JSON object, keep every other byte (DESIGN.md ruling 3).
 *
 * Number spellings, key order, unknown keys and white space survive, so that the config of an
 * image stays what its builder wrote.  Keys match without regard to case; of duplicates the one
 * that json_get() gives counts, and all are removed when the key is removed. */
#ifndef IMAGE_JSON_EDIT_H
#define IMAGE_JSON_EDIT_H

#include <stddef.h>

#include "util/error.h"
#include "util/strbuf.h"

enum json_edit_flag {
	JSON_EDIT_ADD = 1 << 0,	  /* add the key at the end when it is missing */
	JSON_EDIT_EXACT = 1 << 1, /* a key of a map, not of a struct: case counts */
};

struct json_edit {
	const char *key;   /* a key of the top-level object, UTF-8, no two edits with the same */
	const char *value; /* JSON text to put there; NULL removes the key */
	unsigned flags;	   /* enum json_edit_flag */
};

/* A part of a text; borrowed. */
struct json_span {
	const char *text;
	size_t len;
};

/* Write `text` with the edits applied to *out.  ERR_FORMAT when text is no JSON object, or none
 * that json_parse() takes. */
int json_edit_apply(struct strbuf *out, const char *text, size_t len, const struct json_edit *edits,
		    size_t count, struct error *err);

/* The value of a key of the top-level object: 1; 0 when there is no such key; -1 as above. */
int json_edit_find(const char *text, size_t len, const char *key, struct json_span *out,
		   struct error *err);

#endif
