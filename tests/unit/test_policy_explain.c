/* test_policy_explain.c - what is said about one path, and a policy as it was resolved. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "policy_forge.h"

#include <cmocka.h>

#define RULES                                                                                      \
	"{\"id\": \"k\", \"action\": \"keep\", \"class\": \"safe\", \"reason\": \"wanted\", "      \
	"\"match\": [\"/x/k\"]},"                                                                  \
	"{\"id\": \"a\", \"action\": \"remove\", \"class\": \"safe\", \"reason\": \"old\", "       \
	"\"match\": [\"/x/**\", \"/w/**\"], \"exclude\": [\"/x/e\"]},"                             \
	"{\"id\": \"b\", \"action\": \"remove\", \"class\": \"safe\", \"match\": [\"/x/**\"], "    \
	"\"each\": {\"min_size\": 3}},"                                                            \
	"{\"id\": \"c\", \"action\": \"remove\", \"class\": \"safe\", \"match\": [\"/x/**\"], "    \
	"\"when\": {\"exists\": [\"/no\"]}},"                                                      \
	"{\"id\": \"l\", \"action\": \"remove\", \"class\": \"safe\", \"match\": [\"/w/l\"], "     \
	"\"overrides_keep\": [\"keep.workdir\"]},"                                                 \
	"{\"id\": \"t\", \"action\": \"truncate\", \"class\": \"safe\", \"match\": [\"/log\"]}"

static const char layers[] = "f x/1 =a,f x/k =a,f x/e =a,f w/1 =a,f w/l =a,f w/run =a,f log =a,"
			     "f other =a,d x/d,s x/s >1";

static const struct {
	const char *path;
	const char *says[6];
} rows[] = {
	{ "/x/1",
	  { "x/1: file, removed by a: old\n", "  a (policy test, remove, safe): it decides\n",
	    "  b (policy test, remove, safe): its condition on the entry does not hold: min_size\n",
	    "  c (policy test, remove, safe): its condition on the image does not hold: "
	    "exists\n" } },
	{ "x/k",
	  { "kept although a wants it, by k: wanted\n",
	    "  a (policy test, remove, safe): stopped by k\n",
	    "  k (policy test, keep, safe): it keeps the path\n" } },
	{ "/x/e", { ": file, kept\n", "  a (policy test, remove, safe): one of its excludes" } },
	{ "/w/1",
	  { "kept although a wants it, by keep.workdir: ", "working directory of the config\n",
	    "  a (policy test, remove, safe): stopped by keep.workdir\n" } },
	{ "/w/l",
	  { "removed by l\n", "it decides, for keep.workdir lets it pass\n",
	    "  a (policy test, remove, safe): stopped by keep.workdir\n" } },
	{ "/w/run",
	  { "kept although a wants it: ", "  the config of the image: the config runs it\n",
	    "  a (policy test, remove, safe): stopped: the config needs the path\n" } },
	{ "/log",
	  { "log: file, emptied by t\n", "  t (policy test, truncate, safe): it decides" } },
	{ "/other", { "other: file, kept\n", "  no rule matches\n" } },
	{ "/x/s", { "x/s: symlink, removed by a" } },
};

static struct policy *load(const char *text)
{
	AUTO(error) err = ERROR_INIT;
	struct policy *policy = forge_policy(text, NULL, NULL, NULL, &err);

	if (!policy)
		fail_msg("%s", err.message);
	return policy;
}

static void test_explain(void **state)
{
	AUTO(judged) judged;

	(void)state;
	assert_int_equal(judge_text(&judged, load(RULES), layers,
				    "{\"WorkingDir\": \"/w\", \"Cmd\": [\"/w/run\"]}"),
			 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(strbuf) text = STRBUF_INIT;
		assert_int_equal(policy_explain(judged.policy, &judged.stack.images[0], judged.tree,
						&judged.stack.context, rows[i].path, &text,
						&judged.err),
				 0);
		for (size_t n = 0; n < 6 && rows[i].says[n]; n++)
			if (!strstr(text.data, rows[i].says[n]))
				fail_msg("%s: no \"%s\" in:\n%s", rows[i].path, rows[i].says[n],
					 text.data);
	}
}

static void test_no_such_path(void **state)
{
	AUTO(judged) judged;
	AUTO(strbuf) text = STRBUF_INIT;

	(void)state;
	assert_int_equal(judge_text(&judged, load(RULES), layers, NULL), 0);
	assert_int_equal(policy_explain(judged.policy, &judged.stack.images[0], judged.tree,
					&judged.stack.context, "/x/none", &text, &judged.err),
			 -1);
	assert_int_equal(judged.err.code, ERR_ANSWER_NO);
	assert_non_null(strstr(judged.err.message, "/x/none"));
}

/* The files in load order, "keep" first, and the values of parameters as options left them. */
static void test_show(void **state)
{
	AUTO(error) err = ERROR_INIT;
	AUTO_PTR(policy)
	policy = forge_policy("locales", NULL, NULL, "keep_locales=xx,yy", &err);
	AUTO(strbuf) text = STRBUF_INIT;

	(void)state;
	policy_show(policy, &text);
	json_t *shown = json_loads(text.data, 0, NULL);
	assert_non_null(shown);
	json_t *values = json_object_get(json_object_get(shown, "params"), "keep_locales");
	assert_int_equal(json_array_size(values), 2);
	assert_string_equal(json_string_value(json_array_get(values, 1)), "yy");
	json_decref(shown);
	const char *keep = strstr(text.data, "keep.accounts");
	const char *safe = strstr(text.data, "apt.lists");
	const char *own = strstr(text.data, "locale.mo");
	assert_true(keep && safe && own && keep < safe && safe < own);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_explain),
					    cmocka_unit_test(test_no_such_path),
					    cmocka_unit_test(test_show) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
