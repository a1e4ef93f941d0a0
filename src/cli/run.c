/* run.c - one run: read, plan, write, verify, report. */
#include "cli/run.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool to_stdout(void)
{
	return !run_options.output || !strcmp(run_options.output, "-");
}

static int check_output(const struct input *input, struct error *err)
{
	bool directory = image_format_find(run_options.format)->is_directory;
	struct stat st;

	if (run_options.dry_run)
		return 0;
	if (to_stdout() && directory)
		return error_set(err, ERR_USAGE, "--format %s needs -o DIRECTORY",
				 run_options.format);
	if (to_stdout() && isatty(STDOUT_FILENO))
		return error_set(err, ERR_USAGE,
				 "will not write an archive to a terminal: use -o FILE or a pipe");
	if (to_stdout() ? fstat(STDOUT_FILENO, &st) : stat(run_options.output, &st))
		return 0;
	if (S_ISREG(st.st_mode) && !input->is_directory && st.st_dev == input->dev &&
	    st.st_ino == input->ino)
		return error_set(err, ERR_USAGE, "%s: the output is the input", input->name);
	if (S_ISDIR(st.st_mode) && !directory)
		return error_set(err, ERR_USAGE,
				 "%s: is a directory (use --format oci-dir for one)",
				 run_options.output);
	return 0;
}

static int select_images(struct run *run, struct error *err)
{
	if (image_set_select(run->images, run_options.images.items, run_options.images.count, err) <
		    0 ||
	    image_set_select_platforms(run->images, run_options.platforms.items,
				       run_options.platforms.count, err) < 0)
		return -1;
	if (run_options.tags.count && run->images->image_count > 1)
		return error_set(err, ERR_USAGE,
				 "--tag names one image, %s has %zu: choose one with --image",
				 run->input.name, run->images->image_count);
	return 0;
}

/* Without TMPDIR the output's folder: where the output has room, its input unpacked often has. */
static void choose_spool(struct run *run)
{
	const char *chosen = getenv("TMPDIR"), *output = run_options.output;
	const char *slash = to_stdout() ? NULL : strrchr(output, '/');

	if ((chosen && *chosen) || to_stdout() || run_options.dry_run)
		return;
	run->spool = slash ? xasprintf("%.*s", (int)(slash - output + 1), output) : xstrdup(".");
	run->session.context.spool_dir = run->spool;
}

static int check_annotations(struct error *err)
{
	if (!run_options.annotations.count || image_format_find(run_options.format)->has_oci_index)
		return 0;
	return error_set(err, ERR_USAGE,
			 "--annotation: --format %s has no manifest to annotate; use --label, or "
			 "--format hybrid, oci or oci-dir",
			 run_options.format);
}

int run_read(struct run *run, const char *path, struct error *err)
{
	const struct context *context = &run->session.context;

	choose_spool(run);
	if (check_annotations(err) < 0 || target_check_options(err) < 0)
		return -1;
	if ((!path || !strcmp(path, "-")) && isatty(STDIN_FILENO))
		return error_set(err, ERR_USAGE,
				 "no input: name an archive or pipe one in; see lighten --help");
	if (input_open(&run->input, path, context, err) < 0 || check_output(&run->input, err) < 0)
		return -1;
	run->images = image_set_load(&run->input, context, err);
	if (!run->images || select_images(run, err) < 0)
		return -1;
	names_init(&run->names, &context->limits);
	run->layers = layer_set_load(run->images, &run->names,
				     run_options.dry_run ? LAYER_CHECK_DIGESTS : LAYER_CHECK_LATER,
				     context, err);
	if (!run->layers ||
	    chain_init(&run->chain, run->layers, run->images, &context->limits, err) < 0)
		return error_wrap(err, "%s", run->input.name);
	run->frozen = xcalloc(run->images->image_count + 1, sizeof(uint32_t));
	run->omitted = xcalloc(run->images->image_count + 1, sizeof(uint32_t));
	return 0;
}

/* --- frozen layers --------------------------------------------------------------------------- */

static int keep_base(struct run *run, struct error *err)
{
	AUTO(chain_ids) ids = { .list = VEC_INIT };

	if (run_options.base_kind == BASE_ARCHIVE &&
	    chain_ids_load(&ids, run_options.base_archive, &run->session.context, err) < 0)
		return error_wrap(err, "--keep-base");
	for (size_t i = 0; i < run->images->image_count; i++) {
		const struct image *image = &run->images->images[i];
		struct image_base base = { run_options.base_layers, NULL };

		if (run_options.base_kind == BASE_ARCHIVE)
			base.layers = chain_ids_prefix(&ids, image);
		else if (run_options.base_kind == BASE_AUTO)
			image_base_detect(run->images, image, &base);
		if (run_options.base_kind == BASE_ARCHIVE && !base.layers)
			return error_set(err, ERR_USAGE,
					 "--keep-base: %s is not built on any image of %s",
					 image_name(image), run_options.base_archive);
		if (base.layers > image->layer_count)
			base.layers = (uint32_t)image->layer_count;
		run->frozen[i] = base.layers;
		if (run_options.base_kind != BASE_COUNT)
			vec_push(&run->notes,
				 xasprintf("base of %s: %u of %zu layers kept (%s)",
					   image_name(image), base.layers, image->layer_count,
					   base.reason ? base.reason : run_options.base_archive));
		free(base.reason);
	}
	return 0;
}

