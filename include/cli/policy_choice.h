/* policy_choice.h - options that choose policies, and the policy that they come to. */
#ifndef CLI_POLICY_CHOICE_H
#define CLI_POLICY_CHOICE_H

#include "cli/options.h"
#include "policy/policy.h"

struct policy_choice {
	struct text_list policies; /* names or files, "," between some of them */
	struct text_list params, keep, drop;
	enum policy_class max_class;
};

/* ERR_USAGE names file, line and rule. */
struct policy *policy_choice_load(const struct policy_choice *choice, struct error *err);

/* For option rows: `value` is an enum policy_class. */
int policy_choice_parse_class(void *value, const char *text, struct error *err);

#endif
