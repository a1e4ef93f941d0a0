/* outfile.c - buffered output that gets its name, or goes down a pipe, only when complete. */
#include "io/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "io/spool.h"
#include "io/write_behind.h"
#include "outfile_internal.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "write_full.h"

#define BUFFER ((size_t)1 << 20)

struct outfile {
	char *label; /* for messages */
	char *path;  /* what the complete file is renamed to; NULL when it is copied out */
	int slot;    /* of its temporary name; -1 for a spool, and after a commit */
	int fd;	     /* the temporary file or the spool */
	int sink;    /* where a spool is copied to; -1 for none */
	mode_t mode;
	char *buffer;
	size_t buffered;   /* the bytes [stored, stored + buffered) */
	uint64_t stored;   /* bytes in fd */
	uint64_t reserved; /* bytes that the file system keeps for fd; 0: none */
	struct write_behind behind;
	int failed_errno; /* of the first write that failed; 0: none */
};

/* The mode that a new file would get; umask(2) can only be read by setting it. */
static mode_t mode_of_new_file(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

/* The file that a symlink leads to is what gets replaced, not the link. */
static char *resolve(const char *path)
{
	char *real = realpath(path, NULL);

	return real ? real : xstrdup(path);
}

/* Opens the sink of an output that has no name to be given.  0 when it needs none. */
static int open_sink(struct outfile *file, const char *path, struct error *err)
{
	struct stat st;

	if (!path) {
		file->sink = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
		if (file->sink < 0)
			return error_set_errno(err, errno, "cannot write");
		return 0;
	}
	file->mode = mode_of_new_file();
	if (stat(path, &st) < 0) {
		if (errno != ENOENT)
			return error_set_errno(err, errno, "cannot look it up");
		return 0;
	}
	if (S_ISREG(st.st_mode)) {
		file->mode = st.st_mode & 0777;
		return 0;
	}
	/* Opened now, so that its reader sees the end when the run fails. */
	file->sink = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (file->sink < 0)
		return error_set_errno(err, errno, "cannot write");
	return 0;
}

static int open_store(struct outfile *file, const char *path, const struct context *context,
		      struct error *err)
{
	if (open_sink(file, path, err) < 0)
		return -1;
	if (file->sink >= 0) {
		file->fd = spool_create(context->spool_dir, err);
	} else {
		file->path = resolve(path);
		file->fd = outfile_temp_create(file->path, &file->slot, err);
	}
	return file->fd < 0 ? -1 : 0;
}

struct outfile *outfile_open(const char *path, const struct context *context, struct error *err)
{
	AUTO_PTR(outfile) file = xcalloc(1, sizeof(*file));

	if (path && strcmp(path, "-") == 0)
		path = NULL;
	file->label = path ? text_escaped(path, strlen(path)) : xstrdup("standard output");
	file->slot = file->fd = file->sink = -1;
	file->behind.memory = context->memory;
	if (open_store(file, path, context, err) < 0) {
		error_wrap(err, "%s", file->label);
		return NULL;
	}
	file->buffer = xmalloc(BUFFER);
	return STEAL(file);
}

static int write_failed(const struct outfile *file, int sys_errno, struct error *err)
{
	return error_set_errno(err, sys_errno, "%s: cannot write", file->label);
}

/* Appends to the file itself; once failed, it stays so.  0, or -1 with errno.  A spool is read
 * again at once: it may stay cached. */
static int store(struct outfile *file, const void *data, size_t len)
{
	if (!file->failed_errno &&
	    (pwrite_full(file->fd, data, len, file->stored) < 0 ||
	     (file->path && write_behind(&file->behind, file->fd, file->stored + len) < 0)))
		file->failed_errno = errno;
	if (file->failed_errno) {
		errno = file->failed_errno;
		return -1;
	}
	file->stored += len;
	return 0;
}

static int flush_buffer(struct outfile *file)
{
	if (store(file, file->buffer, file->buffered) < 0)
		return -1;
	file->buffered = 0;
	return 0;
}

int outfile_flush(struct outfile *file, struct error *err)
{
	if (flush_buffer(file) < 0)
		return write_failed(file, errno, err);
	return 0;
}

int outfile_write(struct outfile *file, const void *data, size_t len, struct error *err)
{
	if (len > BUFFER - file->buffered && outfile_flush(file, err) < 0)
		return -1;
	if (len < BUFFER) {
		if (len)
			memcpy(file->buffer + file->buffered, data, len);
		file->buffered += len;
		return 0;
	}
	return store(file, data, len) < 0 ? write_failed(file, errno, err) : 0;
}

int outfile_zeros(struct outfile *file, uint64_t len, struct error *err)
{
	static const char zeros[64 * 1024];

	while (len) {
		size_t piece = len < sizeof(zeros) ? (size_t)len : sizeof(zeros);

		if (outfile_write(file, zeros, piece, err) < 0)
			return -1;
		len -= piece;
	}
	return 0;
}

int outfile_rewrite(struct outfile *file, uint64_t at, const void *data, size_t len,
		    struct error *err)
{
	uint64_t length = file->stored + file->buffered;

	if (at > length || len > length - at)
		return error_set(err, ERR_INTERNAL, "%s: rewrite beyond the end", file->label);
	if (len == 0)
		return 0;
	if (at >= file->stored) {
		memcpy(file->buffer + (at - file->stored), data, len);
		return 0;
	}
	if (at + len > file->stored && outfile_flush(file, err) < 0)
		return -1;
	if (pwrite_full(file->fd, data, len, at) < 0)
		return write_failed(file, errno, err);
	return 0;
}

int outfile_truncate(struct outfile *file, uint64_t length, struct error *err)
{
	if (length > file->stored + file->buffered)
		return error_set(err, ERR_INTERNAL, "%s: truncation beyond the end", file->label);
	if (length >= file->stored) {
		file->buffered = (size_t)(length - file->stored);
		return 0;
	}
	if (ftruncate(file->fd, (off_t)length) < 0)
		return write_failed(file, errno, err);
	file->buffered = 0;
	file->stored = length;
	write_behind_restart(&file->behind, length);
	return 0;
}

void outfile_expect(struct outfile *file, uint64_t bytes)
{
	if (bytes == 0 || bytes > INT64_MAX)
		return;
	file->behind.expected = bytes;
	/* Some file systems lack it, and too little space is better told by the write itself. */
	if (fallocate(file->fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)bytes) == 0)
		file->reserved = bytes;
}

