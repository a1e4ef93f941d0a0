/* test_image_set.c - archives of images, small and forged in memory. */
#include "image_forge.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

static void test_docker_archive(void **state)
{
	static const char *const layers[] = { "base", "top", "base" };
	AUTO_FREE char *first = config(layers, 3, "");
	AUTO_FREE char *second = config(layers, 1, ",\"variant\":null");
	struct forge *forge = *state;
	const struct image_set *set;

	add_member(forge, "./b/", '5', "", "", 0);
	add_file(forge, "./manifest.json",
		 " [{\"config\":\"1.json\",\"RepoTags\":[\"app:1\",\"docker.io/library/"
		 "app:1\",\"app:"
		 "2\"],\"Layers\":[\"./a.tar\",\"/b/t.tar\",\"l/layer.tar\"]},"
		 "{\"Config\":\"2.json\",\"RepoTags\":null,\"Layers\":[\"hard\"]}] trailing");
	add_file(forge, "1.json", first);
	add_file(forge, "2.json", second);
	add_file(forge, "a.tar", "base");
	add_file(forge, "b/t.tar", "top");
	add_file(forge, "a.tar", "base");
	add_member(forge, "l/layer.tar", '2', "../x/../two", "", 0);
	add_member(forge, "two", '2', "/a.tar", "", 0);
	add_member(forge, "hard", '1', "./a.tar", "", 0);
	set = load(forge);
	assert_non_null(set);
	assert_string_equal(set->layout, "docker-archive");
	assert_int_equal(set->image_count, 2);
	assert_int_equal(set->blob_count, 2);
	assert_int_equal(set->images[0].tag_count, 2);
	assert_string_equal(set->images[0].tags[1], "app:2");
	assert_int_equal(set->images[0].layers[0].blob, set->images[0].layers[2].blob);
	assert_int_equal(set->images[1].layers[0].blob, set->images[0].layers[0].blob);
	assert_int_equal(set->blobs[0].stored.length, 4);
	assert_false(set->blobs[0].has_digest);
	assert_string_equal(set->images[0].config_text, first);
	assert_string_equal(set->images[0].architecture, "amd64");
	assert_null(set->images[1].variant);
	assert_null(set->images[0].manifest);
	assert_string_equal(image_name(&set->images[0]), "app:1");
	assert_string_equal(image_name(&set->images[1]), set->images[1].short_id);
	assert_non_null(json_object_get(set->images[0].config, "architecture"));
}

