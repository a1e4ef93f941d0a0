/* test_policy.c - rules applied to images, row by row; policy files that are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "policy_cases.h"
#include "policy_forge.h"

#include <cmocka.h>

/* Prints what is wrong, so that one run shows all. */
static int check_case(const struct policy_case *row)
{
	AUTO(judged) judged;
	AUTO(error) err = ERROR_INIT;
	struct policy *policy = forge_policy(row->rules, row->keep, row->drop, NULL, &err);
	AUTO_FREE char *line = NULL;

	memset(&judged, 0, sizeof(judged));
	if (!policy)
		line = xasprintf("!%s", err.message);
	else if (judge_text(&judged, policy, row->layers, row->config) < 0)
		line = xasprintf("!%s", judged.err.message);
	else
		line = judged_line(&judged);
	if (row->result[0] == '!' ? line[0] == '!' && strstr(line, row->result + 1)
				  : !strcmp(line, row->result))
		return 0;
	print_error("%s:\n  got  %s\n  want %s\n", row->id, line, row->result);
	return 1;
}

static void test_cases(void **state)
{
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(policy_cases) / sizeof(policy_cases[0]); i++)
		wrong += check_case(&policy_cases[i]);
	assert_int_equal(wrong, 0);
}

/* --- files that are refused ------------------------------------------------------------------ */

struct refused {
	const char *text, *message;
};

static const struct refused refused[] = {
	{ "{\"schema\": 1,\n \"name\": \"x\",\n nonsense", ":3: " },
	{ "[]", ":1: must be a JSON object" },
	{ "{\"schema\": 2, \"name\": \"x\"}", ":1: schema: must be 1" },
	{ "{\"schema\": 1}", "name: must be a text" },
	{ "{\"schema\": 1, \"name\": \"x\",\n\"ruls\": []}",
	  ":2: ruls: unknown key \"ruls\", did you mean \"rules\"?" },
	{ "{\"schema\": 1, \"name\": \"x\",\n\"extends\": [\"sage\"]}",
	  ":2: extends: unknown policy \"sage\", did you mean \"safe\"?" },
	{ "{\"schema\": 1, \"name\": \"x\", \"extends\": [\"/etc/passwd\"]}",
	  "only built-in policies" },
	{ "{\"schema\": 1, \"name\": \"x\", \"extends\": [\"safe\"],\n\n\"disable\": "
	  "[\"apt.list\"]}",
	  ":3: disable: unknown rule \"apt.list\", did you mean \"apt.lists\"?" },
	{ "{\"schema\": 1, \"name\": \"x\", \"disable\": [\"keep.trust\"]}", "cannot be disabled" },
	{ "{\"schema\": 1, \"name\": \"x\",\n\"allow_class\": \"high\"}",
	  ":2: allow_class: must be" },
	{ "{\"schema\": 1, \"name\": \"x\",\n\"params\": {\"A b\": \"c\"}}",
	  ":2: params: \"A b\"" },
	{ "{\"schema\": 1, \"name\": \"x\", \"name\": \"y\"}", "duplicate" },
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		AUTO(error) err = ERROR_INIT;
		AUTO_FD fd = -1;
		AUTO_FREE char *file = forge_policy_file(refused[i].text, &fd);
		AUTO_PTR(policy) policy = forge_policy(file, NULL, NULL, NULL, &err);
		assert_null(policy);
		assert_int_equal(err.code, ERR_USAGE);
		if (strncmp(err.message, file, strlen(file)) != 0 ||
		    !strstr(err.message, refused[i].message))
			fail_msg("%s\n  says %s", refused[i].text, err.message);
	}
}

