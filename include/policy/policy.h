/* policy.h - what may be left out of an image: rules, resolved and compiled.
 *
 * A policy is a JSON file (schema 1): rules with globs, conditions and a reason.  Built-in names
 * always mean the text that is compiled in; files are read only when the command line names them,
 * or a file beside such a file.  The policy "keep" is loaded first and always (DESIGN.md rulings
 * 7, 14 and 15).  Rules only decide (decide.h); nothing here reads an image. */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/strbuf.h"
#include "util/vec.h"

enum policy_action {
	POLICY_REMOVE,
	POLICY_TRUNCATE, /* the file stays, empty */
	POLICY_KEEP,
	POLICY_WARN,
};

/* Ascending risk; a rule applies when its class is at most the allowed one. */
enum policy_class {
	POLICY_SAFE,
	POLICY_MOSTLY_SAFE,
	POLICY_AGGRESSIVE,
};

enum policy_severity {
	POLICY_INFO,
	POLICY_LOW,
	POLICY_MEDIUM,
	POLICY_HIGH,
};

#define RULE_NONE UINT32_MAX

/* What reports say of a rule; all texts are owned by the policy. */
struct policy_rule {
	char *id;
	char *policy;	 /* name of the file that it stands in; "--keep" or "--drop" for those */
	char *reason;	 /* why this may go, or must stay; never NULL */
	char *risk;	 /* what may break; "" when nothing is known */
	char *reference; /* "; " between several; "" for none */
	enum policy_action action;
	enum policy_class class;
	enum policy_severity severity; /* POLICY_WARN only */
	bool allowed;		       /* its class is not above what was asked for */
};

struct policy_texts VEC(const char *);

struct policy_options {
	struct policy_texts policies;	/* names or files; "none" adds nothing */
	struct policy_texts params;	/* "K=V,V", "K+=V" or "K-=V" */
	struct policy_texts keep, drop; /* globs; one that matches a directory means all of it */
	enum policy_class max_class;	/* rules above it are not applied */
	uint64_t max_bytes;		/* of one policy file */
};

struct policy;

/* ERR_USAGE names file, line, rule and the nearest known word.  `options` may go afterwards. */
struct policy *policy_load(const struct policy_options *options, struct error *err);
void policy_free(struct policy *policy);

/* Rules in the order in which they are looked at; ids below the count. */
uint32_t policy_rule_count(const struct policy *policy);
const struct policy_rule *policy_rule(const struct policy *policy, uint32_t rule);

/* What the policy that was named last says of itself, "" for nothing. */
const char *policy_description(const struct policy *policy);

/* Append the resolved policy as JSON: values of parameters as options left them, rules in load
 * order. */
void policy_show(const struct policy *policy, struct strbuf *out);

/* The compiled-in policies, sorted by name. */
struct policy_builtin {
	const char *name;
	const unsigned char *text;
	size_t len;
};

size_t policy_builtin_count(void);
const struct policy_builtin *policy_builtin(size_t index);

const char *policy_action_name(enum policy_action action);
const char *policy_class_name(enum policy_class class);
const char *policy_severity_name(enum policy_severity severity);

/* 0 with *out set, or -1 when there is no class of that name. */
int policy_class_parse(enum policy_class *out, const char *name);

DEFINE_CLEANUP_PTR(policy, policy_free);

#endif
