/* match_content.c - "content_any": the first megabyte has one of these texts, in which "*" stands
 * for some bytes that are neither blank nor "/" nor "@"; "regex_any": it matches one of these
 * extended regular expressions. */
#include "match.h"

static bool stands_for(char byte)
{
	return byte && !memchr(" \t\r\n\v\f/@", byte, 8);
}

/* Does the pattern match right here?  Every "*" takes as much as there is. */
static bool matches_here(const char *pattern, const char *at, const char *end)
{
	for (; *pattern; pattern++) {
		if (*pattern == '*') {
			if (at == end || !stands_for(*at))
				return false;
			while (at < end && stands_for(*at) && !(pattern[1] && *at == pattern[1]))
				at++;
		} else if (at == end || *at++ != *pattern) {
			return false;
		}
	}
	return true;
}

static bool has_pattern(struct tar_text text, const char *pattern)
{
	size_t head = strcspn(pattern, "*");
	const char *at = text.bytes, *end = at + text.len;

	while (at < end && (at = head ? memmem(at, (size_t)(end - at), pattern, head) : at)) {
		if (matches_here(pattern, at, end))
			return true;
		at++;
	}
	return false;
}

static bool content_holds(const struct condition *condition, struct subject *subject)
{
	struct tar_text text;

	if (!subject_content(subject, &text))
		return false;
	vec_foreach (pattern, &condition->texts)
		if (has_pattern(text, *pattern))
			return true;
	return false;
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

static bool regex_holds(const struct condition *condition, struct subject *subject)
{
	struct tar_text text;

	if (!subject_content(subject, &text))
		return false;
	vec_foreach (regex, &condition->regexes) {
		regmatch_t match = { .rm_so = 0, .rm_eo = (regoff_t)text.len };
		if (!regexec(regex, text.bytes, 1, &match, REG_STARTEND))
			return true;
	}
	return false;
}

const struct match_type match_content = {
	.key = "content_any", .of_layers = true, .read = match_read_texts, .holds = content_holds
};
const struct match_type match_regex = {
	.key = "regex_any", .of_layers = true, .read = read_regexes, .holds = regex_holds
};
