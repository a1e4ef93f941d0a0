/* match_exists.c - "exists", "exists_any", "not_exists": names anywhere in the image.
 *
 * The globs stand in the common automaton, so that no condition costs a walk of its own. */
#include "match.h"

static int read_globs(struct rule_reader *in, json_t *value, struct condition *out,
		      struct error *err)
{
	if (read_texts(value, &out->texts, err) < 0)
		return -1;
	for (size_t i = 0; i < out->texts.count; i++) {
		glob_id id;
		if (reader_add_globs(in, &out->texts.items[i], 1, ROLE_IMAGE, &id, err) < 0)
			return -1;
		vec_push(&out->globs, id);
	}
	return 0;
}

static size_t count_seen(const struct condition *condition, const struct subject *subject)
{
	size_t seen = 0;

	for (size_t i = 0; i < condition->globs.count; i++)
		seen += subject->facts->seen[condition->globs.items[i]];
	return seen;
}

static bool all_hold(const struct condition *condition, struct subject *subject)
{
	return count_seen(condition, subject) == condition->globs.count;
}

static bool any_holds(const struct condition *condition, struct subject *subject)
{
	return count_seen(condition, subject) > 0;
}

static bool none_holds(const struct condition *condition, struct subject *subject)
{
	return count_seen(condition, subject) == 0;
}

const struct match_type match_exists = {
	.key = "exists", .of_image = true, .read = read_globs, .holds = all_hold
};
const struct match_type match_exists_any = {
	.key = "exists_any", .of_image = true, .read = read_globs, .holds = any_holds
};
const struct match_type match_not_exists = {
	.key = "not_exists", .of_image = true, .read = read_globs, .holds = none_holds
};
