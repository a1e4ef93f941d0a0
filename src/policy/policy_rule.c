/* policy_rule.c - read one rule of a policy file. */
#include <string.h>

#include "policy_internal.h"
#include "util/strbuf.h"

/* Spelt-out globs of all policies of a run; the shipped ones are a few thousand. */
#define GLOBS_MAX 32768

static const char *const action_words[] = { "remove", "truncate", "keep", "warn", NULL };
static const char *const class_words[] = { "safe", "mostly-safe", "aggressive", NULL };
static const char *const severity_words[] = { "info", "low", "medium", "high", NULL };
static const char *const dirs_words[] = { "keep", "prune-empty", "remove", NULL };
static const char *const dangling_words[] = { "veto", "ignore", "prune-link", NULL };
static const char *const type_words[] = { "file", "symlink", "dir", "fifo", "hardlink", NULL };
static const unsigned type_bits[] = { 1u << TAR_FILE, 1u << TAR_SYMLINK, 1u << TAR_DIR,
				      1u << TAR_FIFO, 1u << TAR_FILE };

const char *policy_action_name(enum policy_action action)
{
	return action_words[action];
}

const char *policy_class_name(enum policy_class class)
{
	return class_words[class];
}

const char *policy_severity_name(enum policy_severity severity)
{
	return severity_words[severity];
}

int policy_class_parse(enum policy_class *out, const char *name)
{
	for (int i = 0; class_words[i]; i++)
		if (!strcmp(class_words[i], name)) {
			*out = (enum policy_class)i;
			return 0;
		}
	return -1;
}

/* --- values ---------------------------------------------------------------------------------- */

int read_texts(json_t *value, struct text_set *out, struct error *err)
{
	if (json_is_string(value)) {
		vec_push(out, xstrdup(json_string_value(value)));
		return 0;
	}
	if (!json_array_size(value))
		return error_set(err, ERR_USAGE, "must be a text or a list of texts, not empty");
	for (size_t i = 0; i < json_array_size(value); i++) {
		const char *text = json_string_value(json_array_get(value, i));
		if (!text)
			return error_set(err, ERR_USAGE, "item %zu is no text", i + 1);
		vec_push(out, xstrdup(text));
	}
	return 0;
}

int read_bool(json_t *value, bool *out, struct error *err)
{
	if (!json_is_boolean(value))
		return error_set(err, ERR_USAGE, "must be true or false");
	*out = json_is_true(value);
	return 0;
}

static int read_choice(json_t *value, const char *const *words, struct error *err)
{
	if (!json_is_string(value))
		return error_set(err, ERR_USAGE, "must be a text");
	return choose_word(json_string_value(value), words, "value", err);
}

int reader_add_globs(struct rule_reader *in, char *const *globs, size_t count, enum glob_role role,
		     glob_id *out, struct error *err)
{
	struct policy *policy = in->policy;
	AUTO(text_set) spelled = VEC_INIT;
	struct glob_parts parts = VEC_INIT;
	bool takes = role == ROLE_MATCH && (in->rule->info.action == POLICY_REMOVE ||
					    in->rule->info.action == POLICY_TRUNCATE);
	int rc = 0;

	*out = (glob_id)policy->uses.count;
	vec_push(&policy->uses, (struct glob_use){ in->rule_id, role });
	for (size_t i = 0; i < count && !rc; i++)
		rc = glob_spell(globs[i], &policy->params, &spelled, err);
	policy->spelled += spelled.count;
	if (!rc && policy->spelled > GLOBS_MAX)
		rc = error_set(err, ERR_USAGE, "more than %d globs in all policies", GLOBS_MAX);
	for (size_t i = 0; i < spelled.count && !rc; i++) {
		rc = glob_cut(spelled.items[i], &parts, err);
		if (!rc && takes && glob_is_everything(&parts))
			rc = error_set(err, ERR_USAGE, "glob \"%s\" would remove everything",
				       spelled.items[i]);
		if (!rc)
			glob_set_add(policy->globs, &parts, in->rule->icase, *out);
	}
	vec_release(&parts);
	return rc;
}

/* --- keys ------------------------------------------------------------------------------------ */

