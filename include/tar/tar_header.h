/* tar_header.h - one decoded tar entry, independent of the tar dialect (SEMANTICS.md C.4). */
#ifndef TAR_TAR_HEADER_H
#define TAR_TAR_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tar_type {
	TAR_FILE,
	TAR_DIR,
	TAR_SYMLINK,
	TAR_HARDLINK,
	TAR_CHARDEV,
	TAR_BLOCKDEV,
	TAR_FIFO,
};

/* "file", "directory", ... */
const char *tar_type_name(enum tar_type type);

/* A byte string of the header; not NUL-terminated, may contain any byte but NUL. */
struct tar_text {
	const char *bytes;
	size_t len;
};

struct tar_xattr {
	struct tar_text name;  /* "user.k", "security.capability" */
	struct tar_text value; /* any bytes, never empty */
};

/* A piece of data of a sparse file; the gaps read as zeros. */
struct tar_chunk {
	uint64_t offset, length; /* within the expanded file */
};

/* What the encoding of an entry has that loaders refuse or misread, or that the writer would not
 * write: a rebuilt layer loses it. */
enum tar_oddity {
	TAR_ODD_GLOBAL = 1 << 0,   /* a pax global header stood before it */
	TAR_ODD_GNU_LONG = 1 << 1, /* L or K header */
	TAR_ODD_SPARSE = 1 << 2,   /* any sparse encoding */
	TAR_ODD_OLD_SPARSE = 1 << 3,
	TAR_ODD_TYPE7 = 1 << 4, /* contiguous file, read as a file */
	TAR_ODD_ACL = 1 << 5,	/* SCHILY.acl.*, which engines ignore */
	TAR_ODD_V7 = 1 << 6,	/* type NUL, as before POSIX */
};

struct tar_header {
	enum tar_type type;
	struct tar_text path; /* raw bytes as stored, not normalised */
	struct tar_text link; /* target of a symlink or hard link; empty otherwise */
	uint64_t size;	      /* bytes of the body, expanded if sparse; 0 unless TAR_FILE */
	uint32_t mode;	      /* permission bits only, 07777 */
	uint32_t uid, gid;
	int64_t mtime; /* seconds since the epoch */
	uint32_t mtime_nsec;
	uint32_t dev_major, dev_minor;
	const struct tar_xattr *xattrs;
	size_t xattr_count;
	const struct tar_chunk *chunks; /* sparse files: where the stored bytes belong */
	size_t chunk_count;
	uint64_t header_offset; /* of the first extension header, in the tar */
	uint64_t body_offset;	/* of the stored body bytes, behind a sparse map */
	uint64_t stored_size;	/* bytes there, without padding */
	unsigned oddities;	/* enum tar_oddity */
};

#endif
