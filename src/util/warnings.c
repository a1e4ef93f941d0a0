/* warnings.c - the table of warning kinds, and what happened of each in this run. */
#include "util/warnings.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

static const struct {
	const char *name, *meaning, *advice;
} kinds[WARN_KINDS] = {
	[WARN_DUPLICATE_PATH] = { "duplicate-path", "a layer lists the same path more than once",
				  "the last one counts; check the tool that built the layer" },
	[WARN_LINK_ORDER] = { "link-order",
			      "a hard link stands before its target, or its target is deleted or "
			      "in a lower layer",
			      "engines differ here; compare these files after loading" },
	[WARN_LINK_METADATA] = { "link-metadata", "a hard link has other metadata than its target",
				 "all names of one file share one owner, mode and time" },
	[WARN_WHITEOUT_ODD] = { "odd-whiteout", "a deletion marker has no clear meaning",
				"engines differ here; check these paths after loading" },
	[WARN_PARENT_REPLACED] = { "parent-replaced",
				   "an entry lies below a symlink or file of a lower layer",
				   "engines differ here; check these paths after loading" },
	[WARN_XATTR_DROPPED] = { "xattr-dropped",
				 "extended attributes that engines misread or refuse were dropped",
				 "" },
	[WARN_ENTRY_TYPE] = { "entry-type",
			      "rare kinds of tar entries were read as files, or skipped", "" },
	[WARN_OVERLAY_DEVICE] = { "overlay-device",
				  "a character device 0:0 was taken as a deletion",
				  "overlay file systems read it so; others keep a device" },
	[WARN_NAME_LENGTH] = { "name-length", "a file name is longer than 255 bytes",
			       "most file systems cannot hold it, so loading may fail" },
	[WARN_TRAILING_BYTES] = { "trailing-bytes", "bytes behind a compressed stream were ignored",
				  "check that the file was copied completely and only once" },
	[WARN_CONFIG] = { "config", "an image config has stale or odd content", "" },
	[WARN_REFERENCE] = { "reference", "image names were completed, or could not be kept",
			     "give the wanted name with --tag" },
	[WARN_DROPPED_MANIFEST] = { "dropped-manifest",
				    "attestations, signatures or missing platforms were left out",
				    "attestations describe the old image; --keep-attestations "
				    "carries them along" },
	[WARN_KEPT_ATTESTATION] = { "kept-attestation",
				    "attestations or signatures were carried along",
				    "they speak about the old image and do not verify for the new "
				    "one" },
	[WARN_FROZEN_LAYER] = { "frozen-layer", "a kept layer has content that some loaders refuse",
				"keep fewer layers, so that lighten may rebuild it" },
	[WARN_ZSTD_OUTPUT] = { "zstd-output", "the output holds layers compressed with zstd",
			       "docker before 23 cannot load them; --compress gzip avoids it" },
	[WARN_FOREIGN_LAYER] = { "foreign-layer",
				 "a layer that may not be distributed was merged with others",
				 "check its licence before you pass the image on" },
};

struct warnings {
	pthread_mutex_t lock;
	struct warning of[WARN_KINDS];
};

struct warnings *warnings_new(void)
{
	struct warnings *warnings = xcalloc(1, sizeof(*warnings));

	pthread_mutex_init(&warnings->lock, NULL);
	return warnings;
}

void warnings_free(struct warnings *warnings)
{
	if (!warnings)
		return;
	for (size_t kind = 0; kind < WARN_KINDS; kind++)
		for (size_t i = 0; i < WARNING_EXAMPLES; i++)
			free(warnings->of[kind].examples[i]);
	pthread_mutex_destroy(&warnings->lock);
	free(warnings);
}

/* Takes `text` over: a sorted list that pushes out its last. */
static void keep_example(struct warning *warning, char *text)
{
	for (size_t i = 0; text && i < WARNING_EXAMPLES; i++) {
		char **example = &warning->examples[i];
		int order = *example ? strverscmp(text, *example) : -1;

		if (order == 0)
			break;
		if (order < 0) {
			char *pushed_out = *example;

			*example = text;
			text = pushed_out;
		}
	}
	free(text);
}

void warnings_add(struct warnings *warnings, enum warning_kind kind, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	int len = vasprintf(&text, fmt, args);
	va_end(args);
	pthread_mutex_lock(&warnings->lock);
	warnings->of[kind].count++;
	if (len >= 0)
		keep_example(&warnings->of[kind], text);
	pthread_mutex_unlock(&warnings->lock);
}

const struct warning *warnings_get(const struct warnings *warnings, enum warning_kind kind)
{
	return &warnings->of[kind];
}

const char *warning_name(enum warning_kind kind)
{
	return kinds[kind].name;
}

const char *warning_meaning(enum warning_kind kind)
{
	return kinds[kind].meaning;
}

const char *warning_advice(enum warning_kind kind)
{
	return kinds[kind].advice;
}
