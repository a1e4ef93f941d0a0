/* fuzz_image.c - any bytes as an image archive. */
#include "fuzz_common.h"
#include "image/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char name[] = "input.tar";
	struct range range = forge_file(data, size);
	struct warnings *warnings = warnings_new();
	struct progress progress;
	struct context context = {
		.limits = fuzz_limits(), .threads = 1, .warnings = warnings, .progress = &progress
	};
	struct input input = { .name = name, .fd = range.fd, .size = size, .given_size = size };
	AUTO(error) err = ERROR_INIT;

	progress_init(&progress, NULL, NULL);
	struct image_set *set = image_set_load(&input, &context, &err);
	must((set == NULL) == (err.code != ERR_NONE));
	must(err.code != ERR_INTERNAL);
	if (set) {
		static const char *const refs[] = { "app:1" };
		for (size_t i = 0; i < set->blob_count; i++)
			must(set->blobs[i].stored.offset + set->blobs[i].stored.length <= size);
		for (size_t i = 0; i < set->image_count; i++) {
			must(image_name(&set->images[i]) != NULL);
			for (size_t n = 0; n < set->images[i].layer_count; n++)
				must(set->images[i].layers[n].blob < set->blob_count);
		}
		int rc = image_set_select(set, refs, 1, &err);
		must((rc < 0) == (err.code != ERR_NONE));
		image_set_free(set);
	}
	warnings_free(warnings);
	close(range.fd);
	return 0;
}
