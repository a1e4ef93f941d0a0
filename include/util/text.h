/* text.h - bytes for people and for JSON (DESIGN.md ruling 3), sizes and numbers. */
#ifndef UTIL_TEXT_H
#define UTIL_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "util/strbuf.h"

/* Valid UTF-8 stays; backslash becomes "\\", control and invalid bytes "\xNN", marks of direction
 * and line separators among them.  The inverse of text_unescape() for every byte string. */
void text_escape(struct strbuf *out, const char *bytes, size_t len);

/* As text_escape, into a string that the caller frees. */
char *text_escaped(const char *bytes, size_t len);

/* 0, or -1 when `text` is not what text_escape() writes. */
int text_unescape(struct strbuf *out, const char *text);

#define TEXT_SIZE_MAX 24
/* SI with three digits: "999 B", "1.23 kB", "45.6 MB", "3.16 GB". */
const char *text_size(char out[TEXT_SIZE_MAX], uint64_t bytes);

/* "1.5G", "20MB", "4096": SI for kB MB GB, binary for KiB MiB GiB.  0, or -1 when it is none. */
int text_parse_size(uint64_t *out, const char *text);

#endif
