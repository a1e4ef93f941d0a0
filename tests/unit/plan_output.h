/* plan_output.h - carry a plan out in memory, without src/write, and judge what comes out. */
#ifndef TESTS_PLAN_OUTPUT_H
#define TESTS_PLAN_OUTPUT_H

#include "plan/plan.h"
#include "tar/tar_writer.h"
#include "tree_dump.h"

/* Append one output layer to *out. */
static inline int output_bytes(const struct plan *plan, const struct output_layer *output,
			       struct strbuf *out, struct error *err)
{
	struct record_texts texts = { STRBUF_INIT, STRBUF_INIT, VEC_INIT };
	const struct segment *segment = &plan->segments.items[output->segment];
	const struct layer *source = chain_layer(plan->chain, segment->last);
	int rc = 0;

	if (segment->pass_through) {
		size_t len = (size_t)source->tar.length;
		return range_read(&source->tar, 0, strbuf_grow(out, len), len, err);
	}
	for (size_t i = output->record_begin; !rc && i < output->record_end; i++) {
		const struct record *record = &plan->records.items[i];
		struct tar_header header;
		record_header(plan, record, &texts, &header);
		tar_encode_header(out, &header);
		if (!record_has_body(plan, record))
			continue;
		rc = entry_body(chain_layer(plan->chain, chain_position(plan->chain, record->body)),
				chain_entry(plan->chain, record->body), out, err);
		forge_zeros(out, (size_t)tar_padding(header.size));
	}
	forge_end(out);
	record_texts_release(&texts);
	return rc;
}

/* The images of the plan as a new stack, loaded.  -1 with output->err. */
static inline int output_stack(struct stack *output, const struct plan *plan, struct names *names)
{
	struct output_list list = VEC_INIT;
	int rc = 0;

	stack_init(output, names);
	for (uint32_t i = 0; !rc && i < plan->chain->image_count; i++) {
		stack_add_image(output);
		plan_image_outputs(plan, i, &list);
		for (size_t n = 0; !rc && n < list.count; n++) {
			const struct output_layer *layer = &plan->outputs.items[list.items[n]];
			AUTO(strbuf) tar = STRBUF_INIT;
			rc = output_bytes(plan, layer, &tar, &output->err);
			if (!rc && tar.len != plan_output_bytes(plan, layer))
				rc = error_set(&output->err, ERR_INTERNAL,
					       "plan_output_bytes() is not the size of the layer");
			if (!rc)
				stack_add_layer(output, tar.data, tar.len);
		}
	}
	vec_release(&list);
	return rc ? rc : stack_load(output);
}

/* The output layers of the first image in words: "=" passed through, "-" dropped, else its
 * records in the notation of layer_forge.h. */
static inline void describe(const struct plan *plan, struct strbuf *out)
{
	static const char letters[] = "fdshcbp";
	struct record_texts texts = { STRBUF_INIT, STRBUF_INIT, VEC_INIT };

	for (uint32_t n = 0; n < plan->segment_count[0]; n++) {
		const struct segment *segment = &plan->segments.items[plan->of_image[0][n]];
		strbuf_addstr(out, n ? " | " : "");
		if (!segment->output_count || segment->pass_through) {
			strbuf_addch(out, segment->output_count ? '=' : '-');
			continue;
		}
		for (size_t i = segment->record_begin; i < segment->record_end; i++) {
			struct tar_header header;
			record_header(plan, &plan->records.items[i], &texts, &header);
			strbuf_addf(out, "%s%c %.*s", i > segment->record_begin ? "," : "",
				    letters[header.type], (int)header.path.len,
				    header.path.len ? header.path.bytes : "");
			if (header.type == TAR_HARDLINK)
				strbuf_addf(out, " >%.*s", (int)header.link.len, header.link.bytes);
		}
	}
	record_texts_release(&texts);
	strbuf_addstr(out, plan->copies ? " copies" : "");
}

