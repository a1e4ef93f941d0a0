/* report_build.c - gather the numbers of a run, once. */
#include <errno.h>
#include <string.h>

#include "report/report.h"
#include "util/text.h"

const struct report_format report_formats[] = {
	{ ".txt", "text", report_print_text },	{ ".json", "JSON", report_print_json },
	{ ".md", "Markdown", report_print_md }, { ".html", "HTML", report_print_html },
	{ ".csv", "CSV", report_print_csv },	{ NULL, NULL, NULL },
};

const struct report_format *report_format_find(const char *path)
{
	size_t len = strlen(path);

	for (const struct report_format *format = report_formats; format->suffix; format++) {
		size_t tail = strlen(format->suffix);
		if (len > tail && !strcmp(path + len - tail, format->suffix))
			return format;
	}
	return NULL;
}

static struct report_step step_of(const struct report_input *in, uint32_t position)
{
	const struct position *at;

	if (position == UINT32_MAX)
		return (struct report_step){ UINT32_MAX, 0, xstrdup("") };
	at = &in->run->plan->chain->positions.items[position];
	return report_step_of(&in->run->images->images[at->image], at->depth);
}

static void add_dead(struct report *report, const struct report_input *in)
{
	const struct plan *plan = in->run->plan;
	const struct plan_totals *totals = &plan->totals;
	struct report_pair rest = { .bytes = totals->shadowed_bytes,
				    .entries = totals->shadowed_entries };

	vec_foreach (pair, &totals->pairs) {
		vec_push(&report->pairs,
			 (struct report_pair){ step_of(in, pair->added), step_of(in, pair->killer),
					       pair->bytes, pair->entries });
		rest.bytes -= pair->bytes;
		rest.entries -= pair->entries;
	}
	for (size_t i = 0; i < report->pairs.count && report->pairs.items[i].bytes; i++)
		report->full_pairs++;
	/* What no other step hid. */
	if (rest.bytes || rest.entries)
		vec_push(&report->pairs,
			 (struct report_pair){ step_of(in, UINT32_MAX), step_of(in, UINT32_MAX),
					       rest.bytes, rest.entries });
	for (size_t i = 0; i < totals->file_count; i++) {
		const struct dead_file *file = &totals->files[i];
		vec_push(&report->paths,
			 (struct report_path){ paths_display(plan->names->paths, file->path),
					       file->bytes,
					       step_of(in, chain_position(plan->chain, file->slot)),
					       step_of(in, plan->killers[file->slot]), NULL });
	}
}

static void add_taken(struct report *report, const struct report_input *in)
{
	const struct plan *plan = in->run->plan;

	for (size_t i = 0; i < plan->totals.removed_count; i++) {
		const struct dead_file *file = &plan->totals.removed[i];
		const char *rule = "";

		vec_foreach (row, &report->rules)
			if (row->number == plan->killers[file->slot])
				rule = row->id;
		vec_push(&report->taken,
			 (struct report_path){ paths_display(plan->names->paths, file->path),
					       file->bytes,
					       step_of(in, chain_position(plan->chain, file->slot)),
					       step_of(in, UINT32_MAX), rule });
	}
}

/* Both lists are sorted. */
static void add_largest(struct report *report)
{
	size_t dead = 0, taken = 0;

	while (dead < report->paths.count || taken < report->taken.count) {
		bool first = taken == report->taken.count ||
			     (dead < report->paths.count &&
			      report->paths.items[dead].bytes >= report->taken.items[taken].bytes);
		vec_push(&report->largest,
			 first ? &report->paths.items[dead++] : &report->taken.items[taken++]);
	}
}

static void add_touches(struct report *report, const struct report_input *in)
{
	static const struct {
		enum plan_change change;
		const char *name;
	} changes[] = { { CHANGE_OWNER, "owner" },
			{ CHANGE_MODE, "mode" },
			{ CHANGE_TIME, "time" },
			{ CHANGE_XATTRS, "extended attributes" } };

	vec_foreach (touch, &in->run->plan->touches) {
		AUTO(strbuf) text = STRBUF_INIT;
		for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
			if (touch->changes & changes[i].change)
				strbuf_addf(&text, "%s%s", text.len ? ", " : "", changes[i].name);
		vec_push(&report->touches,
			 (struct report_touch){
				 step_of(in, touch->position), strbuf_detach(&text),
				 touch->changes & (CHANGE_OWNER | CHANGE_MODE)
					 ? "set owner and mode where the files come in: "
					   "COPY --chown=... --chmod=..."
					 : "write the files once, in the step that they come from",
				 touch->files, touch->bytes });
	}
}

