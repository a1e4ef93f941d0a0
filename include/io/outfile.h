/* outfile.h - an output that gets its name only when it is complete (DESIGN.md P5, ruling 1).
 *
 * Written under a temporary name beside the target, or into an unlinked spool when the target is
 * standard output, a pipe or a device.  outfile_commit() renames or copies it out;
 * outfile_close() without a commit leaves nothing behind and an older file untouched.
 * The program must ignore SIGPIPE, so that a reader that goes away is an error like others. */
#ifndef IO_OUTFILE_H
#define IO_OUTFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/range.h"
#include "util/context.h"

struct outfile;

/* `path` NULL or "-": standard output. */
struct outfile *outfile_open(const char *path, const struct context *context, struct error *err);

/* Append. */
int outfile_write(struct outfile *file, const void *data, size_t len, struct error *err);

/* Append `len` zero bytes. */
int outfile_zeros(struct outfile *file, uint64_t len, struct error *err);

/* Overwrite bytes that were appended before. */
int outfile_rewrite(struct outfile *file, uint64_t at, const void *data, size_t len,
		    struct error *err);

/* Cut back to `length` appended bytes. */
int outfile_truncate(struct outfile *file, uint64_t length, struct error *err);

/* About this many bytes will come: the file system may reserve them, and large files are sent to
 * the disk early (io/write_behind.h).  A hint, never an error. */
void outfile_expect(struct outfile *file, uint64_t bytes);

/* Hand over what is buffered; what the system refuses is an error here. */
int outfile_flush(struct outfile *file, struct error *err);

/* Everything written so far, readable until close; also after a commit.  When the system refuses
 * to take buffered bytes, reading them fails, and the next call that has an `err` says why. */
struct range outfile_range(struct outfile *file);

/* Give it its name.  `sync`: fsync(2) the file before and its folder after; when only the folder's
 * fails, the complete output stands under its name and the error says so. */
int outfile_commit(struct outfile *file, bool sync, struct error *err);
void outfile_close(struct outfile *file);

/* Remove the temporary files of this process from a signal handler; async-signal-safe. */
void outfile_abandon_all(void);

DEFINE_CLEANUP_PTR(outfile, outfile_close);

#endif
