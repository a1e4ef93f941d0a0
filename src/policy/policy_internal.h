/* policy_internal.h - loaded policies as src/policy sees them. */
#ifndef POLICY_POLICY_INTERNAL_H
#define POLICY_POLICY_INTERNAL_H

#include <jansson.h>
#include <regex.h>

#include "glob_set.h"
#include "needles.h"
#include "policy/policy.h"
#include "util/strbuf.h"

/* --- rules ----------------------------------------------------------------------------------- */

enum dirs_mode {
	DIRS_KEEP,	  /* directories stay */
	DIRS_PRUNE_EMPTY, /* those that the rule emptied go */
	DIRS_REMOVE,	  /* so do those that match and were empty before */
};

enum dangling_mode {
	DANGLING_VETO,	     /* what a kept symlink leads to stays */
	DANGLING_IGNORE,     /* the symlink may dangle */
	DANGLING_PRUNE_LINK, /* the symlink goes, too */
};

enum rule_rank {
	RANK_KEEP_OPTION, /* --keep: nothing lifts it */
	RANK_DROP_OPTION,
	RANK_FILE,
};

/* The keep rule for what lies below the working directory, which only the config tells. */
#define WORKDIR_RULE "keep.workdir"

struct match_type;

/* A condition of a rule; what the fields mean is its kind's business. */
struct condition {
	const struct match_type *type;
	struct text_set texts;
	struct glob_ids globs;
	struct VEC(regex_t) regexes;
	struct needles *needles; /* what a content must have; NULL: not asked for */
	uint64_t number;
};

struct conditions VEC(struct condition);

struct rule {
	struct policy_rule info;
	uint32_t file; /* index into policy.files */
	enum rule_rank rank;
	bool enabled, builtin, icase;
	unsigned types; /* 1 << enum tar_type */
	enum dirs_mode dirs;
	enum dangling_mode on_dangling;
	struct glob_ids lifts; /* keep rules that do not stop this one */
	struct conditions when, each;
};

/* --- globs ----------------------------------------------------------------------------------- */

enum glob_role {
	ROLE_MATCH,
	ROLE_EXCLUDE,
	ROLE_IMAGE, /* of a condition on the image: is there such a name at all? */
	ROLE_ENTRY, /* of a condition on an entry */
};

struct glob_use {
	uint32_t rule;
	enum glob_role role;
};

/* --- files ----------------------------------------------------------------------------------- */

struct policy_file {
	char *key;    /* "policy safe", or the path: what messages call it */
	char *folder; /* of a file; NULL: compiled in */
	char *name;
	char *text;
	size_t len;
	json_t *root;
	struct glob_ids extends; /* files, in their order */
	bool loading;		 /* its "extends" are being read */
	bool has_allow;
	enum policy_class allow; /* "allow_class", when it has one */
	enum policy_class reach; /* the highest class that a named policy allows it */
	bool reached;
};

struct policy {
	struct VEC(struct policy_file) files; /* in load order once they are loaded */
	struct glob_ids order;		      /* files by the order in which rules are looked at */
	struct glob_params params;
	struct VEC(struct rule) rules;
	struct glob_set *globs;
	struct VEC(struct glob_use) uses; /* by glob_id */
	size_t spelled;			  /* globs in the set */
	uint64_t max_bytes;
};

/* --- reading rules --------------------------------------------------------------------------- */

/* A rule while it is read. */
struct rule_reader {
	struct policy *policy;
	const struct policy_file *file;
	size_t index; /* in the file's "rules" */
	uint32_t rule_id;
	struct rule *rule;
	const char *key;     /* what is being read, for messages */
	const char *sub_key; /* below "when" and "each" */
};

/* policy_rule.c: append the rule at `index` of a file.  ERR_USAGE with file, line, rule and key. */
int rule_read(struct policy *policy, uint32_t file, size_t index, struct error *err);

/* A rule of --keep or --drop. */
int rule_from_option(struct policy *policy, const char *glob, enum policy_action action,
		     struct error *err);

/* Compile the globs of the rule at hand under a new id. */
int reader_add_globs(struct rule_reader *in, char *const *globs, size_t count, enum glob_role role,
		     glob_id *out, struct error *err);

/* A list of texts, or one text alone; appended.  ERR_USAGE unless there is at least one. */
int read_texts(json_t *value, struct text_set *out, struct error *err);
int read_bool(json_t *value, bool *out, struct error *err);

/* match_types.c: "when" (of the image) and "each" (of an entry). */
int read_conditions(struct rule_reader *in, json_t *object, bool of_image, struct conditions *out,
		    struct error *err);
void conditions_release(struct conditions *list);

/* --- words and lines ------------------------------------------------------------------------- */

/* policy_text.c: the line of a key of the rule at `index`, of the rule when there is no such key,
 * of a top-level key for UNLISTED; 1 when it is not found. */
#define UNLISTED SIZE_MAX
unsigned policy_line(const char *text, size_t len, size_t index, const char *key);

/* The word nearest to `word`, or NULL when none is near.  `next` gives one after another. */
const char *nearest_word(const char *word, const char *(*next)(const void *arg, size_t index),
			 const void *arg);

/* error_set(ERR_USAGE, "unknown WHAT \"WORD\"[, did you mean \"...\"?]"). */
int unknown_word(struct error *err, const char *what, const char *word,
		 const char *(*next)(const void *arg, size_t index), const void *arg);

/* The index of a name in a list that NULL ends; -1 with ERR_USAGE. */
int choose_word(const char *word, const char *const *words, const char *what, struct error *err);

#endif
