/* plan_json.c - a plan as JSON Lines. */
#include "plan/plan_json.h"

#include <string.h>

#include "tree/tree_digest.h"
#include "util/text.h"

void plan_input_identity(const struct image_set *images, const struct layer_set *layers,
			 struct digest *out)
{
	AUTO_PTR(hasher) hasher = hasher_new();
	char text[DIGEST_TEXT_SIZE];
	AUTO(strbuf) line = STRBUF_INIT;

	for (size_t i = 0; i < images->image_count; i++) {
		const struct image *image = &images->images[i];
		digest_text(&image->config_digest, text);
		strbuf_addf(&line, "image %s\n", text);
		for (size_t n = 0; n < image->layer_count; n++) {
			digest_text(&image->layers[n].diff_id, text);
			strbuf_addf(&line, "layer %s %s\n", text,
				    codec_name(layers->layers[layers->of_image[i][n]].compression));
		}
		for (size_t t = 0; t < image->tag_count; t++)
			strbuf_addf(&line, "tag %s\n", image->tags[t]);
	}
	hasher_update(hasher, line.data ? line.data : "", line.len);
	hasher_finish(hasher, out);
}

static void put(json_t *json, FILE *out)
{
	json_dumpf(json, out, JSON_COMPACT);
	fputc('\n', out);
	json_decref(json);
}

static json_t *integer(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static void put_header(const struct image_set *images, const struct layer_set *layers,
		       json_t *options, FILE *out)
{
	struct digest identity;
	char text[DIGEST_TEXT_SIZE];

	plan_input_identity(images, layers, &identity);
	digest_text(&identity, text);
	put(json_pack("{s:i, s:s, s:s, s:o}", "lightenPlan", PLAN_SCHEMA, "lighten",
		      LIGHTEN_VERSION, "input", text, "options", options),
	    out);
}

/* Names of the images that a segment belongs to. */
static json_t *users_of(const struct plan *plan, uint32_t segment, const struct image_set *images)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < plan->chain->image_count; i++)
		for (uint32_t s = 0; s < plan->segment_count[i]; s++)
			if (plan->of_image[i][s] == segment) {
				const char *name = image_name(&images->images[i]);
				AUTO_FREE char *shown = text_escaped(name, strlen(name));
				json_array_append_new(list, json_string(shown));
			}
	return list;
}

static void put_segment(const struct plan *plan, uint32_t number, const struct image_set *images,
			FILE *out)
{
	const struct segment *segment = &plan->segments.items[number];
	json_t *positions = json_array();

	for (uint32_t n = 0; n < segment->layer_count; n++)
		json_array_append_new(positions, integer(segment_position(plan, segment, n)));
	put(json_pack("{s:i, s:o, s:o, s:b, s:b, s:b, s:o, s:i}", "segment", (int)number,
		      "positions", positions, "images", users_of(plan, number, images), "frozen",
		      segment->frozen, "omitted", segment->omitted, "passThrough",
		      segment->pass_through, "records",
		      integer(segment->record_end - segment->record_begin), "layers",
		      (int)segment->output_count),
	    out);
}

static const char *const reasons[FATE_COUNT] = {
	[FATE_LIVE] = "live",
	[FATE_SHADOWED] = "shadowed",
	[FATE_SHADOWED_FROZEN] = "shadowed-frozen",
	[FATE_MARKER] = "marker",
	[FATE_REMOVED] = "rule",
	[FATE_EMPTIED] = "rule-empties",
	[FATE_DUPLICATE] = "duplicate",
	[FATE_REDUNDANT] = "redundant",
	[FATE_IGNORED] = "not-part-of-the-image",
};

static void put_action(const struct plan *plan, uint32_t position, uint32_t index, bool passes,
		       FILE *out)
{
	const struct position *at = &plan->chain->positions.items[position];
	const struct entry *entry = &chain_layer(plan->chain, position)->index.entries.items[index];
	slot_id slot = at->slot_begin + index;
	enum fate fate = (enum fate)plan->fates[slot];
	AUTO_FREE char *path = paths_display(plan->names->paths, entry->path);
	json_t *line =
		json_pack("{s:s, s:i, s:i, s:s, s:s, s:s}", "action",
			  passes		   ? "pass"
			  : fate == FATE_LIVE	   ? "keep"
			  : fate == FATE_DUPLICATE ? "link"
						   : "drop",
			  "position", (int)position, "entry", (int)index, "path", path, "type",
			  tar_type_name((enum tar_type)entry->type), "reason", reasons[fate]);

	if (fate == FATE_REMOVED || fate == FATE_EMPTIED)
		json_object_set_new(
			line, "rule",
			json_string(policy_rule(plan->policy, plan->killers[slot])->id));
	else if (plan->killers[slot] != UINT32_MAX && fate != FATE_LIVE)
		json_object_set_new(line, "by", json_integer(plan->killers[slot]));
	put(line, out);
}

