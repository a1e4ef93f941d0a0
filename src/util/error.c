/* error.c - the error object: formatted text, context in front, exit status. */
#include "util/error.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util/strbuf.h"
#include "util/xalloc.h"

__attribute__((format(printf, 1, 0))) static char *format(const char *fmt, va_list args)
{
	char *text;

	if (vasprintf(&text, fmt, args) < 0)
		return xstrdup("out of memory while an error was described");
	return text;
}

/* The new text may quote the old one, so the old one goes last. */
static void replace(struct error *err, enum err_code code, int sys_errno, char *message)
{
	char *old = err->message;

	err->code = code;
	err->sys_errno = sys_errno;
	err->message = message;
	free(old);
}

int error_set(struct error *err, enum err_code code, const char *fmt, ...)
{
	va_list args;

	assert(err->code == ERR_NONE && code != ERR_NONE);
	va_start(args, fmt);
	char *message = format(fmt, args);
	va_end(args);
	replace(err, code, 0, message);
	return -1;
}

int error_set_errno(struct error *err, int sys_errno, const char *fmt, ...)
{
	va_list args;

	assert(err->code == ERR_NONE);
	va_start(args, fmt);
	AUTO_FREE char *text = format(fmt, args);
	va_end(args);
	replace(err, ERR_IO, sys_errno, xasprintf("%s: %s", text, strerror(sys_errno)));
	return -1;
}

int error_wrap(struct error *err, const char *fmt, ...)
{
	va_list args;

	assert(err->code != ERR_NONE);
	va_start(args, fmt);
	AUTO_FREE char *context = format(fmt, args);
	va_end(args);
	replace(err, err->code, err->sys_errno, xasprintf("%s: %s", context, err->message));
	return -1;
}

int error_move(struct error *to, struct error *from)
{
	assert(to->code == ERR_NONE && from->code != ERR_NONE);
	replace(to, from->code, from->sys_errno, STEAL(from->message));
	error_release(from);
	return -1;
}

void error_release(struct error *err)
{
	replace(err, ERR_NONE, 0, NULL);
}

int error_exit_status(enum err_code code)
{
	static const int status[] = {
		[ERR_NONE] = 0,	  [ERR_ANSWER_NO] = 1,	 [ERR_USAGE] = 2,
		[ERR_FORMAT] = 3, [ERR_DIGEST] = 3,	 [ERR_LIMIT] = 3,
		[ERR_IO] = 5,	  [ERR_UNSUPPORTED] = 4, [ERR_INTERNAL] = 70,
	};

	return status[code];
}
