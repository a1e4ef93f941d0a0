/* match_entrypoint.c - "entrypoint_not": no command of the config is called so, neither itself nor
 * in a script that it starts. */
#include "match.h"

#define SCRIPT_MAX 65536

static bool is_word_byte(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || byte == '_' || byte == '-' || byte == '.';
}

/* Is `name` a word of the text? */
static bool has_word(struct tar_text text, const char *name)
{
	size_t len = strlen(name);
	const char *at = text.bytes, *end = at + text.len;

	while (len && at < end && (at = memmem(at, (size_t)(end - at), name, len))) {
		if ((at == text.bytes || !is_word_byte(at[-1])) &&
		    (at + len == end || !is_word_byte(at[len])))
			return true;
		at++;
	}
	return false;
}

static bool has_any_word(const struct condition *condition, struct tar_text text)
{
	vec_foreach (name, &condition->texts)
		if (has_word(text, *name))
			return true;
	return false;
}

/* Scripts that argv names. */
static bool script_has_word(const struct condition *condition, const struct view *view,
			    path_id from, struct tar_text word)
{
	path_id file = view_walk(view, from, word, WALK_FOLLOW, NULL);
	AUTO(strbuf) text = STRBUF_INIT;

	return view_is_file(view, file) && view_read(view, file, SCRIPT_MAX, &text) &&
	       text.len > 2 && !memcmp(text.data, "#!", 2) &&
	       has_any_word(condition, (struct tar_text){ text.data, text.len });
}

static bool entrypoint_not_holds(const struct condition *condition, struct subject *subject)
{
	static const char *const keys[] = { "entrypoint", "cmd", "healthcheck" };
	const struct view *view = &subject->facts->view;
	struct tar_text_list words = VEC_INIT;
	const char *path = view_env(view, "PATH");
	bool found = false;

	for (size_t i = 0; i < 3; i++)
		view_config_list(view, keys[i], &words);
	vec_foreach (word, &words) {
		found = found || has_any_word(condition, *word) ||
			script_has_word(condition, view, facts_workdir(subject->facts), *word);
		for (const char *at = path; at && *at && !found;
		     at += strcspn(at, ":"), at += *at == ':') {
			path_id folder = view_walk(view, PATH_ROOT,
						   (struct tar_text){ at, strcspn(at, ":") },
						   WALK_FOLLOW, NULL);
			found = folder != PATH_NONE &&
				script_has_word(condition, view, folder, *word);
		}
	}
	vec_release(&words);
	return !found;
}

const struct match_type match_entrypoint_not = { .key = "entrypoint_not",
						 .of_image = true,
						 .read = match_read_texts,
						 .holds = entrypoint_not_holds };
