/* chain_ids.c - layers that somebody else holds. */
#include "image/chain_ids.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "image/json.h"

static int compare(const void *a, const void *b)
{
	return digest_compare(a, b);
}

void chain_ids_add_image(struct chain_ids *ids, const struct image *image)
{
	struct digest chain, next;

	for (size_t i = 0; i < image->layer_count; i++) {
		digest_chain_id(&next, i ? &chain : NULL, &image->layers[i].diff_id);
		chain = next;
		vec_push(&ids->list, chain);
	}
}

/* One line of a list: a chain_id, a comment, or nothing. */
static int add_line(struct chain_ids *ids, char *line, struct error *err)
{
	struct digest digest;

	line[strcspn(line, "#\r\n")] = '\0';
	line += strspn(line, " \t");
	line[strcspn(line, " \t")] = '\0';
	if (!*line)
		return 0;
	if (digest_parse(&digest, line, err) < 0)
		return -1;
	vec_push(&ids->list, digest);
	return 0;
}

static int load_list(struct chain_ids *ids, FILE *file, const char *path, struct error *err)
{
	AUTO_FREE char *line = NULL;
	size_t room = 0, number = 0;

	while (getline(&line, &room, file) >= 0) {
		number++;
		if (add_line(ids, line, err) < 0)
			return error_wrap(err, "%s: line %zu", path, number);
	}
	if (ferror(file))
		return error_set_errno(err, errno, "cannot read %s", path);
	return 0;
}

/* The images of an archive; NULL with the error. */
static struct image_set *open_archive(struct input *input, const char *path,
				      const struct context *context, struct error *err)
{
	struct warnings *ignored = warnings_new();
	struct context quiet = *context;
	struct image_set *set = NULL;

	/* What is odd about a base is no news about the image at hand. */
	quiet.warnings = ignored;
	if (input_open(input, path, &quiet, err) == 0) {
		input->names_only = true;
		set = image_set_load(input, &quiet, err);
	}
	warnings_free(ignored);
	return set;
}

static int load_archive(struct chain_ids *ids, const char *path, const struct context *context,
			struct error *err)
{
	AUTO(input) input = { .fd = -1 };
	AUTO_PTR(image_set) set = open_archive(&input, path, context, err);

	for (size_t i = 0; set && i < set->image_count; i++)
		chain_ids_add_image(ids, &set->images[i]);
	return set ? 0 : -1;
}

static bool is_list(FILE *file)
{
	char head[8] = "";
	size_t len = fread(head, 1, 7, file);

	rewind(file);
	return (len && head[0] == '#') || !strcmp(head, "sha256:");
}

int chain_ids_load(struct chain_ids *ids, const char *path, const struct context *context,
		   struct error *err)
{
	FILE *file = fopen(path, "re");
	int rc;

	if (!file)
		return error_set_errno(err, errno, "cannot open %s", path);
	rc = is_list(file) ? load_list(ids, file, path, err)
			   : load_archive(ids, path, context, err);
	fclose(file);
	if (ids->list.count)
		qsort(ids->list.items, ids->list.count, sizeof(ids->list.items[0]), compare);
	return rc;
}

static bool same_layers(const struct image *a, const struct image *b, uint32_t count)
{
	if (a->layer_count < count || b->layer_count < count)
		return false;
	for (uint32_t n = 0; n < count; n++)
		if (!digest_equal(&a->layers[n].diff_id, &b->layers[n].diff_id))
			return false;
	return true;
}

static int read_stored(const struct image_layer *layer, struct stored_layer *out, struct error *err)
{
	const char *digest = json_get_string(layer->descriptor, "digest");

	if (!digest || !layer->media_type)
		return 0;
	free(out->media_type);
	out->media_type = xstrdup(layer->media_type);
	out->size = (uint64_t)json_number_value(json_get(layer->descriptor, "size"));
	return digest_parse(&out->digest, digest, err);
}

int chain_ids_stored(const char *path, const struct image *image, uint32_t count,
		     struct stored_layer *out, const struct context *context, struct error *err)
{
	AUTO(input) input = { .fd = -1 };
	FILE *file = fopen(path, "re");
	bool list;

	if (!file)
		return error_set_errno(err, errno, "cannot open %s", path);
	list = is_list(file);
	fclose(file);
	if (list)
		return error_set(err, ERR_USAGE,
				 "%s is a list, which does not say how the receiver stores its "
				 "layers: give its archive",
				 path);
	AUTO_PTR(image_set) set = open_archive(&input, path, context, err);
	for (size_t i = 0; set && i < set->image_count; i++) {
		if (!same_layers(&set->images[i], image, count))
			continue;
		for (uint32_t n = 0; n < count; n++)
			if (read_stored(&set->images[i].layers[n], &out[n], err) < 0)
				return -1;
		break;
	}
	return set ? 0 : -1;
}

void chain_ids_release(struct chain_ids *ids)
{
	vec_release(&ids->list);
}

uint32_t chain_ids_prefix(const struct chain_ids *ids, const struct image *image)
{
	AUTO(chain_ids) own = { .list = VEC_INIT };
	uint32_t depth = 0;

	chain_ids_add_image(&own, image);
	for (size_t i = 0; i < own.list.count; i++)
		if (ids->list.count && bsearch(&own.list.items[i], ids->list.items, ids->list.count,
					       sizeof(struct digest), compare))
			depth = (uint32_t)i + 1;
	return depth;
}
