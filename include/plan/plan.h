/* plan.h - what will be written, and what became of every entry: plain data (DESIGN.md decision 7).
 *
 * plan_build() decides everything; write/ carries it out, verify/ and report/ read it. */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "image/labels.h"
#include "layer/chain.h"
#include "policy/decide.h"
#include "policy/sbom.h"
#include "policy/scan.h"
#include "tree/merged_tree.h"

enum squash_mode {
	SQUASH_ALL,  /* consecutive layers with the same users merge */
	SQUASH_NONE, /* every layer stays, only dead bytes leave */
};

/* Of the regular files in a rebuilt layer; all else is in path order, and before them. */
enum entry_order {
	ORDER_PATH,    /* files too; a layer that stays as it is may have any order */
	ORDER_TYPE,    /* by the end of their names: .so, .py, none ... */
	ORDER_SIMILAR, /* by that, their sizes and their names: for compressors */
	ORDER_FOLDER,  /* by directory, type and size: for those that see the whole layer */
};

/* Which identical files become hard links. */
enum dedupe_mode {
	DEDUPE_OFF,
	DEDUPE_SAFE, /* those that differ in nothing, where no guard is against it */
	DEDUPE_ALL,  /* also those that differ in time, which become as old as the oldest */
};

enum plan_edit_kind {
	PLAN_EDIT_RULE, /* `place` is an image */
	PLAN_EDIT_LINK, /* `place` is a segment */
};

/* A decision that a reviewer turned to keep. */
struct plan_edit {
	enum plan_edit_kind kind;
	uint32_t place;
	char *path; /* as paths_display() has it; owned by the caller */
};

struct plan_options {
	enum squash_mode squash;
	enum entry_order order;		/* ORDER_PATH aside, of all layers that are not frozen */
	const struct policy *policy;	/* NULL: no rules; must outlive the plan, as the images */
	const struct image_set *images; /* for conditions of the policy */
	const struct plan_edit *kept;	/* sorted by plan_edit_compare(); NULL: none */
	size_t kept_count;
	const uint32_t
		*frozen; /* [image]: layers at the bottom that stay byte for byte; NULL: none */
	const uint32_t *omitted; /* [image]: of these, how many are left out (--have); NULL: none */
	bool drop_empty_layers;	 /* with SQUASH_NONE */
	bool lossless;		 /* every layer stays byte for byte, only its compression changes */
	uint32_t max_layers;	 /* cut rebuilt layers so that no image has more; 0: do not cut */
	uint64_t layer_size;	 /* cut rebuilt layers to about that many bytes; 0: do not cut */
	enum dedupe_mode dedupe;
	uint64_t dedupe_floor;	     /* smallest file that is linked; 0: the usual one */
	const struct labels *labels; /* to set in the config of each image; NULL: none */
	bool persist; /* add settings for package managers that say what rules took */
};

/* What became of the body and the name of an input entry. */
enum fate {
	FATE_LIVE,	      /* shown by some image */
	FATE_SHADOWED,	      /* a later layer hid it; see killers */
	FATE_SHADOWED_FROZEN, /* hidden, but its layer is frozen */
	FATE_REMOVED,	      /* by the rule in killers */
	FATE_EMPTIED,	      /* its content, by the rule in killers; the name stays */
	FATE_REDUNDANT,	      /* written again just as it was below */
	FATE_DUPLICATE,	      /* its content is that of another file of its output layer */
	FATE_MARKER,	      /* whiteout or opaque marker */
	FATE_IGNORED,	      /* aufs bookkeeping, names below a whiteout */
	FATE_COUNT
};

/* Special values of record.link. */
#define RECORD_BODY	UINT32_MAX	 /* entry with its own body or none */
#define RECORD_WHITEOUT (UINT32_MAX - 1) /* hides `path` */
#define RECORD_OPAQUE	(UINT32_MAX - 2) /* hides what lies below in `path` */
#define RECORD_EMPTY	(UINT32_MAX - 3) /* file whose content a rule takes away */

/* One entry of a rebuilt layer; records are in output order (DESIGN.md ruling 12). */
struct record {
	path_id path;
	slot_id body; /* as in struct tree_inode; SLOT_NONE for a marker */
	slot_id meta;
	bytes_id xattrs;
	path_id link; /* the carrier of a hard link, or one of the values above */
};

