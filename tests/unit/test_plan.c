/* test_plan.c - which layers come out, with which records, and that they show the same files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "layer_cases.h"
#include "plan_output.h"

#include <cmocka.h>

static const struct plan_options all = { .squash = SQUASH_ALL };
static const struct plan_options none = { .squash = SQUASH_NONE };
static const struct plan_options none_dropping = { .squash = SQUASH_NONE,
						   .drop_empty_layers = true };

static void must_plan(struct stack *stack, const struct plan_options *options, const char *what)
{
	AUTO(error) err = ERROR_INIT;

	if (check_plan(stack, options, &err) < 0)
		fail_msg("%s, squash %s, keep-base %u: %s", what,
			 options->squash == SQUASH_ALL ? "all" : "none",
			 options->frozen ? options->frozen[0] : 0, err.message);
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < LAYER_CASES; i++) {
		const struct layer_case *row = &layer_cases[i];
		AUTO(stack) stack;
		AUTO(error) err = ERROR_INIT;
		if (row->tree[0] == '!') {
			if (!stack_from_text(&stack, row->layers)) {
				assert_null(plan_build(&stack.chain, stack.names, &all,
						       &stack.context, &err));
				assert_int_equal(err.code, ERR_FORMAT);
			}
			continue;
		}
		assert_int_equal(stack_from_text(&stack, row->layers), 0);
		must_plan(&stack, &all, row->id);
		must_plan(&stack, &none, row->id);
		must_plan(&stack, &none_dropping, row->id);
		for (uint32_t keep = 1; keep < 3; keep++) {
			const uint32_t frozen[STACK_IMAGES] = { keep, keep, keep };
			struct plan_options base = { .squash = SQUASH_ALL, .frozen = frozen };
			must_plan(&stack, &base, row->id);
			base.squash = SQUASH_NONE;
			must_plan(&stack, &base, row->id);
		}
	}
}

struct shape_case {
	const char *layers;
	enum squash_mode squash;
	uint32_t keep_base;
	const char *shape;
};

static const struct shape_case shapes[] = {
	/* Nothing to do: bytes are passed on. */
	{ "f a", SQUASH_ALL, 0, "=" },
	{ "f a | f b", SQUASH_NONE, 0, "= | =" },
	{ "f a | f b", SQUASH_ALL, 2, "= | =" },
	{ "f a | f b", SQUASH_ALL, 9, "= | =" },
	{ "d a,f a/x,f a/y | d a,f a/.wh.x", SQUASH_ALL, 1, "= | =" },
	{ "d a,f a/x,f a/y | d a,f a/.wh.x", SQUASH_NONE, 0, "d a,f a/y | d a" },
	/* What lies in one layer leaves the others alone. */
	{ "f a | f b", SQUASH_ALL, 0, "f a,f b" },
	{ "f a | f a =2", SQUASH_NONE, 0, " | =" },
	{ "f a,f b | f .wh.a", SQUASH_NONE, 0, "f b | " },
	{ "f a,f b | f .wh.a", SQUASH_ALL, 1, "= | =" },
	{ "f a | f .wh.a", SQUASH_ALL, 0, "" },
	{ "f a | f b | f .wh.b", SQUASH_ALL, 1, "= | -" },
	/* Ancestors stand in the layer although it did not list them. */
	{ "d a,d a/b,f a/b/x | f a/b/x =2 | f n", SQUASH_ALL, 1, "= | d a,d a/b,f a/b/x,f n" },
	{ "d a,d a/b,f a/b/x | f a/b/x =2", SQUASH_ALL, 1, "= | =" },
	/* Markers. */
	{ "d a,f a/x,f a/y | d a m700 | f a/.wh.x", SQUASH_ALL, 1, "= | d a,f a/.wh.x" },
	{ "d a,f a/x,f a/y | f .wh.a | d a,f a/n", SQUASH_ALL, 1,
	  "= | d a,f a/.wh..wh..opq,f a/n" },
	{ "d a,f a/x,f a/y | f a/.wh.x | f a/.wh.y", SQUASH_ALL, 1, "= | d a,f a/.wh..wh..opq" },
	{ "d a,f a/x | f .wh.a,f b", SQUASH_ALL, 1, "= | =" },
	{ "d a,f a/x | f a =1", SQUASH_ALL, 1, "= | =" },
	{ "f a,f b | f .wh..wh..opq,f n", SQUASH_ALL, 1, "= | f .wh.a,f .wh.b,f n" },
	{ "d a | d a,f a/.wh..wh..opq,f a/n", SQUASH_ALL, 1, "= | d a,f a/n" },
	{ "d a,f a/x | d a,f a/.wh..wh..opq,f a/.wh.x,f a/z", SQUASH_ALL, 1,
	  "= | d a,f a/.wh.x,f a/z" },
	{ "f x | f .wh.x,f .wh.x", SQUASH_ALL, 1, "= | f .wh.x" },
	{ "d a,f a/x | f .wh.a,f a/.wh.x", SQUASH_ALL, 1, "= | f .wh.a" },
	{ "f x | f .wh.zz,f y", SQUASH_ALL, 1, "= | f y" },
	/* A whiteout leaves with what it hid. */
	{ "f k | f x | f .wh.x", SQUASH_NONE, 0, "= |  | " },
	/* Hard links: the smallest name carries the body. */
	{ "f z =1,h b >z", SQUASH_ALL, 0, "=" },
	{ "f z =1,h b >z | f n", SQUASH_ALL, 0, "f b,f n,h z >b" },
	{ "f x =1,h y >x | f .wh.x", SQUASH_ALL, 0, "f y" },
	{ "f x =1,h y >x | f .wh.x", SQUASH_NONE, 0, "f y | " },
	{ "f x =1 | h y >x", SQUASH_ALL, 1, "= | f y copies" },
	{ "f x =1 | h y >x,h z >x", SQUASH_ALL, 1, "= | f y,h z >y copies" },
	{ "f x =1 | h y >x", SQUASH_ALL, 0, "f x,h y >x" },
	/* Flawed layers are rebuilt, unless they are frozen. */
	{ "h y >x,f x =1", SQUASH_ALL, 0, "f x,h y >x" },
	{ "h y >x,f x =1", SQUASH_ALL, 1, "=" },
	{ "f a =1,f a =2", SQUASH_NONE, 0, "f a" },
	{ "f x m600,h y >x m755", SQUASH_NONE, 0, "f x,h y >x" },
	{ "f a xtrusted.overlay.opaque=y", SQUASH_ALL, 0, "f a" },
	{ "s a >b | f a/n", SQUASH_NONE, 0, " | d a,f a/n" },
	/* Markers of a layer that stands alone at the bottom. */
	{ "f x,f .wh.q", SQUASH_NONE, 0, "f x" },
	/* The root has a record only when an entry listed it. */
	{ "d ./ m711 | f y", SQUASH_ALL, 0, "d ,f y" },
	{ "d ./ m711 | f y", SQUASH_ALL, 1, "= | =" },
	/* Empty layers. */
	{ "", SQUASH_ALL, 0, "=" },
	{ "f a | ", SQUASH_ALL, 1, "= | -" },
	{ "f a | ", SQUASH_NONE, 0, "= | =" },
	{ " | ", SQUASH_ALL, 0, "" },
};

