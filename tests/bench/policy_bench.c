/* policy_bench.c - how long all shipped rules take to decide about many entries, on one core.
 *
 * usage: policy_bench [ENTRIES]      prints one line of JSON: medians of five runs, in seconds
 *
 * The entries are those of a large application image: dependencies of node and Python,
 * documentation, translations, caches, logs.  Reading the policies and building the tree are not
 * in the time, which is that of policy_decide() alone. */
#include <time.h>

#include "../unit/policy_forge.h"

#define RUNS 5

/* Where entries lie; "%u" is their number. */
static const char *const places[] = {
	"app/node_modules/package-%u/lib/index.js",
	"app/node_modules/package-%u/lib/index.js.map",
	"app/node_modules/package-%u/README.md",
	"app/node_modules/package-%u/types/index.d.ts",
	"app/node_modules/@scope/package-%u/test/test.js",
	"usr/lib/python3/dist-packages/module_%u/__init__.py",
	"usr/lib/python3/dist-packages/module_%u/__pycache__/__init__.cpython-311.pyc",
	"usr/lib/python3/dist-packages/module_%u/tests/test_module.py",
	"usr/share/doc/package-%u/changelog.gz",
	"usr/share/doc/package-%u/copyright",
	"usr/share/man/man3/function-%u.3.gz",
	"usr/share/locale/l%u/LC_MESSAGES/tool.mo",
	"usr/lib/x86_64-linux-gnu/lib-%u.so",
	"usr/include/library/header-%u.h",
	"root/.npm/_cacache/content-v2/sha512/%u",
	"var/cache/apt/archives/package-%u.deb",
	"var/lib/dpkg/info/package-%u.md5sums",
	"srv/app/src/file-%u.c",
	"var/log/log-%u",
	"opt/tool/data/file-%u",
};

#define PLACES (sizeof(places) / sizeof(places[0]))

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void forge_many(struct strbuf *tar, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		char path[100];
/* The formats are those above. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(path, sizeof(path), places[i % PLACES], i / (unsigned)PLACES);
#pragma GCC diagnostic pop
		forge_block(tar, forged(path, '0', 0));
	}
	forge_end(tar);
}

static struct policy *load_all(struct error *err)
{
	struct policy_options options = { .max_class = POLICY_AGGRESSIVE };
	struct policy *policy;

	for (size_t i = 0; i < policy_builtin_count(); i++)
		vec_push(&options.policies, policy_builtin(i)->name);
	policy = policy_load(&options, err);
	vec_release(&options.policies);
	return policy;
}

static int compare(const void *a, const void *b)
{
	const double *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

int main(int argc, char **argv)
{
	unsigned count = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 300000;
	AUTO(judged) judged;
	AUTO(strbuf) tar = STRBUF_INIT;
	double seconds[RUNS];

	memset(&judged, 0, sizeof(judged));
	judged.policy = load_all(&judged.err);
	stack_init(&judged.stack, NULL);
	forge_many(&tar, count);
	stack_add_image(&judged.stack);
	stack_add_layer(&judged.stack, tar.data, tar.len);
	if (!judged.policy || judge_stack(&judged, "{\"WorkingDir\": \"/app\"}") < 0) {
		fprintf(stderr, "policy_bench: %s\n", judged.err.message);
		return 1;
	}
	for (int i = 0; i < RUNS; i++) {
		double begin = now();
		policy_decisions_release(&judged.decisions);
		if (policy_decide(judged.policy, &judged.stack.images[0], judged.tree,
				  &judged.stack.context, &judged.decisions, &judged.err) < 0)
			return 1;
		seconds[i] = now() - begin;
	}
	qsort(seconds, RUNS, sizeof(seconds[0]), compare);
	printf("{\"bench\": \"policy\", \"entries\": %u, \"rules\": %u, \"decisions\": %zu, "
	       "\"seconds\": %.3f, \"limit\": 0.3}\n",
	       count, policy_rule_count(judged.policy), judged.decisions.list.count,
	       seconds[RUNS / 2]);
	return 0;
}
