/* interrupt.c - signals that end the program, held back while there is something to clean up. */
#include "util/interrupt.h"

#include <errno.h>
#include <signal.h>

static volatile sig_atomic_t held, kept;

void interrupt_hold(void)
{
	held = held + 1;
}

void interrupt_release(void)
{
	held = held - 1;
}

bool interrupt_keep(int signal_number)
{
	if (!held || kept)
		return false;
	kept = signal_number;
	return true;
}

int interrupt_check(struct error *err)
{
	return kept ? error_set_errno(err, EINTR, "stopped by a signal") : 0;
}

int interrupt_kept(void)
{
	return kept;
}
