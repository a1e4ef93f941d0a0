/* docs_man.c - the man page, in mdoc: synopsis, commands and options from the tables. */
#include <ctype.h>
#include <string.h>

#include "commands.h"
#include "docs.h"

/* Lines of the page that are longer make its checker complain. */
#define WIDTH 78

/* A dash that is typed must not become a hyphen; one between letters may. */
static bool is_typed_dash(const char *text, size_t at)
{
	return text[at] == '-' && (!at || !isalnum((unsigned char)text[at - 1]) ||
				   !isalnum((unsigned char)text[at + 1]));
}

static void put_chars(const char *text, size_t len, FILE *out)
{
	for (size_t i = 0; i < len; i++) {
		if ((!i || text[i - 1] == '\n') && (text[i] == '.' || text[i] == '\''))
			fputs("\\&", out);
		if (text[i] == '\\')
			fputs("\\e", out);
		else if (is_typed_dash(text, i))
			fputs("\\-", out);
		else
			fputc(text[i], out);
	}
}

/* Fills lines.  A sentence begins on a new one, which is how the formatter knows where one ends. */
static void put_text(const char *text, FILE *out)
{
	size_t column = 0;
	bool sentence = false;

	while (*text) {
		size_t len = strcspn(text, " \n");

		if (column && (sentence || column + 1 + len > WIDTH)) {
			fputc('\n', out);
			column = 0;
		} else if (column) {
			column++;
			fputc(' ', out);
		}
		put_chars(text, len, out);
		column += len;
		sentence = len && strchr(".?!", text[len - 1]);
		text += len + strspn(text + len, " \n");
	}
	fputc('\n', out);
}

static void put_lines(const char *text, FILE *out)
{
	fputs(".Bd -literal -offset indent\n", out);
	put_chars(text, strlen(text), out);
	fputs("\n.Ed\n", out);
}

static void put_synopsis_head(const struct command *command, FILE *out)
{
	fprintf(out, ".Nm\n.%s %s\n.Op Ar OPTIONS\n", command == &cmd_optimize ? "Op Cm" : "Cm",
		command->name);
}

/* One line of the synopsis for each alternative that "|" separates. */
static void put_synopsis(const struct command *command, FILE *out)
{
	const char *word = command->operands;

	put_synopsis_head(command, out);
	while (*word) {
		size_t len = strcspn(word, " ");

		if (*word == '|')
			put_synopsis_head(command, out);
		else if (*word == '[' && len > 2)
			fprintf(out, ".Op Ar %.*s\n", (int)len - 2, word + 1);
		else
			fprintf(out, ".%s %.*s\n", *word >= 'a' && *word <= 'z' ? "Cm" : "Ar",
				(int)len, word);
		word += len + strspn(word + len, " ");
	}
}

static void put_option(const struct option_row *row, FILE *out)
{
	fputs(".It ", out);
	if (row->letter)
		fprintf(out, "Fl %c , ", row->letter);
	fprintf(out, "Fl \\-%s", row->name);
	if (row->placeholder)
		fprintf(out, " Ar %s", row->placeholder);
	fputc('\n', out);
	put_text(row->help, out);
}

/* An option is described once, where the first command that has it stands. */
static bool same_option(const struct option_row *a, const struct option_row *b)
{
	return !strcmp(a->name, b->name) && !strcmp(a->help, b->help);
}

static bool has_option(const struct command *command, const struct option_row *wanted)
{
	for (const struct option_row *row = command->options(); row->name; row++)
		if (same_option(row, wanted))
			return true;
	return false;
}

static bool has_all_of(const struct command *command, const struct command *other)
{
	for (const struct option_row *row = other->options(); row->name; row++)
		if (!has_option(command, row))
			return false;
	return true;
}

static void put_shared_options(const struct command *command, const struct command *other,
			       FILE *out)
{
	const char *separator = "";

	fputs(".Pp\n", out);
	if (has_all_of(command, other)) {
		fprintf(out, "It takes every option of\n.Cm %s .\n", other->name);
		return;
	}
	fprintf(out, "It takes these options of\n.Cm %s :\n", other->name);
	for (const struct option_row *row = command->options(); row->name; row++) {
		if (!has_option(other, row))
			continue;
		fprintf(out, "%s.Fl \\-%s", separator, row->name);
		separator = " ,\n";
	}
	fputs(" .\n", out);
}

static void put_command(const struct command *command, FILE *out)
{
	const struct command *shared = command == &cmd_optimize ? NULL : &cmd_optimize;
	size_t own = 0;

	fprintf(out, ".Ss lighten %s\n", command->name);
	put_text(command->details, out);
	if (shared)
		put_shared_options(command, shared, out);
	for (const struct option_row *row = command->options(); row->name; row++) {
		if (shared && has_option(shared, row))
			continue;
		if (!own++)
			fputs(".Bl -tag -width Ds\n", out);
		put_option(row, out);
	}
	if (own)
		fputs(".El\n", out);
}

static void put_examples(FILE *out)
{
	fputs(".Sh EXAMPLES\n", out);
	for (const struct docs_example *example = docs_examples; example->what; example++) {
		if (example != docs_examples)
			fputs(".Pp\n", out);
		put_text(example->what, out);
		put_lines(example->commands, out);
	}
}

void docs_man(FILE *out)
{
	const struct command *const *next = commands, *command;

	/* The last day on which the prose was read through. */
	fputs(".Dd November 21, 2026\n.Dt LIGHTEN 1\n.Os\n"
	      ".Sh NAME\n.Nm lighten\n.Nd make saved container images smaller, offline\n"
	      ".Sh SYNOPSIS\n",
	      out);
	while ((command = docs_next_command(&next)))
		put_synopsis(command, out);
	fputs(".Nm\n.Op Ar COMMAND\n.Fl \\-help\n.Nm\n.Fl \\-version\n", out);
	fputs(docs_prose_before, out);
	next = commands;
	while ((command = docs_next_command(&next)))
		put_command(command, out);
	fputs(docs_prose_reports, out);
	fputs(docs_prose_behind, out);
	put_examples(out);
	fputs(docs_prose_end, out);
}
