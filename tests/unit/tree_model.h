/* tree_model.h - a naive model of layers (SEMANTICS.md C.1, C.2): a list of full paths, searched
 * from end to end.  Slow, and nothing in it is shared with src/tree. */
#ifndef TESTS_TREE_MODEL_H
#define TESTS_TREE_MODEL_H

#include "layer_forge.h"

#define MODEL_NAMES 400

struct model_name {
	char path[128];
	int inode;
	int layer, entry; /* that bound it */
};

struct model {
	struct model_name names[MODEL_NAMES];
	size_t count;
	struct forged_entry *inodes; /* shared by all copies of the model */
	int *inode_count;
	int root; /* inode of a listed root, or -1 */
	int now;  /* entry of the layer at hand */
};

struct model_layer {
	struct forged_entry entries[24];
	size_t count;
};

static inline struct model_name *model_find(struct model *model, const char *path)
{
	for (size_t i = 0; i < model->count; i++)
		if (!strcmp(model->names[i].path, path))
			return &model->names[i];
	return NULL;
}

static inline int model_below(const char *path, const char *directory)
{
	size_t len = strlen(directory);

	return !strncmp(path, directory, len) && (!len || path[len] == '/');
}

/* Remove what lies below a path, and with `itself` the path too. */
static inline void model_remove(struct model *model, const char *path, int itself)
{
	size_t kept = 0;

	for (size_t i = 0; i < model->count; i++) {
		int same = !strcmp(model->names[i].path, path);
		if (same ? !itself : !model_below(model->names[i].path, path))
			model->names[kept++] = model->names[i];
	}
	model->count = kept;
}

static inline void model_bind(struct model *model, const char *path, int inode, int layer)
{
	struct model_name *old = model_find(model, path);
	int keep = old && model->inodes[old->inode].type == 'd' && model->inodes[inode].type == 'd';

	if (!keep)
		model_remove(model, path, 1);
	if (!keep)
		old = &model->names[model->count++];
	memset(old, 0, sizeof(*old));
	forge_text(old->path, sizeof(old->path) - 1, path);
	old->inode = inode;
	old->layer = layer;
	old->entry = model->now;
}

static inline int model_inode(struct model *model, const struct forged_entry *entry)
{
	model->inodes[*model->inode_count] = *entry;
	return (*model->inode_count)++;
}

static inline void model_imply(struct model *model, const char *path, long long mtime, int layer)
{
	struct forged_entry entry = { .type = 'd', .mode = 0755, .mtime = mtime };

	model_bind(model, path, model_inode(model, &entry), layer);
}

/* Walks a path component by component; symlinks put their target in front of the rest. */
struct model_walk {
	char at[512], rest[2048];
	int hops;
};

static inline int model_step(struct model_walk *walk, char here[600])
{
	for (;;) {
		size_t skip = strspn(walk->rest, "/");
		size_t len = strcspn(walk->rest + skip, "/");
		char part[256] = { 0 };
		if (!len)
			return 0;
		memcpy(part, walk->rest + skip, len);
		memmove(walk->rest, walk->rest + skip + len, strlen(walk->rest + skip + len) + 1);
		if (!strcmp(part, "."))
			continue;
		if (!strcmp(part, "..")) {
			char *slash = strrchr(walk->at, '/');
			*(slash ? slash : walk->at) = '\0';
			continue;
		}
		snprintf(here, 600, "%.300s%s%.255s", walk->at, walk->at[0] ? "/" : "", part);
		return 1;
	}
}

/* -1 when there are too many. */
static inline int model_jump(struct model_walk *walk, const char *target)
{
	char rest[2400];

	snprintf(rest, sizeof(rest), "%s/%s", target, walk->rest);
	if (++walk->hops > 255 || strlen(rest) >= sizeof(walk->rest))
		return -1;
	forge_text(walk->rest, sizeof(walk->rest), rest);
	walk->rest[strlen(rest)] = '\0';
	if (target[0] == '/')
		walk->at[0] = '\0';
	return 0;
}

static inline struct model_walk model_begin(const char *path)
{
	struct model_walk walk = { .hops = 0 };

	forge_text(walk.rest, sizeof(walk.rest) - 1, path);
	return walk;
}

