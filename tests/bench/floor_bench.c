/* floor_bench.c - the least that any squash must do, with all processors: hash the input, and write
 * the output beside its hash.
 *
 * usage: floor_bench THREADS INPUT OUTPUT COPY.  OUTPUT is what lighten made of INPUT; its bytes
 * are written to COPY again.  One thread reads and hashes them, since a layer is one message to
 * SHA-256; the next one writes them.  The others, and those two while they have nothing to do, hash
 * chunks of INPUT.  What is missing is what lighten is about: finding out what the bytes are, and
 * checking the result. */
#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK	    (1 << 20)
#define SLOTS	    16
#define MAX_THREADS 64

struct work {
	int input, output, copy;
	off_t input_size, output_size;
	atomic_long next;	 /* chunk of INPUT */
	char *slots[SLOTS];	 /* chunks of OUTPUT between hashing and writing */
	sem_t hashed, free_slot; /* how many */
};

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static size_t read_chunk(int fd, off_t size, long chunk, char *buffer)
{
	off_t left = size - (off_t)chunk * CHUNK;
	size_t len = left < CHUNK ? (size_t)left : CHUNK;

	if (left <= 0)
		return 0;
	if (pread(fd, buffer, len, (off_t)chunk * CHUNK) != (ssize_t)len)
		fail("read");
	return len;
}

/* Hash one more chunk of the input.  Is there one? */
static bool hash_chunk(struct work *work, char *buffer)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	long chunk = atomic_fetch_add(&work->next, 1);
	size_t len = read_chunk(work->input, work->input_size, chunk, buffer);

	if (len && !EVP_Digest(buffer, len, digest, NULL, EVP_sha256(), NULL))
		fail("hash");
	return len > 0;
}

static void *hash_input(void *arg)
{
	char *buffer = malloc(CHUNK);

	if (!buffer)
		fail("malloc");
	while (hash_chunk(arg, buffer))
		;
	free(buffer);
	return NULL;
}

static void write_chunk(struct work *work, long chunk)
{
	off_t at = (off_t)chunk * CHUNK;
	size_t len = work->output_size - at < CHUNK ? (size_t)(work->output_size - at) : CHUNK;

	if (pwrite(work->copy, work->slots[chunk % SLOTS], len, at) != (ssize_t)len)
		fail("write");
	sem_post(&work->free_slot);
}

static void *write_output(void *arg)
{
	struct work *work = arg;
	char *buffer = malloc(CHUNK);

	if (!buffer)
		fail("malloc");
	for (long chunk = 0; (off_t)chunk * CHUNK < work->output_size; chunk++) {
		while (sem_trywait(&work->hashed) < 0)
			if (!hash_chunk(work, buffer)) {
				sem_wait(&work->hashed);
				break;
			}
		write_chunk(work, chunk);
	}
	free(buffer);
	return hash_input(work);
}

static void hash_output(struct work *work, bool alone)
{
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	unsigned char digest[EVP_MAX_MD_SIZE];

	if (!hash || !EVP_DigestInit_ex(hash, EVP_sha256(), NULL))
		fail("hash");
	for (long chunk = 0; (off_t)chunk * CHUNK < work->output_size; chunk++) {
		char *slot = work->slots[chunk % SLOTS];
		size_t len;

		sem_wait(&work->free_slot);
		len = read_chunk(work->output, work->output_size, chunk, slot);
		if (!EVP_DigestUpdate(hash, slot, len))
			fail("hash");
		if (alone)
			write_chunk(work, chunk);
		else
			sem_post(&work->hashed);
	}
	if (!EVP_DigestFinal_ex(hash, digest, NULL))
		fail("hash");
	EVP_MD_CTX_free(hash);
}

static int open_file(const char *path, int flags, off_t *size)
{
	int fd = open(path, flags | O_CLOEXEC, 0666);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		fail(path);
	*size = st.st_size;
	return fd;
}

int main(int argc, char **argv)
{
	pthread_t threads[MAX_THREADS];
	long count = argc == 5 ? strtol(argv[1], NULL, 10) : 0;
	struct work work = { .next = 0 };
	off_t empty;

	if (count < 1 || count > MAX_THREADS) {
		fputs("usage: floor_bench THREADS INPUT OUTPUT COPY\n", stderr);
		return 2;
	}
	work.input = open_file(argv[2], O_RDONLY, &work.input_size);
	work.output = open_file(argv[3], O_RDONLY, &work.output_size);
	work.copy = open_file(argv[4], O_RDWR | O_CREAT | O_TRUNC, &empty);
	for (int i = 0; i < SLOTS; i++)
		if (!(work.slots[i] = malloc(CHUNK)))
			fail("malloc");
	sem_init(&work.hashed, 0, 0);
	sem_init(&work.free_slot, 0, SLOTS);
	for (long i = 1; i < count; i++)
		if (pthread_create(&threads[i], NULL, i == 1 ? write_output : hash_input, &work) !=
		    0)
			fail("pthread_create");
	hash_output(&work, count == 1);
	hash_input(&work);
	for (long i = 1; i < count; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < SLOTS; i++)
		free(work.slots[i]);
	return 0;
}
