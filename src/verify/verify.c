/* verify.c - open an archive again through the loader and compare merged trees. */
#include "verify/verify.h"

#include <string.h>

#include "image/json.h"
#include "image/labels.h"
#include "image/reference.h"
#include "layer/layer_set.h"
#include "util/text.h"
#include "verify/tree_compare.h"
#include "verify/tree_mark.h"

/* An archive as far as comparing needs it. */
struct opened {
	struct image_set *images;
	struct layer_set *layers;
	struct chain chain;
};

static int open_archive(struct opened *out, const struct input *input, struct names *names,
			enum layer_check check, const struct context *context, struct error *err)
{
	out->images = image_set_load(input, context, err);
	if (!out->images)
		return -1;
	out->layers = layer_set_load(out->images, names, check, context, err);
	if (!out->layers || layer_set_finish(out->layers, err) < 0)
		return error_wrap(err, "%s", input->name);
	if (chain_init(&out->chain, out->layers, out->images, &context->limits, err) < 0)
		return error_wrap(err, "%s", input->name);
	return 0;
}

static void close_archive(struct opened *opened)
{
	chain_release(&opened->chain);
	if (opened->layers)
		layer_set_free(opened->layers);
	if (opened->images)
		image_set_free(opened->images);
}

static struct merged_tree *tree_of(const struct chain *chain, struct names *names, uint32_t image,
				   const struct context *context, struct error *err)
{
	AUTO_PTR(merged_tree) tree = merged_tree_new(chain, names, &context->limits, NULL, NULL);

	return merged_tree_apply_image(tree, image, err) < 0 ? NULL : STEAL(tree);
}

static uint32_t find_config(const struct image_set *images, const struct digest *config)
{
	for (uint32_t i = 0; i < images->image_count; i++)
		if (digest_equal(&images->images[i].config_digest, config))
			return i;
	return UINT32_MAX;
}

/* --- configs -------------------------------------------------------------------------------- */

