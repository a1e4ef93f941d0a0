/* options.c - parse a command line by its table, and print the table as help. */
#include "cli/options.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "util/strbuf.h"

static const struct option_row *find_long(const struct option_row *rows, const char *name,
					  size_t len)
{
	for (; rows->name; rows++)
		if (strlen(rows->name) == len && !memcmp(rows->name, name, len))
			return rows;
	return NULL;
}

static const struct option_row *find_short(const struct option_row *rows, char letter)
{
	for (; rows->name; rows++)
		if (rows->letter == letter)
			return rows;
	return NULL;
}

/* Letters in common from the start, and length: enough to guess what was meant. */
static const char *nearest(const struct option_row *rows, const char *name)
{
	const char *best = NULL;
	size_t most = 2;

	for (; rows->name; rows++) {
		size_t common = 0;
		while (rows->name[common] && rows->name[common] == name[common])
			common++;
		if (common > most) {
			most = common;
			best = rows->name;
		}
	}
	return best;
}

static int set_choice(const struct option_row *row, const char *text, struct error *err)
{
	AUTO(strbuf) list = STRBUF_INIT;

	for (int i = 0; row->choices[i]; i++) {
		if (!strcmp(row->choices[i], text)) {
			*(int *)row->value = i;
			return 0;
		}
		strbuf_addf(&list, "%s%s", i ? ", " : "", row->choices[i]);
	}
	return error_set(err, ERR_USAGE, "\"%s\" is not one of %s", text, list.data);
}

static int set_count(const struct option_row *row, const char *text, struct error *err)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || value > 1000000)
		return error_set(err, ERR_USAGE, "\"%s\" is not a number from 0 to 1000000", text);
	*(uint32_t *)row->value = (uint32_t)value;
	return 0;
}

static int set_value(const struct option_row *row, const char *text, struct error *err)
{
	switch (row->type) {
	case OPTION_FLAG:
		*(bool *)row->value = true;
		return 0;
	case OPTION_TEXT:
		*(const char **)row->value = text;
		return 0;
	case OPTION_LIST:
		vec_push((struct text_list *)row->value, text);
		return 0;
	case OPTION_COUNT:
		return set_count(row, text, err);
	case OPTION_CHOICE:
		return set_choice(row, text, err);
	case OPTION_CHECK:
		return row->parse(row->value, text, err);
	}
	return 0;
}

/* `text` NULL: the option came without a value of its own, which may be the next argument. */
static int take(const struct option_row *row, const char *text, int argc, char **argv, int *at,
		struct error *err)
{
	if (row->type == OPTION_FLAG && text)
		return error_set(err, ERR_USAGE, "--%s takes no value", row->name);
	if (row->type != OPTION_FLAG && !text) {
		if (*at + 1 >= argc)
			return error_set(err, ERR_USAGE, "--%s needs %s", row->name,
					 row->placeholder);
		text = argv[++*at];
	}
	return set_value(row, text, err) < 0 ? error_wrap(err, "--%s", row->name) : 0;
}

static int take_long(const struct command *command, int argc, char **argv, int *at,
		     struct error *err)
{
	const char *name = argv[*at] + 2;
	const char *equals = strchr(name, '=');
	const struct option_row *rows = command->options();
	const struct option_row *row =
		find_long(rows, name, equals ? (size_t)(equals - name) : strlen(name));
	const char *guess;

	if (row)
		return take(row, equals ? equals + 1 : NULL, argc, argv, at, err);
	guess = nearest(rows, name);
	return error_set(err, ERR_USAGE, "unknown option %s%s%s%s; see lighten %s --help",
			 argv[*at], guess ? " (did you mean --" : "", guess ? guess : "",
			 guess ? "?)" : "", command->name);
}

static int take_short(const struct command *command, int argc, char **argv, int *at,
		      struct error *err)
{
	const char *letters = argv[*at] + 1;

	while (*letters) {
		const struct option_row *row = find_short(command->options(), *letters);
		if (!row)
			return error_set(err, ERR_USAGE,
					 "unknown option -%c; see lighten %s --help", *letters,
					 command->name);
		letters++;
		if (row->type == OPTION_FLAG) {
			*(bool *)row->value = true;
			continue;
		}
		return take(row, *letters ? letters : NULL, argc, argv, at, err);
	}
	return 0;
}

int options_parse(const struct command *command, int argc, char **argv, struct text_list *operands,
		  struct error *err)
{
	bool only_operands = false;

	for (int i = 0; i < argc; i++) {
		const char *arg = argv[i];
		int rc = 0;

		if (only_operands || arg[0] != '-' || !arg[1]) {
			vec_push(operands, arg);
		} else if (!strcmp(arg, "--")) {
			only_operands = true;
		} else if (!strcmp(arg, "--help") || !strcmp(arg, "-h")) {
			command_help(command, stdout);
			return fflush(stdout) ? error_set_errno(err, errno,
								"cannot write to standard output")
					      : 1;
		} else {
			rc = arg[1] == '-' ? take_long(command, argc, argv, &i, err)
					   : take_short(command, argc, argv, &i, err);
		}
		if (rc < 0)
			return -1;
	}
	return 0;
}

void command_help(const struct command *command, FILE *out)
{
	fprintf(out, "usage: lighten %s [OPTIONS] %s\n\n%s\n\noptions:\n", command->name,
		command->operands, command->details);
	for (const struct option_row *row = command->options(); row->name; row++) {
		char head[48];
		int len = snprintf(head, sizeof(head), "  %c%c%s--%s%s%s", row->letter ? '-' : ' ',
				   row->letter ? row->letter : ' ', row->letter ? ", " : "  ",
				   row->name, row->placeholder ? " " : "",
				   row->placeholder ? row->placeholder : "");
		fprintf(out, len > 26 ? "%s\n%28s%s\n" : "%-26s%.0s  %s\n", head, "", row->help);
	}
	fprintf(out, "  -h, --help                this text\n");
}
