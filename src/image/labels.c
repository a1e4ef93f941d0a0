/* labels.c - a sorted list of labels, and the edit of a config that sets them. */
#include "image/labels.h"

#include <stdbool.h>
#include <string.h>

#include "image/json.h"
#include "image/json_edit.h"
#include "util/text.h"

static bool is_utf8(const char *text)
{
	json_t *value = json_string(text);

	json_decref(value);
	return value != NULL;
}

/* Where the key stands or belongs. */
static size_t place_of(const struct labels *labels, const char *key)
{
	size_t at = 0;

	while (at < labels->count && strcmp(labels->items[at].key, key) < 0)
		at++;
	return at;
}

int labels_add(struct labels *labels, const char *text, struct error *err)
{
	const char *equals = strchr(text, '=');
	AUTO_FREE char *shown = text_escaped(text, strlen(text));
	AUTO_FREE char *key = NULL;
	size_t at;

	if (!is_utf8(text))
		return error_set(err, ERR_USAGE, "\"%s\" is not UTF-8", shown);
	if (!equals || equals == text)
		return error_set(err, ERR_USAGE,
				 "\"%s\" is not K=V; K= sets an empty value, nothing is removed",
				 shown);
	key = xasprintf("%.*s", (int)(equals - text), text);
	at = place_of(labels, key);
	if (at < labels->count && !strcmp(labels->items[at].key, key)) {
		free(labels->items[at].value);
		labels->items[at].value = xstrdup(equals + 1);
		return 0;
	}
	vec_push(labels, (struct label){ NULL, NULL });
	memmove(&labels->items[at + 1], &labels->items[at],
		(labels->count - 1 - at) * sizeof(labels->items[0]));
	labels->items[at] = (struct label){ STEAL(key), xstrdup(equals + 1) };
	return 0;
}

void labels_release(struct labels *labels)
{
	vec_foreach (label, labels) {
		free(label->key);
		free(label->value);
	}
	vec_release(labels);
}

/* The object that a key holds; an empty one when it is missing or null. */
static int find_object(const struct json_span *in, const char *key, struct json_span *out,
		       struct error *err)
{
	int rc = json_edit_find(in->text, in->len, key, out, err);

	if (rc < 0)
		return -1;
	if (!rc || (out->len == 4 && !memcmp(out->text, "null", 4)))
		*out = (struct json_span){ "{}", 2 };
	return 0;
}

static bool is_set(const json_t *object, const struct label *label)
{
	const json_t *value = json_object_get(object, label->key);

	return json_is_string(value) && json_string_length(value) == strlen(label->value) &&
	       !strcmp(json_string_value(value), label->value);
}

/* The text of Labels with all of them; nothing when none is new. */
static int edit_labels(struct strbuf *out, const struct json_span *old, const struct labels *labels,
		       struct error *err)
{
	AUTO_FREE struct json_edit *edits = xcalloc(labels->count, sizeof(edits[0]));
	json_t *parsed = json_parse(old->text, old->len, "Labels", 0, err);
	size_t count = 0;
	int rc = 0;

	if (!parsed)
		return -1;
	vec_foreach (label, labels) {
		json_t *value = json_string(label->value);

		if (is_set(parsed, label)) {
			json_decref(value);
			continue;
		}
		edits[count++] = (struct json_edit){ label->key, json_dumps(value, JSON_ENCODE_ANY),
						     JSON_EDIT_ADD | JSON_EDIT_EXACT };
		json_decref(value);
	}
	if (count)
		rc = json_edit_apply(out, old->text, old->len, edits, count, err);
	for (size_t i = 0; i < count; i++)
		free((char *)(uintptr_t)edits[i].value);
	json_decref(parsed);
	return rc;
}

int labels_edit_config(struct strbuf *out, const char *text, size_t len,
		       const struct labels *labels, struct error *err)
{
	const struct json_span whole = { text, len };
	struct json_span config, old;
	AUTO(strbuf) edited = STRBUF_INIT;
	struct json_edit edit = { "Labels", NULL, JSON_EDIT_ADD };

	if (!labels || !labels->count)
		return 0;
	if (find_object(&whole, "config", &config, err) < 0)
		return -1;
	if (find_object(&config, "Labels", &old, err) < 0)
		return error_wrap(err, "config");
	if (edit_labels(&edited, &old, labels, err) < 0)
		return error_wrap(err, "config.Labels");
	edit.value = edited.data;
	return edited.len ? json_edit_apply(out, config.text, config.len, &edit, 1, err) : 0;
}

void labels_set(json_t *object, const struct labels *labels)
{
	vec_foreach (label, labels)
		json_object_set_new(object, label->key, json_string(label->value));
}

json_t *labels_applied(const json_t *config, const struct labels *labels)
{
	json_t *out = json_is_object(config) ? json_deep_copy(config) : json_object();
	json_t *set = json_get(out, "Labels");

	if (!labels || !labels->count)
		return out;
	if (!set) {
		set = json_object();
		json_object_set_new(out, "Labels", set);
	}
	labels_set(set, labels);
	return out;
}
