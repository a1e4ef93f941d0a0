/* reference.c - the grammar of image names, [DOMAIN/]PATH:TAG. */
#include "image/reference.h"

#include <stddef.h>
#include <string.h>

#include "util/xalloc.h"

#define NAME_MAX_BYTES 255
#define TAG_MAX_BYTES  128

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

static bool is_lower(char byte)
{
	return byte >= 'a' && byte <= 'z';
}

static bool is_alnum(char byte)
{
	return is_digit(byte) || is_lower(byte) || (byte >= 'A' && byte <= 'Z');
}

/* Bytes of the domain before the first '/', 0 when the name has none. */
static size_t domain_length(const char *text)
{
	const char *slash = strchr(text, '/');
	size_t len;

	if (!slash)
		return 0;
	len = (size_t)(slash - text);
	if (memchr(text, '.', len) || memchr(text, ':', len) ||
	    (len == strlen("localhost") && memcmp(text, "localhost", len) == 0))
		return len;
	return 0;
}

static bool domain_is_valid(const char *text, size_t len)
{
	const char *colon = memchr(text, ':', len);
	size_t host = colon ? (size_t)(colon - text) : len;

	for (size_t i = 0; i < host; i++) {
		bool edge = i == 0 || i + 1 == host || text[i - 1] == '.' || text[i + 1] == '.';

		if (!is_alnum(text[i]) && (edge || (text[i] != '-' && text[i] != '.')))
			return false;
	}
	for (size_t i = host + 1; i < len; i++)
		if (!is_digit(text[i]))
			return false;
	return host > 0 && (!colon || host + 1 < len);
}

/* Separators inside a component: one '.', one or two '_', any number of '-'. */
static bool separator_is_valid(const char *text, size_t len)
{
	if (len == 1)
		return *text == '.' || *text == '_' || *text == '-';
	if (len == 2 && text[0] == '_' && text[1] == '_')
		return true;
	for (size_t i = 0; i < len; i++)
		if (text[i] != '-')
			return false;
	return true;
}

static bool component_is_valid(const char *text, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t begin = i;

		while (i < len && (is_lower(text[i]) || is_digit(text[i])))
			i++;
		if (i == begin)
			return false;
		if (i == len)
			return true;
		begin = i;
		while (i < len && !is_lower(text[i]) && !is_digit(text[i]))
			i++;
		if (i == len || !separator_is_valid(text + begin, i - begin))
			return false;
	}
	return false;
}

static bool path_is_valid(const char *text, size_t len)
{
	const char *end = text + len;

	for (;;) {
		const char *slash = memchr(text, '/', (size_t)(end - text));
		const char *stop = slash ? slash : end;

		if (!component_is_valid(text, (size_t)(stop - text)))
			return false;
		if (!slash)
			return true;
		text = slash + 1;
	}
}

static bool tag_is_valid(const char *tag)
{
	size_t len = strlen(tag);

	if (len == 0 || len > TAG_MAX_BYTES || *tag == '.' || *tag == '-')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_alnum(tag[i]) && tag[i] != '_' && tag[i] != '.' && tag[i] != '-')
			return false;
	return true;
}

const char *reference_tag(const char *text)
{
	const char *colon = strrchr(text, ':');

	return colon && !strchr(colon, '/') && !strchr(text, '@') ? colon + 1 : NULL;
}

bool reference_is_tagged(const char *text)
{
	const char *tag = reference_tag(text);
	size_t domain = domain_length(text);
	size_t path = domain ? domain + 1 : 0;
	size_t name;

	if (!tag || !tag_is_valid(tag))
		return false;
	name = (size_t)(tag - 1 - text);
	if (name > NAME_MAX_BYTES || name < path)
		return false;
	return (!domain || domain_is_valid(text, domain)) &&
	       path_is_valid(text + path, name - path);
}

char *reference_full(const char *text)
{
	size_t domain = domain_length(text);
	const char *path = domain ? text + domain + 1 : text;
	const char *library = strchr(path, '/') ? "" : "library/";

	if (domain == strlen("index.docker.io") && memcmp(text, "index.docker.io", domain) == 0)
		domain = 0;
	if (domain == strlen("docker.io") && memcmp(text, "docker.io", domain) == 0)
		domain = 0;
	return domain ? xstrdup(text) : xasprintf("docker.io/%s%s", library, path);
}

char *reference_short(const char *text)
{
	static const char official[] = "docker.io/library/";
	size_t len = sizeof(official) - 1;

	return xstrdup(strncmp(text, official, len) == 0 ? text + len : text);
}
