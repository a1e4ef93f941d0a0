/* match_types.c - the list of conditions, and what reading and testing them has in common. */
#include "match.h"

#include <string.h>

const struct match_type *const match_types[] = {
	&match_os_id,		&match_os_like,	       &match_arch,	     &match_image_os,
	&match_exists,		&match_exists_any,     &match_not_exists,    &match_env,
	&match_env_lang,	&match_entrypoint_not, &match_unowned,	     &match_unreferenced,
	&match_no_symlink_into, &match_symlink_target, &match_min_size,	     &match_max_size,
	&match_sibling_exists,	&match_ancestor_has,   &match_parent_has,    &match_package_paths,
	&match_test_files,	&match_not_imported,   &match_not_mentioned, &match_magic,
	&match_not_machine,	&match_content,	       &match_regex,	     NULL,
};

/* --- reading --------------------------------------------------------------------------------- */

struct key_list {
	bool of_image;
};

static const char *next_key(const void *arg, size_t index)
{
	const struct key_list *list = arg;

	for (size_t i = 0; match_types[i]; i++)
		if (match_types[i]->of_image == list->of_image && !index--)
			return match_types[i]->key;
	return NULL;
}

static const struct match_type *find_type(const char *key, bool of_image)
{
	for (size_t i = 0; match_types[i]; i++)
		if (match_types[i]->of_image == of_image && !strcmp(match_types[i]->key, key))
			return match_types[i];
	return NULL;
}

static int check_keys(struct rule_reader *in, json_t *object, bool of_image, struct error *err)
{
	const char *key;
	json_t *value;

	if (!json_is_object(object))
		return error_set(err, ERR_USAGE, "must be an object");
	json_object_foreach(object, key, value)
	{
		if (find_type(key, of_image) || !strncmp(key, "x-", 2))
			continue;
		in->sub_key = key;
		return unknown_word(err, "condition", key, next_key,
				    &(struct key_list){ of_image });
	}
	return 0;
}

/* In the order of the list, which is from cheap to dear. */
int read_conditions(struct rule_reader *in, json_t *object, bool of_image, struct conditions *out,
		    struct error *err)
{
	if (check_keys(in, object, of_image, err) < 0)
		return -1;
	for (size_t i = 0; match_types[i]; i++) {
		const struct match_type *type = match_types[i];
		json_t *value = json_object_get(object, type->key);
		if (!value || type->of_image != of_image)
			continue;
		in->sub_key = type->key;
		if (in->rule->info.action == POLICY_WARN && !of_image && !type->of_layers)
			return error_set(err, ERR_USAGE, "cannot be used by a rule that warns");
		vec_push(out, (struct condition){ .type = type });
		if (type->read(in, value, &out->items[out->count - 1], err) < 0)
			return -1;
	}
	in->sub_key = NULL;
	return 0;
}

void conditions_release(struct conditions *list)
{
	vec_foreach (condition, list) {
		text_set_release(&condition->texts);
		vec_release(&condition->globs);
		vec_foreach (regex, &condition->regexes)
			regfree(regex);
		vec_release(&condition->regexes);
		if (condition->needles)
			needles_free(condition->needles);
	}
	vec_release(list);
}

int match_read_texts(struct rule_reader *in, json_t *value, struct condition *out,
		     struct error *err)
{
	(void)in;
	return read_texts(value, &out->texts, err);
}

int match_read_number(struct rule_reader *in, json_t *value, struct condition *out,
		      struct error *err)
{
	(void)in;
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return error_set(err, ERR_USAGE, "must be a number of bytes");
	out->number = (uint64_t)json_integer_value(value);
	return 0;
}

int match_read_true(struct rule_reader *in, json_t *value, struct condition *out, struct error *err)
{
	(void)in;
	(void)out;
	return json_is_true(value)
		       ? 0
		       : error_set(err, ERR_USAGE, "must be true; leave it out otherwise");
}

int match_compile_regex(regex_t *out, const char *text, int flags)
{
	size_t product = 1;

	if (strlen(text) > 1024)
		return -1;
	for (const char *at = text; *at; at++) {
		if (at[0] == '\\' && at[1] >= '1' && at[1] <= '9')
			return -1;
		if (at[0] == '\\' && at[1]) {
			at++;
			continue;
		}
		if (*at != '{')
			continue;
		unsigned long low = strtoul(at + 1, NULL, 10), high = low;
		const char *comma = at + 1 + strspn(at + 1, "0123456789");
		if (*comma == ',' && comma[1] >= '0' && comma[1] <= '9')
			high = strtoul(comma + 1, NULL, 10);
		if (low > 4096 || high > 4096)
			return -1;
		product *= high > low ? high + 1 : low + 1;
		if (product > 4096)
			return -1;
	}
	return regcomp(out, text, REG_EXTENDED | flags) ? -1 : 0;
}

/* --- testing --------------------------------------------------------------------------------- */

bool conditions_hold(const struct conditions *list, struct subject *subject,
		     const struct match_type **failed)
{
	vec_foreach (condition, list) {
		if (condition->type->holds(condition, subject))
			continue;
		if (failed)
			*failed = condition->type;
		return false;
	}
	return true;
}

/* Nothing when it cannot be read, and for what is no text: most of that is compressed, big, and
 * would tell nothing. */
static void read_content(const struct range *body, struct strbuf *out)
{
	AUTO(error) unreadable = ERROR_INIT;
	size_t len = body->length < MATCH_CONTENT_MAX ? (size_t)body->length : MATCH_CONTENT_MAX;
	size_t head = len < MATCH_CONTENT_HEAD ? len : MATCH_CONTENT_HEAD;

	strbuf_clear(out);
	char *bytes = strbuf_grow(out, len);
	if (range_head(body, bytes, head) < head || memchr(bytes, '\0', head) ||
	    (len > head && range_read(body, head, bytes + head, len - head, &unreadable) < 0))
		strbuf_clear(out);
}

bool subject_content(struct subject *subject, struct tar_text *out)
{
	struct facts *facts = subject->facts;
	struct strbuf *buffer = &facts->buffer;

	if (!subject->body)
		return false;
	if (facts->buffered != subject->body->offset || facts->buffered_fd != subject->body->fd) {
		read_content(subject->body, buffer);
		facts->buffered = subject->body->offset;
		facts->buffered_fd = subject->body->fd;
	}
	*out = (struct tar_text){ buffer->data, buffer->len };
	return buffer->len > 0;
}
