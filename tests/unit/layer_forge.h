/* layer_forge.h - stacks of layers from a compact text, and what stands in a merged tree as the
 * same text, for the tests of layer/, tree/ and plan/.
 *
 *	"d a m700 u3,f a/x =old | f a/.wh.x,f a/n =new"
 *
 * Layers are apart by "|", entries by ",", words by " ".  An entry is a type (d, f, s, h, c, b, p)
 * and a path, then any of =CONTENT, >TARGET, mMODE, uUID, gGID, tMTIME, rMAJOR:MINOR, xNAME=VALUE.
 * Defaults: mode 644 (755 for directories, 777 for symlinks), owner 0:0, time 1000. */
#ifndef TESTS_LAYER_FORGE_H
#define TESTS_LAYER_FORGE_H

#include "image/image.h"
#include "layer/chain.h"
#include "tar_forge.h"
#include "tree/merged_tree.h"
#include "util/warnings.h"

#define STACK_IMAGES 3
#define STACK_LAYERS 64

/* An entry of the text. */
struct forged_entry {
	char type, path[256], link[256], body[256], xattr_name[64], xattr_value[64];
	unsigned mode, uid, gid, major, minor;
	long long mtime;
};

static inline void forged_option(struct forged_entry *entry, const char *word)
{
	switch (word[0]) {
	case '=':
		forge_text(entry->body, sizeof(entry->body) - 1, word + 1);
		break;
	case '>':
		forge_text(entry->link, sizeof(entry->link) - 1, word + 1);
		break;
	case 'm':
		entry->mode = (unsigned)strtoul(word + 1, NULL, 8);
		break;
	case 'u':
		entry->uid = (unsigned)strtoul(word + 1, NULL, 10);
		break;
	case 'g':
		entry->gid = (unsigned)strtoul(word + 1, NULL, 10);
		break;
	case 't':
		entry->mtime = strtoll(word + 1, NULL, 10);
		break;
	case 'r':
		entry->major = (unsigned)strtoul(word + 1, NULL, 10);
		entry->minor = (unsigned)strtoul(strchr(word, ':') + 1, NULL, 10);
		break;
	case 'x': {
		size_t len = strcspn(word + 1, "=");
		memcpy(entry->xattr_name, word + 1, len);
		forge_text(entry->xattr_value, sizeof(entry->xattr_value) - 1, word + 2 + len);
		break;
	}
	default:
		fprintf(stderr, "layer_forge: what is \"%s\"?\n", word);
		abort();
	}
}

static inline void forge_entry(struct strbuf *out, const struct forged_entry *entry)
{
	static const char types[] = "f0h1s2c3b4d5p6";
	char flag = strchr(types, entry->type)[1];
	size_t len = flag == '0' ? strlen(entry->body) : 0;
	struct forged_header header = forged(entry->path, flag, len);

	forge_octal(header.mode, 8, entry->mode);
	forge_octal(header.uid, 8, entry->uid);
	forge_octal(header.gid, 8, entry->gid);
	if (entry->mtime < 0)
		forge_base256(header.mtime, 12, entry->mtime);
	else
		forge_octal(header.mtime, 12, (uint64_t)entry->mtime);
	forge_octal(header.major, 8, entry->major);
	forge_octal(header.minor, 8, entry->minor);
	forge_text(header.link, sizeof(header.link), entry->link);
	if (entry->xattr_name[0]) {
		char key[80];
		snprintf(key, sizeof(key), "SCHILY.xattr.%s", entry->xattr_name);
		forge_pax(out, key, entry->xattr_value);
	}
	if (strlen(entry->path) > 100)
		forge_pax(out, "path", entry->path);
	forge_block(out, header);
	forge_body(out, entry->body, len);
}

/* Append the entries of one layer (up to "|" or the end), without the end mark. */
static inline const char *forge_layer(struct strbuf *out, const char *text)
{
	while (*text && *text != '|') {
		size_t len = strcspn(text, ",|");
		AUTO_FREE char *copy = xmemdup0(text, len);
		struct forged_entry entry = { .mtime = 1000 };
		char *rest = copy, *word;
		int words = 0;

		while ((word = strsep(&rest, " "))) {
			if (!*word)
				continue;
			if (words == 0)
				entry.type = *word;
			else if (words == 1)
				forge_text(entry.path, sizeof(entry.path) - 1, word);
			else
				forged_option(&entry, word);
			if (words++ == 0)
				entry.mode = entry.type == 'd'	 ? 0755
					     : entry.type == 's' ? 0777
								 : 0644;
		}
		if (words)
			forge_entry(out, &entry);
		text += len;
		text += *text == ',';
	}
	return *text ? text + 1 : NULL;
}

