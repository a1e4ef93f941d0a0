/* match_size.c - "min_size", "max_size": bytes of a file, both included. */
#include "match.h"

static bool min_holds(const struct condition *condition, struct subject *subject)
{
	return subject->type == TAR_FILE && subject->size >= condition->number;
}

static bool max_holds(const struct condition *condition, struct subject *subject)
{
	return subject->type == TAR_FILE && subject->size <= condition->number;
}

const struct match_type match_min_size = {
	.key = "min_size", .of_layers = true, .read = match_read_number, .holds = min_holds
};
const struct match_type match_max_size = {
	.key = "max_size", .of_layers = true, .read = match_read_number, .holds = max_holds
};
