/* archive.c - index of the outer tar, and lookups by name that follow its links. */
#include "archive.h"

#include <string.h>

#include "archive_dir.h"
#include "tar/tar_path.h"
#include "tar/tar_reader.h"
#include "util/strbuf.h"
#include "util/text.h"

#define TAR_BLOCK	 512
#define TAR_MAGIC_OFFSET 257
#define LINK_HOPS_MAX	 40
/* Hostile indexes can name one large document many times. */
#define JSON_DOCUMENTS_MAX 16

/* Appends the clean form of a member name; false when it has a ".." in it. */
static bool add_clean_name(struct strbuf *out, struct tar_text name)
{
	struct tar_path_walk walk = tar_path_begin(name);
	struct tar_text part;

	while (tar_path_next(&walk, &part)) {
		if (part.len == 2 && memcmp(part.bytes, "..", 2) == 0)
			return false;
		if (out->len)
			strbuf_addch(out, '/');
		strbuf_add(out, part.bytes, part.len);
	}
	return true;
}

static int bad_name(struct error *err, struct tar_text name)
{
	AUTO_FREE char *shown = text_escaped(name.bytes, name.len);

	return error_set(err, ERR_FORMAT, "member name \"%s\" contains \"..\"", shown);
}

static int add_member(struct archive *archive, const struct tar_header *header, struct error *err)
{
	AUTO(strbuf) name = STRBUF_INIT;
	struct archive_member member = {
		.data = { archive->input->fd, header->body_offset, header->stored_size },
		.type = header->type,
		.sparse = (header->oddities & TAR_ODD_SPARSE) != 0,
		.offset = header->header_offset,
	};

	if (!add_clean_name(&name, header->path))
		return bad_name(err, header->path);
	if (header->type == TAR_SYMLINK || header->type == TAR_HARDLINK)
		member.link = xmemdup0(header->link.bytes, header->link.len);
	member.name = strbuf_detach(&name);
	vec_push(&archive->members, member);
	return 0;
}

/* Adds what is likely to the reader's message about the byte where it stopped. */
static int explain_damage(const struct archive *archive, struct error *err)
{
	struct range whole = { archive->input->fd, 0, archive->input->size };
	char block[TAR_BLOCK];
	AUTO(error) unreadable = ERROR_INIT;

	if (err->code != ERR_FORMAT)
		return -1;
	if (archive->members.count == 0 &&
	    (range_read(&whole, 0, block, sizeof(block), &unreadable) < 0 ||
	     memcmp(block + TAR_MAGIC_OFFSET, "ustar", 5) != 0))
		return error_wrap(err, "not a tar archive");
	return error_wrap(err, "the archive ends too early or is damaged (an interrupted save or "
			       "copy? then save it again)");
}

static int read_member(struct archive *archive, struct tar_reader *reader, struct error *err)
{
	const struct limits *limits = &archive->context->limits;
	struct tar_header header;
	int rc = tar_reader_next(reader, &header, err);

	if (rc < 0)
		return explain_damage(archive, err);
	if (rc == 0)
		return 0;
	if (archive->members.count >= limits->members)
		return error_set(
			err, ERR_LIMIT,
			"more than %llu members in the outer archive; an image archive has "
			"far fewer (is it a file system export?), else raise --limit "
			"members=N",
			(unsigned long long)limits->members);
	return add_member(archive, &header, err) < 0 ? -1 : 1;
}

static int compare_members(const void *a, const void *b)
{
	const struct archive_member *left = a, *right = b;
	int order = strcmp(left->name, right->name);

	return order ? order : (left->offset > right->offset) - (left->offset < right->offset);
}

static int same_bytes(const struct range *a, const struct range *b, struct error *err)
{
	const size_t step = 65536;
	AUTO_FREE char *left = xmalloc(step);
	AUTO_FREE char *right = xmalloc(step);

	if (a->length != b->length)
		return 0;
	for (uint64_t at = 0; at < a->length; at += step) {
		size_t len = a->length - at < step ? (size_t)(a->length - at) : step;

		if (range_read(a, at, left, len, err) < 0 || range_read(b, at, right, len, err) < 0)
			return -1;
		if (memcmp(left, right, len) != 0)
			return 0;
	}
	return 1;
}

static int same_member(const struct archive_member *a, const struct archive_member *b,
		       struct error *err)
{
	if (a->type != b->type || a->sparse != b->sparse)
		return 0;
	if (a->link)
		return strcmp(a->link, b->link) == 0;
	return a->type == TAR_FILE ? same_bytes(&a->data, &b->data, err) : 1;
}