/* Those that others depend on are read first, see rule_read(). */
static int read_id(struct rule_reader *in, json_t *value, struct error *err)
{
	const char *id = json_string_value(value);

	if (!id || !*id || strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789.-") != strlen(id))
		return error_set(err, ERR_USAGE, "must be a text of a-z, 0-9, \".\" and \"-\"");
	in->rule->info.id = xstrdup(id);
	for (uint32_t i = 0; i < in->rule_id; i++)
		if (!strcmp(in->policy->rules.items[i].info.id, id))
			return error_set(err, ERR_USAGE,
					 "another rule of that name stands in policy \"%s\"",
					 in->policy->rules.items[i].info.policy);
	return 0;
}

static int read_action(struct rule_reader *in, json_t *value, struct error *err)
{
	int choice = read_choice(value, action_words, err);

	in->rule->info.action = (enum policy_action)(choice < 0 ? 0 : choice);
	/* Whatever stands at a path that is to be kept. */
	if (in->rule->info.action == POLICY_KEEP)
		in->rule->types = ~0u;
	return choice < 0 ? -1 : 0;
}

static int read_class(struct rule_reader *in, json_t *value, struct error *err)
{
	int choice = read_choice(value, class_words, err);

	in->rule->info.class = (enum policy_class)(choice < 0 ? 0 : choice);
	return choice < 0 ? -1 : 0;
}

static int read_severity(struct rule_reader *in, json_t *value, struct error *err)
{
	int choice = read_choice(value, severity_words, err);

	in->rule->info.severity = (enum policy_severity)(choice < 0 ? 0 : choice);
	if (choice >= 0 && in->rule->info.action != POLICY_WARN)
		return error_set(err, ERR_USAGE, "only rules with the action \"warn\" have one");
	return choice < 0 ? -1 : 0;
}

static int read_enabled(struct rule_reader *in, json_t *value, struct error *err)
{
	return read_bool(value, &in->rule->enabled, err);
}

static int read_builtin(struct rule_reader *in, json_t *value, struct error *err)
{
	static const char *const known[] = { "keep.config-referenced", WORKDIR_RULE,
					     "secret.config", NULL };

	if (read_bool(value, &in->rule->builtin, err) < 0)
		return -1;
	if (in->rule->builtin && choose_word(in->rule->info.id, known, "built-in rule", err) < 0)
		return -1;
	return 0;
}

static int read_icase(struct rule_reader *in, json_t *value, struct error *err)
{
	return read_bool(value, &in->rule->icase, err);
}

static int read_globs(struct rule_reader *in, json_t *value, enum glob_role role, struct error *err)
{
	AUTO(text_set) texts = VEC_INIT;
	glob_id id;

	if (in->rule->builtin && !json_array_size(value))
		return 0;
	return read_texts(value, &texts, err) < 0
		       ? -1
		       : reader_add_globs(in, texts.items, texts.count, role, &id, err);
}

static int read_match(struct rule_reader *in, json_t *value, struct error *err)
{
	return read_globs(in, value, ROLE_MATCH, err);
}

static int read_exclude(struct rule_reader *in, json_t *value, struct error *err)
{
	return read_globs(in, value, ROLE_EXCLUDE, err);
}

static int read_types(struct rule_reader *in, json_t *value, struct error *err)
{
	AUTO(text_set) texts = VEC_INIT;

	if (read_texts(value, &texts, err) < 0)
		return -1;
	in->rule->types = 0;
	vec_foreach (text, &texts) {
		int choice = choose_word(*text, type_words, "type", err);
		if (choice < 0)
			return -1;
		in->rule->types |= type_bits[choice];
	}
	return 0;
}

static int only_remove(const struct rule_reader *in, struct error *err)
{
	return in->rule->info.action == POLICY_REMOVE
		       ? 0
		       : error_set(err, ERR_USAGE, "only rules with the action \"remove\" have it");
}

static int read_dirs(struct rule_reader *in, json_t *value, struct error *err)
{
	int choice = read_choice(value, dirs_words, err);

	in->rule->dirs = (enum dirs_mode)(choice < 0 ? 0 : choice);
	return choice < 0 ? -1 : only_remove(in, err);
}

static int read_dangling(struct rule_reader *in, json_t *value, struct error *err)
{
	int choice = read_choice(value, dangling_words, err);

	in->rule->on_dangling = (enum dangling_mode)(choice < 0 ? 0 : choice);
	return choice < 0 ? -1 : only_remove(in, err);
}

/* What the config names to start is never to be passed, what lies beside it is. */
static bool is_passable(const struct rule *rule)
{
	return rule->info.id && rule->rank == RANK_FILE && rule->info.action == POLICY_KEEP &&
	       (!rule->builtin || !strcmp(rule->info.id, WORKDIR_RULE));
}

/* The keep rules that this one may pass must stand in policies loaded before. */
static const char *next_keep_rule(const void *policy, size_t index)
{
	const struct policy *in = policy;

	vec_foreach (rule, &in->rules)
		if (is_passable(rule) && !index--)
			return rule->info.id;
	return NULL;
}

static int read_lifts(struct rule_reader *in, json_t *value, struct error *err)
{
	AUTO(text_set) texts = VEC_INIT;

	if (in->rule->info.action != POLICY_REMOVE && in->rule->info.action != POLICY_TRUNCATE)
		return error_set(err, ERR_USAGE, "only rules that remove or truncate have it");
	if (read_texts(value, &texts, err) < 0)
		return -1;
	vec_foreach (text, &texts) {
		uint32_t found = RULE_NONE;
		for (uint32_t i = 0; i < in->rule_id; i++) {
			const struct rule *rule = &in->policy->rules.items[i];
			if (is_passable(rule) && !strcmp(rule->info.id, *text))
				found = i;
		}
		if (found == RULE_NONE)
			return unknown_word(err, "keep rule", *text, next_keep_rule, in->policy);
		vec_push(&in->rule->lifts, found);
	}
	return 0;
}

static int read_when(struct rule_reader *in, json_t *value, struct error *err)
{
	return read_conditions(in, value, true, &in->rule->when, err);
}

static int read_each(struct rule_reader *in, json_t *value, struct error *err)
{
	return read_conditions(in, value, false, &in->rule->each, err);
}

static int read_words(json_t *value, char **out, struct error *err)
{
	AUTO(text_set) texts = VEC_INIT;
	AUTO(strbuf) all = STRBUF_INIT;

	if (read_texts(value, &texts, err) < 0)
		return -1;
	vec_foreach (text, &texts)
		strbuf_addf(&all, "%s%s", text == texts.items ? "" : "; ", *text);
	free(*out);
	*out = strbuf_detach(&all);
	return 0;
}

static int read_reason(struct rule_reader *in, json_t *value, struct error *err)
{
	return read_words(value, &in->rule->info.reason, err);
}

static int read_risk(struct rule_reader *in, json_t *value, struct error *err)
{
	return read_words(value, &in->rule->info.risk, err);
}

static int read_reference(struct rule_reader *in, json_t *value, struct error *err)
{
	return read_words(value, &in->rule->info.reference, err);
}

/* In the order in which they are read: later ones look at earlier ones. */
static const struct rule_key {
	const char *name;
	int (*read)(struct rule_reader *in, json_t *value, struct error *err);
	bool needed;
} rule_keys[] = {
	{ "id", read_id, true },
	{ "action", read_action, true },
	{ "class", read_class, true },
	{ "severity", read_severity, false },
	{ "enabled", read_enabled, false },
	{ "builtin", read_builtin, false },
	{ "icase", read_icase, false },
	{ "match", read_match, true },
	{ "exclude", read_exclude, false },
	{ "types", read_types, false },
	{ "dirs", read_dirs, false },
	{ "on_dangling", read_dangling, false },
	{ "overrides_keep", read_lifts, false },
	{ "when", read_when, false },
	{ "each", read_each, false },
	{ "reason", read_reason, false },
	{ "risk", read_risk, false },
	{ "ref", read_reference, false },
};

#define RULE_KEYS (sizeof(rule_keys) / sizeof(rule_keys[0]))

static const char *next_rule_key(const void *arg, size_t index)
{
	(void)arg;
	return index < RULE_KEYS ? rule_keys[index].name : NULL;
}

static int check_keys(struct rule_reader *in, json_t *object, struct error *err)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
	{
		size_t at = 0;
		while (at < RULE_KEYS && strcmp(rule_keys[at].name, key) != 0)
			at++;
		if (at == RULE_KEYS && strncmp(key, "x-", 2) != 0) {
			in->key = key;
			return unknown_word(err, "key", key, next_rule_key, NULL);
		}
	}
	return 0;
}

