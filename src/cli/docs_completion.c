/* docs_completion.c - completions for bash, zsh and fish. */
#include <string.h>

#include "docs.h"

/* Put every command's name, `separator` between them. */
static void put_commands(FILE *out, const char *separator)
{
	const struct command *const *next = commands, *command;
	const char *before = "";

	while ((command = docs_next_command(&next))) {
		fprintf(out, "%s%s", before, command->name);
		before = separator;
	}
}

/* --- bash ------------------------------------------------------------------------------------ */

static void bash_option(const struct option_row *row, FILE *out)
{
	AUTO(docs_values) values = { .files = false };

	if (!row->placeholder)
		return;
	docs_option_values(row, &values);
	fprintf(out, "\t\t--%s", row->name);
	if (row->letter)
		fprintf(out, " | -%c", row->letter);
	fprintf(out, ") kind='%s'", values.files ? "file" : "word");
	if (values.words.len)
		fprintf(out, " words='%s'", values.words.data);
	fprintf(out, " ;;\n");
}

static void bash_command(const struct command *command, FILE *out)
{
	AUTO(docs_values) operands = { .files = false };

	docs_operand_values(command, &operands);
	fprintf(out, "\t%s)\n\t\toptions='", command->name);
	for (const struct option_row *row = command->options(); row->name; row++) {
		fprintf(out, "--%s ", row->name);
		if (row->letter)
			fprintf(out, "-%c ", row->letter);
	}
	fprintf(out, "--help -h'\n");
	if (operands.words.len)
		fprintf(out, "\t\toperands='%s'\n", operands.words.data);
	fprintf(out, "\t\tcase $before in\n");
	for (const struct option_row *row = command->options(); row->name; row++)
		bash_option(row, out);
	fprintf(out, "\t\tesac\n\t\t;;\n");
}

/* bash cuts --option=value into three words, at "=". */
void docs_bash(FILE *out)
{
	const struct command *const *next = commands, *command;

	fprintf(out,
		"# bash completion for lighten; made from its option tables.\n"
		"_lighten()\n"
		"{\n"
		"\tlocal current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
		"\tlocal command=optimize kind='' words='' options='' operands=''\n\n"
		"\tif [ \"$current\" = '=' ]; then\n"
		"\t\tcurrent=''\n"
		"\telif [ \"$before\" = '=' ]; then\n"
		"\t\tbefore=${COMP_WORDS[COMP_CWORD - 2]}\n"
		"\tfi\n"
		"\tif [ \"$COMP_CWORD\" -gt 1 ]; then\n"
		"\t\tcase ${COMP_WORDS[1]} in\n"
		"\t\t");
	put_commands(out, " | ");
	fprintf(out, ") command=${COMP_WORDS[1]} ;;\n"
		     "\t\tesac\n"
		     "\tfi\n\n"
		     "\tcase $command in\n");
	while ((command = docs_next_command(&next)))
		bash_command(command, out);
	fprintf(out, "\tesac\n"
		     "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
		     "\t\toptions+=' --version'\n"
		     "\t\toperands='");
	put_commands(out, " ");
	fprintf(out,
		"'\n"
		"\tfi\n\n"
		"\tif [ -z \"$kind\" ]; then\n"
		"\t\tcase $current in\n"
		"\t\t-*) words=$options ;;\n"
		"\t\t*) kind='file' words=$operands ;;\n"
		"\t\tesac\n"
		"\tfi\n"
		"\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
		"\tif [ \"$kind\" = file ]; then\n"
		"\t\tcompopt -o filenames 2>/dev/null\n"
		"\t\tmapfile -t -O \"${#COMPREPLY[@]}\" COMPREPLY < <(compgen -f -- \"$current\")\n"
		"\tfi\n"
		"}\n"
		"complete -F _lighten lighten\n");
}

/* --- zsh ------------------------------------------------------------------------------------- */

/* Inside single quotes, with a backslash before what the format of _arguments uses. */
static void zsh_text(const char *text, FILE *out)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\'", out);
		else if (strchr("[]:\\", *text))
			fputc('\\', out);
		fputc(*text, out);
	}
}

static void zsh_option(const struct option_row *row, FILE *out)
{
	AUTO(docs_values) values = { .files = false };
	bool repeatable = row->type == OPTION_LIST || strstr(row->help, "repeatable");
	const char *value = row->placeholder ? "=" : "";

	docs_option_values(row, &values);
	fputs(" \\\n\t\t\t", out);
	if (repeatable)
		fputs("'*'", out);
	else if (row->letter)
		fprintf(out, "'(-%c --%s)'", row->letter, row->name);
	if (row->letter)
		fprintf(out, "{-%c%s,--%s%s}", row->letter, row->placeholder ? "+" : "", row->name,
			value);
	else
		fprintf(out, "--%s%s", row->name, value);
	fputs("'[", out);
	zsh_text(row->help, out);
	fputc(']', out);
	if (row->placeholder) {
		fputc(':', out);
		zsh_text(row->placeholder, out);
		fputc(':', out);
		if (values.files && values.words.len)
			fprintf(out, " _lighten_word_or_file %s", values.words.data);
		else if (values.files)
			fputs("_files", out);
		else if (values.words.len)
			fprintf(out, "(%s)", values.words.data);
		else
			fputc(' ', out);
	}
	fputc('\'', out);
}

