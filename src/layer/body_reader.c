/* body_reader.c - the content of a file, front to back, the holes of sparse ones as zeros. */
#include "layer/body_reader.h"

#include <string.h>

struct body_reader body_reader_open(const struct chain *chain, slot_id slot)
{
	const struct entry *entry = chain_entry(chain, slot);

	return (struct body_reader){ chain_layer(chain, chain_position(chain, slot)), entry,
				     entry->header_offset + entry->header_bytes, 0, 0 };
}

int body_reader_read(struct body_reader *body, uint64_t at, void *buf, size_t len,
		     struct error *err)
{
	const struct sparse_body *sparse;
	uint64_t end = at + len;
	char *to = buf;

	if (body->entry->link == BYTES_NONE)
		return range_read(&body->layer->tar, body->base + at, buf, len, err);
	sparse = &body->layer->index.sparse.items[body->entry->link];
	memset(buf, 0, len);
	for (; body->chunk < sparse->chunk_count; body->chunk++) {
		const struct tar_chunk *piece = &sparse->chunks[body->chunk];
		uint64_t from = piece->offset > at ? piece->offset : at;
		uint64_t until =
			piece->offset + piece->length < end ? piece->offset + piece->length : end;
		if (piece->offset >= end)
			break;
		if (from < until && range_read(&body->layer->tar,
					       body->base + body->before + (from - piece->offset),
					       to + (from - at), (size_t)(until - from), err) < 0)
			return -1;
		if (piece->offset + piece->length > end)
			break;
		body->before += piece->length;
	}
	return 0;
}
