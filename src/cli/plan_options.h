/* plan_options.h - the options of a run as a member of its plan, and back. */
#ifndef CLI_PLAN_OPTIONS_H
#define CLI_PLAN_OPTIONS_H

#include <jansson.h>

#include "cli/run.h"

/* Everything that decides about the output's bytes, with frozen layers as counts, so that apply
 * needs no other file than the input. */
json_t *plan_options_dump(const struct run *run);

/* Set run_options from a plan before its input is read; texts are borrowed from `options`.
 * ERR_USAGE when a member is missing or of the wrong kind. */
int plan_options_load(json_t *options, struct error *err);

/* And the counts of frozen layers, once the images are known. */
int plan_options_load_frozen(const json_t *options, struct run *run, struct error *err);

#endif