/* DESIGN.md ruling 11; -1 with a text. */
static inline int check_totals(const struct plan *plan, struct error *err)
{
	const struct plan_totals *totals = &plan->totals;
	uint64_t layers = 0, entries = 0, dead = 0;

	vec_foreach (position, &plan->chain->positions) {
		layers += plan->chain->layers->layers[position->layer].index.total_bytes;
		entries += position->slot_count;
	}
	if (totals->layer_bytes != layers || totals->entries != entries)
		return error_set(err, ERR_INTERNAL, "totals: layers or entries");
	if (layers != totals->live_bytes + totals->shadowed_bytes + totals->frozen_bytes +
			      totals->ignored_bytes + totals->duplicate_bytes +
			      totals->redundant_bytes + totals->framing_bytes)
		return error_set(err, ERR_INTERNAL, "totals do not add up");
	vec_foreach (pair, &totals->pairs)
		dead += pair->bytes;
	if (dead > totals->shadowed_bytes)
		return error_set(err, ERR_INTERNAL, "pairs have more bytes than are shadowed");
	for (slot_id slot = 0; slot < plan->chain->slot_count; slot++)
		if (plan->fates[slot] >= FATE_COUNT)
			return error_set(err, ERR_INTERNAL, "slot %u has no fate", slot);
	return 0;
}

/* Does something stand at a path below the layer, in the order of tree_node()? */
static inline int marker_holds(const struct merged_tree *below, const struct entry *entry)
{
	const struct tree_node *node = tree_node(below, entry->path);

	if (entry->kind == ENTRY_WHITEOUT)
		return node != NULL;
	return node && node->type == TAR_DIR && node->child != PATH_NONE &&
	       entry->path != PATH_ROOT;
}

/* The writer rules of SEMANTICS.md C.5 that an output layer must obey; one that is passed on may
 * leave out its ancestors and name things through its own symlinks. */
static inline int check_layer_rules(const struct stack *output, const struct layer *layer,
				    const struct merged_tree *below, int passed, struct error *err)
{
	uint32_t count = paths_count(output->names->paths);
	AUTO_FREE uint8_t *seen = xcalloc(count, 1);
	const char *broken = NULL;

	if (layer->index.flaws)
		return error_set(err, ERR_INTERNAL, "flaws %x", layer->index.flaws);
	vec_foreach (entry, &layer->index.entries) {
		path_id parent = entry->path ? paths_parent(output->names->paths, entry->path) : 0;
		bool marker = entry->kind != ENTRY_NORMAL;
		if (seen[entry->path] & (entry->kind == ENTRY_OPAQUE ? 2 : 1))
			broken = "a path twice, or a marker beside an entry";
		if (!passed && parent && !(seen[parent] & 1))
			broken = "an entry whose parent is not listed before it";
		if (!passed && entry->kind == ENTRY_OPAQUE && !(seen[entry->path] & 1))
			broken = "an opaque marker before its directory";
		if (entry->kind == ENTRY_WHITEOUT && seen[parent] & 2)
			broken = "a whiteout in an opaque directory";
		if (marker && (!below || !marker_holds(below, entry)))
			broken = "a marker that hides nothing";
		if (!passed && !marker && entry->type == TAR_HARDLINK && !(seen[entry->link] & 1))
			broken = "a hard link before its target";
		seen[entry->path] |= entry->kind == ENTRY_OPAQUE ? 2 : 1;
		if (broken) {
			AUTO_FREE char *shown = paths_display(output->names->paths, entry->path);
			return error_set(err, ERR_INTERNAL, "%s: %s", shown, broken);
		}
	}
	return 0;
}

/* The same of all rebuilt layers of an image; frozen ones are what they were, as
 * all are when nothing may be lost. */
static inline int check_image_rules(struct stack *output, const struct plan *plan, uint32_t image,
				    struct error *err)
{
	AUTO_PTR(merged_tree)
	tree = merged_tree_new(&output->chain, output->names, &output->limits, output->warnings,
			       NULL);
	struct output_list list = VEC_INIT;
	int rc = 0;

