/* test_dedupe.c - which files become one and which are written once too often, row by row: the
 * records that come out, and whatever check_plan() asks of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "plan_output.h"

#include <cmocka.h>

#define OFF  DEDUPE_OFF
#define SAFE DEDUPE_SAFE
#define ALL  DEDUPE_ALL

struct dedupe_case {
	const char *layers;
	enum dedupe_mode mode;
	enum squash_mode squash;
	uint32_t keep_base;
	const char *shape; /* as describe() has it */
};

/* Files below the floor of 2 bytes stay apart. */
#define FLOOR 2

static const struct dedupe_case links[] = {
	{ "f a =xx,f b =xx", OFF, SQUASH_ALL, 0, "=" },
	{ "f a =xx,f b =xx", SAFE, SQUASH_ALL, 0, "f a,h b >a" },
	{ "f a =xx,f b =xx,f c =xx", SAFE, SQUASH_ALL, 0, "f a,h b >a,h c >a" },
	{ "f a =xx,f b =xy", SAFE, SQUASH_ALL, 0, "=" },
	{ "f a =x,f b =x", SAFE, SQUASH_ALL, 0, "=" },
	{ "f a,f b", ALL, SQUASH_ALL, 0, "=" },
	/* Metadata that links share. */
	{ "f a =xx m600,f b =xx", ALL, SQUASH_ALL, 0, "=" },
	{ "f a =xx u1,f b =xx", ALL, SQUASH_ALL, 0, "=" },
	{ "f a =xx g1,f b =xx", ALL, SQUASH_ALL, 0, "=" },
	{ "f a =xx xuser.k=v,f b =xx", ALL, SQUASH_ALL, 0, "=" },
	{ "f a =xx xuser.k=v,f b =xx xuser.k=v", ALL, SQUASH_ALL, 0, "f a,h b >a" },
	{ "f a =xx t1,f b =xx t2", SAFE, SQUASH_ALL, 0, "=" },
	{ "f a =xx t1,f b =xx t2", ALL, SQUASH_ALL, 0, "f a,h b >a" },
	/* Two groups of one size, by time. */
	{ "f a =xx t1,f b =xx t2,f c =xx t1,f d =xx t2", SAFE, SQUASH_ALL, 0,
	  "f a,f b,h c >a,h d >b" },
	/* Other types are no candidates. */
	{ "s a >xx,s b >xx,p c,p d", ALL, SQUASH_ALL, 0, "=" },
	/* Groups of the input join as a whole, and their first name carries all. */
	{ "f b =xx,h c >b,f d =xx,h e >d", SAFE, SQUASH_ALL, 0, "f b,h c >b,h d >b,h e >b" },
	{ "f z =xx,h a >z,f m =xx", SAFE, SQUASH_ALL, 0, "f a,h m >a,h z >a" },
	/* Only in one output layer, and not in kept ones. */
	{ "f a =xx | f b =xx", SAFE, SQUASH_NONE, 0, "= | =" },
	{ "f a =xx | f b =xx", SAFE, SQUASH_ALL, 0, "f a,h b >a" },
	{ "f a =xx,f b =xx | f c =xx", SAFE, SQUASH_ALL, 1, "= | =" },
	{ "f a =xx,f b =xx | f c =xx,f d =xx", SAFE, SQUASH_ALL, 1, "= | f c,h d >c" },
	/* A name that is hidden in the end neither carries nor counts. */
	{ "f a =xx,f b =xx | f .wh.a", SAFE, SQUASH_NONE, 0, "f b | " },
	{ "f a =xx,f b =xx,f c =xx | f a =y", SAFE, SQUASH_NONE, 0, "f b,h c >b | =" },
};

