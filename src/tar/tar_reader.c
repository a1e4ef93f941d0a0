/* tar_reader.c - walk the headers of a tar the way Go's archive/tar does (SEMANTICS.md C.4). */
#include "tar/tar_reader.h"

#include <string.h>

#include "tar_internal.h"
#include "tar_window.h"

struct tar_reader {
	struct tar_window window;
	const struct limits *limits;
	uint64_t position; /* of the next header */
	struct tar_pax pax;
	struct strbuf pax_body, path, link, long_name, long_link;
	bool has_pax, has_long_name, has_long_link;
	struct tar_chunks chunks;
	uint64_t start; /* of the first extension header of the entry */
	bool started;
	unsigned oddities, skipped, globals;
	uint64_t end;
};

static struct tar_reader *open_window(const struct range *tar, struct decoder *stream,
				      const struct limits *limits)
{
	struct tar_reader *reader = xcalloc(1, sizeof(*reader));

	tar_window_init(&reader->window, tar, stream);
	reader->limits = limits;
	return reader;
}

struct tar_reader *tar_reader_open(const struct range *tar, const struct limits *limits)
{
	return open_window(tar, NULL, limits);
}

struct tar_reader *tar_reader_open_stream(struct decoder *stream, const struct limits *limits)
{
	return open_window(NULL, stream, limits);
}

void tar_reader_close(struct tar_reader *reader)
{
	tar_window_release(&reader->window);
	tar_pax_release(&reader->pax);
	strbuf_release(&reader->pax_body);
	strbuf_release(&reader->path);
	strbuf_release(&reader->link);
	strbuf_release(&reader->long_name);
	strbuf_release(&reader->long_link);
	vec_release(&reader->chunks);
	free(reader);
}

uint64_t tar_reader_end(const struct tar_reader *reader)
{
	return reader->end;
}

int tar_reader_length(struct tar_reader *reader, uint64_t *length, struct error *err)
{
	if (tar_window_finish(&reader->window, err) < 0)
		return -1;
	*length = reader->window.length;
	return 0;
}

unsigned tar_reader_skipped(const struct tar_reader *reader)
{
	return reader->skipped;
}

unsigned tar_reader_globals(const struct tar_reader *reader)
{
	return reader->globals;
}

static bool is_zero(const unsigned char *block)
{
	for (size_t i = 0; i < TAR_BLOCK; i++)
		if (block[i])
			return false;
	return true;
}

static bool is_signed_sum(const unsigned char *block, int64_t stored)
{
	int64_t sum = 8 * ' ';

	for (size_t i = 0; i < TAR_BLOCK; i++)
		if (i < FIELD_CHECKSUM || i >= FIELD_CHECKSUM + 8)
			sum += (signed char)block[i];
	return stored == sum;
}

/* The sum counts its own field as spaces.  Old tars added signed bytes. */
static int check_sum(const unsigned char *block, struct error *err)
{
	int64_t stored, sum = (int64_t)tar_block_sum(block) + 8 * ' ';

	if (tar_number(&stored, block + FIELD_CHECKSUM, 8, "checksum", err) < 0)
		return -1;
	for (size_t i = FIELD_CHECKSUM; i < FIELD_CHECKSUM + 8; i++)
		sum -= block[i];
	if (stored != sum && !is_signed_sum(block, stored))
		return error_set(err, ERR_FORMAT, "bad header checksum");
	return 0;
}

static int read_extension(struct tar_reader *reader, struct strbuf *body, int64_t size,
			  struct error *err)
{
	if (tar_window_expect(&reader->window, reader->position + TAR_BLOCK, size, err) < 0)
		return -1;
	if ((uint64_t)size > reader->limits->pax_bytes)
		return error_set(err, ERR_LIMIT,
				 "extended header of %lld bytes (--limit pax-bytes=N)",
				 (long long)size);
	strbuf_clear(body);
	return tar_window_read(&reader->window, reader->position + TAR_BLOCK,
			       strbuf_grow(body, (size_t)size), (size_t)size, err);
}

