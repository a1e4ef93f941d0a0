/* test_merged_tree.c - what a container sees after some layers, row by row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "layer_cases.h"
#include "tree_dump.h"

#include <cmocka.h>

static void check_warning(const struct stack *stack, const struct layer_case *row)
{
	for (enum warning_kind kind = 0; kind < WARN_KINDS; kind++) {
		uint64_t count = warnings_get(stack->warnings, kind)->count;
		if (row->warns == QUIET && count)
			fail_msg("%s: warning %s", row->id, warning_name(kind));
		if (row->warns == kind && !count)
			fail_msg("%s: no warning %s", row->id, warning_name(kind));
	}
}

static void check_case(const struct layer_case *row)
{
	AUTO(stack) stack;
	AUTO_PTR(merged_tree) tree = NULL;
	int rc = stack_from_text(&stack, row->layers);

	if (!rc)
		tree = stack_merge(&stack, 0);
	if (row->tree[0] == '!') {
		if (tree || !strstr(stack.err.message, row->tree + 1))
			fail_msg("%s: \"%s\" instead of \"%s\"", row->id,
				 tree ? "no error" : stack.err.message, row->tree + 1);
		assert_int_equal(stack.err.code, ERR_FORMAT);
		return;
	}
	if (!tree)
		fail_msg("%s: %s", row->id, stack.err.message);
	assert_int_equal(stack.err.code, ERR_NONE);
	AUTO_FREE char *text = tree_dump(tree, 0);
	if (strcmp(text, row->tree))
		fail_msg("%s: %s\n  gives \"%s\"\n not   \"%s\"", row->id, row->layers, text,
			 row->tree);
	check_warning(&stack, row);
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < LAYER_CASES; i++)
		check_case(&layer_cases[i]);
}

/* F060: nothing recurses with the depth of the tree or the length of a path. */
static void test_deep(void **state)
{
	AUTO(strbuf) path = STRBUF_INIT;
	AUTO(strbuf) tar = STRBUF_INIT;
	AUTO(strbuf) top = STRBUF_INIT;
	AUTO(stack) stack;

	(void)state;
	for (int i = 0; i < 4000; i++)
		strbuf_addf(&path, "%sd%d", i ? "/" : "", i);
	forge_pax(&tar, "path", path.data);
	forge_block(&tar, forged("long", '0', 0));
	forge_end(&tar);
	forge_block(&top, forged(".wh.d0", '0', 0));
	forge_end(&top);

	stack_init(&stack, NULL);
	stack_add_image(&stack);
	stack_add_layer(&stack, tar.data, tar.len);
	stack_add_image(&stack);
	stack_add_layer(&stack, tar.data, tar.len);
	stack_add_layer(&stack, top.data, top.len);
	assert_int_equal(stack_load(&stack), 0);
	AUTO_PTR(merged_tree) deep = stack_merge(&stack, 0);
	AUTO_PTR(merged_tree) gone = stack_merge(&stack, 1);
	assert_non_null(deep);
	assert_non_null(gone);
	size_t there = 0, left = 0;
	for (path_id i = 1; i < paths_count(stack.names->paths); i++) {
		there += tree_node(deep, i) != NULL;
		left += tree_node(gone, i) != NULL;
	}
	assert_int_equal(there, 4000);
	assert_int_equal(left, 0);
}

/* Errors name layer, entry and offset. */
static void test_error_text(void **state)
{
	AUTO(stack) stack;

	(void)state;
	assert_int_equal(stack_from_text(&stack, "f a | f b,h y >missing"), 0);
	assert_null(stack_merge(&stack, 0));
	assert_string_equal(stack.err.message, "layer 2: entry \"y\" at offset 512: hard link to "
					       "\"missing\", which is not there");
}

/* Who hid what: the position of the killer is kept by slot. */
static void test_killers(void **state)
{
	AUTO(stack) stack;

	(void)state;
	assert_int_equal(
		stack_from_text(&stack, "f a =1,f b =1,f c =1,h d >c | f a =2 | f .wh.b,f .wh.c"),
		0);
	AUTO_FREE uint32_t *killers = xmalloc(stack.chain.slot_count * sizeof(uint32_t));
	memset(killers, 0xff, stack.chain.slot_count * sizeof(uint32_t));
	AUTO_PTR(merged_tree)
	tree = merged_tree_new(&stack.chain, stack.names, &stack.limits, stack.warnings, killers);
	assert_int_equal(merged_tree_apply_image(tree, 0, &stack.err), 0);
	assert_int_equal(killers[0], 1);
	assert_int_equal(killers[1], 2);
	assert_int_equal(killers[2], 2);
	assert_int_equal(killers[3], UINT32_MAX);
	assert_int_equal(killers[4], UINT32_MAX);
}

/* An image sees its own layers only, in its own order. */
static void test_images(void **state)
{
	AUTO(stack) stack;

	(void)state;
	stack_init(&stack, NULL);
	stack_add_text(&stack, "f a =1 | f b =2 | f .wh.a");
	stack_add_text(&stack, "f a =1 | f b =2");
	stack_add_text(&stack, "f b =2 | f a =1 | f b =2");
	assert_int_equal(stack_load(&stack), 0);
	assert_int_equal(stack.loaded->count, 3);
	assert_int_equal(stack.chain.positions.count, 6);
	assert_int_equal(stack.chain.positions.items[0].users, 2);
	assert_int_equal(stack.chain.positions.items[2].users, 1);
	for (slot_id slot = 0; slot < stack.chain.slot_count; slot++) {
		const struct position *at =
			&stack.chain.positions.items[chain_position(&stack.chain, slot)];
		assert_true(slot >= at->slot_begin && slot - at->slot_begin < at->slot_count);
	}
	static const char *const trees[] = { "f b =2", "f a =1,f b =2", "f a =1,f b =2" };
	for (uint32_t i = 0; i < 3; i++) {
		AUTO_PTR(merged_tree) tree = stack_merge(&stack, i);
		AUTO_FREE char *text = tree_dump(tree, 0);
		assert_string_equal(text, trees[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),	   cmocka_unit_test(test_deep),
		cmocka_unit_test(test_error_text), cmocka_unit_test(test_killers),
		cmocka_unit_test(test_images),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