static const struct dedupe_case guards[] = {
	/* Modes. */
	{ "f a =xx m4755,f b =xx m4755", ALL, SQUASH_ALL, 0, "=" },
	{ "f a =xx m2755,f b =xx m2755", ALL, SQUASH_ALL, 0, "=" },
	{ "f a =xx m664,f b =xx m664", ALL, SQUASH_ALL, 0, "=" },
	{ "f a =xx m646,f b =xx m646", ALL, SQUASH_ALL, 0, "=" },
	{ "f a =xx m1755,f b =xx m1755", ALL, SQUASH_ALL, 0, "f a,h b >a" },
	/* Trees, folders, names. */
	{ "d etc,f etc/a =xx,f etc/b =xx,f x =xx", SAFE, SQUASH_ALL, 0, "=" },
	{ "d var,f var/a =xx,d usr,f usr/a =xx,f usr/b =xx", SAFE, SQUASH_ALL, 0,
	  "d usr,f usr/a,h usr/b >usr/a,d var,f var/a" },
	{ "d a,d a/.git,d a/.git/d,f a/.git/d/x =xx,f a/.git/d/y =xx", SAFE, SQUASH_ALL, 0, "=" },
	{ "f a.git =xx,f b.git =xx", SAFE, SQUASH_ALL, 0, "f a.git,h b.git >a.git" },
	{ "f a.conf =xx,f b.conf =xx,f c.db =xx,f d.sqlite3 =xx", SAFE, SQUASH_ALL, 0, "=" },
	{ "f a.conf.d =xx,f b.confx =xx", SAFE, SQUASH_ALL, 0, "f a.conf.d,h b.confx >a.conf.d" },
	/* A tree through a symlink, and the name of a guarded folder as a file. */
	{ "d private,d private/v,s var >private/v,f private/v/a =xx,f private/v/b =xx", SAFE,
	  SQUASH_ALL, 0, "=" },
	{ "f .git =xx,f b =xx", SAFE, SQUASH_ALL, 0, "f .git,h b >.git" },
	/* One guarded name guards the whole group. */
	{ "f a =xx,h x.conf >a,f b =xx", SAFE, SQUASH_ALL, 0, "=" },
	/* Times count for sources and beside recipes even where all are asked for. */
	{ "f a.py =xx t1,f b.py =xx t2", ALL, SQUASH_ALL, 0, "=" },
	{ "f a.py =xx t1,f b.py =xx t1", ALL, SQUASH_ALL, 0, "f a.py,h b.py >a.py" },
	{ "d d,f d/Makefile,d d/e,f d/e/a =xx t1,f d/e/b =xx t2", ALL, SQUASH_ALL, 0, "=" },
	{ "d d,d d/Makefile,f d/a =xx t1,f d/b =xx t2", ALL, SQUASH_ALL, 0,
	  "d d,d d/Makefile,f d/a,h d/b >d/a" },
};

