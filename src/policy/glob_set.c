/* glob_set.c - many globs as one automaton over path components. */
#include "glob_set.h"

#include <string.h>

#include <xxhash.h>

/* A wild name.  Most have a literal beginning or end, which decide quickly. */
struct wild {
	struct tar_text text; /* lower case in the icase list */
	size_t head, tail;    /* literal bytes at both ends */
	uint32_t to;
};

/* Most nodes have so few wild names that it is cheaper to try them all than to index them. */
#define FEW_WILDS 3

/* The wild names of a node: few as they came; more sorted, those with a literal end by its last
 * byte, then those with a literal beginning by its first, then the others. */
struct wilds {
	struct VEC(struct wild) list;
	/* 257 places each: where the bytes of that value begin; NULL when there are few. */
	uint32_t *by_tail, *by_head;
};

struct glob_node {
	uint32_t any;	      /* the node behind "**", 0: none */
	bool is_any;	      /* this is one: it stays while names pass */
	bool has_literals[2]; /* [icase] */
	uint32_t wilds[2];    /* [icase]: index + 1 into glob_set.wilds, 0: none */
	struct glob_ids ids;  /* globs that end here */
};

struct glob_set {
	struct VEC(struct glob_node) nodes;
	struct VEC(struct glob_edge) edges;
	struct VEC(struct wilds) wilds;
	struct text_set texts; /* what names point to */
	uint32_t *slots;       /* edges by name, open addressing; UINT32_MAX is free */
	size_t slot_mask;
};

struct glob_set *glob_set_new(void)
{
	struct glob_set *set = xcalloc(1, sizeof(*set));

	vec_push(&set->nodes, (struct glob_node){ .any = 0 });
	return set;
}

void glob_set_free(struct glob_set *set)
{
	vec_foreach (node, &set->nodes)
		vec_release(&node->ids);
	vec_foreach (wilds, &set->wilds) {
		vec_release(&wilds->list);
		free(wilds->by_tail);
		free(wilds->by_head);
	}
	vec_release(&set->nodes);
	vec_release(&set->edges);
	vec_release(&set->wilds);
	text_set_release(&set->texts);
	free(set->slots);
	free(set);
}

/* --- building -------------------------------------------------------------------------------- */

static bool same_text(struct tar_text a, struct tar_text b)
{
	return a.len == b.len && !memcmp(a.bytes, b.bytes, a.len);
}

static uint32_t add_node(struct glob_set *set)
{
	vec_push(&set->nodes, (struct glob_node){ .any = 0 });
	return (uint32_t)(set->nodes.count - 1);
}

static struct tar_text keep_text(struct glob_set *set, struct tar_text text)
{
	char *copy = xmemdup0(text.bytes, text.len);

	vec_push(&set->texts, copy);
	return (struct tar_text){ copy, text.len };
}

static uint64_t edge_hash(uint32_t from, bool icase, uint64_t name_hash)
{
	uint64_t mixed = name_hash ^ ((uint64_t)from * 2 + icase + 1) * 0x9e3779b97f4a7c15u;

	return mixed ^ mixed >> 29;
}

/* The slot of an edge, or the free one where it belongs. */
static uint32_t *edge_slot(const struct glob_set *set, uint32_t from, bool icase,
			   struct tar_text name, uint64_t name_hash)
{
	for (uint64_t at = edge_hash(from, icase, name_hash);; at++) {
		uint32_t *slot = &set->slots[at & set->slot_mask];
		if (*slot == UINT32_MAX)
			return slot;
		const struct glob_edge *edge = &set->edges.items[*slot];
		if (edge->from == from && edge->icase == icase && same_text(edge->name, name))
			return slot;
	}
}

static void grow_slots(struct glob_set *set)
{
	set->slot_mask = set->slots ? set->slot_mask * 2 + 1 : 1023;
	free(set->slots);
	set->slots = xreallocarray(NULL, set->slot_mask + 1, sizeof(uint32_t));
	memset(set->slots, 0xff, (set->slot_mask + 1) * sizeof(uint32_t));
	for (size_t i = 0; i < set->edges.count; i++) {
		const struct glob_edge *edge = &set->edges.items[i];
		*edge_slot(set, edge->from, edge->icase, edge->name,
			   XXH3_64bits(edge->name.bytes, edge->name.len)) = (uint32_t)i;
	}
}

