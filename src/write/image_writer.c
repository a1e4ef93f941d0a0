/* image_writer.c - carry out a plan: layers, then configs and manifests, into a sink. */
#include "write/image_writer.h"

#include <string.h>

#include "write_internal.h"

const struct image_format image_formats[] = {
	{ "hybrid", "OCI layout and manifest.json in one tar: every engine loads it", true, true,
	  false },
	{ "docker", "docker-archive: manifest.json only", true, false, false },
	{ "oci", "OCI archive: index.json only", false, true, false },
	{ "oci-dir", "OCI layout directory", false, true, true },
	{ NULL, NULL, false, false, false },
};

const struct image_format *image_format_find(const char *name)
{
	for (const struct image_format *format = image_formats; format->name; format++)
		if (!strcmp(format->name, name))
			return format;
	return NULL;
}

struct image_writer {
	struct sink *sink;
};

void blob_name(const struct digest *digest, char out[BLOB_NAME_SIZE])
{
	memcpy(out, "blobs/sha256/", 13);
	digest_hex(digest, out + 13);
}

uint64_t sink_bytes(const struct sink *sink)
{
	return sink->bytes;
}

/* Was any source layer of the segment compressed? */
static bool was_compressed(const struct write_input *input, const struct segment *segment)
{
	for (uint32_t n = 0; n < segment->layer_count; n++)
		if (chain_layer(input->plan->chain, segment_position(input->plan, segment, n))
			    ->compression != COMPRESSION_NONE)
			return true;
	return false;
}

/* Loaders and media types know these. */
static bool is_common(enum compression compression)
{
	return compression == COMPRESSION_NONE || compression == COMPRESSION_GZIP ||
	       compression == COMPRESSION_ZSTD;
}

/* May the stored blob be copied as it is (DESIGN.md ruling 2)? */
static bool keeps_blob(const struct write_options *options, const struct segment *segment,
		       const struct layer *layer)
{
	if (!segment->pass_through || !is_common(layer->compression))
		return false;
	if (segment->frozen)
		return true;
	if (layer->trailing || (options->no_zstd && layer->compression == COMPRESSION_ZSTD))
		return false;
	return !options->recode || (layer->compression == COMPRESSION_NONE &&
				    options->encoding.compression == COMPRESSION_NONE);
}

static void warn_about_foreign(const struct write_input *input, const struct segment *segment)
{
	for (uint32_t n = 0; n < segment->layer_count; n++) {
		uint32_t position = segment_position(input->plan, segment, n);
		if (media_type_is_foreign(chain_layer(input->plan->chain, position)->media_type))
			warnings_add(input->context->warnings, WARN_FOREIGN_LAYER, "layer %u",
				     input->plan->chain->positions.items[position].depth + 1);
	}
}

static int write_rebuilt(const struct write_input *input, struct blob_writer *blobs,
			 const struct output_layer *output, const struct encoding *encoding,
			 struct written_layer *out, struct error *err)
{
	const struct segment *segment = &input->plan->segments.items[output->segment];
	const struct layer *layer = chain_layer(input->plan->chain, segment->last);
	struct blob_result written;
	/* The loader has hashed what passes through, or is at it beside us. */
	const struct digest *known = segment->pass_through ? &layer->diff_id : NULL;
	int rc = blob_writer_begin(blobs, encoding, plan_output_bytes(input->plan, output), known,
				   err);

	warn_about_foreign(input, segment);
	if (!rc && segment->pass_through)
		rc = blob_writer_copy(blobs, &layer->tar, 0, layer->tar.length, layer->hashing,
				      err);
	else if (!rc)
		rc = layer_write_records(blobs, input, output, err);
	if (rc < 0 || blob_writer_end(blobs, &written, err) < 0)
		return -1;
	*out = (struct written_layer){ written.plain, written.stored, written.plain_bytes,
				       written.stored_bytes, encoding->compression };
	return 0;
}

static uint32_t position_depth(const struct write_input *input, const struct segment *segment)
{
	return input->plan->chain->positions.items[segment->last].depth;
}

static int write_layer(const struct write_input *input, const struct write_options *options,
		       struct blob_writer *blobs, const struct output_layer *output,
		       struct written_layer *out, struct error *err)
{
	const struct segment *segment = &input->plan->segments.items[output->segment];
	const struct layer *layer = chain_layer(input->plan->chain, segment->last);
	struct encoding encoding = options->encoding;

