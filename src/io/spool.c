/* spool.c - temporary files without a name. */
#include "io/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "util/xalloc.h"

/* For file systems without O_TMPFILE: the name exists for a moment. */
static int create_and_unlink(const char *dir)
{
	AUTO_FREE char *name = xasprintf("%s/lighten-XXXXXX", dir);
	int fd = mkostemp(name, O_CLOEXEC);

	if (fd >= 0)
		unlink(name);
	return fd;
}

int spool_create(const char *dir, struct error *err)
{
	if (!dir)
		dir = getenv("TMPDIR");
	if (!dir || !*dir)
		dir = "/var/tmp";

	int fd = open(dir, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
		fd = create_and_unlink(dir);
	if (fd < 0)
		return error_set_errno(
			err, errno, "cannot create a temporary file in \"%s\" (set TMPDIR)", dir);
	return fd;
}
