/* json_edit.c - a scanner that finds the members of a JSON object by their place in the text, and
 * the splice that puts other values there. */
#include "image/json_edit.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "image/json.h"
#include "util/vec.h"

#define DEPTH_MAX 2048 /* as jansson */

struct scanner {
	const char *text;
	size_t len, at;
};

/* Offsets in the text; the key with its quotes, the value without white space. */
struct member {
	size_t start, key_end;
	size_t value, end;
	const struct json_edit *edit; /* what happens to it; NULL: it stays */
};

struct members VEC(struct member);

static int peek(const struct scanner *in)
{
	return in->at < in->len ? (unsigned char)in->text[in->at] : -1;
}

static void skip_space(struct scanner *in)
{
	while (in->at < in->len && strchr(" \t\r\n", in->text[in->at]) && in->text[in->at])
		in->at++;
}

static bool take(struct scanner *in, char byte)
{
	if (peek(in) != byte)
		return false;
	in->at++;
	return true;
}

static bool is_digit(int byte)
{
	return byte >= '0' && byte <= '9';
}

static int hex_value(int byte)
{
	if (is_digit(byte))
		return byte - '0';
	byte |= 0x20;
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

static bool scan_digits(struct scanner *in)
{
	size_t begin = in->at;

	while (is_digit(peek(in)))
		in->at++;
	return in->at > begin;
}

static bool scan_number(struct scanner *in)
{
	take(in, '-');
	if (!take(in, '0') && !scan_digits(in))
		return false;
	if (take(in, '.') && !scan_digits(in))
		return false;
	if (take(in, 'e') || take(in, 'E')) {
		if (!take(in, '+'))
			take(in, '-');
		return scan_digits(in);
	}
	return true;
}

static bool scan_word(struct scanner *in, const char *word)
{
	size_t len = strlen(word);

	if (in->len - in->at < len || memcmp(in->text + in->at, word, len) != 0)
		return false;
	in->at += len;
	return true;
}

static bool scan_escape(struct scanner *in)
{
	int byte = peek(in);

	if (byte <= 0 || !strchr("\"\\/bfnrtu", byte))
		return false;
	in->at++;
	for (int i = 0; byte == 'u' && i < 4; i++, in->at++)
		if (hex_value(peek(in)) < 0)
			return false;
	return true;
}

static bool scan_string(struct scanner *in)
{
	if (!take(in, '"'))
		return false;
	while (peek(in) >= 0x20) {
		int byte = peek(in);

		in->at++;
		if (byte == '"')
			return true;
		if (byte == '\\' && !scan_escape(in))
			return false;
	}
	return false;
}

static bool scan_value(struct scanner *in, int depth);

/* One `"key" : value` of an object; *member says where when it is given. */
static bool scan_member(struct scanner *in, int depth, struct member *member)
{
	struct member here = { .start = in->at };

	if (!scan_string(in))
		return false;
	here.key_end = in->at;
	skip_space(in);
	if (!take(in, ':'))
		return false;
	skip_space(in);
	here.value = in->at;
	if (!scan_value(in, depth))
		return false;
	here.end = in->at;
	if (member)
		*member = here;
	return true;
}

/* An object or array behind its opening bracket. */
static bool scan_container(struct scanner *in, char close, int depth, struct members *members)
{
	skip_space(in);
	if (take(in, close))
		return true;
	do {
		struct member member;

		skip_space(in);
		if (close == '}' ? !scan_member(in, depth, &member) : !scan_value(in, depth))
			return false;
		if (members)
			vec_push(members, member);
		skip_space(in);
	} while (take(in, ','));
	return take(in, close);
}

static bool scan_value(struct scanner *in, int depth)
{
	int byte = peek(in);

	switch (byte) {
	case '{':
	case '[':
		in->at++;
		return depth < DEPTH_MAX &&
		       scan_container(in, byte == '{' ? '}' : ']', depth + 1, NULL);
	case '"':
		return scan_string(in);
	case 't':
		return scan_word(in, "true");
	case 'f':
		return scan_word(in, "false");
	case 'n':
		return scan_word(in, "null");
	default:
		return scan_number(in);
	}
}

static unsigned hex_number(const char *digits)
{
	unsigned code = 0;

	for (int i = 0; i < 4; i++)
		code = code << 4 | (unsigned)hex_value(digits[i]);
	return code;
}

static void add_utf8(struct strbuf *out, unsigned code)
{
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	int bytes = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

	strbuf_addch(out, (char)(lead[bytes > 1 ? bytes : 0] | code >> (6 * (bytes - 1))));
	for (int i = bytes - 2; i >= 0; i--)
		strbuf_addch(out, (char)(0x80 | (code >> (6 * i) & 0x3f)));
}

/* The escape \uXXXX whose digits stand at `at`, with its other half if it is one of a pair.  The
 * offset of its last byte. */
static size_t decode_number(struct strbuf *out, const char *text, size_t len, size_t at)
{
	unsigned code = hex_number(text + at), low = 0;

	if (code >= 0xd800 && code < 0xdc00 && len - at > 10 && text[at + 4] == '\\' &&
	    text[at + 5] == 'u')
		low = hex_number(text + at + 6);
	if (low >= 0xdc00 && low < 0xe000) {
		add_utf8(out, 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00));
		return at + 9;
	}
	add_utf8(out, code >= 0xd800 && code < 0xe000 ? 0xfffd : code);
	return at + 3;
}

