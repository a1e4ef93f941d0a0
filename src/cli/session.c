/* session.c - common options, the context of a run, progress on the terminal, messages. */
#include "cli/session.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "io/hash_crew.h"
#include "util/memory.h"
#include "util/text.h"
#include "util/worker_pool.h"

struct session_options session_options;

const char *const session_progress_choices[] = { "auto", "plain", "none", NULL };

int session_parse_limit(void *limits, const char *text, struct error *err)
{
	return limits_parse(limits, text, err);
}

/* One line that overwrites itself. */
static void draw_line(void *arg, const struct progress_state *state)
{
	char done[TEXT_SIZE_MAX], total[TEXT_SIZE_MAX];

	(void)arg;
	text_size(done, state->done);
	if (state->total)
		fprintf(stderr, "\r\033[K%s %s of %s (%.0f %%)", state->phase, done,
			text_size(total, state->total),
			100.0 * (double)(state->done < state->total ? state->done : state->total) /
				(double)state->total);
	else
		fprintf(stderr, "\r\033[K%s %s", state->phase, done);
	fflush(stderr);
}

#define PLAIN_SECONDS 10

/* For logs: a line every ten seconds of a long run. */
static void draw_plain(void *arg, const struct progress_state *state)
{
	static time_t last;
	struct timespec now;
	char done[TEXT_SIZE_MAX], total[TEXT_SIZE_MAX];

	(void)arg;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!last)
		last = now.tv_sec;
	if (now.tv_sec - last < PLAIN_SECONDS)
		return;
	last = now.tv_sec;
	fprintf(stderr, "lighten: %s %s%s%s\n", state->phase, text_size(done, state->done),
		state->total ? " of " : "", state->total ? text_size(total, state->total) : "");
}

void session_init(struct session *session)
{
	progress_listener listener = NULL;
	bool terminal = isatty(STDERR_FILENO) && !getenv("CI");

	if (session_options.progress == PROGRESS_PLAIN ||
	    (session_options.progress == PROGRESS_AUTO && getenv("CI")))
		listener = draw_plain;
	else if (session_options.progress == PROGRESS_AUTO && terminal)
		listener = draw_line;
	if (session_options.quiet)
		listener = NULL;
	progress_init(&session->progress, listener, NULL);
	session->context = (struct context){
		.limits = session_options.limits,
		.threads = session_options.threads ? session_options.threads
						   : worker_pool_default_threads(),
		.spool_dir = NULL,
		.warnings = warnings_new(),
		.progress = &session->progress,
	};
	session->context.memory = memory_bytes();
	session->context.crew = hash_crew_new(session->context.threads);
}

void session_quiet(struct session *session)
{
	if (session->progress.listener == draw_line)
		fputs("\r\033[K", stderr);
	session->progress.listener = NULL;
}

void session_release(struct session *session)
{
	session_quiet(session);
	warnings_free(session->context.warnings);
	hash_crew_free(session->context.crew);
}

void session_print_error(const struct error *err)
{
	AUTO(strbuf) line = STRBUF_INIT;

	/* Messages hold names from the input: nothing in them may drive a terminal. */
	for (const char *p = err->message; *p; p++) {
		unsigned char byte = (unsigned char)*p;
		if (byte < ' ' || byte == 0x7f)
			strbuf_addf(&line, "\\x%02x", byte);
		else
			strbuf_addch(&line, *p);
	}
	fprintf(stderr, "lighten: %s\n", line.data);
}
