/* plan_outputs.c - the output layers of each segment, cut to size where that is wanted.
 *
 * A cut keeps names that share an inode in one layer, and repeats the directories above what a
 * later part holds, so that every part obeys the writer rules by itself. */
#include "plan_internal.h"

#include <string.h>

static bool is_empty(const struct plan *plan, const struct segment *segment)
{
	if (segment->pass_through)
		return !chain_layer(plan->chain, segment->last)->index.entries.count;
	return segment->record_begin == segment->record_end;
}

/* Nothing is left of a segment: no output layer, unless an image would be left without any. */
static void choose_dropped(const struct plan *plan, bool *dropped)
{
	const struct plan_options *options = &plan->options;
	bool allowed =
		!options->lossless && (options->squash == SQUASH_ALL || options->drop_empty_layers);

	for (size_t i = 0; i < plan->segments.count; i++)
		dropped[i] = allowed && !plan->segments.items[i].frozen &&
			     is_empty(plan, &plan->segments.items[i]);
	for (size_t i = 0; i < plan->chain->image_count; i++) {
		bool any = !plan->segment_count[i];
		for (uint32_t s = 0; s < plan->segment_count[i]; s++)
			any |= !dropped[plan->of_image[i][s]];
		if (!any)
			dropped[plan->of_image[i][0]] = false;
	}
}

/* --- cutting --------------------------------------------------------------------------------- */

/* One segment while it is cut. */
struct cutter {
	struct plan *plan;
	size_t begin, count; /* its records */
	uint32_t *part;	     /* by record: the part that it goes to */
	uint32_t parts;
	size_t *of_path;  /* by path: record of the directory + 1 */
	uint32_t *listed; /* by path: last part that has the directory, + 1 */
	struct VEC(struct record) out;
};

/* Go through the records in order and begin a new part when the one at hand is full.  Markers stay
 * in the first part: they must lie below all that is new. */
static void assign_parts(struct cutter *cut, const uint64_t *sizes, uint64_t target)
{
	uint64_t filled = 0;

	for (size_t i = 0; i < cut->count; i++) {
		const struct record *record = &cut->plan->records.items[cut->begin + i];
		if (record_is_marker(record)) {
			cut->part[i] = 0;
			continue;
		}
		if (record_is_link(record)) {
			/* The carrier came before, in whatever part. */
			cut->part[i] = cut->part[cut->of_path[record->link] - 1];
			continue;
		}
		if (filled >= target) {
			cut->parts++;
			filled = 0;
		}
		cut->part[i] = cut->parts - 1;
		cut->of_path[record->path] = i + 1;
		filled += sizes[i];
	}
}

static const struct record *record_at(const struct cutter *cut, size_t i)
{
	return &cut->plan->records.items[cut->begin + i];
}

/* A directory that the part does not have yet, with those above it first. */
static void need_directory(struct cutter *cut, path_id path, uint32_t part)
{
	if (path == PATH_ROOT || cut->listed[path] == part + 1)
		return;
	need_directory(cut, paths_parent(cut->plan->names->paths, path), part);
	cut->listed[path] = part + 1;
	vec_push(&cut->out, *record_at(cut, cut->of_path[path] - 1));
}

static bool is_directory(const struct cutter *cut, const struct record *record)
{
	return record->meta == SLOT_NONE ||
	       chain_entry(cut->plan->chain, record->body)->type == TAR_DIR;
}

/* The records of one part, in their order. */
static void emit_part(struct cutter *cut, const size_t *order, size_t count, uint32_t part)
{
	for (size_t i = 0; i < count; i++) {
		const struct record *record = record_at(cut, order[i]);

		if (record->link == RECORD_OPAQUE)
			need_directory(cut, record->path, part);
		else if (record->path != PATH_ROOT)
			need_directory(cut, paths_parent(cut->plan->names->paths, record->path),
				       part);
		if (!record_is_marker(record) && is_directory(cut, record)) {
			if (cut->listed[record->path] == part + 1)
				continue;
			cut->listed[record->path] = part + 1;
		}
		vec_push(&cut->out, *record);
	}
}

/* Stable counting sort of the records by part, then part after part. */
static void emit_parts(struct cutter *cut, uint32_t segment)
{
	AUTO_FREE size_t *begin = xcalloc(cut->parts + (size_t)2, sizeof(size_t));
	AUTO_FREE size_t *order = xreallocarray(NULL, cut->count + 1, sizeof(size_t));
	AUTO_FREE size_t *next = xcalloc(cut->parts + (size_t)1, sizeof(size_t));

	for (size_t i = 0; i < cut->count; i++)
		begin[cut->part[i] + 1]++;
	for (uint32_t p = 0; p < cut->parts; p++) {
		begin[p + 1] += begin[p];
		next[p] = begin[p];
	}
	for (size_t i = 0; i < cut->count; i++)
		order[next[cut->part[i]]++] = i;
	for (uint32_t p = 0; p < cut->parts; p++) {
		size_t from = cut->out.count;
		emit_part(cut, order + begin[p], begin[p + 1] - begin[p], p);
		vec_push(&cut->plan->outputs, (struct output_layer){ segment, cut->begin + from,
								     cut->begin + cut->out.count });
	}
}

