/* session.h - what all commands share: common options, the context of a run, messages. */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "cli/options.h"
#include "util/context.h"

enum when { WHEN_AUTO, WHEN_ALWAYS, WHEN_NEVER };
enum progress_style { PROGRESS_AUTO, PROGRESS_PLAIN, PROGRESS_NONE };

/* Values of the options that every command takes. */
struct session_options {
	uint32_t threads; /* 0: as many as there are processors */
	int progress;	  /* enum progress_style */
	bool quiet, verbose;
	struct limits limits;
};

extern struct session_options session_options;

/* Rows for the tables of the commands. */
#define SESSION_OPTION_ROWS                                                                        \
	{ .name = "threads",                                                                       \
	  .type = OPTION_COUNT,                                                                    \
	  .placeholder = "N",                                                                      \
	  .help = "threads to use (as many as there are processors)",                              \
	  .value = &session_options.threads },                                                     \
		{ .name = "progress",                                                              \
		  .type = OPTION_CHOICE,                                                           \
		  .placeholder = "STYLE",                                                          \
		  .help = "auto, plain (a line now and then) or none (auto)",                      \
		  .value = &session_options.progress,                                              \
		  .choices = session_progress_choices },                                           \
		{ .name = "limit",                                                                 \
		  .type = OPTION_CHECK,                                                            \
		  .placeholder = "NAME=N",                                                         \
		  .help = "change a bound on input; repeatable",                                   \
		  .value = &session_options.limits,                                                \
		  .parse = session_parse_limit },                                                  \
	{                                                                                          \
		.name = "quiet", .letter = 'q', .type = OPTION_FLAG,                               \
		.help = "no progress, no summary; errors only", .value = &session_options.quiet    \
	}

extern const char *const session_progress_choices[];
int session_parse_limit(void *limits, const char *text, struct error *err);

/* The context of a run by the options above. */
struct session {
	struct context context;
	struct progress progress;
};

void session_init(struct session *session);

/* Ends the progress line. */
void session_quiet(struct session *session);
void session_release(struct session *session);

/* "lighten: <message>" on stderr, control bytes escaped. */
void session_print_error(const struct error *err);

DEFINE_CLEANUP(session, session_release);

#endif
