/* interrupt.h - signals that end the program, held back while there is something to clean up first.
 *
 * Whoever makes things that a signal handler cannot remove (a directory) holds signals back, asks
 * now and then whether one came, and fails with its error then; main raises it again at the end. */
#ifndef UTIL_INTERRUPT_H
#define UTIL_INTERRUPT_H

#include <stdbool.h>

#include "util/error.h"

void interrupt_hold(void);
void interrupt_release(void);

/* For the handler: is the signal to be kept for later?  The second one never is. */
bool interrupt_keep(int signal_number);

/* ERR_IO when a signal was kept. */
int interrupt_check(struct error *err);

/* The signal that was kept, or 0. */
int interrupt_kept(void);

#endif
