/* html_style.c - how the page of report_html.c looks: on screens of any width, light and dark, and
 * on paper.  The colours of the kinds are told apart by lightness, too. */
#include "html_style.h"

#include <stddef.h>

/* clang-format off: one rule a line */
const char *const html_style[] = {
	":root{color-scheme:light dark;--page:#fbfbf9;--card:#fff;--ink:#1d2228;"
	"--soft:#575e68;--line:#dcdfe3;--code:#f0f1ee;--accent:#0b6e4f;--alarm:#a4262c;"
	"--alarm-page:#fdf0ef;--files:#3c6e9f;--headers:#83898f;--frozen:#5c6773;"
	"--dead:#c8452f;--policy:#b7770d;--dedupe:#7d58b5;--rewritten:#b04a7e;"
	"--ignored:#77713f}",
	"@media screen and (prefers-color-scheme:dark){:root{--page:#14171b;--card:#1b1f24;"
	"--ink:#e7e9ec;--soft:#a5adb8;--line:#343a42;--code:#262b32;--accent:#58c69b;"
	"--alarm:#ff8f85;--alarm-page:#35201f;--files:#6ca0d4;--headers:#868e99;"
	"--frozen:#9aa7b5;--dead:#f0745c;--policy:#e3ab48;--dedupe:#b394e6;"
	"--rewritten:#e183b2;--ignored:#b5ad6d}}",
	"*{box-sizing:border-box}",
	"body{margin:0;background:var(--page);color:var(--ink);font:400 16px/1.5 system-ui,"
	"-apple-system,'Segoe UI',Roboto,'Noto Sans','Liberation Sans',Helvetica,Arial,"
	"sans-serif;-webkit-text-size-adjust:100%}",
	"header,main,footer{max-width:54rem;margin:0 auto;padding:0 1.25rem}",
	"header{padding-top:2.25rem}",
	"h1{font-size:1.125rem;font-weight:600;line-height:1.35;margin:0;"
	"overflow-wrap:anywhere}",
	"h2{font-size:1.1875rem;font-weight:650;line-height:1.3;margin:2.75rem 0 .5rem}",
	"p{margin:.375rem 0;max-width:46rem}",
	".brand,.soft,caption,small,footer{color:var(--soft)}",
	".brand{font-size:.8125rem;letter-spacing:.02em;margin:0 0 .25rem}",
	".change{display:flex;flex-wrap:wrap;align-items:baseline;gap:.25rem 1.25rem;"
	"margin:.75rem 0 .25rem;max-width:none}",
	".change strong{font-size:clamp(2.75rem,11vw,4.5rem);font-weight:680;"
	"line-height:1.05;letter-spacing:-.03em;color:var(--accent)}",
	".change span{font-size:clamp(1.25rem,4.5vw,1.625rem);white-space:nowrap}",
	".won-nothing strong{color:var(--ink)}",
	"data{white-space:nowrap}",
	"data,td.n,th.n,.change{font-variant-numeric:tabular-nums lining-nums}",
	"figure{margin:1.75rem 0 0}",
	".bars{display:grid;grid-template-columns:auto 1fr auto;gap:.375rem .875rem;"
	"align-items:center;font-size:.875rem}",
	"svg.bar{display:block;width:100%;height:.5rem;border-radius:3px;"
	"background:var(--code)}",
	".wide svg.bar{margin-top:.375rem}",
	".bars svg.bar{height:1.75rem;margin:0}",
	"i.key{display:inline-block;width:0;height:0;border:.375em solid;border-radius:2px;"
	"margin-right:.5em}",
	".files{fill:var(--files);color:var(--files)}",
	".headers{fill:var(--headers);color:var(--headers)}",
	".frozen{fill:var(--frozen);color:var(--frozen)}",
	".dead{fill:var(--dead);color:var(--dead)}",
	".policy{fill:var(--policy);color:var(--policy)}",
	".dedupe{fill:var(--dedupe);color:var(--dedupe)}",
	".rewritten{fill:var(--rewritten);color:var(--rewritten)}",
	".ignored{fill:var(--ignored);color:var(--ignored)}",
	".scroll{overflow-x:auto}",
	"table{border-collapse:collapse;width:100%;font-size:.9375rem}",
	"caption{text-align:left;font-size:.875rem;padding:0 0 .5rem;max-width:46rem}",
	"th,td{text-align:left;vertical-align:top;padding:.4375rem 1.25rem .4375rem 0;"
	"border-bottom:1px solid var(--line)}",
	"th:last-child,td:last-child{padding-right:0}",
	"thead th,thead "
	"td{font-size:.8125rem;font-weight:600;color:var(--soft);vertical-align:bottom;"
	"border-bottom-color:var(--soft)}",
	"tbody th{font-weight:500}",
	".n{text-align:right;white-space:nowrap}",
	".wide{width:100%;overflow-wrap:anywhere;min-width:9rem}",
	"[aria-labelledby=before] table,[aria-labelledby=after] table{table-layout:fixed}",
	"[aria-labelledby=before] .n,[aria-labelledby=after] .n{width:5.75rem}",
	"[aria-labelledby=before] .wide,[aria-labelledby=after] .wide{width:auto}",
	"tr.sum th,tr.sum td{font-weight:650;border-bottom-color:var(--soft)}",
	"small{display:block;font-size:.8125rem;font-weight:400;line-height:1.4}",
	"code{font:.875em/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',"
	"'Liberation Mono',monospace;overflow-wrap:anywhere;unicode-bidi:isolate}",
	"td code,th code,li code{font-size:.8125rem}",
	".step{color:var(--soft);white-space:nowrap;margin-right:.375em}",
	".line{display:block}",
	"pre{background:var(--code);padding:.75rem .875rem;border-radius:6px;"
	"white-space:pre-wrap;overflow-wrap:anywhere;margin:.5rem 0;font-size:.875rem}",
	".alarm{background:var(--alarm-page);border-left:4px solid var(--alarm);"
	"padding:.625rem .875rem;margin-top:1.25rem;max-width:none}",
	".alarm a{color:var(--alarm)}",
	"ul{margin:.375rem 0;padding-left:1.25rem;max-width:52rem}",
	"li{margin:.25rem 0}",
	"a{color:inherit}",
	"a:focus-visible,.scroll:focus-visible{outline:2px solid var(--accent);"
	"outline-offset:2px}",
	"footer{font-size:.8125rem;padding-top:2.5rem;padding-bottom:3rem}",
	"@media (max-width:34rem){body{font-size:15px}header,main,footer{padding-left:1rem;"
	"padding-right:1rem}header{padding-top:1.5rem}table{font-size:.8125rem}th,"
	"td{padding-right:.625rem}[aria-labelledby=before] .n,[aria-labelledby=after] "
	".n{width:4.75rem}.wide{min-width:0}small,thead th{font-size:.75rem}"
	"td code,th code,li code{font-size:.75rem}h2{margin-top:2.25rem}}",
	"@media print{@page{margin:15mm}:root{--page:#fff;--code:#fff;font-size:10.5pt}"
	"body{font-size:1rem}header,main,footer{max-width:none;padding-left:0;padding-right:0}"
	"header{padding-top:0}h2,caption,thead{break-after:avoid}tbody tr:first-child{"
	"break-before:avoid}tr,figure,pre{break-inside:avoid}.change strong{font-size:38pt}"
	"svg.bar{border:.5pt solid var(--line)}.scroll{overflow:visible}}",
	NULL,
};
/* clang-format on */
