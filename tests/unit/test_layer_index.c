/* test_layer_index.c - what one layer is by itself: kinds, flaws, offsets, limits, messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "layer_forge.h"

#include <cmocka.h>

static const struct layer_index *only(const struct stack *stack)
{
	return &stack->loaded->layers[0].index;
}

struct kind_case {
	const char *entry, *path;
	enum entry_kind kind;
	unsigned flaws;
};

static const struct kind_case kinds[] = {
	{ "f a/x", "a/x", ENTRY_NORMAL, 0 },
	{ "d ./", "/", ENTRY_NORMAL, 0 },
	{ "f a/.wh.x", "a/x", ENTRY_WHITEOUT, 0 },
	{ "f .wh.x", "x", ENTRY_WHITEOUT, 0 },
	{ "f a/.wh..wh..opq", "a", ENTRY_OPAQUE, 0 },
	{ "f .wh..wh..opq", "/", ENTRY_OPAQUE, 0 },
	{ "d a/.wh.x", "a/x", ENTRY_WHITEOUT, FLAW_MARKERS },
	{ "f a/.wh.x =1", "a/x", ENTRY_WHITEOUT, FLAW_MARKERS },
	{ "h a/.wh.x >y", "a/x", ENTRY_WHITEOUT, FLAW_MARKERS },
	{ "c a/x r0:0", "a/x", ENTRY_WHITEOUT, FLAW_MARKERS },
	{ "c a/x r0:1", "a/x", ENTRY_NORMAL, 0 },
	{ "b a/x r0:0", "a/x", ENTRY_NORMAL, 0 },
	{ "f .wh..wh.aufs", ".wh..wh.aufs", ENTRY_IGNORED, FLAW_MARKERS },
	{ "d .wh..wh.plnk", ".wh..wh.plnk", ENTRY_IGNORED, FLAW_MARKERS },
	{ "f .wh..wh.plnk/1 =P", ".wh..wh.plnk/1", ENTRY_AUFS, FLAW_MARKERS },
	{ "f .wh.a/x", ".wh.a/x", ENTRY_IGNORED, FLAW_MARKERS },
	{ "f a xuser.overlay.opaque=y", "a", ENTRY_NORMAL, FLAW_XATTRS },
	{ "f a xtrusted.overlay.opaque=y", "a", ENTRY_NORMAL, FLAW_XATTRS },
	{ "s a >b xuser.k=v", "a", ENTRY_NORMAL, FLAW_XATTRS | FLAW_USER_XATTRS },
	{ "f a xuser.k=v", "a", ENTRY_NORMAL, 0 },
	{ "f a/.wh", "a/.wh", ENTRY_NORMAL, 0 },
	{ "f a/.wha", "a/.wha", ENTRY_NORMAL, 0 },
};

static void test_kinds(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct kind_case *row = &kinds[i];
		AUTO(stack) stack;
		if (stack_from_text(&stack, row->entry))
			fail_msg("%s: %s", row->entry, stack.err.message);
		assert_int_equal(only(&stack)->entries.count, 1);
		const struct entry *entry = &only(&stack)->entries.items[0];
		AUTO_FREE char *path = paths_display(stack.names->paths, entry->path);
		assert_string_equal(path, row->path);
		if (entry->kind != row->kind || only(&stack)->flaws != row->flaws)
			fail_msg("%s: kind %d, flaws %x", row->entry, entry->kind,
				 only(&stack)->flaws);
		assert_int_equal(only(&stack)->has_markers,
				 row->kind == ENTRY_WHITEOUT || row->kind == ENTRY_OPAQUE);
	}
}

/* Bodies are found where the tar has them, also behind extended headers. */
static void test_offsets(void **state)
{
	AUTO(stack) stack;
	char body[5] = { 0 };

	(void)state;
	assert_int_equal(stack_from_text(&stack, "f a =first,f b =again xuser.k=v,d c,h d >a"), 0);
	const struct layer *layer = &stack.loaded->layers[0];
	const struct entry *entries = layer->index.entries.items;
	assert_int_equal(layer->index.entries.count, 4);
	assert_int_equal(layer->index.total_bytes, layer->tar.length);
	assert_int_equal(layer->index.body_bytes, 10);
	assert_int_equal(entries[0].header_offset, 0);
	assert_int_equal(entries[0].header_bytes, 512);
	assert_int_equal(entries[1].header_offset, 1024);
	assert_int_equal(entries[1].header_bytes, 1536);
	assert_int_equal(range_read(&layer->tar, 1024 + 1536, body, 5, &stack.err), 0);
	assert_memory_equal(body, "again", 5);
	assert_int_equal(entry_stored_size(&layer->index, &entries[1]), 5);
	assert_int_equal(entry_stored_size(&layer->index, &entries[2]), 0);
	assert_int_equal(entries[3].link, entries[0].path);
	assert_true(layer->index.has_hardlinks);
	assert_true(sizeof(struct entry) <= 64);
}

struct refusal {
	const char *text, *says;
};

