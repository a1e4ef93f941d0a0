/* docs_values.c - what an option or an operand may be, for completions. */
#include <string.h>

#include "cli/target.h"
#include "docs.h"
#include "policy/policy.h"
#include "write/image_writer.h"

/* Words of options that a function parses, where their rows list no choices. */
static const struct {
	const char *option, *words;
} known_words[] = {
	{ "max-class", "safe mostly-safe aggressive" },
	{ "keep-base", "auto" },
	{ "compress", "auto none gzip zstd" },
};

static const char *const file_placeholders[] = { "FILE", "BASE", "ARCHIVE", "PLAN", "DIR" };

static void add_word(struct docs_values *values, const char *word, size_t len)
{
	if (values->words.len)
		strbuf_addch(&values->words, ' ');
	strbuf_add(&values->words, word, len);
}

static void add_words(const struct option_row *row, struct docs_values *values)
{
	if (row->choices) {
		for (const char *const *choice = row->choices; *choice; choice++)
			add_word(values, *choice, strlen(*choice));
		return;
	}
	if (!strcmp(row->name, "format")) {
		for (const struct image_format *format = image_formats; format->name; format++)
			add_word(values, format->name, strlen(format->name));
		return;
	}
	if (!strcmp(row->name, "target")) {
		for (const struct target *target = targets; target->name; target++)
			add_word(values, target->name, strlen(target->name));
		return;
	}
	if (!strcmp(row->name, "policy")) {
		add_word(values, "none", 4);
		for (size_t i = 0; i < policy_builtin_count(); i++)
			add_word(values, policy_builtin(i)->name, strlen(policy_builtin(i)->name));
		return;
	}
	for (size_t i = 0; i < sizeof(known_words) / sizeof(known_words[0]); i++)
		if (!strcmp(row->name, known_words[i].option))
			add_word(values, known_words[i].words, strlen(known_words[i].words));
}

void docs_option_values(const struct option_row *row, struct docs_values *values)
{
	*values = (struct docs_values){ .words = STRBUF_INIT };
	if (!row->placeholder)
		return;
	for (size_t i = 0; i < sizeof(file_placeholders) / sizeof(file_placeholders[0]); i++)
		if (strstr(row->placeholder, file_placeholders[i]))
			values->files = true;
	add_words(row, values);
}

/* Operands in capitals stand for a file, the others are typed as they are. */
void docs_operand_values(const struct command *command, struct docs_values *values)
{
	static const char separators[] = " []|";
	const char *word = command->operands + strspn(command->operands, separators);

	*values = (struct docs_values){ .words = STRBUF_INIT };
	while (*word) {
		size_t len = strcspn(word, separators);

		if (*word >= 'a' && *word <= 'z')
			add_word(values, word, len);
		else
			values->files = true;
		word += len + strspn(word + len, separators);
	}
}

void docs_values_release(struct docs_values *values)
{
	strbuf_release(&values->words);
}

const struct command *docs_next_command(const struct command *const **command)
{
	while (**command && (**command)->hidden)
		++*command;
	return **command ? *(*command)++ : NULL;
}
