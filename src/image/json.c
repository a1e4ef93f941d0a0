/* json.c - reading foreign JSON: jansson with the leniency of Go's decoder. */
#include "image/json.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "util/strbuf.h"
#include "util/xalloc.h"

static const char replacement[] = "\xef\xbf\xbd";

/* Bytes of the UTF-8 sequence at `at`, or 0 when it is none. */
static size_t utf8_length(const unsigned char *at, size_t left)
{
	size_t len = at[0] < 0x80 ? 1 : at[0] < 0xc2 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;

	if (len == 0 || at[0] > 0xf4 || len > left)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ||
	    (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f))
		return 0;
	return len;
}

/* The surrogate that an escape at `at` spells, 0 when it spells none. */
static unsigned surrogate(const char *at, size_t left)
{
	unsigned value = 0;

	if (left < 6 || at[0] != '\\' || at[1] != 'u')
		return 0;
	for (int i = 2; i < 6; i++) {
		const char *digits = "0123456789abcdef";
		const char *digit = strchr(digits, at[i] | 0x20);

		if (!digit || at[i] == '\0')
			return 0;
		value = value << 4 | (unsigned)(digit - digits);
	}
	return value >= 0xd800 && value <= 0xdfff ? value : 0;
}

/* Go reads invalid bytes and halves of surrogate pairs as U+FFFD where jansson gives up. */
static void repair(struct strbuf *out, const char *text, size_t len)
{
	for (size_t at = 0; at < len;) {
		size_t left = len - at;
		unsigned first = surrogate(text + at, left);

		if (first) {
			unsigned second = surrogate(text + at + 6, left - 6);

			if (first < 0xdc00 && second >= 0xdc00) {
				strbuf_add(out, text + at, 12);
				at += 12;
			} else {
				strbuf_addstr(out, replacement);
				at += 6;
			}
		} else if (text[at] == '\\' && left > 1) {
			strbuf_add(out, text + at, 1);
			at++;
			if ((unsigned char)text[at] < 0x80)
				strbuf_add(out, text + at++, 1);
		} else {
			size_t step = utf8_length((const unsigned char *)text + at, left);

			if (step)
				strbuf_add(out, text + at, step);
			else
				strbuf_addstr(out, replacement);
			at += step ? step : 1;
		}
	}
}

char *json_lower_key(const char *key)
{
	char *lower = xstrdup(key);

	for (char *at = lower; *at; at++)
		*at = (char)(*at >= 'A' && *at <= 'Z' ? *at | 0x20 : *at);
	return lower;
}

static bool has_twins(const json_t *value);

/* Maps, by their names in lower case: case counts in their keys. */
static bool is_map(const char *name)
{
	static const char *const maps[] = { "labels", "annotations", "volumes", "exposedports" };

	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++)
		if (!strcmp(name, maps[i]))
			return true;
	return false;
}

/* Keys that differ in nothing but their case, here or below? */
static bool object_has_twins(json_t *object)
{
	json_t *seen = json_object();
	const char *name;
	json_t *value;
	bool found = false;

	json_object_foreach(object, name, value)
	{
		AUTO_FREE char *lower = json_lower_key(name);

		found = found || json_object_get(seen, lower) ||
			(!is_map(lower) && has_twins(value));
		json_object_set_new_nocheck(seen, lower, json_true());
	}
	json_decref(seen);
	return found;
}

static bool has_twins(const json_t *value)
{
	size_t i;
	json_t *item;

	if (json_is_object(value))
		return object_has_twins((json_t *)(uintptr_t)value);
	json_array_foreach(value, i, item) if (has_twins(item)) return true;
	return false;
}

/* jansson leaves a key that stands twice in its first place, so that of keys that differ in their
 * case nothing tells the last one.  No builder writes such texts. */
static json_t *load_unique(const char *text, size_t len, size_t flags, json_error_t *problem)
{
	json_t *value = json_loadb(text, len, flags | JSON_REJECT_DUPLICATES, problem);

	if (value || json_error_code(problem) != json_error_duplicate_key)
		return value;
	value = json_loadb(text, len, flags, problem);
	if (!value || !has_twins(value))
		return value;
	json_decref(value);
	snprintf(problem->text, sizeof(problem->text),
		 "a key twice, and once more in other letters");
	return NULL;
}

/* jansson takes a NUL behind a word or a number for its end, and goes on; nobody else does. */
static json_t *load(const char *text, size_t len, size_t flags, json_error_t *problem)
{
	json_t *value = load_unique(len ? text : "", len, flags, problem);
	size_t used = flags & JSON_DISABLE_EOF_CHECK ? (size_t)problem->position : len;

	if (value && used && memchr(text, 0, used)) {
		json_decref(value);
		value = NULL;
		snprintf(problem->text, sizeof(problem->text), "NUL byte");
	}
	return value;
}

json_t *json_parse(const char *text, size_t len, const char *what, int first_only,
		   struct error *err)
{
	size_t flags = JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL;
	json_error_t problem, repaired_problem;
	json_t *value;

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		len -= 3;
	}
	if (first_only)
		flags |= JSON_DISABLE_EOF_CHECK;
	value = load(text, len, flags, &problem);
	if (!value && len) {
		AUTO(strbuf) copy = STRBUF_INIT;

		repair(&copy, text, len);
		value = load(copy.data, copy.len, flags, &repaired_problem);
	}
	if (!value)
		error_set(err, ERR_FORMAT, "%s: no valid JSON: %s (line %d, column %d)", what,
			  problem.text, problem.line, problem.column);
	return value;
}

json_t *json_get(const json_t *object, const char *key)
{
	/* jansson has no iterator over a const object. */
	json_t *open = (json_t *)(uintptr_t)object;
	json_t *found = NULL;
	const char *name;
	json_t *value;

	json_object_foreach(open, name, value) if (strcasecmp(name, key) == 0 &&
						   !json_is_null(value)) found = value;
	return found;
}

json_t *json_lower_keys(const json_t *object)
{
	json_t *open = (json_t *)(uintptr_t)object;
	json_t *lowered = json_object();
	const char *key;
	json_t *value;

	json_object_foreach(open, key, value)
	{
		AUTO_FREE char *lower = json_lower_key(key);

		if (!json_is_null(value))
			json_object_set(lowered, lower, value);
	}
	return lowered;
}

const char *json_get_string(const json_t *object, const char *key)
{
	const json_t *value = json_get(object, key);
	const char *text = json_string_value(value);

	return text && strlen(text) == json_string_length(value) ? text : NULL;
}

json_t *json_get_array(const json_t *object, const char *key)
{
	json_t *value = json_get(object, key);

	return json_is_array(value) ? value : NULL;
}