/* Decisions of the policy: the only lines that a reviewer may change. */
static void put_decisions(const struct plan *plan, uint32_t image, FILE *out)
{
	static const char *const verdicts[] = { [VERDICT_DONE] = "done",
						[VERDICT_FROZEN] = "frozen",
						[VERDICT_SHARED] = "shared",
						[VERDICT_NEEDED] = "needed",
						[VERDICT_EDITED] = "done" };

	vec_foreach (decision, &plan->policies[image].list) {
		const struct policy_rule *rule = policy_rule(plan->policy, decision->rule);
		AUTO_FREE char *path = paths_display(plan->names->paths, decision->path);
		bool keeps = decision->verdict == VERDICT_EDITED;

		put(json_pack("{s:s, s:i, s:s, s:s, s:s, s:s}", "decision",
			      keeps		  ? "keep"
			      : decision->empties ? "truncate"
						  : "remove",
			      "image", (int)image, "path", path, "policy", rule->policy, "rule",
			      rule->id, "verdict", verdicts[decision->verdict]),
		    out);
	}
}

/* Identical files that become one: decisions of dedupe, of which the same may be said. */
static void put_links(const struct plan *plan, FILE *out)
{
	vec_foreach (link, &plan->links) {
		AUTO_FREE char *path = paths_display(plan->names->paths, link->path);
		AUTO_FREE char *carrier = paths_display(plan->names->paths, link->carrier);

		put(json_pack("{s:s, s:i, s:s, s:s, s:o}", "decision", "link", "segment",
			      (int)link->segment, "path", path, "to", carrier, "bytes",
			      integer(link->bytes)),
		    out);
	}
}

/* Files that the input does not have. */
static void put_added(const struct plan *plan, FILE *out)
{
	vec_foreach (file, &plan->added) {
		AUTO_FREE char *path = paths_display(plan->names->paths, file->path);
		put(json_pack("{s:s, s:i, s:s, s:o}", "action", "add", "segment",
			      (int)file->segment, "path", path, "bytes", integer(file->bytes)),
		    out);
	}
}

static void put_actions(const struct plan *plan, const struct segment *segment, FILE *out)
{
	for (uint32_t n = 0; n < segment->layer_count; n++) {
		uint32_t position = segment_position(plan, segment, n);
		for (uint32_t i = 0; i < plan->chain->positions.items[position].slot_count; i++)
			put_action(plan, position, i, segment->pass_through, out);
	}
}

static int put_trailer(const struct plan *plan, const struct context *context, FILE *out,
		       struct error *err)
{
	const struct plan_totals *totals = &plan->totals;
	json_t *trees = json_array();

	for (uint32_t i = 0; i < plan->chain->image_count; i++) {
		AUTO_PTR(merged_tree) tree = plan_tree(plan, i, PLAN_VIEW_OUTPUT, context, err);
		char text[DIGEST_TEXT_SIZE];
		struct digest digest;
		if (!tree) {
			json_decref(trees);
			return -1;
		}
		tree_digest(tree, &digest);
		digest_text(&digest, text);
		json_array_append_new(trees, json_string(text));
	}
	put(json_pack("{s:{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}, s:o}", "totals",
		      "layerBytes", integer(totals->layer_bytes), "live",
		      integer(totals->live_bytes), "shadowed", integer(totals->shadowed_bytes),
		      "frozen", integer(totals->frozen_bytes), "ignored",
		      integer(totals->ignored_bytes), "removed", integer(totals->removed_bytes),
		      "emptied", integer(totals->emptied_bytes), "duplicate",
		      integer(totals->duplicate_bytes), "redundant",
		      integer(totals->redundant_bytes), "framing", integer(totals->framing_bytes),
		      "entries", integer(totals->entries), "trees", trees),
	    out);
	return 0;
}

int plan_json_write(const struct plan *plan, const struct image_set *images,
		    const struct layer_set *layers, json_t *options, const struct context *context,
		    FILE *out, struct error *err)
{
	put_header(images, layers, options, out);
	for (uint32_t i = 0; i < plan->segments.count; i++)
		put_segment(plan, i, images, out);
	for (uint32_t i = 0; plan->policies && i < plan->chain->image_count; i++)
		put_decisions(plan, i, out);
	put_links(plan, out);
	put_added(plan, out);
	vec_foreach (segment, &plan->segments)
		put_actions(plan, segment, out);
	return put_trailer(plan, context, out, err);
}
