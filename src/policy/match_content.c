/* match_content.c - "content_any": a text file has one of these texts in its first megabyte, in
 * which "*" stands for some bytes that are neither blank nor "/" nor "@"; "regex_any": it matches
 * one of these extended regular expressions. */
#include "match.h"

static bool stands_for(char byte)
{
	return byte && !memchr(" \t\r\n\v\f/@", byte, 8);
}

/* Where the pattern ends when it matches right here, or NULL.  Every "*" takes as much as there is.
 */
static const char *match_end(const char *pattern, const char *at, const char *end)
{
	for (; *pattern; pattern++) {
		if (*pattern == '*') {
			if (at == end || !stands_for(*at))
				return NULL;
			while (at < end && stands_for(*at) && !(pattern[1] && *at == pattern[1]))
				at++;
		} else if (at == end || *at++ != *pattern) {
			return NULL;
		}
	}
	return at;
}

static int read_contents(struct rule_reader *in, json_t *value, struct condition *out,
			 struct error *err)
{
	struct tar_text_list heads = VEC_INIT;

	if (match_read_texts(in, value, out, err) < 0)
		return -1;
	vec_foreach (text, &out->texts)
		vec_push(&heads, (struct tar_text){ *text, strcspn(*text, "*") });
	out->needles = needles_new(heads.items, heads.count);
	vec_release(&heads);
	return 0;
}

/* What stands in the rule is no secret, what "*" stands for may be one. */
static bool find_text(const struct condition *condition, struct tar_text text, struct finding *out)
{
	size_t at = needles_find(condition->needles, text, 0);

	for (; at != SIZE_MAX; at = needles_find(condition->needles, text, at + 1))
		vec_foreach (pattern, &condition->texts) {
			const char *end =
				match_end(*pattern, text.bytes + at, text.bytes + text.len);
			if (!end)
				continue;
			*out = (struct finding){ at, (size_t)(end - text.bytes) - at,
						 strcspn(*pattern, "*") };
			return true;
		}
	return false;
}

static bool content_holds(const struct condition *condition, struct subject *subject)
{
	struct tar_text text;
	struct finding found;

	return subject_content(subject, &text) && find_text(condition, text, &found);
}

static int read_regexes(struct rule_reader *in, json_t *value, struct condition *out,
			struct error *err)
{
	(void)in;
	if (read_texts(value, &out->texts, err) < 0)
		return -1;
	vec_foreach (text, &out->texts) {
		regex_t regex;
		if (match_compile_regex(&regex, *text, REG_NEWLINE) < 0)
			return error_set(err, ERR_USAGE,
					 "\"%s\": no valid extended regular expression", *text);
		vec_push(&out->regexes, regex);
	}
	return 0;
}

/* The beginning of a token tells its kind. */
static bool find_regex(const struct condition *condition, struct tar_text text, struct finding *out)
{
	vec_foreach (regex, &condition->regexes) {
		regmatch_t match = { .rm_so = 0, .rm_eo = (regoff_t)text.len };
		if (regexec(regex, text.bytes, 1, &match, REG_STARTEND))
			continue;
		size_t len = (size_t)(match.rm_eo - match.rm_so);
		*out = (struct finding){ (size_t)match.rm_so, len, len >= 16 ? 4 : 0 };
		return true;
	}
	return false;
}

static bool regex_holds(const struct condition *condition, struct subject *subject)
{
	struct tar_text text;
	struct finding found;

	return subject_content(subject, &text) && find_regex(condition, text, &found);
}

const struct match_type match_content = { .key = "content_any",
					  .of_layers = true,
					  .read = read_contents,
					  .holds = content_holds,
					  .find = find_text };
const struct match_type match_regex = { .key = "regex_any",
					.of_layers = true,
					.read = read_regexes,
					.holds = regex_holds,
					.find = find_regex };
