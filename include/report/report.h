/* report.h - what a run won, as plain data and in formats for people and machines (DESIGN.md 7).
 *
 * report_build() gathers the numbers once; a format only prints them.  A format is one file
 * src/report/report_<name>.c and one row in report_formats[].  Every text that is not a constant of
 * the program went through text_escape(), so that a format has no control characters to fear. */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdio.h>

#include "tree/dive.h"
#include "verify/verify.h"
#include "write/image_writer.h"

/* A step of the build, as the history of the image has it. */
struct report_step {
	uint32_t layer;	   /* counted from 0 at the bottom */
	uint32_t step;	   /* place in the history, counted from 1; 0 when there is none */
	char *instruction; /* "RUN apt-get update"; "" when unknown */
};

struct report_pair {
	struct report_step added, killer;
	uint64_t bytes, entries;
};

/* A file that left: hidden by a step, or taken by a rule. */
struct report_path {
	char *path;
	uint64_t bytes;
	struct report_step added, killer; /* killer: that of a rule has no instruction */
	const char *rule;		  /* of report.rules; NULL for a hidden file */
};

/* What the bytes of layers are. */
enum report_kind {
	REPORT_FILES,	  /* content that containers see */
	REPORT_HEADERS,	  /* tar headers, padding, markers, end marks */
	REPORT_FROZEN,	  /* hidden, in layers that stay as they are */
	REPORT_DEAD,	  /* hidden by a later layer */
	REPORT_POLICY,	  /* removed or emptied by rules */
	REPORT_DEDUPE,	  /* the same as another file of the layer */
	REPORT_REWRITTEN, /* stored again as it was */
	REPORT_IGNORED,	  /* of entries that are no part of the file system */
	REPORT_KINDS
};

/* Short identifier ("dead"). */
const char *report_kind_name(enum report_kind kind);

/* One line of the account: how much of it there was and is.  Lines of layers add up to the bytes of
 * all layers, and these with the lines behind them to the archive.  Below 0: taken off. */
struct report_line {
	const char *kind, *meaning; /* "dead"; what it is, for people */
	const char *label;	    /* "Dead bytes" */
	int64_t before, after;
	uint64_t entries; /* that left with it; 0 when that is not counted */
};

#define REPORT_LINES_MAX (REPORT_KINDS + 3)

/* A layer of the input. */
struct report_source {
	struct report_step step;
	uint64_t bytes, stored_bytes;
	uint64_t gone; /* of the parts, what does not come out */
	uint64_t entries;
	uint64_t parts[REPORT_KINDS];
	bool kept;		     /* comes out as it is */
	struct VEC(uint32_t) images; /* those that use it, as in report.images */
};

struct report_image {
	char *name, *input_id, *output_id, *manifest; /* digests in text form; output NULL if dry */
	uint32_t layers_before, layers_after;
	struct dive_numbers dive_before, dive_after;
};

/* A layer of the output. */
struct report_layer {
	char *diff_id, *digest;	      /* NULL after a dry run */
	uint64_t bytes, stored_bytes; /* uncompressed; as stored, 0 after a dry run */
	bool omitted;		      /* named but not in the output: the receiver has it */
	uint64_t parts[REPORT_KINDS];
	struct VEC(uint32_t) images; /* those that use it, as in report.images */
};

/* A policy rule that took something, or was kept from it. */
struct report_rule {
	uint32_t number; /* in the policy */
	char *id, *policy, *reason, *risk, *reference;
	const char *action, *class;
	uint64_t names, bytes, vetoed; /* over all images */
	uint64_t
		stored; /* estimate of the bytes in the input's blobs, each layer's ratio applied */
};

/* Something that a rule wanted and that stays. */
struct report_veto {
	char *path, *rule, *why;
};

/* A file that the input does not have. */
struct report_added {
	char *path;
	uint64_t bytes;
};

/* A file that an SBOM in the image lists, and that is gone. */
struct report_listed {
	char *list, *path, *component; /* component "" when it is not told */
};

/* A secret, or what looks like one. */
struct report_leak {
	const char *severity, *state;
	const char *fix; /* what to do */
	char *rule;
	char *where; /* "layer 3: /root/.npmrc" */
	char *masked;
};

/* Files that a step stored again with the bytes that they had, for other metadata. */
struct report_touch {
	struct report_step step;
	char *changes; /* "owner, mode" */
	const char *fix;
	uint64_t files, bytes;
};

#define REPORT_PAIRS  5
#define REPORT_VETOES 100

