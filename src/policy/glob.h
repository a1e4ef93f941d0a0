/* glob.h - one glob: parameters and braces spelt out, cut into components. */
#ifndef POLICY_GLOB_H
#define POLICY_GLOB_H

#include <stdbool.h>

#include "tar/tar_header.h"
#include "util/error.h"
#include "util/vec.h"

enum glob_kind {
	GLOB_LITERAL,
	GLOB_WILD, /* "*", "?" or "[...]" somewhere */
	GLOB_ANY,  /* "**": any number of components */
};

struct glob_part {
	enum glob_kind kind;
	struct tar_text text; /* points into the glob */
};

struct glob_parts VEC(struct glob_part);

/* Owned texts. */
struct text_set VEC(char *);
void text_set_release(struct text_set *set);
DEFINE_CLEANUP(text_set, text_set_release);

/* A "${name}" of globs and what it stands for. */
struct glob_param {
	char *name;
	struct text_set values;
};
struct glob_params VEC(struct glob_param);

#define GLOB_MAX_BYTES	 4096
#define GLOB_MAX_SPELLED 4096

/* Append every glob without braces and parameters that `glob` stands for. */
int glob_spell(const char *glob, const struct glob_params *params, struct text_set *out,
	       struct error *err);

/* Cut one of those; *parts is replaced. */
int glob_cut(const char *spelled, struct glob_parts *parts, struct error *err);

/* Does it match every path there can be? */
bool glob_is_everything(const struct glob_parts *parts);

/* Does a wild component match a name?  Both are lower case already when case does not matter. */
bool glob_match(struct tar_text pattern, struct tar_text name);

static inline char glob_lower(char byte)
{
	return byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

#endif