static void test_refused(void **state)
{
	static const struct refusal rows[] = {
		{ "f a | f b,f ../x", "layer 2 of 0123456789ab (sha256:" },
		{ "f a | f b,f ../x", "entry \"../x\" at offset 512: name has a \"..\" component" },
		{ "h a >b/../c", "hard link target has a \"..\" component" },
		{ "s . >b", "the root is a symbolic link" },
		{ "f a/.wh.", "whiteout of nothing" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(stack) stack;
		assert_int_equal(stack_from_text(&stack, rows[i].text), -1);
		assert_int_equal(stack.err.code, ERR_FORMAT);
		if (i != 3 && !strstr(stack.err.message, rows[i].says))
			fail_msg("\"%s\" instead of \"%s\"", stack.err.message, rows[i].says);
	}
	/* F073: an empty name. */
	AUTO(strbuf) tar = STRBUF_INIT;
	AUTO(stack) stack;
	forge_block(&tar, forged("", '0', 0));
	stack_init(&stack, NULL);
	stack_add_image(&stack);
	stack_add_layer(&stack, tar.data, tar.len);
	assert_int_equal(stack_load(&stack), -1);
	assert_non_null(strstr(stack.err.message, "empty name"));
}

static void test_limits(void **state)
{
	static const struct {
		size_t offset;
		uint64_t value;
		const char *says;
	} rows[] = {
		{ offsetof(struct limits, entries), 2, "--limit entries=N" },
		{ offsetof(struct limits, path_depth), 2, "--limit path-depth=N" },
		{ offsetof(struct limits, name_bytes), 3, "name-bytes=N" },
		{ offsetof(struct limits, xattr_bytes), 12, "--limit xattr-bytes=N" },
		{ offsetof(struct limits, path_bytes), 4, "--limit path-bytes=N" },
		{ offsetof(struct limits, layer_bytes), 1000, "--limit layer-bytes=N" },
	};

	(void)state;
	for (size_t i = 0; i <= sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(stack) stack;
		stack_init(&stack, NULL);
		stack_add_text(&stack, "f a/b/c,f d,f e xuser.key=value");
		bool bounded = i < sizeof(rows) / sizeof(rows[0]);
		if (bounded)
			memcpy((char *)&stack.limits + rows[i].offset, &rows[i].value,
			       sizeof(uint64_t));
		stack.context.limits = stack.limits;
		assert_int_equal(stack_load(&stack), bounded ? -1 : 0);
		if (!bounded)
			continue;
		assert_int_equal(stack.err.code, ERR_LIMIT);
		if (!strstr(stack.err.message, rows[i].says))
			fail_msg("\"%s\" instead of \"%s\"", stack.err.message, rows[i].says);
	}
}

/* What only headers forged by hand can have. */
static void test_encoding_flaws(void **state)
{
	static const char flags[] = "gLV7S";

	(void)state;
	for (const char *flag = flags; *flag; flag++) {
		AUTO(strbuf) tar = STRBUF_INIT;
		AUTO(stack) stack;
		struct forged_header header =
			forged("n", *flag == '7' || *flag == 'S' ? *flag : '0', 0);
		if (*flag == 'g')
			forge_extension(&tar, 'g', "11 uid=777\n", 11);
		if (*flag == 'L')
			forge_extension(&tar, 'L', "long", 5);
		if (*flag == 'V')
			forge_block(&tar, forged("volume", 'V', 0));
		if (*flag == 'S')
			forge_octal((char *)&header + 483, 12, 100);
		forge_block(&tar, header);
		forge_end(&tar);
		stack_init(&stack, NULL);
		stack_add_image(&stack);
		stack_add_layer(&stack, tar.data, tar.len);
		assert_int_equal(stack_load(&stack), 0);
		assert_int_equal(only(&stack)->flaws,
				 FLAW_ENCODING | (strchr("7SV", *flag) ? FLAW_TYPES : 0));
		assert_int_equal(only(&stack)->entries.count, 1);
		assert_int_equal(only(&stack)->entries.items[0].size, *flag == 'S' ? 100 : 0);
	}
}

static void test_long_component(void **state)
{
	AUTO(strbuf) tar = STRBUF_INIT;
	AUTO(stack) stack;
	char name[260];

	(void)state;
	/* F035: 251 bytes and the prefix of a whiteout are 255. */
	memset(name, 'n', sizeof(name));
	memcpy(name, ".wh.", 4);
	name[255] = '\0';
	forge_pax(&tar, "path", name);
	forge_block(&tar, forged("n", '0', 0));
	memset(name, 'n', 256);
	name[256] = '\0';
	stack_init(&stack, NULL);
	stack_add_image(&stack);
	stack_add_layer(&stack, tar.data, tar.len);
	forge_pax(&tar, "path", name);
	forge_block(&tar, forged("n", '0', 0));
	stack_add_layer(&stack, tar.data, tar.len);
	assert_int_equal(stack_load(&stack), 0);
	assert_int_equal(only(&stack)->entries.items[0].kind, ENTRY_WHITEOUT);
	assert_int_equal(paths_name(stack.names->paths, only(&stack)->entries.items[0].path).len,
			 251);
	assert_int_equal(warnings_get(stack.warnings, WARN_NAME_LENGTH)->count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),	       cmocka_unit_test(test_offsets),
		cmocka_unit_test(test_refused),	       cmocka_unit_test(test_limits),
		cmocka_unit_test(test_encoding_flaws), cmocka_unit_test(test_long_component),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