/* In a file that begins with two lines of its own; the rules begin in line 3. */
static const struct refused refused_rules[] = {
	{ "{\"action\": \"remove\"}", ":3: rule number 1: has no \"id\"" },
	{ "{\"id\": \"a\",\n\"match\": [\"/x\"], \"class\": \"safe\"}",
	  ":3: rule \"a\": has no \"action\"" },
	{ "{\"id\": \"a\", \"action\": \"remove\", \"match\": [\"/x\"]}",
	  "rule \"a\": has no \"class\"" },
	{ REMOVE("a", "/x", "") ",\n\n" REMOVE("a", "/y", ""), ":5: rule \"a\": id: another rule" },
	{ REMOVE("A b", "/x", ""), "id: must be" },
	{ RULE("a", "delete", "\"match\": [\"/x\"]"), "unknown value \"delete\"" },
	{ RULE("a", "remov", "\"match\": [\"/x\"]"), "did you mean \"remove\"?" },
	{ REMOVE("a", "/x", ",\n\"dir\": \"keep\""),
	  ":4: rule \"a\": dir: unknown key \"dir\", did you mean \"dirs\"?" },
	{ REMOVE("a", "/x", ",\n\n\"when\": {\"exist\": [\"/y\"]}"),
	  ":5: rule \"a\": when.exist: unknown condition \"exist\", did you mean \"exists\"?" },
	{ REMOVE("a", "/x", ", \"each\": {\"exists\": [\"/y\"]}"),
	  "each.exists: unknown condition" },
	{ REMOVE("a", "/x", ", \"each\": {\"unowned\": false}"), "each.unowned: must be true" },
	{ REMOVE("a", "/x", ", \"each\": {\"min_size\": -1}"), "each.min_size: must be a number" },
	{ REMOVE("a", "/x", ", \"each\": {\"regex_any\": [\"(\"]}"),
	  "each.regex_any: \"(\": no valid" },
	{ REMOVE("a", "/x", ", \"each\": {\"regex_any\": [\"((a{999}){999}){999}\"]}"),
	  "no valid" },
	{ REMOVE("a", "/x", ", \"each\": {\"magic_any\": [\"elf:exe\"]}"),
	  "unknown kind of ELF file" },
	{ REMOVE("a", "/x", ", \"each\": {\"not_elf_machine\": [\"EM_PBF\"]}"),
	  "did you mean \"EM_BPF\"?" },
	{ RULE("a", "warn", "\"match\": [\"/x\"], \"each\": {\"unowned\": true}"),
	  "by a rule that warns" },
	{ REMOVE("a", "/x", ", \"overrides_keep\": [\"keep.trus\"]"),
	  "unknown keep rule \"keep.trus\", did you mean \"keep.trust\"?" },
	{ REMOVE("a", "/x", ", \"severity\": \"high\""), "severity: only rules" },
	{ KEEP("a", "/x") "," RULE("b", "keep", "\"match\": [\"/x\"], \"dirs\": \"remove\""),
	  "dirs: only rules" },
	{ REMOVE("a", "/x", ", \"types\": [\"block\"]"), "unknown type \"block\"" },
	{ RULE("a", "remove", "\"match\": []"), "match: must be" },
	{ RULE("a", "remove", "\"builtin\": true, \"match\": []"), "unknown built-in rule" },
	/* Globs. */
	{ REMOVE("a", "x/y", ""), "match: glob \"x/y\": must begin with" },
	{ REMOVE("a", "/x{y", ""), "\"{\" without \"}\"" },
	{ REMOVE("a", "/xy}", ""), "\"}\" without \"{\"" },
	{ REMOVE("a", "/x[y", ""), "\"[\" without \"]\"" },
	{ REMOVE("a", "/x/", ""), "an empty component" },
	{ REMOVE("a", "/x/../y", ""), "match nothing" },
	{ REMOVE("a", "/x**", ""), "\"**\" must be a component of its own" },
	{ REMOVE("a", "/${nothing}", ""), "no parameter \"nothing\"" },
	{ REMOVE("a", "/${nothing", ""), "\"${\" without \"}\"" },
	{ REMOVE("a", "/{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}", ""),
	  "more than 4096 globs" },
};

static void test_refused_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused_rules) / sizeof(refused_rules[0]); i++) {
		AUTO(error) err = ERROR_INIT;
		AUTO_PTR(policy)
		policy = forge_policy(refused_rules[i].text, NULL, NULL, NULL, &err);
		assert_null(policy);
		assert_int_equal(err.code, ERR_USAGE);
		if (!strstr(err.message, refused_rules[i].message))
			fail_msg("%s\n  says %s", refused_rules[i].text, err.message);
	}
}

/* --- chains ---------------------------------------------------------------------------------- */