static void test_shapes(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		const struct shape_case *row = &shapes[i];
		const uint32_t frozen[STACK_IMAGES] = { row->keep_base };
		struct plan_options options = { .squash = row->squash, .frozen = frozen };
		AUTO(strbuf) text = STRBUF_INIT;
		AUTO(stack) stack;
		AUTO(error) err = ERROR_INIT;
		assert_int_equal(stack_from_text(&stack, row->layers), 0);
		AUTO_PTR(plan)
		plan = plan_build(&stack.chain, stack.names, &options, &stack.context, &err);
		assert_non_null(plan);
		strbuf_addstr(&text, "");
		describe(plan, &text);
		if (!strcmp(text.data, row->shape))
			continue;
		print_error("%s, squash %s, keep-base %u:\n  \"%s\"\n  not \"%s\"\n", row->layers,
			    row->squash == SQUASH_ALL ? "all" : "none", row->keep_base, text.data,
			    row->shape);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

struct order_case {
	const char *layers, *type, *similar;
};

static const struct order_case orders[] = {
	/* Files stand behind all else, by what their names end in. */
	{ "d d,f d/b.py,f d/a.so,f z.py,s a >b,f c | p n",
	  "s a,d d,p n,f c,f d/b.py,f z.py,f d/a.so", "s a,d d,p n,f c,f d/b.py,f z.py,f d/a.so" },
	/* Versions, hidden files and names of digits. */
	{ "f b.so.6,f a.so.1.2,f .x,f .y.so,f 1.2,f c.3.gz,f d.so.x | d d",
	  "d d,f .x,f 1.2,f c.3.gz,f .y.so,f a.so.1.2,f b.so.6,f d.so.x",
	  "d d,f .x,f 1.2,f c.3.gz,f .y.so,f a.so.1.2,f b.so.6,f d.so.x" },
	/* Sizes by their magnitude, then names with any number, then the larger one. */
	{ "f a =123456789,f b =1,f v10 =12345678,f v2 =123456781 | f c =1",
	  "f a,f b,f c,f v10,f v2", "f b,f c,f a,f v2,f v10" },
	/* The first name in the new order carries the body. */
	{ "f z.a =1,h b.so >z.a,d d,h d/c >z.a | f n =1", "d d,f d/c,f n,h z.a >d/c,h b.so >d/c",
	  "d d,f d/c,f n,h z.a >d/c,h b.so >d/c" },
	{ "s t >x,h s >t,f a.x | f b", "s s,h t >s,f b,f a.x", "s s,h t >s,f b,f a.x" },
	/* One layer: it stays when it is in order. */
	{ "d d,f b.py,f d/a.so", "=", "=" },
	{ "f b.so,f a.py", "f a.py,f b.so", "f a.py,f b.so" },
	{ "f z =1,h b >z", "f b,h z >b", "f b,h z >b" },
	{ "f b =1,h z >b", "=", "=" },
};

static size_t check_order(const char *layers, enum entry_order order, const char *want)
{
	const struct plan_options options = { .squash = SQUASH_ALL, .order = order };
	AUTO(strbuf) text = STRBUF_INIT;
	AUTO(stack) stack;
	AUTO(error) err = ERROR_INIT;

	assert_int_equal(stack_from_text(&stack, layers), 0);
	AUTO_PTR(plan)
	plan = plan_build(&stack.chain, stack.names, &options, &stack.context, &err);
	assert_non_null(plan);
	describe(plan, &text);
	must_plan(&stack, &options, layers);
	if (!strcmp(text.data, want))
		return 0;
	print_error("%s:\n  \"%s\"\n  not \"%s\"\n", layers, text.data, want);
	return 1;
}

static void test_orders(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		wrong += check_order(orders[i].layers, ORDER_TYPE, orders[i].type);
		wrong += check_order(orders[i].layers, ORDER_SIMILAR, orders[i].similar);
	}
	/* Directory by directory, by type in each. */
	wrong += check_order("d b,d b/c,f b/c/y,f b/x.so,f b/z.py,f a.so,f d.py | f b/b.so",
			     ORDER_FOLDER,
			     "d b,d b/c,f d.py,f a.so,f b/z.py,f b/b.so,f b/x.so,f b/c/y");
	assert_int_equal(wrong, 0);
}

