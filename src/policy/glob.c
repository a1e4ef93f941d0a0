/* glob.c - one glob: parameters and braces spelt out, cut into components, matched. */
#include "glob.h"

#include <string.h>

#include "util/strbuf.h"

/* Bytes handled while one glob is spelt out: ends hostile nestings. */
#define SPELL_WORK (8u << 20)

void text_set_release(struct text_set *set)
{
	vec_foreach (text, set)
		free(*text);
	vec_release(set);
}

/* --- parameters and braces ------------------------------------------------------------------- */

static const struct glob_param *find_param(const struct glob_params *params, const char *name,
					   size_t len)
{
	vec_foreach (param, params)
		if (strlen(param->name) == len && !memcmp(param->name, name, len))
			return param;
	return NULL;
}

/* A parameter becomes a brace group of its values. */
static int put_params(const char *glob, const struct glob_params *params, struct strbuf *out,
		      struct error *err)
{
	for (const char *at = glob; *at;) {
		if (at[0] != '$' || at[1] != '{') {
			size_t plain = 1 + strcspn(at + 1, "$");
			strbuf_add(out, at, plain);
			at += plain;
			continue;
		}
		size_t len = strcspn(at + 2, "}");
		if (!at[2 + len])
			return error_set(err, ERR_USAGE, "glob \"%s\": \"${\" without \"}\"", glob);
		const struct glob_param *param = find_param(params, at + 2, len);
		if (!param)
			return error_set(err, ERR_USAGE,
					 "glob \"%s\": no parameter \"%.*s\" is defined", glob,
					 (int)len, at + 2);
		strbuf_addch(out, '{');
		vec_foreach (value, &param->values) {
			if (value != param->values.items)
				strbuf_addch(out, ',');
			strbuf_addstr(out, *value);
		}
		strbuf_addch(out, '}');
		at += 3 + len;
	}
	return 0;
}

/* The byte behind a "[...]" that begins at `at`, or NULL when it never ends. */
static const char *class_end(const char *at, const char *end)
{
	at++;
	if (at < end && *at == '!')
		at++;
	if (at < end && *at == ']')
		at++;
	while (at < end && *at != ']' && *at != '/')
		at++;
	return at < end && *at == ']' ? at + 1 : NULL;
}

struct spelling {
	const char *glob; /* for messages */
	struct text_set *out;
	size_t first, work;
};

static int bad_glob(const struct spelling *in, const char *what, struct error *err)
{
	return error_set(err, ERR_USAGE, "glob \"%s\": %s", in->glob, what);
}

/* The first brace of a text outside classes, or its end.  NULL: a class has no end. */
static const char *next_brace(const char *at, const char *end)
{
	while (at < end && *at != '{' && *at != '}') {
		if (*at == '[') {
			at = class_end(at, end);
			if (!at)
				return NULL;
		} else {
			at++;
		}
	}
	return at;
}

/* Where the alternative that begins at `at` ends: "," or "}" of the same depth. */
static const char *alternative_end(const char *at, const char *end)
{
	int depth = 0;

	while (at < end) {
		if (*at == '[') {
			at = class_end(at, end);
			if (!at)
				return NULL;
			continue;
		}
		if (!depth && (*at == ',' || *at == '}'))
			return at;
		depth += (*at == '{') - (*at == '}');
		at++;
	}
	return NULL;
}

static int spell(struct spelling *in, const char *text, size_t len, size_t done, struct error *err)
{
	const char *end = text + len;
	const char *open = next_brace(text + done, end);

	in->work += len + 64;
	if (in->work > SPELL_WORK)
		return bad_glob(in, "too many nested braces", err);
	if (!open)
		return bad_glob(in, "\"[\" without \"]\"", err);
	if (open == end) {
		if (in->out->count - in->first >= GLOB_MAX_SPELLED)
			return bad_glob(in, "stands for more than 4096 globs", err);
		vec_push(in->out, xmemdup0(text, len));
		return 0;
	}
	if (*open == '}')
		return bad_glob(in, "\"}\" without \"{\"", err);
	const char *close = open + 1, *from = open + 1;
	while ((close = alternative_end(close, end)) && *close == ',')
		close++;
	if (!close)
		return bad_glob(in, "\"{\" without \"}\", or \"[\" without \"]\"", err);
	for (;;) {
		AUTO(strbuf) one = STRBUF_INIT;
		const char *to = alternative_end(from, end);

		strbuf_add(&one, text, (size_t)(open - text));
		strbuf_add(&one, from, (size_t)(to - from));
		strbuf_add(&one, close + 1, (size_t)(end - close - 1));
		if (spell(in, one.data ? one.data : "", one.len, (size_t)(open - text), err) < 0)
			return -1;
		if (to == close)
			return 0;
		from = to + 1;
	}
}

