/* persist.c - rules as settings of dpkg and rpm.
 *
 * dpkg knows patterns: the globs of the rules, then, because the last line that matches decides,
 * what the rules except and what rules keep.  Its "*" also stands for "/", so that only globs of a
 * place deep enough are said to it.  rpm knows two switches: no documentation, and which
 * languages. */
#include "policy/persist.h"

#include <ctype.h>
#include <string.h>

#include "policy_internal.h"

#define PLACE_DEPTH 3 /* "/usr/share/doc" */

static bool is_for(const struct policy_file *file, const struct policy_persist *wanted)
{
	const char *path = json_string_value(
		json_object_get(json_object_get(file->root, "persist"), wanted->manager));

	return path && !strcmp(path, wanted->path);
}

void policy_persist_files(const struct policy *policy, struct policy_persist_list *out)
{
	for (size_t i = 0; i < policy->order.count; i++) {
		json_t *object = json_object_get(policy->files.items[policy->order.items[i]].root,
						 "persist");
		const char *key;
		json_t *value;
		json_object_foreach(object, key, value)
		{
			bool known = false;
			vec_foreach (file, out)
				known |= !strcmp(file->manager, key) &&
					 !strcmp(file->path, json_string_value(value));
			if (!known)
				vec_push(out,
					 (struct policy_persist){ key, json_string_value(value) });
		}
	}
}

/* --- globs ----------------------------------------------------------------------------------- */

/* A rule as its file has it; NULL for one of the command line. */
static json_t *rule_text(const struct policy *policy, const struct rule *rule)
{
	json_t *list = json_object_get(policy->files.items[rule->file].root, "rules"), *text;
	size_t i;

	if (rule->rank != RANK_FILE)
		return NULL;
	json_array_foreach(list, i, text)
	{
		const char *id = json_string_value(json_object_get(text, "id"));
		if (id && !strcmp(id, rule->info.id))
			return text;
	}
	return NULL;
}

/* The globs of a key, spelt out; they were read before, so that nothing is wrong with them. */
static void spell(const struct policy *policy, const json_t *rule, const char *key,
		  struct text_set *out)
{
	AUTO(error) ignored = ERROR_INIT;
	json_t *list = json_object_get(rule, key), *glob;
	size_t i;

	if (json_is_string(list))
		glob_spell(json_string_value(list), &policy->params, out, &ignored);
	json_array_foreach(list, i, glob)
		glob_spell(json_string_value(glob), &policy->params, out, &ignored);
}

/* Names before the first one with a wildcard. */
static unsigned place_depth(const char *glob)
{
	size_t plain = strcspn(glob, "*?[");
	unsigned depth = 0;

	for (size_t i = 1; i < plain; i++)
		depth += glob[i] == '/';
	return depth + (!glob[plain] && plain > 0);
}

/* --- dpkg ------------------------------------------------------------------------------------ */

struct patterns {
	struct text_set list;
	const char *word; /* "path-exclude" */
};

static void add_pattern(struct patterns *patterns, const char *text)
{
	vec_foreach (known, &patterns->list)
		if (!strcmp(*known, text))
			return;
	vec_push(&patterns->list, xstrdup(text));
}

/* "**" is "*" there; in the middle it may also stand for nothing. */
static void add_glob(struct patterns *patterns, const char *glob, bool icase)
{
	AUTO(strbuf) some = STRBUF_INIT;
	AUTO(strbuf) none = STRBUF_INIT;
	bool in_class = false;

	for (const char *at = glob; *at; at++) {
		if (!strncmp(at, "/**/", 4)) {
			strbuf_addstr(&some, "/*/");
			strbuf_addch(&none, '/');
			at += 3;
			continue;
		}
		if (!strncmp(at, "**", 2))
			at++;
		in_class = *at == '[' || (in_class && *at != ']');
		for (int i = 0; i < 2; i++) {
			struct strbuf *out = i ? &none : &some;
			if (icase && !in_class && isalpha((unsigned char)*at))
				strbuf_addf(out, "[%c%c]", tolower((unsigned char)*at),
					    toupper((unsigned char)*at));
			else
				strbuf_addch(out, *at);
		}
	}
	add_pattern(patterns, some.data);
	add_pattern(patterns, none.data);
}

static void add_rule(struct patterns *patterns, const struct policy *policy, const json_t *rule,
		     const char *key, unsigned depth)
{
	AUTO(text_set) globs = VEC_INIT;

	spell(policy, rule, key, &globs);
	vec_foreach (glob, &globs)
		if (place_depth(*glob) >= depth)
			add_glob(patterns, *glob, json_is_true(json_object_get(rule, "icase")));
}

