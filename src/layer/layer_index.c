/* layer_index.c - turn the headers of one layer into entries. */
#include "layer/layer_index.h"

#include <string.h>

#include "tar/tar_path.h"
#include "tar/tar_reader.h"
#include "util/text.h"

#define OPAQUE_NAME ".wh..wh..opq"
#define AUFS_PREFIX ".wh..wh."
#define AUFS_BODIES ".wh..wh.plnk"
#define WHITEOUT    ".wh."

struct components VEC(struct tar_text);

/* State of one indexing pass. */
struct indexer {
	struct layer_index *index;
	struct names *names;
	const struct context *context;
	uint32_t number;
	struct components parts;       /* of the entry at hand */
	struct VEC(path_id) directory; /* ids of the components of the last path, for reuse */
	struct xattr_list kept;
};

static bool begins(struct tar_text text, const char *head)
{
	size_t len = strlen(head);

	return text.len >= len && !memcmp(text.bytes, head, len);
}

static bool equals(struct tar_text text, const char *name)
{
	return text.len == strlen(name) && begins(text, name);
}

static void warn(const struct indexer *in, enum warning_kind kind, struct tar_text path)
{
	AUTO_FREE char *shown = text_escaped(path.bytes, path.len);

	warnings_add(in->context->warnings, kind, "layer %u: %s", in->number + 1, shown);
}

/* Split a name; ".." and an empty name are refused. */
static int split(struct indexer *in, struct components *parts, struct tar_text text,
		 const char *what, struct error *err)
{
	struct tar_path_walk walk = tar_path_begin(text);
	struct tar_text part;

	parts->count = 0;
	if (!text.len)
		return error_set(err, ERR_FORMAT, "empty %s", what);
	while (tar_path_next(&walk, &part)) {
		if (equals(part, ".."))
			return error_set(err, ERR_FORMAT, "%s has a \"..\" component", what);
		if (memchr(part.bytes, 0, part.len))
			return error_set(err, ERR_FORMAT, "%s has a NUL byte", what);
		if (part.len > 255)
			warn(in, WARN_NAME_LENGTH, part);
		vec_push(parts, part);
	}
	if (parts->count > in->context->limits.path_depth)
		return error_set(err, ERR_LIMIT, "%s of %zu components (--limit path-depth=N)",
				 what, parts->count);
	return 0;
}

/* The id of the first `count` parts.  Archives list directory after directory, so most components
 * are those of the entry before. */
static path_id intern(struct indexer *in, size_t count, struct error *err)
{
	path_id at = PATH_ROOT;

	for (size_t i = 0; i < count; i++) {
		struct tar_text part = in->parts.items[i];
		if (i < in->directory.count &&
		    paths_parent(in->names->paths, in->directory.items[i]) == at) {
			struct tar_text last = paths_name(in->names->paths, in->directory.items[i]);
			if (last.len == part.len && !memcmp(last.bytes, part.bytes, part.len)) {
				at = in->directory.items[i];
				continue;
			}
		}
		at = paths_add(in->names->paths, at, part, err);
		if (at == PATH_NONE)
			return PATH_NONE;
		in->directory.count = i < in->directory.count ? i : in->directory.count;
		vec_push(&in->directory, at);
	}
	return at;
}

/* Sort out markers and aufs names; -1 with an error for names that mean nothing. */
static int classify(struct indexer *in, const struct tar_header *header, enum entry_kind *kind,
		    struct error *err)
{
	struct components *parts = &in->parts;
	struct tar_text last;

