/* xalloc.h - allocation that does not return NULL.
 *
 * Input-driven sizes are bounded by struct limits before they reach these, so
 * running out of memory is a fault of the machine: the program says so and exits
 * with the status of an I/O error, before any output has its name. */
#ifndef UTIL_XALLOC_H
#define UTIL_XALLOC_H

#include <stddef.h>

void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull, alloc_size(1)));
void *xcalloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull, alloc_size(1, 2)));

/* count * size bytes; an overflow of the product counts as no memory. */
void *xreallocarray(void *old, size_t count, size_t size) __attribute__((returns_nonnull));

char *xstrdup(const char *text) __attribute__((malloc, returns_nonnull));

/* The first `len` bytes with a NUL behind them. */
char *xmemdup0(const void *bytes, size_t len) __attribute__((malloc, returns_nonnull));

char *xasprintf(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), malloc, returns_nonnull));

#endif
