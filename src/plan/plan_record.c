/* plan_record.c - records as tar headers, and the exact size of a layer made of them. */
#include <string.h>

#include "plan_internal.h"
#include "tar/tar_writer.h"

/* Make the last component of the path a marker name. */
static void add_marker(const struct plan *plan, const struct record *record, struct strbuf *path)
{
	const struct paths *paths = plan->names->paths;

	if (record->link == RECORD_OPAQUE) {
		paths_append(paths, record->path, path);
		strbuf_addstr(path, "/.wh..wh..opq");
		return;
	}
	paths_append(paths, paths_parent(paths, record->path), path);
	strbuf_addstr(path, path->len ? "/.wh." : ".wh.");
	strbuf_add(path, paths_name(paths, record->path).bytes,
		   paths_name(paths, record->path).len);
}

void record_header(const struct plan *plan, const struct record *record, struct record_texts *texts,
		   struct tar_header *out)
{
	struct tree_stat stat;

	memset(out, 0, sizeof(*out));
	strbuf_clear(&texts->path);
	strbuf_clear(&texts->link);
	texts->xattrs.count = 0;
	if (record->link == RECORD_WHITEOUT || record->link == RECORD_OPAQUE) {
		add_marker(plan, record, &texts->path);
		out->type = TAR_FILE;
		out->mode = 0644;
		out->path = (struct tar_text){ texts->path.data, texts->path.len };
		return;
	}
	paths_append(plan->names->paths, record->path, &texts->path);
	inode_stat(plan->chain, record->body, record->meta, record->xattrs, &stat);
	xattr_set_get(plan->names, record->xattrs, &texts->xattrs);
	out->type = stat.type;
	out->path = (struct tar_text){ texts->path.data, texts->path.len };
	out->mode = stat.mode;
	out->uid = stat.uid;
	out->gid = stat.gid;
	out->mtime = stat.mtime;
	out->mtime_nsec = stat.mtime_nsec;
	out->xattrs = texts->xattrs.items;
	out->xattr_count = texts->xattrs.count;
	if (record->link != RECORD_BODY && record->link != RECORD_EMPTY) {
		out->type = TAR_HARDLINK;
		paths_append(plan->names->paths, record->link, &texts->link);
		out->link = (struct tar_text){ texts->link.data, texts->link.len };
	} else if (stat.type == TAR_SYMLINK) {
		out->link = byte_pool_get(plan->names->links, stat.link);
	} else if (stat.type == TAR_FILE) {
		out->size = record->link == RECORD_EMPTY ? 0 : stat.size;
	} else {
		out->dev_major = (uint32_t)(stat.size >> 32);
		out->dev_minor = (uint32_t)stat.size;
	}
}

void record_texts_release(struct record_texts *texts)
{
	strbuf_release(&texts->path);
	strbuf_release(&texts->link);
	vec_release(&texts->xattrs);
}

bool record_has_body(const struct plan *plan, const struct record *record)
{
	return record->link == RECORD_BODY && record->meta != SLOT_NONE &&
	       chain_entry(plan->chain, record->body)->type == TAR_FILE;
}

/* Header blocks, body and padding. */
static uint64_t record_bytes(const struct plan *plan, const struct record *record,
			     struct record_texts *texts, struct strbuf *scratch)
{
	struct tar_header out;

	record_header(plan, record, texts, &out);
	strbuf_clear(scratch);
	tar_encode_header(scratch, &out);
	return scratch->len + out.size + tar_padding(out.size);
}

void plan_measure(const struct plan *plan, size_t begin, size_t end, uint64_t *sizes)
{
	struct record_texts texts = { STRBUF_INIT, STRBUF_INIT, VEC_INIT };
	AUTO(strbuf) scratch = STRBUF_INIT;

	for (size_t i = begin; i < end; i++)
		sizes[i - begin] = record_bytes(plan, &plan->records.items[i], &texts, &scratch);
	record_texts_release(&texts);
}

uint64_t plan_output_bytes(const struct plan *plan, const struct output_layer *output)
{
	const struct segment *segment = &plan->segments.items[output->segment];
	size_t count = output->record_end - output->record_begin;
	AUTO_FREE uint64_t *sizes = NULL;
	uint64_t bytes = TAR_END_BYTES;

	if (segment->pass_through)
		return chain_layer(plan->chain, segment->last)->index.total_bytes;
	sizes = xreallocarray(NULL, count + 1, sizeof(uint64_t));
	plan_measure(plan, output->record_begin, output->record_end, sizes);
	for (size_t i = 0; i < count; i++)
		bytes += sizes[i];
	return bytes;
}
