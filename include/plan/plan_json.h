/* plan_json.h - a plan as JSON Lines, for review (DESIGN.md ruling 4).
 *
 *   header    schema, input identity, every option
 *   segment   one a run of input layers
 *   decision  one a name that a rule takes; the only lines that may be edited, to keep
 *   action    one an input entry: what becomes of it, and why
 *   trailer   totals and the digest of each planned tree
 *
 * The text depends on the input and the options alone. */
#ifndef PLAN_PLAN_JSON_H
#define PLAN_PLAN_JSON_H

#include <stdio.h>

#include <jansson.h>

#include "plan/plan.h"

#define PLAN_SCHEMA 1

/* What two inputs must share for one plan: configs, diff_ids, layer encodings and tags. */
void plan_input_identity(const struct image_set *images, const struct layer_set *layers,
			 struct digest *out);

/* `options` becomes a member of the header. */
int plan_json_write(const struct plan *plan, const struct image_set *images,
		    const struct layer_set *layers, json_t *options, const struct context *context,
		    FILE *out, struct error *err);

#endif
