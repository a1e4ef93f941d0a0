/* write_internal.h - the parts of writing that only src/write shares. */
#ifndef WRITE_INTERNAL_H
#define WRITE_INTERNAL_H

#include "blob_writer.h"
#include "write/image_writer.h"

/* layer_writer.c: a rebuilt layer, from its first header to its end mark. */
int layer_write_records(struct blob_writer *writer, const struct write_input *input,
			const struct output_layer *output, struct error *err);

/* config_rewrite.c: the config of image `number` with the layers that were written and the labels
 * of the plan; the bytes of the input when nothing in it changes (DESIGN.md ruling 3, SEMANTICS.md
 * D).  *changed: its layers are others. */
int config_rewrite(const struct write_input *input, uint32_t number,
		   const struct write_result *result, struct strbuf *out, bool *changed,
		   struct error *err);

/* manifest_write.c: manifests of all images, then index.json, manifest.json and oci-layout. */
struct manifest_writer {
	const struct write_input *input;
	const struct write_options *options;
	struct sink *sink;
	struct blob_writer *blobs;
	struct write_result *result;
};

int manifests_write(const struct manifest_writer *in, struct error *err);

/* attestation_write.c: warn about manifests of the input that are left out, or copy them and append
 * their descriptors to the list of the index (NULL: there is none). */
int attestations_write(const struct manifest_writer *in, json_t *list, struct error *err);

/* names_out.c: what an image is called in the output. */
struct name_list VEC(char *);
void image_names(const struct manifest_writer *in, const struct image *image,
		 struct name_list *out);
void name_list_release(struct name_list *list);

#endif
