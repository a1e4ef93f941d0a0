/* replay_main.c - run a fuzz target over stored inputs, without a fuzzer.
 *
 * Takes the place of libFuzzer's main in `make check-fuzz`: every argument is a file or a folder
 * of files (one level), each is fed to the target once, in name order, and counts as one TAP
 * test.  A crash ends the program, so the input at fault is the one after the last "ok". */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int die(const char *path)
{
	fprintf(stderr, "replay: %s: %s\n", path, strerror(errno));
	return -1;
}

/* The input lies in a block of exactly its size, so that a sanitizer sees the first byte read
 * beyond it. */
static int replay_file(const char *path, size_t number)
{
	FILE *file = fopen(path, "rb");
	if (!file)
		return die(path);
	struct stat st;
	if (fstat(fileno(file), &st) < 0) {
		fclose(file);
		return die(path);
	}
	size_t size = (size_t)st.st_size;
	uint8_t *data = malloc(size ? size : 1);
	size_t got = data && size ? fread(data, 1, size, file) : 0;
	fclose(file);
	if (!data || got != size) {
		free(data);
		return die(path);
	}
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	printf("ok %zu - %s\n", number, path);
	fflush(stdout);
	return 0;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Bytes, not the locale's order, so that a run looks the same everywhere. */
static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int replay_folder(const char *path, size_t *number)
{
	struct dirent **names;
	int count = scandir(path, &names, is_visible, by_bytes);
	if (count < 0)
		return die(path);
	int rc = 0;
	for (int i = 0; i < count; i++) {
		char *file;
		if (rc == 0 && asprintf(&file, "%s/%s", path, names[i]->d_name) >= 0) {
			rc = replay_file(file, ++*number);
			free(file);
		}
		free(names[i]);
	}
	free(names);
	return rc;
}

int main(int argc, char **argv)
{
	size_t number = 0;

	for (int i = 1; i < argc; i++) {
		struct stat st;
		if (stat(argv[i], &st) < 0)
			return -die(argv[i]);
		int rc = S_ISDIR(st.st_mode) ? replay_folder(argv[i], &number)
					     : replay_file(argv[i], ++number);
		if (rc < 0)
			return 1;
	}
	printf("1..%zu\n", number);
	return 0;
}
