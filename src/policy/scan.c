/* scan.c - rules that warn, on every entry of every layer of an image, on variables and history. */
#include "policy/scan.h"

#include "image/json.h"
#include "match.h"

#define CONFIG_RULE "secret.config"

struct scan {
	struct facts facts;
	const struct policy *policy;
	uint8_t *applies;
	const struct chain *chain;
	uint32_t image;
	struct policy_leaks *out;
};

const char *policy_leak_state_name(enum leak_state state)
{
	static const char *const names[] = { "live", "overwritten", "deleted", "config",
					     "history" };

	return names[state];
}

void policy_leaks_release(struct policy_leaks *leaks)
{
	vec_foreach (leak, &leaks->list)
		free(leak->masked);
	vec_release(&leaks->list);
}

/* --- entries --------------------------------------------------------------------------------- */

/* All paths of the image's own layers, with the directories above them. */
static void want_layers(struct scan *in)
{
	struct facts *facts = &in->facts;

	for (uint32_t depth = 0; depth < in->chain->depth_of_image[in->image]; depth++) {
		const struct layer *layer =
			chain_layer(in->chain, in->chain->of_image[in->image][depth]);
		vec_foreach (entry, &layer->index.entries)
			if (entry->kind == ENTRY_NORMAL && entry->path < facts->path_count)
				facts->flags[entry->path] |= FACT_WANTED;
	}
	/* Children have larger ids. */
	for (path_id id = facts->path_count; id-- > 1;)
		if (facts_has(facts, id, FACT_WANTED))
			facts->flags[paths_parent(view_paths(&facts->view), id)] |=
				FACT_WANTED | FACT_PARENT;
}

static enum leak_state state_of(const struct scan *in, path_id path, slot_id slot)
{
	const struct merged_tree *tree = in->facts.view.tree;
	const struct tree_node *node = tree_node(tree, path);

	if (!node)
		return LEAK_DELETED;
	inode_id inode = node->inode;
	return tree_inode(tree, &inode)->body == slot || node->slot == slot ? LEAK_LIVE
									    : LEAK_OVERWRITTEN;
}

static void scan_entry(struct scan *in, const struct layer *layer, const struct entry *entry,
		       slot_id slot, uint32_t depth)
{
	struct facts *facts = &in->facts;
	const struct candidate *candidate =
		&facts->candidates.items[facts->candidate_of[entry->path] - 1];
	uint64_t at = entry->header_offset + entry->header_bytes;
	struct range body = { .fd = -1 };

	if (entry->type == TAR_FILE && entry->link == BYTES_NONE && at <= layer->tar.length &&
	    entry->size <= layer->tar.length - at)
		body = range_slice(&layer->tar, at, entry->size);
	for (uint32_t i = 0; i < candidate->count; i++) {
		const struct glob_use *use =
			&in->policy->uses.items[facts->hits.items[candidate->first + i]];
		uint32_t id = use->rule;
		const struct rule *rule = &in->policy->rules.items[id];
		struct subject subject = { .facts = facts,
					   .rule = rule,
					   .rule_id = id,
					   .path = entry->path,
					   .type = (enum tar_type)entry->type,
					   .size = entry->size,
					   .body = body.fd < 0 ? NULL : &body,
					   .hits = &facts->hits.items[candidate->first],
					   .hit_count = candidate->count };
		if (use->role != ROLE_MATCH || !in->applies[id] ||
		    !(rule->types >> entry->type & 1) ||
		    !facts_rule_matches(facts, id, entry->path) ||
		    !conditions_hold(&rule->each, &subject, NULL))
			continue;
		vec_push(&in->out->list,
			 (struct policy_leak){ id, state_of(in, entry->path, slot), entry->path,
					       slot, depth, subject_evidence(&subject) });
	}
}

static void scan_layers(struct scan *in)
{
	for (uint32_t depth = 0; depth < in->chain->depth_of_image[in->image]; depth++) {
		uint32_t position = in->chain->of_image[in->image][depth];
		const struct layer *layer = chain_layer(in->chain, position);
		for (uint32_t i = 0; i < layer->index.entries.count; i++) {
			const struct entry *entry = &layer->index.entries.items[i];
			if (entry->kind == ENTRY_NORMAL && entry->path < in->facts.path_count &&
			    entry->type != TAR_HARDLINK && in->facts.candidate_of[entry->path])
				scan_entry(in, layer, entry,
					   in->chain->positions.items[position].slot_begin + i,
					   depth);
		}
	}
}

/* --- config and history ---------------------------------------------------------------------- */

/* The first few bytes, then stars. */
static char *mask(const char *text, size_t shown)
{
	AUTO(strbuf) out = STRBUF_INIT;

	for (size_t i = 0; i < shown; i++)
		strbuf_addch(&out, text[i] >= ' ' && text[i] < 0x7f ? text[i] : '?');
	strbuf_addstr(&out, "****");
	return strbuf_detach(&out);
}

char *subject_evidence(struct subject *subject)
{
	struct tar_text text;
	struct finding found;

	/* The last one is the most exact. */
	for (size_t i = subject->rule->each.count; i-- > 0;) {
		const struct condition *condition = &subject->rule->each.items[i];
		if (condition->type->find && subject_content(subject, &text) &&
		    condition->type->find(condition, text, &found))
			return mask(text.bytes + found.at, found.shown);
	}
	return xstrdup("");
}

/* As much of a value as does not give it away. */
static char *mask_value(struct tar_text value)
{
	return mask(value.bytes, value.len >= 16 ? 4 : 0);
}

static struct tar_text tail_of(struct tar_text text, size_t from)
{
	return (struct tar_text){ text.bytes + from, text.len - from };
}