/* One of the headers that say more about the next entry. */
static int extension(struct tar_reader *reader, const unsigned char *block, struct error *err)
{
	struct strbuf *body = &reader->pax_body;
	char type = (char)block[FIELD_TYPE];
	int64_t size;

	if (tar_number(&size, block + FIELD_SIZE, 12, "size", err) < 0)
		return -1;
	if (type == 'L' || type == 'K')
		body = type == 'L' ? &reader->long_name : &reader->long_link;
	if (type == 'g') {
		AUTO(strbuf) ignored = STRBUF_INIT;
		struct tar_pax global = { 0 };
		int rc = read_extension(reader, &ignored, size, err);
		if (!rc)
			rc = tar_pax_parse(&global, ignored.len ? ignored.data : "", ignored.len,
					   err);
		tar_pax_release(&global);
		if (rc < 0)
			return -1;
		reader->globals++;
		reader->oddities |= TAR_ODD_GLOBAL;
	} else {
		if (read_extension(reader, body, size, err) < 0)
			return -1;
		if (type == 'x') {
			tar_pax_clear(&reader->pax);
			reader->has_pax = true;
			if (tar_pax_parse(&reader->pax, body->len ? body->data : "", body->len,
					  err) < 0)
				return -1;
		} else {
			reader->oddities |= TAR_ODD_GNU_LONG;
			*(type == 'L' ? &reader->has_long_name : &reader->has_long_link) = true;
		}
		if (!reader->started)
			reader->start = reader->position;
		reader->started = true;
	}
	reader->position += TAR_BLOCK + tar_padded((uint64_t)size);
	return 0;
}

static int set_names(struct tar_reader *reader, struct tar_header *out, const unsigned char *block,
		     bool ustar, struct error *err)
{
	struct tar_text name = tar_field_text(block + FIELD_NAME, 100);
	struct tar_text link = tar_field_text(block + FIELD_LINK, 100);
	struct tar_text prefix = { NULL, 0 };

	/* star ends its prefix field earlier, to store times behind it. */
	if (ustar)
		prefix = tar_field_text(block + FIELD_PREFIX,
					memcmp(block + FIELD_STAR_TAIL, "tar", 4) ? 155 : 131);
	strbuf_clear(&reader->path);
	if (prefix.len) {
		strbuf_add(&reader->path, prefix.bytes, prefix.len);
		strbuf_addch(&reader->path, '/');
	}
	strbuf_add(&reader->path, name.bytes, name.len);
	strbuf_clear(&reader->link);
	strbuf_add(&reader->link, link.bytes, link.len);
	out->path = (struct tar_text){ reader->path.data, reader->path.len };
	out->link = (struct tar_text){ reader->link.data, reader->link.len };
	if (reader->pax.path.len)
		out->path = reader->pax.path;
	if (reader->pax.link.len)
		out->link = reader->pax.link;
	if (reader->has_long_name)
		out->path =
			(struct tar_text){ reader->long_name.data,
					   reader->long_name.len ? strlen(reader->long_name.data)
								 : 0 };
	if (reader->has_long_link)
		out->link =
			(struct tar_text){ reader->long_link.data,
					   reader->long_link.len ? strlen(reader->long_link.data)
								 : 0 };
	if (out->path.len > reader->limits->path_bytes ||
	    out->link.len > reader->limits->path_bytes)
		return error_set(err, ERR_LIMIT,
				 "name of more than %llu bytes (--limit path-bytes=N)",
				 (unsigned long long)reader->limits->path_bytes);
	return 0;
}

static int set_numbers(struct tar_reader *reader, struct tar_header *out,
		       const unsigned char *block, bool extended_magic, int64_t *size,
		       struct error *err)
{
	int64_t mode, uid, gid, mtime, major = 0, minor = 0;
	const struct tar_pax *pax = &reader->pax;

