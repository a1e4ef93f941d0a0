/* python_source.h - what a Python source asks for, read without an interpreter.  Private to policy.
 */
#ifndef POLICY_PYTHON_SOURCE_H
#define POLICY_PYTHON_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Does the source import a module of which `name` is a component?  Seen are import statements of
 * every form, and string literals that are dotted names with it behind a dot, as import_module()
 * takes them.  Prose that mentions the word is no import.
 */
bool python_imports(const char *source, size_t len, const char *name);

#endif
