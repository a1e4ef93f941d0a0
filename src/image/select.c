/* select.c - keep the images of a set that the user named. */
#include <string.h>

#include "image/image.h"
#include "image/reference.h"
#include "loader.h"
#include "util/strbuf.h"
#include "util/xalloc.h"

#define ID_DIGITS_MIN 12

static bool matches_id(const struct image *image, const char *ref)
{
	char hex[DIGEST_HEX_SIZE];
	size_t len;

	if (strncmp(ref, "sha256:", 7) == 0)
		ref += 7;
	len = strlen(ref);
	digest_hex(&image->config_digest, hex);
	return len >= ID_DIGITS_MIN && strncmp(hex, ref, len) == 0;
}

/* `full` is the full form of the reference; without a tag it stands for every tag. */
static bool matches_tag(const char *tag, const char *full)
{
	AUTO_FREE char *other = reference_full(tag);
	const char *other_tag = reference_tag(other);
	size_t name = other_tag ? (size_t)(other_tag - 1 - other) : strlen(other);

	if (reference_tag(full))
		return strcmp(other, full) == 0;
	return strlen(full) == name && memcmp(other, full, name) == 0;
}

static bool matches(const struct image *image, const char *ref)
{
	AUTO_FREE char *full = reference_full(ref);

	for (size_t i = 0; i < image->tag_count; i++)
		if (matches_tag(image->tags[i], full))
			return true;
	if (image->ref_name && strcmp(image->ref_name, ref) == 0)
		return true;
	return matches_id(image, ref);
}

static int not_found(const struct image_set *set, const char *ref, struct error *err)
{
	AUTO(strbuf) names = STRBUF_INIT;

	for (size_t i = 0; i < set->image_count; i++) {
		const struct image *image = &set->images[i];

		strbuf_addf(&names, "%s%s", i ? ", " : "", image_name(image));
		for (size_t t = 1; t < image->tag_count; t++)
			strbuf_addf(&names, ", %s", image->tags[t]);
	}
	return error_set(err, ERR_USAGE, "no image \"%s\" in the archive; there are: %s", ref,
			 names.data);
}

/* Forget blobs that only images outside of the choice use. */
static void prune_blobs(struct image_set *set)
{
	AUTO_FREE uint32_t *place = xcalloc(set->blob_count + 1, sizeof(*place));
	uint32_t kept = 0;

	for (size_t i = 0; i < set->image_count; i++)
		for (size_t l = 0; l < set->images[i].layer_count; l++)
			place[set->images[i].layers[l].blob] = 1;
	for (size_t b = 0; b < set->blob_count; b++) {
		if (!place[b]) {
			free(set->blobs[b].name);
			continue;
		}
		place[b] = kept;
		set->blobs[kept++] = set->blobs[b];
	}
	set->blob_count = kept;
	for (size_t i = 0; i < set->image_count; i++)
		for (size_t l = 0; l < set->images[i].layer_count; l++)
			set->images[i].layers[l].blob = place[set->images[i].layers[l].blob];
}

static void keep_chosen(struct image_set *set, const bool *chosen)
{
	size_t kept = 0;

	for (size_t i = 0; i < set->image_count; i++) {
		if (chosen[i])
			set->images[kept++] = set->images[i];
		else
			image_release(&set->images[i]);
	}
	set->image_count = kept;
	prune_blobs(set);
}

int image_set_select(struct image_set *set, const char *const *refs, size_t count,
		     struct error *err)
{
	AUTO_FREE bool *chosen = xcalloc(set->image_count + 1, sizeof(*chosen));

	if (count == 0)
		return 0;
	for (size_t r = 0; r < count; r++) {
		bool found = false;

		for (size_t i = 0; i < set->image_count; i++) {
			bool hit = matches(&set->images[i], refs[r]);

			chosen[i] = chosen[i] || hit;
			found = found || hit;
		}
		if (!found)
			return not_found(set, refs[r], err);
	}
	keep_chosen(set, chosen);
	return 0;
}

static bool same_part(const char *text, size_t len, const char *value)
{
	return value && strlen(value) == len && memcmp(text, value, len) == 0;
}

static bool matches_platform(const struct image *image, const char *platform)
{
	const char *arch = strchr(platform, '/');
	const char *variant = arch ? strchr(arch + 1, '/') : NULL;
	size_t arch_len;

	if (!arch || !same_part(platform, (size_t)(arch - platform), image->os))
		return false;
	arch++;
	arch_len = variant ? (size_t)(variant - arch) : strlen(arch);
	return same_part(arch, arch_len, image->architecture) &&
	       (!variant || same_part(variant + 1, strlen(variant + 1), image->variant));
}

static int no_platform(const struct image_set *set, const char *platform, struct error *err)
{
	AUTO(strbuf) names = STRBUF_INIT;

	for (size_t i = 0; i < set->image_count; i++) {
		const struct image *image = &set->images[i];

		strbuf_addf(&names, "%s%s/%s%s%s", i ? ", " : "", image->os ? image->os : "?",
			    image->architecture ? image->architecture : "?",
			    image->variant ? "/" : "", image->variant ? image->variant : "");
	}
	return error_set(err, ERR_USAGE,
			 "no image for platform \"%s\" in the archive; there are: %s", platform,
			 names.data);
}

int image_set_select_platforms(struct image_set *set, const char *const *platforms, size_t count,
			       struct error *err)
{
	AUTO_FREE bool *chosen = xcalloc(set->image_count + 1, sizeof(*chosen));

	if (count == 0)
		return 0;
	for (size_t p = 0; p < count; p++) {
		bool found = false;

		for (size_t i = 0; i < set->image_count; i++) {
			bool hit = matches_platform(&set->images[i], platforms[p]);

			chosen[i] = chosen[i] || hit;
			found = found || hit;
		}
		if (!found)
			return no_platform(set, platforms[p], err);
	}
	keep_chosen(set, chosen);
	return 0;
}