static uint32_t literal_child(struct glob_set *set, uint32_t from, struct tar_text name, bool icase)
{
	uint32_t *slot;

	if (set->edges.count * 2 >= set->slot_mask)
		grow_slots(set);
	slot = edge_slot(set, from, icase, name, XXH3_64bits(name.bytes, name.len));
	if (*slot != UINT32_MAX)
		return set->edges.items[*slot].to;
	struct glob_edge edge = { from, add_node(set), keep_text(set, name), icase };
	*slot = (uint32_t)set->edges.count;
	vec_push(&set->edges, edge);
	set->nodes.items[from].has_literals[icase] = true;
	return edge.to;
}

static bool is_meta(char byte)
{
	return byte == '*' || byte == '?' || byte == '[' || byte == ']';
}

static uint32_t wild_child(struct glob_set *set, uint32_t from, struct tar_text text, bool icase)
{
	struct wild wild = { text, 0, 0, 0 };

	if (!set->nodes.items[from].wilds[icase]) {
		vec_push(&set->wilds, (struct wilds){ .by_tail = NULL });
		set->nodes.items[from].wilds[icase] = (uint32_t)set->wilds.count;
	}
	struct wilds *wilds = &set->wilds.items[set->nodes.items[from].wilds[icase] - 1];
	vec_foreach (other, &wilds->list)
		if (same_text(other->text, text))
			return other->to;
	wild.text = keep_text(set, text);
	while (!is_meta(text.bytes[wild.head]))
		wild.head++;
	while (!is_meta(text.bytes[text.len - 1 - wild.tail]))
		wild.tail++;
	wild.to = add_node(set);
	vec_push(&wilds->list, wild);
	return wild.to;
}

static uint32_t any_child(struct glob_set *set, uint32_t from)
{
	if (!set->nodes.items[from].any) {
		uint32_t node = add_node(set);
		set->nodes.items[node].is_any = true;
		set->nodes.items[from].any = node;
	}
	return set->nodes.items[from].any;
}

void glob_set_add(struct glob_set *set, const struct glob_parts *parts, bool icase, glob_id id)
{
	uint32_t at = GLOB_ROOT;

	vec_foreach (part, parts) {
		AUTO_FREE char *folded = icase ? xmemdup0(part->text.bytes, part->text.len) : NULL;
		struct tar_text text = { icase ? folded : part->text.bytes, part->text.len };

		for (size_t i = 0; icase && i < text.len; i++)
			folded[i] = glob_lower(folded[i]);
		if (part->kind == GLOB_ANY)
			at = any_child(set, at);
		else if (part->kind == GLOB_WILD)
			at = wild_child(set, at, text, icase);
		else
			at = literal_child(set, at, text, icase);
	}
	struct glob_ids *ids = &set->nodes.items[at].ids;
	if (!ids->count || ids->items[ids->count - 1] != id)
		vec_push(ids, id);
}

static int wild_rank(const struct wild *wild)
{
	if (wild->tail)
		return (unsigned char)wild->text.bytes[wild->text.len - 1];
	return wild->head ? 256 + (unsigned char)wild->text.bytes[0] : 512;
}

static int compare_wilds(const void *a, const void *b)
{
	int left = wild_rank(a), right = wild_rank(b);

	return left != right ? left - right
			     : path_name_compare(((const struct wild *)a)->text,
						 ((const struct wild *)b)->text);
}

static void index_wilds(struct wilds *wilds)
{
	size_t at = 0;

	if (wilds->list.count <= FEW_WILDS)
		return;
	qsort(wilds->list.items, wilds->list.count, sizeof(wilds->list.items[0]), compare_wilds);
	wilds->by_tail = xcalloc(257, sizeof(uint32_t));
	wilds->by_head = xcalloc(257, sizeof(uint32_t));
	for (int rank = 0; rank <= 512; rank++) {
		while (at < wilds->list.count && wild_rank(&wilds->list.items[at]) < rank)
			at++;
		if (rank <= 256)
			wilds->by_tail[rank] = (uint32_t)at;
		if (rank >= 256)
			wilds->by_head[rank - 256] = (uint32_t)at;
	}
}

void glob_set_seal(struct glob_set *set)
{
	if (!set->slots)
		grow_slots(set);
	vec_foreach (wilds, &set->wilds)
		index_wilds(wilds);
}

size_t glob_set_edge_count(const struct glob_set *set)
{
	return set->edges.count;
}

const struct glob_edge *glob_set_edge(const struct glob_set *set, size_t index)
{
	return &set->edges.items[index];
}

uint32_t glob_set_node_count(const struct glob_set *set)
{
	return (uint32_t)set->nodes.count;
}

