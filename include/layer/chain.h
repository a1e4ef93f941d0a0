/* chain.h - the layers of all images as one tree of positions (DESIGN.md decision 6).
 *
 * A position is a layer at one place of a stack: images that share their lower layers share those
 * positions, and a layer that occurs twice has two.  Every entry of a position has a slot, a
 * number that is unique in the run; what the planner decides about an entry is kept by slot. */
#ifndef LAYER_CHAIN_H
#define LAYER_CHAIN_H

#include "layer/layer_set.h"

typedef uint32_t slot_id;

#define SLOT_NONE UINT32_MAX

struct position {
	uint32_t layer;	    /* index into layer_set.layers */
	uint32_t parent;    /* position below; UINT32_MAX for a bottom layer */
	uint32_t depth;	    /* 0 at the bottom */
	uint32_t users;	    /* images that go through here */
	uint32_t image;	    /* the first of them */
	slot_id slot_begin; /* slot of entry 0 */
	uint32_t slot_count;
};

struct chain {
	const struct layer_set *layers;	       /* borrowed */
	struct VEC(struct position) positions; /* parents before children */
	uint32_t **of_image;		       /* [image][depth]: position */
	uint32_t *depth_of_image;
	size_t image_count;
	slot_id slot_count;
	struct VEC(struct layer *) added; /* layers that are in no image of the input */
};

/* ERR_LIMIT when there are too many entries. */
int chain_init(struct chain *chain, const struct layer_set *layers, const struct image_set *images,
	       const struct limits *limits, struct error *err);
void chain_release(struct chain *chain);

/* Add a position for a layer of our own, the tar `bytes`, that is no part of any stack: its entries
 * get slots, so that they can be bound and written like others.  `below` is the position that it is
 * to be applied on; *out the new one.  Positions and slots that were there stay what they are. */
int chain_add_layer(struct chain *chain, struct names *names, const struct strbuf *bytes,
		    uint32_t below, const struct context *context, uint32_t *out,
		    struct error *err);

/* The position that a slot belongs to. */
uint32_t chain_position(const struct chain *chain, slot_id slot);

/* Layer and entry of a slot. */
const struct layer *chain_layer(const struct chain *chain, uint32_t position);
const struct entry *chain_entry(const struct chain *chain, slot_id slot);

DEFINE_CLEANUP(chain, chain_release);

#endif
