/* sbom.c - SPDX and CycloneDX lists in the image, and what they name that is gone. */
#include "policy/sbom.h"

#include <string.h>

#include "image/json.h"
#include "io/range.h"

struct search {
	const struct merged_tree *tree;
	const uint8_t *gone;
	uint8_t *noted; /* by path_id: is in the list at hand */
	path_id list;
	struct sbom_findings *out;
};

static bool ends_with(struct tar_text name, const char *end)
{
	size_t len = strlen(end);

	return name.len >= len && !memcmp(name.bytes + name.len - len, end, len);
}

static bool is_any(struct tar_text name, const char *const *ends, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (ends_with(name, ends[i]))
			return true;
	return false;
}

#define IS_ANY(name, list) is_any(name, list, sizeof(list) / sizeof((list)[0]))

/* --- places ---------------------------------------------------------------------------------- */

/* "./usr/bin/x", "/usr/bin/x" or "usr/bin/x", from the root. */
static path_id place_of(const struct search *in, const char *text)
{
	const struct paths *paths = in->tree->names->paths;
	path_id at = PATH_ROOT;

	while (*text && at != PATH_NONE) {
		size_t len = strcspn(text, "/");
		if (len && !(len == 1 && *text == '.'))
			at = paths_find(paths, at, (struct tar_text){ text, len });
		text += len + (text[len] == '/');
	}
	return at == PATH_ROOT ? PATH_NONE : at;
}

static void note(struct search *in, const char *text, const char *component)
{
	path_id path = text ? place_of(in, text) : PATH_NONE;

	if (path == PATH_NONE || !in->gone[path] || in->noted[path])
		return;
	in->noted[path] = 1;
	vec_push(&in->out->gone, (struct sbom_entry){ in->list, path, xstrdup(component) });
}

/* --- formats --------------------------------------------------------------------------------- */

static bool read_spdx(struct search *in, const json_t *root)
{
	json_t *files = json_get_array(root, "files"), *file;
	size_t i;

	if (!json_get_string(root, "spdxVersion"))
		return false;
	json_array_foreach(files, i, file) note(in, json_get_string(file, "fileName"), "");
	return true;
}

/* A component says where it was found by evidence, by properties such as "syft:location:0:path",
 * or, when it is a file, by its name. */
static void read_component(struct search *in, const json_t *component)
{
	const char *name = json_get_string(component, "name");
	const char *type = json_get_string(component, "type");
	json_t *places = json_get_array(json_get(component, "evidence"), "occurrences");
	json_t *properties = json_get_array(component, "properties"), *item;
	size_t i;

	if (type && !strcmp(type, "file"))
		note(in, name, name ? name : "");
	json_array_foreach(places, i, item)
		note(in, json_get_string(item, "location"), name ? name : "");
	json_array_foreach(properties, i, item)
	{
		const char *key = json_get_string(item, "name");
		struct tar_text text = { key, key ? strlen(key) : 0 };
		if (key && (ends_with(text, ":path") || ends_with(text, ":FilePath") ||
			    ends_with(text, "SrcFile")))
			note(in, json_get_string(item, "value"), name ? name : "");
	}
}

/* Components may hold components; jansson has bounded the depth. */
static void read_components(struct search *in, const json_t *holder)
{
	json_t *list = json_get_array(holder, "components"), *component;
	size_t i;

	json_array_foreach(list, i, component)
	{
		read_component(in, component);
		read_components(in, component);
	}
}

static bool read_json(struct search *in, const struct strbuf *text)
{
	AUTO(error) ignored = ERROR_INIT;
	json_t *root = json_parse(text->data, text->len, "SBOM", 0, &ignored);
	const char *format = root ? json_get_string(root, "bomFormat") : NULL;
	bool known = root && read_spdx(in, root);

	if (format && !strcmp(format, "CycloneDX")) {
		read_components(in, root);
		known = true;
	}
	json_decref(root);
	return known;
}

/* "FileName: ./usr/bin/x", a line each. */
static bool read_tags(struct search *in, struct strbuf *text)
{
	char *rest = text->data, *line;

	if (strncmp(text->data, "SPDXVersion:", 12) != 0)
		return false;
	while ((line = strsep(&rest, "\n")))
		if (!strncmp(line, "FileName:", 9))
			note(in, line + 9 + strspn(line + 9, " \t"), "");
	return true;
}

/* --- all of them ----------------------------------------------------------------------------- */

static void read_list(struct search *in, path_id path, const struct limits *limits)
{
	AUTO(error) unreadable = ERROR_INIT;
	AUTO(strbuf) text = STRBUF_INIT;
	struct range body;

	if (!tree_body(in->tree, tree_node(in->tree, path), &body) ||
	    body.length > limits->json_bytes || !body.length)
		return;
	if (range_read(&body, 0, strbuf_grow(&text, (size_t)body.length), (size_t)body.length,
		       &unreadable) < 0)
		return;
	in->list = path;
	size_t first = in->out->gone.count;
	in->out->lists += read_json(in, &text) || read_tags(in, &text);
	for (size_t i = first; i < in->out->gone.count; i++)
		in->noted[in->out->gone.items[i].path] = 0;
}

/* Ids have no order that means anything. */
static int compare_paths(const void *a, const void *b, void *paths)
{
	AUTO(strbuf) left = STRBUF_INIT;
	AUTO(strbuf) right = STRBUF_INIT;

	paths_append(paths, *(const path_id *)a, &left);
	paths_append(paths, *(const path_id *)b, &right);
	return strcmp(left.data, right.data);
}

void sbom_find(const struct merged_tree *tree, const uint8_t *gone, const struct context *context,
	       struct sbom_findings *out)
{
	static const char *const lists[] = { ".spdx",		".spdx.json", ".cdx.json",
					     ".cyclonedx.json", "bom.json",   ".syft.json" };
	/* What syft and trivy read as one package each, in whatever folder. */
	static const char *const packages[] = { "package.json", ".jar",	    ".war", "METADATA",
						"PKG-INFO",	"go.mod",   ".deb", ".rpm",
						".apk",		".gemspec", ".whl", ".nupkg" };
	const struct paths *paths = tree->names->paths;
	uint32_t count = paths_count(paths);
	struct search in = {
		.tree = tree, .gone = gone, .noted = xcalloc(count + (size_t)1, 1), .out = out
	};
	struct path_list found = VEC_INIT;

	for (path_id path = 1; path < count; path++) {
		struct tar_text name = paths_name(paths, path);
		if (gone[path])
			out->packages += IS_ANY(name, packages);
		else if (path < tree->nodes.count && tree_node(tree, path) && IS_ANY(name, lists))
			vec_push(&found, path);
	}
	if (found.count > 1)
		qsort_r(found.items, found.count, sizeof(found.items[0]), compare_paths,
			tree->names->paths);
	vec_foreach (path, &found)
		read_list(&in, *path, &context->limits);
	vec_release(&found);
	free(in.noted);
}

void sbom_findings_release(struct sbom_findings *findings)
{
	vec_foreach (entry, &findings->gone)
		free(entry->component);
	vec_release(&findings->gone);
}
