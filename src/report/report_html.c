/* report_html.c - the report as a page to read, print and mail: one file that fetches nothing and
 * runs nothing, which it also tells the browser. */
#include "html_parts.h"
#include "html_sections.h"
#include "html_style.h"

/* --- head ------------------------------------------------------------------------------------ */

static void print_title(const struct report *report, FILE *out)
{
	fputs("<title>", out);
	html_text(report->images.count ? report->images.items[0].name : report->input_name, out);
	fputs(": ", out);
	html_percent(report->head_before, report->head_after, out);
	fputs("</title>\n", out);
}

static void print_document_head(const struct report *report, FILE *out)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	      "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<meta name=\"generator\" content=\"lighten " LIGHTEN_VERSION "\">\n",
	      out);
	print_title(report, out);
	fputs("<style>\n", out);
	for (const char *const *rule = html_style; *rule; rule++)
		fprintf(out, "%s\n", *rule);
	fputs("</style>\n</head>\n<body>\n", out);
}

/* What is compared is named, so that the largest figure on the page cannot be taken for another. */
static void print_headline(const struct report *report, FILE *out)
{
	fprintf(out, "<p class=\"change%s\"><strong>", report->nothing_won ? " won-nothing" : "");
	html_percent(report->head_before, report->head_after, out);
	fputs("</strong> <span>", out);
	html_size((int64_t)report->head_before, out);
	fputs(" \xe2\x86\x92 ", out);
	html_size((int64_t)report->head_after, out);
	fputs("</span></p>\n<p class=\"soft\">", out);
	if (report->dry_run)
		fputs("Uncompressed layers. A dry run: nothing was written.", out);
	else
		fputs(report->nothing_won ? "The archive. Nothing won: the output is not smaller."
					  : "The archive, before and after.",
		      out);
	if (report->verdict) {
		fprintf(out, " Verified: %s, ", report->verdict);
		html_number(report->verify.compared, out);
		fprintf(out, " name%s%s.", report_plural(report->verify.compared),
			report->verify.level == VERIFY_FULL ? ", every byte" : "");
	}
	fputs("</p>\n", out);
}

static void print_alarm(const struct report *report, FILE *out)
{
	if (report->leaks.count)
		fprintf(out,
			"<p class=\"alarm\"><strong>%zu secret%s</strong> or what looks like it: "
			"<a href=\"#secrets\">where, and what to do</a></p>\n",
			report->leaks.count, report_plural(report->leaks.count));
}

static void print_bars(const struct report *report, FILE *out)
{
	uint64_t whole = report->layer_bytes_before > report->layer_bytes_after
				 ? report->layer_bytes_before
				 : report->layer_bytes_after;

	fputs("<figure>\n<div class=\"bars\">\n<span>before</span>", out);
	html_bar(report->parts_before, whole, "Bytes of the layers before, by kind; see the table",
		 out);
	html_size((int64_t)report->layer_bytes_before, out);
	fputs("\n<span>after</span>", out);
	html_bar(report->parts_after, whole, "Bytes of the layers after, by kind; see the table",
		 out);
	html_size((int64_t)report->layer_bytes_after, out);
	fputs("\n</div>\n</figure>\n", out);
}

static void print_header(const struct report *report, FILE *out)
{
	fputs("<header>\n<p class=\"brand\">Report of lighten</p>\n<h1>", out);
	for (size_t i = 0; i < report->images.count && i < REPORT_ROWS; i++) {
		fputs(i ? ", " : "", out);
		html_text(report->images.items[i].name, out);
	}
	if (report->images.count > REPORT_ROWS)
		fprintf(out, " and %zu more", report->images.count - REPORT_ROWS);
	fputs("</h1>\n", out);
	print_headline(report, out);
	print_alarm(report, out);
	print_bars(report, out);
	fputs("</header>\n<main>\n", out);
}

/* --- figures --------------------------------------------------------------------------------- */