static void zsh_command(const struct command *command, FILE *out)
{
	AUTO(docs_values) operands = { .files = false };

	docs_operand_values(command, &operands);
	fprintf(out, "\t%s)\n\t\t_arguments -s -S", command->name);
	for (const struct option_row *row = command->options(); row->name; row++)
		zsh_option(row, out);
	fprintf(out, " \\\n\t\t\t'(- *)'{-h,--help}'[this text]'");
	if (operands.words.len)
		fprintf(out, " \\\n\t\t\t'1::word: _lighten_word_or_file %s'", operands.words.data);
	fprintf(out, " \\\n\t\t\t'*:file:_files'\n\t\t;;\n");
}

void docs_zsh(FILE *out)
{
	const struct command *const *next = commands, *command;

	fprintf(out, "#compdef lighten\n"
		     "# zsh completion for lighten; made from its option tables.\n"
		     "_lighten_word_or_file() {\n"
		     "\t_alternative \"words:word:($*)\" 'files:file:_files'\n"
		     "}\n\n"
		     "_lighten() {\n"
		     "\tlocal command=optimize\n"
		     "\tlocal -a verbs\n\n"
		     "\tif (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then\n"
		     "\t\tverbs=(\n");
	while ((command = docs_next_command(&next))) {
		fprintf(out, "\t\t\t'%s:", command->name);
		zsh_text(command->summary, out);
		fprintf(out, "'\n");
	}
	fprintf(out, "\t\t)\n"
		     "\t\t_describe -t commands command verbs\n"
		     "\telif (( CURRENT == 2 )); then\n"
		     "\t\tcompadd -- --version\n"
		     "\telif [[ $words[2] == (");
	put_commands(out, "|");
	fprintf(out, ") ]]; then\n"
		     "\t\tcommand=$words[2]\n"
		     "\t\tshift words\n"
		     "\t\t(( CURRENT-- ))\n"
		     "\tfi\n\n"
		     "\tcase $command in\n");
	next = commands;
	while ((command = docs_next_command(&next)))
		zsh_command(command, out);
	fprintf(out, "\tesac\n"
		     "}\n"
		     "if [ \"$funcstack[1]\" = _lighten ]; then\n"
		     "\t_lighten \"$@\"\n"
		     "else\n"
		     "\tcompdef _lighten lighten\n"
		     "fi\n");
}

/* --- fish ------------------------------------------------------------------------------------ */

static void fish_text(const char *text, FILE *out)
{
	fputc('\'', out);
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('\'', out);
}

static void fish_option(const struct command *command, const struct option_row *row, FILE *out)
{
	AUTO(docs_values) values = { .files = false };

	docs_option_values(row, &values);
	fprintf(out, "complete -c lighten -n '__lighten_is %s'", command->name);
	if (row->letter)
		fprintf(out, " -s %c", row->letter);
	fprintf(out, " -l %s", row->name);
	if (row->placeholder)
		fputs(values.files ? " -r -F" : " -x", out);
	if (values.words.len)
		fprintf(out, " -a '%s'", values.words.data);
	fputs(" -d ", out);
	fish_text(row->help, out);
	fputc('\n', out);
}

static void fish_command(const struct command *command, FILE *out)
{
	AUTO(docs_values) operands = { .files = false };

	fprintf(out, "\ncomplete -c lighten -n '__lighten_begins' -a %s -d ", command->name);
	fish_text(command->summary, out);
	fputc('\n', out);
	docs_operand_values(command, &operands);
	if (operands.words.len)
		fprintf(out, "complete -c lighten -n '__lighten_is %s' -a '%s'\n", command->name,
			operands.words.data);
	for (const struct option_row *row = command->options(); row->name; row++)
		fish_option(command, row, out);
}

void docs_fish(FILE *out)
{
	const struct command *const *next = commands, *command;

	fprintf(out, "# fish completion for lighten; made from its option tables.\n"
		     "function __lighten_begins\n"
		     "\ttest (count (commandline -opc)) -eq 1\n"
		     "end\n\n"
		     "function __lighten_is\n"
		     "\tset -l words (commandline -opc)\n"
		     "\tset -l command optimize\n"
		     "\tif set -q words[2]; and contains -- $words[2] ");
	put_commands(out, " ");
	fprintf(out,
		"\n"
		"\t\tset command $words[2]\n"
		"\tend\n"
		"\ttest $command = $argv[1]\n"
		"end\n\n"
		"complete -c lighten -s h -l help -d 'this text'\n"
		"complete -c lighten -n '__lighten_begins' -l version -d 'print the version'\n");
	while ((command = docs_next_command(&next)))
		fish_command(command, out);
}
