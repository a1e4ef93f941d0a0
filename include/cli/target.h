/* target.h - what the loaders that people name with --target take (SEMANTICS.md B).
 *
 * One row a loader.  An option that contradicts it is a usage error; what it does not say is shaped
 * so that the loader takes it; an input that cannot be shaped so is ERR_UNSUPPORTED. */
#ifndef CLI_TARGET_H
#define CLI_TARGET_H

#include "cli/options.h"
#include "io/encoder.h"

struct run;

struct target {
	const char *name, *summary;
	const char *formats;	  /* of --format, with blanks between them */
	const char *thin_formats; /* the same with --have; NULL: takes no thin archives */
	bool zstd;		  /* layers may be zstd; all take plain ones and gzip */
	bool trailing;		  /* bytes behind a compressed layer are ignored */
	uint32_t layers_max;
	unsigned refused;     /* enum layer_flaw */
	bool one_manifest;    /* of an archive without manifest.json: a single row */
	bool wants_name;      /* an image without one is not to be found afterwards */
	bool own_descriptors; /* omitted layers are named as the receiver stores them */
};

extern const struct target targets[]; /* a row without a name ends */

/* NULL when there is none of that name. */
const struct target *target_find(const char *name);

/* Do the options of the run agree with its target?  ERR_USAGE names both. */
int target_check_options(struct error *err);

/* Does what is planned load there?  ERR_UNSUPPORTED says what does not, and what to do. */
int target_check_plan(const struct run *run, struct error *err);

#endif
