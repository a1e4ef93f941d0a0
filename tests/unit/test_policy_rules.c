/* test_policy_rules.c - every shipped rule takes what fixtures/policies says and leaves the near
 * misses; a rule without both, or without a reason, is an error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "policy/scan.h"
#include "policy_forge.h"

#include <cmocka.h>

struct entry_list VEC(char *);

/* One block of a fixture. */
struct block {
	char *rule, *config;
	struct entry_list takes, leaves, with, without;
};

struct blocks VEC(struct block);

static void release_list(struct entry_list *list)
{
	vec_foreach (text, list)
		free(*text);
	vec_release(list);
}

static void release_blocks(struct blocks *blocks)
{
	vec_foreach (block, blocks) {
		free(block->rule);
		free(block->config);
		release_list(&block->takes);
		release_list(&block->leaves);
		release_list(&block->with);
		release_list(&block->without);
	}
	vec_release(blocks);
}

static void read_line(struct blocks *blocks, char *line)
{
	char *word = line + strspn(line, " \t"), *rest = word + strcspn(word, " \t");
	struct block *block = blocks->count ? &blocks->items[blocks->count - 1] : NULL;

	if (!*word)
		return;
	if (word == line) {
		vec_push(blocks, (struct block){ .rule = xstrdup(line) });
		return;
	}
	if (*rest)
		*rest++ = '\0';
	rest += strspn(rest, " \t");
	struct entry_list *list = !strcmp(word, "takes")     ? &block->takes
				  : !strcmp(word, "leaves")  ? &block->leaves
				  : !strcmp(word, "with")    ? &block->with
				  : !strcmp(word, "without") ? &block->without
							     : NULL;
	if (list)
		vec_push(list, xstrdup(rest));
	else if (!strcmp(word, "config"))
		block->config = xstrdup(rest);
	else
		fail_msg("%s: what is \"%s\"?", block->rule, word);
}

static void read_blocks(const char *policy, struct blocks *blocks)
{
	AUTO_FREE char *path = xasprintf("fixtures/policies/%s.txt", policy);
	FILE *file = fopen(path, "r");
	char line[4096];

	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		read_line(blocks, line);
	}
	fclose(file);
}

/* --- entries --------------------------------------------------------------------------------- */

/* Append an entry to a tar; escapes of content are spelt out. */
static void put_entry(struct strbuf *tar, const char *text)
{
	struct forged_entry entry = { .mtime = 1000, .type = text[0] };
	AUTO(strbuf) body = STRBUF_INIT;
	size_t len = strcspn(text + 2, " ");
	const char *rest = text + 2 + len;

	entry.mode = entry.type == 'd' ? 0755 : 0644;
	memcpy(entry.path, text + 2, len);
	rest += *rest == ' ';
	if (*rest == '>')
		forge_text(entry.link, sizeof(entry.link) - 1, rest + 1);
	strbuf_addstr(&body, "");
	for (const char *at = *rest == '=' ? rest + 1 : ""; *at; at++) {
		unsigned value;
		int used;
		if (*at != '\\')
			strbuf_addch(&body, *at);
		else if (at[1] == 's' || at[1] == 'n' || at[1] == 'z')
			strbuf_addch(&body, *++at == 's' ? ' ' : *at == 'n' ? '\n' : '\0');
		else if (sscanf(at + 1, "%3o%n", &value, &used) == 1) {
			strbuf_addch(&body, (char)value);
			at += used;
		}
	}
	struct forged_header header = forged(entry.path,
					     entry.type == 'd'	 ? '5'
					     : entry.type == 's' ? '2'
								 : '0',
					     body.len);
	forge_text(header.link, sizeof(header.link), entry.link);
	if (strlen(entry.path) > 100)
		forge_pax(tar, "path", entry.path);
	forge_block(tar, header);
	forge_body(tar, body.data, body.len);
}

static void put_entries(struct strbuf *tar, const struct entry_list *list)
{
	vec_foreach (text, list)
		put_entry(tar, *text);
}

/* The path of an entry's text. */
static char *path_of(const char *text)
{
	return xmemdup0(text + 2, strcspn(text + 2, " "));
}

/* --- one image ------------------------------------------------------------------------------- */

/* An image of the entries, judged by the policy; `dropped`: what --drop names, too. */
static void judge_block(struct judged *judged, const char *policy, const struct block *block,
			const char *without, bool drop)
{
	struct policy_options options = { .max_class = POLICY_AGGRESSIVE };
	struct entry_list globs = VEC_INIT;
	AUTO(strbuf) tar = STRBUF_INIT;

	memset(judged, 0, sizeof(*judged));
	stack_init(&judged->stack, NULL);
	vec_push(&options.policies, policy);
	for (size_t i = 0; drop && i < block->takes.count + block->leaves.count; i++) {
		AUTO_FREE char *path = path_of(
			i < block->takes.count ? block->takes.items[i]
					       : block->leaves.items[i - block->takes.count]);
		vec_push(&globs, xasprintf("/%s", path));
		vec_push(&options.drop, globs.items[i]);
	}
	judged->policy = policy_load(&options, &judged->err);
	release_list(&globs);
	vec_release(&options.policies);
	vec_release(&options.drop);
	if (!judged->policy)
		fail_msg("%s: %s", policy, judged->err.message);
	put_entries(&tar, &block->with);
	if (without)
		put_entry(&tar, without);
	put_entries(&tar, &block->takes);
	put_entries(&tar, &block->leaves);
	forge_end(&tar);
	stack_add_image(&judged->stack);
	stack_add_layer(&judged->stack, tar.data, tar.len);
	if (judge_stack(judged, block->config) < 0)
		fail_msg("%s: %s", block->rule, judged->err.message);
}