/* Layers with the same users merge; shared ones stay shared. */
static void test_users(void **state)
{
	AUTO(stack) stack;
	AUTO(error) err = ERROR_INIT;

	(void)state;
	stack_init(&stack, NULL);
	stack_add_text(&stack, "f base =1,f x =1 | f base2 =2 | f .wh.x | f one =1");
	stack_add_text(&stack, "f base =1,f x =1 | f base2 =2 | f two =2");
	stack_add_text(&stack, "f other =3");
	assert_int_equal(stack_load(&stack), 0);
	AUTO_PTR(plan) plan = plan_build(&stack.chain, stack.names, &all, &stack.context, &err);
	assert_non_null(plan);
	assert_int_equal(plan->segments.count, 4);
	assert_int_equal(plan->segment_count[0], 2);
	assert_int_equal(plan->segment_count[1], 2);
	assert_int_equal(plan->segment_count[2], 1);
	assert_int_equal(plan->of_image[0][0], plan->of_image[1][0]);
	assert_int_equal(plan->segments.items[plan->of_image[0][0]].layer_count, 2);
	assert_int_equal(plan->segments.items[plan->of_image[0][0]].users, 2);
	/* x is shown by the second image: it stays, and the first image keeps its whiteout. */
	AUTO(strbuf) text = STRBUF_INIT;
	describe(plan, &text);
	assert_string_equal(text.data, "f base,f base2,f x | f .wh.x,f one");
	must_plan(&stack, &all, "users");
	must_plan(&stack, &none, "users");
}

