/* policy_load.c - policies from their names: files, what they extend, parameters, rules. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "policy/policy.h"
#include "policy_internal.h"

#define KEEP_POLICY "keep"
#define FILES_MAX   256

/* --- names ----------------------------------------------------------------------------------- */

static const char *next_builtin(const void *arg, size_t index)
{
	(void)arg;
	return index < policy_builtin_count() ? policy_builtin(index)->name : NULL;
}

static const struct policy_builtin *find_builtin(const char *name)
{
	for (size_t i = 0; i < policy_builtin_count(); i++)
		if (!strcmp(policy_builtin(i)->name, name))
			return policy_builtin(i);
	return NULL;
}

static bool is_file_name(const char *name)
{
	size_t len = strlen(name);

	return strchr(name, '/') || (len > 5 && !strcmp(name + len - 5, ".json"));
}

static int file_error(const struct policy_file *file, const char *key, struct error *err)
{
	return error_wrap(err, "%s:%u%s%s", file->key,
			  policy_line(file->text ? file->text : "", file->len, UNLISTED, key),
			  key ? ": " : "", key ? key : "");
}

/* --- one file -------------------------------------------------------------------------------- */

static int read_file(struct policy_file *file, uint64_t most, struct error *err)
{
	AUTO_FD fd = open(file->key, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	AUTO(strbuf) text = STRBUF_INIT;

	if (fd < 0)
		return error_set(err, ERR_USAGE, "%s: %s", file->key, strerror(errno));
	for (;;) {
		char *room = strbuf_grow(&text, 65536);
		ssize_t got = read(fd, room, 65536);
		text.len -= got < 0 ? 65536 : 65536 - (size_t)got;
		if (got < 0 && errno != EINTR)
			return error_set_errno(err, errno, "%s: cannot read", file->key);
		if (!got)
			break;
		if (text.len > most)
			return error_set(err, ERR_USAGE, "%s: more than %llu bytes", file->key,
					 (unsigned long long)most);
	}
	file->len = text.len;
	file->text = strbuf_detach(&text);
	return 0;
}

static const char *const file_keys[] = { "schema",  "name",    "version",     "description",
					 "extends", "disable", "allow_class", "params",
					 "persist", "rules",   NULL };

/* Below /etc, where package managers have such files, and nothing that a script could be. */
static int check_persist(const struct policy_file *file, struct error *err)
{
	static const char *const managers[] = { "dpkg", "rpm", NULL };
	json_t *object = json_object_get(file->root, "persist"), *value;
	const char *key;

	if (object && !json_is_object(object)) {
		error_set(err, ERR_USAGE, "must be an object: a package manager and a file each");
		return file_error(file, "persist", err);
	}
	json_object_foreach(object, key, value)
	{
		const char *path = json_string_value(value);
		if (choose_word(key, managers, "package manager", err) < 0)
			return file_error(file, "persist", err);
		if (path && (!strncmp(path, "/etc/dpkg/dpkg.cfg.d/", 21) ||
			     !strncmp(path, "/etc/rpm/macros.", 16)))
			continue;
		error_set(err, ERR_USAGE, "must be in /etc/dpkg/dpkg.cfg.d, or /etc/rpm/macros.*");
		return file_error(file, "persist", err);
	}
	return 0;
}

static int check_file(struct policy_file *file, struct error *err)
{
	const char *key;
	json_t *value;

	json_object_foreach(file->root, key, value)
	{
		if (strncmp(key, "x-", 2) != 0 && choose_word(key, file_keys, "key", err) < 0)
			return file_error(file, key, err);
	}
	if (json_integer_value(json_object_get(file->root, "schema")) != 1) {
		error_set(err, ERR_USAGE, "must be 1, the only schema that this program knows");
		return file_error(file, "schema", err);
	}
	const char *name = json_string_value(json_object_get(file->root, "name"));
	if (!name || !*name) {
		error_set(err, ERR_USAGE, "must be a text");
		return file_error(file, "name", err);
	}
	file->name = xstrdup(name);
	value = json_object_get(file->root, "rules");
	if (value && !json_is_array(value)) {
		error_set(err, ERR_USAGE, "must be a list");
		return file_error(file, "rules", err);
	}
	value = json_object_get(file->root, "allow_class");
	if (value &&
	    policy_class_parse(&file->allow,
			       json_is_string(value) ? json_string_value(value) : "") < 0) {
		error_set(err, ERR_USAGE, "must be \"safe\", \"mostly-safe\" or \"aggressive\"");
		return file_error(file, "allow_class", err);
	}
	file->has_allow = value != NULL;
	return check_persist(file, err);
}

static int parse_file(struct policy_file *file, struct error *err)
{
	json_error_t fault;

	file->root = json_loadb(file->text, file->len, JSON_REJECT_DUPLICATES, &fault);
	if (!file->root)
		return error_set(err, ERR_USAGE, "%s:%d: %s", file->key,
				 fault.line < 1 ? 1 : fault.line, fault.text);
	if (!json_is_object(file->root))
		return error_set(err, ERR_USAGE, "%s:1: must be a JSON object", file->key);
	return check_file(file, err);
}

/* --- the chain ------------------------------------------------------------------------------- */

static int load(struct policy *policy, const char *name, const char *folder, uint32_t *out,
		struct error *err);

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? xmemdup0(path, (size_t)(slash + 1 - path)) : xstrdup("");
}

