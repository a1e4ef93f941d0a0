/* test_policy_scan.c - rules that warn: on entries of all layers, on variables, on the history; and
 * the search for many texts at once, against a plain one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "policy/needles.h"
#include "policy/scan.h"
#include "policy_forge.h"

#include <cmocka.h>

struct scan_case {
	const char *name, *layers, *config, *history;
	const char *result; /* "rule state where masked; ..." */
};

#define WARN(id, match, rest)                                                                      \
	"{\"id\": \"" id "\", \"action\": \"warn\", \"class\": \"safe\", \"severity\": \"low\", "  \
	"\"match\": [\"" match "\"]" rest "}"

static const struct scan_case scan_cases[] = {
	{ "live", "f root/.netrc =x", NULL, NULL, "secret.netrc live 0:root/.netrc " },
	{ "overwritten", "f root/.netrc =x | f root/.netrc =yy", NULL, NULL,
	  "secret.netrc overwritten 0:root/.netrc ; secret.netrc live 1:root/.netrc " },
	{ "emptied", "f root/.netrc =x | f root/.netrc", NULL, NULL,
	  "secret.netrc overwritten 0:root/.netrc " },
	{ "deleted", "f root/.netrc =x | f root/.wh..netrc", NULL, NULL,
	  "secret.netrc deleted 0:root/.netrc " },
	{ "deleted with its directory", "f root/.netrc =x | f .wh.root", NULL, NULL,
	  "secret.netrc deleted 0:root/.netrc " },
	{ "opaque", "f root/.netrc =x | d root,f root/.wh..wh..opq", NULL, NULL,
	  "secret.netrc deleted 0:root/.netrc " },
	{ "replaced by a directory", "f root/.netrc =x | d root/.netrc", NULL, NULL,
	  "secret.netrc overwritten 0:root/.netrc " },
	{ "one file of two names", "f root/.netrc =x,h srv/a >root/.netrc | f root/.wh..netrc",
	  NULL, NULL, "secret.netrc deleted 0:root/.netrc " },
	{ "a token", "f app/a =x=ghp_0123456789abcdefghijABCDEFGHIJ012345;", NULL, NULL,
	  "secret.tokens live 0:app/a ghp_****" },
	{ "a key that a later layer covers",
	  "f app/k.pem =AGE-SECRET-KEY-1ABCDEF | f app/k.pem =no", NULL, NULL,
	  "secret.private-key-content overwritten 0:app/k.pem AGE-SECRET-KEY-1****" },
	{ "an address with a password", "f etc/pip.conf =u=https://me:geheim@host/", NULL, NULL,
	  "secret.pypi live 0:etc/pip.conf ://****" },
	{ "a hash", "f etc/shadow =root:$6$salt$hash:1::::::", NULL, NULL,
	  "secret.shadow-hash live 0:etc/shadow :$6$****" },
	{ "a variable", "f a",
	  "{\"Env\": [\"PATH=/bin\", \"DB_PASSWORD=geheim\", \"API_TOKEN=0123456789abcdef\", "
	  "\"TOKEN_FILE=/run/x\", \"SECRET=\", \"PASSWORD_OF=$OTHER\"]}",
	  NULL, "secret.config config API_TOKEN=0123****; secret.config config DB_PASSWORD=****" },
	{ "the history", "f a", NULL,
	  "[{\"created_by\": \"ENV A_TOKEN=inconfig\"}, {\"created_by\": \"RUN |1 "
	  "NPM_TOKEN=abcdefghijklmnopq /bin/sh -c npm ci\"}, {\"created_by\": \"COPY a b\"}]",
	  "secret.config history 1 NPM_TOKEN=abcd****" },
};

static void add_leak(const struct judged *judged, const struct policy_leak *leak,
		     struct strbuf *out)
{
	strbuf_addf(out, "%s%s %s ", out->len ? "; " : "",
		    policy_rule(judged->policy, leak->rule)->id,
		    policy_leak_state_name(leak->state));
	if (leak->path != PATH_NONE) {
		strbuf_addf(out, "%u:", leak->depth);
		judged_path(judged, leak->path, out);
		strbuf_addch(out, ' ');
	} else if (leak->state == LEAK_HISTORY) {
		strbuf_addf(out, "%u ", leak->depth);
	}
	strbuf_addstr(out, leak->masked);
}

