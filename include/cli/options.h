/* options.h - the command line as tables.
 *
 * --help, the man page, completion and the error for an unknown option all come from these rows;
 * a test holds the documents against them. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "util/error.h"
#include "util/vec.h"

enum option_type {
	OPTION_FLAG,   /* bool */
	OPTION_TEXT,   /* const char *; the last one wins */
	OPTION_LIST,   /* struct text_list; repeatable */
	OPTION_COUNT,  /* uint32_t */
	OPTION_CHOICE, /* int, index into choices */
	OPTION_CHECK,  /* parsed by a function of its own */
};

struct text_list VEC(const char *);

struct option_row {
	const char *name; /* without dashes */
	char letter;	  /* '\0': none */
	enum option_type type;
	const char *placeholder;    /* "FILE"; NULL for flags */
	const char *help;	    /* one line, default included */
	void *value;		    /* what it sets */
	const char *const *choices; /* OPTION_CHOICE, NULL ends */
	/* OPTION_CHECK: `value` gets what `text` means.  ERR_USAGE without the option's name. */
	int (*parse)(void *value, const char *text, struct error *err);
};

struct command {
	const char *name;
	const char *summary;
	const char *operands; /* "[INPUT]" */
	const char *details;  /* a paragraph for --help */
	int (*run)(const struct command *command, int argc, char **argv, struct error *err);
	/* The rows, for help and documents; set up by the command itself. */
	const struct option_row *(*options)(void);
	bool hidden; /* works, but no help lists it */
};

extern const struct command *const commands[]; /* NULL ends */

/* Parse what follows the command's name.  Operands are appended to *operands.  1: --help was
 * given and printed; 0; -1: ERR_USAGE. */
int options_parse(const struct command *command, int argc, char **argv, struct text_list *operands,
		  struct error *err);

void command_help(const struct command *command, FILE *out);

#endif
