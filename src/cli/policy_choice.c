/* policy_choice.c - options that choose policies, and the policy that they come to. */
#include "cli/policy_choice.h"

#include <string.h>

#include "cli/session.h"

int policy_choice_parse_class(void *value, const char *text, struct error *err)
{
	return policy_class_parse(value, text) < 0
		       ? error_set(err, ERR_USAGE,
				   "\"%s\" is not one of safe, mostly-safe, aggressive", text)
		       : 0;
}

static void copy(const struct text_list *from, struct policy_texts *to)
{
	vec_foreach (text, from)
		vec_push(to, *text);
}

struct policy *policy_choice_load(const struct policy_choice *choice, struct error *err)
{
	struct policy_options options = { .max_class = choice->max_class,
					  .max_bytes = session_options.limits.json_bytes };
	struct VEC(char *) names = VEC_INIT;
	struct policy *policy;

	vec_foreach (list, &choice->policies)
		for (const char *at = *list; *at; at += strcspn(at, ","), at += *at == ',')
			if (strcspn(at, ","))
				vec_push(&names, xmemdup0(at, strcspn(at, ",")));
	vec_foreach (name, &names)
		vec_push(&options.policies, *name);
	copy(&choice->params, &options.params);
	copy(&choice->keep, &options.keep);
	copy(&choice->drop, &options.drop);
	policy = policy_load(&options, err);
	vec_foreach (name, &names)
		free(*name);
	vec_release(&names);
	vec_release(&options.policies);
	vec_release(&options.params);
	vec_release(&options.keep);
	vec_release(&options.drop);
	return policy;
}