	if (tar_number(&mode, block + FIELD_MODE, 8, "mode", err) < 0 ||
	    tar_number(&uid, block + FIELD_UID, 8, "uid", err) < 0 ||
	    tar_number(&gid, block + FIELD_GID, 8, "gid", err) < 0 ||
	    tar_number(size, block + FIELD_SIZE, 12, "size", err) < 0 ||
	    tar_number(&mtime, block + FIELD_MTIME, 12, "mtime", err) < 0)
		return -1;
	if (extended_magic && (block[FIELD_TYPE] == '3' || block[FIELD_TYPE] == '4') &&
	    (tar_number(&major, block + FIELD_DEVMAJOR, 8, "devmajor", err) < 0 ||
	     tar_number(&minor, block + FIELD_DEVMINOR, 8, "devminor", err) < 0))
		return -1;
	if (pax->has_uid)
		uid = pax->uid;
	if (pax->has_gid)
		gid = pax->gid;
	if (pax->has_size)
		*size = pax->size;
	if (uid < 0 || uid >= UINT32_MAX || gid < 0 || gid >= UINT32_MAX)
		return error_set(err, ERR_FORMAT, "uid %lld or gid %lld out of range",
				 (long long)uid, (long long)gid);
	if (major < 0 || major > UINT32_MAX || minor < 0 || minor > UINT32_MAX)
		return error_set(err, ERR_FORMAT, "device number out of range");
	out->mode = (uint32_t)mode & 07777;
	out->uid = (uint32_t)uid;
	out->gid = (uint32_t)gid;
	out->mtime = pax->has_mtime ? pax->mtime : mtime;
	out->mtime_nsec = pax->has_mtime ? pax->mtime_nsec : 0;
	out->dev_major = (uint32_t)major;
	out->dev_minor = (uint32_t)minor;
	return 0;
}

static int old_sparse(struct tar_reader *reader, struct tar_header *out, const unsigned char *block,
		      struct error *err)
{
	int64_t real;
	bool more = block[FIELD_GNU_EXTENDED];

	if (tar_number(&real, block + FIELD_GNU_REALSIZE, 12, "real size", err) < 0 ||
	    tar_sparse_parse_old(&reader->chunks, block + FIELD_GNU_SPARSE, 4, err) < 0)
		return -1;
	if (real < 0)
		return error_set(err, ERR_FORMAT, "negative size");
	while (more) {
		if (tar_window_block(&reader->window, out->body_offset, &block, err) < 0)
			return -1;
		if (!block)
			return error_set(err, ERR_FORMAT, "truncated sparse map");
		if (tar_sparse_parse_old(&reader->chunks, block, 21, err) < 0)
			return -1;
		if (reader->chunks.count > reader->limits->sparse_chunks)
			return error_set(err, ERR_LIMIT, "sparse map: more than %llu pieces",
					 (unsigned long long)reader->limits->sparse_chunks);
		more = block[504];
		out->body_offset += TAR_BLOCK;
	}
	out->size = (uint64_t)real;
	out->oddities |= TAR_ODD_SPARSE | TAR_ODD_OLD_SPARSE;
	return 0;
}

/* Format 1.0 keeps its map as decimal lines at the start of the body. */
static int sparse_v1_map(struct tar_reader *reader, struct tar_header *out, struct error *err)
{
	uint64_t at = 0, want = 0, numbers = 0;
	int64_t value = 0, offset = 0;
	size_t digits = 0;
	bool have_count = false;

	while (!have_count || numbers < want) {
		unsigned char piece[TAR_BLOCK];
		if (at + TAR_BLOCK > out->stored_size)
			return error_set(err, ERR_FORMAT, "truncated sparse map");
		if (tar_window_read(&reader->window, out->body_offset + at, piece, TAR_BLOCK, err) <
		    0)
			return -1;
		at += TAR_BLOCK;
		for (size_t i = 0; i < TAR_BLOCK && (!have_count || numbers < want); i++) {
			if (piece[i] >= '0' && piece[i] <= '9' && digits < 18) {
				value = value * 10 + (piece[i] - '0');
				digits++;
				continue;
			}
			if (piece[i] != '\n' || !digits)
				return error_set(err, ERR_FORMAT, "sparse map: not a number");
			if (!have_count) {
				if ((uint64_t)value > reader->limits->sparse_chunks)
					return error_set(err, ERR_LIMIT,
							 "sparse map of %lld pieces",
							 (long long)value);
				want = 2 * (uint64_t)value;
				have_count = true;
			} else if (numbers++ % 2 == 0) {
				offset = value;
			} else {
				vec_push(&reader->chunks,
					 (struct tar_chunk){ (uint64_t)offset, (uint64_t)value });
			}
			value = 0;
			digits = 0;
		}
	}
	out->body_offset += at;
	out->stored_size -= at;
	return 0;
}