static bool is_at(const struct judged *judged, path_id path, const char *wanted)
{
	AUTO(strbuf) text = STRBUF_INIT;

	paths_append(judged->stack.names->paths, path, &text);
	return text.len && !strcmp(text.data, wanted);
}

static bool takes(const struct judged *judged, const char *rule, const char *path)
{
	vec_foreach (row, &judged->decisions.list)
		if (is_at(judged, row->path, path) &&
		    !strcmp(policy_rule(judged->policy, row->rule)->id, rule))
			return true;
	return false;
}

static bool keeps(const struct judged *judged, const char *rule, const char *path)
{
	vec_foreach (row, &judged->decisions.vetoes)
		if (is_at(judged, row->path, path) && row->keeper != RULE_NONE &&
		    !strcmp(policy_rule(judged->policy, row->keeper)->id, rule))
			return true;
	return false;
}

static bool warns(const struct judged *judged, const struct policy_leaks *leaks, const char *rule,
		  const char *path)
{
	vec_foreach (leak, &leaks->list)
		if (leak->path != PATH_NONE && is_at(judged, leak->path, path) &&
		    !strcmp(policy_rule(judged->policy, leak->rule)->id, rule))
			return true;
	return false;
}

/* --- rules ----------------------------------------------------------------------------------- */

static int check_entries(const struct judged *judged, const struct policy_rule *rule,
			 const struct policy_leaks *leaks, const struct entry_list *list,
			 bool wanted)
{
	int wrong = 0;

	vec_foreach (text, list) {
		AUTO_FREE char *path = path_of(*text);
		bool got = rule->action == POLICY_KEEP	 ? keeps(judged, rule->id, path)
			   : rule->action == POLICY_WARN ? warns(judged, leaks, rule->id, path)
							 : takes(judged, rule->id, path);
		if (got == wanted)
			continue;
		print_error("%s: must %s %s\n", rule->id, wanted ? "take" : "leave", *text);
		wrong++;
	}
	return wrong;
}

static int check_block(const char *policy, const struct policy_rule *rule,
		       const struct block *block)
{
	AUTO(judged) judged;
	AUTO(policy_leaks) leaks = { .list = VEC_INIT };
	int wrong;

	judge_block(&judged, policy, block, NULL, rule->action == POLICY_KEEP);
	assert_int_equal(policy_scan(judged.policy, &judged.stack.images[0], 0, judged.tree,
				     &judged.stack.context, &leaks, &judged.err),
			 0);
	wrong = check_entries(&judged, rule, &leaks, &block->takes, true) +
		check_entries(&judged, rule, &leaks, &block->leaves, false);
	vec_foreach (text, &block->without) {
		AUTO(judged) guarded;
		judge_block(&guarded, policy, block, *text, rule->action == POLICY_KEEP);
		if (check_entries(&guarded, rule, &leaks, &block->takes, false)) {
			print_error("%s: beside %s\n", rule->id, *text);
			wrong++;
		}
	}
	return wrong;
}

static const struct block *find_block(const struct blocks *blocks, const char *rule)
{
	vec_foreach (block, blocks)
		if (!strcmp(block->rule, rule))
			return block;
	return NULL;
}

static int check_rule(const char *policy, const struct policy_rule *rule,
		      const struct blocks *blocks)
{
	const struct block *block = find_block(blocks, rule->id);

	if (!*rule->reason || !*rule->reference) {
		print_error("%s: no reason or no reference\n", rule->id);
		return 1;
	}
	if (rule->action == POLICY_REMOVE && rule->class != POLICY_SAFE && !*rule->risk) {
		print_error("%s: above safe, and no risk is told\n", rule->id);
		return 1;
	}
	/* What the engine finds out by itself is tested with the engine. */
	if (!strcmp(rule->id, "keep.config-referenced") || !strcmp(rule->id, "secret.config"))
		return 0;
	if (!block || !block->takes.count || !block->leaves.count) {
		print_error(
			"%s: fixtures/policies/%s.txt must say what it takes and what it leaves\n",
			rule->id, policy);
		return 1;
	}
	return check_block(policy, rule, block);
}

static int check_policy(const char *name)
{
	AUTO(error) err = ERROR_INIT;
	AUTO_PTR(policy) policy = forge_policy(name, NULL, NULL, NULL, &err);
	struct blocks blocks = VEC_INIT;
	int wrong = 0;

	if (!policy)
		fail_msg("%s", err.message);
	read_blocks(name, &blocks);
	for (uint32_t i = 0; i < policy_rule_count(policy); i++) {
		const struct policy_rule *rule = policy_rule(policy, i);
		if (!strcmp(rule->policy, name))
			wrong += check_rule(name, rule, &blocks);
	}
	vec_foreach (block, &blocks) {
		bool known = false;
		for (uint32_t i = 0; i < policy_rule_count(policy); i++)
			known |= !strcmp(policy_rule(policy, i)->id, block->rule);
		if (!known) {
			print_error("fixtures/policies/%s.txt: no rule \"%s\"\n", name,
				    block->rule);
			wrong++;
		}
	}
	release_blocks(&blocks);
	return wrong;
}

static void test_shipped(void **state)
{
	int wrong = 0;

	(void)state;
	assert_true(policy_builtin_count() > 0);
	for (size_t i = 0; i < policy_builtin_count(); i++)
		wrong += check_policy(policy_builtin(i)->name);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_shipped) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
