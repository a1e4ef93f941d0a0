/* html_parts.h - the pieces that the page of the report is made of; for src/report only.
 *
 * Whatever comes from an image or a command line goes through html_text(), html_code() or
 * html_step(); all other output is constant. */
#ifndef REPORT_HTML_PARTS_H
#define REPORT_HTML_PARTS_H

#include "words.h"

/* As text, or in an attribute within double quotes. */
void html_text(const char *text, FILE *out);
void html_code(const char *text, FILE *out);

/* "step 6" and the instruction. */
void html_step(const struct report_step *step, FILE *out);

/* "1.23 MB", with the bytes for machines and for the curious. */
void html_size(int64_t bytes, FILE *out);
void html_number(uint64_t number, FILE *out);

/* A change in percent, as "−34.5 %". */
void html_percent(uint64_t before, uint64_t after, FILE *out);

/* A cell with a number in it. */
void html_size_cell(int64_t bytes, FILE *out);
void html_number_cell(uint64_t number, FILE *out);

/* A table with a heading of its own, to be ended by html_table_end(): `heads` are the columns,
 * those of numbers marked by a "#" before them, the one that takes the room by a "*"; NULL ends.
 * A mark alone is a column without a head. */
void html_table(const char *id, const char *title, const char *caption, const char *const *heads,
		FILE *out);
void html_table_end(size_t count, size_t shown, FILE *out);

/* Bytes by kind as a bar; `whole` is what its full width stands for.  `label`: for those who do not
 * see it; NULL when the same is said beside it. */
void html_bar(const uint64_t parts[REPORT_KINDS], uint64_t whole, const char *label, FILE *out);

/* How many of `count` rows are shown. */
size_t html_rows(size_t count);

#endif