struct range outfile_range(struct outfile *file)
{
	uint64_t length = file->stored + file->buffered;

	flush_buffer(file);
	return (struct range){ .fd = file->fd, .offset = 0, .length = length };
}

/* The spool goes out through the same buffer that filled it. */
static int copy_out(struct outfile *file, struct error *err)
{
	struct range all = outfile_range(file);

	for (uint64_t at = 0; at < all.length;) {
		uint64_t left = all.length - at;
		size_t piece = left < BUFFER ? (size_t)left : BUFFER;

		if (range_read(&all, at, file->buffer, piece, err) < 0)
			return error_wrap(err, "temporary copy of %s", file->label);
		if (write_full(file->sink, file->buffer, piece) < 0)
			return write_failed(file, errno, err);
		at += piece;
	}
	return 0;
}

/* Pipes and terminals have nothing to synchronise. */
static int sync_fd(const struct outfile *file, int fd, struct error *err)
{
	if (fsync(fd) < 0 && errno != EINVAL && errno != ENOTSUP && errno != EROFS)
		return error_set_errno(err, errno, "%s: cannot write to the disk", file->label);
	return 0;
}

static int sync_folder(const struct outfile *file, struct error *err)
{
	const char *slash = strrchr(file->path, '/');
	size_t len = slash ? (size_t)(slash - file->path) : 0;
	AUTO_FREE char *folder = slash ? xmemdup0(file->path, len ? len : 1) : xstrdup(".");
	AUTO_FD fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_set_errno(err, errno, "%s: cannot open its folder", file->label);
	return sync_fd(file, fd, err);
}

static int give_name(struct outfile *file, bool sync, struct error *err)
{
	/* Gives back what was reserved and not used. */
	if (file->reserved > file->stored && ftruncate(file->fd, (off_t)file->stored) < 0)
		return write_failed(file, errno, err);
	if (fchmod(file->fd, file->mode) < 0)
		return error_set_errno(err, errno, "%s: cannot set its mode", file->label);
	if (sync && sync_fd(file, file->fd, err) < 0)
		return -1;

	const char *temp = outfile_temp_path(file->slot);

	if (!temp)
		return error_set(err, ERR_IO, "%s: the run was interrupted", file->label);
	if (rename(temp, file->path) < 0)
		return error_set_errno(err, errno, "%s: cannot give the complete file its name",
				       file->label);
	outfile_temp_forget(file->slot);
	file->slot = -1;
	return sync ? sync_folder(file, err) : 0;
}

int outfile_commit(struct outfile *file, bool sync, struct error *err)
{
	if (outfile_flush(file, err) < 0)
		return -1;
	if (file->path)
		return give_name(file, sync, err);
	if (copy_out(file, err) < 0)
		return -1;
	return sync ? sync_fd(file, file->sink, err) : 0;
}

void outfile_close(struct outfile *file)
{
	if (!file)
		return;
	if (file->slot >= 0)
		outfile_temp_remove(file->slot);
	if (file->fd >= 0)
		close(file->fd);
	if (file->sink >= 0)
		close(file->sink);
	free(file->buffer);
	free(file->path);
	free(file->label);
	free(file);
}