static void put_sum(const char *label, int64_t before, int64_t after, FILE *out)
{
	fprintf(out, "<tr class=\"sum\"><th scope=\"row\" class=\"wide\">%s</th>", label);
	html_size_cell(before, out);
	html_size_cell(after, out);
	html_size_cell(before - after, out);
	fputs("</tr>\n", out);
}

/* The kinds of the bars carry their colours. */
static void put_line(const struct report_line *line, bool coloured, FILE *out)
{
	fputs("<tr><th scope=\"row\" class=\"wide\">", out);
	if (coloured)
		fprintf(out, "<i class=\"key %s\"></i>", line->kind);
	fprintf(out, "%s<small>%s", line->label, line->meaning);
	if (line->entries) {
		fputs(", ", out);
		html_number(line->entries, out);
		fprintf(out, " entr%s", line->entries == 1 ? "y" : "ies");
	}
	fputs("</small></th>", out);
	html_size_cell(line->before, out);
	html_size_cell(line->after, out);
	html_size_cell(line->before - line->after, out);
	fputs("</tr>\n", out);
}

static void print_account(const struct report *report, FILE *out)
{
	static const char *const heads[] = { "*Bytes", "#Before", "#After", "#Saved", NULL };

	html_table("bytes", "Where the bytes went", "Every byte of the layers, uncompressed.",
		   heads, out);
	for (size_t i = 0; i < report->layer_lines; i++)
		put_line(&report->lines[i], true, out);
	put_sum("Layers, uncompressed", (int64_t)report->layer_bytes_before,
		(int64_t)report->layer_bytes_after, out);
	for (size_t i = report->layer_lines; i < report->line_count; i++)
		put_line(&report->lines[i], false, out);
	if (!report->dry_run)
		put_sum("Archive, as a file", (int64_t)report->input_bytes,
			(int64_t)report->output_bytes, out);
	html_table_end(0, 0, out);
}

static void put_figure(const char *label, uint64_t before, uint64_t after, bool known,
		       void (*cell)(uint64_t, FILE *), FILE *out)
{
	fprintf(out, "<tr><th scope=\"row\" class=\"wide\">%s</th>", label);
	cell(before, out);
	if (known) {
		cell(after, out);
		fputs("<td class=\"n\">", out);
		html_percent(before, after, out);
		fputs("</td></tr>\n", out);
	} else {
		fputs("<td class=\"n soft\">unknown</td><td class=\"n\"></td></tr>\n", out);
	}
}

static void size_cell(uint64_t bytes, FILE *out)
{
	html_size_cell((int64_t)bytes, out);
}

static void print_figures(const struct report *report, FILE *out)
{
	static const char *const heads[] = { "*", "#Before", "#After", "#Change", NULL };
	bool known = !report->dry_run;

	html_table("figures", "Figures",
		   "What containers see is summed over the images, after rules and before "
		   "identical files become links.",
		   heads, out);
	put_figure("Layers", report->layers_before, report->layers_after, true, html_number_cell,
		   out);
	put_figure("Entries", report->entries_before, report->entries_after, true, html_number_cell,
		   out);
	put_figure("Files that containers see", report->shown_before.bytes,
		   report->shown_after.bytes, true, size_cell, out);
	put_figure("Names of these", report->shown_before.entries, report->shown_after.entries,
		   true, html_number_cell, out);
	put_figure("Layers, as stored", report->stored_before, report->stored_after, known,
		   size_cell, out);
	put_figure("Archive", report->input_bytes, report->output_bytes, known, size_cell, out);
	html_table_end(0, 0, out);
}

/* --- layers ---------------------------------------------------------------------------------- */

/* Which images, where there is more than one. */
static void put_users(const struct report *report, const uint32_t *images, size_t count, FILE *out)
{
	if (report->images.count < 2)
		return;
	fputs("<small>in ", out);
	for (size_t i = 0; i < count && i < REPORT_ROWS; i++) {
		fputs(i ? ", " : "", out);
		html_text(report->images.items[images[i]].name, out);
	}
	fputs("</small>", out);
}