static int pax_sparse(struct tar_reader *reader, struct tar_header *out, struct error *err)
{
	struct tar_pax *pax = &reader->pax;

	if (!pax->has_sparse_size)
		return error_set(err, ERR_FORMAT, "sparse file without a size");
	if (pax->sparse_v1) {
		if (sparse_v1_map(reader, out, err) < 0)
			return -1;
	} else if (pax->chunks.count) {
		vec_foreach (chunk, &pax->chunks)
			vec_push(&reader->chunks, *chunk);
	} else if (tar_sparse_parse_map(&reader->chunks, pax->sparse_map, reader->limits, err) <
		   0) {
		return -1;
	}
	if (pax->sparse_name.len)
		out->path = pax->sparse_name;
	out->size = pax->sparse_size;
	out->oddities |= TAR_ODD_SPARSE;
	return 0;
}

static int set_type(struct tar_header *out, char flag, struct error *err)
{
	switch (flag) {
	case '7':
		out->oddities |= TAR_ODD_TYPE7;
		__attribute__((fallthrough));
	case '0':
	case 'S':
		out->type = TAR_FILE;
		return 0;
	case '\0':
		out->oddities |= TAR_ODD_V7;
		out->type = TAR_FILE;
		return 0;
	case '1':
		out->type = TAR_HARDLINK;
		return 0;
	case '2':
		out->type = TAR_SYMLINK;
		return 0;
	case '3':
		out->type = TAR_CHARDEV;
		return 0;
	case '4':
		out->type = TAR_BLOCKDEV;
		return 0;
	case '5':
		out->type = TAR_DIR;
		return 0;
	case '6':
		out->type = TAR_FIFO;
		return 0;
	default:
		return error_set(err, ERR_FORMAT, "entry type '%c' (0x%02x), which no engine reads",
				 flag > ' ' && flag < 127 ? flag : '?', (unsigned char)flag);
	}
}

static int set_body(struct tar_reader *reader, struct tar_header *out, const unsigned char *block,
		    int64_t size, struct error *err)
{
	const struct tar_pax *pax = &reader->pax;

	out->body_offset = reader->position + TAR_BLOCK;
	reader->chunks.count = 0;
	if (size < 0)
		return error_set(err, ERR_FORMAT, "negative size");
	/* Go's header-only types have no body, whatever their size field says. */
	if (out->type != TAR_FILE)
		size = 0;
	out->size = out->stored_size = (uint64_t)size;
	if (block[FIELD_TYPE] == 'S' && old_sparse(reader, out, block, err) < 0)
		return -1;
	if (tar_window_expect(&reader->window, out->body_offset, size, err) < 0)
		return -1;
	reader->position = out->body_offset + tar_padded((uint64_t)size);
	if (out->type == TAR_FILE && block[FIELD_TYPE] != 'S' &&
	    (pax->sparse_v1 || pax->chunks.count || pax->sparse_map.len) &&
	    pax_sparse(reader, out, err) < 0)
		return -1;
	if (out->oddities & TAR_ODD_SPARSE) {
		if (tar_sparse_check(&reader->chunks, out->size, out->stored_size, reader->limits,
				     err) < 0)
			return -1;
		out->chunks = reader->chunks.items;
		out->chunk_count = reader->chunks.count;
	}
	return 0;
}

