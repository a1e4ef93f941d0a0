/* vec.h - growable arrays of any element type.
 *
 *	struct VEC(uint32_t) ids = VEC_INIT;
 *	vec_push(&ids, 7);
 *	vec_foreach(id, &ids) ... *id ...
 *	vec_release(&ids);
 *
 * Growth is by half, so slack stays small for the arrays that hold one element
 * per tar entry. */
#ifndef UTIL_VEC_H
#define UTIL_VEC_H

#include <stddef.h>
#include <stdlib.h>

#include "util/xalloc.h"

#define VEC(type)                                                                                  \
	{                                                                                          \
		type *items;                                                                       \
		size_t count, room;                                                                \
	}
#define VEC_INIT                                                                                   \
	{                                                                                          \
		.items = NULL, .count = 0, .room = 0                                               \
	}

/* Make room for at least `total` elements; the new ones are not initialised. */
#define vec_reserve(vec, total)                                                                    \
	do {                                                                                       \
		size_t want_ = (total);                                                            \
		if (want_ > (vec)->room) {                                                         \
			size_t grown_ = (vec)->room + (vec)->room / 2 + 8;                         \
			(vec)->room = want_ > grown_ ? want_ : grown_;                             \
			(vec)->items =                                                             \
				xreallocarray((vec)->items, (vec)->room, sizeof(*(vec)->items));   \
		}                                                                                  \
	} while (0)

#define vec_push(vec, ...)                                                                         \
	do {                                                                                       \
		vec_reserve(vec, (vec)->count + 1);                                                \
		(vec)->items[(vec)->count++] = __VA_ARGS__;                                        \
	} while (0)

#define vec_foreach(item, vec)                                                                     \
	for (__typeof__((vec)->items[0]) *item = (vec)->items,                                     \
					 *item##_end_ = item ? item + (vec)->count : NULL;         \
	     item < item##_end_; item++)

#define vec_release(vec)                                                                           \
	do {                                                                                       \
		free((vec)->items);                                                                \
		(vec)->items = NULL;                                                               \
		(vec)->count = (vec)->room = 0;                                                    \
	} while (0)

#endif
