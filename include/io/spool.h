/* spool.h - unlinked temporary files, and input of any kind as a plain random-access range.
 *
 * DESIGN.md decision 1: what cannot be read at random (stdin, compressed bytes) is inflated once
 * into a file without a name, which disappears with the process. */
#ifndef IO_SPOOL_H
#define IO_SPOOL_H

#include "io/range.h"
#include "util/context.h"
#include "util/digest.h"

/* A new unlinked file in `dir` (NULL: TMPDIR, else /var/tmp).  The descriptor, or -1. */
int spool_create(const char *dir, struct error *err);

/* Bytes that stand elsewhere: a thin archive leaves out what its receiver has. */
struct known_blob {
	struct digest digest;
	struct range range;
};

/* An image input: what the user named, opened and peeled. */
struct input {
	char *name;	     /* for messages: the path, or "standard input" */
	int fd;		     /* plain bytes: the file itself or a spool; for a directory its fd */
	uint64_t size;	     /* plain bytes; 0 for a directory */
	uint64_t given_size; /* bytes as given, before peeling; 0 for a directory */
	int is_directory;
	unsigned peeled;		/* outer compressions removed, 0 to 2 */
	uint64_t dev, ino;		/* of the file that was named, to tell OUTPUT from INPUT */
	const struct known_blob *known; /* borrowed; blobs that may be missing in it */
	size_t known_count;
	int names_only; /* layers that are missing are no error: a thin archive names them */
};

/* `path` NULL or "-" is standard input.  Peels at most two outer compressions by magic.  ERR_IO,
 * or ERR_FORMAT for a broken compressed stream. */
int input_open(struct input *input, const char *path, const struct context *context,
	       struct error *err);
void input_close(struct input *input);

DEFINE_CLEANUP(input, input_close);

#endif