static void say(struct verify_answer *answer, char *line)
{
	if (answer->count++ < TREE_FINDINGS_MAX)
		vec_push(&answer->lines, line);
	else
		free(line);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* Name the keys of the left that differ in the right, `second`: that the right lacks.  Of a key in
 * several spellings only the value that engines take counts. */
static void compare_keys(const struct image *image, json_t *left, json_t *right, bool second,
			 struct verify_answer *answer)
{
	json_t *ours = json_lower_keys(left), *theirs = json_lower_keys(right);
	const char *key;
	json_t *value;

	json_object_foreach(left, key, value)
	{
		AUTO_FREE char *lower = json_lower_key(key);
		json_t *other = json_object_get(theirs, lower);
		if (json_object_get(ours, lower) != value || (second && other))
			continue;
		if (!other || !json_equal(value, other))
			say(answer, xasprintf("%s: config differs: %s", image_name(image), key));
	}
	json_decref(ours);
	json_decref(theirs);
}

/* `labels` are those that `b` is to have besides; NULL: none. */
static void compare_configs(const struct image *a, const struct image *b,
			    const struct labels *labels, struct verify_answer *answer)
{
	json_t *left = labels_applied(json_get(a->config, "config"), labels);
	json_t *right = json_get(b->config, "config");

	compare_keys(a, left, right, false, answer);
	compare_keys(a, right, left, true, answer);
	if (!same_text(a->os, b->os) || !same_text(a->architecture, b->architecture))
		say(answer, xasprintf("%s: platform differs", image_name(a)));
	json_decref(left);
}

/* --- the output of a run ---------------------------------------------------------------------- */

/* One comparison of a planned tree with what was written. */
static int compare_trees(const struct merged_tree *planned, const struct merged_tree *written,
			 const struct compare_options *options, uint32_t image,
			 const struct context *context, struct tree_findings *found,
			 struct error *err)
{
	if (tree_compare(planned, written, options, context, found, err) < 0)
		return -1;
	if (!found->count)
		return 0;
	AUTO_FREE char *shown = paths_display(planned->names->paths, found->list.items[0].path);
	return error_set(err, ERR_INTERNAL, "image %u: \"%s\": %s (%llu differences)", image, shown,
			 tree_difference_text(found->list.items[0].kind),
			 (unsigned long long)found->count);
}

/* Files that were linked are looked at once more as they were: a link must have brought each name
 * to the bytes that it had. */
static int compare_linked(const struct merged_tree *written, const struct plan *plan,
			  uint32_t image, const struct context *context, struct error *err)
{
	const struct compare_options options = { .contents = true, .contents_only = true };
	AUTO_PTR(merged_tree) apart = plan_tree(plan, image, PLAN_VIEW_APART, context, err);
	AUTO(tree_findings) found = { .count = 0 };

	return apart ? compare_trees(apart, written, &options, image, context, &found, err) : -1;
}

/* 1: the trees are alike, looked at one after the other so that memory holds only one; 0: look
 * closer; -1. */
static int same_marks(const struct opened *output, const struct plan *plan, uint32_t image,
		      uint32_t twin, const struct context *context, struct verify_result *result,
		      struct error *err)
{
	struct tree_mark marks[2];

	for (int i = 0; i < 2; i++) {
		AUTO_PTR(merged_tree)
		tree = i ? tree_of(&output->chain, plan->names, twin, context, err)
			 : plan_tree(plan, image, PLAN_VIEW_OUTPUT, context, err);
		if (!tree)
			return -1;
		marks[i] = tree_mark(tree);
	}
	if (!tree_mark_equal(&marks[0], &marks[1]))
		return 0;
	result->compared += marks[0].names;
	return 1;
}

static int compare_planned(const struct opened *output, const struct plan *plan, uint32_t image,
			   uint32_t twin, enum verify_level level, const struct context *context,
			   struct verify_result *result, struct error *err)
{
	bool linked = level == VERIFY_FULL && plan->links.count;

	if (level == VERIFY_STRUCTURE && !plan->copies) {
		int rc = same_marks(output, plan, image, twin, context, result, err);
		if (rc)
			return rc < 0 ? -1 : 0;
	}
	AUTO_PTR(merged_tree)
	planned = plan_tree(plan, image, PLAN_VIEW_OUTPUT, context, err);
	AUTO_PTR(merged_tree)
	written = planned ? tree_of(&output->chain, plan->names, twin, context, err) : NULL;
	struct compare_options options = { .contents = level == VERIFY_FULL && !linked,
					   .allow_split = plan->copies };
	AUTO(tree_findings) found = { .count = 0 };

	if (!written || compare_trees(planned, written, &options, image, context, &found, err) < 0)
		return -1;
	result->compared += found.compared;
	return linked ? compare_linked(written, plan, image, context, err) : 0;
}

/* Does the config say to containers what the input's does, with the labels of the plan? */
static int compare_config(const struct opened *output, const struct plan *plan, uint32_t image,
			  uint32_t twin, struct error *err)
{
	AUTO(verify_answer) answer = { .count = 0 };

	compare_configs(&plan->options.images->images[image], &output->images->images[twin],
			plan->options.labels, &answer);
	return answer.count ? error_set(err, ERR_INTERNAL, "%s", answer.lines.items[0]) : 0;
}

static int compare_output(struct opened *opened, const struct input *output,
			  const struct plan *plan, const struct digest *configs,
			  enum verify_level level, const struct context *context,
			  struct verify_result *result, struct error *err)
{
	enum layer_check check = level == VERIFY_FULL ? LAYER_CHECK_DIGESTS : LAYER_CHECK_NOTHING;

	if (open_archive(opened, output, plan->names, check, context, err) < 0)
		return -1;
	for (uint32_t i = 0; i < plan->chain->image_count; i++) {
		uint32_t twin = find_config(opened->images, &configs[i]);
		if (twin == UINT32_MAX)
			return error_set(err, ERR_INTERNAL, "image %u is not in the output", i);
		if (compare_config(opened, plan, i, twin, err) < 0)
			return -1;
		if (compare_planned(opened, plan, i, twin, level, context, result, err) < 0)
			return -1;
	}
	return 0;
}

int verify_output(const struct input *output, const struct plan *plan, const struct digest *configs,
		  enum verify_level level, const struct context *context,
		  struct verify_result *result, struct error *err)
{
	struct opened opened = { 0 };
	struct warnings *ignored = warnings_new();
	struct context quiet = *context;
	int rc;

	/* What is odd about the input was said when it was read. */
	quiet.warnings = ignored;
	*result = (struct verify_result){ level, 0 };
	rc = compare_output(&opened, output, plan, configs, level, &quiet, result, err);
	if (rc < 0 && err->code != ERR_IO && err->code != ERR_INTERNAL)
		err->code = ERR_INTERNAL;
	if (rc < 0)
		error_wrap(err, "verification of the output failed");
	close_archive(&opened);
	warnings_free(ignored);
	return rc;
}

/* --- verify A B ------------------------------------------------------------------------------ */

static bool shares_tag(const struct image *a, const struct image *b)
{
	for (size_t i = 0; i < a->tag_count; i++) {
		AUTO_FREE char *left = reference_full(a->tags[i]);
		for (size_t j = 0; j < b->tag_count; j++) {
			AUTO_FREE char *right = reference_full(b->tags[j]);
			if (!strcmp(left, right))
				return true;
		}
	}
	return false;
}

/* Same name and, if both tell, same platform. */
static bool is_twin(const struct image *a, const struct image *b)
{
	return shares_tag(a, b) && same_text(a->architecture, b->architecture) &&
	       same_text(a->variant, b->variant);
}

/* The image of `right` for each of `left`: by tag, then by position. */
static uint32_t pair_of(const struct image_set *left, const struct image_set *right, uint32_t image)
{
	for (uint32_t i = 0; i < right->image_count; i++)
		if (is_twin(&left->images[image], &right->images[i]))
			return i;
	return image < right->image_count ? image : UINT32_MAX;
}

static void say_findings(struct verify_answer *answer, const struct image *image,
			 const struct names *names, const struct tree_findings *found)
{
	vec_foreach (finding, &found->list) {
		AUTO_FREE char *shown = paths_display(names->paths, finding->path);
		say(answer, xasprintf("%s: %s: %s", image_name(image), shown,
				      tree_difference_text(finding->kind)));
	}
	answer->count += found->count - found->list.count;
}

static int compare_images(const struct opened *left, const struct opened *right, uint32_t a,
			  uint32_t b, struct names *names, const struct context *context,
			  struct verify_answer *answer, struct error *err)
{
	AUTO_PTR(merged_tree) one = tree_of(&left->chain, names, a, context, err);
	AUTO_PTR(merged_tree) two = one ? tree_of(&right->chain, names, b, context, err) : NULL;
	struct compare_options options = { .contents = true };
	AUTO(tree_findings) found = { .count = 0 };

	if (!two || tree_compare(one, two, &options, context, &found, err) < 0)
		return -1;
	answer->compared += found.compared;
	say_findings(answer, &left->images->images[a], names, &found);
	return 0;
}

static int compare_archives(const struct opened *left, const struct opened *right, bool tree_only,
			    struct names *names, const struct context *context,
			    struct verify_answer *answer, struct error *err)
{
	uint32_t count = (uint32_t)left->images->image_count;

	progress_begin(context->progress, "comparing", 0);
	if (left->images->image_count != right->images->image_count)
		say(answer, xasprintf("%zu images, %zu images", left->images->image_count,
				      right->images->image_count));
	for (uint32_t i = 0; i < count; i++) {
		uint32_t twin = pair_of(left->images, right->images, i);
		if (twin == UINT32_MAX)
			continue;
		if (!tree_only)
			compare_configs(&left->images->images[i], &right->images->images[twin],
					NULL, answer);
		if (compare_images(left, right, i, twin, names, context, answer, err) < 0)
			return -1;
	}
	return 0;
}

int verify_archives(const struct input *left, const struct input *right, bool tree_only,
		    const struct context *context, struct verify_answer *answer, struct error *err)
{
	AUTO(names) names = { NULL, NULL, NULL };
	struct opened one = { 0 }, two = { 0 };
	int rc;

	names_init(&names, &context->limits);
	rc = open_archive(&one, left, &names, LAYER_CHECK_DIGESTS, context, err);
	if (!rc)
		rc = open_archive(&two, right, &names, LAYER_CHECK_DIGESTS, context, err);
	if (!rc)
		rc = compare_archives(&one, &two, tree_only, &names, context, answer, err);
	close_archive(&one);
	close_archive(&two);
	return rc;
}

/* What the plan promises of one image, every byte of it. */
static int compare_promise(const struct plan *plan, uint32_t number, const struct opened *right,
			   uint32_t twin, const struct context *context,
			   struct verify_answer *answer, struct error *err)
{
	const struct image *image = &plan->options.images->images[number];
	bool linked = plan->links.count > 0;
	struct compare_options options = { .contents = !linked, .allow_split = plan->copies };
	AUTO_PTR(merged_tree)
	written = tree_of(&right->chain, plan->names, twin, context, err);

	for (int apart = 0; written && apart <= linked; apart++) {
		AUTO(tree_findings) found = { .count = 0 };
		AUTO_PTR(merged_tree)
		planned = plan_tree(plan, number, apart ? PLAN_VIEW_APART : PLAN_VIEW_OUTPUT,
				    context, err);
		if (!planned || tree_compare(planned, written, &options, context, &found, err) < 0)
			return -1;
		answer->compared += apart ? 0 : found.compared;
		say_findings(answer, image, plan->names, &found);
		/* Names that were linked must show the bytes that each had. */
		options = (struct compare_options){ .contents = true, .contents_only = true };
	}
	return written ? 0 : -1;
}

int verify_planned(const struct plan *plan, const struct input *right, bool tree_only,
		   const struct context *context, struct verify_answer *answer, struct error *err)
{
	const struct image_set *images = plan->options.images;
	struct opened two = { 0 };
	int rc = open_archive(&two, right, plan->names, LAYER_CHECK_DIGESTS, context, err);

	if (!rc && images->image_count != two.images->image_count)
		say(answer, xasprintf("%zu images, %zu images", images->image_count,
				      two.images->image_count));
	for (uint32_t i = 0; !rc && i < images->image_count; i++) {
		uint32_t twin = pair_of(images, two.images, i);
		if (twin == UINT32_MAX)
			continue;
		if (!tree_only)
			compare_configs(&images->images[i], &two.images->images[twin],
					plan->options.labels, answer);
		rc = compare_promise(plan, i, &two, twin, context, answer, err);
	}
	close_archive(&two);
	return rc;
}

void verify_answer_release(struct verify_answer *answer)
{
	vec_foreach (line, &answer->lines)
		free(*line);
	vec_release(&answer->lines);
}