/* Sorts, and merges members that are listed twice: engines disagree which one counts, so both
 * must say the same. */
static int sort_members(struct archive *archive, struct error *err)
{
	struct archive_member *items = archive->members.items;
	size_t kept = 0, count = archive->members.count;
	int same = 1;

	if (count == 0)
		return 0;
	qsort(items, count, sizeof(*items), compare_members);
	for (size_t i = 1; i < count && same > 0; i++) {
		if (strcmp(items[kept].name, items[i].name) != 0) {
			struct archive_member moved = items[i];

			items[i] = items[++kept];
			items[kept] = moved;
			continue;
		}
		same = same_member(&items[kept], &items[i], err);
		if (same == 0) {
			AUTO_FREE char *shown = text_escaped(items[i].name, strlen(items[i].name));

			error_set(
				err, ERR_FORMAT,
				"member \"%s\" is listed twice with different content, at offsets "
				"%llu and %llu",
				shown, (unsigned long long)items[kept].offset,
				(unsigned long long)items[i].offset);
		}
	}
	if (same <= 0)
		return -1;
	for (size_t i = kept + 1; i < count; i++) {
		free(items[i].name);
		free(items[i].link);
	}
	archive->members.count = kept + 1;
	return 0;
}

static int index_members(struct archive *archive, struct error *err)
{
	const struct input *input = archive->input;
	struct range whole = { input->fd, 0, input->size };
	AUTO_PTR(tar_reader) reader = tar_reader_open(&whole, &archive->context->limits);
	int rc;

	if (input->size < TAR_BLOCK)
		return error_set(err, ERR_FORMAT, "not a tar archive: %s",
				 input->size ? "shorter than one block" : "empty");
	do
		rc = read_member(archive, reader, err);
	while (rc > 0);
	return rc < 0 ? -1 : sort_members(archive, err);
}

struct archive *archive_open(const struct input *input, const struct context *context,
			     struct error *err)
{
	AUTO_PTR(archive) archive = xcalloc(1, sizeof(*archive));

	archive->input = input;
	archive->context = context;
	if (!input->is_directory && index_members(archive, err) < 0)
		return NULL;
	return STEAL(archive);
}

void archive_close(struct archive *archive)
{
	vec_foreach (member, &archive->members) {
		free(member->name);
		free(member->link);
	}
	vec_foreach (file, &archive->files) {
		if (file->data.fd >= 0)
			close(file->data.fd);
		free(file->name);
	}
	vec_release(&archive->members);
	vec_release(&archive->files);
	index_map_release(&archive->files_by_name);
	free(archive);
}

static int compare_name(const void *name, const void *member)
{
	return strcmp(name, ((const struct archive_member *)member)->name);
}

static const struct archive_member *lookup(const struct archive *archive, const char *name)
{
	if (archive->members.count == 0)
		return NULL;
	return bsearch(name, archive->members.items, archive->members.count,
		       sizeof(*archive->members.items), compare_name);
}

/* Where the walk along a name is: `path` is resolved, `todo` is not. */
struct walk {
	struct strbuf path;
	char *todo;
	const char *rest;
	unsigned hops;
};

static void leave_component(struct strbuf *path)
{
	const char *slash = path->len ? strrchr(path->data, '/') : NULL;
	size_t len = slash ? (size_t)(slash - path->data) : 0;

	if (path->len) {
		path->data[len] = '\0';
		path->len = len;
	}
}

/* Go on at the target of a link, with what is left of the name behind it. */
static int follow(struct walk *walk, const struct archive_member *member, struct error *err)
{
	char *todo;

	if (++walk->hops > LINK_HOPS_MAX)
		return error_set(err, ERR_FORMAT, "links in a circle");
	todo = xasprintf("%s/%s", member->link, walk->rest);
	free(walk->todo);
	walk->rest = walk->todo = todo;
	if (member->type == TAR_HARDLINK || *todo == '/')
		strbuf_clear(&walk->path);
	else
		leave_component(&walk->path);
	return 0;
}

