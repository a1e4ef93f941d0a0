/* match_referenced.c - "unreferenced": the config does not need the entry, and neither it nor a
 * directory above it stands in argv or Env. */
#include "match.h"

static bool unreferenced_holds(const struct condition *condition, struct subject *subject)
{
	(void)condition;
	return !(subject->facts->flags[subject->path] &
		 (FACT_KEPT | FACT_KEPT_BELOW | FACT_NAMED | FACT_WORKDIR));
}

const struct match_type match_unreferenced = { .key = "unreferenced",
					       .read = match_read_true,
					       .holds = unreferenced_holds };