static bool is_secret_name(const char *name, size_t len)
{
	static const char *const words[] = { "PASS",	"SECRET",     "TOKEN",	     "APIKEY",
					     "API_KEY", "ACCESS_KEY", "PRIVATE_KEY", "CREDENTIAL" };

	for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++)
		for (size_t i = 0; i + strlen(words[w]) <= len; i++)
			if (!strncasecmp(name + i, words[w], strlen(words[w])))
				return true;
	return false;
}

static void add_text_leak(struct scan *in, uint32_t rule, enum leak_state state, uint32_t index,
			  char *masked)
{
	vec_push(&in->out->list,
		 (struct policy_leak){ rule, state, PATH_NONE, SLOT_NONE, index, masked });
}

/* "NAME=value" with a name that says it and a value that is one, not a path or another name. */
static bool leaks_name(struct tar_text word, size_t *value)
{
	const char *equals = word.len ? memchr(word.bytes, '=', word.len) : NULL;
	size_t len = equals ? (size_t)(equals - word.bytes) : 0;

	*value = len + 1;
	return len && *value < word.len && word.bytes[*value] != '/' && word.bytes[*value] != '$' &&
	       is_secret_name(word.bytes, len);
}

static void scan_words(struct scan *in, uint32_t rule, struct tar_text text, enum leak_state state,
		       uint32_t index)
{
	const char *at = text.bytes, *end = at + text.len;

	while (at < end) {
		struct tar_text word = { at, 0 };
		size_t value;
		while (at < end && !memchr(" \t\n\"'|;", *at, 7))
			at++;
		word.len = (size_t)(at - word.bytes);
		at += at < end;
		if (leaks_name(word, &value)) {
			AUTO_FREE char *hidden = mask_value(tail_of(word, value));
			add_text_leak(in, rule, state, index,
				      xasprintf("%.*s%s", (int)value, word.bytes, hidden));
		}
	}
}

static void scan_config(struct scan *in, uint32_t rule)
{
	json_t *history = json_get(in->facts.view.image->config, "history");
	struct tar_text_list env = VEC_INIT;

	view_config_list(&in->facts.view, "env", &env);
	vec_foreach (text, &env) {
		size_t value;
		if (!leaks_name(*text, &value))
			continue;
		AUTO_FREE char *hidden = mask_value(tail_of(*text, value));
		add_text_leak(in, rule, LEAK_CONFIG, 0,
			      xasprintf("%.*s%s", (int)value, text->bytes, hidden));
	}
	vec_release(&env);
	for (size_t i = 0; i < json_array_size(history); i++) {
		const char *text = json_get_string(json_array_get(history, i), "created_by");
		/* ENV lines of the history are in the config as well. */
		if (text && strncmp(text, "ENV ", 4) != 0)
			scan_words(in, rule, text_of(text), LEAK_HISTORY, (uint32_t)i);
	}
}

/* --- all of it ------------------------------------------------------------------------------- */

static int compare_leaks(const void *a, const void *b, void *arg)
{
	const struct policy_leak *left = a, *right = b;
	AUTO(strbuf) left_path = STRBUF_INIT;
	AUTO(strbuf) right_path = STRBUF_INIT;

	if ((left->path == PATH_NONE) != (right->path == PATH_NONE))
		return left->path == PATH_NONE ? 1 : -1;
	if (left->depth != right->depth)
		return left->depth < right->depth ? -1 : 1;
	if (left->path != PATH_NONE && left->path != right->path) {
		paths_append(arg, left->path, &left_path);
		paths_append(arg, right->path, &right_path);
		return path_name_compare((struct tar_text){ left_path.data, left_path.len },
					 (struct tar_text){ right_path.data, right_path.len });
	}
	if (left->slot != right->slot)
		return left->slot < right->slot ? -1 : 1;
	if (left->rule != right->rule)
		return left->rule < right->rule ? -1 : 1;
	return left->state != right->state ? (int)left->state - (int)right->state
					   : strcmp(left->masked, right->masked);
}

static void scan_release(struct scan *in)
{
	facts_release(&in->facts);
	free(in->applies);
}

static void check_rules(struct scan *in)
{
	for (uint32_t i = 0; i < in->policy->rules.count; i++) {
		const struct rule *rule = &in->policy->rules.items[i];
		struct subject image = {
			.facts = &in->facts, .rule = rule, .rule_id = i, .path = PATH_NONE
		};
		in->applies[i] = rule->info.action == POLICY_WARN && rule->enabled &&
				 conditions_hold(&rule->when, &image, NULL);
	}
}

int policy_scan(const struct policy *policy, const struct image *image, uint32_t index,
		const struct merged_tree *tree, const struct context *context,
		struct policy_leaks *out, struct error *err)
{
	struct scan in = { .policy = policy, .chain = tree->chain, .image = index, .out = out };

	memset(out, 0, sizeof(*out));
	if (index >= in.chain->image_count)
		return error_set(err, ERR_INTERNAL, "the chain has no image %u", index);
	facts_init(&in.facts, policy, image, tree, context);
	in.applies = xcalloc(policy->rules.count + 1, 1);
	want_layers(&in);
	facts_survey(&in.facts, 1u << POLICY_WARN);
	check_rules(&in);
	scan_layers(&in);
	for (uint32_t i = 0; i < policy->rules.count; i++)
		if (in.applies[i] && policy->rules.items[i].builtin &&
		    !strcmp(policy->rules.items[i].info.id, CONFIG_RULE))
			scan_config(&in, i);
	if (out->list.count > 1)
		qsort_r(out->list.items, out->list.count, sizeof(out->list.items[0]), compare_leaks,
			tree->names->paths);
	scan_release(&in);
	return 0;
}
