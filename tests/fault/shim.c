/* shim.c - preloaded by the fault tests: makes one chosen system call fail.
 *
 * FAULT=CALL:N:HOW picks the N-th call of that name (from 1).  HOW is ENOSPC, EIO, EINTR, SHORT
 * (less than was asked for: reads and writes get fewer bytes, and pages are lost again before
 * anybody looks at them), or a signal: TERM, INT, HUP, KILL.  Reads and writes of standard streams
 * count like all others.  FAULT_MARK names a file that is made when the call was reached, which
 * tells a run that was hit from one that was not. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum outcome { PASS, FAIL, SHORTEN };

static const struct {
	const char *name;
	int error, signal;
} ways[] = {
	{ "ENOSPC", ENOSPC, 0 }, { "EIO", EIO, 0 },	 { "EINTR", EINTR, 0 },
	{ "SHORT", 0, 0 },	 { "TERM", 0, SIGTERM }, { "INT", 0, SIGINT },
	{ "HUP", 0, SIGHUP },	 { "KILL", 0, SIGKILL },
};

static atomic_long calls;

static void mark(void)
{
	const char *path = getenv("FAULT_MARK");
	long fd = path ? syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT, 0644) : -1;

	if (fd >= 0)
		syscall(SYS_close, (int)fd);
}

/* What becomes of this call of `name`; errno is set when it fails. */
static enum outcome decide(const char *name)
{
	const char *fault = getenv("FAULT");
	size_t len = strlen(name);
	char *rest;
	long wanted;

	if (!fault || strncmp(fault, name, len) != 0 || fault[len] != ':')
		return PASS;
	wanted = strtol(fault + len + 1, &rest, 10);
	if (atomic_fetch_add(&calls, 1) + 1 != wanted || *rest != ':')
		return PASS;
	mark();
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (strcmp(rest + 1, ways[i].name) != 0)
			continue;
		if (ways[i].signal)
			raise(ways[i].signal);
		errno = ways[i].error;
		return ways[i].signal ? PASS : ways[i].error ? FAIL : SHORTEN;
	}
	return PASS;
}

/* The function that this one stands before. */
static void *next(const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);

	if (!found)
		abort();
	return found;
}

/* What a short read or write gets: less, but something. */
static size_t less(enum outcome outcome, size_t len)
{
	return outcome == SHORTEN && len > 1 ? len / 2 : len;
}

/* POSIX promises what ISO C forbids: a function pointer fits a pointer. */
#define NEXT(name) (__extension__(__typeof__(&(name))) next(#name))

/* What open and openat are called as by fortified programs. */
int __open64_2(const char *path, int flags);
int __openat64_2(int folder, const char *path, int flags);

ssize_t write(int fd, const void *data, size_t len)
{
	enum outcome outcome = decide("write");

	return outcome == FAIL ? -1 : NEXT(write)(fd, data, less(outcome, len));
}

ssize_t read(int fd, void *data, size_t len)
{
	enum outcome outcome = decide("read");

	return outcome == FAIL ? -1 : NEXT(read)(fd, data, less(outcome, len));
}

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
	enum outcome outcome = decide("pwrite");

	return outcome == FAIL ? -1 : NEXT(pwrite64)(fd, data, less(outcome, len), at);
}

ssize_t pread64(int fd, void *data, size_t len, off64_t at)
{
	enum outcome outcome = decide("pread");

	return outcome == FAIL ? -1 : NEXT(pread64)(fd, data, less(outcome, len), at);
}

static mode_t mode_after(int flags, va_list arguments)
{
	bool given = flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE;

	return given ? va_arg(arguments, mode_t) : 0;
}

int open64(const char *path, int flags, ...)
{
	va_list arguments;

	va_start(arguments, flags);
	mode_t mode = mode_after(flags, arguments);
	va_end(arguments);
	return decide("open") == FAIL ? -1 : NEXT(open64)(path, flags, mode);
}

int openat64(int folder, const char *path, int flags, ...)
{
	va_list arguments;

	va_start(arguments, flags);
	mode_t mode = mode_after(flags, arguments);
	va_end(arguments);
	return decide("open") == FAIL ? -1 : NEXT(openat64)(folder, path, flags, mode);
}

int __open64_2(const char *path, int flags)
{
	return open64(path, flags);
}

int __openat64_2(int folder, const char *path, int flags)
{
	return openat64(folder, path, flags);
}

FILE *fopen64(const char *path, const char *mode)
{
	return decide("open") == FAIL ? NULL : NEXT(fopen64)(path, mode);
}

int mkostemp64(char *name, int flags)
{
	return decide("mkstemp") == FAIL ? -1 : NEXT(mkostemp64)(name, flags);
}

char *mkdtemp(char *name)
{
	return decide("mkstemp") == FAIL ? NULL : NEXT(mkdtemp)(name);
}

int mkdirat(int folder, const char *path, mode_t mode)
{
	return decide("mkdir") == FAIL ? -1 : NEXT(mkdirat)(folder, path, mode);
}

int rename(const char *from, const char *to)
{
	return decide("rename") == FAIL ? -1 : NEXT(rename)(from, to);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
	return decide("rename") == FAIL ? -1 : NEXT(renameat)(from_folder, from, to_folder, to);
}

int ftruncate64(int fd, off64_t length)
{
	return decide("ftruncate") == FAIL ? -1 : NEXT(ftruncate64)(fd, length);
}

int fallocate64(int fd, int mode, off64_t at, off64_t length)
{
	return decide("fallocate") == FAIL ? -1 : NEXT(fallocate64)(fd, mode, at, length);
}

int fsync(int fd)
{
	return decide("fsync") == FAIL ? -1 : NEXT(fsync)(fd);
}

int syncfs(int fd)
{
	return decide("fsync") == FAIL ? -1 : NEXT(syncfs)(fd);
}

int fchmod(int fd, mode_t mode)
{
	return decide("fchmod") == FAIL ? -1 : NEXT(fchmod)(fd, mode);
}

void *mmap64(void *address, size_t len, int protection, int flags, int fd, off64_t at)
{
	/* Memory of no file is not what fails here. */
	return fd >= 0 && decide("mmap") == FAIL
		       ? MAP_FAILED
		       : NEXT(mmap64)(address, len, protection, flags, fd, at);
}

/* Pages of a file that has none, in the place of the ones that came. */
static int lose(void *address, size_t len)
{
	int fd = memfd_create("gone", MFD_CLOEXEC);
	void *gone = fd < 0 ? MAP_FAILED
			    : NEXT(mmap64)(address, len, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0);

	if (gone == MAP_FAILED)
		abort();
	syscall(SYS_close, fd);
	return 0;
}

int madvise(void *address, size_t len, int advice)
{
	enum outcome outcome = decide("madvise");
	int rc = outcome == FAIL ? -1 : NEXT(madvise)(address, len, advice);

	return outcome == SHORTEN && rc == 0 ? lose(address, len) : rc;
}

int close(int fd)
{
	int rc = NEXT(close)(fd);

	return decide("close") == FAIL ? -1 : rc;
}
