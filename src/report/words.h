/* words.h - what several formats of the report say alike; for src/report only. */
#ifndef REPORT_WORDS_H
#define REPORT_WORDS_H

#include "report/report.h"
#include "util/text.h"

/* More rows than these are told as a number: pages and comments have to stay short. */
#define REPORT_ROWS 20

/* "-34.5 %"; 0 when there was nothing before. */
const char *report_percent(char out[TEXT_SIZE_MAX], uint64_t before, uint64_t after);

/* As text_size(), "-1.20 kB" for what is below 0. */
const char *report_size(char out[TEXT_SIZE_MAX], int64_t bytes);

/* "12,345,678". */
const char *report_count(char out[TEXT_SIZE_MAX + 8], uint64_t number);

/* "step 6", "layer 2" when the history does not tell, "a later layer" when nothing is known. */
const char *report_step_name(char out[TEXT_SIZE_MAX], const struct report_step *step);

/* Length of a text that is cut where it is longer than `limit`, at the begin of a character. */
size_t report_cut(const char *text, size_t limit);

/* "s" but for 1. */
const char *report_plural(uint64_t number);

#endif