/* A run of input layers that becomes one output layer. */
struct segment {
	uint32_t first, last; /* positions, bottom and top */
	uint32_t layer_count; /* input layers */
	uint32_t users;	      /* images that go through here */
	bool frozen;	      /* byte-identical by request */
	bool omitted;	      /* frozen, and the receiver has it: not written */
	bool pass_through;    /* copied as it is; then layer_count is 1 and there are no records */
	size_t record_begin, record_end;
	uint32_t output_begin, output_count; /* its output layers; none when nothing is left */
	unsigned flaws;			     /* enum layer_flaw of its input layers */
	uint32_t added; /* position of files that are added on top; UINT32_MAX: none */
};

/* A layer that is written: a whole segment or, cut to size, a part of one. */
struct output_layer {
	uint32_t segment;
	size_t record_begin, record_end; /* empty when the segment passes through */
};

/* A file that the input does not have. */
struct plan_added {
	path_id path;
	uint32_t segment;
	uint64_t bytes;
};

/* What became of a decision of the policy. */
enum plan_verdict {
	VERDICT_DONE,
	VERDICT_FROZEN, /* kept: the bytes lie in a frozen layer */
	VERDICT_SHARED, /* kept: another image shows the same entry */
	VERDICT_NEEDED, /* kept: a directory with names that stay */
	VERDICT_EDITED, /* kept: a reviewer said so */
};

struct plan_decision {
	path_id path;
	uint32_t rule;
	bool empties; /* truncate, not remove */
	enum plan_verdict verdict;
	slot_id slot, body; /* of a directory that no entry lists: of what implies it */
	slot_id meta;	    /* the entry that says owner, mode and time; SLOT_NONE: no entry does */
};

/* Decisions on one image, in byte order of full paths. */
struct plan_image_policy {
	struct policy_decisions found; /* with vetoes and counts */
	struct policy_leaks leaks;     /* what rules that warn found, in all layers */
	struct sbom_findings sbom;     /* what lists in the image name in vain now */
	struct VEC(struct plan_decision) list;
};

/* A file that becomes a link to an identical one of the same output layer. */
struct plan_link {
	uint32_t segment;
	path_id path;	 /* the first of its names */
	path_id carrier; /* what it is linked to */
	uint64_t bytes;
	size_t order; /* links are sorted by it: segment after segment, in output order */
};

/* A name that a segment wrote again as it was: the segment does without it.  Also a directory that
 * it made anew around such names: that stays the one below. */
struct plan_rewrite {
	uint32_t position; /* the top of the segment */
	path_id path;
	inode_id inode; /* what the name goes on to stand for; INODE_NONE: what it is now */
	slot_id slot, born;
};

enum plan_change {
	CHANGE_MODE = 1 << 0,
	CHANGE_OWNER = 1 << 1,
	CHANGE_TIME = 1 << 2,
	CHANGE_XATTRS = 1 << 3,
};

/* Files that a layer wrote again with the bytes that they had, to change what is said of them. */
struct plan_touch {
	uint32_t position;
	unsigned changes; /* enum plan_change, of all of them */
	uint64_t files, bytes;
};

/* What one rule took, over all images, each body once. */
struct plan_rule_sum {
	uint64_t names, bytes;
	uint64_t stored; /* of these bytes in the input, by the ratio of each layer's blob */
};

/* Bytes added by one step and hidden by another. */
struct dead_pair {
	uint32_t added, killer; /* positions */
	uint64_t bytes, entries;
};

struct dead_file {
	path_id path;
	slot_id slot;
	uint64_t bytes;
};

/* What containers see, summed over the images: names, and contents of files, each inode once. */
struct plan_shown {
	uint64_t entries, bytes;
};

#define PLAN_DEAD_FILES 10

/* The bytes of one input layer by what became of them; they add up to its uncompressed tar. */
struct plan_shares {
	uint64_t live, shadowed, frozen, ignored; /* bodies */
	uint64_t removed, emptied, duplicate, redundant;
	uint64_t framing; /* headers, padding, end marks */
};