/* A list of texts of a file, or nothing. */
static int file_texts(const struct policy_file *file, const char *key, struct text_set *out,
		      struct error *err)
{
	json_t *value = json_object_get(file->root, key);

	if (!value || (json_is_array(value) && !json_array_size(value)))
		return 0;
	return read_texts(value, out, err) < 0 ? file_error(file, key, err) : 0;
}

/* A file may extend compiled-in policies and files in its own folder, nothing else. */
static int load_extends(struct policy *policy, uint32_t at, struct error *err)
{
	AUTO(text_set) names = VEC_INIT;

	if (file_texts(&policy->files.items[at], "extends", &names, err) < 0)
		return -1;
	vec_foreach (name, &names) {
		const struct policy_file *file = &policy->files.items[at];
		uint32_t found;
		if (is_file_name(*name) && (!file->folder || strchr(*name, '/'))) {
			error_set(err, ERR_USAGE,
				  "\"%s\": only built-in policies and files in the same folder",
				  *name);
			return file_error(file, "extends", err);
		}
		if (load(policy, *name, file->folder, &found, err) < 0)
			return file_error(&policy->files.items[at], "extends", err);
		vec_push(&policy->files.items[at].extends, found);
	}
	return 0;
}

static int add_file(struct policy *policy, const char *name, const char *path, struct error *err)
{
	const struct policy_builtin *builtin = path ? NULL : find_builtin(name);
	struct policy_file fresh = { .loading = true };

	if (!path && !builtin)
		return unknown_word(err, "policy", name, next_builtin, NULL);
	if (policy->files.count >= FILES_MAX)
		return error_set(err, ERR_USAGE, "more than %d policy files", FILES_MAX);
	fresh.key = path ? xstrdup(path) : xasprintf("policy %s", name);
	fresh.folder = path ? folder_of(path) : NULL;
	vec_push(&policy->files, fresh);
	struct policy_file *file = &policy->files.items[policy->files.count - 1];
	if (path)
		return read_file(file, policy->max_bytes, err) < 0 ? -1 : parse_file(file, err);
	file->text = xmemdup0((const char *)builtin->text, builtin->len);
	file->len = builtin->len;
	return parse_file(file, err);
}

/* Load a policy and what it extends, once.  `folder` NULL: named by a compiled-in policy. */
static int load(struct policy *policy, const char *name, const char *folder, uint32_t *out,
		struct error *err)
{
	AUTO_FREE char *path =
		is_file_name(name) ? xasprintf("%s%s", folder ? folder : "", name) : NULL;
	AUTO_FREE char *key = path ? xstrdup(path) : xasprintf("policy %s", name);

	for (uint32_t i = 0; i < policy->files.count; i++) {
		if (strcmp(policy->files.items[i].key, key) != 0)
			continue;
		*out = i;
		return policy->files.items[i].loading
			       ? error_set(err, ERR_USAGE, "\"%s\" extends itself", name)
			       : 0;
	}
	*out = (uint32_t)policy->files.count;
	if (add_file(policy, name, path, err) < 0 || load_extends(policy, *out, err) < 0)
		return -1;
	policy->files.items[*out].loading = false;
	vec_push(&policy->order, *out);
	return 0;
}

