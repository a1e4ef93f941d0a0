/* policy_forge.h - policies from a text, images from the text of layer_forge.h, and what becomes of
 * them as one line, for the tests of policy/.
 *
 *	"rm var/log/x r1; empty var/log/y r2; kept etc/z r1: keep.z" */
#ifndef TESTS_POLICY_FORGE_H
#define TESTS_POLICY_FORGE_H

#include "layer_forge.h"
#include "policy/decide.h"
#include "util/text.h"

/* One image, its policy, and what was decided. */
struct judged {
	struct stack stack;
	struct merged_tree *tree;
	struct policy *policy;
	struct policy_decisions decisions;
	struct error err;
};

static inline void judged_release(struct judged *judged)
{
	policy_decisions_release(&judged->decisions);
	if (judged->policy)
		policy_free(judged->policy);
	if (judged->tree)
		merged_tree_free(judged->tree);
	if (judged->stack.images[0].config)
		json_decref(judged->stack.images[0].config);
	stack_release(&judged->stack);
	error_release(&judged->err);
}

DEFINE_CLEANUP(judged, judged_release);

/* The name of a file without a name in any folder that has these bytes; close the descriptor. */
static inline char *forge_policy_file(const char *text, int *fd)
{
	*fd = forge_file(text, strlen(text)).fd;
	return xasprintf("/proc/self/fd/%d", *fd);
}

/* `policy`: rules (begins with "{"), or names with "," between; keep, drop and param may be NULL.
 * NULL with *err. */
static inline struct policy *forge_policy(const char *policy, const char *keep, const char *drop,
					  const char *param, struct error *err)
{
	struct policy_options options = { .max_class = POLICY_AGGRESSIVE };
	AUTO_FREE char *copy = xstrdup(policy);
	AUTO_FREE char *file = NULL;
	AUTO_FD fd = -1;
	char *rest = copy, *word;
	struct policy *loaded;

	if (*policy == '{') {
		AUTO_FREE char *text = xasprintf(
			"{\"schema\": 1, \"name\": \"test\",\n\"rules\": [\n%s\n]}", policy);
		file = forge_policy_file(text, &fd);
		vec_push(&options.policies, file);
	} else {
		while ((word = strsep(&rest, ",")))
			vec_push(&options.policies, word);
	}
	if (keep)
		vec_push(&options.keep, keep);
	if (drop)
		vec_push(&options.drop, drop);
	if (param)
		vec_push(&options.params, param);
	loaded = policy_load(&options, err);
	vec_release(&options.policies);
	vec_release(&options.keep);
	vec_release(&options.drop);
	vec_release(&options.params);
	return loaded;
}

/* The stack is there with its layers; `config` is the "config" object of the image, or NULL. */
static inline int judge_stack(struct judged *judged, const char *config)
{
	json_t *inner = config ? json_loads(config, 0, NULL) : json_object();

	if (!inner)
		abort();
	judged->stack.images[0].config = json_object();
	json_object_set_new(judged->stack.images[0].config, "config", inner);
	if (stack_load(&judged->stack) < 0)
		return error_move(&judged->err, &judged->stack.err);
	judged->tree = stack_merge(&judged->stack, 0);
	if (!judged->tree)
		return error_move(&judged->err, &judged->stack.err);
	return policy_decide(judged->policy, &judged->stack.images[0], judged->tree,
			     &judged->stack.context, &judged->decisions, &judged->err);
}

/* Takes `policy` over. */
static inline int judge_text(struct judged *judged, struct policy *policy, const char *layers,
			     const char *config)
{
	memset(judged, 0, sizeof(*judged));
	judged->policy = policy;
	stack_init(&judged->stack, NULL);
	stack_add_text(&judged->stack, layers);
	return judge_stack(judged, config);
}

static inline void judged_path(const struct judged *judged, path_id path, struct strbuf *out)
{
	AUTO_FREE char *shown = paths_display(judged->stack.names->paths, path);

	strbuf_addstr(out, shown);
}

/* The line; the caller frees it. */
static inline char *judged_line(const struct judged *judged)
{
	AUTO(strbuf) out = STRBUF_INIT;

	strbuf_addstr(&out, "");
	vec_foreach (row, &judged->decisions.list) {
		strbuf_addstr(&out, out.len ? "; " : "");
		strbuf_addstr(&out, row->action == POLICY_REMOVE ? "rm " : "empty ");
		judged_path(judged, row->path, &out);
		strbuf_addf(&out, " %s", policy_rule(judged->policy, row->rule)->id);
	}
	vec_foreach (row, &judged->decisions.vetoes) {
		static const char *const causes[] = { [VETO_NEEDED] = "needed",
						      [VETO_SYMLINK] = "symlink",
						      [VETO_HARDLINK] = "hard link" };
		strbuf_addstr(&out, out.len ? "; kept " : "kept ");
		judged_path(judged, row->path, &out);
		strbuf_addf(&out, " %s: ", policy_rule(judged->policy, row->rule)->id);
		strbuf_addstr(&out, row->cause == VETO_KEEP_RULE
					    ? policy_rule(judged->policy, row->keeper)->id
					    : causes[row->cause]);
	}
	return strbuf_detach(&out);
}

#endif