static inline const char *model_last(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static inline void model_parent(const char *path, char out[128])
{
	memset(out, 0, 128);
	memcpy(out, path, (size_t)(model_last(path) - path));
	if (out[0])
		out[strlen(out) - 1] = '\0';
}

static inline const char *model_marker(const struct forged_entry *entry)
{
	const char *last = model_last(entry->path);

	return strncmp(last, ".wh.", 4) ? NULL : last + 4;
}

/* The target of the last entry of that path when it is a symlink. */
static inline const char *model_own_symlink(const struct model_layer *layer, const char *path)
{
	for (size_t i = layer->count; i-- > 0;)
		if (!strcmp(layer->entries[i].path, path))
			return layer->entries[i].type == 's' ? layer->entries[i].link : NULL;
	return NULL;
}

/* 1: the directory that a marker means is walk->at; 0: nothing; -1: a loop. */
static inline int model_marker_place(struct model *model, const struct model_layer *layer,
				     const struct forged_entry *entry, struct model_walk *walk,
				     int number)
{
	char here[600], parent[128];

	model_parent(entry->path, parent);
	*walk = model_begin(parent);
	while (model_step(walk, here)) {
		const char *own = model_own_symlink(layer, here);
		if (own) {
			if (model_jump(walk, own) < 0)
				return -1;
			continue;
		}
		struct model_name *name = model_find(model, here);
		if (!name)
			return 0;
		if (model->inodes[name->inode].type == 's')
			model_imply(model, here, entry->mtime, number);
		else if (model->inodes[name->inode].type != 'd')
			return 0;
		snprintf(walk->at, sizeof(walk->at), "%.500s", here);
	}
	return 1;
}

static inline int model_markers(struct model *model, const struct model_layer *layer, int number)
{
	char dead[24][600];
	int opaque[24];
	size_t count = 0;

	/* What a marker makes comes before every entry. */
	model->now = -1;
	for (size_t i = 0; i < layer->count; i++) {
		const char *hidden = model_marker(&layer->entries[i]);
		struct model_walk walk;
		if (!hidden)
			continue;
		int rc = model_marker_place(model, layer, &layer->entries[i], &walk, number);
		if (rc < 0)
			return -1;
		if (!rc)
			continue;
		opaque[count] = !strcmp(hidden, ".wh..opq");
		if (opaque[count])
			snprintf(dead[count++], 600, "%s", walk.at);
		else
			snprintf(dead[count++], 600, "%s%s%s", walk.at, walk.at[0] ? "/" : "",
				 hidden);
	}
	for (size_t i = 0; i < count; i++)
		model_remove(model, dead[i], !opaque[i]);
	return 0;
}

/* The path where an entry lands, its parents made; -1 when the layer contradicts itself. */
static inline int model_place(struct model *model, const struct forged_entry *entry, int number,
			      char out[600])
{
	char here[600], parent[128];

	model_parent(entry->path, parent);
	struct model_walk walk = model_begin(parent);
	while (model_step(&walk, here)) {
		struct model_name *name = model_find(model, here);
		const struct forged_entry *inode = name ? &model->inodes[name->inode] : NULL;
		if (name && name->layer == number && inode->type == 's') {
			if (model_jump(&walk, inode->link) < 0)
				return -1;
			continue;
		}
		if (name && name->layer == number && inode->type != 'd')
			return -1;
		if (!name || inode->type != 'd')
			model_imply(model, here, entry->mtime, number);
		snprintf(walk.at, sizeof(walk.at), "%.500s", here);
	}
	snprintf(out, 600, "%.300s%s%.200s", walk.at, walk.at[0] ? "/" : "",
		 model_last(entry->path));
	return 0;
}

/* The inode that a hard link target means; -1: none; -2: a loop. */
static inline int model_target(struct model *model, const char *target)
{
	struct model_walk walk = model_begin(target);
	struct model_name *name = model_find(model, target);
	char here[600];

	if (name)
		return name->inode;
	while (model_step(&walk, here)) {
		name = model_find(model, here);
		if (!name)
			return -1;
		if (walk.rest[strspn(walk.rest, "/")] && model->inodes[name->inode].type == 's') {
			if (model_jump(&walk, model->inodes[name->inode].link) < 0)
				return -2;
			continue;
		}
		snprintf(walk.at, sizeof(walk.at), "%.500s", here);
	}
	return name ? name->inode : -1;
}

/* 1: bound; 0: not there yet; -1: an error. */
static inline int model_link(struct model *model, struct model *lower, int markers,
			     const struct forged_entry *entry, int number)
{
	char place[600];
	int inode;

	if (!strcmp(entry->path, entry->link))
		return -1;
	inode = model_target(model, entry->link);
	/* What a marker of this layer took away can still be linked to. */
	if (inode == -1 && markers)
		inode = model_target(lower, entry->link);
	if (inode < 0)
		return inode == -1 ? 0 : -1;
	struct forged_entry *target = &model->inodes[inode];
	if (target->type == 'd' || model_place(model, entry, number, place) < 0)
		return -1;
	if (target->type != 's')
		target->mode = entry->mode;
	target->uid = entry->uid;
	target->gid = entry->gid;
	target->mtime = entry->mtime;
	if (entry->xattr_name[0]) {
		memcpy(target->xattr_name, entry->xattr_name, sizeof(target->xattr_name));
		memcpy(target->xattr_value, entry->xattr_value, sizeof(target->xattr_value));
	}
	model_bind(model, place, inode, number);
	return 1;
}

/* A later entry of the layer took the name of a link that still waits for its target. */
static inline int model_superseded(struct model *model, const char *path, int number)
{
	const struct model_name *name = model_find(model, path);

	return name && name->layer == number && name->entry > model->now;
}

/* Apply one layer; -1 when it must be refused. */
static inline int model_apply(struct model *model, const struct model_layer *layer, int number)
{
	struct model lower = *model;
	const struct forged_entry *late[24];
	size_t late_count = 0, left;
	int markers = 0;

	for (size_t i = 0; i < layer->count; i++)
		markers |= model_marker(&layer->entries[i]) != NULL;
	if (model_markers(model, layer, number) < 0)
		return -1;
	for (size_t i = 0; i < layer->count; i++) {
		const struct forged_entry *entry = &layer->entries[i];
		char place[600];
		int rc = 1;
		model->now = (int)i;
		if (model_marker(entry))
			continue;
		if (!strcmp(entry->path, "."))
			model->root = model_inode(model, entry);
		else if (entry->type == 'h')
			rc = model_link(model, &lower, markers, entry, number);
		else if ((rc = model_place(model, entry, number, place)) >= 0)
			model_bind(model, place, model_inode(model, entry), number);
		if (rc < 0)
			return -1;
		if (entry->type == 'h' && !rc)
			late[late_count++] = entry;
	}
	for (; late_count; late_count = left) {
		left = 0;
		for (size_t i = 0; i < late_count; i++) {
			model->now = (int)(late[i] - layer->entries);
			int rc = 1;
			if (!model_superseded(model, late[i]->path, number))
				rc = model_link(model, &lower, markers, late[i], number);
			if (rc < 0)
				return -1;
			if (!rc)
				late[left++] = late[i];
		}
		if (left == late_count)
			return -1;
	}
	return 0;
}

/* '/' before every other byte, so that a directory is followed by what is in it. */
static inline int model_order(const void *a, const void *b)
{
	const unsigned char *left = (const unsigned char *)((const struct model_name *)a)->path;
	const unsigned char *right = (const unsigned char *)((const struct model_name *)b)->path;

	while (*left && *left == *right)
		left++, right++;
	return (*left == '/' ? 1 : *left) - (*right == '/' ? 1 : *right);
}

/* An entry in the notation of layer_forge.h, defaults left out. */
static inline void model_print(struct strbuf *out, const struct forged_entry *entry, char type,
			       const char *path, const char *link)
{
	unsigned usual = type == 'd' ? 0755 : type == 's' ? 0777 : 0644;

	strbuf_addf(out, "%s%c %s", out->len && out->data[out->len - 1] != ' ' ? "," : "", type,
		    path);
	if (entry->mode != usual && type != 's')
		strbuf_addf(out, " m%o", entry->mode);
	if (entry->uid)
		strbuf_addf(out, " u%u", entry->uid);
	if (entry->gid)
		strbuf_addf(out, " g%u", entry->gid);
	if (entry->mtime != 1000)
		strbuf_addf(out, " t%lld", entry->mtime);
	if (entry->xattr_name[0])
		strbuf_addf(out, " x%s=%s", entry->xattr_name, entry->xattr_value);
	if (link[0])
		strbuf_addf(out, " >%s", link);
	if (entry->body[0])
		strbuf_addf(out, " =%s", entry->body);
}

/* What tree_dump() must say. */
static inline char *model_dump(const struct model *model)
{
	struct model sorted = *model;
	AUTO(strbuf) out = STRBUF_INIT;

	qsort(sorted.names, sorted.count, sizeof(sorted.names[0]), model_order);
	if (model->root >= 0)
		model_print(&out, &model->inodes[model->root], 'd', ".", "");
	for (size_t i = 0; i < sorted.count; i++) {
		const struct model_name *name = &sorted.names[i];
		const struct forged_entry *inode = &model->inodes[name->inode];
		size_t first = 0;
		while (sorted.names[first].inode != name->inode)
			first++;
		if (first == i)
			model_print(&out, inode, inode->type, name->path, inode->link);
		else
			strbuf_addf(&out, "%sh %s >%s", out.len ? "," : "", name->path,
				    sorted.names[first].path);
	}
	return strbuf_detach(&out);
}

#endif
