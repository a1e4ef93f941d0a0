/* docs.h - documents made from the tables of the commands. */
#ifndef CLI_DOCS_H
#define CLI_DOCS_H

#include "cli/options.h"
#include "util/strbuf.h"

/* A document: a row of docs_formats[] in cmd_docs.c. */
struct docs_format {
	const char *name;
	void (*print)(FILE *out);
};

void docs_man(FILE *out);
void docs_bash(FILE *out);
void docs_zsh(FILE *out);
void docs_fish(FILE *out);

/* mdoc that no table holds, by its place in the page. */
extern const char docs_prose_before[], docs_prose_reports[], docs_prose_behind[], docs_prose_end[];

/* An example of the man page; a test runs those that need no engine, in this order. */
struct docs_example {
	const char *what;     /* ends with a colon */
	const char *commands; /* lines */
};

extern const struct docs_example docs_examples[]; /* NULL ends */

/* What may follow an option or stand as an operand. */
struct docs_values {
	struct strbuf words; /* separated by spaces; NULL data for none */
	bool files;
};

void docs_option_values(const struct option_row *row, struct docs_values *values);
void docs_operand_values(const struct command *command, struct docs_values *values);
void docs_values_release(struct docs_values *values);

DEFINE_CLEANUP(docs_values, docs_values_release);

/* The next command that --help lists, from *command on, or NULL; *command is then behind it. */
const struct command *docs_next_command(const struct command *const **command);

#endif