struct report {
	char *input_name, *output_name; /* output_name: NULL after a dry run */
	const char *layout, *format;
	char *command; /* the command that ran */
	bool dry_run;
	uint64_t input_bytes, output_bytes; /* of the archives; output 0 after a dry run */
	uint64_t head_before, head_after;   /* what is compared first: archives, else layers */
	bool nothing_won;		    /* the output is not smaller */
	uint64_t layer_bytes_before, layer_bytes_after; /* uncompressed layer tars */
	uint64_t stored_before, stored_after;		/* layer blobs as stored; after: 0 if dry */
	uint32_t layers_before, layers_after;		/* positions that are stored */
	uint64_t entries_before, entries_after;
	struct plan_shown shown_before, shown_after;
	uint64_t dead_bytes, dead_entries; /* shadowed bodies that left */
	uint64_t frozen_bytes;		   /* shadowed, but in frozen layers */
	uint64_t ignored_bytes;
	uint64_t redundant_bytes, redundant_entries;	  /* written again as they were */
	struct VEC(struct report_touch) touches;	  /* in order of the layers */
	uint64_t linked_bytes, linked_files, link_groups; /* dedupe: files that became links */
	/* Headers, padding, markers, end marks that left; of them headers of names that stay, by a
	 * shorter encoding and fewer repeated directories.  Below 0 when there are more now. */
	int64_t header_bytes, kept_header_bytes;
	/* The account: `layer_lines` lines of layers, then those of the archive, none if dry. */
	struct report_line lines[REPORT_LINES_MAX];
	size_t layer_lines, line_count;
	uint64_t parts_before[REPORT_KINDS], parts_after[REPORT_KINDS]; /* of all layers */
	struct verify_result verify;
	const char *verdict;		      /* what the judge says; NULL: it was not asked */
	struct VEC(struct report_pair) pairs; /* all, most bytes first */
	size_t full_pairs;		      /* of them, those with bytes: the first */
	struct VEC(struct report_path) paths; /* the largest dead files */
	struct VEC(struct report_path) taken; /* the largest that rules took */
	struct VEC(const struct report_path *) largest; /* of both, most bytes first */
	struct VEC(struct report_source) sources;
	struct VEC(struct report_image) images;
	struct VEC(struct report_layer) layers;
	struct VEC(char *) dropped;	       /* "attestation sha256:..." */
	uint64_t removed_bytes, emptied_bytes; /* by rules */
	uint64_t owned_names;		       /* of removed ones, listed by a package manager */
	struct VEC(struct report_rule) rules;  /* most bytes first */
	struct VEC(struct report_veto) vetoes; /* the first REPORT_VETOES */
	uint64_t veto_count;
	struct VEC(struct report_added) added;
	struct VEC(struct report_listed) listed; /* the first REPORT_VETOES */
	uint64_t listed_count;			 /* all of them */
	uint64_t scanned_packages;		 /* names that scanners read as packages, gone */
	struct VEC(struct report_leak) leaks;
	struct VEC(char *) notes;
	const struct warnings *warnings; /* borrowed */
};

struct report_input {
	const struct input *input;
	const struct write_input *run;
	const struct write_result *result;  /* NULL after a dry run */
	const struct verify_result *verify; /* NULL after a dry run */
	const char *output_name, *format, *command;
	const char *const *notes; /* what was found and chosen */
	size_t note_count;
};

struct report *report_build(const struct report_input *in);
void report_free(struct report *report);

struct report_format {
	const char *suffix; /* with the dot */
	const char *summary;
	void (*print)(const struct report *report, FILE *out);
};

extern const struct report_format report_formats[]; /* a row without a suffix ends */

/* By the suffix of a file name; NULL when there is none for it. */
const struct report_format *report_format_find(const char *path);

/* The text format, also what stderr shows at the end of a run. */
void report_print_text(const struct report *report, FILE *out);
void report_print_json(const struct report *report, FILE *out);

/* Write a file; `path` "-" is refused by the caller.  ERR_IO. */
int report_write(const struct report *report, const char *path, struct error *err);

/* The other formats, each in the file of its name. */
void report_print_md(const struct report *report, FILE *out);
void report_print_html(const struct report *report, FILE *out);
void report_print_csv(const struct report *report, FILE *out);

/* report_policy.c, report_output.c, report_lines.c, report_dive.c: parts of report_build(), in this
 * order. */
void report_add_policy(struct report *report, const struct plan *plan);
void report_add_output(struct report *report, const struct report_input *in);
void report_add_lines(struct report *report, const struct report_input *in);
void report_add_dive(struct report *report, const struct plan *plan);

/* --- history (report_history.c) -------------------------------------------------------------- */

/* The step of the history that made layer `layer` of an image. */
struct report_step report_step_of(const struct image *image, uint32_t layer);

DEFINE_CLEANUP_PTR(report, report_free);

#endif
