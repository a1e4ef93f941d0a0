/* main.c - find the command, run it, turn its error into a message and an exit status. */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/session.h"
#include "commands.h"
#include "io/mapped_range.h"
#include "io/outfile.h"
#include "util/interrupt.h"

const struct command *const commands[] = { &cmd_optimize, &cmd_plan,  &cmd_apply, &cmd_verify,
					   &cmd_policy,	  &cmd_chain, &cmd_docs,  NULL };

static void print_help(void)
{
	printf("usage: lighten [optimize] [OPTIONS] [INPUT]\n"
	       "       lighten COMMAND --help | --version\n\n"
	       "Makes saved container images smaller, offline:\n"
	       "  docker save app | lighten | docker load\n\n"
	       "commands:\n");
	for (const struct command *const *command = commands; *command; command++)
		if (!(*command)->hidden)
			printf("  %-12s%s\n", (*command)->name, (*command)->summary);
	printf("\n");
	command_help(&cmd_optimize, stdout);
	printf("\nexit status: 0 done; 1 the answer is no; 2 usage; 3 broken input;\n"
	       "4 recognised but not handled; 5 input/output error; 70 a bug in lighten\n");
}

/* Whatever happens, no unfinished file is left. */
static void on_signal(int signal_number)
{
	if (interrupt_keep(signal_number))
		return;
	outfile_abandon_all();
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

static void catch_signals(void)
{
	static const int fatal[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = on_signal };

	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++) {
		struct sigaction old;
		/* nohup and background jobs ignore some: leave them so. */
		if (sigaction(fatal[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(fatal[i], &action, NULL);
	}
	signal(SIGPIPE, SIG_IGN);
	mapped_range_guard();
}

#define OWN_PAGES (2 << 20)

/* Arrays with an element for every tar entry grow step by step.  Each gets pages of its own, which
 * move without a copy and go back when it is freed; the C library would stop doing so after the
 * first large one, and leave holes. */
static void keep_memory_small(void)
{
#ifdef M_MMAP_THRESHOLD
	mallopt(M_MMAP_THRESHOLD, OWN_PAGES);
#endif
}

static const struct command *find_command(const char *name)
{
	for (const struct command *const *command = commands; *command; command++)
		if (!strcmp((*command)->name, name))
			return *command;
	return NULL;
}

int main(int argc, char **argv)
{
	const struct command *command = argc > 1 ? find_command(argv[1]) : NULL;
	int skip = command ? 2 : 1;
	AUTO(error) err = ERROR_INIT;

	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		print_help();
		return fflush(stdout) ? 5 : 0;
	}
	if (argc > 1 && !strcmp(argv[1], "--version")) {
		printf("lighten %s\n", LIGHTEN_VERSION);
		return fflush(stdout) ? 5 : 0;
	}
	catch_signals();
	keep_memory_small();
	session_options.limits = limits_default;
	if (!command)
		command = &cmd_optimize;
	if (command->run(command, argc - skip, argv + skip, &err) < 0 && !interrupt_kept())
		session_print_error(&err);
	if (interrupt_kept()) {
		signal(interrupt_kept(), SIG_DFL);
		raise(interrupt_kept());
	}
	return error_exit_status(err.code);
}
