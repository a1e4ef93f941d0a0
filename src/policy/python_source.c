/* python_source.c - find the imports of a Python source by the grammar of the import statement. */
#include "python_source.h"

#include <string.h>

struct cursor {
	const char *at, *end;
};

static bool in_word(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || byte == '_' || (unsigned char)byte >= 0x80;
}

static bool in_dotted(char byte)
{
	return in_word(byte) || byte == '.';
}

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\f';
}

/* Blanks and continued lines; within parentheses line ends and comments, too. */
static void skip_space(struct cursor *cursor, bool lines)
{
	while (cursor->at < cursor->end) {
		if (is_blank(*cursor->at) || *cursor->at == '\r' ||
		    (lines && *cursor->at == '\n')) {
			cursor->at++;
		} else if (*cursor->at == '\\') {
			cursor->at++;
			while (cursor->at < cursor->end && *cursor->at == '\r')
				cursor->at++;
			cursor->at += cursor->at < cursor->end && *cursor->at == '\n';
		} else if (lines && *cursor->at == '#') {
			while (cursor->at < cursor->end && *cursor->at != '\n')
				cursor->at++;
		} else {
			return;
		}
	}
}

static bool word_is(const char *begin, const char *end, const char *name)
{
	size_t len = strlen(name);

	return (size_t)(end - begin) == len && !memcmp(begin, name, len);
}

static bool has_component(const char *begin, const char *end, const char *name)
{
	for (const char *word = begin; word < end;) {
		const char *stop = memchr(word, '.', (size_t)(end - word));
		if (word_is(word, stop ? stop : end, name))
			return true;
		word = stop ? stop + 1 : end;
	}
	return false;
}

/* Take a name with its dots; `begin` to the cursor is the name. */
static bool take_dotted(struct cursor *cursor, const char **begin)
{
	*begin = cursor->at;
	while (cursor->at < cursor->end && in_dotted(*cursor->at))
		cursor->at++;
	return cursor->at > *begin;
}

/* "NAME [as NAME], ...", in parentheses or not, up to what ends a statement. */
static bool list_names(struct cursor cursor, const char *name)
{
	bool found = false, group;

	skip_space(&cursor, false);
	group = cursor.at < cursor.end && *cursor.at == '(';
	cursor.at += group;
	for (;;) {
		const char *begin;
		skip_space(&cursor, group);
		if (!take_dotted(&cursor, &begin))
			return found && group;
		found |= has_component(begin, cursor.at, name);
		skip_space(&cursor, group);
		struct cursor ahead = cursor;
		if (take_dotted(&ahead, &begin)) {
			if (!word_is(begin, ahead.at, "as"))
				return false;
			skip_space(&ahead, group);
			take_dotted(&ahead, &begin);
			skip_space(&ahead, group);
			cursor = ahead;
		}
		if (cursor.at == cursor.end || strchr("\n;#)", *cursor.at))
			return found;
		if (*cursor.at != ',')
			return false;
		cursor.at++;
	}
}

/* "from NAME" before the word import, which stands at `at`. */
static bool from_names(const char *source, const char *at, const char *name)
{
	const char *end, *begin;

	while (at > source && (is_blank(at[-1]) || at[-1] == '\\' || at[-1] == '\n'))
		at--;
	for (end = begin = at; begin > source && in_dotted(begin[-1]); begin--)
		;
	if (!has_component(begin, end, name))
		return false;
	for (at = begin; at > source && (is_blank(at[-1]) || at[-1] == '\\' || at[-1] == '\n');
	     at--)
		;
	return at - source >= 4 && !memcmp(at - 4, "from", 4) &&
	       (at - source == 4 || !in_dotted(at[-5]));
}

/* Is what stands at `at`, behind a dot, within a string that is nothing but a dotted name? */
static bool in_string(const char *source, const char *at, const char *end)
{
	while (at > source && in_dotted(at[-1]))
		at--;
	if (at == source || (at[-1] != '\'' && at[-1] != '"'))
		return false;
	char quote = at[-1];
	while (at < end && in_dotted(*at))
		at++;
	return at < end && *at == quote;
}

bool python_imports(const char *source, size_t len, const char *name)
{
	const char *end = source + len, *at;
	size_t name_len = strlen(name);

	for (at = source; (at = memmem(at, (size_t)(end - at), "import", 6)); at += 6) {
		if ((at > source && in_dotted(at[-1])) || (at + 6 < end && in_dotted(at[6])))
			continue;
		if (list_names((struct cursor){ at + 6, end }, name) ||
		    from_names(source, at, name))
			return true;
	}
	for (at = source; (at = memmem(at, (size_t)(end - at), name, name_len)); at += name_len)
		if (at > source && at[-1] == '.' &&
		    (at + name_len == end || !in_word(at[name_len])) && in_string(source, at, end))
			return true;
	return false;
}
