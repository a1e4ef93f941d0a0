/* cleanup.h - release what a scope owns on every way out of it.
 *
 *	AUTO(strbuf) text = STRBUF_INIT;          embedded: strbuf_release(&text)
 *	AUTO_FREE char *name = xstrdup("a");      free()
 *	AUTO_PTR(decoder) in = decoder_open(...); heap: decoder_close(in)
 *	return STEAL(in);                         hand ownership to the caller
 *
 * A type takes part by DEFINE_CLEANUP (struct, released in place) or
 * DEFINE_CLEANUP_PTR (pointer, NULL allowed) in the header that declares it. */
#ifndef UTIL_CLEANUP_H
#define UTIL_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

#define CLEANUP(fn) __attribute__((cleanup(fn)))

#define DEFINE_CLEANUP(type, release)                                                              \
	static inline void cleanup_##type(struct type *value)                                      \
	{                                                                                          \
		release(value);                                                                    \
	}                                                                                          \
	struct type

#define DEFINE_CLEANUP_PTR(type, close)                                                            \
	static inline void cleanup_ptr_##type(struct type **value)                                 \
	{                                                                                          \
		if (*value)                                                                        \
			close(*value);                                                             \
	}                                                                                          \
	struct type

#define AUTO(type)     CLEANUP(cleanup_##type) struct type
#define AUTO_PTR(type) CLEANUP(cleanup_ptr_##type) struct type *

static inline void cleanup_free(void *pointer)
{
	free(*(void **)pointer);
}

static inline void cleanup_fd(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define AUTO_FREE CLEANUP(cleanup_free)
#define AUTO_FD	  CLEANUP(cleanup_fd) int

/* The value of `pointer`, which becomes NULL. */
#define STEAL(pointer)                                                                             \
	__extension__({                                                                            \
		__typeof__(pointer) stolen_ = (pointer);                                           \
		(pointer) = NULL;                                                                  \
		stolen_;                                                                           \
	})

#endif
