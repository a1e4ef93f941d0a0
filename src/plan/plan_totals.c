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

/* Keep the largest files, by size and then by slot. */
static void note_file(struct dead_file *files, size_t *count, struct dead_file file)
{
	size_t at = *count;

	while (at > 0 && files[at - 1].bytes < file.bytes)
		at--;
	if (at == PLAN_DEAD_FILES || !file.bytes)
		return;
	if (*count < PLAN_DEAD_FILES)
		++*count;
	memmove(&files[at + 1], &files[at], (*count - at - 1) * sizeof(files[0]));
	files[at] = file;
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
	note_file(plan->totals.files, &plan->totals.file_count,
		  (struct dead_file){ path, slot, bytes });
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

static void note_removed(struct plan *plan, const struct layer *layer, slot_id slot, path_id path,
			 uint64_t bytes)
{
	struct plan_rule_sum *rule;

	note_file(plan->totals.removed, &plan->totals.removed_count,
		  (struct dead_file){ path, slot, bytes });
	if (!plan->rules)
		return;
	rule = &plan->rules[plan->killers[slot]];
	rule->names++;
	rule->bytes += bytes;
	rule->stored += stored_share(layer, bytes);
}

/* Where the body of an entry is counted; `shown` when it is what some image shows of a live one. */
static uint64_t *share_of(struct plan_shares *shares, enum fate fate, bool shown, bool frozen)
{
	switch (fate) {
	case FATE_REMOVED:
		return &shares->removed;
	case FATE_EMPTIED:
		return &shares->emptied;
	case FATE_REDUNDANT:
		return &shares->redundant;
	case FATE_DUPLICATE:
		return &shares->duplicate;
	case FATE_MARKER:
	case FATE_IGNORED:
		return &shares->ignored;
	case FATE_LIVE:
		if (shown)
			return &shares->live;
		break;
	case FATE_SHADOWED:
	case FATE_SHADOWED_FROZEN:
	case FATE_COUNT:
		break;
	}
	return frozen ? &shares->frozen : &shares->shadowed;
}

static void add_shares(struct plan_totals *totals, const struct plan_shares *shares)
{
	totals->live_bytes += shares->live;
	totals->shadowed_bytes += shares->shadowed;
	totals->frozen_bytes += shares->frozen;
	totals->ignored_bytes += shares->ignored;
	totals->removed_bytes += shares->removed;
	totals->emptied_bytes += shares->emptied;
	totals->duplicate_bytes += shares->duplicate;
	totals->redundant_bytes += shares->redundant;
	totals->framing_bytes += shares->framing;
}

static void account_position(struct plan *plan, uint32_t number, const struct liveness *live,
			     bool frozen, struct killer_sums *sums)
{
	const struct position *position = &plan->chain->positions.items[number];
	const struct layer *layer = chain_layer(plan->chain, number);
	const struct layer_index *index = &layer->index;
	struct plan_totals *totals = &plan->totals;
	struct plan_shares shares = { .framing = index->total_bytes - index->body_bytes };

	totals->layer_bytes += index->total_bytes;
	totals->entries += index->entries.count;
	for (uint32_t i = 0; i < position->slot_count; i++) {
		const struct entry *entry = &index->entries.items[i];
		slot_id slot = position->slot_begin + i;
		uint64_t bytes = entry_stored_size(index, entry);
		enum fate fate =
			fate_of(entry, live->bits[slot], (enum fate)plan->fates[slot], frozen);
		bool shown = (live->bits[slot] & SHOWN_BODY) || !bytes;

		plan->fates[slot] = (uint8_t)fate;
		*share_of(&shares, fate, shown, frozen) += bytes;
		if (fate == FATE_REMOVED || fate == FATE_EMPTIED)
			note_removed(plan, layer, slot, entry->path, bytes);
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
	totals->shares.items[number] = shares;
	add_shares(totals, &shares);
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

	vec_reserve(&plan->totals.shares, positions + 1);
	memset(plan->totals.shares.items, 0, (positions + 1) * sizeof(struct plan_shares));
	plan->totals.shares.count = positions;
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