static char *digest_string(const struct digest *digest)
{
	char text[DIGEST_TEXT_SIZE];

	digest_text(digest, text);
	return xstrdup(text);
}

/* The output layers and whose they are. */
static void add_layers(struct report *report, const struct report_input *in)
{
	const struct plan *plan = in->run->plan;

	for (size_t i = 0; i < plan->outputs.count; i++) {
		struct report_layer row = { .images = VEC_INIT };
		if (in->result) {
			row.bytes = in->result->layers[i].tar_bytes;
			row.stored_bytes = in->result->layers[i].stored_bytes;
			row.diff_id = digest_string(&in->result->layers[i].diff_id);
			row.digest = digest_string(&in->result->layers[i].digest);
		} else {
			row.bytes = plan_output_bytes(plan, &plan->outputs.items[i]);
		}
		row.omitted = plan->segments.items[plan->outputs.items[i].segment].omitted;
		vec_push(&report->layers, row);
	}
	for (uint32_t n = 0; n < plan->chain->image_count; n++) {
		struct output_list outputs = VEC_INIT;
		plan_image_outputs(plan, n, &outputs);
		vec_foreach (output, &outputs)
			vec_push(&report->layers.items[*output].images, n);
		vec_release(&outputs);
	}
}

static void add_sources(struct report *report, const struct report_input *in)
{
	const struct plan *plan = in->run->plan;
	size_t count = plan->chain->positions.count - plan->chain->added.count;

	for (uint32_t i = 0; i < count; i++) {
		const struct layer *layer = chain_layer(plan->chain, i);
		const struct plan_shares *shares = &plan->totals.shares.items[i];
		vec_push(&report->sources,
			 (struct report_source){
				 .step = step_of(in, i),
				 .bytes = layer->index.total_bytes,
				 .stored_bytes = layer->stored.length,
				 .entries = layer->index.entries.count,
				 .images = VEC_INIT,
				 .parts = { [REPORT_FILES] = shares->live,
					    [REPORT_HEADERS] = shares->framing,
					    [REPORT_FROZEN] = shares->frozen,
					    [REPORT_DEAD] = shares->shadowed,
					    [REPORT_POLICY] = shares->removed + shares->emptied,
					    [REPORT_DEDUPE] = shares->duplicate,
					    [REPORT_REWRITTEN] = shares->redundant,
					    [REPORT_IGNORED] = shares->ignored } });
	}
	for (uint32_t n = 0; n < plan->chain->image_count; n++)
		for (uint32_t d = 0; d < plan->chain->depth_of_image[n]; d++)
			vec_push(&report->sources.items[plan->chain->of_image[n][d]].images, n);
}

static void add_images(struct report *report, const struct report_input *in)
{
	const struct plan *plan = in->run->plan;

	for (uint32_t i = 0; i < in->run->images->image_count; i++) {
		const struct image *image = &in->run->images->images[i];
		struct report_image row = {
			.name = text_escaped(image_name(image), strlen(image_name(image))),
			.input_id = digest_string(&image->config_digest),
			.layers_before = (uint32_t)image->layer_count,
		};
		for (uint32_t s = 0; s < plan->segment_count[i]; s++)
			row.layers_after += plan->segments.items[plan->of_image[i][s]].output_count;
		if (in->result) {
			row.output_id = digest_string(&in->result->images[i].config);
			row.manifest = digest_string(&in->result->images[i].manifest);
		}
		vec_push(&report->images, row);
	}
	for (size_t i = 0; i < in->run->images->dropped_count; i++)
		if (!in->result || !in->result->carried[i])
			vec_push(&report->dropped,
				 xasprintf("%s %s", in->run->images->dropped[i].what,
					   in->run->images->dropped[i].digest));
}

struct report *report_build(const struct report_input *in)
{
	struct report *report = xcalloc(1, sizeof(*report));
	const struct plan *plan = in->run->plan;
	const struct plan_totals *totals = &plan->totals;

