/* html_parts.c - the pieces of the page: text made harmless, numbers, tables, bars. */
#include "html_parts.h"

#include <string.h>

/* Of tables that grow with the image. */
#define ROWS 100

void html_text(const char *text, FILE *out)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		default:
			fputc(*text, out);
		}
	}
}

void html_code(const char *text, FILE *out)
{
	fputs("<code>", out);
	html_text(text, out);
	fputs("</code>", out);
}

void html_step(const struct report_step *step, FILE *out)
{
	char name[TEXT_SIZE_MAX];

	fprintf(out, "<span class=\"step\">%s</span> ", report_step_name(name, step));
	if (*step->instruction)
		html_code(step->instruction, out);
}

/* A true minus sign, as wide as the plus. */
static void put_signed(const char *text, FILE *out)
{
	if (*text == '-')
		fputs("\xe2\x88\x92", out);
	fputs(text + (*text == '-'), out);
}

void html_size(int64_t bytes, FILE *out)
{
	char size[TEXT_SIZE_MAX], exact[TEXT_SIZE_MAX + 8];

	report_count(exact, (uint64_t)(bytes < 0 ? -bytes : bytes));
	fprintf(out, "<data value=\"%lld\" title=\"%s%s byte%s\">", (long long)bytes,
		bytes < 0 ? "\xe2\x88\x92" : "", exact, report_plural((uint64_t)bytes));
	put_signed(report_size(size, bytes), out);
	fputs("</data>", out);
}

void html_number(uint64_t number, FILE *out)
{
	char text[TEXT_SIZE_MAX + 8];

	fprintf(out, "<data value=\"%llu\">%s</data>", (unsigned long long)number,
		report_count(text, number));
}

void html_percent(uint64_t before, uint64_t after, FILE *out)
{
	char text[TEXT_SIZE_MAX];

	put_signed(report_percent(text, before, after), out);
}

void html_size_cell(int64_t bytes, FILE *out)
{
	fputs(bytes ? "<td class=\"n\">" : "<td class=\"n soft\">", out);
	html_size(bytes, out);
	fputs("</td>", out);
}

void html_number_cell(uint64_t number, FILE *out)
{
	fputs("<td class=\"n\">", out);
	html_number(number, out);
	fputs("</td>", out);
}

void html_table(const char *id, const char *title, const char *caption, const char *const *heads,
		FILE *out)
{
	fprintf(out,
		"<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">%s</h2>\n"
		"<div class=\"scroll\" role=\"region\" aria-labelledby=\"%s\" tabindex=\"0\">\n"
		"<table>\n<caption>%s</caption>\n<thead><tr>",
		id, id, title, id, caption);
	for (; *heads; heads++) {
		const char *class = **heads == '#'   ? " class=\"n\""
				    : **heads == '*' ? " class=\"wide\""
						     : "";
		const char *text = *heads + (*class != '\0');
		if (*text)
			fprintf(out, "<th scope=\"col\"%s>%s</th>", class, text);
		else
			fprintf(out, "<td%s></td>", class);
	}
	fputs("</tr></thead>\n<tbody>\n", out);
}

void html_table_end(size_t count, size_t shown, FILE *out)
{
	fputs("</tbody>\n</table>\n</div>\n", out);
	if (count > shown)
		fprintf(out, "<p class=\"soft\">and %zu more, in a report as .json or .csv</p>\n",
			count - shown);
	fputs("</section>\n", out);
}

/* Browsers lay pictures out in whole numbers of 32 bits, so that bytes are no coordinates. */
static double place(uint64_t bytes, uint64_t whole)
{
	return whole ? 1000.0 * (double)bytes / (double)whole : 0;
}

void html_bar(const uint64_t parts[REPORT_KINDS], uint64_t whole, const char *label, FILE *out)
{
	uint64_t at = 0;

	fputs("<svg class=\"bar\" viewBox=\"0 0 1000 1\" preserveAspectRatio=\"none\" "
	      "xmlns=\"http://www.w3.org/2000/svg\" ",
	      out);
	if (label)
		fprintf(out, "role=\"img\" aria-label=\"%s\">", label);
	else
		fputs("aria-hidden=\"true\">", out);
	for (enum report_kind kind = 0; kind < REPORT_KINDS; kind++) {
		double left = place(at, whole);
		at += parts[kind];
		if (parts[kind])
			fprintf(out, "<rect class=\"%s\" x=\"%.2f\" width=\"%.2f\" height=\"1\"/>",
				report_kind_name(kind), left, place(at, whole) - left);
	}
	fputs("</svg>", out);
}

size_t html_rows(size_t count)
{
	return count < ROWS ? count : ROWS;
}