	*kind = ENTRY_NORMAL;
	if (!parts->count) {
		if (header->type != TAR_DIR)
			return error_set(err, ERR_FORMAT, "the root is a %s",
					 tar_type_name(header->type));
		return 0;
	}
	last = parts->items[parts->count - 1];
	if (parts->count > 1 && equals(parts->items[0], AUFS_BODIES) && header->type == TAR_FILE) {
		*kind = ENTRY_AUFS;
		return 0;
	}
	for (size_t i = 0; i + 1 < parts->count; i++) {
		if (!begins(parts->items[i], WHITEOUT))
			continue;
		if (!begins(parts->items[i], AUFS_PREFIX))
			warn(in, WARN_WHITEOUT_ODD, header->path);
		*kind = ENTRY_IGNORED;
		return 0;
	}
	if (equals(last, OPAQUE_NAME)) {
		*kind = ENTRY_OPAQUE;
		parts->count--;
	} else if (begins(last, AUFS_PREFIX)) {
		*kind = ENTRY_IGNORED;
	} else if (begins(last, WHITEOUT)) {
		struct tar_text hidden = { last.bytes + 4, last.len - 4 };
		if (!hidden.len || equals(hidden, ".") || equals(hidden, ".."))
			return error_set(err, ERR_FORMAT, "whiteout of nothing");
		*kind = ENTRY_WHITEOUT;
		parts->items[parts->count - 1] = hidden;
	} else if (header->type == TAR_CHARDEV && !header->dev_major && !header->dev_minor) {
		warn(in, WARN_OVERLAY_DEVICE, header->path);
		in->index->flaws |= FLAW_MARKERS;
		*kind = ENTRY_WHITEOUT;
	}
	return 0;
}

/* Attributes that stay.  Overlay's own would be obeyed by the kernel and hide files; user
 * attributes of anything but files and directories cannot be set, and make podman fail. */
static int keep_xattrs(struct indexer *in, const struct tar_header *header, struct entry *entry,
		       struct error *err)
{
	in->kept.count = 0;
	for (size_t i = 0; i < header->xattr_count; i++) {
		const struct tar_xattr *xattr = &header->xattrs[i];
		bool user_allowed = header->type == TAR_FILE || header->type == TAR_DIR ||
				    header->type == TAR_HARDLINK;
		if (begins(xattr->name, "trusted.overlay.") ||
		    begins(xattr->name, "user.overlay.") ||
		    (!user_allowed && xattr_is_user(xattr))) {
			warn(in, WARN_XATTR_DROPPED, header->path);
			in->index->flaws |= FLAW_XATTRS;
			if (!user_allowed && xattr_is_user(xattr))
				in->index->flaws |= FLAW_USER_XATTRS;
			continue;
		}
		vec_push(&in->kept, *xattr);
	}
	return xattr_set_add(in->names, in->kept.items, in->kept.count, &entry->xattrs, err);
}

static int set_link(struct indexer *in, const struct tar_header *header, struct entry *entry,
		    struct error *err)
{
	entry->link = BYTES_NONE;
	if (header->type == TAR_SYMLINK) {
		entry->link = byte_pool_add(in->names->links, header->link, err);
		return entry->link == BYTES_NONE ? -1 : 0;
	}
	if (header->type == TAR_HARDLINK) {
		if (split(in, &in->parts, header->link, "hard link target", err) < 0)
			return -1;
		entry->link = intern(in, in->parts.count, err);
		return entry->link == PATH_NONE ? -1 : 0;
	}
	if (header->oddities & TAR_ODD_SPARSE) {
		struct sparse_body body = { .stored_size = header->stored_size,
					    .chunks = xreallocarray(NULL, header->chunk_count + 1,
								    sizeof(*body.chunks)),
					    .chunk_count = header->chunk_count };
		if (header->chunk_count)
			memcpy(body.chunks, header->chunks,
			       header->chunk_count * sizeof(*body.chunks));
		entry->link = (uint32_t)in->index->sparse.count;
		vec_push(&in->index->sparse, body);
	}
	return 0;
}

static void note_oddities(struct indexer *in, const struct tar_header *header)
{
	if (header->oddities & ~(unsigned)TAR_ODD_ACL)
		in->index->flaws |= FLAW_ENCODING;
	if (header->oddities & (TAR_ODD_OLD_SPARSE | TAR_ODD_TYPE7))
		in->index->flaws |= FLAW_TYPES;
	if (header->oddities & TAR_ODD_TYPE7)
		warn(in, WARN_ENTRY_TYPE, header->path);
	if (header->oddities & TAR_ODD_ACL)
		warn(in, WARN_XATTR_DROPPED, header->path);
}

