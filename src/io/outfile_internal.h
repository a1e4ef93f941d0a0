/* outfile_internal.h - what outfile.c and outfile_temp.c share: names of unfinished outputs. */
#ifndef IO_OUTFILE_INTERNAL_H
#define IO_OUTFILE_INTERNAL_H

#include "util/error.h"

/* A new empty file beside `target`, open for reading and writing, whose name is registered for
 * outfile_abandon_all().  The descriptor, or -1; *slot names it. */
int outfile_temp_create(const char *target, int *slot, struct error *err);

/* The name; valid until it is forgotten. */
const char *outfile_temp_path(int slot);

/* It has another name now. */
void outfile_temp_forget(int slot);

/* Unlink it, and forget. */
void outfile_temp_remove(int slot);

#endif
