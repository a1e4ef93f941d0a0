/* encoder_blocks.h - a stream cut into blocks that are compressed side by side, written in order.
 *
 * The cut depends on the stream alone, so threads and write sizes leave no trace. */
#ifndef IO_ENCODER_BLOCKS_H
#define IO_ENCODER_BLOCKS_H

#include "block_codec.h"
#include "encoder_backend.h"

struct encoder_blocks;

/* `block` plain bytes each, the last one fewer.  `beside`: how many blocks may wait, to be
 * compressed or written, beside those at work; they cost memory, and spare threads from waiting. */
struct encoder_blocks *encoder_blocks_new(const struct block_codec *codec, int level, size_t block,
					  unsigned threads, unsigned beside);
int encoder_blocks_room(struct encoder_blocks *blocks, const struct encoder_sink *sink,
			struct encoder_room *out, struct error *err);
void encoder_blocks_advance(struct encoder_blocks *blocks, size_t len);

/* Writes out the rest; a stream of no bytes is one empty block. */
int encoder_blocks_finish(struct encoder_blocks *blocks, const struct encoder_sink *sink,
			  struct error *err);
void encoder_blocks_free(struct encoder_blocks *blocks);

#endif
