/* chain.c - the layers of all images as one tree of positions. */
#include "layer/chain.h"

#include <string.h>
#include <unistd.h>

/* The child of `parent` that holds `layer`, among the positions that are there. */
static uint32_t find_child(const struct chain *chain, uint32_t parent, uint32_t layer)
{
	for (uint32_t i = 0; i < chain->positions.count; i++)
		if (chain->positions.items[i].parent == parent &&
		    chain->positions.items[i].layer == layer)
			return i;
	return UINT32_MAX;
}

static int add_position(struct chain *chain, uint32_t parent, uint32_t layer, uint32_t depth,
			uint32_t image, const struct limits *limits, struct error *err)
{
	size_t entries = chain->layers->layers[layer].index.entries.count;

	if (chain->slot_count + entries > limits->entries ||
	    chain->slot_count + entries >= SLOT_NONE)
		return error_set(err, ERR_LIMIT, "more than %llu entries (--limit entries=N)",
				 (unsigned long long)limits->entries);
	vec_push(&chain->positions, (struct position){ .layer = layer,
						       .parent = parent,
						       .depth = depth,
						       .image = image,
						       .slot_begin = chain->slot_count,
						       .slot_count = (uint32_t)entries });
	chain->slot_count += (slot_id)entries;
	return 0;
}

int chain_init(struct chain *chain, const struct layer_set *layers, const struct image_set *images,
	       const struct limits *limits, struct error *err)
{
	memset(chain, 0, sizeof(*chain));
	chain->layers = layers;
	chain->image_count = images->image_count;
	chain->of_image = xcalloc(images->image_count + 1, sizeof(chain->of_image[0]));
	chain->depth_of_image = xcalloc(images->image_count + 1, sizeof(uint32_t));
	for (uint32_t i = 0; i < images->image_count; i++) {
		uint32_t depth = (uint32_t)images->images[i].layer_count, parent = UINT32_MAX;
		/* Only images that share a prefix with an earlier one have positions to find. */
		bool shared = i > 0;

		chain->of_image[i] = xcalloc(depth + 1, sizeof(uint32_t));
		chain->depth_of_image[i] = depth;
		for (uint32_t n = 0; n < depth; n++) {
			uint32_t layer = layers->of_image[i][n];
			uint32_t at = shared ? find_child(chain, parent, layer) : UINT32_MAX;
			if (at == UINT32_MAX) {
				shared = false;
				at = (uint32_t)chain->positions.count;
				if (add_position(chain, parent, layer, n, i, limits, err) < 0)
					return -1;
			}
			chain->positions.items[at].users++;
			chain->of_image[i][n] = parent = at;
		}
	}
	return 0;
}

int chain_add_layer(struct chain *chain, struct names *names, const struct strbuf *bytes,
		    uint32_t below, const struct context *context, uint32_t *out, struct error *err)
{
	struct layer *layer = xcalloc(1, sizeof(*layer));
	const struct position *base = &chain->positions.items[below];
	struct position position = { .layer = chain->layers->count + (uint32_t)chain->added.count,
				     .parent = below,
				     .depth = base->depth,
				     .image = base->image,
				     .slot_begin = chain->slot_count };

	layer->tar.fd = -1;
	vec_push(&chain->added, layer);
	if (range_of_bytes(bytes->data, bytes->len, &layer->tar, err) < 0 ||
	    layer_index_build(&layer->index, &layer->tar, base->depth, names, context, err) < 0)
		return -1;
	position.slot_count = (uint32_t)layer->index.entries.count;
	if (position.slot_count >= SLOT_NONE - chain->slot_count)
		return error_set(err, ERR_LIMIT, "too many entries");
	*out = (uint32_t)chain->positions.count;
	chain->slot_count += position.slot_count;
	vec_push(&chain->positions, position);
	return 0;
}

void chain_release(struct chain *chain)
{
	vec_foreach (layer, &chain->added) {
		layer_index_release(&(*layer)->index);
		if ((*layer)->tar.fd >= 0)
			close((*layer)->tar.fd);
		free(*layer);
	}
	vec_release(&chain->added);
	for (size_t i = 0; i < chain->image_count; i++)
		free(chain->of_image[i]);
	free(chain->of_image);
	free(chain->depth_of_image);
	vec_release(&chain->positions);
	memset(chain, 0, sizeof(*chain));
}

uint32_t chain_position(const struct chain *chain, slot_id slot)
{
	uint32_t low = 0, high = (uint32_t)chain->positions.count;

	/* The last position that begins at or before the slot; empty ones share their beginning. */
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;
		if (chain->positions.items[middle].slot_begin <= slot)
			low = middle;
		else
			high = middle;
	}
	return low;
}

const struct layer *chain_layer(const struct chain *chain, uint32_t position)
{
	uint32_t layer = chain->positions.items[position].layer;

	return layer < chain->layers->count ? &chain->layers->layers[layer]
					    : chain->added.items[layer - chain->layers->count];
}

const struct entry *chain_entry(const struct chain *chain, slot_id slot)
{
	uint32_t position = chain_position(chain, slot);

	return &chain_layer(chain, position)
			->index.entries.items[slot - chain->positions.items[position].slot_begin];
}
