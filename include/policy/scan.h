/* scan.h - what should not be in an image at all: rules that warn, on every entry of every layer.
 *
 * An entry that a later layer covers is still in the archive, and whoever has that can read it. */
#ifndef POLICY_SCAN_H
#define POLICY_SCAN_H

#include "policy/decide.h"

enum leak_state {
	LEAK_LIVE,	  /* containers see it */
	LEAK_OVERWRITTEN, /* a later layer has something else at the path */
	LEAK_DELETED,	  /* a later layer deletes it */
	LEAK_CONFIG,	  /* a variable of the config */
	LEAK_HISTORY,	  /* a command of the history */
};

struct policy_leak {
	uint32_t rule;
	enum leak_state state;
	path_id path;	/* PATH_NONE for config and history */
	slot_id slot;	/* SLOT_NONE likewise */
	uint32_t depth; /* of the layer in its image, 0 at the bottom; history: index of the item */
	char *masked;	/* what was found, most of it hidden; "" when the name alone says it */
};

struct policy_leaks {
	struct VEC(struct policy_leak) list; /* by layer, then the bytes of the path, then rule */
};

/* `image` is the index of the image in the chain, `tree` its final tree. */
int policy_scan(const struct policy *policy, const struct image *image, uint32_t index,
		const struct merged_tree *tree, const struct context *context,
		struct policy_leaks *out, struct error *err);
void policy_leaks_release(struct policy_leaks *leaks);

/* "live", "overwritten", ... */
const char *policy_leak_state_name(enum leak_state state);

DEFINE_CLEANUP(policy_leaks, policy_leaks_release);

#endif
