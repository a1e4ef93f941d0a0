/* warnings.h - what a person should know although the run goes on.
 *
 * Few, grouped and actionable: each kind is one row in warnings.c with what it means and what
 * to do; occurrences are counted and a few examples kept: the first in natural order ("layer 2"
 * before "layer 10"), so that they do not depend on threads.  Thread-safe.  Never printed here:
 * report and cli do that. */
#ifndef UTIL_WARNINGS_H
#define UTIL_WARNINGS_H

#include <stddef.h>
#include <stdint.h>

enum warning_kind {
	WARN_DUPLICATE_PATH,   /* a layer lists a path twice */
	WARN_LINK_ORDER,       /* hard link before its target, or to a deleted or lower name */
	WARN_LINK_METADATA,    /* hard link with other metadata than its target */
	WARN_WHITEOUT_ODD,     /* marker that has no clear meaning */
	WARN_PARENT_REPLACED,  /* entry below a symlink or file of a lower layer */
	WARN_XATTR_DROPPED,    /* attributes that engines misread or refuse */
	WARN_ENTRY_TYPE,       /* rare tar types read as files, or skipped */
	WARN_OVERLAY_DEVICE,   /* character device 0:0 taken as a whiteout */
	WARN_NAME_LENGTH,      /* component of more than 255 bytes */
	WARN_TRAILING_BYTES,   /* bytes behind a compressed stream */
	WARN_CONFIG,	       /* stale or odd content of a config */
	WARN_REFERENCE,	       /* names that were completed, or could not be kept */
	WARN_DROPPED_MANIFEST, /* attestations, signatures, missing platforms */
	WARN_KEPT_ATTESTATION, /* carried although what it names is no more */
	WARN_FROZEN_LAYER,     /* a kept layer that some loaders refuse */
	WARN_ZSTD_OUTPUT,      /* zstd blobs: docker before 23 cannot load them */
	WARN_FOREIGN_LAYER,    /* a nondistributable layer was merged */
	WARN_KINDS
};

#define WARNING_EXAMPLES 3

struct warning {
	uint64_t count;
	char *examples[WARNING_EXAMPLES]; /* "layer 3: usr/bin/x"; different ones, then NULL */
};

struct warnings;

struct warnings *warnings_new(void);
void warnings_free(struct warnings *warnings);

/* One more of `kind`; the text says where, without a full stop. */
void warnings_add(struct warnings *warnings, enum warning_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

const struct warning *warnings_get(const struct warnings *warnings, enum warning_kind kind);

/* Short identifier ("duplicate-path"), what it means, and what to do about it ("" for nothing). */
const char *warning_name(enum warning_kind kind);
const char *warning_meaning(enum warning_kind kind);
const char *warning_advice(enum warning_kind kind);

#endif