	/* The receiver has it: named as it stores it, or as what every engine can find again, its
	 * plain bytes. */
	if (segment->omitted && options->receiver) {
		const struct stored_layer *stored =
			&options->receiver[position_depth(input, segment)];
		*out = (struct written_layer){ layer->diff_id, stored->digest, layer->tar.length,
					       stored->size, COMPRESSION_NONE };
		return 0;
	}
	if (segment->omitted) {
		*out = (struct written_layer){ layer->diff_id, layer->diff_id, layer->tar.length,
					       layer->tar.length, COMPRESSION_NONE };
		return 0;
	}
	if (keeps_blob(options, segment, layer)) {
		*out = (struct written_layer){ layer->diff_id, layer->stored_digest,
					       layer->tar.length, layer->stored.length,
					       layer->compression };
		/* Of what is compressed nobody reads the plain bytes any more. */
		if (layer->compression != COMPRESSION_NONE)
			hash_stream_reached(layer->hashing, UINT64_MAX);
		return blob_writer_pass(
			blobs, &layer->stored, &layer->stored_digest,
			layer->compression == COMPRESSION_NONE ? layer->hashing : NULL, err);
	}
	if (!options->recode)
		encoding = (struct encoding){ was_compressed(input, segment) ? COMPRESSION_GZIP
									     : COMPRESSION_NONE,
					      0, false };
	return write_rebuilt(input, blobs, output, &encoding, out, err);
}

static int write_layers(const struct write_input *input, const struct write_options *options,
			struct blob_writer *blobs, struct write_result *result, struct error *err)
{
	for (size_t i = 0; i < input->plan->outputs.count; i++) {
		struct written_layer *out = &result->layers[i];

		if (write_layer(input, options, blobs, &input->plan->outputs.items[i], out, err) <
		    0)
			return error_wrap(err, "output layer %zu", i + 1);
		if (out->compression == COMPRESSION_ZSTD && !options->recode)
			warnings_add(input->context->warnings, WARN_ZSTD_OUTPUT, "layer %zu",
				     i + 1);
	}
	/* Nobody needs to wait for what nobody reads any more. */
	for (uint32_t i = 0; i < input->layers->count; i++)
		hash_stream_reached(input->layers->layers[i].hashing, UINT64_MAX);
	return 0;
}

static uint64_t expected_bytes(const struct write_input *input)
{
	uint64_t bytes = input->plan->totals.live_bytes;

	vec_foreach (segment, &input->plan->segments)
		if (segment->pass_through && segment->frozen && !segment->omitted)
			bytes += chain_layer(input->plan->chain, segment->last)->index.total_bytes;
	return bytes;
}

/* Room for the output, when it can be told before it is compressed. */
static uint64_t expected_stored(const struct write_input *input,
				const struct write_options *options)
{
	if (options->recode && options->encoding.compression != COMPRESSION_NONE)
		return 0;
	for (uint32_t i = 0; !options->recode && i < input->layers->count; i++)
		if (input->layers->layers[i].compression != COMPRESSION_NONE)
			return 0;
	return expected_bytes(input) + input->plan->totals.output_entries * 1024;
}

struct image_writer *image_write(const struct write_input *input, const char *path,
				 const struct write_options *options, struct write_result *result,
				 struct error *err)
{
	const struct sink_ops *ops = options->format->is_directory ? &sink_directory : &sink_tar;
	AUTO_PTR(image_writer) writer = xcalloc(1, sizeof(*writer));

	result->layers = xcalloc(input->plan->outputs.count + 1, sizeof(result->layers[0]));
	result->images = xcalloc(input->images->image_count + 1, sizeof(result->images[0]));
	result->carried = xcalloc(input->images->dropped_count + 1, sizeof(result->carried[0]));
	writer->sink = ops->open(path, expected_stored(input, options), input->context, err);
	if (!writer->sink)
		return NULL;
	progress_begin(input->context->progress, "writing", expected_bytes(input));
	AUTO_PTR(blob_writer) blobs = blob_writer_new(writer->sink, input->context);
	const struct manifest_writer manifests = { input, options, writer->sink, blobs, result };
	if (write_layers(input, options, blobs, result, err) < 0 ||
	    manifests_write(&manifests, err) < 0 || ops->finish(writer->sink, err) < 0)
		return NULL;
	result->output_bytes = sink_bytes(writer->sink);
	return STEAL(writer);
}

int image_writer_reopen(const struct image_writer *writer, struct input *input, struct error *err)
{
	return writer->sink->ops->reopen(writer->sink, input, err);
}

int image_writer_commit(struct image_writer *writer, bool sync, struct error *err)
{
	return writer->sink->ops->commit(writer->sink, sync, err);
}

void image_writer_close(struct image_writer *writer)
{
	if (writer->sink)
		writer->sink->ops->close(writer->sink);
	free(writer);
}

void write_result_release(struct write_result *result)
{
	free(result->layers);
	free(result->images);
	free(result->carried);
	memset(result, 0, sizeof(*result));
}
