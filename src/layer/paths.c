/* paths.c - every path of a run once, as parent and last component. */
#include "layer/paths.h"

#include <string.h>
#include <sys/random.h>

#include <xxhash.h>

#include "util/text.h"
#include "util/vec.h"

struct path_node {
	path_id parent;
	uint32_t name; /* offset into names; it ends where the name of the next id begins */
};

struct paths {
	const struct limits *limits;
	struct VEC(struct path_node) nodes; /* one more than there are ids, to end the last name */
	struct VEC(char) names;
	path_id *slots; /* open addressing, PATH_NONE is free */
	size_t slot_mask;
	uint64_t seed; /* secret, so that nobody can forge collisions */
};

struct paths *paths_new(const struct limits *limits)
{
	struct paths *paths = xcalloc(1, sizeof(*paths));

	paths->limits = limits;
	if (getrandom(&paths->seed, sizeof(paths->seed), GRND_NONBLOCK) < 0)
		paths->seed = (uintptr_t)paths;
	paths->slot_mask = 1023;
	paths->slots = xmalloc((paths->slot_mask + 1) * sizeof(path_id));
	memset(paths->slots, 0xff, (paths->slot_mask + 1) * sizeof(path_id));
	vec_push(&paths->nodes, (struct path_node){ PATH_NONE, 0 });
	vec_push(&paths->nodes, (struct path_node){ PATH_NONE, 0 });
	return paths;
}

void paths_free(struct paths *paths)
{
	vec_release(&paths->nodes);
	vec_release(&paths->names);
	free(paths->slots);
	free(paths);
}

uint32_t paths_count(const struct paths *paths)
{
	return (uint32_t)(paths->nodes.count - 1);
}

path_id paths_parent(const struct paths *paths, path_id id)
{
	return paths->nodes.items[id].parent;
}

struct tar_text paths_name(const struct paths *paths, path_id id)
{
	const struct path_node *node = &paths->nodes.items[id];

	return (struct tar_text){ paths->names.items + node->name, node[1].name - node->name };
}

static size_t slot_of(const struct paths *paths, path_id parent, struct tar_text name)
{
	return (size_t)XXH3_64bits_withSeed(name.bytes, name.len,
					    paths->seed + parent * 0x9e3779b97f4a7c15u);
}

/* The slot that holds the path, or the free one where it belongs. */
static path_id *lookup(const struct paths *paths, path_id parent, struct tar_text name)
{
	for (size_t at = slot_of(paths, parent, name);; at++) {
		path_id *slot = &paths->slots[at & paths->slot_mask];
		if (*slot == PATH_NONE)
			return slot;
		if (paths->nodes.items[*slot].parent != parent)
			continue;
		struct tar_text other = paths_name(paths, *slot);
		if (other.len == name.len && !memcmp(other.bytes, name.bytes, name.len))
			return slot;
	}
}

path_id paths_find(const struct paths *paths, path_id parent, struct tar_text name)
{
	return *lookup(paths, parent, name);
}

static void grow_slots(struct paths *paths)
{
	size_t room = (paths->slot_mask + 1) * 2;

	free(paths->slots);
	paths->slots = xreallocarray(NULL, room, sizeof(path_id));
	memset(paths->slots, 0xff, room * sizeof(path_id));
	paths->slot_mask = room - 1;
	for (path_id id = 1; id < paths_count(paths); id++)
		*lookup(paths, paths_parent(paths, id), paths_name(paths, id)) = id;
}

path_id paths_add(struct paths *paths, path_id parent, struct tar_text name, struct error *err)
{
	path_id *slot = lookup(paths, parent, name);
	path_id id;

	if (*slot != PATH_NONE)
		return *slot;
	id = paths_count(paths);
	if (id >= paths->limits->entries + paths->limits->layers || id >= PATH_NONE - 1 ||
	    paths->names.count + name.len > paths->limits->name_bytes) {
		error_set(err, ERR_LIMIT,
			  "too many different paths (--limit entries=N, name-bytes=N)");
		return PATH_NONE;
	}
	*slot = id;
	uintptr_t inside = (uintptr_t)name.bytes - (uintptr_t)paths->names.items;
	vec_reserve(&paths->names, paths->names.count + name.len);
	/* The name may be one of ours, which have moved now. */
	if (inside < paths->names.count)
		name.bytes = paths->names.items + inside;
	memcpy(paths->names.items + paths->names.count, name.bytes, name.len);
	paths->names.count += name.len;
	paths->nodes.items[id] =
		(struct path_node){ parent, (uint32_t)(paths->names.count - name.len) };
	vec_push(&paths->nodes, (struct path_node){ PATH_NONE, (uint32_t)paths->names.count });
	if ((size_t)id * 4 > paths->slot_mask * 3)
		grow_slots(paths);
	return id;
}

void paths_append(const struct paths *paths, path_id id, struct strbuf *out)
{
	size_t len = 0, start = out->len;
	char *end;

	for (path_id at = id; at != PATH_ROOT; at = paths_parent(paths, at))
		len += paths_name(paths, at).len + 1;
	if (!len)
		return;
	end = strbuf_grow(out, len - 1) + len - 1;
	for (path_id at = id; at != PATH_ROOT; at = paths_parent(paths, at)) {
		struct tar_text name = paths_name(paths, at);
		end -= name.len;
		memcpy(end, name.bytes, name.len);
		if (end > out->data + start)
			*--end = '/';
	}
}

char *paths_display(const struct paths *paths, path_id id)
{
	AUTO(strbuf) text = STRBUF_INIT;

	if (id == PATH_ROOT)
		return xstrdup("/");
	paths_append(paths, id, &text);
	return text_escaped(text.data, text.len);
}

int path_name_compare(struct tar_text a, struct tar_text b)
{
	int order = memcmp(a.bytes, b.bytes, a.len < b.len ? a.len : b.len);

	return order ? order : (a.len > b.len) - (a.len < b.len);
}
