/* report_text.c - the report for people: what went in, what came out, and why. */
#include <string.h>

#include "words.h"

#define INSTRUCTION_WIDTH 58

static const char *size(char out[TEXT_SIZE_MAX], uint64_t bytes)
{
	return text_size(out, bytes);
}

static void print_head(const struct report *report, FILE *out)
{
	char before[TEXT_SIZE_MAX], after[TEXT_SIZE_MAX], change[TEXT_SIZE_MAX];

	report_percent(change, report->head_before, report->head_after);
	if (report->nothing_won)
		fprintf(out, "nothing won: the output is not smaller than the input\n");
	if (report->dry_run)
		fprintf(out, "%s  %s in layers -> %s (%s), dry run: nothing written\n",
			report->input_name, size(before, report->layer_bytes_before),
			size(after, report->layer_bytes_after), change);
	else
		fprintf(out, "%s  %s -> %s (%s)\n", report->input_name,
			size(before, report->input_bytes), size(after, report->output_bytes),
			change);
	fprintf(out, "  layers       %u -> %u\n", report->layers_before, report->layers_after);
	fprintf(out, "  entries      %llu -> %llu\n", (unsigned long long)report->entries_before,
		(unsigned long long)report->entries_after);
	fprintf(out, "  layer bytes  %s -> %s uncompressed\n",
		size(before, report->layer_bytes_before), size(after, report->layer_bytes_after));
	fprintf(out, "  files        %s in %llu names -> %s in %llu, as containers see them\n",
		size(before, report->shown_before.bytes),
		(unsigned long long)report->shown_before.entries,
		size(after, report->shown_after.bytes),
		(unsigned long long)report->shown_after.entries);
}

/* Its own numbers, for those who compare; what is truly dead is told apart. */
static void print_dive(const struct report *report, FILE *out)
{
	char before[TEXT_SIZE_MAX], after[TEXT_SIZE_MAX];

	vec_foreach (image, &report->images) {
		const struct dive_numbers *was = &image->dive_before, *is = &image->dive_after;
		fprintf(out, "  dive says    %s%sefficiency %.1f %% -> %.1f %%, wasted %s -> %s\n",
			report->images.count > 1 ? image->name : "",
			report->images.count > 1 ? ": " : "", 100 * was->efficiency,
			100 * is->efficiency, size(before, was->wasted_bytes),
			size(after, is->wasted_bytes));
	}
}

static void print_step(const struct report_step *step, FILE *out)
{
	size_t len = strlen(step->instruction),
	       shown = report_cut(step->instruction, INSTRUCTION_WIDTH);

	if (step->layer == UINT32_MAX)
		fprintf(out, "unknown");
	else if (!step->step || !len)
		fprintf(out, "layer %u", step->layer + 1);
	else
		fprintf(out, "step %u  %.*s%s", step->step, (int)shown, step->instruction,
			len > shown ? "..." : "");
}

static void print_headers(const struct report *report, FILE *out)
{
	char all[TEXT_SIZE_MAX], kept[TEXT_SIZE_MAX];
	int64_t bytes = report->header_bytes;

	fprintf(out, "  headers      %s%s of headers and padding",
		size(all, (uint64_t)(bytes < 0 ? -bytes : bytes)), bytes < 0 ? " more" : "");
	if (report->kept_header_bytes > 0)
		fprintf(out, ", %s in headers of what stays",
			size(kept, (uint64_t)report->kept_header_bytes));
	fprintf(out, "\n");
}

static void print_dead(const struct report *report, FILE *out)
{
	char text[TEXT_SIZE_MAX];
	size_t shown = report->pairs.count < REPORT_PAIRS ? report->pairs.count : REPORT_PAIRS;

	fprintf(out, "  dead bytes   %s in %llu entries that a later layer hides\n",
		size(text, report->dead_bytes), (unsigned long long)report->dead_entries);
	for (size_t i = 0; i < shown; i++) {
		const struct report_pair *pair = &report->pairs.items[i];
		if (!pair->bytes)
			break;
		fprintf(out, "    %9s  added by ", size(text, pair->bytes));
		print_step(&pair->added, out);
		fprintf(out, "\n               hidden by ");
		print_step(&pair->killer, out);
		fprintf(out, "\n");
	}
	if (report->ignored_bytes)
		fprintf(out, "  bookkeeping  %s of layers, not of the file system\n",
			size(text, report->ignored_bytes));
	if (report->frozen_bytes)
		fprintf(out, "  kept         %s of dead bytes in frozen layers\n",
			size(text, report->frozen_bytes));
	print_headers(report, out);
	if (!report->dry_run && report->stored_after != report->layer_bytes_after)
		fprintf(out, "  stored       %s\n", size(text, report->stored_after));
}

static void print_paths(const struct report *report, FILE *out)
{
	char text[TEXT_SIZE_MAX];

	if (!report->paths.count)
		return;
	fprintf(out, "  largest dead files\n");
	for (size_t i = 0; i < report->paths.count && i < REPORT_PAIRS; i++)
		fprintf(out, "    %9s  %s\n", size(text, report->paths.items[i].bytes),
			report->paths.items[i].path);
}

