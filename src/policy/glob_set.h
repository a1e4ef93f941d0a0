/* glob_set.h - many globs as one automaton over path components.
 *
 * Globs share a trie: an edge is a literal name, a wild name or "**".  A directory has the set of
 * trie nodes that its path leads to, and a child's set follows from its parent's, so that all
 * globs cost one step per path, however many there are. */
#ifndef POLICY_GLOB_SET_H
#define POLICY_GLOB_SET_H

#include "glob.h"
#include "layer/paths.h"

/* What a glob belongs to; many globs may have the same. */
typedef uint32_t glob_id;

struct glob_ids VEC(uint32_t);

/* A literal step from one node to another; the nodes of an edge are made in order, so that one
 * pass over all edges meets `from` before what hangs on it. */
struct glob_edge {
	uint32_t from, to;
	struct tar_text name;
	bool icase;
};

struct glob_set;

struct glob_set *glob_set_new(void);
void glob_set_free(struct glob_set *set);

/* Add a glob that was cut; its text is copied. */
void glob_set_add(struct glob_set *set, const struct glob_parts *parts, bool icase, glob_id id);

/* No more globs: make ready for matching. */
void glob_set_seal(struct glob_set *set);

size_t glob_set_edge_count(const struct glob_set *set);
const struct glob_edge *glob_set_edge(const struct glob_set *set, size_t index);
uint32_t glob_set_node_count(const struct glob_set *set);

#define GLOB_ROOT 0u

/* Add a node, and what it reaches without a name, to the set of a directory. */
void glob_states_add(const struct glob_set *set, struct glob_ids *states, uint32_t node);

/* The set of a child called `name` of a directory with the set `states`; ids of the globs that
 * match the child are appended to *hits, perhaps more than once.  *next is replaced. */
void glob_states_step(const struct glob_set *set, const uint32_t *states, size_t count,
		      struct tar_text name, struct glob_ids *next, struct glob_ids *hits);

DEFINE_CLEANUP_PTR(glob_set, glob_set_free);

#endif
