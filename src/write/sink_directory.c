/* sink_directory.c - an image as an OCI layout directory, built under a temporary name. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "io/write_behind.h"
#include "sink.h"
#include "util/interrupt.h"
#include "util/xalloc.h"

#define UNNAMED "blob.new"

struct directory_sink {
	struct sink base;
	char *target, *temporary; /* temporary: NULL once it has the name of the target */
	int root, blobs, file;	  /* descriptors; -1 when closed */
	uint64_t begin, stored;	  /* of the blob at hand; in the file */
	struct write_behind behind;
};

static struct directory_sink *of(struct sink *sink)
{
	return (struct directory_sink *)sink;
}

/* An existing target must be an empty directory. */
static int check_target(const char *path, struct error *err)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	size_t count = 0;

	if (!dir && errno == ENOENT)
		return 0;
	if (!dir)
		return error_set(err, ERR_USAGE, "%s: exists and is no directory", path);
	while ((entry = readdir(dir)))
		count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(dir);
	return count ? error_set(err, ERR_USAGE, "%s: directory is not empty", path) : 0;
}

static int make(struct directory_sink *sink, struct error *err)
{
	if (!mkdtemp(sink->temporary))
		return error_set_errno(err, errno, "cannot create a directory beside %s",
				       sink->target);
	sink->root = open(sink->temporary, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (sink->root < 0 || fchmod(sink->root, 0755) < 0 ||
	    mkdirat(sink->root, "blobs", 0755) < 0 || mkdirat(sink->root, "blobs/sha256", 0755) < 0)
		return error_set_errno(err, errno, "%s", sink->temporary);
	sink->blobs = openat(sink->root, "blobs/sha256", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return sink->blobs < 0 ? error_set_errno(err, errno, "%s", sink->temporary) : 0;
}

static void directory_close(struct sink *base);

static struct sink *directory_open(const char *path, uint64_t expected,
				   const struct context *context, struct error *err)
{
	struct directory_sink *sink;
	size_t len;

	if (!path || !strcmp(path, "-")) {
		error_set(err, ERR_USAGE,
			  "a directory cannot be written to standard output: use -o DIRECTORY");
		return NULL;
	}
	if (check_target(path, err) < 0)
		return NULL;
	sink = xcalloc(1, sizeof(*sink));
	sink->base.ops = &sink_directory;
	sink->root = sink->blobs = sink->file = -1;
	sink->behind = (struct write_behind){ .memory = context->memory, .expected = expected };
	sink->target = xstrdup(path);
	for (len = strlen(sink->target); len > 1 && sink->target[len - 1] == '/'; len--)
		sink->target[len - 1] = '\0';
	sink->temporary = xasprintf("%s.lighten-XXXXXX", sink->target);
	interrupt_hold();
	if (make(sink, err) < 0) {
		directory_close(&sink->base);
		return NULL;
	}
	return &sink->base;
}

static int open_file(struct directory_sink *sink, int folder, const char *name, struct error *err)
{
	sink->stored = 0;
	write_behind_restart(&sink->behind, 0);
	sink->file = openat(folder, name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	return sink->file < 0
		       ? error_set_errno(err, errno, "%s: cannot create %s", sink->target, name)
		       : 0;
}

static int close_file(struct directory_sink *sink, struct error *err)
{
	int fd = sink->file;

	sink->file = -1;
	return close(fd) < 0 ? error_set_errno(err, errno, "%s", sink->target) : 0;
}

static int directory_blob_begin(struct sink *base, struct error *err)
{
	of(base)->begin = base->bytes;
	return open_file(of(base), of(base)->blobs, UNNAMED, err);
}

static int directory_write(struct sink *base, const void *data, size_t len, struct error *err)
{
	struct directory_sink *sink = of(base);
	const char *next = data;

	if (interrupt_check(err) < 0)
		return -1;
	base->bytes += len;
	sink->stored += len;
	while (len) {
		ssize_t n = write(sink->file, next, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set_errno(err, errno, "cannot write to %s", sink->target);
		next += n;
		len -= (size_t)n;
	}
	if (write_behind(&sink->behind, sink->file, sink->stored) < 0)
		return error_set_errno(err, errno, "cannot write to %s", sink->target);
	return 0;
}

static int directory_blob_end(struct sink *base, const struct digest *digest, struct error *err)
{
	struct directory_sink *sink = of(base);
	char name[DIGEST_HEX_SIZE];
	struct stat st;

	digest_hex(digest, name);
	if (close_file(sink, err) < 0)
		return -1;
	if (fstatat(sink->blobs, name, &st, 0) == 0)
		base->bytes = sink->begin;
	if (renameat(sink->blobs, UNNAMED, sink->blobs, name) < 0)
		return error_set_errno(err, errno, "%s", sink->target);
	return 0;
}

static int directory_member(struct sink *base, const char *name, const char *data, size_t len,
			    struct error *err)
{
	if (open_file(of(base), of(base)->root, name, err) < 0 ||
	    directory_write(base, data, len, err) < 0)
		return -1;
	return close_file(of(base), err);
}

static int directory_finish(struct sink *base, struct error *err)
{
	(void)base;
	(void)err;
	return 0;
}

static int directory_reopen(const struct sink *base, struct input *input, struct error *err)
{
	const struct directory_sink *sink = (const struct directory_sink *)base;

	memset(input, 0, sizeof(*input));
	input->name = xstrdup(sink->target);
	input->is_directory = 1;
	input->fd = dup(sink->root);
	return input->fd < 0 ? error_set_errno(err, errno, "cannot read back the output") : 0;
}

static int directory_commit(struct sink *base, bool sync, struct error *err)
{
	struct directory_sink *sink = of(base);

	if (interrupt_check(err) < 0)
		return -1;
	if (sync && syncfs(sink->root) < 0)
		return error_set_errno(err, errno, "%s: cannot sync", sink->target);
	/* An empty directory of that name gives way; anything else makes this fail. */
	if (rename(sink->temporary, sink->target) < 0)
		return error_set_errno(err, errno, "cannot rename to %s", sink->target);
	free(sink->temporary);
	sink->temporary = NULL;
	return 0;
}

/* Everything in the temporary directory is of this sink's own making. */
static void remove_files(int folder)
{
	int copy = folder < 0 ? -1 : dup(folder);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;

	if (!dir)
		return;
	rewinddir(dir);
	while ((entry = readdir(dir)))
		unlinkat(folder, entry->d_name, 0);
	closedir(dir);
}

static void directory_close(struct sink *base)
{
	struct directory_sink *sink = of(base);

	if (sink->file >= 0)
		close(sink->file);
	if (sink->temporary) {
		remove_files(sink->blobs);
		remove_files(sink->root);
		if (sink->root >= 0) {
			unlinkat(sink->root, "blobs/sha256", AT_REMOVEDIR);
			unlinkat(sink->root, "blobs", AT_REMOVEDIR);
		}
		rmdir(sink->temporary);
	}
	if (sink->blobs >= 0)
		close(sink->blobs);
	if (sink->root >= 0)
		close(sink->root);
	free(sink->temporary);
	free(sink->target);
	free(sink);
	interrupt_release();
}

const struct sink_ops sink_directory = {
	.open = directory_open,
	.blob_begin = directory_blob_begin,
	.write = directory_write,
	.blob_end = directory_blob_end,
	.member = directory_member,
	.finish = directory_finish,
	.reopen = directory_reopen,
	.commit = directory_commit,
	.close = directory_close,
};