static void print_policy(const struct report *report, FILE *out)
{
	char text[TEXT_SIZE_MAX];

	if (!report->rules.count)
		return;
	fprintf(out, "  policy       %s removed or emptied by rules\n",
		size(text, report->removed_bytes + report->emptied_bytes));
	vec_foreach (rule, &report->rules) {
		if (!rule->names)
			continue;
		fprintf(out, "    %9s  %s, %llu name%s", size(text, rule->bytes), rule->id,
			(unsigned long long)rule->names, rule->names == 1 ? "" : "s");
		if (rule->stored < rule->bytes)
			fprintf(out, ", about %s compressed", size(text, rule->stored));
		fprintf(out, ": %s\n", rule->reason);
	}
	if (report->veto_count)
		fprintf(out,
			"    kept although a rule asked for it: %llu names (reasons: --report "
			"FILE.json)\n",
			(unsigned long long)report->veto_count);
	if (report->listed_count)
		fprintf(out,
			"    SBOMs in the image still list %llu files that are gone (--report "
			"FILE.json)\n",
			(unsigned long long)report->listed_count);
	if (report->scanned_packages)
		fprintf(out,
			"    scanners will list %llu package%s less: those of files that are "
			"gone\n",
			(unsigned long long)report->scanned_packages,
			report->scanned_packages == 1 ? "" : "s");
	vec_foreach (file, &report->added)
		fprintf(out, "    added: %s, %s\n", file->path, size(text, file->bytes));
	if (report->owned_names)
		fprintf(out, "    dpkg -V and the like will list %llu missing files\n",
			(unsigned long long)report->owned_names);
}

static void print_dedupe(const struct report *report, FILE *out)
{
	char text[TEXT_SIZE_MAX];

	if (report->linked_files)
		fprintf(out, "  dedupe       %s: %llu files became hard links to %llu others\n",
			size(text, report->linked_bytes), (unsigned long long)report->linked_files,
			(unsigned long long)report->link_groups);
}

static void print_rewritten(const struct report *report, FILE *out)
{
	char text[TEXT_SIZE_MAX];

	if (report->redundant_entries)
		fprintf(out,
			"  rewritten    %s in %llu entries that a layer stored again unchanged\n",
			size(text, report->redundant_bytes),
			(unsigned long long)report->redundant_entries);
	vec_foreach (touch, &report->touches) {
		fprintf(out, "  stored twice %s in %llu file%s, only to change %s\n    by ",
			size(text, touch->bytes), (unsigned long long)touch->files,
			touch->files == 1 ? "" : "s", touch->changes);
		print_step(&touch->step, out);
		fprintf(out, "\n    %s\n", touch->fix);
	}
}

static void print_leaks(const struct report *report, FILE *out)
{
	vec_foreach (leak, &report->leaks)
		fprintf(out, "secret: %s, %s, %s%s%s (%s)\n  %s\n", leak->rule, leak->state,
			leak->where, *leak->masked ? ": " : "", leak->masked, leak->severity,
			leak->fix);
}

/* Who shares what, when there is more than one image. */
static void print_sharing(const struct report *report, FILE *out)
{
	char text[TEXT_SIZE_MAX];

	if (report->images.count < 2)
		return;
	vec_foreach (layer, &report->layers) {
		if (layer->images.count < 2)
			continue;
		fprintf(out, "  shared       %s in one layer by ", size(text, layer->bytes));
		for (size_t i = 0; i < layer->images.count; i++)
			fprintf(out, "%s%s", i ? ", " : "",
				report->images.items[layer->images.items[i]].name);
		fprintf(out, "\n");
	}
}

static void print_warnings(const struct report *report, FILE *out)
{
	for (enum warning_kind kind = 0; kind < WARN_KINDS; kind++) {
		const struct warning *warning = warnings_get(report->warnings, kind);
		if (!warning->count)
			continue;
		fprintf(out, "warning: %s (%llu): ", warning_meaning(kind),
			(unsigned long long)warning->count);
		for (int i = 0; i < WARNING_EXAMPLES && warning->examples[i]; i++)
			fprintf(out, "%s%s", i ? ", " : "", warning->examples[i]);
		fprintf(out, "%s\n", warning->count > WARNING_EXAMPLES ? ", ..." : "");
		if (*warning_advice(kind))
			fprintf(out, "  %s\n", warning_advice(kind));
	}
}

void report_print_text(const struct report *report, FILE *out)
{
	print_head(report, out);
	print_dead(report, out);
	print_policy(report, out);
	print_dedupe(report, out);
	print_rewritten(report, out);
	print_paths(report, out);
	print_dive(report, out);
	print_sharing(report, out);
	vec_foreach (note, &report->notes)
		fprintf(out, "  %s\n", *note);
	vec_foreach (line, &report->dropped)
		fprintf(out, "  dropped      %s\n", *line);
	if (report->verdict)
		fprintf(out, "  verified     %s: %llu names%s\n", report->verdict,
			(unsigned long long)report->verify.compared,
			report->verify.level == VERIFY_FULL ? ", every byte" : "");
	print_leaks(report, out);
	print_warnings(report, out);
}