/* What --keep names is a glob and all below it. */
static void add_kept(struct patterns *patterns, const struct policy *policy)
{
	vec_foreach (rule, &policy->rules) {
		if (rule->info.action != POLICY_KEEP || !rule->enabled)
			continue;
		if (rule->rank == RANK_FILE) {
			add_rule(patterns, policy, rule_text(policy, rule), "match", 0);
			continue;
		}
		AUTO_FREE char *below = xasprintf("%s/**", rule->info.id + strlen("--keep "));
		AUTO(error) ignored = ERROR_INIT;
		AUTO(text_set) globs = VEC_INIT;
		glob_spell(rule->info.id + strlen("--keep "), &policy->params, &globs, &ignored);
		glob_spell(below, &policy->params, &globs, &ignored);
		vec_foreach (glob, &globs)
			add_glob(patterns, *glob, false);
	}
}

/* Up to the first wildcard of each: can both be about one name? */
static bool may_meet(const char *a, const char *b)
{
	size_t left = strcspn(a, "*?["), right = strcspn(b, "*?[");

	return !strncmp(a, b, left < right ? left : right);
}

/* Those that may meet one of `others`; all when that is NULL. */
static void put_patterns(const struct patterns *patterns, const struct patterns *others,
			 struct strbuf *out)
{
	vec_foreach (pattern, &patterns->list) {
		bool any = !others;
		for (size_t i = 0; !any && i < others->list.count; i++)
			any = may_meet(*pattern, others->list.items[i]);
		if (any)
			strbuf_addf(out, "%s=%s\n", patterns->word, *pattern);
	}
}

/* Rules that look at an entry cannot be told to dpkg; where a link leads is no matter here. */
static bool is_plain(const json_t *rule)
{
	const char *key;
	json_t *value;

	json_object_foreach(json_object_get(rule, "each"), key,
			    value) if (strcmp(key, "symlink_target_unmatched_dir") !=
				       0) return false;
	return true;
}

static void put_dpkg(const struct policy *policy, const bool *took,
		     const struct policy_persist *file, struct strbuf *out)
{
	struct patterns without = { VEC_INIT, "path-exclude" };
	struct patterns with = { VEC_INIT, "path-include" };

	for (uint32_t i = 0; i < policy->rules.count; i++) {
		const struct rule *rule = &policy->rules.items[i];
		const json_t *text = took[i] ? rule_text(policy, rule) : NULL;
		if (!text || rule->info.action != POLICY_REMOVE || !is_plain(text) ||
		    !is_for(&policy->files.items[rule->file], file))
			continue;
		add_rule(&without, policy, text, "match", PLACE_DEPTH);
		add_rule(&with, policy, text, "exclude", 0);
	}
	if (without.list.count) {
		add_kept(&with, policy);
		strbuf_addstr(out, "# What lighten left out of this image, dpkg leaves out of "
				   "packages that come later.\n");
		put_patterns(&without, NULL, out);
		put_patterns(&with, &without, out);
	}
	text_set_release(&without.list);
	text_set_release(&with.list);
}

/* --- rpm ------------------------------------------------------------------------------------- */

static bool took_below(const struct policy *policy, const bool *took,
		       const struct policy_persist *file, const char *place)
{
	for (uint32_t i = 0; i < policy->rules.count; i++) {
		const struct rule *rule = &policy->rules.items[i];
		AUTO(text_set) globs = VEC_INIT;
		if (!took[i] || rule->rank != RANK_FILE ||
		    !is_for(&policy->files.items[rule->file], file))
			continue;
		spell(policy, rule_text(policy, rule), "match", &globs);
		vec_foreach (glob, &globs)
			if (!strncmp(*glob, place, strlen(place)))
				return true;
	}
	return false;
}

/* Languages, which are names and no globs for rpm; it takes "en" for "en_US" by itself. */
static void put_languages(const struct policy *policy, struct strbuf *out)
{
	const char *between = "%_install_langs ";

	vec_foreach (param, &policy->params) {
		if (strcmp(param->name, "keep_locales") != 0)
			continue;
		vec_foreach (value, &param->values) {
			if (strpbrk(*value, "*?[{"))
				continue;
			strbuf_addf(out, "%s%s", between, *value);
			between = ":";
		}
	}
	if (*between == ':')
		strbuf_addch(out, '\n');
}

static void put_rpm(const struct policy *policy, const bool *took,
		    const struct policy_persist *file, struct strbuf *out)
{
	AUTO(strbuf) text = STRBUF_INIT;

	if (took_below(policy, took, file, "/usr/share/doc/") ||
	    took_below(policy, took, file, "/usr/share/man/"))
		strbuf_addstr(&text, "%_excludedocs 1\n");
	if (took_below(policy, took, file, "/usr/share/locale/"))
		put_languages(policy, &text);
	if (text.len)
		strbuf_addf(out,
			    "# What lighten left out of this image, rpm leaves out of packages "
			    "that come later.\n%s",
			    text.data);
}

/* --- all ------------------------------------------------------------------------------------- */

void policy_persist_text(const struct policy *policy, const bool *took,
			 const struct policy_persist *file, struct strbuf *out)
{
	if (!strcmp(file->manager, "dpkg"))
		put_dpkg(policy, took, file, out);
	else if (!strcmp(file->manager, "rpm"))
		put_rpm(policy, took, file, out);
}
