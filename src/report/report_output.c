/* report_output.c - sums over the layers that come out, and what headers and padding came to. */
#include <string.h>

#include "report/report.h"
#include "tar/tar_writer.h"

/* Bytes of the layers that come out: all but headers of names is known. */
struct sums {
	uint64_t bodies;  /* everywhere */
	uint64_t headers; /* of the names in rebuilt layers */
	struct record_texts texts;
	struct strbuf encoded;
};

static uint64_t marker_bytes(const struct plan *plan, const struct record *record,
			     struct sums *sums)
{
	struct tar_header header;

	record_header(plan, record, &sums->texts, &header);
	strbuf_clear(&sums->encoded);
	tar_encode_header(&sums->encoded, &header);
	return sums->encoded.len;
}

static void add_rebuilt(const struct plan *plan, const struct output_layer *output, uint64_t bytes,
			struct sums *sums)
{
	uint64_t other = TAR_END_BYTES;

	for (size_t r = output->record_begin; r < output->record_end; r++) {
		const struct record *record = &plan->records.items[r];
		if (record->link == RECORD_WHITEOUT || record->link == RECORD_OPAQUE) {
			other += marker_bytes(plan, record, sums);
		} else if (record_has_body(plan, record)) {
			uint64_t size = chain_entry(plan->chain, record->body)->size;
			sums->bodies += size;
			other += size + tar_padding(size);
		}
	}
	sums->headers += bytes - other;
}

/* Headers in the input of names that rebuilt layers show. */
static uint64_t kept_headers(const struct plan *plan)
{
	uint64_t bytes = 0;

	vec_foreach (segment, &plan->segments) {
		for (uint32_t n = 0; !segment->pass_through && n < segment->layer_count; n++) {
			uint32_t number = segment_position(plan, segment, n);
			const struct position *position = &plan->chain->positions.items[number];
			for (uint32_t i = 0; i < position->slot_count; i++) {
				slot_id slot = position->slot_begin + i;
				enum fate fate = (enum fate)plan->fates[slot];
				if (fate == FATE_LIVE || fate == FATE_EMPTIED ||
				    fate == FATE_DUPLICATE)
					bytes += chain_entry(plan->chain, slot)->header_bytes;
			}
		}
	}
	return bytes;
}

void report_add_output(struct report *report, const struct report_input *in)
{
	const struct plan *plan = in->run->plan;
	struct sums sums = { .texts = { STRBUF_INIT, STRBUF_INIT, VEC_INIT },
			     .encoded = STRBUF_INIT };

	for (size_t i = 0; i < plan->outputs.count; i++) {
		const struct output_layer *output = &plan->outputs.items[i];
		const struct segment *segment = &plan->segments.items[output->segment];
		report->layers_after++;
		report->layer_bytes_after += report->layers.items[i].bytes;
		if (!segment->omitted)
			report->stored_after += report->layers.items[i].stored_bytes;
		uint64_t bytes = report->layers.items[i].bytes, before = sums.bodies;
		uint64_t *parts = report->layers.items[i].parts;
		if (segment->pass_through) {
			sums.bodies += chain_layer(plan->chain, segment->last)->index.body_bytes;
			memcpy(parts, report->sources.items[segment->last].parts,
			       sizeof(report->sources.items[0].parts));
		} else {
			add_rebuilt(plan, output, bytes, &sums);
			parts[REPORT_FILES] = sums.bodies - before;
			parts[REPORT_HEADERS] = bytes - parts[REPORT_FILES];
		}
	}
	/* What is neither a body that stays nor one that left is framing. */
	report->header_bytes =
		(int64_t)(plan->totals.framing_bytes - (report->layer_bytes_after - sums.bodies));
	report->kept_header_bytes = (int64_t)(kept_headers(plan) - sums.headers);
	record_texts_release(&sums.texts);
	strbuf_release(&sums.encoded);
}
