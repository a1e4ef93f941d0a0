/* commands.h - one declaration a command; commands[] in main.c lists them. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/options.h"

extern const struct command cmd_optimize, cmd_plan, cmd_apply, cmd_verify, cmd_policy, cmd_chain,
	cmd_docs;

#endif
