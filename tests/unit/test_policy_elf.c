/* test_policy_elf.c - what a program of this machine needs to start stays, whatever rules say; ELF
 * files and linker caches that are damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "policy/elf_file.h"
#include "policy_forge.h"

#include <cmocka.h>

/* All of a file of this machine; false when it is not there. */
static bool slurp(const char *path, struct strbuf *out)
{
	FILE *file = fopen(path, "r");
	size_t got = 1;

	while (file && got) {
		got = fread(strbuf_grow(out, 65536), 1, 65536, file);
		out->len -= 65536 - got;
	}
	if (file)
		fclose(file);
	return file;
}

static void put_file(struct strbuf *tar, const char *name, const void *bytes, size_t len)
{
	struct forged_header header = forged(name, '0', len);

	forge_octal(header.mode, 8, 0755);
	forge_block(tar, header);
	forge_body(tar, bytes, len);
}

static void put_link(struct strbuf *tar, const char *name, const char *target)
{
	struct forged_header header = forged(name, '2', 0);

	forge_text(header.link, sizeof(header.link), target);
	forge_block(tar, header);
}

static bool has_decision(const struct judged *judged, const char *path)
{
	bool found = false;

	vec_foreach (row, &judged->decisions.list) {
		AUTO_FREE char *shown = paths_display(judged->stack.names->paths, row->path);
		found |= !strcmp(shown, path);
	}
	return found;
}

/* Every file that the linker of this machine says /bin/ls needs, as "path" below the root. */
struct closure {
	struct VEC(char *) files;
};

static void closure_of(const char *program, struct closure *out)
{
	AUTO_FREE char *command = xasprintf("LD_TRACE_LOADED_OBJECTS=1 %s", program);
	FILE *lines = popen(command, "r");
	char line[1024];

	assert_non_null(lines);
	while (fgets(line, sizeof(line), lines)) {
		char *slash = strchr(line, '/');
		if (slash)
			vec_push(&out->files, xmemdup0(slash + 1, strcspn(slash + 1, " \n")));
	}
	pclose(lines);
}

/* A layer with /bin/ls, what it needs, and a stranger; rules take all of /usr, /lib and /bin. */
static void test_closure(void **state)
{
	static const char rules[] = "{\"id\": \"all\", \"action\": \"remove\", \"class\": "
				    "\"aggressive\", \"dirs\": \"remove\","
				    "\"match\": [\"/{usr,lib,lib64,bin,etc}/**\"]}";
	AUTO(judged) judged;
	AUTO(error) err = ERROR_INIT;
	AUTO(strbuf) tar = STRBUF_INIT;
	struct closure closure = { VEC_INIT };

	(void)state;
	closure_of("/bin/ls", &closure);
	if (!closure.files.count) {
		print_message("# the loader names nothing that /bin/ls needs\n");
		skip();
	}
	memset(&judged, 0, sizeof(judged));
	judged.policy = forge_policy(rules, NULL, NULL, NULL, &err);
	assert_non_null(judged.policy);
	vec_push(&closure.files, xstrdup("usr/bin/ls"));
	put_link(&tar, "bin", "usr/bin");
	put_link(&tar, "lib", "usr/lib");
	put_link(&tar, "lib64", "usr/lib64");
	vec_foreach (file, &closure.files) {
		AUTO_FREE char *host = xasprintf("/%s", *file);
		AUTO_FREE char *name =
			strncmp(*file, "usr/", 4) ? xasprintf("usr/%s", *file) : xstrdup(*file);
		AUTO(strbuf) bytes = STRBUF_INIT;
		assert_true(slurp(host, &bytes));
		put_file(&tar, name, bytes.data, bytes.len);
	}
	put_file(&tar, "usr/lib/libstranger.so", "x", 1);
	forge_end(&tar);
	stack_init(&judged.stack, NULL);
	stack_add_image(&judged.stack);
	stack_add_layer(&judged.stack, tar.data, tar.len);
	assert_int_equal(judge_stack(&judged, "{\"Entrypoint\": [\"ls\", \"-l\"]}"), 0);
	assert_true(has_decision(&judged, "usr/lib/libstranger.so"));
	vec_foreach (file, &closure.files) {
		AUTO_FREE char *name =
			strncmp(*file, "usr/", 4) ? xasprintf("usr/%s", *file) : xstrdup(*file);
		if (has_decision(&judged, name))
			fail_msg("%s is needed", name);
		free(*file);
	}
	vec_release(&closure.files);
	assert_false(has_decision(&judged, "lib64"));
}

/* --- made up files --------------------------------------------------------------------------- */

static void put16(char *at, unsigned value)
{
	at[0] = (char)value;
	at[1] = (char)(value >> 8);
}

static void put64(char *at, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		at[i] = (char)(value >> 8 * i);
}

/* 64 bits, little endian: interpreter "/ld.so", needs "liba.so", looks in "$ORIGIN/../l". */
#define ELF_SIZE 512
static void forge_elf(char out[ELF_SIZE], unsigned type)
{
	static const char strings[] = "\0liba.so\0$ORIGIN/../l";

	memset(out, 0, ELF_SIZE);
	memcpy(out, "\177ELF\2\1\1", 7);
	put16(out + 16, type);
	put16(out + 18, 62);
	put64(out + 32, 64);
	put16(out + 54, 56);
	put16(out + 56, 3);
	/* PT_LOAD: the whole file at 0x1000; PT_INTERP at 256; PT_DYNAMIC at 300. */
	put64(out + 64, 1);
	put64(out + 64 + 16, 0x1000);
	put64(out + 64 + 32, ELF_SIZE);
	put64(out + 120, 3);
	put64(out + 120 + 8, 256);
	put64(out + 120 + 32, 7);
	put64(out + 176, 2);
	put64(out + 176 + 8, 300);
	put64(out + 176 + 32, 5 * 16);
	memcpy(out + 256, "/ld.so", 7);
	put64(out + 300, 1);
	put64(out + 308, 1);
	put64(out + 316, 29);
	put64(out + 324, 9);
	put64(out + 332, 5);
	put64(out + 340, 0x1000 + 400);
	put64(out + 348, 10);
	put64(out + 356, sizeof(strings));
	memcpy(out + 400, strings, sizeof(strings));
}