static int add_entry(struct indexer *in, const struct tar_header *header, struct error *err)
{
	struct layer_index *index = in->index;
	struct entry entry = { .header_offset = header->header_offset,
			       .size = header->size,
			       .mtime = header->mtime,
			       .mtime_nsec = header->mtime_nsec,
			       .uid = header->uid,
			       .gid = header->gid,
			       .header_bytes =
				       (uint32_t)(header->body_offset - header->header_offset),
			       .mode = (uint16_t)header->mode,
			       .type = (uint8_t)header->type };
	enum entry_kind kind;

	if (split(in, &in->parts, header->path, "name", err) < 0 ||
	    classify(in, header, &kind, err) < 0)
		return -1;
	entry.kind = (uint8_t)kind;
	entry.path = intern(in, in->parts.count, err);
	if (entry.path == PATH_NONE)
		return -1;
	if (kind == ENTRY_WHITEOUT || kind == ENTRY_OPAQUE)
		index->has_markers = true;
	if (kind == ENTRY_AUFS || kind == ENTRY_IGNORED)
		index->flaws |= FLAW_MARKERS;
	if ((kind == ENTRY_WHITEOUT || kind == ENTRY_OPAQUE) &&
	    (header->type != TAR_FILE || header->size))
		index->flaws |= FLAW_MARKERS;
	if (header->type == TAR_HARDLINK && kind == ENTRY_NORMAL)
		index->has_hardlinks = true;
	if (header->type == TAR_CHARDEV || header->type == TAR_BLOCKDEV)
		entry.size = (uint64_t)header->dev_major << 32 | header->dev_minor;
	note_oddities(in, header);
	index->body_bytes += header->stored_size;
	if (keep_xattrs(in, header, &entry, err) < 0)
		return -1;
	if (kind == ENTRY_NORMAL || kind == ENTRY_AUFS) {
		if (set_link(in, header, &entry, err) < 0)
			return -1;
	} else {
		entry.link = BYTES_NONE;
		entry.size = header->stored_size;
	}
	vec_push(&index->entries, entry);
	return 0;
}

static int index_entries(struct indexer *in, struct tar_reader *reader, struct error *err)
{
	const struct limits *limits = &in->context->limits;
	struct tar_header header;
	int rc;

	while ((rc = tar_reader_next(reader, &header, err)) > 0) {
		if (in->index->entries.count >= limits->entries)
			return error_set(err, ERR_LIMIT,
					 "more than %llu entries (--limit entries=N)",
					 (unsigned long long)limits->entries);
		if (add_entry(in, &header, err) < 0) {
			AUTO_FREE char *shown = text_escaped(header.path.bytes, header.path.len);
			return error_wrap(err, "entry \"%s\" at offset %llu", shown,
					  (unsigned long long)header.header_offset);
		}
	}
	return rc;
}

/* `reader` is closed. */
static int build(struct layer_index *index, struct tar_reader *reader, uint32_t number,
		 struct names *names, const struct context *context, struct error *err)
{
	struct indexer in = {
		.index = index, .names = names, .context = context, .number = number
	};
	int rc;

	memset(index, 0, sizeof(*index));
	rc = index_entries(&in, reader, err);
	if (!rc)
		rc = tar_reader_length(reader, &index->total_bytes, err);
	if (tar_reader_skipped(reader) || tar_reader_globals(reader))
		index->flaws |= FLAW_ENCODING;
	if (tar_reader_skipped(reader))
		index->flaws |= FLAW_TYPES;
	tar_reader_close(reader);
	vec_release(&in.parts);
	vec_release(&in.directory);
	vec_release(&in.kept);
	return rc;
}

int layer_index_build(struct layer_index *index, const struct range *tar, uint32_t number,
		      struct names *names, const struct context *context, struct error *err)
{
	return build(index, tar_reader_open(tar, &context->limits), number, names, context, err);
}

int layer_index_build_stream(struct layer_index *index, struct decoder *stream, uint32_t number,
			     struct names *names, const struct context *context, struct error *err)
{
	return build(index, tar_reader_open_stream(stream, &context->limits), number, names,
		     context, err);
}

void layer_index_release(struct layer_index *index)
{
	vec_foreach (body, &index->sparse)
		free(body->chunks);
	vec_release(&index->sparse);
	vec_release(&index->entries);
}

uint64_t entry_stored_size(const struct layer_index *index, const struct entry *entry)
{
	if (entry->type != TAR_FILE)
		return 0;
	return entry->link == BYTES_NONE ? entry->size
					 : index->sparse.items[entry->link].stored_size;
}