static int read_keys(struct rule_reader *in, json_t *object, struct error *err)
{
	if (!json_is_object(object))
		return error_set(err, ERR_USAGE, "is no object");
	if (check_keys(in, object, err) < 0)
		return -1;
	for (size_t i = 0; i < RULE_KEYS; i++) {
		json_t *value = json_object_get(object, rule_keys[i].name);
		in->key = value ? rule_keys[i].name : NULL;
		if (!value && rule_keys[i].needed &&
		    !(in->rule->builtin && rule_keys[i].read == read_match))
			return error_set(err, ERR_USAGE, "has no \"%s\"", rule_keys[i].name);
		if (value && rule_keys[i].read(in, value, err) < 0)
			return -1;
	}
	return 0;
}

static struct rule_reader begin_rule(struct policy *policy)
{
	struct rule fresh = { .rank = RANK_FILE,
			      .enabled = true,
			      .types = 1u << TAR_FILE | 1u << TAR_SYMLINK };

	fresh.info.reason = xstrdup("");
	fresh.info.risk = xstrdup("");
	fresh.info.reference = xstrdup("");
	vec_push(&policy->rules, fresh);
	return (struct rule_reader){ .policy = policy,
				     .rule_id = (uint32_t)(policy->rules.count - 1),
				     .rule = &policy->rules.items[policy->rules.count - 1] };
}

