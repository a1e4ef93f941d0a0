/* policy_text.c - words and lines for messages about policy files. */
#include <string.h>

#include "policy_internal.h"

/* --- lines ----------------------------------------------------------------------------------- */

/* Walks JSON that is known to be valid. */
struct scan {
	const char *at, *end;
};

static void skip_space(struct scan *scan)
{
	while (scan->at < scan->end && memchr(" \t\r\n", *scan->at, 4))
		scan->at++;
}

static void skip_string(struct scan *scan)
{
	scan->at++;
	while (scan->at < scan->end && *scan->at != '"')
		scan->at += *scan->at == '\\' && scan->at + 1 < scan->end ? 2 : 1;
	if (scan->at < scan->end)
		scan->at++;
}

/* Behind the next value. */
static void skip_value(struct scan *scan)
{
	int depth = 0;

	skip_space(scan);
	while (scan->at < scan->end) {
		char byte = *scan->at;
		if (byte == '"') {
			skip_string(scan);
		} else {
			depth += byte == '{' || byte == '[';
			if (!depth && memchr(",}]", byte, 3))
				return;
			depth -= byte == '}' || byte == ']';
			scan->at++;
		}
		if (!depth && memchr("}]\"", byte, 3))
			return;
	}
}

/* To the value of a member of the object at hand; stays where it was when there is none. */
static bool enter_member(struct scan *scan, const char *key)
{
	struct scan at = *scan;
	size_t len = strlen(key);

	skip_space(&at);
	if (at.at >= at.end || *at.at != '{')
		return false;
	at.at++;
	for (;;) {
		skip_space(&at);
		if (at.at >= at.end || *at.at != '"')
			return false;
		const char *name = at.at + 1;
		skip_string(&at);
		bool same = (size_t)(at.at - name) == len + 1 && !memcmp(name, key, len);
		if (same) {
			scan->at = name - 1;
			return true;
		}
		skip_space(&at);
		if (at.at < at.end)
			at.at++;
		skip_value(&at);
		skip_space(&at);
		if (at.at >= at.end || *at.at != ',')
			return false;
		at.at++;
	}
}

/* From a member's name to its value. */
static void enter_value(struct scan *scan)
{
	skip_string(scan);
	skip_space(scan);
	if (scan->at < scan->end)
		scan->at++;
	skip_space(scan);
}

unsigned policy_line(const char *text, size_t len, size_t index, const char *key)
{
	struct scan scan = { text, text + len };
	unsigned line = 1;

	if (index == UNLISTED) {
		if (key)
			enter_member(&scan, key);
	} else if (enter_member(&scan, "rules")) {
		enter_value(&scan);
		scan.at += scan.at < scan.end;
		for (size_t i = 0; i < index && scan.at < scan.end; i++) {
			skip_value(&scan);
			skip_space(&scan);
			scan.at += scan.at < scan.end;
		}
		skip_space(&scan);
		if (key)
			enter_member(&scan, key);
	}
	for (const char *at = text; at < scan.at; at++)
		line += *at == '\n';
	return line;
}

/* --- words ----------------------------------------------------------------------------------- */

#define WORD_MAX 48

/* Insertions, deletions and changes that make one word the other. */
static size_t distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1], length_a = strlen(a), length_b = strlen(b);

	if (length_a > WORD_MAX || length_b > WORD_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= length_b; j++)
		row[j] = j;
	for (size_t i = 1; i <= length_a; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= length_b; j++) {
			size_t change = diagonal + (a[i - 1] != b[j - 1]);
			diagonal = row[j];
			row[j] = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
			row[j] = change < row[j] ? change : row[j];
		}
	}
	return row[length_b];
}

const char *nearest_word(const char *word, const char *(*next)(const void *arg, size_t index),
			 const void *arg)
{
	const char *best = NULL, *other;
	size_t least = strlen(word) / 3 + 2;

	for (size_t i = 0; (other = next(arg, i)); i++) {
		size_t far = distance(word, other);
		if (far < least) {
			least = far;
			best = other;
		}
	}
	return best;
}

int unknown_word(struct error *err, const char *what, const char *word,
		 const char *(*next)(const void *arg, size_t index), const void *arg)
{
	const char *near = nearest_word(word, next, arg);

	return error_set(err, ERR_USAGE, "unknown %s \"%s\"%s%s%s", what, word,
			 near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static const char *next_in_list(const void *words, size_t index)
{
	return ((const char *const *)words)[index];
}

int choose_word(const char *word, const char *const *words, const char *what, struct error *err)
{
	for (int i = 0; words[i]; i++)
		if (!strcmp(words[i], word))
			return i;
	return unknown_word(err, what, word, next_in_list, words);
}