/* What a policy finds; the caller frees it. */
static char *scan_line(const char *policy, const struct scan_case *row)
{
	AUTO(judged) judged;
	AUTO(policy_leaks) leaks = { .list = VEC_INIT };
	AUTO(strbuf) out = STRBUF_INIT;
	AUTO(error) err = ERROR_INIT;
	struct policy *loaded = forge_policy(policy, NULL, NULL, NULL, &err);

	if (!loaded)
		fail_msg("%s", err.message);
	assert_int_equal(judge_text(&judged, loaded, row->layers, row->config), 0);
	if (row->history)
		json_object_set_new(judged.stack.images[0].config, "history",
				    json_loads(row->history, 0, NULL));
	assert_int_equal(policy_scan(loaded, &judged.stack.images[0], 0, judged.tree,
				     &judged.stack.context, &leaks, &err),
			 0);
	strbuf_addstr(&out, "");
	vec_foreach (leak, &leaks.list)
		add_leak(&judged, leak, &out);
	return strbuf_detach(&out);
}

static void test_scan(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(scan_cases) / sizeof(scan_cases[0]); i++) {
		AUTO_FREE char *line = scan_line("secrets", &scan_cases[i]);
		if (strcmp(line, scan_cases[i].result) != 0)
			fail_msg("%s:\n  is        %s\n  should be %s", scan_cases[i].name, line,
				 scan_cases[i].result);
	}
}

/* Rules of one's own: what they mean and that other rules have no say. */
static void test_own_rules(void **state)
{
	static const struct {
		const char *rules;
		struct scan_case row;
	} rows[] = {
		{ WARN("w", "/x/**", ""),
		  { "", "f x/a,d x/d | f x/.wh.a", NULL, NULL, "w deleted 0:x/a " } },
		{ WARN("w", "/x/**", ", \"types\": [\"dir\"]"),
		  { "", "f x/a,d x/d", NULL, NULL, "w live 0:x/d " } },
		{ WARN("w", "/x/**", ", \"exclude\": [\"/x/b\"], \"each\": {\"min_size\": 2}"),
		  { "", "f x/a =1,f x/b =12,f x/c =12", NULL, NULL, "w live 0:x/c " } },
		{ WARN("w", "/x/**", ", \"each\": {\"content_any\": [\"ab\", \"*cd\"]}"),
		  { "", "f x/a =xab,f x/b =xcd,f x/c =a", NULL, NULL,
		    "w live 0:x/a ab****; w live 0:x/b ****" } },
		{ WARN("w", "/x/**", ", \"each\": {\"regex_any\": [\"k=[0-9]{20}\"]}"),
		  { "", "f x/a =k=01234567890123456789,f x/b =k=0123", NULL, NULL,
		    "w live 0:x/a k=01****" } },
		/* A rule that removes the file does not make it less of a secret. */
		{ WARN("w", "/x/**", "") ", {\"id\": \"r\", \"action\": \"remove\", \"class\": "
					 "\"safe\", \"match\": [\"/x/**\"]}",
		  { "", "f x/a", NULL, NULL, "w live 0:x/a " } },
		{ WARN("w", "/x/**", ", \"when\": {\"exists\": [\"/y\"]}"),
		  { "", "f x/a", NULL, NULL, "" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_FREE char *line = scan_line(rows[i].rules, &rows[i].row);
		if (strcmp(line, rows[i].row.result) != 0)
			fail_msg("%s:\n  is        %s\n  should be %s", rows[i].rules, line,
				 rows[i].row.result);
	}
}

/* --- many texts ------------------------------------------------------------------------------ */

static size_t plain_find(const struct tar_text *needles, size_t count, struct tar_text text,
			 size_t from)
{
	for (size_t at = from; at < text.len; at++)
		for (size_t i = 0; i < count; i++)
			if (needles[i].len <= text.len - at &&
			    !memcmp(text.bytes + at, needles[i].bytes, needles[i].len))
				return at;
	return SIZE_MAX;
}

/* From few letters, so that pieces of the texts are everywhere. */
static void test_needles(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (unsigned round = 0; round < 2000; round++) {
		char letters[400];
		struct tar_text needles[5];
		for (size_t i = 0; i < sizeof(letters); i++) {
			seed = seed * 1664525u + 1013904223u;
			letters[i] = (char)('a' + (seed >> 24) % 3);
		}
		size_t count = 1 + round % 5;
		for (size_t i = 0; i < count; i++)
			needles[i] = (struct tar_text){ letters + 300 + 20 * i,
							3 + (round / 5 + i * 3) % 12 };
		struct tar_text text = { letters, 40 + round % 200 };
		AUTO_PTR(needles) search = needles_new(needles, count);
		for (size_t from = 0; from < text.len; from++)
			assert_true(needles_find(search, text, from) ==
				    plain_find(needles, count, text, from));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_scan),
					    cmocka_unit_test(test_own_rules),
					    cmocka_unit_test(test_needles) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