/* 1: walk->path is where the name leads, *out the member there or NULL; -1: error. */
static int resolve(const struct archive *archive, struct walk *walk,
		   const struct archive_member **out, struct error *err)
{
	struct tar_path_walk parts = { walk->rest, walk->rest + strlen(walk->rest) };
	struct tar_text part;

	*out = NULL;
	while (tar_path_next(&parts, &part)) {
		const struct archive_member *member;

		walk->rest = parts.next;
		if (part.len == 2 && memcmp(part.bytes, "..", 2) == 0) {
			if (walk->path.len == 0)
				return error_set(err, ERR_FORMAT, "a link leaves the archive");
			leave_component(&walk->path);
			continue;
		}
		if (walk->path.len)
			strbuf_addch(&walk->path, '/');
		strbuf_add(&walk->path, part.bytes, part.len);
		member = lookup(archive, walk->path.data);
		if (member && member->link) {
			if (follow(walk, member, err) < 0)
				return -1;
			parts = (struct tar_path_walk){ walk->rest,
							walk->rest + strlen(walk->rest) };
		}
	}
	if (walk->path.len)
		*out = lookup(archive, walk->path.data);
	return 1;
}

static int find_member(const struct archive *archive, const char *name, struct archive_entry *out,
		       struct error *err)
{
	struct walk walk = { .path = STRBUF_INIT, .todo = xstrdup(name) };
	const struct archive_member *member = NULL;
	int rc;

	walk.rest = walk.todo;
	rc = resolve(archive, &walk, &member, err);
	strbuf_release(&walk.path);
	free(walk.todo);
	if (rc < 0)
		return error_wrap(err, "member \"%s\"", name);
	if (!member)
		return 0;
	if (member->type != TAR_FILE)
		return error_set(err, ERR_FORMAT, "member \"%s\" is a %s, not a file", name,
				 tar_type_name(member->type));
	if (member->sparse)
		return error_set(err, ERR_UNSUPPORTED,
				 "member \"%s\" is stored sparse; pack the archive again without "
				 "--sparse",
				 name);
	*out = (struct archive_entry){ member->data, member->name, false };
	return 1;
}

static char *clean_name(const char *name, struct error *err)
{
	AUTO(strbuf) clean = STRBUF_INIT;
	struct tar_text text = { name, strlen(name) };

	if (!add_clean_name(&clean, text)) {
		bad_name(err, text);
		return NULL;
	}
	return strbuf_detach(&clean);
}

/* A blob that stands outside of the archive. */
static int find_known(const struct archive *archive, const char *name, struct archive_entry *out)
{
	static const char head[] = "blobs/sha256/";
	struct digest digest;

	if (!archive->input->known_count || strncmp(name, head, strlen(head)) != 0 ||
	    !digest_from_hex(&digest, name + strlen(head), strlen(name + strlen(head))))
		return 0;
	for (size_t i = 0; i < archive->input->known_count; i++) {
		if (!digest_equal(&archive->input->known[i].digest, &digest))
			continue;
		*out = (struct archive_entry){ archive->input->known[i].range, "omitted layer",
					       true };
		return 1;
	}
	return 0;
}

int archive_find(struct archive *archive, const char *name, struct archive_entry *out,
		 struct error *err)
{
	AUTO_FREE char *clean = clean_name(name, err);
	int rc;

	if (!clean)
		return -1;
	rc = archive->input->is_directory ? archive_dir_find(archive, clean, out, err)
					  : find_member(archive, clean, out, err);
	return rc ? rc : find_known(archive, clean, out);
}

static int read_text(struct archive *archive, const char *name, const struct range *data,
		     char **text, size_t *len, struct error *err)
{
	uint64_t limit = archive->context->limits.json_bytes;
	AUTO_FREE char *buf = NULL;

	archive->json_read += data->length;
	if (data->length > limit || archive->json_read / JSON_DOCUMENTS_MAX > limit)
		return error_set(err, ERR_LIMIT,
				 "%s: %llu bytes, more than --limit json-bytes=%llu allows for one "
				 "manifest or %d times that for all",
				 name, (unsigned long long)data->length, (unsigned long long)limit,
				 JSON_DOCUMENTS_MAX);
	buf = xmalloc((size_t)data->length + 1);
	if (range_read(data, 0, buf, (size_t)data->length, err) < 0)
		return error_wrap(err, "%s", name);
	buf[data->length] = '\0';
	*text = STEAL(buf);
	*len = (size_t)data->length;
	return 1;
}

int archive_read(struct archive *archive, const char *name, char **text, size_t *len,
		 struct error *err)
{
	AUTO_FREE char *clean = clean_name(name, err);
	struct archive_entry entry;
	AUTO_FD fd = -1;
	int rc;

	if (!clean)
		return -1;
	if (archive->input->is_directory) {
		rc = archive_dir_open(archive, clean, &entry.data, err);
		fd = rc > 0 ? entry.data.fd : -1;
	} else {
		rc = find_member(archive, clean, &entry, err);
	}
	return rc > 0 ? read_text(archive, clean, &entry.data, text, len, err) : rc;
}