/* --- matching -------------------------------------------------------------------------------- */

/* A name while its directory's nodes look at it. */
struct stepping {
	const struct glob_set *set;
	struct tar_text name, folded;
	uint64_t hash, folded_hash;
	bool has_hash, has_folded;
	struct glob_ids *next, *hits;
	char buffer[256];
	char *longer; /* when the name does not fit there */
};

static void add_state(struct glob_ids *states, uint32_t node)
{
	for (size_t i = 0; i < states->count; i++)
		if (states->items[i] == node)
			return;
	vec_push(states, node);
}

void glob_states_add(const struct glob_set *set, struct glob_ids *states, uint32_t node)
{
	add_state(states, node);
	if (set->nodes.items[node].any)
		add_state(states, set->nodes.items[node].any);
}

static void arrive(struct stepping *in, uint32_t node)
{
	const struct glob_ids *ids = &in->set->nodes.items[node].ids;

	glob_states_add(in->set, in->next, node);
	for (size_t i = 0; i < ids->count; i++)
		vec_push(in->hits, ids->items[i]);
}

static void fold_name(struct stepping *in)
{
	char *to = in->buffer;

	if (in->has_folded)
		return;
	if (in->name.len > sizeof(in->buffer))
		to = in->longer = xmalloc(in->name.len);
	for (size_t i = 0; i < in->name.len; i++)
		to[i] = glob_lower(in->name.bytes[i]);
	in->folded = (struct tar_text){ to, in->name.len };
	in->folded_hash = XXH3_64bits(to, in->name.len);
	in->has_folded = true;
}

static void step_literal(struct stepping *in, uint32_t node, bool icase)
{
	struct tar_text name = icase ? in->folded : in->name;
	uint64_t hash = in->folded_hash;

	if (!icase && !in->has_hash) {
		in->hash = XXH3_64bits(name.bytes, name.len);
		in->has_hash = true;
	}
	if (!icase)
		hash = in->hash;
	uint32_t slot = *edge_slot(in->set, node, icase, name, hash);
	if (slot != UINT32_MAX)
		arrive(in, in->set->edges.items[slot].to);
}

static void try_wilds(struct stepping *in, const struct wilds *wilds, size_t from, size_t to,
		      struct tar_text name)
{
	for (size_t i = from; i < to; i++) {
		const struct wild *wild = &wilds->list.items[i];
		if (wild->head + wild->tail <= name.len &&
		    !memcmp(name.bytes + name.len - wild->tail,
			    wild->text.bytes + wild->text.len - wild->tail, wild->tail) &&
		    !memcmp(name.bytes, wild->text.bytes, wild->head) &&
		    glob_match(wild->text, name))
			arrive(in, wild->to);
	}
}

static void step_wild(struct stepping *in, const struct wilds *wilds, struct tar_text name)
{
	unsigned char first = (unsigned char)name.bytes[0];
	unsigned char last = (unsigned char)name.bytes[name.len - 1];

	if (!wilds->by_tail) {
		try_wilds(in, wilds, 0, wilds->list.count, name);
		return;
	}
	try_wilds(in, wilds, wilds->by_tail[last], wilds->by_tail[last + 1], name);
	try_wilds(in, wilds, wilds->by_head[first], wilds->by_head[first + 1], name);
	try_wilds(in, wilds, wilds->by_head[256], wilds->list.count, name);
}

void glob_states_step(const struct glob_set *set, const uint32_t *states, size_t count,
		      struct tar_text name, struct glob_ids *next, struct glob_ids *hits)
{
	struct stepping in;

	in.set = set;
	in.name = name;
	in.has_hash = in.has_folded = false;
	in.hash = in.folded_hash = 0;
	in.next = next;
	in.hits = hits;
	in.longer = NULL;
	next->count = 0;
	if (!name.len)
		return;
	for (size_t i = 0; i < count; i++) {
		const struct glob_node *node = &set->nodes.items[states[i]];
		if (node->is_any)
			arrive(&in, states[i]);
		for (int icase = 0; icase < 2; icase++) {
			if (!node->has_literals[icase] && !node->wilds[icase])
				continue;
			if (icase)
				fold_name(&in);
			if (node->has_literals[icase])
				step_literal(&in, states[i], icase);
			if (node->wilds[icase])
				step_wild(&in, &set->wilds.items[node->wilds[icase] - 1],
					  icase ? in.folded : name);
		}
	}
	free(in.longer);
}
