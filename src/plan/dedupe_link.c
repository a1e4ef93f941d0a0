/* dedupe_link.c - make one file of those that are the same: the first name in output order carries
 * the content, all others become links to it. */
#include "dedupe.h"

/* What the carrier of a file turns into, by its path. */
struct turn {
	path_id path, carrier;
	slot_id body, meta;
};

struct linker {
	struct plan *plan;
	const struct dedupe_files *files;
	struct VEC(struct turn) turns;
	struct VEC(size_t) members; /* of the group at hand: places in files */
	uint32_t names;
};

static const struct record *record_of(const struct linker *in, size_t file)
{
	return &in->plan->records.items[in->files->items[file].record];
}

/* The oldest of a group; the first of several. */
static slot_id oldest(const struct linker *in)
{
	slot_id best = SLOT_NONE;

	vec_foreach (file, &in->members) {
		slot_id meta = record_of(in, *file)->meta;
		const struct entry *one = chain_entry(in->plan->chain, meta);
		const struct entry *two =
			best == SLOT_NONE ? NULL : chain_entry(in->plan->chain, best);
		if (!two || one->mtime < two->mtime ||
		    (one->mtime == two->mtime && one->mtime_nsec < two->mtime_nsec))
			best = meta;
	}
	return best;
}

/* Is the slot one of the segment?  Else its body is a copy that lighten adds. */
static bool is_own(const struct plan *plan, uint32_t segment, slot_id slot)
{
	return slot >= plan->chain->positions.items[plan->segments.items[segment].first].slot_begin;
}

static void finish_group(struct linker *in)
{
	struct plan *plan = in->plan;
	slot_id meta = oldest(in);

	if (in->members.count > 1) {
		const struct record carrier = *record_of(in, in->members.items[0]);
		uint32_t segment = in->files->items[in->members.items[0]].segment;

		plan->segments.items[segment].pass_through = false;
		plan->totals.link_groups++;
		for (size_t i = 0; i < in->members.count; i++) {
			const struct record *record = record_of(in, in->members.items[i]);
			uint64_t bytes = chain_entry(plan->chain, record->body)->size;

			vec_push(&in->turns,
				 (struct turn){ record->path, carrier.path, carrier.body, meta });
			if (!i)
				continue;
			vec_push(&plan->links,
				 (struct plan_link){
					 segment, record->path, carrier.path, bytes,
					 in->files->items[in->members.items[i]].record });
			plan->totals.linked_files++;
			plan->totals.linked_bytes += bytes;
			if (is_own(plan, segment, record->body))
				plan->fates[record->body] = FATE_DUPLICATE;
		}
	}
	in->members.count = 0;
	in->names = 0;
}

/* A run in output order; a new group when the one at hand has enough names. */
static void group_run(struct linker *in, const struct dedupe_run *run)
{
	for (size_t i = run->begin; i < run->end; i++) {
		const struct dedupe_file *file = &in->files->items[i];
		if (!file->same)
			continue;
		if (in->members.count && in->names + file->names > DEDUPE_NAMES)
			finish_group(in);
		vec_push(&in->members, i);
		in->names += file->names;
	}
	finish_group(in);
}

static int compare_turns(const void *a, const void *b)
{
	const struct turn *left = a, *right = b;

	return (left->path > right->path) - (left->path < right->path);
}

/* Every name of a file goes where its carrier goes. */
static void turn_records(struct linker *in, const struct segment *segment)
{
	struct plan *plan = in->plan;

	qsort(in->turns.items, in->turns.count, sizeof(struct turn), compare_turns);
	for (size_t i = segment->record_begin; i < segment->record_end; i++) {
		struct record *record = &plan->records.items[i];
		struct turn key = { .path = record_is_link(record) ? record->link : record->path };
		const struct turn *turn;

		if (!record_is_link(record) && record->link != RECORD_BODY)
			continue;
		turn = bsearch(&key, in->turns.items, in->turns.count, sizeof(key), compare_turns);
		if (!turn)
			continue;
		if (record->path != turn->carrier)
			record->link = turn->carrier;
		record->body = turn->body;
		record->meta = turn->meta;
	}
	in->turns.count = 0;
}

static int compare_links(const void *a, const void *b)
{
	const struct plan_link *left = a, *right = b;

	return (left->order > right->order) - (left->order < right->order);
}

void dedupe_link(struct plan *plan, const struct dedupe_files *files,
		 const struct dedupe_runs *runs)
{
	struct linker in = { .plan = plan, .files = files };

	/* Runs of one segment stand together. */
	for (size_t r = 0; r < runs->count; r++) {
		uint32_t segment = files->items[runs->items[r].begin].segment;
		bool last = r + 1 == runs->count ||
			    files->items[runs->items[r + 1].begin].segment != segment;
		group_run(&in, &runs->items[r]);
		if (last && in.turns.count)
			turn_records(&in, &plan->segments.items[segment]);
	}
	if (plan->links.count)
		qsort(plan->links.items, plan->links.count, sizeof(plan->links.items[0]),
		      compare_links);
	vec_release(&in.turns);
	vec_release(&in.members);
}