	plan_image_outputs(plan, image, &list);
	for (uint32_t n = 0; !rc && n < list.count; n++) {
		const struct segment *segment =
			&plan->segments.items[plan->outputs.items[list.items[n]].segment];
		uint32_t position = output->chain.of_image[image][n];
		if (!segment->frozen && !plan->options.lossless)
			rc = check_layer_rules(output, chain_layer(&output->chain, position),
					       n ? tree : NULL, segment->pass_through, err);
		if (!rc)
			rc = merged_tree_apply(tree, position, err);
		if (!rc && !segment->frozen && !plan->options.lossless && tree->flaws)
			rc = error_set(err, ERR_INTERNAL, "flaws %x", tree->flaws);
		if (rc)
			error_wrap(err, "output layer %u", n);
	}
	vec_release(&list);
	return rc;
}

/* Names that share an inode in `after` share one in `before`. */
static inline int groups_only_split(const struct merged_tree *before,
				    const struct merged_tree *after)
{
	struct VEC(inode_id) old = VEC_INIT;
	int good = 1;

	while (old.count < after->inodes.count)
		vec_push(&old, INODE_NONE);
	for (path_id path = 1; good && path < after->nodes.count; path++) {
		const struct tree_node *node = tree_node(after, path),
				       *was = tree_node(before, path);
		if (!node || !was)
			continue;
		inode_id now = node->inode, then = was->inode;
		tree_inode(after, &now);
		tree_inode(before, &then);
		good = old.items[now] == INODE_NONE || old.items[now] == then;
		old.items[now] = then;
	}
	vec_release(&old);
	return good;
}

/* -1 with both texts unless two trees show the same. */
static inline int same_dumps(const struct merged_tree *want, const struct merged_tree *got,
			     int flat, const char *what, struct error *err)
{
	AUTO_FREE char *left = tree_dump(want, flat);
	AUTO_FREE char *right = tree_dump(got, flat);

	if (!strcmp(left, right))
		return 0;
	return error_set(err, ERR_INTERNAL, "%s: shows\n  \"%s\"\n not \"%s\"", what, right, left);
}

static inline inode_id inode_at(const struct merged_tree *tree, path_id path)
{
	const struct tree_node *node = tree_node(tree, path);
	inode_id id = node && node->type == TAR_FILE ? node->inode : INODE_NONE;

	if (id != INODE_NONE)
		tree_inode(tree, &id);
	return id;
}

/* Names that became one file: none of them is too small, or of a mode that is guarded. */
static inline int check_joined(const struct merged_tree *before, const struct merged_tree *after,
			       const struct plan_options *options, struct error *err)
{
	for (path_id a = 1; a < after->nodes.count; a++)
		for (path_id b = a + 1; b < after->nodes.count; b++) {
			inode_id one = inode_at(after, a), two = inode_at(after, b);
			struct tree_stat stat;
			if (one == INODE_NONE || one != two ||
			    inode_at(before, a) == inode_at(before, b))
				continue;
			tree_stat(after, tree_node(after, a), &stat);
			if (options->dedupe == DEDUPE_OFF || stat.mode & 06022 ||
			    stat.size < options->dedupe_floor)
				return error_set(err, ERR_INTERNAL, "path %u and %u are one file",
						 a, b);
		}
	return 0;
}

/* Do all images show the same before and after, but for what dedupe was to change? */
static inline int check_same_trees(struct stack *input, struct stack *output,
				   const struct plan *plan, struct error *err)
{
	int flat = plan->options.dedupe == DEDUPE_ALL
			   ? 2
			   : plan->copies || plan->links.count || plan->rewrites.count;

	for (uint32_t i = 0; i < plan->chain->image_count; i++) {
		AUTO_PTR(merged_tree) before = stack_merge(input, i);
		AUTO_PTR(merged_tree) after = stack_merge(output, i);
		AUTO_PTR(merged_tree)
		planned = plan_tree(plan, i, PLAN_VIEW_OUTPUT, &input->context, err);
		if (!before || !after || !planned)
			return error_set(err, ERR_INTERNAL, "%s",
					 before ? output->err.message : input->err.message);
		if (same_dumps(planned, after, plan->copies, "plan", err) < 0 ||
		    same_dumps(before, after, flat, "input", err) < 0 ||
		    check_joined(before, after, &plan->options, err) < 0)
			return error_wrap(err, "image %u", i);
		if (!groups_only_split(planned, after) ||
		    (!plan->links.count && !plan->rewrites.count &&
		     !groups_only_split(before, after)))
			return error_set(err, ERR_INTERNAL, "image %u has new hard links", i);
	}
	return 0;
}

