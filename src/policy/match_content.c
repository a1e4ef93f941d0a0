/* match_content.c - "content_any": the first megabyte has one of these texts, in which "*" stands
 * for some bytes that are neither blank nor "/" nor "@"; "regex_any": it matches one of these
 * extended regular expressions. */
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

static bool find_text(const struct condition *condition, struct tar_text text, size_t *at,
		      size_t *len)
{
	const char *end = text.bytes + text.len;

	vec_foreach (pattern, &condition->texts) {
		size_t head = strcspn(*pattern, "*");
		for (const char *from = text.bytes; from < end; from++) {
			from = head ? memmem(from, (size_t)(end - from), *pattern, head) : from;
			const char *behind = from ? match_end(*pattern, from, end) : NULL;
			if (!from)
				break;
			if (!behind)
				continue;
			*at = (size_t)(from - text.bytes);
			*len = (size_t)(behind - from);
			return true;
		}
	}
	return false;
}

static bool content_holds(const struct condition *condition, struct subject *subject)
{
	struct tar_text text;
	size_t at, len;

	return subject_content(subject, &text) && find_text(condition, text, &at, &len);
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

static bool find_regex(const struct condition *condition, struct tar_text text, size_t *at,
		       size_t *len)
{
	vec_foreach (regex, &condition->regexes) {
		regmatch_t match = { .rm_so = 0, .rm_eo = (regoff_t)text.len };
		if (regexec(regex, text.bytes, 1, &match, REG_STARTEND))
			continue;
		*at = (size_t)match.rm_so;
		*len = (size_t)(match.rm_eo - match.rm_so);
		return true;
	}
	return false;
}

static bool regex_holds(const struct condition *condition, struct subject *subject)
{
	struct tar_text text;
	size_t at, len;

	return subject_content(subject, &text) && find_regex(condition, text, &at, &len);
}

const struct match_type match_content = {
	.key = "content_any", .of_layers = true, .read = match_read_texts, .holds = content_holds
};
const struct match_type match_regex = {
	.key = "regex_any", .of_layers = true, .read = read_regexes, .holds = regex_holds
};
