/* html_sections.h - parts of the page of report_html.c; for src/report only. */
#ifndef REPORT_HTML_SECTIONS_H
#define REPORT_HTML_SECTIONS_H

#include "report/report.h"

/* What left, and why: dead bytes, rules, duplicates, what was stored twice, the largest files. */
void html_savings(const struct report *report, FILE *out);

/* What to know: secrets, warnings, what stays, digests, the command. */
void html_remarks(const struct report *report, FILE *out);

#endif
