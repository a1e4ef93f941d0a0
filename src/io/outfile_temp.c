/* outfile_temp.c - the temporary names of unfinished outputs, removable from a signal handler.
 *
 * The table holds one pointer per file, exchanged atomically: whoever takes a pointer out of it is
 * the only one to use it.  A name that a signal handler took is never freed; the process ends. */
#include "outfile_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "io/outfile.h"
#include "util/xalloc.h"

#define TEMP_MAX 64

/* The rest of the 255 bytes of a name is for the dot and the suffix. */
#define STEM_MAX 200

static _Atomic(char *) temp_names[TEMP_MAX];

_Static_assert(ATOMIC_POINTER_LOCK_FREE == 2, "a signal handler may not wait for a lock");

void outfile_abandon_all(void)
{
	int saved_errno = errno;

	for (size_t i = 0; i < TEMP_MAX; i++) {
		const char *name = atomic_exchange(&temp_names[i], NULL);

		if (name)
			unlink(name);
	}
	errno = saved_errno;
}

/* quick_exit(3) is how the program ends when it runs out of memory. */
static void register_exit(void)
{
	at_quick_exit(outfile_abandon_all);
}

static int find_slot(char *name)
{
	for (int i = 0; i < TEMP_MAX; i++) {
		char *none = NULL;

		if (atomic_compare_exchange_strong(&temp_names[i], &none, name))
			return i;
	}
	return -1;
}

static char *template_beside(const char *target)
{
	const char *slash = strrchr(target, '/');
	const char *base = slash ? slash + 1 : target;

	return xasprintf("%.*s.%.*s.lighten-XXXXXX", (int)(base - target), target, STEM_MAX, base);
}

int outfile_temp_create(const char *target, int *slot, struct error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	AUTO_FREE char *name = template_beside(target);
	sigset_t all, before;

	pthread_once(&once, register_exit);
	/* No handler may run between the creation of the file and its entry in the table. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);

	int fd = mkostemp(name, O_CLOEXEC);
	int create_errno = errno;

	*slot = fd < 0 ? -1 : find_slot(name);
	if (fd >= 0 && *slot < 0)
		unlink(name);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (fd < 0)
		return error_set_errno(err, create_errno, "cannot create a file beside it");
	if (*slot < 0) {
		close(fd);
		return error_set(err, ERR_INTERNAL, "more than %d outputs at the same time",
				 TEMP_MAX);
	}
	STEAL(name);
	return fd;
}

const char *outfile_temp_path(int slot)
{
	return atomic_load(&temp_names[slot]);
}

void outfile_temp_forget(int slot)
{
	free(atomic_exchange(&temp_names[slot], NULL));
}

void outfile_temp_remove(int slot)
{
	AUTO_FREE char *name = atomic_exchange(&temp_names[slot], NULL);

	if (name)
		unlink(name);
}
