/* plan_file.h - a plan that was written earlier, held against the input that it was made for. */
#ifndef CLI_PLAN_FILE_H
#define CLI_PLAN_FILE_H

#include "cli/run.h"

/* Open `path` ("-": standard input), take the options from it, read `input` and plan anew:
 * run->plan is the plan of the file with the decisions that a reviewer turned to keep.
 * ERR_ANSWER_NO for another input, ERR_USAGE for any other edit. */
int plan_file_load(const char *path, const char *input, struct run *run, struct error *err);

#endif