static int entry(struct tar_reader *reader, struct tar_header *out, const unsigned char *block,
		 struct error *err)
{
	bool ustar = !memcmp(block + FIELD_MAGIC, "ustar", 6);
	bool gnu = !memcmp(block + FIELD_MAGIC, "ustar  ", 8);
	unsigned char copy[TAR_BLOCK];
	int64_t size;

	/* Sparse maps and extension blocks move the window. */
	memcpy(copy, block, TAR_BLOCK);
	memset(out, 0, sizeof(*out));
	out->header_offset = reader->started ? reader->start : reader->position;
	out->oddities = reader->oddities;
	if (!reader->has_pax)
		tar_pax_clear(&reader->pax);
	if (set_type(out, (char)copy[FIELD_TYPE], err) < 0 ||
	    set_names(reader, out, copy, ustar, err) < 0 ||
	    set_numbers(reader, out, copy, ustar || gnu, &size, err) < 0 ||
	    set_body(reader, out, copy, size, err) < 0)
		return -1;
	/* Before POSIX a directory was a file whose name ends in a slash. */
	if (copy[FIELD_TYPE] == '\0' && out->path.len &&
	    out->path.bytes[out->path.len - 1] == '/') {
		out->type = TAR_DIR;
		out->size = out->stored_size = 0;
		out->chunk_count = 0;
	}
	if ((out->type == TAR_SYMLINK || out->type == TAR_HARDLINK) && !out->link.len)
		return error_set(err, ERR_FORMAT, "%s without a target", tar_type_name(out->type));
	if (reader->pax.has_acl)
		out->oddities |= TAR_ODD_ACL;
	out->xattrs = reader->pax.xattrs.items;
	out->xattr_count = reader->pax.xattrs.count;
	return 0;
}

static void forget_extensions(struct tar_reader *reader)
{
	reader->has_pax = reader->has_long_name = reader->has_long_link = false;
	reader->started = false;
	reader->oddities = 0;
}

static int next(struct tar_reader *reader, struct tar_header *out, struct error *err)
{
	const unsigned char *block, *second;

	for (;;) {
		if (tar_window_block(&reader->window, reader->position, &block, err) < 0)
			return -1;
		if (!block || is_zero(block)) {
			if (block && tar_window_block(&reader->window, reader->position + TAR_BLOCK,
						      &second, err) < 0)
				return -1;
			if (block && second && !is_zero(second))
				return error_set(err, ERR_FORMAT,
						 "data behind a single zero block");
			if (reader->started)
				return error_set(err, ERR_FORMAT,
						 "extended header without an entry");
			/* The padding of the last body may be missing. */
			reader->end = reader->position < reader->window.length
					      ? reader->position
					      : reader->window.length;
			return 0;
		}
		if (check_sum(block, err) < 0)
			return -1;
		char type = (char)block[FIELD_TYPE];
		if (type == 'x' || type == 'g' || type == 'L' || type == 'K') {
			if (extension(reader, block, err) < 0)
				return -1;
			continue;
		}
		if (type == 'V') {
			int64_t size;
			if (tar_number(&size, block + FIELD_SIZE, 12, "size", err) < 0 ||
			    tar_window_expect(&reader->window, reader->position + TAR_BLOCK, size,
					      err) < 0)
				return -1;
			reader->position += TAR_BLOCK + tar_padded((uint64_t)size);
			reader->skipped++;
			forget_extensions(reader);
			continue;
		}
		if (entry(reader, out, block, err) < 0)
			return -1;
		forget_extensions(reader);
		return 1;
	}
}

int tar_reader_next(struct tar_reader *reader, struct tar_header *out, struct error *err)
{
	int rc = next(reader, out, err);

	if (rc < 0)
		return error_wrap(err, "tar header at offset %llu",
				  (unsigned long long)reader->position);
	return rc;
}
