/* layer_writer.c - a rebuilt layer: canonical headers, spliced bodies (SEMANTICS.md C.5). */
#include "tar/tar_writer.h"
#include "write_internal.h"

/* Data pieces at their places, zeros between them. */
static int copy_sparse(struct blob_writer *writer, const struct layer *layer,
		       const struct entry *entry, uint64_t at, struct error *err)
{
	const struct sparse_body *body = &layer->index.sparse.items[entry->link];
	uint64_t written = 0;

	for (size_t i = 0; i < body->chunk_count; i++) {
		const struct tar_chunk *chunk = &body->chunks[i];
		if (blob_writer_zeros(writer, chunk->offset - written, err) < 0 ||
		    blob_writer_copy(writer, &layer->tar, at, chunk->length, layer->hashing, err) <
			    0)
			return -1;
		at += chunk->length;
		written = chunk->offset + chunk->length;
	}
	return blob_writer_zeros(writer, entry->size - written, err);
}

static int copy_body(struct blob_writer *writer, const struct plan *plan, slot_id slot,
		     struct error *err)
{
	const struct layer *layer = chain_layer(plan->chain, chain_position(plan->chain, slot));
	const struct entry *entry = chain_entry(plan->chain, slot);
	uint64_t at = entry->header_offset + entry->header_bytes;
	int rc;

	if (entry->link != BYTES_NONE)
		rc = copy_sparse(writer, layer, entry, at, err);
	else
		rc = blob_writer_copy(writer, &layer->tar, at, entry->size, layer->hashing, err);
	if (rc < 0)
		return -1;
	return blob_writer_zeros(writer, tar_padding(entry->size), err);
}

int layer_write_records(struct blob_writer *writer, const struct write_input *input,
			const struct output_layer *output, struct error *err)
{
	const struct plan *plan = input->plan;
	struct record_texts texts = { STRBUF_INIT, STRBUF_INIT, VEC_INIT };
	AUTO(strbuf) encoded = STRBUF_INIT;
	int rc = 0;

	for (size_t i = output->record_begin; !rc && i < output->record_end; i++) {
		const struct record *record = &plan->records.items[i];
		struct tar_header header;

		record_header(plan, record, &texts, &header);
		strbuf_clear(&encoded);
		tar_encode_header(&encoded, &header);
		rc = blob_writer_write(writer, encoded.data, encoded.len, err);
		if (!rc && record_has_body(plan, record))
			rc = copy_body(writer, plan, record->body, err);
		if (rc < 0) {
			AUTO_FREE char *shown = paths_display(plan->names->paths, record->path);
			error_wrap(err, "entry \"%s\"", shown);
		}
	}
	record_texts_release(&texts);
	return rc < 0 ? -1 : blob_writer_zeros(writer, TAR_END_BYTES, err);
}
