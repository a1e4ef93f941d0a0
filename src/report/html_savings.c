/* html_savings.c - of the page: what left, and why. */
#include "html_parts.h"
#include "html_sections.h"

static void print_dead(const struct report *report, FILE *out)
{
	static const char *const heads[] = { "#Bytes", "*Added and hidden by", NULL };
	size_t shown = html_rows(report->full_pairs);

	if (!report->dead_bytes)
		return;
	html_table("dead", "Dead bytes",
		   "What one step added and a later one deleted or replaced: it stayed in the "
		   "image, where no container could see it.",
		   heads, out);
	for (size_t i = 0; i < shown; i++) {
		const struct report_pair *pair = &report->pairs.items[i];
		fputs("<tr>", out);
		html_size_cell((int64_t)pair->bytes, out);
		fputs("<td class=\"wide\"><span class=\"line\">added by ", out);
		html_step(&pair->added, out);
		fputs("</span><span class=\"line\">hidden by ", out);
		html_step(&pair->killer, out);
		fputs("</span><small>", out);
		html_number(pair->entries, out);
		fprintf(out, " entr%s</small></td></tr>\n", pair->entries == 1 ? "y" : "ies");
	}
	html_table_end(report->full_pairs, shown, out);
}

static void put_rule(const struct report_rule *rule, FILE *out)
{
	fputs("<tr>", out);
	html_size_cell((int64_t)rule->bytes, out);
	fputs("<td class=\"wide\">", out);
	html_code(rule->id, out);
	fputs(" ", out);
	html_text(rule->reason, out);
	fputs("<small>", out);
	html_number(rule->names, out);
	fprintf(out, " name%s; %s, class %s, policy ", report_plural(rule->names), rule->action,
		rule->class);
	html_text(rule->policy, out);
	if (rule->stored < rule->bytes) {
		fputs("; about ", out);
		html_size((int64_t)rule->stored, out);
		fputs(" compressed", out);
	}
	if (rule->vetoed)
		fprintf(out, "; kept from %llu name%s", (unsigned long long)rule->vetoed,
			report_plural(rule->vetoed));
	if (*rule->risk) {
		fputs(". Risk: ", out);
		html_text(rule->risk, out);
	}
	fputs("</small></td></tr>\n", out);
}

static void put_fact(uint64_t count, const char *text, FILE *out)
{
	if (!count)
		return;
	fputs("<li>", out);
	html_number(count, out);
	fprintf(out, " %s</li>\n", text);
}

static void print_effects(const struct report *report, FILE *out)
{
	if (!report->added.count && !report->scanned_packages && !report->owned_names &&
	    !report->listed_count)
		return;
	fputs("<ul>\n", out);
	vec_foreach (file, &report->added) {
		fputs("<li>Added: ", out);
		html_code(file->path, out);
		fputs(", ", out);
		html_size((int64_t)file->bytes, out);
		fputs("</li>\n", out);
	}
	put_fact(report->scanned_packages, "packages that scanners will no longer list", out);
	put_fact(report->owned_names, "files that package managers will miss", out);
	put_fact(report->listed_count, "files that SBOMs in the image still list", out);
	fputs("</ul>\n", out);
}

static void print_policy(const struct report *report, FILE *out)
{
	static const char *const heads[] = { "#Bytes", "*Rule and why", NULL };
	size_t shown = html_rows(report->rules.count);

	if (!report->rules.count)
		return;
	html_table("policy", "Policy", "What rules removed or emptied.", heads, out);
	for (size_t i = 0; i < shown; i++)
		put_rule(&report->rules.items[i], out);
	html_table_end(report->rules.count, shown, out);
	print_effects(report, out);
}

static void print_dedupe(const struct report *report, FILE *out)
{
	if (!report->linked_files)
		return;
	fputs("<section aria-labelledby=\"dedupe\">\n<h2 id=\"dedupe\">Duplicates</h2>\n<p>", out);
	html_number(report->linked_files, out);
	fputs(report->linked_files == 1 ? " file became a hard link to "
					: " files became hard links to ",
	      out);
	html_number(report->link_groups, out);
	fprintf(out, " other%s with the same content, which saves ",
		report_plural(report->link_groups));
	html_size((int64_t)report->linked_bytes, out);
	fputs(".</p>\n</section>\n", out);
}

static void print_touches(const struct report *report, FILE *out)
{
	static const char *const heads[] = { "#Bytes", "*By, and how to do better", NULL };
	size_t shown = html_rows(report->touches.count);

	if (!report->touches.count)
		return;
	html_table("twice", "Stored twice",
		   "Files that a step stored again with the bytes that they had, only to change "
		   "what is said of them. The build can avoid it.",
		   heads, out);
	for (size_t i = 0; i < shown; i++) {
		const struct report_touch *touch = &report->touches.items[i];
		fputs("<tr>", out);
		html_size_cell((int64_t)touch->bytes, out);
		fputs("<td class=\"wide\">", out);
		html_step(&touch->step, out);
		fputs("<small>", out);
		html_number(touch->files, out);
		fprintf(out, " file%s; changes %s; better: ", report_plural(touch->files),
			touch->changes);
		html_text(touch->fix, out);
		fputs("</small></td></tr>\n", out);
	}
	html_table_end(report->touches.count, shown, out);
}

static void print_largest(const struct report *report, FILE *out)
{
	static const char *const heads[] = { "#Bytes", "*Path, and why", NULL };
	size_t shown = html_rows(report->largest.count);

	if (!report->largest.count)
		return;
	html_table("largest", "Largest files that left",
		   "Hidden by a later layer or taken by a rule.", heads, out);
	for (size_t i = 0; i < shown; i++) {
		const struct report_path *file = report->largest.items[i];
		char added[TEXT_SIZE_MAX], killer[TEXT_SIZE_MAX];
		fputs("<tr>", out);
		html_size_cell((int64_t)file->bytes, out);
		fputs("<td class=\"wide\">", out);
		html_code(file->path, out);
		fprintf(out, "<small>of %s, ", report_step_name(added, &file->added));
		if (file->rule) {
			fputs("taken by rule ", out);
			html_text(file->rule, out);
		} else {
			fprintf(out, "hidden by %s", report_step_name(killer, &file->killer));
		}
		fputs("</small></td></tr>\n", out);
	}
	html_table_end(report->largest.count, shown, out);
}

void html_savings(const struct report *report, FILE *out)
{
	print_dead(report, out);
	print_policy(report, out);
	print_dedupe(report, out);
	print_touches(report, out);
	print_largest(report, out);
}
