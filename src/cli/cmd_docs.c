/* cmd_docs.c - lighten __docs: the documents that the build makes; not in --help. */
#include <errno.h>
#include <string.h>

#include "commands.h"
#include "docs.h"

static const struct docs_format docs_formats[] = {
	{ "man", docs_man },   { "bash", docs_bash }, { "zsh", docs_zsh },
	{ "fish", docs_fish }, { NULL, NULL },
};

static const struct option_row *options(void)
{
	static const struct option_row none = { .name = NULL };

	return &none;
}

static int print(const char *name, struct error *err)
{
	const struct docs_format *format = docs_formats;

	while (format->name && strcmp(format->name, name) != 0)
		format++;
	if (!format->name)
		return error_set(err, ERR_USAGE, "\"%s\" is not one of man, bash, zsh, fish", name);
	format->print(stdout);
	if (fflush(stdout) != 0 || ferror(stdout))
		return error_set_errno(err, errno, "cannot write to standard output");
	return 0;
}

static int run_docs(const struct command *command, int argc, char **argv, struct error *err)
{
	struct text_list operands = VEC_INIT;
	int rc = options_parse(command, argc, argv, &operands, err);

	if (!rc && operands.count != 1)
		rc = error_set(err, ERR_USAGE, "one document is needed: lighten __docs %s",
			       command->operands);
	if (!rc)
		rc = print(operands.items[0], err);
	vec_release(&operands);
	return rc < 0 ? -1 : 0;
}

const struct command cmd_docs = {
	.name = "__docs",
	.summary = "print the man page or a completion",
	.operands = "man|bash|zsh|fish",
	.details = "Prints the man page or the completion for a shell, as make install puts them "
		   "in place.",
	.run = run_docs,
	.options = options,
	.hidden = true,
};
