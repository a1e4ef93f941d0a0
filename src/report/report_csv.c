/* report_csv.c - the report as a table for spreadsheets and scripts: RFC 4180, a row for every
 * total, saving, large file, secret and warning.
 *
 * The columns that hold numbers come first, so that what splits lines at commas can add them up;
 * texts, which may hold commas and quotes, come behind.  Rows of the section "saving" count every
 * byte once: together they are what the archive lost, or the layers in a dry run. */
#include <string.h>

#include "report/report.h"

/* Spreadsheets take a cell that begins with one of these for a formula, which may run programs or
 * fetch pages, and names in an image may be chosen by others.  An apostrophe before it makes it
 * text; one that was there gets a second, so that readers can take off one from any cell. */
static const char *const formula_heads[] = {
	"=",
	"+",
	"-",
	"@",
	"\t",
	"\r",
	"'",
	"\xef\xbc\x9d",
	"\xef\xbc\x8b",
	"\xef\xbc\x8d",
	"\xef\xbc\xa0", /* full width: = + - @ */
};

static void put_text(const char *text, FILE *out)
{
	fputs(*text ? ",\"" : ",", out);
	if (!*text)
		return;
	for (size_t i = 0; i < sizeof(formula_heads) / sizeof(formula_heads[0]); i++)
		if (!strncmp(text, formula_heads[i], strlen(formula_heads[i]))) {
			fputc('\'', out);
			break;
		}
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

/* What a row may say; what is not set is an empty cell. */
struct row {
	const char *section, *kind;
	const int64_t *bytes, *before, *after;
	const uint64_t *entries;
	const struct report_step *step, *killer;
	const char *policy, *rule, *path, *note;
};

static void put_number(const int64_t *number, FILE *out)
{
	fputc(',', out);
	if (number)
		fprintf(out, "%lld", (long long)*number);
}

/* Layer and step, both counted from 1. */
static void put_step_numbers(const struct report_step *step, FILE *out)
{
	if (!step || step->layer == UINT32_MAX)
		fputs(",,", out);
	else if (step->step)
		fprintf(out, ",%u,%u", step->layer + 1, step->step);
	else
		fprintf(out, ",%u,", step->layer + 1);
}

static void put_row(const struct row *row, FILE *out)
{
	fprintf(out, "%s,%s", row->section, row->kind);
	put_number(row->bytes, out);
	if (row->entries)
		fprintf(out, ",%llu", (unsigned long long)*row->entries);
	else
		fputc(',', out);
	put_number(row->before, out);
	put_number(row->after, out);
	put_step_numbers(row->step, out);
	put_step_numbers(row->killer, out);
	put_text(row->policy ? row->policy : "", out);
	put_text(row->rule ? row->rule : "", out);
	put_text(row->path ? row->path : "", out);
	put_text(row->step ? row->step->instruction : "", out);
	put_text(row->killer ? row->killer->instruction : "", out);
	put_text(row->note ? row->note : "", out);
	fputs("\r\n", out);
}

static void put_total(const char *kind, uint64_t before, uint64_t after, bool known, FILE *out)
{
	int64_t was = (int64_t)before, is = (int64_t)after, saved = was - is;

	put_row(&(struct row){ .section = "total",
			       .kind = kind,
			       .bytes = known ? &saved : NULL,
			       .before = &was,
			       .after = known ? &is : NULL },
		out);
}

static void put_counts(const char *kind, uint64_t before, uint64_t after, FILE *out)
{
	int64_t was = (int64_t)before, is = (int64_t)after;

	put_row(&(struct row){ .section = "count", .kind = kind, .before = &was, .after = &is },
		out);
}

static void put_totals(const struct report *report, FILE *out)
{
	bool known = !report->dry_run;

	put_total("archive", report->input_bytes, report->output_bytes, known, out);
	put_total("stored_layers", report->stored_before, report->stored_after, known, out);
	put_total("layers", report->layer_bytes_before, report->layer_bytes_after, true, out);
	put_total("file_system", report->shown_before.bytes, report->shown_after.bytes, true, out);
	put_counts("layers", report->layers_before, report->layers_after, out);
	put_counts("names", report->shown_before.entries, report->shown_after.entries, out);
	put_counts("entries", report->entries_before, report->entries_after, out);
}

static void put_pairs(const struct report *report, FILE *out)
{
	vec_foreach (pair, &report->pairs) {
		int64_t bytes = (int64_t)pair->bytes;
		put_row(&(struct row){ .section = "saving",
				       .kind = "dead",
				       .bytes = &bytes,
				       .entries = &pair->entries,
				       .step = &pair->added,
				       .killer = &pair->killer },
			out);
	}
}

static void put_rules(const struct report *report, FILE *out)
{
	vec_foreach (rule, &report->rules) {
		int64_t bytes = (int64_t)rule->bytes;
		put_row(&(struct row){ .section = "saving",
				       .kind = "policy",
				       .bytes = &bytes,
				       .entries = &rule->names,
				       .policy = rule->policy,
				       .rule = rule->id,
				       .note = rule->reason },
			out);
	}
}

/* Dead bytes by the steps that made them so, policies by rule, all else as in the account. */
static void put_savings(const struct report *report, FILE *out)
{
	for (size_t i = 0; i < report->line_count; i++) {
		const struct report_line *line = &report->lines[i];
		int64_t saved = line->before - line->after;
		if (!strcmp(line->kind, "dead"))
			put_pairs(report, out);
		else if (!strcmp(line->kind, "policy"))
			put_rules(report, out);
		else
			put_row(&(struct row){ .section = "saving",
					       .kind = line->kind,
					       .bytes = &saved,
					       .entries = line->entries ? &line->entries : NULL,
					       .before = &line->before,
					       .after = &line->after,
					       .note = line->meaning },
				out);
	}
}

static void put_layers(const struct report *report, FILE *out)
{
	vec_foreach (source, &report->sources) {
		int64_t gone = (int64_t)source->gone, bytes = (int64_t)source->bytes;
		put_row(&(struct row){ .section = "layer",
				       .kind = "input",
				       .bytes = &gone,
				       .entries = &source->entries,
				       .before = &bytes,
				       .step = &source->step },
			out);
	}
	for (size_t i = 0; i < report->layers.count; i++) {
		struct report_step step = { (uint32_t)i, 0, (char[]){ "" } };
		int64_t bytes = (int64_t)report->layers.items[i].bytes;
		put_row(&(struct row){ .section = "layer",
				       .kind = "output",
				       .after = &bytes,
				       .step = &step,
				       .note = report->layers.items[i].digest },
			out);
	}
}

static void put_files(const struct report *report, FILE *out)
{
	vec_foreach (file, &report->largest) {
		int64_t bytes = (int64_t)(*file)->bytes;
		put_row(&(struct row){ .section = "file",
				       .kind = (*file)->rule ? "policy" : "dead",
				       .bytes = &bytes,
				       .step = &(*file)->added,
				       .killer = (*file)->rule ? NULL : &(*file)->killer,
				       .rule = (*file)->rule,
				       .path = (*file)->path },
			out);
	}
}

/* The numbers of the tool dive: efficiency in millionths, as cells hold whole numbers. */
static void put_dive(const struct report *report, FILE *out)
{
	vec_foreach (image, &report->images) {
		const struct dive_numbers *was = &image->dive_before, *is = &image->dive_after;
		int64_t wasted[] = { (int64_t)was->wasted_bytes, (int64_t)is->wasted_bytes };
		int64_t part[] = { (int64_t)(1e6 * was->efficiency + 0.5),
				   (int64_t)(1e6 * is->efficiency + 0.5) };
		put_row(&(struct row){ .section = "dive",
				       .kind = "wasted",
				       .before = &wasted[0],
				       .after = &wasted[1],
				       .note = image->name },
			out);
		put_row(&(struct row){ .section = "dive",
				       .kind = "efficiency_ppm",
				       .before = &part[0],
				       .after = &part[1],
				       .note = image->name },
			out);
	}
}

static void put_advice(const struct report *report, FILE *out)
{
	vec_foreach (touch, &report->touches) {
		int64_t bytes = (int64_t)touch->bytes;
		AUTO_FREE char *note =
			xasprintf("stored twice only to change %s: %s", touch->changes, touch->fix);
		put_row(&(struct row){ .section = "advice",
				       .kind = "stored_twice",
				       .bytes = &bytes,
				       .entries = &touch->files,
				       .step = &touch->step,
				       .note = note },
			out);
	}
}

static void put_secrets(const struct report *report, FILE *out)
{
	vec_foreach (leak, &report->leaks) {
		AUTO_FREE char *note =
			xasprintf("%s%s%s; %s", leak->severity, *leak->masked ? ": " : "",
				  leak->masked, leak->fix);
		put_row(&(struct row){ .section = "secret",
				       .kind = leak->state,
				       .rule = leak->rule,
				       .path = leak->where,
				       .note = note },
			out);
	}
}

static void put_warnings(const struct report *report, FILE *out)
{
	for (enum warning_kind kind = 0; kind < WARN_KINDS; kind++) {
		const struct warning *warning = warnings_get(report->warnings, kind);
		AUTO(strbuf) note = STRBUF_INIT;

		if (!warning->count)
			continue;
		strbuf_addf(&note, "%s: ", warning_meaning(kind));
		for (int i = 0; i < WARNING_EXAMPLES && warning->examples[i]; i++)
			strbuf_addf(&note, "%s%s", i ? ", " : "", warning->examples[i]);
		if (*warning_advice(kind))
			strbuf_addf(&note, "; %s", warning_advice(kind));
		put_row(&(struct row){ .section = "warning",
				       .kind = warning_name(kind),
				       .entries = &warning->count,
				       .note = note.data },
			out);
	}
}

void report_print_csv(const struct report *report, FILE *out)
{
	fputs("section,kind,bytes,entries,before,after,layer,step,hidden_layer,hidden_step,"
	      "policy,rule,path,instruction,hidden_by,note\r\n",
	      out);
	put_totals(report, out);
	put_savings(report, out);
	put_layers(report, out);
	put_files(report, out);
	put_dive(report, out);
	put_advice(report, out);
	put_secrets(report, out);
	put_warnings(report, out);
}
