/* fuzz_layer.c - layers from any bytes: index, merge, plan, carry the plan out, and merge again.
 *
 * Input: tars with the 8 bytes "--layer\n" between them.  Byte 0 of the first one is the number of
 * frozen layers when it is below ' ', and no part of the tar then. */
#include "../unit/plan_output.h"
#include "fuzz_common.h"

#define MARKER "--layer\n"

static void judge(struct stack *input, const struct plan_options *options)
{
	AUTO(error) err = ERROR_INIT;
	AUTO_PTR(plan)
	plan = plan_build(&input->chain, input->names, options, &input->context, &err);
	AUTO(stack) output = { 0 };

	must((plan == NULL) == (err.code != ERR_NONE));
	if (!plan)
		return;
	must(check_totals(plan, &err) == 0);
	if (output_stack(&output, plan, input->names) < 0) {
		/* Escaped nothing: names that the pool of paths has no room for any more. */
		must(output.err.code == ERR_LIMIT);
		return;
	}
	if (check_same_trees(input, &output, plan, &err) < 0) {
		fprintf(stderr, "squash %d: %s\n", (int)options->squash, err.message);
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(stack) stack;
	uint32_t keep_base = 0;

	if (size && data[0] < ' ') {
		keep_base = data[0] % 4;
		data++;
		size--;
	}
	stack_init(&stack, NULL);
	stack.limits = stack.context.limits = fuzz_limits();
	stack_add_image(&stack);
	for (int layers = 0; layers < STACK_LAYERS; layers++) {
		const uint8_t *next = size ? memmem(data, size, MARKER, strlen(MARKER)) : NULL;
		size_t len = next ? (size_t)(next - data) : size;
		stack_add_layer(&stack, data, len);
		if (!next)
			break;
		size -= len + strlen(MARKER);
		data = next + strlen(MARKER);
	}
	int rc = stack_load(&stack);
	must((rc < 0) == (stack.err.code != ERR_NONE));
	if (rc < 0)
		return 0;
	AUTO_PTR(merged_tree) tree = stack_merge(&stack, 0);
	must((tree == NULL) == (stack.err.code != ERR_NONE));
	const uint32_t frozen[STACK_IMAGES] = { keep_base };
	const struct plan_options options[] = {
		{ .squash = SQUASH_ALL },
		{ .squash = SQUASH_NONE, .drop_empty_layers = true },
		{ .squash = SQUASH_ALL, .frozen = frozen },
		{ .squash = SQUASH_NONE, .frozen = frozen },
		{ .squash = SQUASH_ALL, .max_layers = 3, .layer_size = 2000 },
		{ .squash = SQUASH_ALL,
		  .images = &stack.set,
		  .dedupe = DEDUPE_SAFE,
		  .dedupe_floor = 1 },
		{ .squash = SQUASH_NONE,
		  .images = &stack.set,
		  .dedupe = DEDUPE_SAFE,
		  .dedupe_floor = 1 },
		{ .squash = SQUASH_NONE,
		  .images = &stack.set,
		  .frozen = frozen,
		  .dedupe = DEDUPE_ALL,
		  .dedupe_floor = 1 },
	};
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		judge(&stack, &options[i]);
	return 0;
}
