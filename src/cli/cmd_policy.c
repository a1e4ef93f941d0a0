/* cmd_policy.c - lighten policy list, show, check and explain: what would go, and why. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/policy_choice.h"
#include "cli/session.h"
#include "commands.h"
#include "image/image.h"
#include "policy/decide.h"
#include "util/text.h"

static struct {
	struct policy_choice choice;
	struct text_list images;
} opt = { .choice = { .max_class = POLICY_AGGRESSIVE } };

static const struct option_row rows[] = {
	{ .name = "policy",
	  .letter = 'p',
	  .type = OPTION_LIST,
	  .placeholder = "NAME[,...]",
	  .help = "explain: policies or files, or none; repeatable (safe)",
	  .value = &opt.choice.policies },
	{ .name = "max-class",
	  .type = OPTION_CHECK,
	  .placeholder = "CLASS",
	  .help = "leave out rules above safe, mostly-safe or aggressive",
	  .value = &opt.choice.max_class,
	  .parse = policy_choice_parse_class },
	{ .name = "param",
	  .type = OPTION_LIST,
	  .placeholder = "K=V",
	  .help = "set a parameter, add (K+=V) or take away (K-=V)",
	  .value = &opt.choice.params },
	{ .name = "keep",
	  .type = OPTION_LIST,
	  .placeholder = "GLOB",
	  .help = "explain: keep these, whatever rules say; repeatable",
	  .value = &opt.choice.keep },
	{ .name = "drop",
	  .type = OPTION_LIST,
	  .placeholder = "GLOB",
	  .help = "explain: remove these; repeatable",
	  .value = &opt.choice.drop },
	{ .name = "image",
	  .type = OPTION_LIST,
	  .placeholder = "REF",
	  .help = "explain: of several images, these; repeatable (all)",
	  .value = &opt.images },
	SESSION_OPTION_ROWS,
	{ .name = NULL },
};

static const struct option_row *options(void)
{
	return rows;
}

/* --- policies by name ------------------------------------------------------------------------ */

static struct policy *load(const struct text_list *names, struct error *err)
{
	struct policy_choice choice = opt.choice;

	choice.policies = *names;
	return policy_choice_load(&choice, err);
}

static struct policy *load_one(const char *name, struct error *err)
{
	struct text_list names = VEC_INIT;
	struct policy *policy;

	vec_push(&names, name);
	policy = load(&names, err);
	vec_release(&names);
	return policy;
}

static int flush(struct error *err)
{
	return fflush(stdout) != 0 || ferror(stdout)
		       ? error_set(err, ERR_IO, "cannot write to standard output")
		       : 0;
}

static int run_list(const struct text_list *operands, struct error *err)
{
	(void)operands;
	for (size_t i = 0; i < policy_builtin_count(); i++) {
		AUTO_PTR(policy) policy = load_one(policy_builtin(i)->name, err);
		uint64_t own = 0;
		if (!policy)
			return -1;
		for (uint32_t rule = 0; rule < policy_rule_count(policy); rule++)
			own += !strcmp(policy_rule(policy, rule)->policy, policy_builtin(i)->name);
		printf("%-12s%3llu rules  %s\n", policy_builtin(i)->name, (unsigned long long)own,
		       policy_description(policy));
	}
	return flush(err);
}

static int run_show(const struct text_list *operands, struct error *err)
{
	AUTO_PTR(policy) policy = load_one(operands->items[0], err);
	AUTO(strbuf) text = STRBUF_INIT;

	if (!policy)
		return -1;
	policy_show(policy, &text);
	fwrite(text.data, 1, text.len, stdout);
	return flush(err);
}

static int run_check(const struct text_list *operands, struct error *err)
{
	/* A name without a folder or an ending is a file, too: nobody checks what is built in. */
	AUTO_FREE char *path = strchr(operands->items[0], '/')
				       ? xstrdup(operands->items[0])
				       : xasprintf("./%s", operands->items[0]);
	AUTO_PTR(policy) policy = load_one(path, err);

	if (!policy)
		return -1;
	if (!session_options.quiet)
		printf("%s: %u rules with those that it extends, no errors\n", operands->items[0],
		       policy_rule_count(policy));
	return flush(err);
}

/* --- explain --------------------------------------------------------------------------------- */

/* One image as far as a merged tree needs it. */
struct reading {
	struct session session;
	struct input input;
	struct image_set *images;
	struct names names;
	struct layer_set *layers;
	struct chain chain;
	bool has_names;
};

