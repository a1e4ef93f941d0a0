/* run_options.c - the options of optimize and plan. */
#include <string.h>

#include "cli/run.h"
#include "image/reference.h"
#include "util/text.h"

static const char *const squash_choices[] = { "all", "none", NULL };
const char *const run_order_choices[] = { "path", "type", "similar", NULL };
const char *const run_dedupe_names[] = { "off", "safe", "all", NULL };
static const char *const verify_choices[] = { "off", "structure", "full", NULL };

struct run_options run_options = { .format = "hybrid",
				   .verify = VERIFY_STRUCTURE,
				   .dedupe = DEDUPE_SAFE,
				   .compress = "auto",
				   .policy = { .max_class = POLICY_AGGRESSIVE } };

/* "auto" keeps what the input has. */
static int parse_compress(void *value, const char *text, struct error *err)
{
	run_options.recode = strcmp(text, "auto") != 0;
	run_options.compress = text;
	return run_options.recode ? encoding_parse(value, text, err) : 0;
}

static int parse_format(void *value, const char *text, struct error *err)
{
	AUTO(strbuf) names = STRBUF_INIT;

	*(const char **)value = text;
	if (image_format_find(text))
		return 0;
	for (const struct image_format *format = image_formats; format->name; format++)
		strbuf_addf(&names, "%s%s", names.len ? ", " : "", format->name);
	return error_set(err, ERR_USAGE, "\"%s\" is not one of %s", text, names.data);
}

static int parse_target(void *value, const char *text, struct error *err)
{
	AUTO(strbuf) names = STRBUF_INIT;

	*(const struct target **)value = target_find(text);
	if (target_find(text))
		return 0;
	for (const struct target *target = targets; target->name; target++)
		strbuf_addf(&names, "%s%s", names.len ? ", " : "", target->name);
	return error_set(err, ERR_USAGE, "\"%s\" is not one of %s", text, names.data);
}

static int parse_base(void *value, const char *text, struct error *err)
{
	struct run_options *options = value;
	size_t digits = strspn(text, "0123456789");

	options->base_archive = text;
	if (!strcmp(text, "auto")) {
		options->base_kind = BASE_AUTO;
	} else if (text[digits] || !digits) {
		options->base_kind = BASE_ARCHIVE;
	} else {
		if (digits > 6)
			return error_set(err, ERR_USAGE, "\"%s\" is too many layers", text);
		options->base_kind = BASE_COUNT;
		options->base_layers = (uint32_t)strtoul(text, NULL, 10);
	}
	return 0;
}

static int parse_size(void *value, const char *text, struct error *err)
{
	if (text_parse_size(value, text) < 0 || !*(uint64_t *)value)
		return error_set(err, ERR_USAGE, "\"%s\" is not a size such as 200MB", text);
	return 0;
}

static int parse_tag(void *value, const char *text, struct error *err)
{
	if (!reference_is_tagged(text))
		return error_set(err, ERR_USAGE, "\"%s\" is not NAME:TAG", text);
	vec_push((struct text_list *)value, text);
	return 0;
}

static int parse_label(void *value, const char *text, struct error *err)
{
	return labels_add(value, text, err);
}

/* Builders say before a key where it goes; here it is always the manifest. */
static int parse_annotation(void *value, const char *text, struct error *err)
{
	static const char *const places[] = { "manifest", "index", "manifest-descriptor",
					      "index-descriptor" };

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		size_t len = strlen(places[i]);

		if (!strncmp(text, places[i], len) && (text[len] == ':' || text[len] == '['))
			return error_set(err, ERR_USAGE,
					 "annotations go into the manifest of every image: write "
					 "K=V without \"%.*s\"",
					 (int)strcspn(text, ":=") + 1, text);
	}
	return labels_add(value, text, err);
}

static int parse_report(void *value, const char *text, struct error *err)
{
	AUTO(strbuf) names = STRBUF_INIT;

	vec_push((struct text_list *)value, text);
	if (report_format_find(text))
		return 0;
	for (const struct report_format *format = report_formats; format->suffix; format++)
		strbuf_addf(&names, "%s%s", names.len ? ", " : "", format->suffix);
	return error_set(err, ERR_USAGE, "\"%s\" ends in none of %s", text, names.data);
}