static void test_hybrid(void **state)
{
	static const char *const layers[] = { "one", "two" };
	AUTO_FREE char *both = config(layers, 2, "");
	AUTO_FREE char *index_only = config(layers, 1, "");
	AUTO_FREE char *docker_only = config(layers + 1, 1, "");
	AUTO_FREE char *both_manifest = manifest(both, layers, 2, LAYER_TYPE, "");
	AUTO_FREE char *only_manifest =
		manifest(index_only, layers, 1, "application/vnd.docker.image.rootfs.diff.tar", "");
	AUTO_FREE char *named = descriptor(MANIFEST_TYPE, both_manifest,
					   ",\"annotations\":{\"io.containerd.image.name\":"
					   "\"docker.io/library/x:1\"}");
	AUTO_FREE char *other =
		descriptor(MANIFEST_TYPE, only_manifest,
			   ",\"annotations\":{\"org.opencontainers.image.ref.name\":"
			   "\"latest\"}");
	AUTO_FREE char *index = xasprintf("{\"manifests\":[%s,%s]}", other, named);
	AUTO_FREE char *one = digest_text_of("one");
	AUTO_FREE char *two = digest_text_of("two");
	AUTO_FREE char *items =
		xasprintf("[{\"Config\":\"d.json\",\"Layers\":[\"blobs/sha256/%s\"]},"
			  "{\"Config\":\"b.json\",\"RepoTags\":[\"x:1\"],\"Layers\":["
			  "\"blobs/sha256/%s\",\"blobs/sha256/%s\"]}]",
			  two + 7, one + 7, two + 7);
	struct forge *forge = *state;
	const struct image_set *set;

	add_file(forge, "index.json", index);
	add_file(forge, "manifest.json", items);
	add_file(forge, "oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
	add_file(forge, "b.json", both);
	add_file(forge, "d.json", docker_only);
	add_blob(forge, both_manifest);
	add_blob(forge, only_manifest);
	add_blob(forge, index_only);
	add_blob(forge, "one");
	add_blob(forge, "two");
	set = load(forge);
	assert_non_null(set);
	assert_string_equal(set->layout, "hybrid");
	assert_int_equal(set->image_count, 3);
	assert_int_equal(set->blob_count, 2);
	assert_string_equal(set->images[0].config_text, docker_only);
	assert_null(set->images[0].manifest);
	assert_string_equal(set->images[1].tags[0], "x:1");
	assert_int_equal(set->images[1].tag_count, 1);
	assert_non_null(set->images[1].manifest_descriptor);
	assert_string_equal(set->images[1].layers[1].media_type, LAYER_TYPE);
	assert_false(set->images[1].docker_family);
	assert_true(set->blobs[set->images[1].layers[1].blob].has_digest);
	assert_false(set->images[2].in_docker_manifest);
	assert_true(set->images[2].docker_family);
	assert_string_equal(image_name(&set->images[2]), "latest");
}

static void test_oci_index(void **state)
{
	static const char *const layers[] = { "one" };
	AUTO_FREE char *text = config(layers, 1, "");
	AUTO_FREE char *image = manifest(text, layers, 1, LAYER_TYPE, "");
	AUTO_FREE char *wasm = manifest("{}", layers, 1, "application/vnd.wasm.layer", "");
	AUTO_FREE char *leaf = descriptor(MANIFEST_TYPE, image, "");
	AUTO_FREE char *attestation = descriptor(
		MANIFEST_TYPE, "attested",
		",\"annotations\":{\"vnd.docker.reference.type\":\"attestation-manifest\"}");
	AUTO_FREE char *absent = descriptor(MANIFEST_TYPE, "absent", "");
	AUTO_FREE char *artifact = descriptor(MANIFEST_TYPE, wasm, "");
	AUTO_FREE char *nested = xasprintf("{\"manifests\":[%s,%s,%s]}", leaf, attestation, absent);
	AUTO_FREE char *first =
		descriptor("", nested,
			   ",\"annotations\":{\"org.opencontainers.image.ref.name\":"
			   "\"host/a:1\"}");
	AUTO_FREE char *second = descriptor("", nested,
					    ",\"annotations\":{\"io.containerd.image.name\":"
					    "\"host/a:2\"}");
	AUTO_FREE char *index = xasprintf("{\"manifests\":[%s,%s,%s]}", first, artifact, second);
	struct forge *forge = *state;
	const struct image_set *set;

	add_file(forge, "index.json", index);
	add_blob(forge, nested);
	add_blob(forge, image);
	add_blob(forge, wasm);
	add_blob(forge, text);
	add_blob(forge, "attested");
	add_blob(forge, "one");
	set = load(forge);
	assert_non_null(set);
	assert_string_equal(set->layout, "OCI archive");
	assert_int_equal(set->image_count, 1);
	assert_int_equal(set->images[0].tag_count, 2);
	assert_string_equal(set->images[0].tags[0], "host/a:1");
	assert_string_equal(set->images[0].tags[1], "host/a:2");
	assert_int_equal(set->dropped_count, 3);
	assert_string_equal(set->dropped[0].what, "attestation");
	assert_string_equal(set->dropped[1].what, "missing platform");
	assert_string_equal(set->dropped[2].what, "artifact");
}

/* An OCI archive of one image with one layer, from parts that a test has bent. */
static void forge_oci(struct forge *forge, const char *config_text, const char *layer_type,
		      const char *layer_more, const char *index_more, const char *stored_layer)
{
	static const char *const layers[] = { "one" };
	AUTO_FREE char *image = manifest(config_text, layers, 1, layer_type, layer_more);
	AUTO_FREE char *entry = descriptor(MANIFEST_TYPE, image, index_more);
	AUTO_FREE char *index = xasprintf("{\"manifests\":[%s]}", entry);

	add_file(forge, "index.json", index);
	add_blob(forge, config_text);
	add_blob(forge, image);
	if (stored_layer)
		add_blob(forge, stored_layer);
}

static void test_oci_refused(void **state)
{
	static const char *const layers[] = { "one" };
	AUTO_FREE char *good = config(layers, 1, "");
	AUTO_FREE char *windows = config(layers, 1, ",\"OS\":\"windows\"");
	AUTO_FREE char *none = config(layers, 0, "");
	AUTO_FREE char *aufs = config(layers, 1, ",\"rootfs\":{\"type\":\"aufs\"}");
	struct forge *forge = *state;

	forge_oci(forge, windows, LAYER_TYPE, "", "", NULL);
	expect_refused(forge, ERR_UNSUPPORTED, "Windows");
	forge_oci(forge, none, LAYER_TYPE, "", "", "one");
	expect_refused(forge, ERR_FORMAT, "1 layers, the config 0 diff_ids");
	forge_oci(forge, aufs, LAYER_TYPE, "", "", "one");
	expect_refused(forge, ERR_FORMAT, "rootfs.type is \"aufs\"");
	forge_oci(forge, good, LAYER_TYPE "+gzip+encrypted", "", "", "one");
	expect_refused(forge, ERR_UNSUPPORTED, "decrypt first");
	forge_oci(forge, good, LAYER_TYPE, ",\"urls\":[\"u\"]", "", NULL);
	expect_refused(forge, ERR_UNSUPPORTED, "foreign layer without bytes");
	forge_oci(forge, good, "application/vnd.oci.image.layer.nondistributable.v1.tar", "", "",
		  NULL);
	expect_refused(forge, ERR_UNSUPPORTED, "foreign layer without bytes");
	forge_oci(forge, good, LAYER_TYPE, "", "", NULL);
	expect_refused(forge, ERR_FORMAT, "layer 1");
	forge_oci(forge, good, LAYER_TYPE, ",\"Size\":4", "", "one");
	expect_refused(forge, ERR_FORMAT, "descriptor says 4");
	forge_oci(forge, good, LAYER_TYPE, "", ",\"artifactType\":\"x/y\"", "one");
	expect_refused(forge, ERR_UNSUPPORTED, "only artifacts");
	forge_oci(forge, good, "application/vnd.in-toto+json", "", "", "one");
	expect_refused(forge, ERR_UNSUPPORTED, "only artifacts");
	forge_oci(forge, good, LAYER_TYPE, "", "", "one");
	add_file(forge, "oci-layout", "{\"imageLayoutVersion\":\"2.0.0\"}");
	expect_refused(forge, ERR_FORMAT, "2.0.0");
	add_file(forge, "index.json", "{\"manifests\":[]}");
	expect_refused(forge, ERR_FORMAT, "lists no image");
}

static void test_digest_mismatch(void **state)
{
	AUTO_FREE char *entry = descriptor(MANIFEST_TYPE, "{\"a\":1}", "");
	AUTO_FREE char *index = xasprintf("{\"manifests\":[%s]}", entry);
	AUTO_FREE char *sum = digest_text_of("{\"a\":1}");
	AUTO_FREE char *name = xasprintf("blobs/sha256/%s", sum + 7);
	struct forge *forge = *state;

	add_file(forge, "index.json", index);
	add_file(forge, name, "{\"a\":2}");
	expect_refused(forge, ERR_DIGEST, name);
	add_file(forge, "index.json", index);
	expect_refused(forge, ERR_FORMAT, "the bytes of none");
}

static void forge_docker(struct forge *forge, const char *layers)
{
	static const char *const contents[] = { "one" };
	AUTO_FREE char *text = config(contents, 1, "");
	AUTO_FREE char *items =
		xasprintf("[{\"Config\":\"c.json\",\"RepoTags\":[\"a:1\"],\"Layers\":%s}]", layers);

	add_file(forge, "manifest.json", items);
	add_file(forge, "c.json", text);
}

static void test_docker_refused(void **state)
{
	struct forge *forge = *state;

	forge_docker(forge, "[\"l\",\"l\"]");
	expect_refused(forge, ERR_FORMAT, "2 layers, the config 1 diff_ids");
	forge_docker(forge, "[\"gone.tar\"]");
	expect_refused(forge, ERR_FORMAT, "layer 1: \"gone.tar\" is not in the archive");
	forge_docker(forge, "[\"../l\"]");
	expect_refused(forge, ERR_FORMAT, "\"..\"");
	forge_docker(forge, "[1]");
	expect_refused(forge, ERR_FORMAT, "item 1 is no text");
	forge_docker(forge, "[\"a\"]");
	add_member(forge, "a", '2', "b", "", 0);
	add_member(forge, "b", '1', "a", "", 0);
	expect_refused(forge, ERR_FORMAT, "circle");
	forge_docker(forge, "[\"a/b\"]");
	add_member(forge, "a/b", '2', "../../etc/passwd", "", 0);
	expect_refused(forge, ERR_FORMAT, "leaves the archive");
	forge_docker(forge, "[\"a\"]");
	add_member(forge, "a/", '5', "", "", 0);
	expect_refused(forge, ERR_FORMAT, "not a file");
	forge_docker(forge, "[\"a\"]");
	add_file(forge, "a", "one");
	add_file(forge, "./a", "two");
	expect_refused(forge, ERR_FORMAT, "listed twice");
	add_file(forge, "x/../y", "");
	expect_refused(forge, ERR_FORMAT, "\"..\"");
	add_file(forge, "manifest.json", "[{}]");
	expect_refused(forge, ERR_FORMAT, "names no Config");
	add_file(forge, "manifest.json", "[{\"Config\":\"c\"}]");
	expect_refused(forge, ERR_FORMAT, "config \"c\" is not in the archive");
	add_file(forge, "manifest.json", "[");
	expect_refused(forge, ERR_FORMAT, "no valid JSON");
}

static void test_no_image(void **state)
{
	struct forge *forge = *state;

	add_file(forge, "bin/sh", "");
	add_file(forge, "etc/passwd", "");
	add_file(forge, "manifest.json", "{\"name\":\"web app\"}");
	expect_refused(forge, ERR_UNSUPPORTED, "docker save");
	add_file(forge, ".dockerenv", "");
	expect_refused(forge, ERR_UNSUPPORTED, "docker export");
	add_file(forge, "manifest.json", "{\"schemaVersion\":2}");
	expect_refused(forge, ERR_UNSUPPORTED, "skopeo copy dir:X docker-archive:Y");
	add_file(forge, "abc/json", "{}");
	add_file(forge, "abc/layer.tar", "");
	add_file(forge, "repositories", "{}");
	expect_refused(forge, ERR_UNSUPPORTED, "between 1.10 and 28");
	add_file(forge, "chart/Chart.yaml", "");
	expect_refused(forge, ERR_UNSUPPORTED, "Helm");
	add_file(forge, "README", "");
	expect_refused(forge, ERR_UNSUPPORTED, "a tar archive but not an image");
	add_blob(forge, "one");
	expect_refused(forge, ERR_FORMAT, "cut off");
	for (int i = 0; i < 100; i++)
		strbuf_addstr(&forge->tar, "this is no archive\n");
	expect_refused(forge, ERR_FORMAT, "not a tar archive");
	put_input(forge);
	assert_null(image_set_load(&forge->input, &forge->context, &forge->err));
	assert_int_equal(forge->err.code, ERR_FORMAT);
	assert_non_null(strstr(forge->err.message, "not a tar archive"));
}

static void test_every_cut_is_an_error_or_the_image(void **state)
{
	struct forge *forge = *state;
	size_t whole;

	forge_docker(forge, "[\"l\"]");
	add_file(forge, "l", "one");
	whole = forge->tar.len;
	for (size_t len = 0; len <= whole; len += 100) {
		reset(forge);
		forge_docker(forge, "[\"l\"]");
		add_file(forge, "l", "one");
		forge->tar.len = len;
		put_input(forge);
		forge->set = image_set_load(&forge->input, &forge->context, &forge->err);
		assert_true((forge->set != NULL) == (forge->err.code == ERR_NONE));
		/* The last block is padding, but for the three bytes of the layer. */
		if (len < whole - 509)
			assert_null(forge->set);
	}
}

static void test_limits(void **state)
{
	struct forge *forge = *state;

	forge->context.limits.members = 2;
	forge_docker(forge, "[\"l\"]");
	add_file(forge, "l", "one");
	expect_refused(forge, ERR_LIMIT, "members");
	forge->context.limits = limits_default;
	forge->context.limits.json_bytes = 10;
	forge_docker(forge, "[\"l\"]");
	expect_refused(forge, ERR_LIMIT, "json-bytes");
	forge->context.limits = limits_default;
	forge->context.limits.images = 0;
	forge_docker(forge, "[\"l\"]");
	add_file(forge, "l", "one");
	expect_refused(forge, ERR_LIMIT, "images");
	forge->context.limits = limits_default;
	forge->context.limits.layers = 0;
	forge_docker(forge, "[\"l\"]");
	expect_refused(forge, ERR_LIMIT, "layers");
}

static void test_select(void **state)
{
	static const char *const layers[] = { "one", "two" };
	static const char *const by_name[] = { "b" };
	static const char *const unknown[] = { "b:2" };
	AUTO_FREE char *first = config(layers, 1, "");
	AUTO_FREE char *second = config(layers + 1, 1, "");
	struct forge *forge = *state;
	const char *ids[1];

	add_file(
		forge, "manifest.json",
		"[{\"Config\":\"1\",\"RepoTags\":[\"a:1\"],\"Layers\":[\"l1\"]},"
		"{\"Config\":\"2\",\"RepoTags\":[\"docker.io/library/b:1\"],\"Layers\":[\"l2\"]}]");
	add_file(forge, "1", first);
	add_file(forge, "2", second);
	add_file(forge, "l1", "one");
	add_file(forge, "l2", "two");
	assert_non_null(load(forge));
	assert_int_equal(image_set_select(forge->set, NULL, 0, &forge->err), 0);
	assert_int_equal(forge->set->image_count, 2);
	assert_int_equal(image_set_select(forge->set, unknown, 1, &forge->err), -1);
	assert_int_equal(forge->err.code, ERR_USAGE);
	assert_non_null(strstr(forge->err.message, "a:1, docker.io/library/b:1"));
	error_release(&forge->err);
	assert_int_equal(image_set_select(forge->set, by_name, 1, &forge->err), 0);
	assert_int_equal(forge->set->image_count, 1);
	assert_int_equal(forge->set->blob_count, 1);
	assert_string_equal(forge->set->blobs[forge->set->images[0].layers[0].blob].name, "l2");
	ids[0] = forge->set->images[0].short_id;
	assert_int_equal(image_set_select(forge->set, ids, 1, &forge->err), 0);
}

static void write_file(int dir, const char *name, const char *body)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, body, strlen(body)), strlen(body));
	close(fd);
}