static void test_elf(void **state)
{
	char bytes[ELF_SIZE];
	AUTO(elf_file) elf = { .interpreter = NULL };

	(void)state;
	forge_elf(bytes, ELF_CORE);
	struct range file = forge_file(bytes, sizeof(bytes));
	assert_true(elf_read(&file, &elf));
	close(file.fd);
	assert_int_equal(elf.type, ELF_CORE);
	assert_string_equal(elf.interpreter, "/ld.so");
	assert_int_equal(elf.needed.count, 1);
	assert_string_equal(elf.needed.items[0], "liba.so");
	assert_int_equal(elf.search.count, 1);
	assert_string_equal(elf.search.items[0], "$ORIGIN/../l");
}

/* Every byte of it wrong, every length. */
static void test_damaged(void **state)
{
	static const unsigned char values[] = { 0, 1, 0x7f, 0x80, 0xff };

	(void)state;
	for (size_t i = 0; i < ELF_SIZE; i++)
		for (size_t v = 0; v < sizeof(values); v++) {
			char bytes[ELF_SIZE];
			AUTO(elf_file) elf = { .interpreter = NULL };
			forge_elf(bytes, 2);
			bytes[i] = (char)values[v];
			struct range file = forge_file(bytes, v ? sizeof(bytes) : i);
			elf_read(&file, &elf);
			close(file.fd);
		}
}

static void test_origin(void **state)
{
	static const char rules[] = "{\"id\": \"a\", \"action\": \"remove\", \"class\": \"safe\","
				    "\"match\": [\"/{opt,usr}/**\"]}";
	AUTO(judged) judged;
	AUTO(error) err = ERROR_INIT;
	AUTO(strbuf) tar = STRBUF_INIT;
	char bytes[ELF_SIZE];

	(void)state;
	forge_elf(bytes, 2);
	memset(&judged, 0, sizeof(judged));
	judged.policy = forge_policy(rules, NULL, NULL, NULL, &err);
	assert_non_null(judged.policy);
	put_file(&tar, "opt/a/bin/app", bytes, sizeof(bytes));
	put_file(&tar, "opt/a/l/liba.so", "x", 1);
	put_file(&tar, "opt/b/l/liba.so", "x", 1);
	put_file(&tar, "usr/lib/x86_64-linux-gnu/liba.so", "x", 1);
	forge_end(&tar);
	stack_init(&judged.stack, NULL);
	stack_add_image(&judged.stack);
	stack_add_layer(&judged.stack, tar.data, tar.len);
	assert_int_equal(judge_stack(&judged, "{\"Entrypoint\": [\"/opt/a/bin/app\"]}"), 0);
	AUTO_FREE char *line = judged_line(&judged);
	assert_string_equal(line, "rm opt/b/l/liba.so a; kept opt/a/bin/app a: needed; "
				  "kept opt/a/l/liba.so a: needed; "
				  "kept usr/lib/x86_64-linux-gnu/liba.so a: needed");
	assert_non_null(strstr(judged.decisions.vetoes.items[1].text, "library of /opt/a/bin/app"));
}

/* --- /etc/ld.so.cache ------------------------------------------------------------------------ */

static void forge_cache(struct strbuf *out, uint32_t count)
{
	static const char strings[] = "libx.so\0/opt/libx.so";
	char head[48] = "glibc-ld.so.cache1.1", row[24] = { 0 };

	memcpy(head + 20, &count, 4);
	strbuf_add(out, head, sizeof(head));
	for (uint32_t i = 0; i < 2; i++) {
		uint32_t name = 48 + 2 * 24, path = name + 8;
		memcpy(row + 4, &name, 4);
		memcpy(row + 8, &path, 4);
		strbuf_add(out, row, sizeof(row));
	}
	strbuf_add(out, strings, sizeof(strings));
}

static void test_cache(void **state)
{
	(void)state;
	for (uint32_t count = 0; count < 4; count++) {
		AUTO(strbuf) bytes = STRBUF_INIT;
		AUTO(ld_cache) cache = { .text = STRBUF_INIT };
		forge_cache(&bytes, count);
		assert_int_equal(ld_cache_parse(&cache, &bytes), count < 3);
		assert_int_equal(cache.entries.count, count < 3 ? count : 0);
		if (cache.entries.count)
			assert_string_equal(cache.entries.items[0].path, "/opt/libx.so");
	}
	for (size_t len = 0; len < 140; len++) {
		AUTO(strbuf) bytes = STRBUF_INIT;
		AUTO(ld_cache) cache = { .text = STRBUF_INIT };
		forge_cache(&bytes, 2);
		if (len < bytes.len)
			bytes.len = len;
		ld_cache_parse(&cache, &bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_closure), cmocka_unit_test(test_elf),
		cmocka_unit_test(test_damaged), cmocka_unit_test(test_origin),
		cmocka_unit_test(test_cache),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
