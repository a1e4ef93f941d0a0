/* decoder_ahead.h - decode several members at the same time, where they tell how long they are.
 *
 * Only a faster way to the same bytes: whatever a member says of itself, it counts only when it
 * decodes to its end just there.  Members that do not say, or say wrong, and everything behind
 * them, are given back to be decoded one after the other. */
#ifndef IO_DECODER_AHEAD_H
#define IO_DECODER_AHEAD_H

#include "decoder_backend.h"

struct decoder_ahead;

struct decoder_ahead *decoder_ahead_new(const struct decoder_format *format, unsigned threads);

/* `input` stands at the beginning of a member.  True when members were taken out of it: read them
 * with decoder_ahead_read() until that gives 0. */
bool decoder_ahead_begin(struct decoder_ahead *ahead, struct decoder_input *input);

/* Plain bytes; 0 when the rest of `input`, from the beginning of a member on, is to be decoded
 * otherwise. */
size_t decoder_ahead_read(struct decoder_ahead *ahead, struct decoder_input *input,
			  unsigned char *out, size_t len);

void decoder_ahead_free(struct decoder_ahead *ahead);

DEFINE_CLEANUP_PTR(decoder_ahead, decoder_ahead_free);

#endif