/* The class that a named policy allows each file below it: the one that the file nearest to the
 * name says. */
static void allow(struct policy *policy, uint32_t at, bool said, enum policy_class class)
{
	struct policy_file *file = &policy->files.items[at];

	if (!said && file->has_allow) {
		said = true;
		class = file->allow;
	}
	enum policy_class reach = said ? class : POLICY_AGGRESSIVE;
	if (file->reached && file->reach >= reach)
		return;
	file->reached = true;
	file->reach = reach;
	for (size_t i = 0; i < file->extends.count; i++)
		allow(policy, file->extends.items[i], said, class);
}

/* --- parameters and disabled rules ----------------------------------------------------------- */

static struct glob_param *find_param(struct policy *policy, const char *name)
{
	vec_foreach (param, &policy->params)
		if (!strcmp(param->name, name))
			return param;
	return NULL;
}

/* A file that extends another may give its parameters other values. */
static int read_params(struct policy *policy, const struct policy_file *file, struct error *err)
{
	json_t *object = json_object_get(file->root, "params"), *value;
	const char *key;

	if (object && !json_is_object(object)) {
		error_set(err, ERR_USAGE, "must be an object");
		return file_error(file, "params", err);
	}
	json_object_foreach(object, key, value)
	{
		struct glob_param *param = find_param(policy, key);
		if (!param) {
			vec_push(&policy->params, (struct glob_param){ .name = xstrdup(key) });
			param = &policy->params.items[policy->params.count - 1];
		}
		text_set_release(&param->values);
		if (!*key || strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(key))
			error_set(err, ERR_USAGE, "\"%s\": a name has only a-z, 0-9 and \"_\"",
				  key);
		else if (read_texts(value, &param->values, err) < 0)
			error_wrap(err, "\"%s\"", key);
		if (err->code != ERR_NONE)
			return file_error(file, "params", err);
	}
	return 0;
}

static const char *next_param(const void *policy, size_t index)
{
	const struct policy *in = policy;

	return index < in->params.count ? in->params.items[index].name : NULL;
}

/* "K=V,V" sets, "K+=V" adds, "K-=V" takes away. */
static int set_param(struct policy *policy, const char *text, struct error *err)
{
	const char *equals = strchr(text, '=');
	size_t len = equals ? (size_t)(equals - text) : 0;
	char how = len && (text[len - 1] == '+' || text[len - 1] == '-') ? text[len - 1] : '=';
	AUTO_FREE char *name = xmemdup0(text, len - (how != '='));
	struct glob_param *param = find_param(policy, name);

	if (!equals || !*name)
		return error_set(err, ERR_USAGE, "\"%s\" is not NAME=VALUE[,VALUE]", text);
	if (!param)
		return unknown_word(err, "parameter", name, next_param, policy);
	if (how == '=')
		text_set_release(&param->values);
	for (const char *at = equals + 1; *at; at += strcspn(at, ","), at += *at == ',') {
		size_t value_len = strcspn(at, ",");
		size_t kept = 0;
		if (how != '-') {
			vec_push(&param->values, xmemdup0(at, value_len));
			continue;
		}
		vec_foreach (value, &param->values) {
			if (strlen(*value) == value_len && !memcmp(*value, at, value_len))
				free(*value);
			else
				param->values.items[kept++] = *value;
		}
		param->values.count = kept;
	}
	return param->values.count
		       ? 0
		       : error_set(err, ERR_USAGE, "\"%s\" is left without a value", name);
}

static const char *next_rule(const void *policy, size_t index)
{
	const struct policy *in = policy;

	return index < in->rules.count ? in->rules.items[index].info.id : NULL;
}

static int disable_rules(struct policy *policy, const struct policy_file *file, struct error *err)
{
	AUTO(text_set) ids = VEC_INIT;

	if (file_texts(file, "disable", &ids, err) < 0)
		return -1;
	vec_foreach (id, &ids) {
		bool found = false;
		vec_foreach (rule, &policy->rules) {
			if (strcmp(rule->info.id, *id) != 0)
				continue;
			found = true;
			rule->enabled = false;
			if (!strcmp(rule->info.policy, KEEP_POLICY)) {
				error_set(err, ERR_USAGE,
					  "\"%s\": rules of \"" KEEP_POLICY "\" cannot be disabled",
					  *id);
				return file_error(file, "disable", err);
			}
		}
		if (!found) {
			unknown_word(err, "rule", *id, next_rule, policy);
			return file_error(file, "disable", err);
		}
	}
	return 0;
}

