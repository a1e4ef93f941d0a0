/* fuzz_json_edit.c - edits of any bytes: what comes out is JSON again, and says what was edited. */
#include "fuzz_common.h"
#include "image/json.h"
#include "image/json_edit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct json_edit edits[] = {
		{ .key = "rootfs",
		  .value = "{\"type\":\"layers\",\"diff_ids\":[]}",
		  .flags = JSON_EDIT_ADD },
		{ .key = "history", .value = "[1.10]" },
		{ .key = "parent" },
	};
	const char *text = (const char *)data;
	AUTO(strbuf) out = STRBUF_INIT;
	AUTO(strbuf) same = STRBUF_INIT;
	AUTO(error) err = ERROR_INIT;
	AUTO(error) ignored = ERROR_INIT;
	int rc = json_edit_apply(&same, text, size, NULL, 0, &err);

	must((rc < 0) == (err.code != ERR_NONE));
	/* Without edits every byte stays. */
	must(rc < 0 || (same.len == size && !memcmp(same.data, data, size)));
	error_release(&err);
	rc = json_edit_apply(&out, text, size, edits, 3, &err);
	must((rc < 0) == (err.code != ERR_NONE));
	json_t *before = json_parse(size ? text : "", size, "input", 0, &ignored);
	must((before == NULL) == (ignored.code != ERR_NONE));
	/* The scanner and the parser take the same texts. */
	must((rc == 0) == json_is_object(before));
	if (rc == 0) {
		AUTO(error) broken = ERROR_INIT;
		json_t *after = json_parse(out.data, out.len, "output", 0, &broken);
		must(after && json_get(after, "rootfs") && !json_get(after, "parent"));
		must(json_is_object(json_get(after, "rootfs")));
		must(!json_get(after, "history") || json_is_array(json_get(after, "history")));
		json_decref(after);
	}
	json_decref(before);
	return 0;
}
