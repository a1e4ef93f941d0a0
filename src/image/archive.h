/* archive.h - the files of an image input by name: members of a tar, or files below a directory.
 *
 * Names are normalised (SEMANTICS.md A.1.3) and links among members followed inside the archive
 * (A.1.8), so that callers see regular files only. */
#ifndef IMAGE_ARCHIVE_H
#define IMAGE_ARCHIVE_H

#include <stdbool.h>

#include "index_map.h"
#include "io/range.h"
#include "io/spool.h"
#include "tar/tar_header.h"
#include "util/context.h"
#include "util/vec.h"

struct archive_member {
	char *name;	   /* normalised */
	char *link;	   /* target of a symlink or hard link as stored; NULL otherwise */
	struct range data; /* of a file */
	enum tar_type type;
	bool sparse;
	uint64_t offset; /* of the header, for messages */
};

struct archive_file {
	char *name;
	struct range data;
};

struct archive {
	const struct input *input;
	const struct context *context;
	struct VEC(struct archive_member) members; /* of a tar, sorted by name, names unique */
	struct VEC(struct archive_file) files;	   /* of a directory: those that were opened */
	struct index_map files_by_name;
	uint64_t json_read; /* bytes of JSON so far */
};

/* What a name stands for.  The descriptor and the name belong to the archive. */
struct archive_entry {
	struct range data;
	const char *name; /* behind links */
	bool known;	  /* not in the archive: plain bytes, whatever its descriptor says */
};

struct archive *archive_open(const struct input *input, const struct context *context,
			     struct error *err);
void archive_close(struct archive *archive);

/* 1: *out is a regular file; 0: there is none of this name; -1: error. */
int archive_find(struct archive *archive, const char *name, struct archive_entry *out,
		 struct error *err);

/* The whole content with a NUL behind it, for manifests and configs.  1, 0 or -1 as above. */
int archive_read(struct archive *archive, const char *name, char **text, size_t *len,
		 struct error *err);

DEFINE_CLEANUP_PTR(archive, archive_close);

#endif