/* --- all of it ------------------------------------------------------------------------------- */

static int load_names(struct policy *policy, const struct policy_options *options,
		      struct error *err)
{
	uint32_t file;

	if (load(policy, KEEP_POLICY, NULL, &file, err) < 0)
		return -1;
	allow(policy, file, true, POLICY_AGGRESSIVE);
	vec_foreach (name, &options->policies) {
		if (!strcmp(*name, "none"))
			continue;
		if (load(policy, *name, NULL, &file, err) < 0)
			return -1;
		allow(policy, file, false, POLICY_AGGRESSIVE);
	}
	return 0;
}

static int load_rules(struct policy *policy, const struct policy_options *options,
		      struct error *err)
{
	vec_foreach (glob, &options->keep)
		if (rule_from_option(policy, *glob, POLICY_KEEP, err) < 0)
			return -1;
	vec_foreach (glob, &options->drop)
		if (rule_from_option(policy, *glob, POLICY_REMOVE, err) < 0)
			return -1;
	for (size_t i = 0; i < policy->order.count; i++) {
		uint32_t file = policy->order.items[i];
		size_t count =
			json_array_size(json_object_get(policy->files.items[file].root, "rules"));
		for (size_t n = 0; n < count; n++)
			if (rule_read(policy, file, n, err) < 0)
				return -1;
	}
	for (size_t i = 0; i < policy->order.count; i++)
		if (disable_rules(policy, &policy->files.items[policy->order.items[i]], err) < 0)
			return -1;
	return 0;
}

static void allow_rules(struct policy *policy, enum policy_class most)
{
	vec_foreach (rule, &policy->rules) {
		bool takes =
			rule->info.action == POLICY_REMOVE || rule->info.action == POLICY_TRUNCATE;
		rule->info.allowed = rule->rank != RANK_FILE || !takes ||
				     (rule->info.class <= most &&
				      rule->info.class <= policy->files.items[rule->file].reach);
	}
}

struct policy *policy_load(const struct policy_options *options, struct error *err)
{
	AUTO_PTR(policy) policy = xcalloc(1, sizeof(*policy));

	policy->globs = glob_set_new();
	policy->max_bytes = options->max_bytes ? options->max_bytes : 4u << 20;
	if (load_names(policy, options, err) < 0)
		return NULL;
	for (size_t i = 0; i < policy->order.count; i++)
		if (read_params(policy, &policy->files.items[policy->order.items[i]], err) < 0)
			return NULL;
	vec_foreach (text, &options->params)
		if (set_param(policy, *text, err) < 0) {
			error_wrap(err, "--param");
			return NULL;
		}
	if (load_rules(policy, options, err) < 0)
		return NULL;
	allow_rules(policy, options->max_class);
	glob_set_seal(policy->globs);
	return STEAL(policy);
}

static void release_rule(struct rule *rule)
{
	free(rule->info.id);
	free(rule->info.policy);
	free(rule->info.reason);
	free(rule->info.risk);
	free(rule->info.reference);
	vec_release(&rule->lifts);
	conditions_release(&rule->when);
	conditions_release(&rule->each);
}

void policy_free(struct policy *policy)
{
	vec_foreach (file, &policy->files) {
		free(file->key);
		free(file->folder);
		free(file->name);
		free(file->text);
		json_decref(file->root);
		vec_release(&file->extends);
	}
	vec_foreach (param, &policy->params) {
		free(param->name);
		text_set_release(&param->values);
	}
	vec_foreach (rule, &policy->rules)
		release_rule(rule);
	vec_release(&policy->files);
	vec_release(&policy->order);
	vec_release(&policy->params);
	vec_release(&policy->rules);
	vec_release(&policy->uses);
	glob_set_free(policy->globs);
	free(policy);
}

uint32_t policy_rule_count(const struct policy *policy)
{
	return (uint32_t)policy->rules.count;
}

const struct policy_rule *policy_rule(const struct policy *policy, uint32_t rule)
{
	return &policy->rules.items[rule].info;
}
