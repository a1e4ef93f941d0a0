/* facts.h - what is known of one image while rules are applied to it.
 *
 * Everything here is found out once, most of it only when a rule asks. */
#ifndef POLICY_FACTS_H
#define POLICY_FACTS_H

#include "policy/decide.h"
#include "policy_internal.h"
#include "view.h"

/* Of a path. */
enum fact {
	FACT_WANTED = 1 << 0,	  /* globs are matched against it */
	FACT_PARENT = 1 << 1,	  /* and against something below */
	FACT_ALIASED = 1 << 2,	  /* a symlink that a glob names leads here */
	FACT_KEPT = 1 << 3,	  /* the config needs it */
	FACT_KEPT_BELOW = 1 << 4, /* the config needs it and all below */
	FACT_NAMED = 1 << 5,	  /* argv or Env name it, or a directory above */
	FACT_OWNED = 1 << 6,	  /* a package lists it */
	FACT_LOOKED = 1 << 7,	  /* what it needs to start is known */
	FACT_WORKDIR = 1 << 8,	  /* below the working directory: "keep.workdir" keeps it */
};

/* Why the config needs a path. */
enum need {
	NEED_COMMAND,  /* argv[0] or another command of the config */
	NEED_SCRIPT,   /* "#!" of `by` */
	NEED_LOADER,   /* PT_INTERP of `by` */
	NEED_LIBRARY,  /* DT_NEEDED of `by` */
	NEED_WAY,      /* a symlink on the way to what is needed */
	NEED_ARGUMENT, /* a file that argv names */
	NEED_VARIABLE, /* a file that Env names */
	NEED_WORKDIR,
	NEED_VOLUME,
	NEED_USER, /* names of the user that the config names */
};

struct needed {
	path_id path;
	path_id by; /* the file that needs it; PATH_NONE: the config itself */
	enum need why;
};

enum owners { OWNERS_UNKNOWN, OWNERS_READ, OWNERS_ALL /* every file counts as owned */ };

/* A symlink that leads somewhere, and where. */
struct link {
	path_id path, target;
};

/* Links into what a rule takes, from outside of it. */
struct entrances {
	uint32_t rule;
	struct VEC(path_id) targets; /* sorted */
};

/* A path that globs of rules match. */
struct candidate {
	path_id path;
	uint32_t first, count; /* of hits */
};

/* The package.json of a directory below node_modules. */
struct package {
	path_id root;
	bool readable;
	struct text_set paths; /* first components of what it names; "*": anything */
};

struct facts {
	const struct policy *policy;
	struct view view;
	uint32_t path_count;
	uint16_t *flags;		  /* by path: enum fact */
	uint8_t *seen;			  /* by glob_id: a name matches */
	struct VEC(struct needed) needed; /* sorted by path once it is complete */
	enum owners owners;
	bool has_links;
	struct VEC(struct link) links; /* every symlink that leads somewhere */
	struct VEC(struct entrances) entrances;
	struct VEC(struct package) packages;
	uint32_t *package_of; /* by path: index + 1; NULL before the first one */
	struct VEC(struct candidate) candidates;
	struct glob_ids hits;	/* globs by candidate, each once */
	uint32_t *candidate_of; /* by path: index + 1, 0: none */
	struct strbuf buffer;	/* the content at hand */
	uint64_t buffered;	/* which content that is: offset and descriptor */
	int buffered_fd;	/* -1: none */
};

void facts_init(struct facts *facts, const struct policy *policy, const struct image *image,
		const struct merged_tree *tree, const struct context *context);
void facts_release(struct facts *facts);

static inline bool facts_has(const struct facts *facts, path_id path, enum fact fact)
{
	return facts->flags[path] & fact;
}

/* protect.c: what the config needs (DESIGN.md ruling 15). */
void facts_find_needed(struct facts *facts);

/* Note a path that is there; `by` as in struct needed.  True when it was not noted before. */
bool facts_need(struct facts *facts, path_id path, enum need why, path_id by);

/* Why a path that has FACT_KEPT or FACT_KEPT_BELOW is needed. */
const struct needed *facts_why(const struct facts *facts, path_id path);
void facts_why_text(const struct facts *facts, const struct needed *needed, struct strbuf *out);

/* programs.c: files that are started, with all that they need to start. */
struct programs;
struct programs *programs_new(struct facts *facts);
void programs_free(struct programs *programs);
void programs_add(struct programs *programs, path_id from, struct tar_text path, enum need why);
/* A command by name, through PATH. */
void programs_add_command(struct programs *programs, struct tar_text name);
void programs_finish(struct programs *programs);

/* The directory that relative names begin at. */
path_id facts_workdir(const struct facts *facts);

/* facts.c: what is known of a package of node or Python by its directory; *fresh when that is
 * nothing so far.  Good until the next call. */
struct package *facts_package(struct facts *facts, path_id root, bool *fresh);

/* owners.c: does a package list it? */
bool facts_owned(struct facts *facts, path_id path);

/* survey.c: match all globs against all wanted paths.  Paths become candidates when a rule with one
 * of these actions (1 << enum policy_action) matches them. */
void facts_want_tree(struct facts *facts);
void facts_survey(struct facts *facts, unsigned actions);

/* Do the globs of a rule match a path, and none of its excludes? */
bool facts_rule_matches(const struct facts *facts, uint32_t rule, path_id path);

/* match_symlink.c: fill links. */
void facts_find_links(struct facts *facts);

DEFINE_CLEANUP(facts, facts_release);
DEFINE_CLEANUP_PTR(programs, programs_free);

#endif
