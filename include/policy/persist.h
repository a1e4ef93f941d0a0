/* persist.h - what rules took, as settings of a package manager: packages that are installed later
 * on, in an image made from this one, then come without it, too. */
#ifndef POLICY_PERSIST_H
#define POLICY_PERSIST_H

#include "policy/policy.h"

/* A settings file that policies name: `manager` is "dpkg" or "rpm". */
struct policy_persist {
	const char *manager, *path; /* borrowed from the policy */
};
struct policy_persist_list VEC(struct policy_persist);

/* The files that the loaded policies want, each once, in load order; appended. */
void policy_persist_files(const struct policy *policy, struct policy_persist_list *out);

/* Append the text of a file, for the rules that took something (`took`, by rule).  Nothing when
 * there is nothing that the manager could be told. */
void policy_persist_text(const struct policy *policy, const bool *took,
			 const struct policy_persist *file, struct strbuf *out);

#endif