/* Its own descriptors, for a target that finds layers by them: plain bytes where its archive has
 * none. */
static int ask_receiver(struct run *run, uint32_t known, struct error *err)
{
	if (!run_options.target || !run_options.target->own_descriptors)
		return 0;
	run->receiver = xcalloc(known + (size_t)1, sizeof(run->receiver[0]));
	for (uint32_t n = 0; n < known; n++) {
		const struct layer *layer = &run->layers->layers[run->layers->of_image[0][n]];
		run->receiver[n] = (struct stored_layer){ layer->diff_id, layer->tar.length, NULL };
	}
	return chain_ids_stored(run_options.have, &run->images->images[0], known, run->receiver,
				&run->session.context, err);
}

/* A thin archive: ruling 16 of the design says why it holds one image under one name. */
static int leave_out(struct run *run, struct error *err)
{
	AUTO(chain_ids) ids = { .list = VEC_INIT };
	const struct image *image = &run->images->images[0];
	uint32_t known;

	if (!run_options.have)
		return 0;
	if (run->images->image_count > 1)
		return error_set(
			err, ERR_USAGE,
			"--have makes an archive of one image: choose it with --image, and make "
			"one archive each");
	if ((run_options.tags.count ? run_options.tags.count : image->tag_count) > 1)
		return error_set(err, ERR_USAGE,
				 "--have makes an archive of one image under one name: choose it "
				 "with --tag");
	if (chain_ids_load(&ids, run_options.have, &run->session.context, err) < 0)
		return error_wrap(err, "--have");
	known = chain_ids_prefix(&ids, image);
	if (!known)
		return error_set(
			err, ERR_USAGE,
			"--have: %s has no layer in common with %s from the bottom up; send the "
			"whole image instead",
			image_name(image), run_options.have);
	run->omitted[0] = known;
	if (run->frozen[0] < known)
		run->frozen[0] = known;
	if (ask_receiver(run, known, err) < 0)
		return error_wrap(err, "--have");
	vec_push(&run->notes,
		 xasprintf("left out: the lowest %u of %zu layers, which the receiver must have",
			   known, image->layer_count));
	return 0;
}

int run_choose_frozen(struct run *run, struct error *err)
{
	return keep_base(run, err) < 0 ? -1 : leave_out(run, err);
}

/* Layers that are kept as they are cannot be made fewer. */
static int check_layer_count(const struct run *run, struct error *err)
{
	struct output_list outputs = VEC_INIT;
	int rc = 0;

	for (uint32_t i = 0; run_options.max_layers && !rc && i < run->images->image_count; i++) {
		plan_image_outputs(run->plan, i, &outputs);
		if (outputs.count > run_options.max_layers)
			rc = error_set(err, ERR_USAGE,
				       "--max-layers %u: %s comes to %zu layers; only merged "
				       "layers can be "
				       "fewer (--squash all, a smaller --keep-base)",
				       run_options.max_layers, image_name(&run->images->images[i]),
				       outputs.count);
	}
	vec_release(&outputs);
	return rc;
}

/* What is alike and far apart is no loss to a compressor with a window of 128 MB; then the order
 * within directories is what is left to win (measured: README). */
static enum entry_order file_order(void)
{
	bool far = run_options.recode && run_options.encoding.long_window;

	return run_options.order == ORDER_SIMILAR && far ? ORDER_FOLDER
							 : (enum entry_order)run_options.order;
}

int run_plan(struct run *run, struct error *err)
{
	if (run_has_policy() && !run->policy) {
		run->policy = policy_choice_load(&run_options.policy, err);
		if (!run->policy)
			return -1;
	}
	const struct plan_options options = {
		.policy = run->policy,
		.images = run->images,
		.kept = run->kept,
		.kept_count = run->kept_count,
		.squash = (enum squash_mode)run_options.squash,
		.order = file_order(),
		.frozen = run->frozen,
		.omitted = run->omitted,
		.drop_empty_layers = run_options.drop_empty_layers,
		.lossless = run_options.lossless,
		.max_layers = run_options.max_layers,
		.layer_size = run_options.layer_size,
		.labels = &run_options.labels,
		.persist = run_options.persist,
		.dedupe = (enum dedupe_mode)run_options.dedupe,
	};

	run->plan = plan_build(&run->chain, &run->names, &options, &run->session.context, err);
	if (!run->plan)
		return error_wrap(err, "%s", run->input.name);
	return check_layer_count(run, err) < 0 ? -1 : target_check_plan(run, err);
}

/* --- output ---------------------------------------------------------------------------------- */

struct known_blob *run_omitted_blobs(const struct run *run, size_t *count)
{
	struct known_blob *known = xcalloc(run->omitted[0] + (size_t)1, sizeof(known[0]));

