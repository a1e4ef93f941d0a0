/* strbuf.h - a growing byte string, always NUL-terminated once something was added. */
#ifndef UTIL_STRBUF_H
#define UTIL_STRBUF_H

#include <stddef.h>

#include "util/cleanup.h"

struct strbuf {
	char *data; /* NULL while empty and never used */
	size_t len, room;
};

#define STRBUF_INIT                                                                                \
	{                                                                                          \
		.data = NULL, .len = 0, .room = 0                                                  \
	}

void strbuf_add(struct strbuf *buf, const void *bytes, size_t len);
void strbuf_addstr(struct strbuf *buf, const char *text);
void strbuf_addch(struct strbuf *buf, char byte);
void strbuf_addf(struct strbuf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Append `len` bytes for the caller to fill; they are its until the next call. */
char *strbuf_grow(struct strbuf *buf, size_t len) __attribute__((returns_nonnull));

/* Forget the content, keep the memory. */
void strbuf_clear(struct strbuf *buf);

/* The text, owned by the caller; *buf is empty again.  Never NULL. */
char *strbuf_detach(struct strbuf *buf);

void strbuf_release(struct strbuf *buf);

DEFINE_CLEANUP(strbuf, strbuf_release);

#endif
