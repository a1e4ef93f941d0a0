/* decide_out.c - decisions, vetoes and counts: the same list whatever the order of ids. */
#include "decide_internal.h"

void decider_veto(struct decider *d, struct policy_veto veto)
{
	vec_push(&d->out->vetoes, veto);
}

void policy_decisions_release(struct policy_decisions *decisions)
{
	vec_foreach (veto, &decisions->vetoes)
		free(veto->text);
	vec_release(&decisions->vetoes);
	vec_release(&decisions->list);
	free(decisions->counts);
	decisions->counts = NULL;
}

static const struct rule *rule_at(const struct decider *d, uint32_t rule)
{
	return &d->policy->rules.items[rule];
}

static inode_id inode_of(const struct decider *d, path_id path)
{
	const struct merged_tree *tree = d->facts.view.tree;
	inode_id id = tree_node(tree, path)->inode;

	tree_inode(tree, &id);
	return id;
}

/* --- truncated files ------------------------------------------------------------------------- */

/* By inode: names that neither go nor are to be empty. */
static uint32_t *count_left(const struct decider *d)
{
	const struct merged_tree *tree = d->facts.view.tree;
	uint32_t *left = xcalloc(tree->inodes.count + 1, sizeof(uint32_t));

	for (path_id id = 1; id < d->facts.path_count; id++)
		if (d->taken[id] == RULE_NONE && tree_node(tree, id))
			left[inode_of(d, id)]++;
	return left;
}

/* Emptying one name empties all. */
static void spare_linked_files(struct decider *d, uint32_t *left)
{
	for (path_id id = 1; id < d->facts.path_count; id++) {
		uint32_t rule = d->taken[id];
		if (rule == RULE_NONE || rule_at(d, rule)->info.action != POLICY_TRUNCATE ||
		    !left[inode_of(d, id)])
			continue;
		decider_veto(d,
			     (struct policy_veto){ id, rule, VETO_HARDLINK, RULE_NONE, PATH_NONE,
						   xstrdup("another name of the file is kept") });
		d->taken[id] = RULE_NONE;
		left[inode_of(d, id)]++;
	}
}

/* --- vetoes by symlinks ---------------------------------------------------------------------- */

static int compare_texts(const char *a, size_t a_len, const char *b, size_t b_len)
{
	return path_name_compare((struct tar_text){ a, a_len }, (struct tar_text){ b, b_len });
}

static bool path_before(const struct paths *paths, path_id a, path_id b)
{
	AUTO(strbuf) left = STRBUF_INIT;
	AUTO(strbuf) right = STRBUF_INIT;

	paths_append(paths, a, &left);
	paths_append(paths, b, &right);
	return compare_texts(left.data, left.len, right.data, right.len) < 0;
}

static int compare_stays(const void *a, const void *b)
{
	path_id left = ((const struct stay *)a)->path, right = ((const struct stay *)b)->path;

	return (left > right) - (left < right);
}

/* Sorted by path; of several symlinks that lead to one, the first by its own path. */
static void unite_stays(struct decider *d)
{
	size_t count = 0;

	if (d->stays.count)
		qsort(d->stays.items, d->stays.count, sizeof(struct stay), compare_stays);
	vec_foreach (stay, &d->stays) {
		struct stay *last = count ? &d->stays.items[count - 1] : NULL;
		if (!last || last->path != stay->path)
			d->stays.items[count++] = *stay;
		else if (path_before(view_paths(&d->facts.view), stay->link, last->link))
			last->link = stay->link;
	}
	d->stays.count = count;
}

/* The symlink that keeps a name, or a directory above it. */
static path_id link_to(const struct decider *d, path_id path)
{
	for (path_id at = path; at != PATH_NONE && d->stays.count;
	     at = paths_parent(view_paths(&d->facts.view), at)) {
		struct stay key = { .path = at };
		const struct stay *found =
			bsearch(&key, d->stays.items, d->stays.count, sizeof(key), compare_stays);
		if (found)
			return found->link;
	}
	return PATH_NONE;
}