/* The key as the decoder of an engine sees it. */
static void decode_key(struct strbuf *out, const char *text, size_t len)
{
	static const char escapes[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";

	strbuf_clear(out);
	for (size_t at = 1; at + 1 < len; at++) {
		if (text[at] != '\\')
			strbuf_addch(out, text[at]);
		else if (text[++at] == 'u')
			at = decode_number(out, text, len, at + 1);
		else
			strbuf_addch(out, bytes[strchr(escapes, text[at]) - escapes]);
	}
}

static bool is_key(const struct strbuf *found, const char *key, bool exact)
{
	if (found->len != strlen(key))
		return false;
	return !found->len ||
	       (exact ? !memcmp(found->data, key, found->len) : !strcasecmp(found->data, key));
}

static bool is_null(const char *text, const struct member *member)
{
	return member->end - member->value == 4 && text[member->value] == 'n';
}

/* The member that json_get() sees: of keys that differ in their case the last one that is not
 * null, of keys that are the same the last one; never both, the parser refuses that. */
static struct member *find_member(const struct members *members, const char *text, const char *key,
				  bool exact)
{
	AUTO(strbuf) here = STRBUF_INIT;
	AUTO(strbuf) last = STRBUF_INIT;
	struct member *found = NULL;

	for (size_t m = members->count; m-- > 0;) {
		struct member *member = &members->items[m];

		decode_key(&here, text + member->start, member->key_end - member->start);
		if (!is_key(&here, key, exact))
			continue;
		if (found && is_key(&here, last.data, true))
			return found;
		if (!is_null(text, member))
			return member;
		if (!found) {
			found = member;
			strbuf_add(&last, here.data, here.len);
		}
	}
	return found;
}

/* Ties edits to members: to the one that counts, or to all of a key for a removal.  The edits that
 * found no member and shall be added are left to the caller. */
static void match_edits(struct members *members, const char *text, const struct json_edit *edits,
			size_t count, bool *found)
{
	AUTO(strbuf) key = STRBUF_INIT;

	for (size_t e = 0; e < count; e++) {
		bool exact = edits[e].flags & JSON_EDIT_EXACT;
		struct member *member = find_member(members, text, edits[e].key, exact);

		found[e] = member;
		if (member)
			member->edit = &edits[e];
		for (size_t m = 0; member && !edits[e].value && m < members->count; m++) {
			struct member *other = &members->items[m];

			decode_key(&key, text + other->start, other->key_end - other->start);
			if (is_key(&key, edits[e].key, exact))
				other->edit = &edits[e];
		}
	}
}

/* A member that stays is written with the separator that stood before it, so that commas are
 * right whichever members leave. */
static bool write_members(struct strbuf *out, const char *text, const struct members *members)
{
	bool any = false;

	for (size_t m = 0; m < members->count; m++) {
		const struct member *member = &members->items[m];

		if (member->edit && !member->edit->value)
			continue;
		if (any) {
			size_t before = members->items[m - 1].end;

			strbuf_add(out, text + before, member->start - before);
		}
		any = true;
		if (member->edit) {
			strbuf_add(out, text + member->start, member->value - member->start);
			strbuf_addstr(out, member->edit->value);
		} else {
			strbuf_add(out, text + member->start, member->end - member->start);
		}
	}
	return any;
}

static void add_member(struct strbuf *out, const struct json_edit *edit)
{
	json_t *key = json_string(edit->key);
	AUTO_FREE char *quoted = json_dumps(key, JSON_ENCODE_ANY);

	strbuf_addf(out, "%s:%s", quoted, edit->value);
	json_decref(key);
}

/* The members of the object that the text is; *open gets the offset behind its bracket. */
static int scan_object(const char *text, size_t len, struct members *members, size_t *open,
		       struct error *err)
{
	struct scanner in = { .text = text, .len = len, .at = 0 };
	json_t *parsed = json_parse(text, len, "edited JSON", 0, err);

	/* What the parser refuses is refused in the same words: the scanner has no say. */
	if (!parsed)
		return -1;
	json_decref(parsed);
	(void)scan_word(&in, "\xef\xbb\xbf");
	skip_space(&in);
	if (!take(&in, '{'))
		return error_set(err, ERR_FORMAT, "no JSON object");
	*open = in.at;
	if (!scan_container(&in, '}', 1, members) || (skip_space(&in), in.at < in.len))
		return error_set(err, ERR_FORMAT, "broken JSON at offset %zu", in.at);
	return 0;
}

int json_edit_find(const char *text, size_t len, const char *key, struct json_span *out,
		   struct error *err)
{
	struct members members = VEC_INIT;
	const struct member *member;
	size_t open;
	int rc = scan_object(text, len, &members, &open, err);

	member = rc ? NULL : find_member(&members, text, key, false);
	if (member) {
		*out = (struct json_span){ text + member->value, member->end - member->value };
		rc = 1;
	}
	vec_release(&members);
	return rc;
}

int json_edit_apply(struct strbuf *out, const char *text, size_t len, const struct json_edit *edits,
		    size_t count, struct error *err)
{
	struct members members = VEC_INIT;
	AUTO_FREE bool *found = xcalloc(count + 1, sizeof(*found));
	size_t open = 0, first, last;
	bool any;

	if (scan_object(text, len, &members, &open, err) < 0) {
		vec_release(&members);
		return -1;
	}
	match_edits(&members, text, edits, count, found);
	first = members.count ? members.items[0].start : open;
	last = members.count ? members.items[members.count - 1].end : open;
	strbuf_add(out, text, first);
	any = write_members(out, text, &members);
	for (size_t e = 0; e < count; e++) {
		if (found[e] || !(edits[e].flags & JSON_EDIT_ADD) || !edits[e].value)
			continue;
		if (any) {
			strbuf_addch(out, ',');
			strbuf_add(out, text + open, first - open);
		}
		add_member(out, &edits[e]);
		any = true;
	}
	strbuf_add(out, text + last, len - last);
	vec_release(&members);
	return 0;
}
