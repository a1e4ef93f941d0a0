/* match.h - kinds of conditions: one file and one row of match_types[] each. */
#ifndef POLICY_MATCH_H
#define POLICY_MATCH_H

#include "facts.h"

/* What is judged: an image (path is PATH_NONE), or an entry of its tree or of a layer. */
struct subject {
	struct facts *facts;
	const struct rule *rule;
	uint32_t rule_id;
	path_id path;
	enum tar_type type;
	uint64_t size;
	const struct range *body; /* NULL: none, or unreadable */
	const uint32_t *hits;	  /* globs that match the path */
	size_t hit_count;
};

/* A piece of a content. */
struct finding {
	size_t at, len;
	size_t shown; /* bytes at its beginning that are no secret */
};

struct match_type {
	const char *key;
	bool of_image;	/* stands in "when", else in "each" */
	bool of_layers; /* works on entries that no tree shows, as "warn" needs it */
	int (*read)(struct rule_reader *in, json_t *value, struct condition *out,
		    struct error *err);
	bool (*holds)(const struct condition *condition, struct subject *subject);
	/* What in a content makes it hold; NULL for conditions on other things. */
	bool (*find)(const struct condition *condition, struct tar_text text, struct finding *out);
};

extern const struct match_type *const match_types[]; /* NULL ends */

/* All of them; *failed (may be NULL) is the first that does not hold. */
bool conditions_hold(const struct conditions *list, struct subject *subject,
		     const struct match_type **failed);

/* Ways to read a condition's value. */
int match_read_texts(struct rule_reader *in, json_t *value, struct condition *out,
		     struct error *err);
int match_read_number(struct rule_reader *in, json_t *value, struct condition *out,
		      struct error *err);
/* true; false would be a condition that says nothing. */
int match_read_true(struct rule_reader *in, json_t *value, struct condition *out,
		    struct error *err);

/* An extended regular expression; -1 when it is none, or one whose repetitions multiply to more
 * than a few thousand, or that refers back: those may take for ever. */
int match_compile_regex(regex_t *out, const char *text, int flags);

/* Up to 1 MiB of the entry's content, for as long as the next is asked for.  False when it is no
 * readable file, or none with text: one that has a zero byte among the first few thousand. */
#define MATCH_CONTENT_MAX  (1u << 20)
#define MATCH_CONTENT_HEAD 4096u
bool subject_content(struct subject *subject, struct tar_text *out);

/* scan.c: what conditions on the content found, masked; "" when there are none. */
char *subject_evidence(struct subject *subject);

/* --- the rows -------------------------------------------------------------------------------- */

extern const struct match_type match_os_id, match_os_like, match_arch, match_image_os;
extern const struct match_type match_exists, match_exists_any, match_not_exists;
extern const struct match_type match_env, match_env_lang, match_entrypoint_not;
extern const struct match_type match_unowned, match_unreferenced;
extern const struct match_type match_no_symlink_into, match_symlink_target;
extern const struct match_type match_min_size, match_max_size;
extern const struct match_type match_sibling_exists, match_ancestor_has;
extern const struct match_type match_parent_has, match_package_paths;
extern const struct match_type match_test_files, match_not_imported, match_not_mentioned;
extern const struct match_type match_magic, match_not_machine;
extern const struct match_type match_content, match_regex;

#endif