/* Images over forged layers, loaded as far as tree/ and plan/ need it. */
struct stack {
	struct limits limits;
	struct warnings *warnings;
	struct progress progress;
	struct context context;
	struct image images[STACK_IMAGES];
	struct image_layer layers[STACK_IMAGES][STACK_LAYERS];
	struct blob blobs[STACK_IMAGES * STACK_LAYERS];
	struct image_set set;
	struct names *names; /* own_names, or borrowed */
	struct names own_names;
	struct layer_set *loaded;
	struct chain chain;
	struct error err;
};

/* `names` NULL: the stack has its own. */
static inline void stack_init(struct stack *stack, struct names *names)
{
	memset(stack, 0, sizeof(*stack));
	stack->limits = limits_default;
	stack->warnings = warnings_new();
	progress_init(&stack->progress, NULL, NULL);
	stack->context = (struct context){ .limits = limits_default,
					   .threads = 1,
					   .warnings = stack->warnings,
					   .progress = &stack->progress };
	stack->set = (struct image_set){ .images = stack->images, .blobs = stack->blobs };
	stack->names = names;
}

static inline void stack_release(struct stack *stack)
{
	chain_release(&stack->chain);
	if (stack->loaded)
		layer_set_free(stack->loaded);
	if (stack->names == &stack->own_names)
		names_release(&stack->own_names);
	for (size_t i = 0; i < stack->set.blob_count; i++)
		close(stack->blobs[i].stored.fd);
	warnings_free(stack->warnings);
	error_release(&stack->err);
}

DEFINE_CLEANUP(stack, stack_release);

/* A new image without layers. */
static inline void stack_add_image(struct stack *stack)
{
	struct image *image = &stack->images[stack->set.image_count];

	memcpy(image->short_id, "0123456789ab", 12);
	image->layers = stack->layers[stack->set.image_count++];
}

/* Put a layer tar on the last image; equal bytes share a blob. */
static inline void stack_add_layer(struct stack *stack, const void *bytes, size_t len)
{
	struct image *image = &stack->images[stack->set.image_count - 1];
	struct image_layer *layer = &image->layers[image->layer_count++];
	uint32_t at = 0;

	digest_of(&layer->diff_id, bytes, len);
	while (at < stack->set.blob_count &&
	       !digest_equal(&stack->blobs[at].digest, &layer->diff_id))
		at++;
	if (at == stack->set.blob_count) {
		static char name[] = "forged";
		stack->blobs[stack->set.blob_count++] =
			(struct blob){ forge_file(bytes, len), true, layer->diff_id, name };
	}
	layer->blob = at;
}

/* An image of the layers that the text tells. */
static inline void stack_add_text(struct stack *stack, const char *text)
{
	stack_add_image(stack);
	while (text) {
		AUTO(strbuf) tar = STRBUF_INIT;
		text = forge_layer(&tar, text);
		forge_end(&tar);
		stack_add_layer(stack, tar.data, tar.len);
	}
}

/* Index the layers and chain them; -1 with stack->err. */
static inline int stack_load(struct stack *stack)
{
	if (!stack->names) {
		stack->names = &stack->own_names;
		names_init(stack->names, &stack->limits);
	}
	stack->loaded = layer_set_load(&stack->set, stack->names, LAYER_CHECK_NOTHING,
				       &stack->context, &stack->err);
	if (!stack->loaded)
		return -1;
	return chain_init(&stack->chain, stack->loaded, &stack->set, &stack->context.limits,
			  &stack->err);
}

/* The tree of one image, or NULL with stack->err. */
static inline struct merged_tree *stack_merge(struct stack *stack, uint32_t image)
{
	AUTO_PTR(merged_tree)
	tree = merged_tree_new(&stack->chain, stack->names, &stack->limits, stack->warnings, NULL);

	return merged_tree_apply_image(tree, image, &stack->err) < 0 ? NULL : STEAL(tree);
}

/* Layers of one image from a text; 0, or -1 with stack->err. */
static inline int stack_from_text(struct stack *stack, const char *text)
{
	stack_init(stack, NULL);
	stack_add_text(stack, text);
	return stack_load(stack);
}

#endif
