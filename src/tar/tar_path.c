/* tar_path.c - names of tar members as components. */
#include "tar/tar_path.h"

#include <string.h>

bool tar_path_next(struct tar_path_walk *walk, struct tar_text *component)
{
	while (walk->next < walk->end) {
		const char *start = walk->next;
		const char *slash = memchr(start, '/', (size_t)(walk->end - start));
		const char *stop = slash ? slash : walk->end;

		walk->next = slash ? slash + 1 : walk->end;
		if (stop == start || (stop - start == 1 && *start == '.'))
			continue;
		*component = (struct tar_text){ start, (size_t)(stop - start) };
		return true;
	}
	return false;
}