	*count = run->omitted[0];
	for (uint32_t n = 0; n < run->omitted[0]; n++) {
		const struct layer *layer = &run->layers->layers[run->layers->of_image[0][n]];
		known[n] = (struct known_blob){ run->receiver ? run->receiver[n].digest
							      : layer->diff_id,
						layer->tar };
	}
	return known;
}

static int verify_written(struct run *run, const struct image_writer *writer, struct error *err)
{
	AUTO_FREE struct digest *configs =
		xcalloc(run->images->image_count + 1, sizeof(configs[0]));
	AUTO_FREE struct known_blob *known = NULL;
	AUTO(input) output = { .fd = -1 };

	for (size_t i = 0; i < run->images->image_count; i++)
		configs[i] = run->result.images[i].config;
	if (image_writer_reopen(writer, &output, err) < 0)
		return -1;
	known = run_omitted_blobs(run, &output.known_count);
	output.known = known;
	return verify_output(&output, run->plan, configs, (enum verify_level)run_options.verify,
			     &run->session.context, &run->verified, err);
}

static struct report *build_report(struct run *run)
{
	const struct write_input input = { run->images, run->layers, run->plan,
					   &run->session.context };
	const char *output = to_stdout() ? "standard output" : run_options.output;
	const struct report_input in = {
		.input = &run->input,
		.run = &input,
		.result = run_options.dry_run ? NULL : &run->result,
		.verify = run_options.dry_run ? NULL : &run->verified,
		.output_name = run_options.dry_run ? NULL : output,
		.format = run_options.format,
		.command = run->command,
		.notes = (const char *const *)run->notes.items,
		.note_count = run->notes.count,
	};

	return report_build(&in);
}

int run_report(struct run *run, FILE *summary, struct error *err)
{
	/* The numbers of dive alone take a walk over every layer. */
	bool wanted = summary || run_options.reports.count;
	AUTO_PTR(report) report = wanted ? build_report(run) : NULL;

	session_quiet(&run->session);
	vec_foreach (path, &run_options.reports)
		if (report_write(report, *path, err) < 0)
			return -1;
	if (summary)
		report_print_text(report, summary);
	return 0;
}

int run_finish_reading(struct run *run, struct error *err)
{
	return layer_set_finish(run->layers, err) < 0 ? error_wrap(err, "%s", run->input.name) : 0;
}

/* The input is hashed on while the output is looked at; where it is not what it says, that is what
 * went wrong. */
static int check_written(struct run *run, const struct image_writer *writer, struct error *err)
{
	AUTO(error) unlike = ERROR_INIT;
	int rc = run_options.verify == VERIFY_OFF ? 0 : verify_written(run, writer, &unlike);

	if (run_finish_reading(run, err) < 0)
		return -1;
	return rc < 0 ? error_move(err, &unlike) : 0;
}

int run_write(struct run *run, struct error *err)
{
	const struct write_input input = { run->images, run->layers, run->plan,
					   &run->session.context };
	struct write_options options = { .format = image_format_find(run_options.format),
					 .recode = run_options.recode,
					 .encoding = run_options.encoding,
					 .no_zstd = run_options.target && !run_options.target->zstd,
					 .receiver = run->receiver,
					 .annotations = &run_options.annotations,
					 .keep_attestations = run_options.keep_attestations };
	FILE *summary = session_options.quiet ? NULL : stderr;

	if (run_options.dry_run)
		return run_finish_reading(run, err) < 0 ? -1 : run_report(run, summary, err);
	if (run_options.tags.count) {
		vec_push(&run_options.tags, NULL);
		options.tags = run_options.tags.items;
	}
	AUTO_PTR(image_writer)
	writer = image_write(&input, run_options.output, &options, &run->result, err);
	if (!writer || check_written(run, writer, err) < 0)
		return -1;
	if (run_report(run, summary, err) < 0)
		return -1;
	return image_writer_commit(writer, run_options.sync, err);
}

void run_release(struct run *run)
{
	if (run->plan)
		plan_free(run->plan);
	json_decref(run->plan_header);
	if (run->policy)
		policy_free(run->policy);
	for (size_t i = 0; i < run->kept_count; i++)
		free(run->kept[i].path);
	free(run->kept);
	chain_release(&run->chain);
	if (run->layers)
		layer_set_free(run->layers);
	names_release(&run->names);
	if (run->images)
		image_set_free(run->images);
	input_close(&run->input);
	write_result_release(&run->result);
	vec_foreach (note, &run->notes)
		free(*note);
	vec_release(&run->notes);
	for (uint32_t n = 0; run->receiver && n < run->omitted[0]; n++)
		free(run->receiver[n].media_type);
	free(run->receiver);
	free(run->spool);
	free(run->frozen);
	free(run->omitted);
	session_release(&run->session);
}

char *run_command_line(const struct command *command, int argc, char **argv)
{
	AUTO(strbuf) line = STRBUF_INIT;

	strbuf_addf(&line, "lighten %s", command->name);
	for (int i = 0; i < argc; i++)
		strbuf_addf(&line, " %s", argv[i]);
	return strbuf_detach(&line);
}
