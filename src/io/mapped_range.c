/* mapped_range.c - pieces of a file mapped ahead of whoever looks at them, and lost pages told. */
#include "io/mapped_range.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/mman.h>

#include "util/xalloc.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22 /* Linux 5.14, later than some C libraries; EINVAL before */
#endif

/* Bytes mapped at a time: more saves little, and keeps whoever waits for them from other work. */
#define MAP_BYTES ((size_t)8 << 20)

static bool guarded;
static size_t page_bytes;

/* What this thread is looking at, for its handler. */
static _Thread_local struct mapped_range *volatile entered[MAPPED_RANGES_MAX];

/* --- the guard ------------------------------------------------------------------------------- */

static struct mapped_range *find_entered(const unsigned char *address)
{
	for (int i = 0; i < MAPPED_RANGES_MAX; i++) {
		struct mapped_range *mapped = entered[i];
		if (mapped && mapped->map && address >= mapped->map &&
		    address < mapped->map + mapped->len)
			return mapped;
	}
	return NULL;
}

/* The thread that looked is the one that runs this, so mmap(2) interrupts nobody. */
static void replace_lost_page(int signal_number, siginfo_t *info, void *context)
{
	int saved = errno;
	unsigned char *address = info->si_addr;
	/* Otherwise another process sent it, and there is no address. */
	bool fault = info->si_code > 0;
	struct mapped_range *mapped = fault ? find_entered(address) : NULL;
	unsigned char *page;

	(void)context;
	if (mapped) {
		page = address - (size_t)(address - mapped->map) % page_bytes;
		mapped->lost = true;
		mapped->lost_at =
			mapped->from + (uint64_t)(address - mapped->map) - mapped->range.offset;
		if (mmap(page, page_bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
			 0) != MAP_FAILED) {
			errno = saved;
			return;
		}
	}
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

bool mapped_range_guard(void)
{
	struct sigaction action = { .sa_sigaction = replace_lost_page, .sa_flags = SA_SIGINFO };

	page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	guarded = sigaction(SIGBUS, &action, NULL) == 0;
	return guarded;
}

/* --- pieces ---------------------------------------------------------------------------------- */

static void unmap(struct mapped_range *mapped)
{
	if (mapped->map)
		munmap(mapped->map, mapped->len);
	mapped->map = NULL;
}

/* From `at` on, at least `len` bytes. */
static void map(struct mapped_range *mapped, uint64_t at, size_t len)
{
	uint64_t left = mapped->range.length - at, want = len > MAP_BYTES ? len : MAP_BYTES;
	size_t before = (size_t)((mapped->range.offset + at) % page_bytes);
	void *found;

	unmap(mapped);
	mapped->from = mapped->range.offset + at - before;
	mapped->len = before + (size_t)(left < want ? left : want);
	found = mmap(NULL, mapped->len, PROT_READ, MAP_PRIVATE, mapped->range.fd,
		     (off_t)mapped->from);
	if (found == MAP_FAILED)
		return;
	mapped->map = found;
	if (madvise(found, mapped->len, MADV_POPULATE_READ) < 0)
		unmap(mapped);
}

/* The bytes in the mapping; NULL: they are not in it. */
static const unsigned char *find(const struct mapped_range *mapped, uint64_t at, size_t len)
{
	uint64_t in_file = mapped->range.offset + at;

	if (!mapped->map || in_file < mapped->from || in_file + len > mapped->from + mapped->len)
		return NULL;
	return mapped->map + (in_file - mapped->from);
}

/* What cannot be mapped is read, which also tells what is wrong with it, if anything is. */
static const unsigned char *copy(struct mapped_range *mapped, uint64_t at, size_t len,
				 struct error *err)
{
	if (mapped->copy_room < len) {
		free(mapped->copy);
		mapped->copy = xmalloc(len);
		mapped->copy_room = len;
	}
	return range_read(&mapped->range, at, mapped->copy, len, err) < 0 ? NULL : mapped->copy;
}

/* Where this thread says what it looks at; NULL: it looks at as many as it can say. */
static struct mapped_range *volatile *find_place(const struct mapped_range *mapped)
{
	for (int i = 0; i < MAPPED_RANGES_MAX; i++)
		if (entered[i] == mapped)
			return &entered[i];
	return NULL;
}

const unsigned char *mapped_range_enter(struct mapped_range *mapped, uint64_t at, size_t len,
					struct error *err)
{
	bool inside = at <= mapped->range.length && len <= mapped->range.length - at;
	struct mapped_range *volatile *place = find_place(NULL);
	const unsigned char *bytes;

	if (!guarded || !inside || !place || mapped->copies)
		return copy(mapped, at, len, err);
	if (!find(mapped, at, len))
		map(mapped, at, len);
	bytes = find(mapped, at, len);
	if (!bytes) {
		mapped->copies = true;
		return copy(mapped, at, len, err);
	}
	*place = mapped;
	return bytes;
}

int mapped_range_leave(struct mapped_range *mapped, struct error *err)
{
	struct mapped_range *volatile *place = find_place(mapped);

	if (place)
		*place = NULL;
	if (!mapped->lost)
		return 0;
	return error_set(err, ERR_IO,
			 "the file became shorter or unreadable while it was read (offset %" PRIu64
			 ")",
			 mapped->lost_at);
}

void mapped_range_release(struct mapped_range *mapped)
{
	unmap(mapped);
	free(STEAL(mapped->copy));
	mapped->copy_room = 0;
}
