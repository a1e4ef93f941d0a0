/* sink.h - where an image is put: a tar archive or a directory. */
#ifndef WRITE_SINK_H
#define WRITE_SINK_H

#include "io/spool.h"
#include "util/context.h"
#include "util/digest.h"

struct sink;

/* The operations of a kind of sink.  Blobs come one after the other; the name of a blob is its
 * digest, known only when its last byte is written. */
struct sink_ops {
	/* `expected`: bytes that will come, roughly; 0 when nobody knows. */
	struct sink *(*open)(const char *path, uint64_t expected, const struct context *context,
			     struct error *err);
	int (*blob_begin)(struct sink *sink, struct error *err);
	int (*write)(struct sink *sink, const void *data, size_t len, struct error *err);
	/* A blob that is there already is kept once. */
	int (*blob_end)(struct sink *sink, const struct digest *digest, struct error *err);
	/* A small file of its own name; the last thing but commit. */
	int (*member)(struct sink *sink, const char *name, const char *data, size_t len,
		      struct error *err);
	/* No more members. */
	int (*finish)(struct sink *sink, struct error *err);
	int (*reopen)(const struct sink *sink, struct input *input, struct error *err);
	int (*commit)(struct sink *sink, bool sync, struct error *err);
	void (*close)(struct sink *sink);
};

extern const struct sink_ops sink_tar, sink_directory;

/* Bytes written so far. */
uint64_t sink_bytes(const struct sink *sink);

/* First member of every kind of sink. */
struct sink {
	const struct sink_ops *ops;
	uint64_t bytes;
};

#define BLOB_NAME_SIZE 80 /* "blobs/sha256/", 64 digits, NUL */

void blob_name(const struct digest *digest, char out[BLOB_NAME_SIZE]);

#endif
