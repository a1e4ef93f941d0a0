/* test_tree_mark.c - the mark of a tree changes exactly when a comparison finds something. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "layer_forge.h"
#include "verify/tree_compare.h"
#include "verify/tree_mark.h"

#include <cmocka.h>

/* Two images that are to look alike, or not. */
struct pair {
	const char *left, *right;
	bool alike;
};

static const struct pair pairs[] = {
	{ "f a =1", "f a =1", true },
	{ "f a =1,f b =2", "f b =2 | f a =1", true },
	{ "f a =old,f gone | f a =1,f .wh.gone", "f a =1", true },
	{ "f a =1,h b >a", "f b =1,h a >b", true },
	{ "f x/a", "d x m755 t1000,f x/a", true },
	{ "f a =1", "f a =1,f b", false },
	{ "f a =1,f b", "f a =1", false },
	{ "f a =1", "f a =12", false },
	{ "f a m644", "f a m600", false },
	{ "f a u1", "f a u2", false },
	{ "f a g1", "f a g2", false },
	{ "f a t5", "f a t6", false },
	{ "f a xuser.n=1", "f a xuser.n=2", false },
	{ "f a xuser.n=1", "f a", false },
	{ "f a", "d a m644", false },
	{ "f a", "p a", false },
	{ "s a >x", "s a >y", false },
	{ "c a r1:2", "c a r1:3", false },
	{ "f a =1,h b >a", "f a =1,f b =1", false },
	{ "f a =1,f b =1,h c >a", "f a =1,f b =1,h c >b", false },
	{ "f a =1,h b >a,f c =1,h d >c", "f a =1,h c >a,f b =1,h d >b", false },
};

static void test_pairs(void **state)
{
	static const struct compare_options options = { .contents = false };

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		const struct pair *pair = &pairs[i];
		AUTO(stack) stack;
		AUTO(tree_findings) found = { .count = 0 };

		stack_init(&stack, NULL);
		stack_add_text(&stack, pair->left);
		stack_add_text(&stack, pair->right);
		assert_int_equal(stack_load(&stack), 0);
		AUTO_PTR(merged_tree) left = stack_merge(&stack, 0);
		AUTO_PTR(merged_tree) right = stack_merge(&stack, 1);
		struct tree_mark one = tree_mark(left), two = tree_mark(right);
		assert_int_equal(
			tree_compare(left, right, &options, &stack.context, &found, &stack.err), 0);
		if (tree_mark_equal(&one, &two) != pair->alike || !found.count != pair->alike)
			fail_msg("\"%s\" and \"%s\": marks %s, %llu findings", pair->left,
				 pair->right, tree_mark_equal(&one, &two) ? "equal" : "differ",
				 (unsigned long long)found.count);
		if (pair->alike)
			assert_int_equal(one.names, found.compared);
	}
}

/* Many names: more than are hashed at a time. */
static void test_many(void **state)
{
	AUTO(stack) stack;
	AUTO(strbuf) text = STRBUF_INIT;

	(void)state;
	stack_init(&stack, NULL);
	for (int i = 0; i < 300; i++)
		strbuf_addf(&text, "%sf n%d", i ? "," : "", i);
	stack_add_text(&stack, text.data);
	strbuf_addstr(&text, " | f n299 m600");
	stack_add_text(&stack, text.data);
	strbuf_addstr(&text, " | f n299");
	stack_add_text(&stack, text.data);
	assert_int_equal(stack_load(&stack), 0);
	struct tree_mark marks[3];
	for (uint32_t i = 0; i < 3; i++) {
		AUTO_PTR(merged_tree) tree = stack_merge(&stack, i);
		marks[i] = tree_mark(tree);
		assert_int_equal(marks[i].names, 300);
	}
	assert_false(tree_mark_equal(&marks[0], &marks[1]));
	assert_true(tree_mark_equal(&marks[0], &marks[2]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
