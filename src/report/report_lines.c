/* report_lines.c - the account of a run: what there was of each kind of bytes, and what there is.
 */
#include "report/report.h"

static const struct {
	const char *kind, *label, *meaning;
} kinds[REPORT_KINDS] = {
	[REPORT_FILES] = { "files", "Files that stay", "content that containers see" },
	[REPORT_HEADERS] = { "headers", "Headers and padding",
			     "what tar needs for each name, and markers of deletions" },
	[REPORT_FROZEN] = { "frozen", "Hidden but kept", "in layers that stay as they are" },
	[REPORT_DEAD] = { "dead", "Dead bytes", "hidden by a later layer" },
	[REPORT_POLICY] = { "policy", "Policy", "removed or emptied by rules" },
	[REPORT_DEDUPE] = { "dedupe", "Duplicates", "stored once, other names became hard links" },
	[REPORT_REWRITTEN] = { "rewritten", "Stored again", "as it was, by a later layer" },
	[REPORT_IGNORED] = { "ignored", "Bookkeeping", "of layers, not of the file system" },
};

const char *report_kind_name(enum report_kind kind)
{
	return kinds[kind].kind;
}

/* Is the layer at a position one that comes out as it is? */
static bool *find_kept(const struct plan *plan)
{
	bool *kept = xcalloc(plan->chain->positions.count + 1, sizeof(bool));

	vec_foreach (segment, &plan->segments)
		for (uint32_t n = 0; segment->pass_through && n < segment->layer_count; n++)
			kept[segment_position(plan, segment, n)] = true;
	return kept;
}

static void add_gone(struct report *report, const struct plan *plan)
{
	AUTO_FREE bool *kept = find_kept(plan);

	for (size_t i = 0; i < report->sources.count; i++) {
		struct report_source *source = &report->sources.items[i];
		source->kept = kept[i];
		for (enum report_kind kind = REPORT_DEAD; !kept[i] && kind < REPORT_KINDS; kind++)
			source->gone += source->parts[kind];
	}
}

static uint64_t entries_of(const struct report *report, enum report_kind kind)
{
	uint64_t names = 0;

	switch (kind) {
	case REPORT_DEAD:
		return report->dead_entries;
	case REPORT_POLICY:
		vec_foreach (rule, &report->rules)
			names += rule->names;
		return names;
	case REPORT_DEDUPE:
		return report->linked_files;
	case REPORT_REWRITTEN:
		return report->redundant_entries;
	case REPORT_FILES:
	case REPORT_HEADERS:
	case REPORT_FROZEN:
	case REPORT_IGNORED:
	case REPORT_KINDS:
		break;
	}
	return 0;
}

static void add_layer_lines(struct report *report)
{
	for (enum report_kind kind = 0; kind < REPORT_KINDS; kind++) {
		struct report_line line = { .kind = kinds[kind].kind,
					    .label = kinds[kind].label,
					    .meaning = kinds[kind].meaning,
					    .entries = entries_of(report, kind) };
		vec_foreach (source, &report->sources)
			report->parts_before[kind] += source->parts[kind];
		vec_foreach (layer, &report->layers)
			report->parts_after[kind] += layer->parts[kind];
		line.before = (int64_t)report->parts_before[kind];
		line.after = (int64_t)report->parts_after[kind];
		if (line.before || line.after || line.entries)
			report->lines[report->layer_lines++] = line;
	}
}

static void add_line(struct report *report, struct report_line line)
{
	if (line.before || line.after)
		report->lines[report->line_count++] = line;
}

/* From the layers to the archive that holds them. */
static void add_archive_lines(struct report *report)
{
	int64_t omitted = 0;

	vec_foreach (layer, &report->layers)
		omitted += layer->omitted ? (int64_t)layer->bytes : 0;
	add_line(report, (struct report_line){ .kind = "omitted",
					       .label = "Left out",
					       .meaning = "layers that the receiver has",
					       .after = -omitted });
	add_line(report,
		 (struct report_line){
			 .kind = "compression",
			 .label = "Compression",
			 .meaning = "what it takes off; less when there is less to compress",
			 .before = (int64_t)(report->stored_before - report->layer_bytes_before),
			 .after = (int64_t)(report->stored_after - report->layer_bytes_after) +
				  omitted });
	add_line(report, (struct report_line){
				 .kind = "archive",
				 .label = "Archive",
				 .meaning = report->input_bytes < report->stored_before
						    ? "compressed as a whole; manifests, padding"
						    : "manifests and padding around the layers",
				 .before = (int64_t)(report->input_bytes - report->stored_before),
				 .after = (int64_t)(report->output_bytes - report->stored_after) });
}

void report_add_lines(struct report *report, const struct report_input *in)
{
	add_gone(report, in->run->plan);
	add_layer_lines(report);
	report->line_count = report->layer_lines;
	if (in->result)
		add_archive_lines(report);
}
