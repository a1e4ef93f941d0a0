/* names.c - what all entries of a run share: paths, link targets, extended attribute sets. */
#include "layer/names.h"

#include <string.h>

void names_init(struct names *names, const struct limits *limits)
{
	names->paths = paths_new(limits);
	names->links = byte_pool_new(limits->name_bytes, "link targets (--limit name-bytes=N)");
	names->xattrs =
		byte_pool_new(limits->xattr_bytes, "extended attributes (--limit xattr-bytes=N)");
}

void names_release(struct names *names)
{
	if (names->paths)
		paths_free(names->paths);
	if (names->links)
		byte_pool_free(names->links);
	if (names->xattrs)
		byte_pool_free(names->xattrs);
	memset(names, 0, sizeof(*names));
}

/* A set is packed as: for each attribute two uint32_t lengths, the name, the value. */
int xattr_set_add(struct names *names, const struct tar_xattr *xattrs, size_t count, bytes_id *out,
		  struct error *err)
{
	AUTO(strbuf) packed = STRBUF_INIT;

	*out = BYTES_NONE;
	if (!count)
		return 0;
	for (size_t i = 0; i < count; i++) {
		uint32_t lengths[2] = { (uint32_t)xattrs[i].name.len,
					(uint32_t)xattrs[i].value.len };
		strbuf_add(&packed, lengths, sizeof(lengths));
		strbuf_add(&packed, xattrs[i].name.bytes, xattrs[i].name.len);
		strbuf_add(&packed, xattrs[i].value.bytes, xattrs[i].value.len);
	}
	*out = byte_pool_add(names->xattrs, (struct tar_text){ packed.data, packed.len }, err);
	return *out == BYTES_NONE ? -1 : 0;
}

void xattr_set_get(const struct names *names, bytes_id set, struct xattr_list *list)
{
	struct tar_text packed;

	list->count = 0;
	if (set == BYTES_NONE)
		return;
	packed = byte_pool_get(names->xattrs, set);
	for (size_t at = 0; at < packed.len;) {
		uint32_t lengths[2];
		memcpy(lengths, packed.bytes + at, sizeof(lengths));
		at += sizeof(lengths);
		vec_push(list,
			 (struct tar_xattr){ { packed.bytes + at, lengths[0] },
					     { packed.bytes + at + lengths[0], lengths[1] } });
		at += (size_t)lengths[0] + lengths[1];
	}
}

bool xattr_is_user(const struct tar_xattr *xattr)
{
	return xattr->name.len > 5 && !memcmp(xattr->name.bytes, "user.", 5);
}
