/* loader.h - what the sources of images fill in while an image_set is read. */
#ifndef IMAGE_LOADER_H
#define IMAGE_LOADER_H

#include "archive.h"
#include "image/image.h"
#include "index_map.h"
#include "util/vec.h"

struct loader {
	struct archive *archive;
	const struct context *context;
	struct VEC(struct image) images;
	struct VEC(struct blob) blobs;
	struct VEC(struct dropped_manifest) dropped;
	struct index_map images_by_config, blobs_by_place, manifests_by_digest;
	struct VEC(struct digest) manifests;  /* seen; parallel to manifest_images */
	struct VEC(uint32_t) manifest_images; /* INDEX_NONE: dropped */
	uint64_t descriptors;		      /* visited so far */
};

/* Each reads one kind of document.  1: found; 0: the archive has none; -1: error. */
int source_docker_load(struct loader *loader, struct error *err);
int source_oci_load(struct loader *loader, struct error *err);

/* ERR_UNSUPPORTED or ERR_FORMAT with what the input is instead of an image.  Returns -1. */
int refuse_input(struct archive *archive, struct error *err);

/* Fill *image from a config blob; takes the text.  Layers get their diff_id and no blob yet. */
int config_read(struct image *image, char *text, size_t len, const struct limits *limits,
		struct error *err);

/* Windows images stay listed, without layers, until loading ends. */
bool image_is_windows(const struct image *image);

/* The image with this config, or INDEX_NONE. */
uint32_t loader_find_image(const struct loader *loader, const struct digest *config);

/* Takes over *image and gives its index; ERR_LIMIT when there are too many. */
int loader_add_image(struct loader *loader, struct image *image, uint32_t *index,
		     struct error *err);

void image_add_tag(struct image *image, const char *tag);
void image_release(struct image *image);

/* A member that holds a layer; one that is missing is empty where only names are wanted.  1, 0 or
 * -1. */
int loader_find_layer(const struct loader *loader, const char *name, struct archive_entry *out,
		      struct error *err);

/* The index of the blob at this place, new or known; `declared` may be NULL. */
int loader_add_blob(struct loader *loader, const struct archive_entry *entry,
		    const struct digest *declared, uint32_t *index, struct error *err);

#endif