/* Bytes of the largest layer, before or after: the scale of all bars of layers. */
static uint64_t widest(const struct report *report)
{
	uint64_t bytes = 0;

	vec_foreach (source, &report->sources)
		bytes = source->bytes > bytes ? source->bytes : bytes;
	vec_foreach (layer, &report->layers)
		bytes = layer->bytes > bytes ? layer->bytes : bytes;
	return bytes;
}

static void put_source(const struct report_step *step, FILE *out)
{
	fprintf(out, "<span class=\"step\">layer %u", step->layer + 1);
	if (step->step)
		fprintf(out, ", step %u", step->step);
	fputs("</span> ", out);
	if (*step->instruction)
		html_code(step->instruction, out);
}

static void print_sources(const struct report *report, uint64_t scale, FILE *out)
{
	static const char *const heads[] = { "*Layer and what made it", "#Bytes", "#Gone", NULL };
	size_t shown = html_rows(report->sources.count);

	html_table("before", "Layers before",
		   "In the order of the build; colours as above, all bars to one scale.", heads,
		   out);
	for (size_t i = 0; i < shown; i++) {
		const struct report_source *source = &report->sources.items[i];
		fputs("<tr><th scope=\"row\" class=\"wide\">", out);
		put_source(&source->step, out);
		if (source->kept)
			fputs("<small>stays as it is</small>", out);
		put_users(report, source->images.items, source->images.count, out);
		html_bar(source->parts, scale, NULL, out);
		fputs("</th>", out);
		html_size_cell((int64_t)source->bytes, out);
		html_size_cell((int64_t)source->gone, out);
		fputs("</tr>\n", out);
	}
	html_table_end(report->sources.count, shown, out);
}

static void print_layers(const struct report *report, uint64_t scale, FILE *out)
{
	static const char *const heads[] = { "*Layer and its diff ID", "#Bytes", "#Stored", NULL };
	size_t shown = html_rows(report->layers.count);

	html_table("after", "Layers after", "To the same scale.", heads, out);
	for (size_t i = 0; i < shown; i++) {
		const struct report_layer *layer = &report->layers.items[i];
		fprintf(out,
			"<tr><th scope=\"row\" class=\"wide\"><span class=\"step\">layer "
			"%zu</span> ",
			i + 1);
		if (layer->diff_id)
			html_code(layer->diff_id, out);
		if (layer->omitted)
			fputs("<small>left out: the receiver has it</small>", out);
		put_users(report, layer->images.items, layer->images.count, out);
		html_bar(layer->parts, scale, NULL, out);
		fputs("</th>", out);
		html_size_cell((int64_t)layer->bytes, out);
		if (report->dry_run)
			fputs("<td class=\"n soft\">unknown</td>", out);
		else
			html_size_cell(layer->omitted ? 0 : (int64_t)layer->stored_bytes, out);
		fputs("</tr>\n", out);
	}
	html_table_end(report->layers.count, shown, out);
}

/* --- the page -------------------------------------------------------------------------------- */

static void print_footer(FILE *out)
{
	fputs("</main>\n<footer>\n<p>1 kB is 1000 bytes; the exact number stands behind each "
	      "size. Without a word else, sizes are of uncompressed layers. Steps are those of the "
	      "history, layers count from the bottom.</p>\n<p>lighten " LIGHTEN_VERSION "</p>\n"
	      "</footer>\n</body>\n</html>\n",
	      out);
}

void report_print_html(const struct report *report, FILE *out)
{
	uint64_t scale = widest(report);

	print_document_head(report, out);
	print_header(report, out);
	print_account(report, out);
	print_figures(report, out);
	print_sources(report, scale, out);
	print_layers(report, scale, out);
	html_savings(report, out);
	html_remarks(report, out);
	print_footer(out);
}