static void reading_release(struct reading *in)
{
	chain_release(&in->chain);
	if (in->layers)
		layer_set_free(in->layers);
	if (in->has_names)
		names_release(&in->names);
	if (in->images)
		image_set_free(in->images);
	input_close(&in->input);
	session_release(&in->session);
}

DEFINE_CLEANUP(reading, reading_release);

static int read_images(struct reading *in, const char *name, struct error *err)
{
	const struct context *context = &in->session.context;

	if (input_open(&in->input, name, context, err) < 0)
		return -1;
	in->images = image_set_load(&in->input, context, err);
	if (!in->images ||
	    image_set_select(in->images, opt.images.items, opt.images.count, err) < 0)
		return -1;
	names_init(&in->names, &context->limits);
	in->has_names = true;
	in->layers = layer_set_load(in->images, &in->names, LAYER_CHECK_DIGESTS, context, err);
	if (!in->layers || layer_set_finish(in->layers, err) < 0 ||
	    chain_init(&in->chain, in->layers, in->images, &context->limits, err) < 0)
		return error_wrap(err, "%s", in->input.name);
	return 0;
}

static int explain(struct reading *in, const struct policy *policy, uint32_t image,
		   const char *path, struct strbuf *out, struct error *err)
{
	AUTO_PTR(merged_tree)
	tree = merged_tree_new(&in->chain, &in->names, &in->session.context.limits, NULL, NULL);

	return merged_tree_apply_image(tree, image, err) < 0
		       ? -1
		       : policy_explain(policy, &in->images->images[image], tree,
					&in->session.context, path, out, err);
}

static int run_explain(const struct text_list *operands, struct error *err)
{
	AUTO(reading) in = { .input = { .fd = -1 } };
	struct text_list usual = VEC_INIT;

	session_init(&in.session);
	vec_push(&usual, "safe");
	AUTO_PTR(policy)
	policy = load(opt.choice.policies.count ? &opt.choice.policies : &usual, err);
	vec_release(&usual);
	if (!policy || read_images(&in, operands->items[0], err) < 0)
		return -1;
	session_quiet(&in.session);
	for (uint32_t i = 0; i < in.images->image_count; i++) {
		AUTO(strbuf) text = STRBUF_INIT;
		if (explain(&in, policy, i, operands->items[1], &text, err) < 0)
			return error_wrap(err, "%s", image_name(&in.images->images[i]));
		if (in.images->image_count > 1) {
			const char *name = image_name(&in.images->images[i]);
			AUTO_FREE char *shown = text_escaped(name, strlen(name));
			printf("%s\n", shown);
		}
		fwrite(text.data, 1, text.len, stdout);
	}
	return flush(err);
}

/* --- the command ----------------------------------------------------------------------------- */

static const struct verb {
	const char *name, *operands;
	size_t count;
	int (*run)(const struct text_list *operands, struct error *err);
} verbs[] = {
	{ "list", "", 0, run_list },
	{ "show", "NAME", 1, run_show },
	{ "check", "FILE", 1, run_check },
	{ "explain", "INPUT PATH", 2, run_explain },
};

static int run_verb(struct text_list *operands, struct error *err)
{
	struct text_list rest = VEC_INIT;
	int rc;

	for (size_t i = 0; operands->count && i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verbs[i].name, operands->items[0]) != 0)
			continue;
		for (size_t n = 1; n < operands->count; n++)
			vec_push(&rest, operands->items[n]);
		rc = rest.count == verbs[i].count
			     ? verbs[i].run(&rest, err)
			     : error_set(err, ERR_USAGE, "usage: lighten policy %s%s%s",
					 verbs[i].name, verbs[i].count ? " " : "",
					 verbs[i].operands);
		vec_release(&rest);
		return rc;
	}
	return error_set(err, ERR_USAGE,
			 "lighten policy list, show NAME, check FILE or explain INPUT PATH");
}

static int run_policy(const struct command *command, int argc, char **argv, struct error *err)
{
	struct text_list operands = VEC_INIT;
	int rc = options_parse(command, argc, argv, &operands, err);

	if (!rc)
		rc = run_verb(&operands, err);
	vec_release(&operands);
	return rc < 0 ? -1 : 0;
}

const struct command cmd_policy = {
	.name = "policy",
	.summary = "the rules by which files are left out: list, show, check, explain",
	.operands = "list | show NAME | check FILE | explain INPUT PATH",
	.details = "list     the policies that are built in\n"
		   "show     a policy with all that it extends, as JSON\n"
		   "check    is a policy file right?  Errors name file, line and rule.\n"
		   "explain  which rules look at a path of an image, which one decides, and why",
	.run = run_policy,
	.options = options,
};
