/* thread_group.c - start and join threads. */
#include "util/thread_group.h"

#include <signal.h>
#include <stdlib.h>

#include "util/xalloc.h"

void thread_group_start(struct thread_group *group, unsigned count, void *(*run)(void *), void *arg)
{
	sigset_t others, before;

	group->threads = xcalloc(count, sizeof(*group->threads));
	sigfillset(&others);
	sigdelset(&others, SIGBUS);
	pthread_sigmask(SIG_SETMASK, &others, &before);
	while (group->count < count &&
	       pthread_create(&group->threads[group->count], NULL, run, arg) == 0)
		group->count++;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void thread_group_join(struct thread_group *group)
{
	for (unsigned i = 0; i < group->count; i++)
		pthread_join(group->threads[i], NULL);
	free(group->threads);
	*group = (struct thread_group){ 0 };
}
