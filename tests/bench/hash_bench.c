/* hash_bench.c - SHA-256 of files by one thread, two at a time: what hashing costs at least.
 *
 * usage: hash_bench FILE...      prints a digest for each */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/hash_crew.h"
#include "io/mapped_range.h"

#define FILES_MAX 16

int main(int argc, char **argv)
{
	AUTO_PTR(hash_crew) crew = hash_crew_new(1);
	struct hash_stream *streams[FILES_MAX];
	struct error err = ERROR_INIT;
	int count = argc - 1;

	mapped_range_guard();
	if (count < 1 || count > FILES_MAX) {
		fputs("usage: hash_bench FILE...\n", stderr);
		return 2;
	}
	for (int i = 0; i < count; i++) {
		int fd = open(argv[i + 1], O_RDONLY | O_CLOEXEC);
		struct stat st;
		if (fd < 0 || fstat(fd, &st) < 0) {
			fprintf(stderr, "hash_bench: %s: %s\n", argv[i + 1], strerror(errno));
			return 1;
		}
		streams[i] =
			hash_stream_of_range(crew, (struct range){ fd, 0, (uint64_t)st.st_size });
	}
	for (int i = 0; i < count; i++) {
		char text[DIGEST_TEXT_SIZE];
		struct digest digest;
		if (hash_stream_finish(streams[i], &digest, &err) < 0) {
			fprintf(stderr, "hash_bench: %s: %s\n", argv[i + 1], err.message);
			return 1;
		}
		digest_text(&digest, text);
		printf("%s  %s\n", text, argv[i + 1]);
		hash_stream_free(streams[i]);
	}
	return 0;
}
