/* refuse.c - what the input is when it is no image archive, and what to do with it. */
#include "loader.h"

#include <string.h>

#include "image/json.h"

/* Traits of the member names. */
struct traits {
	unsigned root_folders; /* of those that only a file system has, as a bit set */
	bool dockerenv, chart, v1_json, v1_layer, blobs;
};

static const char *const root_folders[] = { "bin", "boot", "dev", "etc", "lib", "proc", "root",
					    "run", "sbin", "sys", "tmp", "usr", "var" };

static const char *base_name(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? slash + 1 : name;
}

static void note_name(struct traits *traits, const char *name)
{
	size_t first = strcspn(name, "/");
	const char *base = base_name(name);
	bool second_level = base == name + first + 1;

	for (unsigned i = 0; i < sizeof(root_folders) / sizeof(*root_folders); i++)
		if (strlen(root_folders[i]) == first && memcmp(name, root_folders[i], first) == 0)
			traits->root_folders |= 1u << i;
	if (strcmp(name, ".dockerenv") == 0)
		traits->dockerenv = true;
	if (strcmp(base, "Chart.yaml") == 0 && (base == name || second_level))
		traits->chart = true;
	if (second_level && strcmp(base, "json") == 0)
		traits->v1_json = true;
	if (second_level && strcmp(base, "layer.tar") == 0)
		traits->v1_layer = true;
	if (strncmp(name, "blobs/sha256/", 13) == 0)
		traits->blobs = true;
}

static bool is_root_file_system(const struct traits *traits)
{
	return traits->dockerenv || __builtin_popcount(traits->root_folders) >= 2;
}

/* Is manifest.json an object with a schemaVersion: one bare manifest? */
static int is_bare_manifest(struct archive *archive, struct error *err)
{
	AUTO_FREE char *text = NULL;
	size_t len = 0;
	json_t *manifest;
	int rc = archive_read(archive, "manifest.json", &text, &len, err);

	if (rc <= 0)
		return rc;
	manifest = json_parse(text, len, "manifest.json", 1, err);
	if (!manifest)
		return -1;
	rc = json_get(manifest, "schemaVersion") != NULL;
	json_decref(manifest);
	return rc;
}

/* The file `version` of the "dir:" layout. */
static int is_dir_version(struct archive *archive, struct error *err)
{
	AUTO_FREE char *text = NULL;
	size_t len = 0;
	int rc = archive_read(archive, "version", &text, &len, err);

	return rc <= 0 ? rc : strncmp(text, "Directory Transport", 19) == 0;
}

static int refuse_directory(struct archive *archive, struct error *err)
{
	struct archive_entry entry;
	int rc = archive_find(archive, "manifest.json", &entry, err);

	if (rc < 0)
		return -1;
	if (rc > 0)
		return error_set(
			err, ERR_UNSUPPORTED,
			"an unpacked docker archive; pack it: tar -cf FILE.tar -C DIRECTORY .");
	return error_set(err, ERR_UNSUPPORTED,
			 "a directory that is no OCI layout: it has no index.json; give an archive "
			 "(docker save) or an OCI layout (skopeo copy ... oci:DIRECTORY)");
}

static int refuse_tar(const struct archive *archive, struct error *err)
{
	struct traits traits = { .root_folders = 0 };

	vec_foreach (member, &archive->members)
		note_name(&traits, member->name);
	if (is_root_file_system(&traits))
		return error_set(
			err, ERR_UNSUPPORTED,
			"a container file system (docker export), not an image; use docker "
			"save instead, or docker import first");
	if (traits.v1_json && traits.v1_layer)
		return error_set(
			err, ERR_UNSUPPORTED,
			"an image archive of docker before 1.10; load and save it once with "
			"a docker between 1.10 and 28");
	if (traits.chart)
		return error_set(err, ERR_UNSUPPORTED, "a Helm chart, not an image");
	if (traits.blobs)
		return error_set(
			err, ERR_FORMAT,
			"an image archive without manifest.json and index.json; a save that "
			"was cut off?");
	return error_set(err, ERR_UNSUPPORTED,
			 "a tar archive but not an image (no manifest.json, no index.json)");
}

int refuse_input(struct archive *archive, struct error *err)
{
	int rc = is_bare_manifest(archive, err);

	if (rc == 0)
		rc = is_dir_version(archive, err);
	if (rc < 0)
		return -1;
	if (rc > 0)
		return error_set(err, ERR_UNSUPPORTED,
				 "the \"dir:\" layout of skopeo; convert it: skopeo copy dir:X "
				 "docker-archive:Y");
	return archive->input->is_directory ? refuse_directory(archive, err)
					    : refuse_tar(archive, err);
}