/* Must two entries of a rebuilt layer be one file? */
static inline int should_link(const struct layer *layer, const struct entry *a,
			      const struct entry *b, const struct plan_options *options,
			      struct error *err)
{
	AUTO(strbuf) left = STRBUF_INIT;
	AUTO(strbuf) right = STRBUF_INIT;

	if (a->type != TAR_FILE || b->type != TAR_FILE || a->kind != ENTRY_NORMAL ||
	    b->kind != ENTRY_NORMAL || a->size != b->size || a->size < options->dedupe_floor ||
	    a->mode != b->mode || a->mode & 06022 || a->uid != b->uid || a->gid != b->gid ||
	    a->xattrs != b->xattrs || (options->dedupe == DEDUPE_SAFE && a->mtime != b->mtime))
		return 0;
	if (entry_body(layer, a, &left, err) < 0 || entry_body(layer, b, &right, err) < 0)
		return 1;
	return left.len == right.len && !memcmp(left.data, right.data, left.len);
}

/* No two files of a rebuilt layer that dedupe could have made one. */
static inline int check_deduped(const struct stack *output, const struct plan *plan,
				struct error *err)
{
	struct output_list list = VEC_INIT;
	int rc = 0;

	for (uint32_t i = 0; i < plan->chain->image_count; i++) {
		plan_image_outputs(plan, i, &list);
		for (uint32_t n = 0; !rc && n < list.count; n++) {
			uint32_t number = plan->outputs.items[list.items[n]].segment;
			const struct layer *layer =
				chain_layer(&output->chain, output->chain.of_image[i][n]);
			if (plan->segments.items[number].frozen)
				continue;
			vec_foreach (a, &layer->index.entries)
				for (const struct entry *b = layer->index.entries.items; b < a; b++)
					if (!rc && should_link(layer, a, b, &plan->options, err))
						rc = error_set(err, ERR_INTERNAL,
							       "paths %u and %u of output layer %u "
							       "are the same",
							       a->path, b->path, n);
		}
	}
	vec_release(&list);
	return rc;
}

/* Names of the file behind a node; 0 for none. */
static inline size_t names_of(const struct merged_tree *tree, inode_id inode)
{
	size_t count = 0;

	for (path_id path = 1; path < tree->nodes.count; path++)
		count += inode_at(tree, path) == inode;
	return count;
}

/* Is an entry what stands below already?  Files with one name only. */
static inline int is_redundant(const struct merged_tree *below, const struct merged_tree *now,
			       const struct entry *entry, struct error *err)
{
	inode_id old = inode_at(below, entry->path), fresh = inode_at(now, entry->path);
	AUTO(strbuf) left = STRBUF_INIT;
	AUTO(strbuf) right = STRBUF_INIT;
	struct tree_stat one, two;

	if (entry->kind != ENTRY_NORMAL || entry->type != TAR_FILE || old == INODE_NONE ||
	    fresh == INODE_NONE || names_of(below, old) != 1 || names_of(now, fresh) != 1)
		return 0;
	tree_stat(below, tree_node(below, entry->path), &one);
	tree_stat(now, tree_node(now, entry->path), &two);
	if (memcmp(&one, &two, sizeof(one)) != 0)
		return 0;
	slot_id bodies[] = { below->inodes.items[old].body, now->inodes.items[fresh].body };
	for (int i = 0; i < 2; i++)
		if (entry_body(chain_layer(now->chain, chain_position(now->chain, bodies[i])),
			       chain_entry(now->chain, bodies[i]), i ? &right : &left, err) < 0)
			return 1;
	return left.len == right.len && (!left.len || !memcmp(left.data, right.data, left.len));
}

