/* report_dive.c - what the tool dive would say of each image, before and after. */
#include "report/report.h"

static void add_record(const struct plan *plan, const struct record *record,
		       struct dive_entries *out)
{
	struct dive_entry entry = { .path = record->path, .kind = DIVE_FILE };

	if (record->link == RECORD_WHITEOUT) {
		entry.kind = DIVE_WHITEOUT;
	} else if (record->link == RECORD_OPAQUE) {
		entry.kind = DIVE_OPAQUE;
	} else if (record_has_body(plan, record)) {
		entry.size = chain_entry(plan->chain, record->body)->size;
	} else if (record->link == RECORD_BODY) {
		struct tree_stat stat;
		inode_stat(plan->chain, record->body, record->meta, record->xattrs, &stat);
		if (stat.type == TAR_DIR)
			entry.kind = DIVE_DIRECTORY;
	}
	vec_push(out, entry);
}

static void output_entries(const struct plan *plan, const struct output_layer *output,
			   struct dive_entries *out)
{
	const struct segment *segment = &plan->segments.items[output->segment];

	if (segment->pass_through) {
		dive_entries_of(&chain_layer(plan->chain, segment->last)->index, out);
		return;
	}
	for (size_t r = output->record_begin; r < output->record_end; r++)
		add_record(plan, &plan->records.items[r], out);
}

static void before(const struct plan *plan, uint32_t image, struct dive_numbers *out)
{
	AUTO_PTR(dive) dive = dive_new(plan->names->paths);
	struct dive_entries entries = VEC_INIT;

	for (uint32_t depth = 0; depth < plan->chain->depth_of_image[image]; depth++) {
		entries.count = 0;
		dive_entries_of(
			&chain_layer(plan->chain, plan->chain->of_image[image][depth])->index,
			&entries);
		dive_layer(dive, &entries);
	}
	vec_release(&entries);
	dive_result(dive, out);
}

static void after(const struct plan *plan, uint32_t image, struct dive_numbers *out)
{
	AUTO_PTR(dive) dive = dive_new(plan->names->paths);
	struct dive_entries entries = VEC_INIT;
	struct output_list outputs = VEC_INIT;

	plan_image_outputs(plan, image, &outputs);
	vec_foreach (output, &outputs) {
		entries.count = 0;
		output_entries(plan, &plan->outputs.items[*output], &entries);
		dive_layer(dive, &entries);
	}
	vec_release(&outputs);
	vec_release(&entries);
	dive_result(dive, out);
}

void report_add_dive(struct report *report, const struct plan *plan)
{
	for (uint32_t i = 0; i < report->images.count; i++) {
		before(plan, i, &report->images.items[i].dive_before);
		after(plan, i, &report->images.items[i].dive_after);
	}
}
