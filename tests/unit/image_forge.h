/* image_forge.h - archives of images, forged in memory, for the tests of the loader.
 *
 * Included by one test program; the functions are static for that reason. */
#ifndef TESTS_IMAGE_FORGE_H
#define TESTS_IMAGE_FORGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "image/image.h"
#include "util/strbuf.h"
#include "util/xalloc.h"

#define MANIFEST_TYPE "application/vnd.oci.image.manifest.v1+json"
#define LAYER_TYPE    "application/vnd.oci.image.layer.v1.tar"

/* One archive being forged, and what became of loading it. */
struct forge {
	struct strbuf tar;
	struct warnings *warnings;
	struct progress progress;
	struct context context;
	struct input input;
	struct image_set *set;
	struct error err;
};

static int setup(void **state)
{
	struct forge *forge = xcalloc(1, sizeof(*forge));

	forge->warnings = warnings_new();
	progress_init(&forge->progress, NULL, NULL);
	forge->context = (struct context){ .limits = limits_default,
					   .threads = 1,
					   .warnings = forge->warnings,
					   .progress = &forge->progress };
	forge->input.fd = -1;
	*state = forge;
	return 0;
}

static void reset(struct forge *forge)
{
	if (forge->set)
		image_set_free(forge->set);
	forge->set = NULL;
	if (forge->input.fd >= 0)
		close(forge->input.fd);
	forge->input.fd = -1;
	error_release(&forge->err);
	strbuf_release(&forge->tar);
}

static int teardown(void **state)
{
	struct forge *forge = *state;

	reset(forge);
	warnings_free(forge->warnings);
	free(forge);
	return 0;
}

static void add_member(struct forge *forge, const char *name, char type, const char *link,
		       const char *body, size_t len)
{
	char header[512] = { 0 };
	char zeros[512] = { 0 };
	unsigned sum = 0;

	assert_true(strlen(name) <= 100 && strlen(link) <= 100);
	memcpy(header, name, strlen(name));
	memcpy(header + 157, link, strlen(link));
	memcpy(header + 100, "0000644", 8);
	memcpy(header + 108, "0000000", 8);
	memcpy(header + 116, "0000000", 8);
	snprintf(header + 124, 12, "%011o", (unsigned)len);
	memcpy(header + 136, "00000000000", 12);
	memset(header + 148, ' ', 8);
	header[156] = type;
	memcpy(header + 257,
	       "ustar\0"
	       "00",
	       8);
	for (size_t i = 0; i < sizeof(header); i++)
		sum += (unsigned char)header[i];
	snprintf(header + 148, 8, "%06o", sum);
	strbuf_add(&forge->tar, header, sizeof(header));
	strbuf_add(&forge->tar, body, len);
	strbuf_add(&forge->tar, zeros, (512 - len % 512) % 512);
}

static void add_file(struct forge *forge, const char *name, const char *body)
{
	add_member(forge, name, '0', "", body, strlen(body));
}

static char *digest_text_of(const char *body)
{
	char *text = xmalloc(DIGEST_TEXT_SIZE);
	struct digest digest;

	digest_of(&digest, body, strlen(body));
	digest_text(&digest, text);
	return text;
}

static void add_blob(struct forge *forge, const char *body)
{
	AUTO_FREE char *digest = digest_text_of(body);
	AUTO_FREE char *name = xasprintf("blobs/sha256/%s", digest + strlen("sha256:"));

	add_file(forge, name, body);
}

/* {"mediaType":..,"digest":..,"size":..[,more]} */
static char *descriptor(const char *type, const char *body, const char *more)
{
	AUTO_FREE char *digest = digest_text_of(body);

	return xasprintf("{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%zu%s}", type, digest,
			 strlen(body), more);
}

/* A config for `count` layers with these contents; `more` begins with a comma or is empty. */
static char *config(const char *const *layers, size_t count, const char *more)
{
	AUTO(strbuf) out = STRBUF_INIT;

	strbuf_addstr(&out, "{\"Architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":"
			    "\"layers\",\"diff_ids\":[");
	for (size_t i = 0; i < count; i++) {
		AUTO_FREE char *digest = digest_text_of(layers[i]);

		strbuf_addf(&out, "%s\"%s\"", i ? "," : "", digest);
	}
	strbuf_addf(&out, "]}%s}", more);
	return strbuf_detach(&out);
}

/* An OCI manifest; every layer descriptor gets `layer_type` and `more`. */
static char *manifest(const char *config_text, const char *const *layers, size_t count,
		      const char *layer_type, const char *more)
{
	AUTO(strbuf) out = STRBUF_INIT;
	AUTO_FREE char *config_descriptor =
		descriptor("application/vnd.oci.image.config.v1+json", config_text, "");

	strbuf_addf(&out, "{\"schemaVersion\":2,\"config\":%s,\"layers\":[", config_descriptor);
	for (size_t i = 0; i < count; i++) {
		AUTO_FREE char *layer = descriptor(layer_type, layers[i], more);

		strbuf_addf(&out, "%s%s", i ? "," : "", layer);
	}
	strbuf_addstr(&out, "]}");
	return strbuf_detach(&out);
}

static void put_input(struct forge *forge)
{
	static char name[] = "test.tar";
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	if (forge->tar.len)
		assert_int_equal(write(fd, forge->tar.data, forge->tar.len), forge->tar.len);
	forge->input = (struct input){ .name = name, .fd = fd, .size = forge->tar.len };
}

static struct image_set *load(struct forge *forge)
{
	char end[1024] = { 0 };

	strbuf_add(&forge->tar, end, sizeof(end));
	put_input(forge);
	forge->set = image_set_load(&forge->input, &forge->context, &forge->err);
	return forge->set;
}

static void expect_refused(struct forge *forge, enum err_code code, const char *says)
{
	assert_null(load(forge));
	assert_int_equal(forge->err.code, code);
	assert_non_null(strstr(forge->err.message, says));
	reset(forge);
}

#endif
