/* layer_index.h - every entry of one layer: what it is and where its bytes lie.
 *
 * Built in one pass over the headers; bodies are skipped (DESIGN.md decision 2).  Memory is 56
 * bytes an entry; paths, link targets and attributes live in struct names.  Names are normalised,
 * markers are recognised and attributes that engines misread are gone (SEMANTICS.md C.1, C.3), but
 * nothing is merged: that is the business of tree/. */
#ifndef LAYER_LAYER_INDEX_H
#define LAYER_LAYER_INDEX_H

#include <stdint.h>

#include "io/decoder.h"
#include "io/range.h"
#include "layer/names.h"
#include "tar/tar_header.h"
#include "util/context.h"

typedef uint32_t entry_id; /* index into the entries of one layer */

enum entry_kind {
	ENTRY_NORMAL,
	ENTRY_WHITEOUT, /* path is the path that it hides */
	ENTRY_OPAQUE,	/* path is the directory */
	ENTRY_AUFS,	/* body below .wh..wh.plnk: only hard links may use it */
	ENTRY_IGNORED,	/* aufs bookkeeping, or something below a whiteout name */
};

struct entry {
	uint64_t header_offset; /* of the first header block, in the uncompressed layer */
	uint64_t size; /* bytes of the body, expanded if sparse; devices: major << 32 | minor */
	int64_t mtime; /* seconds since the epoch */
	uint32_t mtime_nsec;
	path_id path;
	uint32_t link; /* hard link: path_id of the target; symlink: id in names.links;
			  sparse file: index into layer_index.sparse; else BYTES_NONE */
	uint32_t uid, gid;
	bytes_id xattrs;
	uint32_t header_bytes; /* the stored body begins this far behind header_offset */
	uint16_t mode;	       /* 07777 */
	uint8_t type;	       /* enum tar_type */
	uint8_t kind;	       /* enum entry_kind */
};

/* The stored form of a sparse file. */
struct sparse_body {
	uint64_t stored_size;
	struct tar_chunk *chunks; /* owned by the index */
	size_t chunk_count;
};

/* Why a layer must not be passed through as it is (DESIGN.md ruling 5). */
enum layer_flaw {
	FLAW_ENCODING = 1 << 0, /* global header, L, K, sparse, contiguous or volume entries */
	FLAW_XATTRS = 1 << 1,	/* attributes were dropped */
	FLAW_MARKERS = 1 << 2,	/* aufs names, char 0:0, odd whiteouts */
	FLAW_PATHS = 1 << 3,	/* a path twice */
	FLAW_LINKS = 1 << 4,	/* links before or unlike their target, or to a lower layer */
	FLAW_PARENTS = 1 << 5,	/* entries below a symlink or file of a lower layer */
	/* Of these, what loaders refuse, each beside its flaw above: */
	FLAW_TYPES = 1 << 6,	    /* old sparse, contiguous and volume entries */
	FLAW_USER_XATTRS = 1 << 7,  /* "user.*" on what cannot hold it */
	FLAW_LATE_LINKS = 1 << 8,   /* links before their target, or to a lower layer */
	FLAW_LATE_MARKERS = 1 << 9, /* whiteouts behind what they name */
};

struct layer_index {
	struct VEC(struct entry) entries;
	struct VEC(struct sparse_body) sparse;
	uint64_t total_bytes; /* of the uncompressed layer */
	uint64_t body_bytes;  /* of all bodies as stored */
	unsigned flaws;	      /* enum layer_flaw, those that one layer shows by itself */
	bool has_hardlinks, has_markers;
};

/* Index `tar`; `number` and `name` (the digest) are for messages.  ERR_FORMAT or ERR_LIMIT with
 * layer, entry and offset. */
int layer_index_build(struct layer_index *index, const struct range *tar, uint32_t number,
		      struct names *names, const struct context *context, struct error *err);

/* The same from plain bytes as they come, of which none are kept. */
int layer_index_build_stream(struct layer_index *index, struct decoder *stream, uint32_t number,
			     struct names *names, const struct context *context, struct error *err);
void layer_index_release(struct layer_index *index);

/* Stored bytes of an entry's body; 0 for all but regular files. */
uint64_t entry_stored_size(const struct layer_index *index, const struct entry *entry);

DEFINE_CLEANUP(layer_index, layer_index_release);

#endif
