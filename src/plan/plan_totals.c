/* plan_totals.c - what became of every entry, and the sums (DESIGN.md P3, ruling 11). */
#include <string.h>

#include "plan_internal.h"

static enum fate fate_of(const struct entry *entry, uint8_t live, enum fate decided, bool frozen)
{
	switch ((enum entry_kind)entry->kind) {
	case ENTRY_WHITEOUT:
	case ENTRY_OPAQUE:
		return FATE_MARKER;
	case ENTRY_IGNORED:
		return FATE_IGNORED;
	case ENTRY_AUFS:
		if (!(live & SHOWN_BODY))
			return FATE_IGNORED;
		break;
	case ENTRY_NORMAL:
		break;
	}
	if (decided == FATE_DUPLICATE || decided == FATE_REDUNDANT)
		return decided;
	if (decided == FATE_EMPTIED || (live & (SHOWN_NAME | SHOWN_BODY)))
		return decided == FATE_EMPTIED ? decided : FATE_LIVE;
	if (decided == FATE_REMOVED)
		return decided;
	return frozen ? FATE_SHADOWED_FROZEN : FATE_SHADOWED;
}

/* Keep the largest dead files, by size and then by slot. */
static void note_file(struct plan_totals *totals, struct dead_file file)
{
	size_t at = totals->file_count;

	while (at > 0 && totals->files[at - 1].bytes < file.bytes)
		at--;
	if (at == PLAN_DEAD_FILES)
		return;
	if (totals->file_count < PLAN_DEAD_FILES)
		totals->file_count++;
	memmove(&totals->files[at + 1], &totals->files[at],
		(totals->file_count - at - 1) * sizeof(totals->files[0]));
	totals->files[at] = file;
}

/* Sums of one position, by the position that hid the entries. */
struct killer_sums {
	uint64_t *bytes, *entries;    /* by position */
	struct VEC(uint32_t) touched; /* positions with a sum */
};

static void note_dead(struct plan *plan, struct killer_sums *sums, slot_id slot, path_id path,
		      uint64_t bytes)
{
	uint32_t killer = plan->killers[slot];

	plan->totals.shadowed_entries++;
	if (bytes)
		note_file(&plan->totals, (struct dead_file){ path, slot, bytes });
	if (killer == UINT32_MAX)
		return;
	if (!sums->bytes[killer] && !sums->entries[killer])
		vec_push(&sums->touched, killer);
	sums->bytes[killer] += bytes;
	sums->entries[killer]++;
}

/* What bytes of a layer take in its blob, if all of it were compressed alike. */
static uint64_t stored_share(const struct layer *layer, uint64_t bytes)
{
	long double ratio = layer->index.total_bytes ? (long double)layer->stored.length /
							       (long double)layer->index.total_bytes
						     : 1;

	return (uint64_t)((long double)bytes * ratio);
}

static void account_position(struct plan *plan, uint32_t number, const struct liveness *live,
			     bool frozen, struct killer_sums *sums)
{
	const struct position *position = &plan->chain->positions.items[number];
	const struct layer *layer = chain_layer(plan->chain, number);
	const struct layer_index *index = &layer->index;
	struct plan_totals *totals = &plan->totals;

	totals->layer_bytes += index->total_bytes;
	totals->framing_bytes += index->total_bytes - index->body_bytes;
	totals->entries += index->entries.count;
	for (uint32_t i = 0; i < position->slot_count; i++) {
		const struct entry *entry = &index->entries.items[i];
		slot_id slot = position->slot_begin + i;
		uint64_t bytes = entry_stored_size(index, entry);
		enum fate fate =
			fate_of(entry, live->bits[slot], (enum fate)plan->fates[slot], frozen);
		bool has_body = live->bits[slot] & SHOWN_BODY;

		plan->fates[slot] = (uint8_t)fate;
		if (fate == FATE_LIVE && (has_body || !bytes))
			totals->live_bytes += bytes;
		else if (fate == FATE_IGNORED || fate == FATE_MARKER)
			totals->ignored_bytes += bytes;
		else if (fate == FATE_REMOVED)
			totals->removed_bytes += bytes;
		else if (fate == FATE_EMPTIED)
			totals->emptied_bytes += bytes;
		else if (fate == FATE_DUPLICATE)
			totals->duplicate_bytes += bytes;
		else if (fate == FATE_REDUNDANT)
			totals->redundant_bytes += bytes;
		else if (frozen)
			totals->frozen_bytes += bytes;
		else
			totals->shadowed_bytes += bytes;
		if ((fate == FATE_REMOVED || fate == FATE_EMPTIED) && plan->rules) {
			plan->rules[plan->killers[slot]].names++;
			plan->rules[plan->killers[slot]].bytes += bytes;
			plan->rules[plan->killers[slot]].stored += stored_share(layer, bytes);
		}
		totals->redundant_entries += fate == FATE_REDUNDANT;
		if (fate == FATE_SHADOWED)
			note_dead(plan, sums, slot, entry->path, bytes);
	}
	vec_foreach (killer, &sums->touched) {
		vec_push(&totals->pairs, (struct dead_pair){ number, *killer, sums->bytes[*killer],
							     sums->entries[*killer] });
		sums->bytes[*killer] = sums->entries[*killer] = 0;
	}
	sums->touched.count = 0;
}

static int compare_pairs(const void *a, const void *b)
{
	const struct dead_pair *left = a, *right = b;

	if (left->bytes != right->bytes)
		return left->bytes > right->bytes ? -1 : 1;
	if (left->added != right->added)
		return left->added < right->added ? -1 : 1;
	return (left->killer > right->killer) - (left->killer < right->killer);
}

void plan_account(struct plan *plan, const struct liveness *live)
{
	size_t positions = plan->chain->positions.count;
	struct killer_sums sums = { .bytes = xcalloc(positions + 1, sizeof(uint64_t)),
				    .entries = xcalloc(positions + 1, sizeof(uint64_t)),
				    .touched = VEC_INIT };

	vec_foreach (segment, &plan->segments)
		for (uint32_t n = 0; n < segment->layer_count; n++)
			account_position(plan, segment_position(plan, segment, n), live,
					 segment->frozen || plan->options.lossless, &sums);
	if (plan->totals.pairs.count)
		qsort(plan->totals.pairs.items, plan->totals.pairs.count,
		      sizeof(plan->totals.pairs.items[0]), compare_pairs);
	vec_foreach (output, &plan->outputs) {
		const struct segment *segment = &plan->segments.items[output->segment];
		plan->totals.output_entries +=
			segment->pass_through
				? chain_layer(plan->chain, segment->last)->index.entries.count
				: output->record_end - output->record_begin;
	}
	free(sums.bytes);
	free(sums.entries);
	vec_release(&sums.touched);
}
