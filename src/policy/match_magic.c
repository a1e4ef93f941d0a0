/* match_magic.c - "magic_any": what a file is by its first bytes ("elf:core", "elf:rel", or the
 * bytes themselves) or by its name ("name:GLOB", "path:GLOB"); "not_elf_machine": it is not an ELF
 * file for one of these. */
#include "elf_file.h"
#include "match.h"

#define BYTES_MAX 64

static int read_magic(struct rule_reader *in, json_t *value, struct condition *out,
		      struct error *err)
{
	static const char *const kinds[] = { "elf:core", "elf:rel", NULL };

	if (read_texts(value, &out->texts, err) < 0)
		return -1;
	for (size_t i = 0; i < out->texts.count; i++) {
		char *text = out->texts.items[i];
		if (!strncmp(text, "elf:", 4) &&
		    choose_word(text, kinds, "kind of ELF file", err) < 0)
			return -1;
		if (!*text || strlen(text) > BYTES_MAX)
			return error_set(err, ERR_USAGE, "\"%s\": from 1 to %d bytes", text,
					 BYTES_MAX);
		AUTO_FREE char *anywhere =
			!strncmp(text, "name:", 5) ? xasprintf("**/%s", text + 5) : NULL;
		char *glob = anywhere ? anywhere : !strncmp(text, "path:", 5) ? text + 5 : NULL;
		glob_id id;
		if (glob && reader_add_globs(in, &glob, 1, ROLE_ENTRY, &id, err) < 0)
			return -1;
		if (glob)
			vec_push(&out->globs, id);
	}
	return 0;
}

static bool magic_holds(const struct condition *condition, struct subject *subject)
{
	unsigned char head[BYTES_MAX];
	size_t len = subject->body ? range_head(subject->body, head, sizeof(head)) : 0;
	unsigned type = 0, machine = 0;
	bool is_elf = elf_identify(head, len, &type, &machine);

	for (size_t i = 0; i < condition->globs.count; i++)
		for (size_t j = 0; j < subject->hit_count; j++)
			if (condition->globs.items[i] == subject->hits[j])
				return true;
	vec_foreach (text, &condition->texts) {
		size_t size = strlen(*text);
		if (!strcmp(*text, "elf:core") || !strcmp(*text, "elf:rel")) {
			if (is_elf && type == ((*text)[4] == 'c' ? ELF_CORE : ELF_RELOCATABLE))
				return true;
		} else if (strncmp(*text, "name:", 5) != 0 && strncmp(*text, "path:", 5) != 0 &&
			   size <= len && !memcmp(head, *text, size)) {
			return true;
		}
	}
	return false;
}

/* The machines that a rule may want to tell apart. */
static const struct machine {
	const char *name;
	unsigned number;
} machines[] = { { "EM_386", 3 },	{ "EM_ARM", 40 },    { "EM_X86_64", 62 },
		 { "EM_AARCH64", 183 }, { "EM_RISCV", 243 }, { "EM_BPF", 247 } };

static const char *next_machine(const void *arg, size_t index)
{
	(void)arg;
	return index < sizeof(machines) / sizeof(machines[0]) ? machines[index].name : NULL;
}

static int read_machines(struct rule_reader *in, json_t *value, struct condition *out,
			 struct error *err)
{
	(void)in;
	if (read_texts(value, &out->texts, err) < 0)
		return -1;
	vec_foreach (text, &out->texts) {
		size_t i = 0;
		while (next_machine(NULL, i) && strcmp(machines[i].name, *text) != 0)
			i++;
		if (!next_machine(NULL, i))
			return unknown_word(err, "machine", *text, next_machine, NULL);
		vec_push(&out->globs, machines[i].number);
	}
	return 0;
}

static bool not_machine_holds(const struct condition *condition, struct subject *subject)
{
	unsigned char head[BYTES_MAX];
	size_t len = subject->body ? range_head(subject->body, head, sizeof(head)) : 0;
	unsigned type, machine;

	/* Of a file that cannot be read nobody knows. */
	if (subject->type == TAR_FILE && subject->size && !len)
		return false;
	if (!elf_identify(head, len, &type, &machine))
		return true;
	for (size_t i = 0; i < condition->globs.count; i++)
		if (condition->globs.items[i] == machine)
			return false;
	return true;
}

const struct match_type match_magic = {
	.key = "magic_any", .of_layers = true, .read = read_magic, .holds = magic_holds
};
const struct match_type match_not_machine = { .key = "not_elf_machine",
					      .of_layers = true,
					      .read = read_machines,
					      .holds = not_machine_holds };