/* Every input entry has a fate, and bytes are counted once. */
static void test_fates(void **state)
{
	static const enum fate want[] = { FATE_SHADOWED, FATE_LIVE, FATE_SHADOWED,
					  FATE_LIVE,	 FATE_LIVE, FATE_MARKER };
	AUTO(stack) stack;
	AUTO(error) err = ERROR_INIT;

	(void)state;
	assert_int_equal(
		stack_from_text(&stack, "f a =12345,d d,f d/x =123 | f a =1 | f b,f d/.wh.x"), 0);
	AUTO_PTR(plan) plan = plan_build(&stack.chain, stack.names, &all, &stack.context, &err);
	assert_non_null(plan);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		assert_int_equal(plan->fates[i], want[i]);
	assert_int_equal(plan->totals.shadowed_bytes, 8);
	assert_int_equal(plan->totals.live_bytes, 1);
	assert_int_equal(plan->totals.framing_bytes,
			 6 * 512 + (512 - 5) + (512 - 3) + (512 - 1) + 3 * 1024);
	assert_int_equal(plan->totals.shadowed_entries, 2);
	assert_int_equal(plan->totals.shown_after.entries, 3);
	assert_int_equal(plan->totals.shown_after.bytes, 1);
	assert_int_equal(plan->totals.output_entries, 3);
	assert_int_equal(plan->totals.pairs.count, 2);
	assert_int_equal(plan->totals.pairs.items[0].bytes, 5);
	assert_int_equal(plan->totals.pairs.items[0].added, 0);
	assert_int_equal(plan->totals.pairs.items[0].killer, 1);
	assert_int_equal(plan->totals.pairs.items[1].killer, 2);
	assert_int_equal(plan->totals.file_count, 2);
	assert_int_equal(plan->totals.files[0].bytes, 5);
}

static void test_frozen_fate(void **state)
{
	static const uint32_t frozen[STACK_IMAGES] = { 1 };
	struct plan_options base = { .squash = SQUASH_ALL, .frozen = frozen };
	AUTO(stack) stack;
	AUTO(error) err = ERROR_INIT;

	(void)state;
	assert_int_equal(stack_from_text(&stack, "f a =12345,f b =1 | f a =1"), 0);
	AUTO_PTR(plan) plan = plan_build(&stack.chain, stack.names, &base, &stack.context, &err);
	assert_non_null(plan);
	assert_int_equal(plan->fates[0], FATE_SHADOWED_FROZEN);
	assert_int_equal(plan->totals.frozen_bytes, 5);
	assert_int_equal(plan->totals.shadowed_bytes, 0);
	assert_int_equal(plan->totals.live_bytes, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),  cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_orders), cmocka_unit_test(test_users),
		cmocka_unit_test(test_fates),  cmocka_unit_test(test_frozen_fate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
