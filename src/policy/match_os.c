/* match_os.c - "os_id", "os_like", "arch", "image_os": what system the image holds. */
#include "match.h"

/* The value of a line "KEY=value" of os-release, without quotes. */
static struct tar_text release_value(const struct strbuf *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *at = text->data; at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL) {
		if (strncmp(at, key, len) != 0 || at[len] != '=')
			continue;
		at += len + 1;
		struct tar_text value = { at, strcspn(at, "\r\n") };
		if (value.len >= 2 && (*at == '"' || *at == '\'') && at[value.len - 1] == *at)
			value = (struct tar_text){ at + 1, value.len - 2 };
		return value;
	}
	return (struct tar_text){ "", 0 };
}

static bool has_text(const struct condition *condition, struct tar_text value)
{
	vec_foreach (text, &condition->texts)
		if (strlen(*text) == value.len && !memcmp(*text, value.bytes, value.len))
			return true;
	return false;
}

/* Is one of the words of the line one of the texts? */
static bool release_has(const struct condition *condition, struct subject *subject, const char *key)
{
	static const char *const files[] = { "/etc/os-release", "/usr/lib/os-release" };
	const struct view *view = &subject->facts->view;

	for (size_t i = 0; i < 2; i++) {
		AUTO(strbuf) text = STRBUF_INIT;
		if (!view_read(view, view_find(view, files[i]), 65536, &text))
			continue;
		struct tar_text value = release_value(&text, key);
		while (value.len) {
			const char *space = memchr(value.bytes, ' ', value.len);
			size_t len = space ? (size_t)(space - value.bytes) : value.len;
			if (has_text(condition, (struct tar_text){ value.bytes, len }))
				return true;
			value.bytes += len + (space != NULL);
			value.len -= len + (space != NULL);
		}
		return false;
	}
	return false;
}

static bool os_id_holds(const struct condition *condition, struct subject *subject)
{
	return release_has(condition, subject, "ID");
}

static bool os_like_holds(const struct condition *condition, struct subject *subject)
{
	return release_has(condition, subject, "ID") || release_has(condition, subject, "ID_LIKE");
}

static bool arch_holds(const struct condition *condition, struct subject *subject)
{
	const char *text = subject->facts->view.image->architecture;

	return text && has_text(condition, text_of(text));
}

/* A config that names no system is for Linux. */
static bool image_os_holds(const struct condition *condition, struct subject *subject)
{
	const char *text = subject->facts->view.image->os;

	return has_text(condition, text_of(text ? text : "linux"));
}

const struct match_type match_os_id = {
	.key = "os_id", .of_image = true, .read = match_read_texts, .holds = os_id_holds
};
const struct match_type match_os_like = {
	.key = "os_like", .of_image = true, .read = match_read_texts, .holds = os_like_holds
};
const struct match_type match_arch = {
	.key = "arch", .of_image = true, .read = match_read_texts, .holds = arch_holds
};
const struct match_type match_image_os = {
	.key = "image_os", .of_image = true, .read = match_read_texts, .holds = image_os_holds
};
