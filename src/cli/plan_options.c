/* plan_options.c - the options of a run as a member of its plan, and back. */
#include "plan_options.h"

#include <string.h>

#include "cli/run.h"

static json_t *texts(const struct text_list *list)
{
	json_t *out = json_array();

	vec_foreach (text, list)
		if (*text)
			json_array_append_new(out, json_string(*text));
	return out;
}

static json_t *pairs(const struct labels *labels)
{
	json_t *out = json_array();

	vec_foreach (label, labels) {
		AUTO_FREE char *text = xasprintf("%s=%s", label->key, label->value);

		json_array_append_new(out, json_string(text));
	}
	return out;
}

static json_t *counts(const uint32_t *list, size_t count)
{
	json_t *out = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(out, json_integer(list[i]));
	return out;
}

static json_t *dump_policy(void)
{
	const struct policy_choice *policy = &run_options.policy;

	return json_pack("{s:o, s:o, s:o, s:o, s:s, s:b}", "policies", texts(&policy->policies),
			 "params", texts(&policy->params), "keep", texts(&policy->keep), "drop",
			 texts(&policy->drop), "maxClass", policy_class_name(policy->max_class),
			 "persist", run_options.persist);
}

/* How the receiver stores what is left out: nothing else of its archive is in the output. */
static json_t *dump_receiver(const struct run *run)
{
	json_t *out = json_array();

	for (uint32_t n = 0; run->receiver && n < run->omitted[0]; n++) {
		const struct stored_layer *layer = &run->receiver[n];
		char digest[DIGEST_TEXT_SIZE];

		digest_text(&layer->digest, digest);
		json_array_append_new(out,
				      json_pack("{s:s*, s:s, s:I}", "mediaType", layer->media_type,
						"digest", digest, "size", (json_int_t)layer->size));
	}
	return out;
}

json_t *plan_options_dump(const struct run *run)
{
	size_t images = run->images->image_count;

	return json_pack(
		"{s:s, s:s, s:o, s:o, s:b, s:b, s:i, s:I, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:b, "
		"s:s, s:s, s:o, s:o}",
		"squash", run_options.squash == SQUASH_ALL ? "all" : "none", "order",
		run_order_choices[run_options.order], "frozen", counts(run->frozen, images),
		"omitted", counts(run->omitted, images), "dropEmptyLayers",
		run_options.drop_empty_layers, "lossless", run_options.lossless, "maxLayers",
		(int)run_options.max_layers, "layerSize", (json_int_t)run_options.layer_size,
		"format", run_options.format, "compress", run_options.compress, "images",
		texts(&run_options.images), "platforms", texts(&run_options.platforms), "tags",
		texts(&run_options.tags), "labels", pairs(&run_options.labels), "annotations",
		pairs(&run_options.annotations), "keepAttestations", run_options.keep_attestations,
		"dedupe", run_dedupe_names[run_options.dedupe], "target",
		run_options.target ? run_options.target->name : "any", "receiver",
		dump_receiver(run), "policy", dump_policy());
}

static int load_texts(const json_t *list, struct text_list *out, struct error *err)
{
	json_t *text;
	size_t i;

	json_array_foreach(list, i, text)
	{
		if (!json_is_string(text))
			return error_set(err, ERR_USAGE, "options: a name is no text");
		vec_push(out, json_string_value(text));
	}
	return 0;
}

static int load_pairs(const json_t *list, struct labels *out, struct error *err)
{
	json_t *text;
	size_t i;

	json_array_foreach(list, i, text)
	{
		const char *pair = json_string_value(text);

		if (labels_add(out, pair ? pair : "", err) < 0)
			return error_wrap(err, "options");
	}
	return 0;
}

static int load_policy(json_t *options, struct error *err)
{
	struct policy_choice *policy = &run_options.policy;
	json_t *policies, *params, *keep, *drop;
	const char *class;
	int persist;
	json_error_t problem;

	if (json_unpack_ex(options, &problem, JSON_STRICT, "{s:o, s:o, s:o, s:o, s:s, s:b}",
			   "policies", &policies, "params", &params, "keep", &keep, "drop", &drop,
			   "maxClass", &class, "persist", &persist) < 0)
		return error_set(err, ERR_USAGE, "options: policy: %s", problem.text);
	run_options.persist = persist;
	if (load_texts(policies, &policy->policies, err) < 0 ||
	    load_texts(params, &policy->params, err) < 0 ||
	    load_texts(keep, &policy->keep, err) < 0 || load_texts(drop, &policy->drop, err) < 0)
		return -1;
	return policy_choice_parse_class(&policy->max_class, class, err);
}

/* The number of a choice, or -1. */
static int find_choice(const char *const *choices, const char *text)
{
	for (int i = 0; choices[i]; i++)
		if (!strcmp(choices[i], text))
			return i;
	return -1;
}

