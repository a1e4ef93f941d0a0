/* report_md.c - the report for a job summary or a comment on a change: GitHub-flavoured Markdown,
 * short first, long lists folded.
 *
 * What comes from an image stands in code spans, where nothing is markup and no name calls anybody;
 * other text is escaped.  Rows are bounded: a comment may have 65,536 characters. */
#include <string.h>

#include "words.h"

#define CODE_BYTES    120
#define COMMAND_BYTES 2000
#define NAMES	      3	 /* of images, in the heading */
#define FILES	      10 /* the largest */

static size_t longest_run(const char *text, size_t len, char byte)
{
	size_t longest = 0, run = 0;

	for (size_t i = 0; i < len; i++) {
		run = text[i] == byte ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	return longest;
}

static void put_many(char byte, size_t count, FILE *out)
{
	while (count--)
		fputc(byte, out);
}

/* The fence is longer than any run of backquotes in it.  Tables end cells at bars, even in code;
 * elsewhere a backslash before them would be seen. */
static void put_code_of(const char *text, size_t limit, bool cell, FILE *out)
{
	size_t len = report_cut(text, limit), fence = longest_run(text, len, '`') + 1;
	bool padded = len && (text[0] == '`' || text[len - 1] == '`' || text[0] == ' ');

	if (!len)
		return;
	put_many('`', fence, out);
	if (padded)
		fputc(' ', out);
	for (size_t i = 0; i < len; i++) {
		if (cell && text[i] == '|')
			fputc('\\', out);
		fputc(text[i], out);
	}
	fputs(text[len] ? "..." : "", out);
	if (padded)
		fputc(' ', out);
	put_many('`', fence, out);
}

static void put_code(const char *text, FILE *out)
{
	put_code_of(text, CODE_BYTES, false, out);
}

static void put_cell_code(const char *text, FILE *out)
{
	put_code_of(text, CODE_BYTES, true, out);
}

static void put_text(const char *text, FILE *out)
{
	for (; *text; text++) {
		if (*text == '<')
			fputs("&lt;", out);
		else if (*text == '&')
			fputs("&amp;", out);
		else if (strchr("\\`*_{}[]()#+!|~>$", *text))
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
}

static void put_size(uint64_t bytes, FILE *out)
{
	char text[TEXT_SIZE_MAX];

	fputs(text_size(text, bytes), out);
}

static void put_signed(int64_t bytes, FILE *out)
{
	char text[TEXT_SIZE_MAX];

	fputs(report_size(text, bytes), out);
}

static void put_number(uint64_t number, FILE *out)
{
	char text[TEXT_SIZE_MAX + 8];

	fputs(report_count(text, number), out);
}

static void put_step(const struct report_step *step, FILE *out)
{
	char name[TEXT_SIZE_MAX];

	fputs(report_step_name(name, step), out);
	if (*step->instruction) {
		fputc(' ', out);
		put_cell_code(step->instruction, out);
	}
}

/* --- head ------------------------------------------------------------------------------------ */

static void print_head(const struct report *report, FILE *out)
{
	char percent[TEXT_SIZE_MAX];

	fputs("### ", out);
	for (size_t i = 0; i < report->images.count && i < NAMES; i++) {
		fputs(i ? ", " : "", out);
		put_code(report->images.items[i].name, out);
	}
	if (report->images.count > NAMES)
		fprintf(out, " and %zu more", report->images.count - NAMES);
	fputs(": ", out);
	put_size(report->head_before, out);
	fputs(" → ", out);
	put_size(report->head_after, out);
	fprintf(out, " (**%s**)\n\n",
		report_percent(percent, report->head_before, report->head_after));
	if (report->nothing_won)
		fputs("Nothing won: the output is not smaller than the input.\n\n", out);
	if (report->dry_run)
		fputs("Dry run: nothing was written; sizes are those of uncompressed layers.\n\n",
		      out);
	if (report->verdict) {
		fprintf(out, "Verified: %s, ", report->verdict);
		put_number(report->verify.compared, out);
		fprintf(out, " name%s%s.\n\n", report_plural(report->verify.compared),
			report->verify.level == VERIFY_FULL ? ", every byte" : "");
	}
}

static void put_sizes(const char *label, uint64_t before, uint64_t after, bool known, FILE *out)
{
	char percent[TEXT_SIZE_MAX];

	fprintf(out, "| %s | ", label);
	put_size(before, out);
	fputs(" | ", out);
	if (known)
		put_size(after, out);
	fprintf(out, " | %s |\n", known ? report_percent(percent, before, after) : "");
}

static void put_counts(const char *label, uint64_t before, uint64_t after, FILE *out)
{
	char percent[TEXT_SIZE_MAX];

	fprintf(out, "| %s | ", label);
	put_number(before, out);
	fputs(" | ", out);
	put_number(after, out);
	fprintf(out, " | %s |\n", report_percent(percent, before, after));
}

static void print_figures(const struct report *report, FILE *out)
{
	fputs("| | before | after | change |\n|---|--:|--:|--:|\n", out);
	put_sizes("Archive", report->input_bytes, report->output_bytes, !report->dry_run, out);
	put_sizes("Layers, as stored", report->stored_before, report->stored_after,
		  !report->dry_run, out);
	put_sizes("Layers, uncompressed", report->layer_bytes_before, report->layer_bytes_after,
		  true, out);
	put_counts("Layers", report->layers_before, report->layers_after, out);
	put_counts("Entries", report->entries_before, report->entries_after, out);
	put_sizes("Files that containers see", report->shown_before.bytes,
		  report->shown_after.bytes, true, out);
	put_counts("Names of these", report->shown_before.entries, report->shown_after.entries,
		   out);
}

static void print_account(const struct report *report, FILE *out)
{
	fputs("\n#### Where the bytes went\n\n"
	      "| | before | after | saved | entries |\n|---|--:|--:|--:|--:|\n",
	      out);
	for (size_t i = 0; i < report->line_count; i++) {
		const struct report_line *line = &report->lines[i];
		fprintf(out, "| %s: %s | ", line->label, line->meaning);
		put_signed(line->before, out);
		fputs(" | ", out);
		put_signed(line->after, out);
		fputs(" | ", out);
		put_signed(line->before - line->after, out);
		fputs(" | ", out);
		if (line->entries)
			put_number(line->entries, out);
		fputs(" |\n", out);
	}
}

/* --- what left ------------------------------------------------------------------------------- */

static void put_rest(size_t count, size_t shown, FILE *out)
{
	if (count > shown)
		fprintf(out, "\nand %zu more, in a report as .json or .csv\n", count - shown);
}

static size_t rows(size_t count)
{
	return count < REPORT_ROWS ? count : REPORT_ROWS;
}

static void print_dead(const struct report *report, FILE *out)
{
	if (!report->dead_bytes)
		return;
	fputs("\n#### Dead bytes\n\n"
	      "| bytes | entries | added by | hidden by |\n|--:|--:|---|---|\n",
	      out);
	for (size_t i = 0; i < rows(report->full_pairs); i++) {
		const struct report_pair *pair = &report->pairs.items[i];
		fputs("| ", out);
		put_size(pair->bytes, out);
		fputs(" | ", out);
		put_number(pair->entries, out);
		fputs(" | ", out);
		put_step(&pair->added, out);
		fputs(" | ", out);
		put_step(&pair->killer, out);
		fputs(" |\n", out);
	}
	put_rest(report->full_pairs, rows(report->full_pairs), out);
}

static void print_policy_notes(const struct report *report, FILE *out)
{
	vec_foreach (file, &report->added) {
		fputs("- added: ", out);
		put_code(file->path, out);
		fputs(", ", out);
		put_size(file->bytes, out);
		fputc('\n', out);
	}
	if (report->veto_count)
		fprintf(out, "- kept although a rule asked for it: %llu name%s\n",
			(unsigned long long)report->veto_count, report_plural(report->veto_count));
	if (report->scanned_packages)
		fprintf(out, "- scanners will list %llu package%s less\n",
			(unsigned long long)report->scanned_packages,
			report_plural(report->scanned_packages));
	if (report->listed_count)
		fprintf(out, "- SBOMs in the image still list %llu file%s that left\n",
			(unsigned long long)report->listed_count,
			report_plural(report->listed_count));
	if (report->owned_names)
		fprintf(out, "- package managers will miss %llu file%s\n",
			(unsigned long long)report->owned_names,
			report_plural(report->owned_names));
}

static void print_policy(const struct report *report, FILE *out)
{
	if (!report->rules.count)
		return;
	fputs("\n#### Policy\n\n| bytes | names | rule | why |\n|--:|--:|---|---|\n", out);
	for (size_t i = 0; i < rows(report->rules.count); i++) {
		const struct report_rule *rule = &report->rules.items[i];
		fputs("| ", out);
		put_size(rule->bytes, out);
		fputs(" | ", out);
		put_number(rule->names, out);
		fputs(" | ", out);
		put_cell_code(rule->id, out);
		fputs(" | ", out);
		put_text(rule->reason, out);
		fputs(" |\n", out);
	}
	put_rest(report->rules.count, rows(report->rules.count), out);
	fputc('\n', out);
	print_policy_notes(report, out);
}

static void print_dedupe(const struct report *report, FILE *out)
{
	if (!report->linked_files)
		return;
	fputs("\n#### Duplicates\n\n", out);
	put_size(report->linked_bytes, out);
	fputs(": ", out);
	put_number(report->linked_files, out);
	fputs(report->linked_files == 1 ? " file became a hard link to "
					: " files became hard links to ",
	      out);
	put_number(report->link_groups, out);
	fprintf(out, " other%s.\n", report_plural(report->link_groups));
}

static void print_touches(const struct report *report, FILE *out)
{
	if (!report->touches.count)
		return;
	fputs("\n#### Stored twice\n\n"
	      "| bytes | files | only to change | by | better |\n|--:|--:|---|---|---|\n",
	      out);
	for (size_t i = 0; i < rows(report->touches.count); i++) {
		const struct report_touch *touch = &report->touches.items[i];
		fputs("| ", out);
		put_size(touch->bytes, out);
		fputs(" | ", out);
		put_number(touch->files, out);
		fprintf(out, " | %s | ", touch->changes);
		put_step(&touch->step, out);
		fputs(" | ", out);
		put_text(touch->fix, out);
		fputs(" |\n", out);
	}
	put_rest(report->touches.count, rows(report->touches.count), out);
}

static void print_largest(const struct report *report, FILE *out)
{
	if (!report->largest.count)
		return;
	fputs("\n#### Largest files that left\n\n| bytes | path | why |\n|--:|---|---|\n", out);
	for (size_t i = 0; i < report->largest.count && i < FILES; i++) {
		const struct report_path *path = report->largest.items[i];
		char name[TEXT_SIZE_MAX];
		fputs("| ", out);
		put_size(path->bytes, out);
		fputs(" | ", out);
		put_cell_code(path->path, out);
		fputs(path->rule ? " | rule " : " | hidden by ", out);
		if (path->rule)
			put_cell_code(path->rule, out);
		else
			fputs(report_step_name(name, &path->killer), out);
		fputs(" |\n", out);
	}
}

/* --- what to know ---------------------------------------------------------------------------- */

static void print_leaks(const struct report *report, FILE *out)
{
	if (!report->leaks.count)
		return;
	fputs("\n#### Secrets\n\n| rule | severity | where | found | what to do |\n"
	      "|---|---|---|---|---|\n",
	      out);
	for (size_t i = 0; i < rows(report->leaks.count); i++) {
		const struct report_leak *leak = &report->leaks.items[i];
		fputs("| ", out);
		put_cell_code(leak->rule, out);
		fprintf(out, " | %s, %s | ", leak->severity, leak->state);
		put_cell_code(leak->where, out);
		fputs(" | ", out);
		put_cell_code(leak->masked, out);
		fputs(" | ", out);
		put_text(leak->fix, out);
		fputs(" |\n", out);
	}
	put_rest(report->leaks.count, rows(report->leaks.count), out);
}

static void print_warning(enum warning_kind kind, const struct warning *warning, FILE *out)
{
	fputs("- ", out);
	put_text(warning_meaning(kind), out);
	fprintf(out, " (%llu): ", (unsigned long long)warning->count);
	for (int i = 0; i < WARNING_EXAMPLES && warning->examples[i]; i++) {
		fputs(i ? ", " : "", out);
		put_code(warning->examples[i], out);
	}
	if (*warning_advice(kind)) {
		fputs("; ", out);
		put_text(warning_advice(kind), out);
	}
	fputc('\n', out);
}

static void print_warnings(const struct report *report, FILE *out)
{
	bool any = false;

	for (enum warning_kind kind = 0; kind < WARN_KINDS; kind++) {
		const struct warning *warning = warnings_get(report->warnings, kind);
		if (!warning->count)
			continue;
		if (!any)
			fputs("\n#### Warnings\n\n", out);
		any = true;
		print_warning(kind, warning, out);
	}
}

static void put_lines(const char *title, char *const *lines, size_t count, FILE *out)
{
	if (!count)
		return;
	fprintf(out, "\n%s\n\n", title);
	for (size_t i = 0; i < rows(count); i++) {
		fputs("- ", out);
		put_code(lines[i], out);
		fputc('\n', out);
	}
	put_rest(count, rows(count), out);
}

/* --- details --------------------------------------------------------------------------------- */

static void print_layers(const struct report *report, FILE *out)
{
	fputs("\n<details><summary>Layers of the input</summary>\n\n"
	      "| layer | bytes | gone | by |\n|--:|--:|--:|---|\n",
	      out);
	for (size_t i = 0; i < rows(report->sources.count); i++) {
		const struct report_source *source = &report->sources.items[i];
		fprintf(out, "| %u | ", source->step.layer + 1);
		put_size(source->bytes, out);
		fputs(" | ", out);
		put_size(source->gone, out);
		fputs(" | ", out);
		put_step(&source->step, out);
		fputs(" |\n", out);
	}
	put_rest(report->sources.count, rows(report->sources.count), out);
	fputs("\n</details>\n", out);
}

static void print_dive(const struct report *report, FILE *out)
{
	fputs("\n| by the rules of dive | efficiency | wasted |\n|---|---|---|\n", out);
	for (size_t i = 0; i < rows(report->images.count); i++) {
		const struct report_image *image = &report->images.items[i];
		fputs("| ", out);
		put_cell_code(image->name, out);
		fprintf(out, " | %.1f %% → %.1f %% | ", 100 * image->dive_before.efficiency,
			100 * image->dive_after.efficiency);
		put_size(image->dive_before.wasted_bytes, out);
		fputs(" → ", out);
		put_size(image->dive_after.wasted_bytes, out);
		fputs(" |\n", out);
	}
}

static void print_outputs(const struct report *report, FILE *out)
{
	fputs("\n| layer of the output | bytes | stored |\n|---|--:|--:|\n", out);
	for (size_t i = 0; i < rows(report->layers.count); i++) {
		const struct report_layer *layer = &report->layers.items[i];
		fprintf(out, "| %zu ", i + 1);
		put_cell_code(layer->diff_id ? layer->diff_id : "", out);
		fputs(layer->omitted ? " left out | " : " | ", out);
		put_size(layer->bytes, out);
		fputs(" | ", out);
		if (!report->dry_run && !layer->omitted)
			put_size(layer->stored_bytes, out);
		fputs(" |\n", out);
	}
	put_rest(report->layers.count, rows(report->layers.count), out);
}

static void print_digests(const struct report *report, FILE *out)
{
	fputs("\n<details><summary>Images, digests and command</summary>\n\n"
	      "| image | ID before | ID after | manifest |\n|---|---|---|---|\n",
	      out);
	for (size_t i = 0; i < rows(report->images.count); i++) {
		const struct report_image *image = &report->images.items[i];
		fputs("| ", out);
		put_cell_code(image->name, out);
		fputs(" | ", out);
		put_cell_code(image->input_id, out);
		fputs(" | ", out);
		put_cell_code(image->output_id ? image->output_id : "", out);
		fputs(" | ", out);
		put_cell_code(image->manifest ? image->manifest : "", out);
		fputs(" |\n", out);
	}
	put_rest(report->images.count, rows(report->images.count), out);
	print_dive(report, out);
	print_outputs(report, out);
	fputs("\n", out);
	put_code_of(report->command, COMMAND_BYTES, false, out);
	fputs("\n\n</details>\n", out);
}

void report_print_md(const struct report *report, FILE *out)
{
	print_head(report, out);
	print_figures(report, out);
	print_leaks(report, out);
	print_account(report, out);
	print_dead(report, out);
	print_policy(report, out);
	print_dedupe(report, out);
	print_touches(report, out);
	print_largest(report, out);
	print_warnings(report, out);
	put_lines("#### Notes", report->notes.items, report->notes.count, out);
	put_lines("#### Left out", report->dropped.items, report->dropped.count, out);
	print_layers(report, out);
	print_digests(report, out);
}
