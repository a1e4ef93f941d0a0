/* policy_show.c - compiled-in policies, and a resolved policy as JSON. */
#include <string.h>

#include "builtin.h"
#include "policy_internal.h"

size_t policy_builtin_count(void)
{
	return policy_builtins_count;
}

const struct policy_builtin *policy_builtin(size_t index)
{
	return &policy_builtins[index];
}

const char *policy_description(const struct policy *policy)
{
	const struct policy_file *file =
		&policy->files.items[policy->order.items[policy->order.count - 1]];
	const char *text = json_string_value(json_object_get(file->root, "description"));

	return text ? text : "";
}

/* A rule as its file has it, with what the chain made of it. */
static json_t *shown_rule(const struct policy *policy, const struct rule *rule, size_t index)
{
	json_t *list = json_object_get(policy->files.items[rule->file].root, "rules");
	json_t *shown = json_copy(json_array_get(list, index));

	json_object_set_new(shown, "x-policy", json_string(rule->info.policy));
	if (!rule->enabled)
		json_object_set_new(shown, "enabled", json_false());
	if (!rule->info.allowed)
		json_object_set_new(shown, "x-allowed", json_false());
	return shown;
}

void policy_show(const struct policy *policy, struct strbuf *out)
{
	json_t *root = json_object(), *params = json_object(), *rules = json_array();
	json_t *files = json_array();
	uint32_t file = UINT32_MAX;
	size_t index = 0;

	for (size_t i = 0; i < policy->order.count; i++)
		json_array_append_new(
			files, json_string(policy->files.items[policy->order.items[i]].name));
	vec_foreach (param, &policy->params) {
		json_t *values = json_array();
		vec_foreach (value, &param->values)
			json_array_append_new(values, json_string(*value));
		json_object_set_new(params, param->name, values);
	}
	vec_foreach (rule, &policy->rules) {
		if (rule->rank != RANK_FILE)
			continue;
		index = rule->file == file ? index + 1 : 0;
		file = rule->file;
		json_array_append_new(rules, shown_rule(policy, rule, index));
	}
	json_object_set_new(root, "schema", json_integer(1));
	json_object_set_new(root, "x-policies", files);
	json_object_set_new(root, "params", params);
	json_object_set_new(root, "rules", rules);
	char *text = json_dumps(root, JSON_INDENT(2));
	if (text)
		strbuf_addf(out, "%s\n", text);
	free(text);
	json_decref(root);
}