int glob_spell(const char *glob, const struct glob_params *params, struct text_set *out,
	       struct error *err)
{
	AUTO(strbuf) text = STRBUF_INIT;
	struct spelling in = { glob, out, out->count, 0 };

	if (put_params(glob, params, &text, err) < 0)
		return -1;
	if (!text.len || text.len > GLOB_MAX_BYTES)
		return bad_glob(&in, text.len ? "longer than 4096 bytes" : "is empty", err);
	return spell(&in, text.data, text.len, 0, err);
}

/* --- components ------------------------------------------------------------------------------ */

static enum glob_kind kind_of(const char *text, size_t len)
{
	if (len == 2 && !memcmp(text, "**", 2))
		return GLOB_ANY;
	for (size_t i = 0; i < len; i++)
		if (text[i] == '*' || text[i] == '?' || text[i] == '[')
			return GLOB_WILD;
	return GLOB_LITERAL;
}

static const char *fault_of(const char *text, size_t len)
{
	if (!len)
		return "an empty component (\"//\", or \"/\" at the end)";
	if ((len == 1 && text[0] == '.') || (len == 2 && !memcmp(text, "..", 2)))
		return "\".\" and \"..\" match nothing";
	if (len > 2 && memmem(text, len, "**", 2))
		return "\"**\" must be a component of its own";
	for (const char *at = text, *end = text + len; at < end; at++) {
		if (*at != '[')
			continue;
		at = class_end(at, end);
		if (!at)
			return "\"[\" without \"]\"";
		at--;
	}
	return NULL;
}

int glob_cut(const char *spelled, struct glob_parts *parts, struct error *err)
{
	const char *at = spelled;

	parts->count = 0;
	if (*at == '/')
		at++;
	else if (strncmp(at, "**/", 3) != 0)
		return error_set(err, ERR_USAGE, "glob \"%s\": must begin with \"/\" or \"**/\"",
				 spelled);
	for (;;) {
		size_t len = strcspn(at, "/");
		const char *fault = fault_of(at, len);
		struct glob_part part = { kind_of(at, len), { at, len } };

		if (fault)
			return error_set(err, ERR_USAGE, "glob \"%s\": %s", spelled, fault);
		/* Two in a row say no more than one. */
		if (part.kind != GLOB_ANY || !parts->count ||
		    parts->items[parts->count - 1].kind != GLOB_ANY)
			vec_push(parts, part);
		if (!at[len])
			return 0;
		at += len + 1;
	}
}

bool glob_is_everything(const struct glob_parts *parts)
{
	bool any = false;

	vec_foreach (part, parts) {
		any |= part->kind == GLOB_ANY;
		for (size_t i = 0; i < part->text.len; i++)
			if (part->text.bytes[i] != '*' && part->text.bytes[i] != '?')
				return false;
	}
	return any;
}

/* --- matching -------------------------------------------------------------------------------- */

/* Is `byte` in the class that begins behind "["?  *next becomes the byte behind "]". */
static bool class_has(const char *at, const char *end, char byte, const char **next)
{
	unsigned char wanted = (unsigned char)byte;
	bool negated = *at == '!', found = false;
	const char *first = at + negated;

	for (at = first; at < end && (*at != ']' || at == first); at++) {
		unsigned char low = (unsigned char)*at, high = low;
		if (at + 2 < end && at[1] == '-' && at[2] != ']') {
			high = (unsigned char)at[2];
			at += 2;
		}
		found |= wanted >= low && wanted <= high;
	}
	*next = at + 1;
	return found != negated;
}

bool glob_match(struct tar_text pattern, struct tar_text name)
{
	const char *at = pattern.bytes, *end = at + pattern.len;
	const char *byte = name.bytes, *last = byte + name.len;
	const char *star = NULL, *retry = NULL;

	while (byte < last || at < end) {
		const char *next = at + 1;
		if (at < end && *at == '*') {
			star = at = next;
			retry = byte;
			continue;
		}
		if (at < end && byte < last &&
		    (*at == '[' ? class_has(at + 1, end, *byte, &next)
				: *at == '?' || *at == *byte)) {
			at = next;
			byte++;
			continue;
		}
		/* Only the last star may still take more: earlier ones have done their part. */
		if (!star || retry >= last)
			return false;
		byte = ++retry;
		at = star;
	}
	return true;
}
