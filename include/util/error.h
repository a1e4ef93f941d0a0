/* error.h - the one way a function reports failure.
 *
 * Contract, for every function that takes a `struct error *err`:
 *   success: returns 0 (or non-NULL, or >= 0) and leaves *err alone;
 *   failure: returns -1 (or NULL) and sets *err exactly once.
 * `err` is never NULL.  Callers add what they know with error_wrap(), so the
 * user reads the path from general to specific:
 *   app.tar: layer 3 (sha256:9f1c...): entry "usr/bin/x" at offset 51200: negative size
 *
 * Only cli prints an error; it becomes the exit status of DESIGN.md section 6. */
#ifndef UTIL_ERROR_H
#define UTIL_ERROR_H

#include "util/cleanup.h"

enum err_code {
	ERR_NONE = 0,
	ERR_ANSWER_NO,	 /* the question was understood and the answer is no: images differ */
	ERR_USAGE,	 /* the command line, a policy file or a plan edit is wrong */
	ERR_FORMAT,	 /* the input breaks its own specification */
	ERR_DIGEST,	 /* content does not match its digest */
	ERR_LIMIT,	 /* the input exceeds a bound in struct limits */
	ERR_UNSUPPORTED, /* recognised input that this program does not handle */
	ERR_IO,		 /* the system refused; sys_errno says why */
	ERR_INTERNAL,	 /* an invariant failed: a bug here, not in the input */
};

struct error {
	enum err_code code;
	int sys_errno; /* 0 unless code is ERR_IO */
	char *message; /* owned; NULL while code is ERR_NONE */
};

#define ERROR_INIT                                                                                 \
	{                                                                                          \
		.code = ERR_NONE, .sys_errno = 0, .message = NULL                                  \
	}

/* Both return -1 so that `return error_set(...)` reads as one statement. */
int error_set(struct error *err, enum err_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), cold));

/* ERR_IO with ": <strerror(sys_errno)>" behind the text. */
int error_set_errno(struct error *err, int sys_errno, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), cold));

/* Prefix the message with context and ": ".  Returns -1.  Needs an error already set. */
int error_wrap(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3), cold));

/* Move *from into *to, which must be unset.  Returns -1. */
int error_move(struct error *to, struct error *from);

/* Free the message and make *err unset again. */
void error_release(struct error *err);

/* The process exit status for a code; ERR_NONE gives 0. */
int error_exit_status(enum err_code code);

DEFINE_CLEANUP(error, error_release);

#endif
