/* report_history.c - the build step that made a layer, as people wrote it. */
#include <stdlib.h>
#include <string.h>

#include "image/json.h"
#include "report/report.h"
#include "util/text.h"

#define INSTRUCTION_BYTES 400

static const char *skip(const char *text, const char *head)
{
	size_t len = strlen(head);

	return strncmp(text, head, len) ? text : text + len;
}

/* Build arguments stand before the command, "|2 A=1 TOKEN=x /bin/sh -c make"; they may be secrets,
 * so that reports leave them out. */
static const char *skip_arguments(const char *text)
{
	char *end = NULL;
	unsigned long count = *text == '|' ? strtoul(text + 1, &end, 10) : 0;
	const char *shell = end ? strstr(text, "/bin/sh -c ") : NULL;

	if (shell || !end)
		return shell ? shell : text;
	for (text = end + strspn(end, " "); count && *text; count--) {
		text += strcspn(text, " ");
		text += strspn(text, " ");
	}
	return text;
}

/* "/bin/sh -c #(nop) COPY x" -> "COPY x", "/bin/sh -c make" and "RUN /bin/sh -c make # buildkit"
 * -> "RUN make"; white space of several lines becomes one blank. */
static char *instruction(const char *created_by)
{
	static const char buildkit[] = " # buildkit";
	AUTO(strbuf) line = STRBUF_INIT;
	const char *text = skip(skip_arguments(skip(created_by, "RUN ")), "/bin/sh -c ");
	const char *plain = skip(text, "#(nop) ");
	bool blank = true;

	if (text != created_by && plain == text)
		strbuf_addstr(&line, "RUN ");
	for (text = plain; *text && line.len < INSTRUCTION_BYTES; text++) {
		bool space = *text == ' ' || *text == '\t' || *text == '\n';
		if (!space || !blank)
			strbuf_addch(&line, space ? ' ' : *text);
		blank = space;
	}
	if (line.len > strlen(buildkit) &&
	    !strcmp(line.data + line.len - strlen(buildkit), buildkit))
		line.len -= strlen(buildkit);
	while (line.len && line.data[line.len - 1] == ' ')
		line.len--;
	return text_escaped(line.len ? line.data : "", line.len);
}

struct report_step report_step_of(const struct image *image, uint32_t layer)
{
	const json_t *history = json_get_array(image->config, "history");
	struct report_step out = { layer, 0, NULL };
	uint32_t owner = 0;
	size_t i;
	json_t *entry;

	json_array_foreach(history, i, entry)
	{
		const char *created_by = json_get_string(entry, "created_by");
		if (json_is_true(json_get(entry, "empty_layer")))
			continue;
		if (owner++ != layer)
			continue;
		out.step = (uint32_t)i + 1;
		out.instruction = instruction(created_by ? created_by : "");
		return out;
	}
	out.instruction = xstrdup("");
	return out;
}
