/* html_style.h - the style sheet that stands in the page; for src/report only. */
#ifndef REPORT_HTML_STYLE_H
#define REPORT_HTML_STYLE_H

/* Its rules, one a line; NULL ends. */
extern const char *const html_style[];

#endif
