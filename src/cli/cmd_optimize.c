/* cmd_optimize.c - lighten [optimize]: read, plan, write, verify, report. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/session.h"
#include "commands.h"
#include "image/reference.h"
#include "report/report.h"

static const char *const squash_choices[] = { "all", "none", NULL };
static const char *const verify_choices[] = { "off", "structure", "full", NULL };
static const char *const dedupe_choices[] = { "off", NULL };

static struct {
	const char *output, *format;
	struct text_list policies, images, tags, reports;
	int squash, verify, dedupe;
	uint32_t keep_base;
	bool drop_empty_layers, dry_run, sync;
	struct encoding encoding;
	bool recode;
} opt = { .format = "hybrid", .verify = VERIFY_STRUCTURE };

/* "auto" keeps what the input has. */
static int parse_compress(void *value, const char *text, struct error *err)
{
	(void)value;
	opt.recode = strcmp(text, "auto") != 0;
	return opt.recode ? encoding_parse(&opt.encoding, text, err) : 0;
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

/* No rules are applied; the name for that is accepted, so that scripts can say so. */
static int parse_policy(void *value, const char *text, struct error *err)
{
	(void)value;
	return strcmp(text, "none") ? error_set(err, ERR_USAGE, "\"%s\": the only policy is none", text) : 0;
}

static int parse_tag(void *value, const char *text, struct error *err)
{
	if (!reference_is_tagged(text))
		return error_set(err, ERR_USAGE, "\"%s\" is not NAME:TAG", text);
	vec_push((struct text_list *)value, text);
	return 0;
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

static const struct option_row rows[] = {
	{ .name = "output", .letter = 'o', .type = OPTION_TEXT, .placeholder = "FILE",
	  .help = "file, directory (oci-dir), or - for standard output (-)", .value = &opt.output },
	{ .name = "policy", .letter = 'p', .type = OPTION_CHECK, .placeholder = "NAME",
	  .help = "none: remove nothing that a container sees (none)", .value = &opt.policies,
	  .parse = parse_policy },
	{ .name = "squash", .type = OPTION_CHOICE, .placeholder = "MODE",
	  .help = "all: one layer; none: keep layers, drop dead bytes (all)", .value = &opt.squash,
	  .choices = squash_choices },
	{ .name = "drop-empty-layers", .type = OPTION_FLAG,
	  .help = "with --squash none: drop layers that lost everything",
	  .value = &opt.drop_empty_layers },
	{ .name = "keep-base", .type = OPTION_COUNT, .placeholder = "N",
	  .help = "keep the lowest N layers byte for byte (0)", .value = &opt.keep_base },
	{ .name = "dedupe", .type = OPTION_CHOICE, .placeholder = "HOW",
	  .help = "off: identical files stay apart (off)", .value = &opt.dedupe,
	  .choices = dedupe_choices },
	{ .name = "format", .type = OPTION_CHECK, .placeholder = "FORMAT",
	  .help = "hybrid, docker, oci or oci-dir (hybrid)", .value = &opt.format,
	  .parse = parse_format },
	{ .name = "compress", .type = OPTION_CHECK, .placeholder = "HOW",
	  .help = "auto, none, gzip[:1-12] or zstd[:1-22[,long]] (auto)", .value = &opt.encoding,
	  .parse = parse_compress },
	{ .name = "image", .type = OPTION_LIST, .placeholder = "REF",
	  .help = "only this image of the archive; repeatable (all)", .value = &opt.images },
	{ .name = "tag", .type = OPTION_CHECK, .placeholder = "REF",
	  .help = "name the image REF instead; repeatable", .value = &opt.tags, .parse = parse_tag },
	{ .name = "report", .type = OPTION_CHECK, .placeholder = "FILE",
	  .help = "write a report, .txt or .json; repeatable", .value = &opt.reports,
	  .parse = parse_report },
	{ .name = "dry-run", .type = OPTION_FLAG, .help = "plan and report, write nothing",
	  .value = &opt.dry_run },
	{ .name = "verify", .type = OPTION_CHOICE, .placeholder = "LEVEL",
	  .help = "structure, full (every byte) or off (structure)", .value = &opt.verify,
	  .choices = verify_choices },
	{ .name = "fsync", .type = OPTION_FLAG, .help = "flush to the disk before the output gets its name",
	  .value = &opt.sync },
	SESSION_OPTION_ROWS,
	{ .name = NULL },
};

static const struct option_row *options(void)
{
	return rows;
}

/* --- one run --------------------------------------------------------------------------------- */

struct run {
	struct session session;
	struct input input;
	struct names names;
	struct image_set *images;
	struct layer_set *layers;
	struct chain chain;
	struct plan *plan;
	struct write_result result;
	struct verify_result verified;
	const char *command;
};

static bool to_stdout(void)
{
	return !opt.output || !strcmp(opt.output, "-");
}

static int check_output(const struct input *input, struct error *err)
{
	struct stat st;

	if (opt.dry_run)
		return 0;
	if (to_stdout() && image_format_find(opt.format)->is_directory)
		return error_set(err, ERR_USAGE, "--format %s needs -o DIRECTORY", opt.format);
	if (to_stdout() && isatty(STDOUT_FILENO))
		return error_set(err, ERR_USAGE,
				 "will not write an archive to a terminal: use -o FILE or a pipe");
	if (to_stdout() ? fstat(STDOUT_FILENO, &st) : stat(opt.output, &st))
		return 0;
	if (S_ISREG(st.st_mode) && !input->is_directory && st.st_dev == input->dev &&
	    st.st_ino == input->ino)
		return error_set(err, ERR_USAGE, "%s: the output is the input", input->name);
	if (S_ISDIR(st.st_mode) && !image_format_find(opt.format)->is_directory)
		return error_set(err, ERR_USAGE, "%s: is a directory (use --format oci-dir for one)",
				 opt.output);
	return 0;
}

static int read_input(struct run *run, const char *path, struct error *err)
{
	const struct context *context = &run->session.context;

	if ((!path || !strcmp(path, "-")) && isatty(STDIN_FILENO))
		return error_set(err, ERR_USAGE,
				 "no input: name an archive or pipe one in; see lighten --help");
	if (input_open(&run->input, path, context, err) < 0 || check_output(&run->input, err) < 0)
		return -1;
	run->images = image_set_load(&run->input, context, err);
	if (!run->images ||
	    image_set_select(run->images, opt.images.items, opt.images.count, err) < 0)
		return -1;
	if (opt.tags.count && run->images->image_count > 1)
		return error_set(err, ERR_USAGE, "--tag names one image, %s has %zu: choose one with --image",
				 run->input.name, run->images->image_count);
	names_init(&run->names, &context->limits);
	run->layers = layer_set_load(run->images, &run->names, LAYER_CHECK_DIGESTS, context, err);
	if (!run->layers ||
	    chain_init(&run->chain, run->layers, run->images, &context->limits, err) < 0)
		return error_wrap(err, "%s", run->input.name);
	return 0;
}

static int make_plan(struct run *run, struct error *err)
{
	AUTO_FREE uint32_t *frozen = xcalloc(run->images->image_count + 1, sizeof(uint32_t));
	for (size_t i = 0; i < run->images->image_count; i++)
		frozen[i] = opt.keep_base;
	const struct plan_options options = { .squash = (enum squash_mode)opt.squash,
					      .frozen = frozen,
					      .drop_empty_layers = opt.drop_empty_layers };

	run->plan = plan_build(&run->chain, &run->names, &options, &run->session.context, err);
	return run->plan ? 0 : error_wrap(err, "%s", run->input.name);
}

static int verify_written(struct run *run, const struct image_writer *writer, struct error *err)
{
	struct digest *configs = xcalloc(run->images->image_count + 1, sizeof(configs[0]));
	AUTO(input) output = { .fd = -1 };
	int rc;

	for (size_t i = 0; i < run->images->image_count; i++)
		configs[i] = run->result.images[i].config;
	rc = image_writer_reopen(writer, &output, err);
	if (!rc)
		rc = verify_output(&output, run->plan, configs, (enum verify_level)opt.verify,
				   &run->session.context, &run->verified, err);
	free(configs);
	return rc;
}

static int write_reports(struct run *run, const struct write_input *input, struct error *err)
{
	const struct report_input in = { .input = &run->input,
					 .run = input,
					 .result = opt.dry_run ? NULL : &run->result,
					 .verify = opt.dry_run ? NULL : &run->verified,
					 .output_name = to_stdout() ? "standard output" : opt.output,
					 .format = opt.format,
					 .command = run->command };
	AUTO_PTR(report) report = report_build(&in);

	session_quiet(&run->session);
	vec_foreach(path, &opt.reports)
		if (report_write(report, *path, err) < 0)
			return -1;
	if (!session_options.quiet)
		report_print_text(report, stderr);
	return 0;
}

static int write_output(struct run *run, struct error *err)
{
	const struct write_input input = { run->images, run->layers, run->plan,
					   &run->session.context };
	struct write_options options = { .format = image_format_find(opt.format),
					 .recode = opt.recode,
					 .encoding = opt.encoding };

	if (opt.dry_run)
		return write_reports(run, &input, err);
	if (opt.tags.count) {
		vec_push(&opt.tags, NULL);
		options.tags = opt.tags.items;
	}
	AUTO_PTR(image_writer) writer = image_write(&input, opt.output, &options, &run->result, err);
	if (!writer)
		return -1;
	if (opt.verify != VERIFY_OFF && verify_written(run, writer, err) < 0)
		return -1;
	if (write_reports(run, &input, err) < 0)
		return -1;
	return image_writer_commit(writer, opt.sync, err);
}

static void release(struct run *run)
{
	if (run->plan)
		plan_free(run->plan);
	chain_release(&run->chain);
	if (run->layers)
		layer_set_free(run->layers);
	names_release(&run->names);
	if (run->images)
		image_set_free(run->images);
	input_close(&run->input);
	write_result_release(&run->result);
	session_release(&run->session);
}

/* For the report; nothing parses it again. */
static char *join(const struct command *command, int argc, char **argv)
{
	AUTO(strbuf) line = STRBUF_INIT;

	strbuf_addf(&line, "lighten %s", command->name);
	for (int i = 0; i < argc; i++)
		strbuf_addf(&line, " %s", argv[i]);
	return strbuf_detach(&line);
}

static int run_optimize(const struct command *command, int argc, char **argv, struct error *err)
{
	struct text_list operands = VEC_INIT;
	AUTO_FREE char *line = join(command, argc, argv);
	struct run run = { .input = { .fd = -1 }, .command = line };
	int rc = options_parse(command, argc, argv, &operands, err);

	if (!rc && operands.count > 1)
		rc = error_set(err, ERR_USAGE, "one input at a time, \"%s\" is too many", operands.items[1]);
	if (rc) {
		vec_release(&operands);
		return rc < 0 ? -1 : 0;
	}
	session_init(&run.session);
	rc = read_input(&run, operands.count ? operands.items[0] : NULL, err);
	if (!rc)
		rc = make_plan(&run, err);
	if (!rc)
		rc = write_output(&run, err);
	release(&run);
	vec_release(&operands);
	return rc;
}

const struct command cmd_optimize = {
	.name = "optimize",
	.summary = "make an image archive smaller (the default command)",
	.operands = "[INPUT]",
	.details = "Reads a saved image (docker save, podman save, skopeo, OCI archive or layout), merges\n"
		   "its layers, leaves out what later layers delete or replace, proves that the file\n"
		   "system stayed the same, and writes an archive that every engine loads.\n"
		   "INPUT is a file, an OCI layout directory, or - for standard input (the default).",
	.run = run_optimize,
	.options = options,
};
