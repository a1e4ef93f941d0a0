/* builtin.h - the table that the build makes of policies/ (Makefile). */
#ifndef POLICY_BUILTIN_H
#define POLICY_BUILTIN_H

#include "policy/policy.h"

extern const struct policy_builtin policy_builtins[]; /* sorted by name */
extern const size_t policy_builtins_count;

#endif
