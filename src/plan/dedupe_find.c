/* dedupe_find.c - which files of the rebuilt layers may be one file: candidates, then runs of equal
 * size and metadata, then runs of equal content. */
#include <string.h>

#include "dedupe.h"
#include "policy/link_guards.h"

/* A file that no guard is against. */
struct candidate {
	uint64_t size;
	size_t record;
	uint32_t segment;
	uint32_t names;
	uint8_t guards; /* of all its names */
};

struct finder {
	struct plan *plan;
	const uint8_t *guards; /* by path: enum link_guard */
	struct VEC(struct candidate) candidates;
	uint32_t *of_path; /* by path: candidate that it carries + 1, 0: none */
	struct dedupe_files files;
};

static const struct record *record_of(const struct plan *plan, const struct dedupe_file *file)
{
	return &plan->records.items[file->record];
}

/* A place for each path that is known by now. */
static void grow_guards(const struct plan *plan, struct guard_list *guards)
{
	size_t count = paths_count(plan->names->paths);

	vec_reserve(guards, count);
	while (guards->count < count)
		guards->items[guards->count++] = 0;
}

void plan_add_guards(const struct plan *plan, uint32_t image, const struct merged_tree *tree,
		     struct guard_list *guards, const struct context *context)
{
	grow_guards(plan, guards);
	link_guards_add(&plan->options.images->images[image], tree,
			plan->options.dedupe == DEDUPE_ALL, context, guards->items);
}

/* --- candidates ------------------------------------------------------------------------------ */

static bool is_candidate(const struct finder *in, const struct record *record)
{
	const struct plan *plan = in->plan;

	if (!record_has_body(plan, record))
		return false;
	return chain_entry(plan->chain, record->body)->size >= plan->options.dedupe_floor &&
	       !link_guards_mode(chain_entry(plan->chain, record->meta)->mode);
}

static void add_names(struct finder *in, uint32_t number)
{
	const struct plan *plan = in->plan;
	const struct segment *segment = &plan->segments.items[number];

	for (size_t i = segment->record_begin; i < segment->record_end; i++) {
		const struct record *record = &plan->records.items[i];
		if (record_is_link(record)) {
			uint32_t of = in->of_path[record->link];
			if (!of)
				continue;
			in->candidates.items[of - 1].names++;
			in->candidates.items[of - 1].guards |= in->guards[record->path];
			continue;
		}
		if (record_is_marker(record))
			continue;
		in->of_path[record->path] = 0;
		if (!is_candidate(in, record))
			continue;
		vec_push(&in->candidates,
			 (struct candidate){ .size = chain_entry(plan->chain, record->body)->size,
					     .record = i,
					     .segment = number,
					     .names = 1,
					     .guards = in->guards[record->path] });
		in->of_path[record->path] = (uint32_t)in->candidates.count;
	}
}

static int compare_candidates(const void *a, const void *b)
{
	const struct candidate *left = a, *right = b;

	if (left->segment != right->segment)
		return left->segment < right->segment ? -1 : 1;
	if (left->size != right->size)
		return left->size < right->size ? -1 : 1;
	return (left->record > right->record) - (left->record < right->record);
}

static bool may_link(const struct finder *in, const struct candidate *candidate)
{
	const struct record *record = &in->plan->records.items[candidate->record];

	return !(candidate->guards & GUARD_APART) &&
	       !plan_is_edited(in->plan, PLAN_EDIT_LINK, candidate->segment, record->path);
}

/* Only files with a partner of the same size go on. */
static void find_files(struct finder *in)
{
	enum dedupe_mode mode = in->plan->options.dedupe;
	size_t kept = 0;

	vec_foreach (candidate, &in->candidates)
		if (may_link(in, candidate))
			in->candidates.items[kept++] = *candidate;
	in->candidates.count = kept;
	if (kept)
		qsort(in->candidates.items, kept, sizeof(struct candidate), compare_candidates);
	for (size_t i = 0; i < kept; i++) {
		const struct candidate *at = &in->candidates.items[i];
		bool partner =
			(i && at[-1].segment == at->segment && at[-1].size == at->size) ||
			(i + 1 < kept && at[1].segment == at->segment && at[1].size == at->size);
		if (partner)
			vec_push(&in->files,
				 (struct dedupe_file){ .record = at->record,
						       .segment = at->segment,
						       .names = at->names,
						       .by_time = mode == DEDUPE_SAFE ||
								  at->guards & GUARD_TIME });
	}
	vec_release(&in->candidates);
}