/* Write a policy file into a folder. */
static void put(const char *folder, const char *name, const char *text)
{
	AUTO_FREE char *path = xasprintf("%s/%s", folder, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void clear(const char *folder)
{
	static const char *const names[] = { "a.json", "b.json" };

	for (size_t i = 0; i < 2; i++) {
		AUTO_FREE char *path = xasprintf("%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
}

static void test_cycle(void **state)
{
	char folder[] = "policies-XXXXXX";
	AUTO(error) err = ERROR_INIT;

	(void)state;
	assert_non_null(mkdtemp(folder));
	put(folder, "a.json", "{\"schema\": 1, \"name\": \"a\", \"extends\": [\"b.json\"]}");
	put(folder, "b.json", "{\"schema\": 1, \"name\": \"b\",\n\"extends\": [\"a.json\"]}");
	AUTO_FREE char *path = xasprintf("%s/a.json", folder);
	AUTO_PTR(policy) policy = forge_policy(path, NULL, NULL, NULL, &err);
	clear(folder);
	assert_null(policy);
	assert_int_equal(err.code, ERR_USAGE);
	assert_non_null(strstr(err.message, "b.json:2: extends: \"a.json\" extends itself"));
}

static const char lower[] =
	"{\"schema\": 1, \"name\": \"b\", \"params\": {\"p\": [\"1\", \"2\"]}, \"rules\": ["
	"{\"id\": \"b.safe\", \"action\": \"remove\", \"class\": \"safe\", \"match\": "
	"[\"/s/${p}\"]},"
	"{\"id\": \"b.more\", \"action\": \"remove\", \"class\": \"mostly-safe\", \"match\": "
	"[\"/m/${p}\"]},"
	"{\"id\": \"b.most\", \"action\": \"remove\", \"class\": \"aggressive\", \"match\": "
	"[\"/a/${p}\"]}]}";

struct chain_case {
	const char *upper, *param;
	enum policy_class most;
	const char *result;
};

static const struct chain_case chain_cases[] = {
	{ "{\"schema\": 1, \"name\": \"a\", \"extends\": [\"b.json\"]}", NULL, POLICY_AGGRESSIVE,
	  "rm a/1 b.most; rm a/2 b.most; rm m/1 b.more; rm m/2 b.more; rm s/1 b.safe; rm s/2 "
	  "b.safe" },
	{ "{\"schema\": 1, \"name\": \"a\", \"extends\": [\"b.json\"]}", "p-=1", POLICY_MOSTLY_SAFE,
	  "rm m/2 b.more; rm s/2 b.safe" },
	{ "{\"schema\": 1, \"name\": \"a\", \"extends\": [\"b.json\"], \"allow_class\": \"safe\"}",
	  "p+=3", POLICY_AGGRESSIVE, "rm s/1 b.safe; rm s/2 b.safe; rm s/3 b.safe" },
	{ "{\"schema\": 1, \"name\": \"a\", \"extends\": [\"b.json\"], \"disable\": [\"b.most\"], "
	  "\"params\": {\"p\": \"3\"}}",
	  NULL, POLICY_AGGRESSIVE, "rm m/3 b.more; rm s/3 b.safe" },
	{ "{\"schema\": 1, \"name\": \"a\", \"extends\": [\"b.json\"]}", "p=2,3", POLICY_SAFE,
	  "rm s/2 b.safe; rm s/3 b.safe" },
};

static void test_chains(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(chain_cases) / sizeof(chain_cases[0]); i++) {
		const struct chain_case *row = &chain_cases[i];
		char folder[] = "policies-XXXXXX";
		struct policy_options options = { .max_class = row->most };
		AUTO(error) err = ERROR_INIT;
		AUTO(judged) judged;
		assert_non_null(mkdtemp(folder));
		put(folder, "a.json", row->upper);
		put(folder, "b.json", lower);
		AUTO_FREE char *path = xasprintf("%s/a.json", folder);
		vec_push(&options.policies, path);
		if (row->param)
			vec_push(&options.params, row->param);
		struct policy *policy = policy_load(&options, &err);
		clear(folder);
		vec_release(&options.policies);
		vec_release(&options.params);
		if (!policy)
			fail_msg("%zu: %s", i, err.message);
		assert_int_equal(judge_text(&judged, policy,
					    "f s/1,f s/2,f s/3,f m/1,f m/2,f m/3,f a/1,f a/2,f a/3",
					    NULL),
				 0);
		AUTO_FREE char *line = judged_line(&judged);
		assert_string_equal(line, row->result);
	}
}

static void test_params(void **state)
{
	static const struct refused rows[] = {
		{ "keep_locale=de",
		  "--param: unknown parameter \"keep_locale\", did you mean \"keep_locales\"?" },
		{ "keep_locales", "is not NAME=VALUE" },
		{ "keep_locales=", "is left without a value" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(error) err = ERROR_INIT;
		AUTO_PTR(policy) policy = forge_policy("locales", NULL, NULL, rows[i].text, &err);
		assert_null(policy);
		assert_int_equal(err.code, ERR_USAGE);
		if (!strstr(err.message, rows[i].message))
			fail_msg("%s", err.message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),	      cmocka_unit_test(test_refused),
		cmocka_unit_test(test_refused_rules), cmocka_unit_test(test_cycle),
		cmocka_unit_test(test_chains),	      cmocka_unit_test(test_params),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