int rule_read(struct policy *policy, uint32_t file, size_t index, struct error *err)
{
	struct rule_reader in = begin_rule(policy);
	const struct policy_file *from = &policy->files.items[file];
	json_t *object = json_array_get(json_object_get(from->root, "rules"), index);
	const char *id = json_string_value(json_object_get(object, "id"));

	in.file = from;
	in.index = index;
	in.rule->file = file;
	in.rule->info.policy = xstrdup(from->name);
	if (!read_keys(&in, object, err))
		return 0;
	AUTO_FREE char *unnamed = xasprintf("number %zu", index + 1);
	return error_wrap(err, "%s:%u: rule %s%s%s%s%s%s%s", from->key,
			  policy_line(from->text, from->len, index, in.key), id ? "\"" : "",
			  id ? id : unnamed, id ? "\"" : "", in.key ? ": " : "",
			  in.key ? in.key : "", in.sub_key ? "." : "",
			  in.sub_key ? in.sub_key : "");
}

int rule_from_option(struct policy *policy, const char *glob, enum policy_action action,
		     struct error *err)
{
	struct rule_reader in = begin_rule(policy);
	const char *option = action == POLICY_KEEP ? "--keep" : "--drop";
	AUTO_FREE char *below = xasprintf("%s/**", glob);
	char *globs[] = { xstrdup(glob), below };
	glob_id id;
	int rc;

	in.rule->rank = action == POLICY_KEEP ? RANK_KEEP_OPTION : RANK_DROP_OPTION;
	in.rule->info.action = action;
	in.rule->info.id = xasprintf("%s %s", option, glob);
	in.rule->info.policy = xstrdup(option);
	free(in.rule->info.reason);
	in.rule->info.reason = xstrdup("asked for on the command line");
	in.rule->types |= 1u << TAR_DIR | 1u << TAR_FIFO;
	in.rule->dirs = DIRS_REMOVE;
	/* Everything below a name that ends in any number of components is there already. */
	size_t len = strlen(glob), count = len >= 3 && !strcmp(glob + len - 3, "/**") ? 1 : 2;
	rc = reader_add_globs(&in, globs, count, ROLE_MATCH, &id, err);
	free(globs[0]);
	return rc < 0 ? error_wrap(err, "%s", option) : 0;
}
