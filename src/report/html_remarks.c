/* html_remarks.c - of the page: what to know besides the savings. */
#include "html_parts.h"
#include "html_sections.h"

static void print_leaks(const struct report *report, FILE *out)
{
	static const char *const heads[] = { "Severity", "*Where, and what to do", NULL };
	size_t shown = html_rows(report->leaks.count);

	if (!report->leaks.count)
		return;
	html_table("secrets", "Secrets", "Secrets, or what looks like them, in all layers.", heads,
		   out);
	for (size_t i = 0; i < shown; i++) {
		const struct report_leak *leak = &report->leaks.items[i];
		fprintf(out, "<tr><td>%s<small>%s</small></td><td class=\"wide\">", leak->severity,
			leak->state);
		html_code(leak->where, out);
		if (*leak->masked) {
			fputs(" ", out);
			html_code(leak->masked, out);
		}
		fputs("<small>", out);
		html_text(leak->rule, out);
		fputs(": ", out);
		html_text(leak->fix, out);
		fputs("</small></td></tr>\n", out);
	}
	html_table_end(report->leaks.count, shown, out);
}

static void put_warning(enum warning_kind kind, const struct warning *warning, FILE *out)
{
	fputs("<li>", out);
	html_text(warning_meaning(kind), out);
	fputs(" (", out);
	html_number(warning->count, out);
	fputs("): ", out);
	for (int i = 0; i < WARNING_EXAMPLES && warning->examples[i]; i++) {
		fputs(i ? ", " : "", out);
		html_code(warning->examples[i], out);
	}
	if (warning->count > WARNING_EXAMPLES)
		fputs(", ...", out);
	if (*warning_advice(kind)) {
		fputs("<small>", out);
		html_text(warning_advice(kind), out);
		fputs("</small>", out);
	}
	fputs("</li>\n", out);
}

static bool any_warning(const struct report *report)
{
	bool any = false;

	for (enum warning_kind kind = 0; kind < WARN_KINDS; kind++)
		any |= warnings_get(report->warnings, kind)->count > 0;
	return any;
}

static void print_warnings(const struct report *report, FILE *out)
{
	if (!any_warning(report))
		return;
	fputs("<section aria-labelledby=\"warnings\">\n<h2 id=\"warnings\">Warnings</h2>\n<ul>\n",
	      out);
	for (enum warning_kind kind = 0; kind < WARN_KINDS; kind++) {
		const struct warning *warning = warnings_get(report->warnings, kind);
		if (warning->count)
			put_warning(kind, warning, out);
	}
	fputs("</ul>\n</section>\n", out);
}

static void print_vetoes(const struct report *report, FILE *out)
{
	static const char *const heads[] = { "*Path, and why", NULL };
	size_t shown = report->vetoes.count < REPORT_ROWS ? report->vetoes.count : REPORT_ROWS;

	if (!report->veto_count)
		return;
	html_table("kept", "Kept although a rule asked for it", "Protected, shared or needed.",
		   heads, out);
	for (size_t i = 0; i < shown; i++) {
		const struct report_veto *veto = &report->vetoes.items[i];
		fputs("<tr><td class=\"wide\">", out);
		html_code(veto->path, out);
		fputs("<small>", out);
		html_text(veto->rule, out);
		fputs(": ", out);
		html_text(veto->why, out);
		fputs("</small></td></tr>\n", out);
	}
	html_table_end(report->veto_count, shown, out);
}

static void print_lines(const char *id, const char *title, char *const *lines, size_t count,
			FILE *out)
{
	if (!count)
		return;
	fprintf(out, "<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">%s</h2>\n<ul>\n", id, id,
		title);
	for (size_t i = 0; i < html_rows(count); i++) {
		fputs("<li>", out);
		html_text(lines[i], out);
		fputs("</li>\n", out);
	}
	if (count > html_rows(count))
		fprintf(out, "<li>and %zu more, in a report as .json</li>\n",
			count - html_rows(count));
	fputs("</ul>\n</section>\n", out);
}

static void put_digest(const char *label, const char *digest, FILE *out)
{
	if (!digest)
		return;
	fprintf(out, "<span class=\"line\">%s ", label);
	html_code(digest, out);
	fputs("</span>", out);
}

static void print_digests(const struct report *report, FILE *out)
{
	static const char *const heads[] = { "*Image", "#Layers before", "#After", NULL };
	size_t shown = html_rows(report->images.count);

	html_table("digests", "Images and digests",
		   "The ID of an image is the digest of its config.", heads, out);
	for (size_t i = 0; i < shown; i++) {
		const struct report_image *image = &report->images.items[i];
		fputs("<tr><th scope=\"row\" class=\"wide\">", out);
		html_text(image->name, out);
		fputs("<small>", out);
		put_digest("ID before", image->input_id, out);
		put_digest("ID after", image->output_id, out);
		put_digest("manifest", image->manifest, out);
		fputs("</small></th>", out);
		html_number_cell(image->layers_before, out);
		html_number_cell(image->layers_after, out);
		fputs("</tr>\n", out);
	}
	html_table_end(report->images.count, shown, out);
}

static void print_dive(const struct report *report, FILE *out)
{
	static const char *const heads[] = { "*Image", "Efficiency", "#Wasted before", "#After",
					     NULL };
	size_t shown = html_rows(report->images.count);

	html_table("dive", "By the rules of dive",
		   "The numbers of the tool dive, for those who compare. It counts every copy of a "
		   "path as wasted, the one that stays, too.",
		   heads, out);
	for (size_t i = 0; i < shown; i++) {
		const struct report_image *image = &report->images.items[i];
		fputs("<tr><th scope=\"row\" class=\"wide\">", out);
		html_text(image->name, out);
		fprintf(out, "</th><td>%.1f&nbsp;%% &#8594; %.1f&nbsp;%%</td>",
			100 * image->dive_before.efficiency, 100 * image->dive_after.efficiency);
		html_size_cell((int64_t)image->dive_before.wasted_bytes, out);
		html_size_cell((int64_t)image->dive_after.wasted_bytes, out);
		fputs("</tr>\n", out);
	}
	html_table_end(report->images.count, shown, out);
}

static void print_command(const struct report *report, FILE *out)
{
	fputs("<section aria-labelledby=\"command\">\n<h2 id=\"command\">Command</h2>\n<pre>"
	      "<code>",
	      out);
	html_text(report->command, out);
	fputs("</code></pre>\n<p class=\"soft\">From ", out);
	html_text(report->input_name, out);
	fprintf(out, " (%s)", report->layout);
	if (report->output_name) {
		fputs(" to ", out);
		html_text(report->output_name, out);
		fprintf(out, " (%s)", report->format);
	}
	fputs(".</p>\n</section>\n", out);
}

void html_remarks(const struct report *report, FILE *out)
{
	print_leaks(report, out);
	print_warnings(report, out);
	print_vetoes(report, out);
	print_lines("notes", "Notes", report->notes.items, report->notes.count, out);
	print_lines("dropped", "Manifests left out", report->dropped.items, report->dropped.count,
		    out);
	print_dive(report, out);
	print_digests(report, out);
	print_command(report, out);
}
