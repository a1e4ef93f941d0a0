/* archive_dir.c - files of a layout directory, opened without following symbolic links, so that
 * a hostile layout cannot pull in other files of the machine. */
#include "archive_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "tar/tar_path.h"

/* Opens one component below `dir`.  The descriptor, -1 when it is missing, -2 with *err. */
static int open_component(int dir, const char *component, int flags, const char *name,
			  struct error *err)
{
	int fd = openat(dir, component, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | flags);

	if (fd >= 0)
		return fd;
	if (errno == ENOENT)
		return -1;
	if (errno == ELOOP || errno == ENOTDIR)
		error_set(err, ERR_FORMAT,
			  "%s: \"%s\" is a symbolic link or of the wrong type in the layout "
			  "directory; copy the layout with links resolved (cp -rL)",
			  name, component);
	else
		error_set_errno(err, errno, "cannot open %s", name);
	return -2;
}

int archive_dir_open(const struct archive *archive, const char *name, struct range *out,
		     struct error *err)
{
	struct tar_path_walk walk = { name, name + strlen(name) };
	AUTO_FD dir = -1;
	struct tar_text part;
	struct stat st;

	while (tar_path_next(&walk, &part)) {
		AUTO_FREE char *component = xmemdup0(part.bytes, part.len);
		bool last = walk.next == walk.end;
		int fd = open_component(dir >= 0 ? dir : archive->input->fd, component,
					last ? 0 : O_DIRECTORY, name, err);

		if (fd < 0)
			return fd == -1 ? 0 : -1;
		if (dir >= 0)
			close(dir);
		dir = fd;
	}
	if (dir < 0)
		return 0;
	if (fstat(dir, &st) < 0)
		return error_set_errno(err, errno, "cannot stat %s", name);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERR_FORMAT, "%s: not a regular file", name);
	*out = (struct range){ dir, 0, (uint64_t)st.st_size };
	dir = -1;
	return 1;
}

int archive_dir_find(struct archive *archive, const char *name, struct archive_entry *out,
		     struct error *err)
{
	uint64_t hash = index_hash(0, name, strlen(name));
	struct archive_file file = { .name = NULL };
	size_t probe = 0;
	uint32_t known;
	int rc;

	while ((known = index_map_next(&archive->files_by_name, hash, &probe)) != INDEX_NONE) {
		const struct archive_file *open_file = &archive->files.items[known];

		if (strcmp(open_file->name, name) == 0) {
			*out = (struct archive_entry){ open_file->data, open_file->name, false };
			return 1;
		}
	}
	rc = archive_dir_open(archive, name, &file.data, err);
	if (rc <= 0)
		return rc;
	file.name = xstrdup(name);
	index_map_add(&archive->files_by_name, hash, (uint32_t)archive->files.count);
	vec_push(&archive->files, file);
	*out = (struct archive_entry){ file.data, file.name, false };
	return 1;
}