/* --- runs ------------------------------------------------------------------------------------ */

#define ORDER(a, b)                                                                                \
	do {                                                                                       \
		if ((a) != (b))                                                                    \
			return (a) < (b) ? -1 : 1;                                                 \
	} while (0)

/* By all that links must share; 0: they may be one file, as far as metadata go. */
static int compare_metadata(const struct plan *plan, const struct dedupe_file *a,
			    const struct dedupe_file *b)
{
	const struct record *left = record_of(plan, a), *right = record_of(plan, b);
	const struct entry *one = chain_entry(plan->chain, left->meta);
	const struct entry *two = chain_entry(plan->chain, right->meta);

	ORDER(a->segment, b->segment);
	ORDER(chain_entry(plan->chain, left->body)->size,
	      chain_entry(plan->chain, right->body)->size);
	ORDER(one->mode, two->mode);
	ORDER(one->uid, two->uid);
	ORDER(one->gid, two->gid);
	ORDER(left->xattrs, right->xattrs);
	ORDER(a->by_time, b->by_time);
	if (!a->by_time)
		return 0;
	ORDER(one->mtime, two->mtime);
	ORDER(one->mtime_nsec, two->mtime_nsec);
	return 0;
}

static int compare_files(const void *a, const void *b, void *plan)
{
	const struct dedupe_file *left = a, *right = b;
	int order = compare_metadata(plan, left, right);

	if (order)
		return order;
	ORDER(left->hash.high64, right->hash.high64);
	ORDER(left->hash.low64, right->hash.low64);
	ORDER(left->record, right->record);
	return 0;
}

static bool same_run(const struct plan *plan, const struct dedupe_file *a,
		     const struct dedupe_file *b)
{
	return !compare_metadata(plan, a, b) && XXH128_isEqual(a->hash, b->hash);
}

/* Sort, keep what is not alone, and cut into runs. */
static void find_runs(struct plan *plan, struct dedupe_files *files, struct dedupe_runs *runs)
{
	size_t kept = 0, end;

	runs->count = 0;
	if (files->count)
		qsort_r(files->items, files->count, sizeof(files->items[0]), compare_files, plan);
	for (size_t i = 0; i < files->count; i = end) {
		for (end = i + 1; end < files->count; end++)
			if (!same_run(plan, &files->items[i], &files->items[end]))
				break;
		if (end - i < 2)
			continue;
		memmove(&files->items[kept], &files->items[i], (end - i) * sizeof(files->items[0]));
		vec_push(runs, (struct dedupe_run){ kept, kept + (end - i) });
		kept += end - i;
	}
	files->count = kept;
}

/* Records of layers that nothing changed after all are of no use. */
static void drop_spare_records(struct plan *plan)
{
	size_t kept = 0;

	vec_foreach (segment, &plan->segments) {
		size_t begin = segment->record_begin;
		size_t count = segment->pass_through ? 0 : segment->record_end - begin;
		if (count && kept != begin)
			memmove(&plan->records.items[kept], &plan->records.items[begin],
				count * sizeof(plan->records.items[0]));
		segment->record_begin = kept;
		kept += count;
		segment->record_end = kept;
	}
	plan->records.count = kept;
}

int plan_dedupe(struct plan *plan, struct guard_list *guards, const struct context *context,
		struct error *err)
{
	struct finder in = { .plan = plan };
	struct dedupe_runs runs = VEC_INIT;
	int rc;

	grow_guards(plan, guards);
	in.guards = guards->items;
	in.of_path = xcalloc(paths_count(plan->names->paths) + (size_t)1, sizeof(uint32_t));
	for (uint32_t i = 0; i < plan->segments.count; i++)
		add_names(&in, i);
	free(in.of_path);
	find_files(&in);
	find_runs(plan, &in.files, &runs);
	rc = dedupe_hash(plan, &in.files, context, err);
	if (!rc) {
		find_runs(plan, &in.files, &runs);
		rc = dedupe_confirm(plan, &in.files, &runs, context, err);
	}
	if (!rc) {
		dedupe_link(plan, &in.files, &runs);
		drop_spare_records(plan);
	}
	vec_release(&runs);
	vec_release(&in.files);
	vec_release(&in.candidates);
	return rc;
}
