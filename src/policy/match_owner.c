/* match_owner.c - "unowned": no package lists the entry. */
#include "match.h"

static bool unowned_holds(const struct condition *condition, struct subject *subject)
{
	(void)condition;
	return !facts_owned(subject->facts, subject->path);
}

const struct match_type match_unowned = { .key = "unowned",
					  .read = match_read_true,
					  .holds = unowned_holds };
