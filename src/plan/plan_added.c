/* plan_added.c - files that the output has and the input has not: settings for package managers
 * (--persist).
 *
 * They are entries of a small layer of our own that is put on the top segment of an image, so that
 * everything behind this treats them like other entries. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "image/json.h"
#include "plan_internal.h"
#include "policy/persist.h"
#include "tar/tar_writer.h"

/* What is to be added to one image. */
struct addition {
	struct strbuf texts; /* names and contents, to compare by */
	struct strbuf tar;   /* without its end */
	uint64_t bytes;
};

static void addition_release(struct addition *addition)
{
	strbuf_release(&addition->texts);
	strbuf_release(&addition->tar);
}

/* SOURCE_DATE_EPOCH, else the time at which the image was created: never that of the run. */
static int64_t time_of(const struct image *image)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	const char *created = json_get_string(image->config, "created");
	struct tm tm = { .tm_mday = 1 };
	long long time = 0;
	char *end;

	if (epoch && *epoch >= '0' && *epoch <= '9') {
		time = strtoll(epoch, &end, 10);
		if (!*end)
			return time;
	}
	if (!created || sscanf(created, "%d-%d-%dT%d:%d:%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
			       &tm.tm_hour, &tm.tm_min, &tm.tm_sec) != 6)
		return 0;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	time = timegm(&tm);
	return time < 0 ? 0 : time;
}

/* --- one image ------------------------------------------------------------------------------- */

static path_id find(const struct merged_tree *tree, const char *path, size_t len)
{
	const struct paths *paths = tree->names->paths;
	path_id at = PATH_ROOT;

	for (size_t i = 1; i < len && at != PATH_NONE;) {
		size_t part = 0;
		while (i + part < len && path[i + part] != '/')
			part++;
		at = paths_find(paths, at, (struct tar_text){ path + i, part });
		if (at != PATH_NONE && !tree_node(tree, at))
			at = PATH_NONE;
		i += part + 1;
	}
	return at;
}

/* 1: the very text is there already; 0: the name is free; -1: something else has it. */
static int look(const struct merged_tree *tree, const struct image *image, const char *path,
		const struct strbuf *text, struct error *err)
{
	AUTO(error) unreadable = ERROR_INIT;
	AUTO(strbuf) found = STRBUF_INIT;
	path_id at = find(tree, path, strlen(path));
	const struct tree_node *node = at == PATH_NONE ? NULL : tree_node(tree, at);
	struct range body;

	if (!node)
		return 0;
	if (tree_body(tree, node, &body) && body.length == text->len &&
	    !range_read(&body, 0, strbuf_grow(&found, text->len), text->len, &unreadable) &&
	    !memcmp(found.data, text->data, text->len))
		return 1;
	return error_set(err, ERR_USAGE,
			 "--persist: %s has another %s already: remove it (--drop), or leave "
			 "--persist out",
			 image_name(image), path);
}

static void add(struct addition *addition, const struct image *image, const char *path,
		const struct strbuf *text)
{
	struct tar_header header = { .type = TAR_FILE,
				     .path = { path + 1, strlen(path) - 1 },
				     .size = text->len,
				     .mode = 0644,
				     .mtime = time_of(image) };

	strbuf_addf(&addition->texts, "%s\n%s", path, text->data);
	tar_encode_header(&addition->tar, &header);
	strbuf_add(&addition->tar, text->data, text->len);
	memset(strbuf_grow(&addition->tar, tar_padding(text->len)), 0, tar_padding(text->len));
	addition->bytes += text->len;
}

/* The rules that took something of the image. */
static bool *rules_that_took(const struct plan *plan, uint32_t image)
{
	bool *took = xcalloc(policy_rule_count(plan->policy) + (size_t)1, sizeof(bool));

	vec_foreach (decision, &plan->policies[image].list)
		took[decision->rule] |= decision->verdict == VERDICT_DONE;
	return took;
}

static int gather(const struct plan *plan, uint32_t image, struct addition *out,
		  const struct context *context, struct error *err)
{
	const struct image *of = &plan->options.images->images[image];
	AUTO_FREE bool *took = rules_that_took(plan, image);
	AUTO_PTR(merged_tree) tree = plan_tree(plan, image, PLAN_VIEW_APART, context, err);
	struct policy_persist_list files = VEC_INIT;
	int rc = tree ? 0 : -1;

	policy_persist_files(plan->policy, &files);
	for (size_t i = 0; rc >= 0 && i < files.count; i++) {
		const char *path = files.items[i].path;
		path_id folder = find(tree, path, (size_t)(strrchr(path, '/') - path));
		AUTO(strbuf) text = STRBUF_INIT;
		/* Where the folder is not, the package manager is not. */
		if (folder == PATH_NONE || tree_node(tree, folder)->type != TAR_DIR)
			continue;
		policy_persist_text(plan->policy, took, &files.items[i], &text);
		if (!text.len)
			continue;
		rc = look(tree, of, path, &text, err);
		if (!rc)
			add(out, of, path, &text);
	}
	vec_release(&files);
	return rc < 0 ? -1 : 0;
}

