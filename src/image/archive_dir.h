/* archive_dir.h - lookups of archive.h when the input is a directory.  Names are clean. */
#ifndef IMAGE_ARCHIVE_DIR_H
#define IMAGE_ARCHIVE_DIR_H

#include "archive.h"

/* As archive_find(); the file stays open until archive_close(). */
int archive_dir_find(struct archive *archive, const char *name, struct archive_entry *out,
		     struct error *err);

/* Open a regular file for the caller to close: 1, 0 when there is none, -1. */
int archive_dir_open(const struct archive *archive, const char *name, struct range *out,
		     struct error *err);

#endif
