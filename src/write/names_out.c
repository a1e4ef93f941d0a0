/* names_out.c - what an image is called in the output. */
#include <string.h>

#include "image/reference.h"
#include "write_internal.h"

void image_names(const struct manifest_writer *in, const struct image *image, struct name_list *out)
{
	out->count = 0;
	if (in->options->tags) {
		for (const char *const *tag = in->options->tags; *tag; tag++)
			vec_push(out, xstrdup(*tag));
		return;
	}
	for (size_t i = 0; i < image->tag_count; i++) {
		/* One name that docker cannot parse makes it refuse the whole archive. */
		if (!reference_is_tagged(image->tags[i])) {
			warnings_add(in->input->context->warnings, WARN_REFERENCE, "%s",
				     image->tags[i]);
			continue;
		}
		vec_push(out, image->in_docker_manifest ? xstrdup(image->tags[i])
							: reference_short(image->tags[i]));
	}
}

void name_list_release(struct name_list *list)
{
	vec_foreach (name, list)
		free(*name);
	vec_release(list);
}
