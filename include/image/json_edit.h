/* json_edit.h - change a few values of a JSON object, keep every other byte (DESIGN.md ruling 3).
 *
 * Number spellings, key order, unknown keys and white space survive, so that the config of an
 * image stays what its builder wrote.  Keys match without regard to case; of duplicates the last
 * one counts and the others are removed with it when the key is removed. */
#ifndef IMAGE_JSON_EDIT_H
#define IMAGE_JSON_EDIT_H

#include <stddef.h>

#include "util/error.h"
#include "util/strbuf.h"

struct json_edit {
	const char *key;   /* a key of the top-level object; one that needs no escapes */
	const char *value; /* JSON text to put there; NULL removes the key */
	int add;	   /* add the key at the end when it is missing */
};

/* Write `text` with the edits applied to *out.  ERR_FORMAT when text is no JSON object, or none
 * that json_parse() takes. */
int json_edit_apply(struct strbuf *out, const char *text, size_t len, const struct json_edit *edits,
		    size_t count, struct error *err);

#endif
