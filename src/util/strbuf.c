/* strbuf.c - a growing byte string. */
#include "util/strbuf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "util/xalloc.h"

/* Room for `more` bytes and the NUL behind them; a length that overflows is one that no machine
 * can hold, which xreallocarray() answers. */
static void make_room(struct strbuf *buf, size_t more)
{
	size_t want;

	if (__builtin_add_overflow(buf->len, more, &want) || want == SIZE_MAX)
		want = SIZE_MAX - 1;
	want++;
	if (want <= buf->room)
		return;

	size_t grown = buf->room + buf->room / 2 + 32;

	buf->room = want > grown ? want : grown;
	buf->data = xreallocarray(buf->data, buf->room, 1);
}

void strbuf_add(struct strbuf *buf, const void *bytes, size_t len)
{
	make_room(buf, len);
	if (len)
		memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

char *strbuf_grow(struct strbuf *buf, size_t len)
{
	make_room(buf, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
	return buf->data + buf->len - len;
}

void strbuf_addstr(struct strbuf *buf, const char *text)
{
	strbuf_add(buf, text, strlen(text));
}

void strbuf_addch(struct strbuf *buf, char byte)
{
	strbuf_add(buf, &byte, 1);
}

void strbuf_addf(struct strbuf *buf, const char *fmt, ...)
{
	va_list args, again;

	va_start(args, fmt);
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (len >= 0) {
		make_room(buf, (size_t)len);
		vsnprintf(buf->data + buf->len, (size_t)len + 1, fmt, again);
		buf->len += (size_t)len;
	}
	va_end(again);
}

void strbuf_clear(struct strbuf *buf)
{
	buf->len = 0;
	if (buf->data)
		buf->data[0] = '\0';
}

char *strbuf_detach(struct strbuf *buf)
{
	char *text = buf->data ? buf->data : xstrdup("");

	*buf = (struct strbuf)STRBUF_INIT;
	return text;
}

void strbuf_release(struct strbuf *buf)
{
	free(buf->data);
	*buf = (struct strbuf)STRBUF_INIT;
}