/* Where it goes, and what is told and checked: apply takes these too. */
static const struct option_row output_rows[] = {
	{ .name = "output",
	  .letter = 'o',
	  .type = OPTION_TEXT,
	  .placeholder = "FILE",
	  .help = "file, directory (oci-dir), or - for standard output (-)",
	  .value = &run_options.output },
	{ .name = "report",
	  .type = OPTION_CHECK,
	  .placeholder = "FILE",
	  .help = "write a report: .txt, .json, .md, .html or .csv; repeatable",
	  .value = &run_options.reports,
	  .parse = parse_report },
	{ .name = "verify",
	  .type = OPTION_CHOICE,
	  .placeholder = "LEVEL",
	  .help = "structure, full (every byte) or off (structure)",
	  .value = &run_options.verify,
	  .choices = verify_choices },
	{ .name = "fsync",
	  .type = OPTION_FLAG,
	  .help = "flush to the disk before the output gets its name",
	  .value = &run_options.sync },
};

static const struct option_row session_rows[] = { SESSION_OPTION_ROWS };

/* What decides about the output. */
static const struct option_row plan_rows[] = {
	{ .name = "policy",
	  .letter = 'p',
	  .type = OPTION_LIST,
	  .placeholder = "NAME[,...]",
	  .help = "rules for what goes: built-in policies, files or none; repeatable (safe)",
	  .value = &run_options.policy.policies },
	{ .name = "max-class",
	  .type = OPTION_CHECK,
	  .placeholder = "CLASS",
	  .help = "no rules above safe, mostly-safe or aggressive (aggressive)",
	  .value = &run_options.policy.max_class,
	  .parse = policy_choice_parse_class },
	{ .name = "param",
	  .type = OPTION_LIST,
	  .placeholder = "K=V",
	  .help = "set a parameter of the policy, add (K+=V) or take away (K-=V)",
	  .value = &run_options.policy.params },
	{ .name = "keep",
	  .type = OPTION_LIST,
	  .placeholder = "GLOB",
	  .help = "keep these, whatever rules say; repeatable",
	  .value = &run_options.policy.keep },
	{ .name = "drop",
	  .type = OPTION_LIST,
	  .placeholder = "GLOB",
	  .help = "remove these; repeatable",
	  .value = &run_options.policy.drop },
	{ .name = "persist",
	  .type = OPTION_FLAG,
	  .help = "tell dpkg or rpm in the image to leave out the same from now on",
	  .value = &run_options.persist },
	{ .name = "squash",
	  .type = OPTION_CHOICE,
	  .placeholder = "MODE",
	  .help = "all: merge layers; none: keep them, drop dead bytes (all)",
	  .value = &run_options.squash,
	  .choices = squash_choices },
	{ .name = "drop-empty-layers",
	  .type = OPTION_FLAG,
	  .help = "with --squash none: drop layers that lost everything",
	  .value = &run_options.drop_empty_layers },
	{ .name = "max-layers",
	  .type = OPTION_COUNT,
	  .placeholder = "N",
	  .help = "cut merged layers, at most N an image",
	  .value = &run_options.max_layers },
	{ .name = "layer-size",
	  .type = OPTION_CHECK,
	  .placeholder = "SIZE",
	  .help = "cut merged layers to about SIZE, such as 200MB",
	  .value = &run_options.layer_size,
	  .parse = parse_size },
	{ .name = "keep-base",
	  .type = OPTION_CHECK,
	  .placeholder = "BASE",
	  .help = "keep the lowest layers: a count, auto, or the archive of the base (0)",
	  .value = &run_options,
	  .parse = parse_base },
	{ .name = "have",
	  .type = OPTION_TEXT,
	  .placeholder = "FILE",
	  .help = "leave out what the receiver has: its archive, or a list by lighten chain",
	  .value = &run_options.have },
	{ .name = "lossless",
	  .type = OPTION_FLAG,
	  .help = "keep layers and (but for --label) the image ID, change compression only",
	  .value = &run_options.lossless },
	{ .name = "dedupe",
	  .type = OPTION_CHOICE,
	  .placeholder = "MODE",
	  .help = "hard-link identical files: off, safe, or all: times may differ (safe)",
	  .value = &run_options.dedupe,
	  .choices = run_dedupe_names },
	{ .name = "order",
	  .type = OPTION_CHOICE,
	  .placeholder = "HOW",
	  .help = "of files in layers: path, type, or similar (compresses best) (path)",
	  .value = &run_options.order,
	  .choices = run_order_choices },
	{ .name = "format",
	  .type = OPTION_CHECK,
	  .placeholder = "FORMAT",
	  .help = "hybrid, docker, oci or oci-dir (hybrid)",
	  .value = &run_options.format,
	  .parse = parse_format },
	{ .name = "compress",
	  .type = OPTION_CHECK,
	  .placeholder = "HOW",
	  .help = "auto, none, gzip[:1-12] or zstd[:1-22[,long]] (auto)",
	  .value = &run_options.encoding,
	  .parse = parse_compress },
	{ .name = "target",
	  .type = OPTION_CHECK,
	  .placeholder = "LOADER",
	  .help = "for docker20, docker23, docker29, podman, containerd or kind alone (any)",
	  .value = &run_options.target,
	  .parse = parse_target },
	{ .name = "image",
	  .type = OPTION_LIST,
	  .placeholder = "REF",
	  .help = "only this image of the archive; repeatable (all)",
	  .value = &run_options.images },
	{ .name = "platform",
	  .type = OPTION_LIST,
	  .placeholder = "OS/ARCH[/VARIANT]",
	  .help = "only this platform; repeatable (all)",
	  .value = &run_options.platforms },
	{ .name = "tag",
	  .type = OPTION_CHECK,
	  .placeholder = "REF",
	  .help = "name the image REF instead; repeatable",
	  .value = &run_options.tags,
	  .parse = parse_tag },
	{ .name = "label",
	  .type = OPTION_CHECK,
	  .placeholder = "K=V",
	  .help = "set a label in the config of every image; repeatable",
	  .value = &run_options.labels,
	  .parse = parse_label },
	{ .name = "annotation",
	  .type = OPTION_CHECK,
	  .placeholder = "K=V",
	  .help = "set an annotation in the OCI manifest of every image; repeatable",
	  .value = &run_options.annotations,
	  .parse = parse_annotation },
	{ .name = "keep-attestations",
	  .type = OPTION_FLAG,
	  .help = "carry attestations and signatures although they name the old image",
	  .value = &run_options.keep_attestations },
	{ .name = "dry-run",
	  .type = OPTION_FLAG,
	  .help = "plan and report, write nothing",
	  .value = &run_options.dry_run },
};

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static size_t append(struct option_row *out, size_t at, const struct option_row *rows, size_t count)
{
	memcpy(out + at, rows, count * sizeof(rows[0]));
	return at + count;
}

size_t run_output_rows(struct option_row out[RUN_ROWS_MAX])
{
	size_t at = append(out, 0, output_rows, COUNT(output_rows));

	return append(out, at, session_rows, COUNT(session_rows));
}

size_t run_rows(struct option_row out[RUN_ROWS_MAX])
{
	size_t at = append(out, 0, output_rows, COUNT(output_rows));

	at = append(out, at, plan_rows, COUNT(plan_rows));
	return append(out, at, session_rows, COUNT(session_rows));
}

void run_default_policy(void)
{
	if (!run_options.policy.policies.count)
		vec_push(&run_options.policy.policies, run_options.lossless ? "none" : "safe");
}

bool run_has_policy(void)
{
	bool any = run_options.policy.drop.count > 0;

	vec_foreach (name, &run_options.policy.policies)
		any |= strcmp(*name, "none") != 0;
	return any;
}