/* No layer that may change writes a file again as it was. */
static inline int check_rewrites(struct stack *output, const struct plan *plan, struct error *err)
{
	struct output_list list = VEC_INIT;
	int rc = 0;

	for (uint32_t i = 0; i < plan->chain->image_count; i++) {
		AUTO_PTR(merged_tree)
		below = merged_tree_new(&output->chain, output->names, &output->limits,
					output->warnings, NULL);
		AUTO_PTR(merged_tree)
		now = merged_tree_new(&output->chain, output->names, &output->limits,
				      output->warnings, NULL);
		plan_image_outputs(plan, i, &list);
		for (uint32_t n = 0; !rc && n < list.count; n++) {
			uint32_t position = output->chain.of_image[i][n];
			uint32_t segment = plan->outputs.items[list.items[n]].segment;

			rc = merged_tree_apply(now, position, err);
			vec_foreach (entry, &chain_layer(&output->chain, position)->index.entries)
				if (!rc && !plan->segments.items[segment].frozen &&
				    is_redundant(below, now, entry, err))
					rc = error_set(err, ERR_INTERNAL,
						       "path %u of output layer %u is as below",
						       entry->path, n);
			if (!rc)
				rc = merged_tree_apply(below, position, err);
		}
	}
	vec_release(&list);
	return rc;
}

/* Plan the output with the same options: every layer must come out as it went in. */
static inline int check_stable(struct stack *output, const struct plan_options *options,
			       struct error *err)
{
	struct plan_options same = *options;
	same.images = &output->set;
	AUTO_PTR(plan)
	again = plan_build(&output->chain, output->names, &same, &output->context, err);

	if (!again)
		return error_wrap(err, "second plan");
	vec_foreach (segment, &again->segments)
		if (!segment->pass_through || !segment->output_count)
			return error_set(err, ERR_INTERNAL,
					 "a second run would rebuild or drop a layer");
	return 0;
}

static inline int has_odd_links(const struct plan *plan)
{
	vec_foreach (segment, &plan->segments)
		if (segment->flaws & FLAW_LINKS)
			return 1;
	return 0;
}

/* Plan the stack, carry it out, and check everything that must hold. */
static inline int check_plan(struct stack *input, const struct plan_options *options,
			     struct error *err)
{
	struct plan_options with_images = *options;
	with_images.images = &input->set;
	AUTO_PTR(plan)
	plan = plan_build(&input->chain, input->names, &with_images, &input->context, err);
	AUTO(stack) output = { 0 };

	if (!plan)
		return -1;
	if (check_totals(plan, err) < 0)
		return -1;
	if (output_stack(&output, plan, input->names) < 0)
		return error_set(err, ERR_INTERNAL, "output: %s", output.err.message);
	if (check_same_trees(input, &output, plan, err) < 0)
		return -1;
	if (options->dedupe && !options->max_layers && check_deduped(&output, plan, err) < 0)
		return -1;
	if (options->dedupe && !options->max_layers && !has_odd_links(plan) &&
	    check_rewrites(&output, plan, err) < 0)
		return -1;
	for (uint32_t i = 0; i < plan->chain->image_count; i++)
		if (check_image_rules(&output, plan, i, err) < 0)
			return -1;
	/* Parts of a cut layer merge and are cut again: the bytes are the same, not the layers. */
	if (options->max_layers > 1 || options->layer_size)
		return 0;
	/* What odd links lead to is written again; when they are gone, a second run sees that. */
	if (options->dedupe && has_odd_links(plan))
		return 0;
	/* Layers of two images that came out alike are one layer now, which both use. */
	if (output.chain.positions.count < plan->outputs.count)
		return 0;
	return check_stable(&output, options, err);
}

#endif