static const struct dedupe_case rewrites[] = {
	/* Written again as it was. */
	{ "f a =xx | f a =xx", SAFE, SQUASH_NONE, 0, "= | " },
	{ "f a =xx | f a =xx", OFF, SQUASH_NONE, 0, " | =" },
	{ "f a =xx | f a =xx", SAFE, SQUASH_ALL, 1, "= | -" },
	{ "f a =xx | f a =xy", SAFE, SQUASH_NONE, 0, " | =" },
	{ "f a =xx | f a =xx m600", SAFE, SQUASH_NONE, 0, " | =" },
	{ "f a =xx | f a =xx t1", ALL, SQUASH_NONE, 0, " | =" },
	{ "f a =xx | f a =xx | f a =xx", SAFE, SQUASH_NONE, 0, "= |  | " },
	{ "f a =xx | f a =yy | f a =xx", SAFE, SQUASH_NONE, 0, " |  | =" },
	{ "f a =xx | f b =1 | f a =xx", SAFE, SQUASH_ALL, 1, "= | f b" },
	/* Deleted and copied again, in one layer and in two. */
	{ "d d,f d/a =xx | f .wh.d,d d,f d/a =xx,f d/n =1", SAFE, SQUASH_NONE, 0, "= | d d,f d/n" },
	{ "d d,f d/a =xx,f d/b =1 | f d/.wh..wh..opq,d d,f d/a =xx", SAFE, SQUASH_NONE, 0,
	  "d d,f d/a | d d" },
	{ "f a =xx | f .wh.a | f a =xx", SAFE, SQUASH_NONE, 0, " |  | =" },
	{ "f a =xx | f .wh.a | f a =xx", SAFE, SQUASH_ALL, 1, "= | -" },
	/* Files with other names, here or below. */
	{ "f a =xx,h b >a | f a =xx", SAFE, SQUASH_NONE, 0, "f b | =" },
	{ "f a =xx,h b >a | f a =xx,h b >a", SAFE, SQUASH_NONE, 0, "= | " },
	{ "f a =xx,f b =xx m600 | f a =xx,h b >a", SAFE, SQUASH_NONE, 0, " | =" },
	/* Links that lead to lower layers touch their files only. */
	{ "f x =11,f a =22 | h y >x | f a =22", SAFE, SQUASH_NONE, 0, "= | f y |  copies" },
	{ "f x =11 | h y >x m600 | f x =11 m600", SAFE, SQUASH_NONE, 0, " | f y | = copies" },
	{ "f x =11 | h y >x | f x =11", SAFE, SQUASH_NONE, 0, " | f y | = copies" },
	{ "f x =11,f a =22 | h y m600 >x | f a =22,f y =11 m600", SAFE, SQUASH_NONE, 0,
	  "f a | f x | f y copies" },
	/* Names that parted: the part that can stay below does, whichever the layer lists first. */
	{ "f d =xx,h m >d | f b =xx,h m >b,f d =xx", SAFE, SQUASH_NONE, 0, "f d | f b,h m >b" },
	{ "f d =xx,h m >d | f d =xx,f m =xy", SAFE, SQUASH_NONE, 1, "= | f m" },
	{ "f d =xx,h m >d | f d =xy,f m =xx", SAFE, SQUASH_NONE, 1, "= | f d" },
	{ "f d =xx,h m >d | f m =xx,f d =xy", SAFE, SQUASH_NONE, 1, "= | f d" },
	/* A link of a later layer changes the file that a name stands for: the name belongs to the
	 * others of its layer, though nobody shows it as that layer has it. */
	{ "f c =xx | f c =xx,h m >c | h t m600 >m", SAFE, SQUASH_NONE, 0,
	  " |  | f c,h m >c,h t >c copies" },
	{ "f c =xx | f c =xx,h m >c | f .wh.m,h l m600 >m", SAFE, SQUASH_NONE, 0,
	  " |  | f c,h l >c copies" },
	/* A name that nobody shows and that could not go is not brought back by the next layer. */
	{ "f d =xx,h l >d | f d =xx | f d =xx,h l >d | f d =xx", SAFE, SQUASH_NONE, 1,
	  "= | f .wh.d | f d | " },
};

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* check_plan() does not know of guards, and wants all links that could be. */
static size_t check_row(const struct dedupe_case *row, bool guarded)
{
	const uint32_t frozen[STACK_IMAGES] = { row->keep_base };
	struct plan_options options = {
		.squash = row->squash, .frozen = frozen, .dedupe = row->mode, .dedupe_floor = FLOOR
	};
	AUTO(strbuf) text = STRBUF_INIT;
	AUTO(stack) stack;
	AUTO(error) err = ERROR_INIT;
	int rc;

	assert_int_equal(stack_from_text(&stack, row->layers), 0);
	options.images = &stack.set;
	AUTO_PTR(plan)
	plan = plan_build(&stack.chain, stack.names, &options, &stack.context, &err);
	assert_non_null(plan);
	strbuf_addstr(&text, "");
	describe(plan, &text);
	rc = guarded ? check_totals(plan, &err) : check_plan(&stack, &options, &err);
	if (!rc && !strcmp(text.data, row->shape))
		return 0;
	print_error("%s, mode %d, squash %s, keep-base %u:\n  \"%s\"\n  not \"%s\" %s\n",
		    row->layers, (int)row->mode, row->squash == SQUASH_ALL ? "all" : "none",
		    row->keep_base, text.data, row->shape, rc ? err.message : "");
	return 1;
}

static void check_rows(const struct dedupe_case *rows, size_t count, bool guarded)
{
	size_t wrong = 0;

	for (size_t i = 0; i < count; i++)
		wrong += check_row(&rows[i], guarded);
	assert_int_equal(wrong, 0);
}

static void test_links(void **state)
{
	(void)state;
	check_rows(links, COUNT(links), false);
}

static void test_guards(void **state)
{
	(void)state;
	check_rows(guards, COUNT(guards), true);
}

static void test_rewrites(void **state)
{
	(void)state;
	check_rows(rewrites, COUNT(rewrites), false);
}

/* No file has more names than file systems take: the next one begins a new group. */
static void test_many_names(void **state)
{
	AUTO(strbuf) layers = STRBUF_INIT;
	AUTO(stack) stack;
	AUTO(error) err = ERROR_INIT;
	struct plan_options options = { .squash = SQUASH_ALL,
					.dedupe = DEDUPE_SAFE,
					.dedupe_floor = FLOOR };

	(void)state;
	for (int i = 0; i < 1500; i++)
		strbuf_addf(&layers, "%sf n%04d =xx", i ? "," : "", i);
	assert_int_equal(stack_from_text(&stack, layers.data), 0);
	options.images = &stack.set;
	AUTO_PTR(plan)
	plan = plan_build(&stack.chain, stack.names, &options, &stack.context, &err);
	assert_non_null(plan);
	assert_int_equal(plan->totals.link_groups, 2);
	assert_int_equal(plan->totals.linked_files, 1498);
	assert_int_equal(plan->totals.linked_bytes, 2 * 1498);
	assert_int_equal(check_totals(plan, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_guards),
		cmocka_unit_test(test_rewrites),
		cmocka_unit_test(test_many_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