/* --- all images ------------------------------------------------------------------------------ */

static bool same_texts(const struct addition *a, const struct addition *b)
{
	return a->texts.len == b->texts.len &&
	       (!a->texts.len || !memcmp(a->texts.data, b->texts.data, a->texts.len));
}

static uint32_t top_of(const struct plan *plan, uint32_t image)
{
	return plan->of_image[image][plan->segment_count[image] - 1];
}

/* All images that go through a segment must want the same on top of it. */
static int check(const struct plan *plan, uint32_t image, const struct addition *all,
		 struct error *err)
{
	const struct image *images = plan->options.images->images;
	uint32_t top = top_of(plan, image);

	if (plan->segments.items[top].frozen)
		return error_set(err, ERR_USAGE,
				 "--persist: every layer of %s is to stay as it is, so that none "
				 "can hold a new file",
				 image_name(&images[image]));
	for (uint32_t i = 0; i < plan->chain->image_count; i++)
		for (uint32_t s = 0; s < plan->segment_count[i]; s++)
			if (plan->of_image[i][s] == top &&
			    (top_of(plan, i) != top || !same_texts(&all[i], &all[image])))
				return error_set(err, ERR_USAGE,
						 "--persist: %s is a part of %s: choose one with "
						 "--image",
						 image_name(&images[image]),
						 image_name(&images[i]));
	return 0;
}

static void grow(struct plan *plan, struct liveness *live, slot_id from)
{
	size_t slots = plan->chain->slot_count + (size_t)1;

	plan->fates = xreallocarray(plan->fates, slots, 1);
	plan->killers = xreallocarray(plan->killers, slots, sizeof(uint32_t));
	live->bits = xreallocarray(live->bits, slots, 1);
	for (size_t i = from; i < slots; i++) {
		plan->fates[i] = FATE_LIVE;
		plan->killers[i] = UINT32_MAX;
		live->bits[i] = SHOWN_NAME | SHOWN_BODY;
	}
}

static int attach(struct plan *plan, struct chain *chain, uint32_t number,
		  const struct addition *addition, struct liveness *live,
		  const struct context *context, struct error *err)
{
	struct segment *segment = &plan->segments.items[number];
	AUTO(strbuf) tar = STRBUF_INIT;
	slot_id from = chain->slot_count;

	strbuf_add(&tar, addition->tar.data, addition->tar.len);
	memset(strbuf_grow(&tar, TAR_END_BYTES), 0, TAR_END_BYTES);
	if (chain_add_layer(chain, plan->names, &tar, segment->last, context, &segment->added,
			    err) < 0)
		return error_wrap(err, "--persist");
	grow(plan, live, from);
	vec_foreach (entry, &chain_layer(chain, segment->added)->index.entries)
		vec_push(&plan->added, (struct plan_added){ entry->path, number, entry->size });
	return 0;
}

int plan_add_files(struct plan *plan, struct chain *chain, struct liveness *live,
		   const struct context *context, struct error *err)
{
	uint32_t count = (uint32_t)chain->image_count;
	struct addition *all = xcalloc(count + (size_t)1, sizeof(*all));
	int rc = 0;

	if (plan->options.persist && plan->policy && !plan->options.lossless) {
		for (uint32_t i = 0; !rc && i < count; i++)
			if (plan->segment_count[i])
				rc = gather(plan, i, &all[i], context, err);
		for (uint32_t i = 0; !rc && i < count; i++)
			rc = all[i].tar.len ? check(plan, i, all, err) : 0;
		for (uint32_t i = 0; !rc && i < count; i++)
			if (all[i].tar.len &&
			    plan->segments.items[top_of(plan, i)].added == UINT32_MAX)
				rc = attach(plan, chain, top_of(plan, i), &all[i], live, context,
					    err);
	}
	for (uint32_t i = 0; i < count; i++)
		addition_release(&all[i]);
	free(all);
	return rc;
}

int plan_apply_added(const struct segment *segment, struct merged_tree *tree, struct error *err)
{
	if (segment->added == UINT32_MAX)
		return 0;
	/* It is a part of the position that was applied last. */
	tree->depth--;
	return merged_tree_apply(tree, segment->added, err);
}