	report->input_name = text_escaped(in->input->name, strlen(in->input->name));
	report->output_name =
		in->output_name ? text_escaped(in->output_name, strlen(in->output_name)) : NULL;
	report->layout = in->run->images->layout;
	report->format = in->format;
	report->command = text_escaped(in->command, strlen(in->command));
	report->dry_run = !in->result;
	report->input_bytes = in->input->given_size;
	report->output_bytes = in->result ? in->result->output_bytes : 0;
	report->layer_bytes_before = totals->layer_bytes;
	report->layers_before = (uint32_t)(plan->chain->positions.count - plan->chain->added.count);
	report->entries_before = totals->entries;
	report->entries_after = totals->output_entries;
	report->shown_before = totals->shown_before;
	report->shown_after = totals->shown_after;
	report->dead_bytes = totals->shadowed_bytes;
	report->dead_entries = totals->shadowed_entries;
	report->frozen_bytes = totals->frozen_bytes;
	report->ignored_bytes = totals->ignored_bytes;
	report->redundant_bytes = totals->redundant_bytes;
	report->redundant_entries = totals->redundant_entries;
	report->linked_bytes = totals->linked_bytes;
	report->linked_files = totals->linked_files;
	report->link_groups = totals->link_groups;
	for (uint32_t i = 0; i < in->run->layers->count; i++)
		report->stored_before += in->run->layers->layers[i].stored.length;
	if (!report->input_bytes)
		report->input_bytes = report->stored_before;
	if (in->verify)
		report->verify = *in->verify;
	report->nothing_won = in->result && report->output_bytes >= report->input_bytes;
	report->warnings = in->run->context->warnings;
	for (size_t i = 0; i < in->note_count; i++)
		vec_push(&report->notes, text_escaped(in->notes[i], strlen(in->notes[i])));
	report_add_policy(report, plan);
	add_layers(report, in);
	add_sources(report, in);
	report_add_output(report, in);
	report_add_lines(report, in);
	add_dead(report, in);
	add_taken(report, in);
	add_largest(report);
	add_touches(report, in);
	add_images(report, in);
	report_add_dive(report, plan);
	report->head_before = in->result ? report->input_bytes : report->layer_bytes_before;
	report->head_after = in->result ? report->output_bytes : report->layer_bytes_after;
	if (report->verify.level != VERIFY_OFF)
		report->verdict = report->rules.count || report->linked_files
					  ? "the file system is the planned one"
					  : "same file system";
	return report;
}

void report_free(struct report *report)
{
	vec_foreach (pair, &report->pairs) {
		free(pair->added.instruction);
		free(pair->killer.instruction);
	}
	vec_foreach (path, &report->largest) {
		free((*path)->path);
		free((*path)->added.instruction);
		free((*path)->killer.instruction);
	}
	vec_foreach (source, &report->sources) {
		free(source->step.instruction);
		vec_release(&source->images);
	}
	vec_release(&report->sources);
	vec_release(&report->largest);
	vec_release(&report->taken);
	vec_foreach (touch, &report->touches) {
		free(touch->step.instruction);
		free(touch->changes);
	}
	vec_release(&report->touches);
	vec_foreach (image, &report->images) {
		free(image->name);
		free(image->input_id);
		free(image->output_id);
		free(image->manifest);
	}
	vec_foreach (layer, &report->layers) {
		free(layer->diff_id);
		free(layer->digest);
		vec_release(&layer->images);
	}
	vec_release(&report->layers);
	vec_foreach (line, &report->dropped)
		free(*line);
	vec_release(&report->pairs);
	vec_release(&report->paths);
	vec_release(&report->images);
	vec_foreach (note, &report->notes)
		free(*note);
	vec_release(&report->dropped);
	vec_release(&report->notes);
	vec_foreach (veto, &report->vetoes) {
		free(veto->path);
		free(veto->rule);
		free(veto->why);
	}
	vec_foreach (rule, &report->rules) {
		free(rule->id);
		free(rule->policy);
		free(rule->reason);
		free(rule->risk);
		free(rule->reference);
	}
	vec_foreach (leak, &report->leaks) {
		free(leak->rule);
		free(leak->where);
		free(leak->masked);
	}
	vec_foreach (file, &report->added)
		free(file->path);
	vec_release(&report->added);
	vec_foreach (entry, &report->listed) {
		free(entry->list);
		free(entry->path);
		free(entry->component);
	}
	vec_release(&report->listed);
	vec_release(&report->leaks);
	vec_release(&report->vetoes);
	vec_release(&report->rules);
	free(report->input_name);
	free(report->output_name);
	free(report->command);
	free(report);
}

int report_write(const struct report *report, const char *path, struct error *err)
{
	const struct report_format *format = report_format_find(path);
	FILE *out = fopen(path, "we");

	if (!out)
		return error_set_errno(err, errno, "cannot write the report %s", path);
	format->print(report, out);
	bool failed = ferror(out);
	if (fclose(out) != 0 || failed)
		return error_set_errno(err, errno ? errno : EIO, "cannot write the report %s",
				       path);
	return 0;
}
