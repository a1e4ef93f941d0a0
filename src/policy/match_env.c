/* match_env.c - "env": a variable of the config by a regular expression; "env_lang_in_keep": no
 * variable and no file of the system asks for a language that ${keep_locales} does not have. */
#include "match.h"

#define KEEP_PARAM "keep_locales"

/* texts: names; regexes: what the values must match, in the same order. */
static int read_env(struct rule_reader *in, json_t *value, struct condition *out, struct error *err)
{
	const char *name;
	json_t *pattern;

	(void)in;
	if (!json_object_size(value))
		return error_set(err, ERR_USAGE,
				 "must be an object: names and regular expressions");
	json_object_foreach(value, name, pattern)
	{
		const char *text = json_string_value(pattern);
		regex_t regex;
		if (!text || match_compile_regex(&regex, text, REG_NOSUB) < 0)
			return error_set(err, ERR_USAGE,
					 "\"%s\": no valid extended regular expression", name);
		vec_push(&out->texts, xstrdup(name));
		vec_push(&out->regexes, regex);
	}
	return 0;
}

static bool env_holds(const struct condition *condition, struct subject *subject)
{
	for (size_t i = 0; i < condition->texts.count; i++) {
		const char *value = view_env(&subject->facts->view, condition->texts.items[i]);
		if (!value || regexec(&condition->regexes.items[i], value, 0, NULL, 0))
			return false;
	}
	return true;
}

static int read_lang(struct rule_reader *in, json_t *value, struct condition *out,
		     struct error *err)
{
	if (match_read_true(in, value, out, err) < 0)
		return -1;
	vec_foreach (param, &in->policy->params) {
		if (strcmp(param->name, KEEP_PARAM) != 0)
			continue;
		vec_foreach (text, &param->values)
			if (glob_spell(*text, &in->policy->params, &out->texts, err) < 0)
				return -1;
		return 0;
	}
	return error_set(err, ERR_USAGE, "needs the parameter \"" KEEP_PARAM "\"");
}

static bool in_list(const struct condition *condition, struct tar_text locale)
{
	vec_foreach (text, &condition->texts)
		if (glob_match(text_of(*text), locale))
			return true;
	return false;
}

/* "de_DE.UTF-8", also as "de_DE" and "de"; a list of them has ":" between. */
static bool languages_kept(const struct condition *condition, struct tar_text list)
{
	while (list.len) {
		const char *colon = memchr(list.bytes, ':', list.len);
		size_t len = colon ? (size_t)(colon - list.bytes) : list.len;
		struct tar_text locale = { list.bytes, len };
		bool kept = !len;
		for (size_t cut = len; cut && !kept; cut--)
			if (cut == len || memchr("_.@", locale.bytes[cut], 3))
				kept = in_list(condition, (struct tar_text){ locale.bytes, cut });
		if (!kept)
			return false;
		list.bytes += len + (colon != NULL);
		list.len -= len + (colon != NULL);
	}
	return true;
}

/* "LANG=de_DE.UTF-8", with "export" before and quotes around or not. */
static bool line_kept(const struct condition *condition, struct tar_text line)
{
	if (line.len > 7 && !memcmp(line.bytes, "export ", 7))
		line = (struct tar_text){ line.bytes + 7, line.len - 7 };
	const char *equals = line.len ? memchr(line.bytes, '=', line.len) : NULL;
	if (!equals || line.len < 4 ||
	    (memcmp(line.bytes, "LANG", 4) != 0 && memcmp(line.bytes, "LC_", 3) != 0))
		return true;
	struct tar_text value = { equals + 1, line.len - (size_t)(equals + 1 - line.bytes) };
	while (value.len && memchr("\"' \r", value.bytes[value.len - 1], 4))
		value.len--;
	while (value.len && memchr("\"'", value.bytes[0], 2))
		value = (struct tar_text){ value.bytes + 1, value.len - 1 };
	return languages_kept(condition, value);
}

static bool lang_holds(const struct condition *condition, struct subject *subject)
{
	static const char *const files[] = { "/etc/default/locale", "/etc/locale.conf" };
	const struct view *view = &subject->facts->view;
	struct tar_text_list env = VEC_INIT;
	bool kept = true;

	view_config_list(view, "env", &env);
	vec_foreach (text, &env)
		kept = kept && line_kept(condition, *text);
	vec_release(&env);
	for (size_t i = 0; i < 2 && kept; i++) {
		AUTO(strbuf) text = STRBUF_INIT;
		path_id file = view_find(view, files[i]);
		if (file == PATH_NONE)
			continue;
		kept = view_read(view, file, 65536, &text);
		for (const char *at = text.data; kept && at && *at;) {
			size_t len = strcspn(at, "\n");
			kept = line_kept(condition, (struct tar_text){ at, len });
			at += len + (at[len] != '\0');
		}
	}
	return kept;
}

const struct match_type match_env = {
	.key = "env", .of_image = true, .read = read_env, .holds = env_holds
};
const struct match_type match_env_lang = {
	.key = "env_lang_in_keep", .of_image = true, .read = read_lang, .holds = lang_holds
};