int plan_options_load(json_t *options, struct error *err)
{
	const char *squash, *order, *format, *compress, *dedupe, *target;
	json_t *images, *platforms, *tags, *labels, *annotations, *frozen, *omitted, *policy,
		*receiver;
	int drop_empty, lossless, max_layers, keep_attestations;
	json_int_t layer_size;
	json_error_t problem;
	int rc = json_unpack_ex(
		options, &problem, JSON_STRICT,
		"{s:s, s:s, s:o, s:o, s:b, s:b, s:i, s:I, s:s, s:s, s:o, s:o, s:o, "
		"s:o, s:o, s:b, s:s, s:s, s:o, s:o}",
		"squash", &squash, "order", &order, "frozen", &frozen, "omitted", &omitted,
		"dropEmptyLayers", &drop_empty, "lossless", &lossless, "maxLayers", &max_layers,
		"layerSize", &layer_size, "format", &format, "compress", &compress, "images",
		&images, "platforms", &platforms, "tags", &tags, "labels", &labels, "annotations",
		&annotations, "keepAttestations", &keep_attestations, "dedupe", &dedupe, "target",
		&target, "receiver", &receiver, "policy", &policy);

	if (rc < 0)
		return error_set(err, ERR_USAGE, "options: %s", problem.text);
	run_options.order = find_choice(run_order_choices, order);
	run_options.dedupe = find_choice(run_dedupe_names, dedupe);
	run_options.target = target_find(target);
	if ((!run_options.target && strcmp(target, "any") != 0) || !image_format_find(format) ||
	    run_options.order < 0 || run_options.dedupe < 0 || max_layers < 0 || layer_size < 0 ||
	    (strcmp(squash, "all") && strcmp(squash, "none")))
		return error_set(err, ERR_USAGE,
				 "options: a value that lighten plan does not write");
	run_options.squash = strcmp(squash, "all") ? SQUASH_NONE : SQUASH_ALL;
	run_options.drop_empty_layers = drop_empty;
	run_options.lossless = lossless;
	run_options.max_layers = (uint32_t)max_layers;
	run_options.layer_size = (uint64_t)layer_size;
	run_options.keep_attestations = keep_attestations;
	run_options.format = format;
	run_options.compress = compress;
	run_options.recode = strcmp(compress, "auto") != 0;
	if (run_options.recode && encoding_parse(&run_options.encoding, compress, err) < 0)
		return -1;
	if (load_texts(images, &run_options.images, err) < 0 ||
	    load_texts(platforms, &run_options.platforms, err) < 0)
		return -1;
	if (load_texts(tags, &run_options.tags, err) < 0 ||
	    load_pairs(labels, &run_options.labels, err) < 0 ||
	    load_pairs(annotations, &run_options.annotations, err) < 0)
		return -1;
	return load_policy(policy, err);
}

static int load_counts(const json_t *list, const struct run *run, uint32_t *out, struct error *err)
{
	if (json_array_size(list) != run->images->image_count)
		return error_set(err, ERR_USAGE, "options: counts for %zu images, there are %zu",
				 json_array_size(list), run->images->image_count);
	for (size_t i = 0; i < run->images->image_count; i++) {
		json_int_t value = json_integer_value(json_array_get(list, i));
		if (value < 0 || (uint64_t)value > run->images->images[i].layer_count)
			return error_set(err, ERR_USAGE, "options: more layers than the image has");
		out[i] = (uint32_t)value;
	}
	return 0;
}

static int load_receiver(const json_t *list, struct run *run, struct error *err)
{
	json_t *row;
	size_t i;

	if (!json_array_size(list))
		return 0;
	if (json_array_size(list) != run->omitted[0])
		return error_set(err, ERR_USAGE, "options: %zu layers of the receiver, not %u",
				 json_array_size(list), run->omitted[0]);
	run->receiver = xcalloc(run->omitted[0] + (size_t)1, sizeof(run->receiver[0]));
	json_array_foreach(list, i, row)
	{
		const char *digest = json_string_value(json_object_get(row, "digest"));
		const char *type = json_string_value(json_object_get(row, "mediaType"));

		if (digest_parse(&run->receiver[i].digest, digest ? digest : "", err) < 0)
			return -1;
		run->receiver[i].size = (uint64_t)json_integer_value(json_object_get(row, "size"));
		run->receiver[i].media_type = type ? xstrdup(type) : NULL;
	}
	return 0;
}

int plan_options_load_frozen(const json_t *options, struct run *run, struct error *err)
{
	if (load_counts(json_object_get(options, "frozen"), run, run->frozen, err) < 0)
		return -1;
	if (load_counts(json_object_get(options, "omitted"), run, run->omitted, err) < 0)
		return -1;
	return load_receiver(json_object_get(options, "receiver"), run, err);
}