/* Accounting (DESIGN.md ruling 11): layers = live + shadowed + frozen + ignored + removed + emptied
 * + duplicate + redundant + framing. */
struct plan_totals {
	uint64_t layer_bytes; /* uncompressed layer tars, each unique position once */
	uint64_t live_bytes, shadowed_bytes, frozen_bytes, ignored_bytes; /* bodies */
	uint64_t removed_bytes, emptied_bytes, duplicate_bytes, redundant_bytes;
	uint64_t redundant_entries;
	uint64_t link_groups;		     /* files that others were linked to */
	uint64_t linked_files, linked_bytes; /* those others; copies for frozen layers, too */
	uint64_t framing_bytes;		     /* headers, padding, end marks */
	uint64_t entries, shadowed_entries;
	uint64_t output_entries;
	struct plan_shown shown_before, shown_after; /* by rules */
	struct VEC(struct dead_pair) pairs;	     /* most bytes first */
	struct dead_file files[PLAN_DEAD_FILES];     /* most bytes first */
	size_t file_count;
	struct dead_file removed[PLAN_DEAD_FILES]; /* the same of what rules took */
	size_t removed_count;
	struct VEC(struct plan_shares) shares; /* by position, those of the input */
};

struct plan {
	struct plan_options options;
	const struct chain *chain; /* borrowed, as names */
	struct names *names;
	struct VEC(struct segment) segments;	 /* parents before children */
	uint32_t **of_image;			 /* [image][n]: segment, bottom first */
	uint32_t *segment_count;		 /* [image] */
	struct VEC(struct output_layer) outputs; /* in order of their segments */
	struct VEC(struct record) records;
	struct VEC(struct plan_link) links;
	struct VEC(struct plan_rewrite) rewrites; /* by position */
	struct VEC(struct plan_touch) touches;	  /* by position, one each */
	uint8_t *fates;				  /* by slot: enum fate */
	uint32_t *killers;	     /* by slot: position that hid it, or rule; UINT32_MAX: none */
	const struct policy *policy; /* borrowed; NULL: no rules */
	struct plan_image_policy *policies; /* [image]; NULL without a policy */
	struct plan_rule_sum *rules;	    /* by rule; NULL without a policy */
	struct VEC(struct plan_added) added;
	bool copies; /* a hard-link group was split by a frozen or separate layer */
	struct plan_totals totals;
};

/* `chain`, `names` are borrowed and must outlive the plan; both may grow. */
struct plan *plan_build(struct chain *chain, struct names *names,
			const struct plan_options *options, const struct context *context,
			struct error *err);
void plan_free(struct plan *plan);

/* The tar header of a record; its texts live in `path` and `link` and in the names of the plan.
 * `xattrs` is scratch. */
struct record_texts {
	struct strbuf path, link;
	struct xattr_list xattrs;
};

void record_header(const struct plan *plan, const struct record *record, struct record_texts *texts,
		   struct tar_header *out);
void record_texts_release(struct record_texts *texts);

/* Is the record one with a body to write?  Its bytes are those of the entry record->body. */
bool record_has_body(const struct plan *plan, const struct record *record);

/* Exact bytes of an uncompressed output layer. */
uint64_t plan_output_bytes(const struct plan *plan, const struct output_layer *output);

/* The output layers of an image, bottom first; the vector is replaced. */
struct output_list VEC(uint32_t);
void plan_image_outputs(const struct plan *plan, uint32_t image, struct output_list *out);

int plan_edit_compare(const struct plan_edit *a, const struct plan_edit *b);

enum plan_view {
	PLAN_VIEW_OUTPUT, /* what the output is to show */
	PLAN_VIEW_APART,  /* the same without the links that lighten makes */
};

/* The final tree of an image as planned; the caller frees it. */
struct merged_tree *plan_tree(const struct plan *plan, uint32_t image, enum plan_view view,
			      const struct context *context, struct error *err);

/* Position `n` (0 is the bottom one) of a segment. */
uint32_t segment_position(const struct plan *plan, const struct segment *segment, uint32_t n);

DEFINE_CLEANUP_PTR(plan, plan_free);

#endif