static void add_link_vetoes(struct decider *d)
{
	unite_stays(d);
	for (path_id id = 1; id < d->facts.path_count && d->stays.count; id++) {
		if (d->wanted[id] == RULE_NONE || d->taken[id] != RULE_NONE ||
		    !(d->marks[id] & MARK_STAYS))
			continue;
		path_id link = link_to(d, id);
		AUTO_FREE char *shown = paths_display(view_paths(&d->facts.view), link);
		decider_veto(d, (struct policy_veto){ id, d->wanted[id], VETO_SYMLINK, RULE_NONE,
						      link, xasprintf("/%s leads to it", shown) });
	}
}

/* --- order ----------------------------------------------------------------------------------- */

/* A path in full, and where its row stood. */
struct sort_key {
	size_t at, len; /* in the text of all paths */
	size_t row;
};

struct sorting {
	struct strbuf text;
	struct VEC(struct sort_key) keys;
};

static int compare_keys(const void *a, const void *b, void *text)
{
	const struct sort_key *left = a, *right = b;
	const char *bytes = text;
	int order = compare_texts(bytes + left->at, left->len, bytes + right->at, right->len);

	return order ? order : (left->row > right->row) - (left->row < right->row);
}

static void add_key(const struct decider *d, struct sorting *sorting, path_id path)
{
	struct sort_key key = { sorting->text.len, 0, sorting->keys.count };

	paths_append(view_paths(&d->facts.view), path, &sorting->text);
	key.len = sorting->text.len - key.at;
	vec_push(&sorting->keys, key);
}

static void sort_keys(struct sorting *sorting)
{
	if (sorting->keys.count > 1)
		qsort_r(sorting->keys.items, sorting->keys.count, sizeof(struct sort_key),
			compare_keys, sorting->text.data);
}

static void sort_vetoes(struct decider *d)
{
	struct sorting sorting = { .text = STRBUF_INIT };
	struct policy_veto *sorted = xmalloc((d->out->vetoes.count + 1) * sizeof(sorted[0]));

	vec_foreach (veto, &d->out->vetoes)
		add_key(d, &sorting, veto->path);
	sort_keys(&sorting);
	for (size_t i = 0; i < sorting.keys.count; i++)
		sorted[i] = d->out->vetoes.items[sorting.keys.items[i].row];
	if (sorting.keys.count)
		memcpy(d->out->vetoes.items, sorted, sorting.keys.count * sizeof(sorted[0]));
	free(sorted);
	strbuf_release(&sorting.text);
	vec_release(&sorting.keys);
}

static void sort_decisions(struct decider *d)
{
	struct sorting sorting = { .text = STRBUF_INIT };
	struct VEC(path_id) paths = VEC_INIT;

	for (path_id id = 1; id < d->facts.path_count; id++)
		if (d->taken[id] != RULE_NONE) {
			vec_push(&paths, id);
			add_key(d, &sorting, id);
		}
	sort_keys(&sorting);
	vec_reserve(&d->out->list, paths.count);
	vec_foreach (key, &sorting.keys) {
		path_id path = paths.items[key->row];
		uint32_t rule = d->taken[path];
		vec_push(&d->out->list,
			 (struct policy_decision){ path, rule, rule_at(d, rule)->info.action });
	}
	vec_release(&paths);
	strbuf_release(&sorting.text);
	vec_release(&sorting.keys);
}

/* --- all of it ------------------------------------------------------------------------------- */

static void count(struct decider *d, uint32_t *left)
{
	const struct merged_tree *tree = d->facts.view.tree;

	vec_foreach (decision, &d->out->list) {
		struct policy_count *of = &d->out->counts[decision->rule];
		inode_id inode = inode_of(d, decision->path);
		struct tree_stat stat;
		of->names++;
		tree_stat(tree, tree_node(tree, decision->path), &stat);
		if (stat.type == TAR_FILE && !left[inode]) {
			of->bytes += stat.size;
			left[inode] = UINT32_MAX; /* once */
		}
		if (decision->action == POLICY_REMOVE && stat.type != TAR_DIR &&
		    facts_owned(&d->facts, decision->path))
			d->out->owned++;
	}
	d->out->owners_known = d->facts.owners != OWNERS_ALL;
	vec_foreach (veto, &d->out->vetoes)
		d->out->counts[veto->rule].vetoed++;
}

void decider_report(struct decider *d)
{
	AUTO_FREE uint32_t *left = count_left(d);

	spare_linked_files(d, left);
	add_link_vetoes(d);
	sort_decisions(d);
	sort_vetoes(d);
	count(d, left);
}