/* Replace the records of the segment by those of its parts; returns how many more there are. */
static size_t splice(struct cutter *cut)
{
	struct plan *plan = cut->plan;
	size_t more = cut->out.count - cut->count;
	size_t tail = plan->records.count - (cut->begin + cut->count);

	vec_reserve(&plan->records, plan->records.count + more);
	memmove(&plan->records.items[cut->begin + cut->out.count],
		&plan->records.items[cut->begin + cut->count], tail * sizeof(struct record));
	memcpy(&plan->records.items[cut->begin], cut->out.items,
	       cut->out.count * sizeof(struct record));
	plan->records.count += more;
	return more;
}

/* What docker's overlay driver mounts: an image with more does not load. */
#define LAYERS_MAX 125

/* How many layers of their own the other segments of the images need at least. */
static uint32_t layer_budget(const struct plan *plan, uint32_t segment, const bool *dropped)
{
	uint32_t budget = UINT32_MAX, most = plan->options.max_layers;

	if (!most || most > LAYERS_MAX)
		most = LAYERS_MAX;
	for (size_t i = 0; i < plan->chain->image_count; i++) {
		uint32_t others = 0, rebuilt = 0;
		bool uses = false;
		for (uint32_t s = 0; s < plan->segment_count[i]; s++) {
			uint32_t at = plan->of_image[i][s];
			uses |= at == segment;
			rebuilt += !dropped[at] && !plan->segments.items[at].pass_through;
			others += !dropped[at] && plan->segments.items[at].pass_through;
		}
		if (!uses)
			continue;
		uint32_t left = most > others ? most - others : 1;
		uint32_t share = rebuilt && left > rebuilt ? left / rebuilt : 1;
		budget = share < budget ? share : budget;
	}
	return budget;
}

static uint64_t part_size(const struct plan *plan, uint64_t total, uint32_t segment,
			  const bool *dropped)
{
	uint64_t target = plan->options.layer_size ? plan->options.layer_size : 1;
	uint32_t budget = layer_budget(plan, segment, dropped);

	return target > total / budget + 1 ? target : total / budget + 1;
}

/* Cut one segment; returns how many records it gained. */
static size_t cut_segment(struct plan *plan, uint32_t number, const bool *dropped)
{
	const struct segment *segment = &plan->segments.items[number];
	uint32_t paths = paths_count(plan->names->paths);
	struct cutter cut = { .plan = plan,
			      .begin = segment->record_begin,
			      .count = segment->record_end - segment->record_begin,
			      .parts = 1 };
	AUTO_FREE uint64_t *sizes = xreallocarray(NULL, cut.count + 1, sizeof(uint64_t));
	uint64_t total = 0;
	size_t more = 0;

	plan_measure(plan, segment->record_begin, segment->record_end, sizes);
	for (size_t i = 0; i < cut.count; i++)
		total += sizes[i];
	cut.part = xcalloc(cut.count + 1, sizeof(uint32_t));
	cut.of_path = xcalloc(paths + (size_t)1, sizeof(size_t));
	cut.listed = xcalloc(paths + (size_t)1, sizeof(uint32_t));
	assign_parts(&cut, sizes, part_size(plan, total, number, dropped));
	emit_parts(&cut, number);
	more = splice(&cut);
	free(cut.part);
	free(cut.of_path);
	free(cut.listed);
	vec_release(&cut.out);
	return more;
}

bool plan_wants_cut(const struct plan *plan)
{
	return plan->options.squash == SQUASH_ALL && !plan->options.lossless &&
	       (plan->options.layer_size || plan->options.max_layers > 1);
}

void plan_lay_outputs(struct plan *plan)
{
	bool cuts = plan_wants_cut(plan);
	AUTO_FREE bool *dropped = xcalloc(plan->segments.count + 1, sizeof(bool));
	size_t shift = 0;

	choose_dropped(plan, dropped);
	for (uint32_t i = 0; i < plan->segments.count; i++) {
		struct segment *segment = &plan->segments.items[i];

		segment->record_begin += shift;
		segment->record_end += shift;
		segment->output_begin = (uint32_t)plan->outputs.count;
		if (dropped[i])
			continue;
		if (cuts && !segment->pass_through && segment->record_end > segment->record_begin) {
			size_t more = cut_segment(plan, i, dropped);
			segment->record_end += more;
			shift += more;
		} else {
			vec_push(&plan->outputs, (struct output_layer){ i, segment->record_begin,
									segment->record_end });
		}
		segment->output_count = (uint32_t)plan->outputs.count - segment->output_begin;
	}
}

void plan_image_outputs(const struct plan *plan, uint32_t image, struct output_list *out)
{
	out->count = 0;
	for (uint32_t s = 0; s < plan->segment_count[image]; s++) {
		const struct segment *segment = &plan->segments.items[plan->of_image[image][s]];
		for (uint32_t n = 0; n < segment->output_count; n++)
			vec_push(out, segment->output_begin + n);
	}
}