static char *write_blob(int dir, const char *body)
{
	AUTO_FREE char *digest = digest_text_of(body);
	char *name = xasprintf("blobs/sha256/%s", digest + 7);

	write_file(dir, name, body);
	return name;
}

static void test_directory(void **state)
{
	static const char *const layers[] = { "one", "one" };
	static char name[] = "layout";
	char path[] = "test_image_set.XXXXXX";
	AUTO_FREE char *text = config(layers, 2, "");
	AUTO_FREE char *image = manifest(text, layers, 2, LAYER_TYPE, "");
	AUTO_FREE char *entry = descriptor(MANIFEST_TYPE, image, "");
	AUTO_FREE char *index = xasprintf("{\"manifests\":[%s]}", entry);
	char *blobs[3];
	struct forge *forge = *state;
	int dir;

	assert_non_null(mkdtemp(path));
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir >= 0);
	forge->input = (struct input){ .name = name, .fd = dir, .is_directory = 1 };
	assert_null(image_set_load(&forge->input, &forge->context, &forge->err));
	assert_int_equal(forge->err.code, ERR_UNSUPPORTED);
	error_release(&forge->err);

	mkdirat(dir, "blobs", 0755);
	mkdirat(dir, "blobs/sha256", 0755);
	write_file(dir, "index.json", index);
	blobs[0] = write_blob(dir, text);
	blobs[1] = write_blob(dir, image);
	blobs[2] = write_blob(dir, "one");
	forge->set = image_set_load(&forge->input, &forge->context, &forge->err);
	assert_non_null(forge->set);
	assert_string_equal(forge->set->layout, "OCI layout");
	assert_int_equal(forge->set->image_count, 1);
	assert_int_equal(forge->set->blob_count, 1);
	image_set_free(forge->set);

	unlinkat(dir, blobs[2], 0);
	assert_int_equal(symlinkat("/etc/hostname", dir, blobs[2]), 0);
	forge->set = image_set_load(&forge->input, &forge->context, &forge->err);
	assert_null(forge->set);
	assert_int_equal(forge->err.code, ERR_FORMAT);
	assert_non_null(strstr(forge->err.message, "symbolic link"));

	for (int i = 0; i < 3; i++) {
		unlinkat(dir, blobs[i], 0);
		free(blobs[i]);
	}
	unlinkat(dir, "index.json", 0);
	unlinkat(dir, "blobs/sha256", AT_REMOVEDIR);
	unlinkat(dir, "blobs", AT_REMOVEDIR);
	rmdir(path);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_docker_archive),  TEST(test_hybrid),
		TEST(test_oci_index),	    TEST(test_oci_refused),
		TEST(test_digest_mismatch), TEST(test_docker_refused),
		TEST(test_no_image),	    TEST(test_every_cut_is_an_error_or_the_image),
		TEST(test_limits),	    TEST(test_select),
		TEST(test_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
