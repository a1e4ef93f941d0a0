/* image_writer.h - carry out a plan; takes no decisions of its own (DESIGN.md decision 7).
 *
 * Bodies are spliced from the input layers into rebuilt ones, headers are encoded anew, layers
 * that nothing changes are copied as they stand.  The result has no name until
 * image_writer_commit(), so that it can be verified first. */
#ifndef WRITE_IMAGE_WRITER_H
#define WRITE_IMAGE_WRITER_H

#include "image/chain_ids.h"
#include "io/encoder.h"
#include "plan/plan.h"

/* An output format: a row of image_formats[]. */
struct image_format {
	const char *name;
	const char *summary;
	bool has_docker_manifest; /* manifest.json */
	bool has_oci_index;	  /* index.json and oci-layout */
	bool is_directory;
};

extern const struct image_format image_formats[]; /* a row without a name ends */

struct write_options {
	const struct image_format *format;
	bool recode;		  /* `encoding` applies to all layers but frozen ones */
	struct encoding encoding; /* else: as the input was (DESIGN.md ruling 2) */
	bool no_zstd; /* layers of zstd that could stay become gzip, but for frozen ones */
	const struct stored_layer *receiver; /* by position of an omitted layer; NULL: plain */
	bool keep_attestations;		     /* carry manifests that speak about the old image */
	const struct labels *annotations;    /* to set in each manifest; NULL: none */
	const char *const *tags; /* instead of the image's own, NULL ends; NULL: keep them */
};

struct written_layer {
	struct digest diff_id, digest; /* of the plain and of the stored bytes */
	uint64_t tar_bytes, stored_bytes;
	enum compression compression;
};

struct written_image {
	struct digest config, manifest;
	uint64_t config_bytes, manifest_bytes;
	bool changed; /* its layers are not those of the input */
};

/* Plain data about what was written. */
struct write_result {
	struct written_layer *layers; /* by output layer of the plan */
	struct written_image *images;
	bool *carried;	       /* by dropped manifest of the input: it is in the output after all */
	uint64_t output_bytes; /* of the archive, or of all files of the directory */
};

struct write_input {
	const struct image_set *images;
	const struct layer_set *layers;
	const struct plan *plan;
	const struct context *context;
};

struct image_writer;

/* Write everything under a temporary name beside `path` (NULL or "-": standard output).
 * ERR_USAGE for a target that cannot be, ERR_IO when the system refuses. */
struct image_writer *image_write(const struct write_input *input, const char *path,
				 const struct write_options *options, struct write_result *result,
				 struct error *err);

/* What was written, as an input to look at; `input` is released by input_close(). */
int image_writer_reopen(const struct image_writer *writer, struct input *input, struct error *err);

/* Give it its name.  `sync`: to the disk first. */
int image_writer_commit(struct image_writer *writer, bool sync, struct error *err);

/* Without a commit nothing is left. */
void image_writer_close(struct image_writer *writer);

void write_result_release(struct write_result *result);

/* NULL when there is no such format. */
const struct image_format *image_format_find(const char *name);

DEFINE_CLEANUP_PTR(image_writer, image_writer_close);
DEFINE_CLEANUP(write_result, write_result_release);

#endif
