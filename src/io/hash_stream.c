/* hash_stream.c - one digest in the making: of a range, or of chunks that are pushed. */
#include "hash_stream.h"

#include "util/xalloc.h"

bool hash_stream_is_range(const struct hash_stream *stream)
{
	return stream->mapped.range.fd >= 0;
}

/* --- for the crew ---------------------------------------------------------------------------- */

size_t hash_stream_available(const struct hash_stream *stream)
{
	uint64_t end = stream->end, allowed = stream->reached;

	if (stream->failed)
		return 0;
	if (!hash_stream_is_range(stream))
		return stream->queued ? stream->chunks[stream->first].len - stream->done_of_first
				      : 0;
	allowed = allowed > UINT64_MAX - stream->lead ? UINT64_MAX : allowed + stream->lead;
	end = end < allowed ? end : allowed;
	if (end <= stream->done)
		return 0;
	return end - stream->done < HASH_PIECE_BYTES ? (size_t)(end - stream->done)
						     : HASH_PIECE_BYTES;
}

uint64_t hash_stream_left(const struct hash_stream *stream)
{
	return !stream->failed && stream->end > stream->done ? stream->end - stream->done : 0;
}

uint64_t hash_stream_lag(const struct hash_stream *stream)
{
	uint64_t reached = stream->reached < stream->end ? stream->reached : stream->end;

	if (!hash_stream_is_range(stream) || stream->lead == UINT64_MAX)
		return 0;
	return reached > stream->done ? reached - stream->done : 0;
}

const unsigned char *hash_stream_enter(struct hash_stream *stream, size_t len)
{
	if (!hash_stream_is_range(stream))
		return stream->chunks[stream->first].bytes + stream->done_of_first;
	return mapped_range_enter(&stream->mapped, stream->done, len, &stream->err);
}

void hash_stream_leave(struct hash_stream *stream)
{
	if (hash_stream_is_range(stream))
		mapped_range_leave(&stream->mapped, &stream->err);
}

void hash_stream_advance(struct hash_stream *stream, size_t len)
{
	stream->done += len;
	if (hash_stream_is_range(stream)) {
		if (stream->done == stream->end)
			mapped_range_release(&stream->mapped);
		return;
	}
	stream->done_of_first += len;
	if (stream->done_of_first < stream->chunks[stream->first].len)
		return;
	stream->first = (stream->first + 1) % HASH_QUEUE;
	stream->queued--;
	stream->done_of_first = 0;
}

/* --- for the owner --------------------------------------------------------------------------- */

static struct hash_stream *stream_new(struct hash_crew *crew, struct range range)
{
	struct hash_stream *stream = xcalloc(1, sizeof(*stream));

	stream->hasher = hasher_new();
	stream->mapped.range = range;
	stream->end = range.length;
	stream->lead = UINT64_MAX;
	hash_crew_add(crew, stream);
	return stream;
}

struct hash_stream *hash_stream_new(struct hash_crew *crew)
{
	return stream_new(crew, (struct range){ .fd = -1 });
}

struct hash_stream *hash_stream_of_range(struct hash_crew *crew, struct range range)
{
	return stream_new(crew, range);
}

static bool has_own_chunk(const struct hash_stream *stream)
{
	return stream->queued < HASH_CHUNKS;
}

static bool has_room(const struct hash_stream *stream)
{
	return stream->queued < HASH_QUEUE;
}

static bool has_hashed(const struct hash_stream *stream)
{
	return stream->done >= stream->wanted;
}

static bool is_done(const struct hash_stream *stream)
{
	return !stream->busy &&
	       (stream->failed ||
		(hash_stream_is_range(stream) ? stream->done == stream->end : !stream->queued));
}

/* The owner's chunk; only its calls change which one that is. */
static unsigned char **own_chunk(struct hash_stream *stream)
{
	return &stream->own[(stream->first + stream->queued) % HASH_CHUNKS];
}

/* The lock is held on the way in and out. */
static void queue(struct hash_stream *stream, const unsigned char *bytes, size_t len)
{
	stream->chunks[(stream->first + stream->queued) % HASH_QUEUE] =
		(struct hash_chunk){ bytes, len };
	stream->queued++;
	hash_crew_wake(stream->crew);
}

unsigned char *hash_stream_chunk(struct hash_stream *stream)
{
	unsigned char **chunk;

	hash_crew_lock(stream->crew);
	hash_crew_help(stream->crew, stream, has_own_chunk);
	chunk = own_chunk(stream);
	hash_crew_unlock(stream->crew);
	if (!*chunk)
		*chunk = xmalloc(HASH_CHUNK_BYTES);
	return *chunk;
}

void hash_stream_push(struct hash_stream *stream, size_t len)
{
	if (!len)
		return;
	hash_crew_lock(stream->crew);
	queue(stream, *own_chunk(stream), len);
	hash_crew_unlock(stream->crew);
}

void hash_stream_lend(struct hash_stream *stream, const void *bytes, size_t len)
{
	if (!len)
		return;
	hash_crew_lock(stream->crew);
	hash_crew_help(stream->crew, stream, has_room);
	queue(stream, bytes, len);
	hash_crew_unlock(stream->crew);
}

void hash_stream_wait(struct hash_stream *stream, uint64_t bytes)
{
	hash_crew_lock(stream->crew);
	stream->wanted = bytes;
	hash_crew_help(stream->crew, stream, has_hashed);
	hash_crew_unlock(stream->crew);
}

void hash_stream_expect(struct hash_stream *stream, uint64_t bytes)
{
	hash_crew_lock(stream->crew);
	stream->end = bytes;
	hash_crew_unlock(stream->crew);
}

void hash_stream_follow(struct hash_stream *stream, uint64_t lead)
{
	hash_crew_lock(stream->crew);
	stream->lead = lead;
	hash_crew_unlock(stream->crew);
}

void hash_stream_reached(struct hash_stream *stream, uint64_t at)
{
	if (!stream)
		return;
	hash_crew_lock(stream->crew);
	stream->reached = at;
	hash_crew_wake(stream->crew);
	hash_crew_unlock(stream->crew);
}

int hash_stream_finish(struct hash_stream *stream, struct digest *out, struct error *err)
{
	hash_stream_reached(stream, UINT64_MAX);
	hash_crew_lock(stream->crew);
	hash_crew_help(stream->crew, stream, is_done);
	if (!hash_stream_is_range(stream))
		stream->done = stream->end = 0;
	hash_crew_unlock(stream->crew);
	if (stream->failed)
		return error_move(err, &stream->err);
	hasher_finish(stream->hasher, out);
	return 0;
}

void hash_stream_free(struct hash_stream *stream)
{
	if (!stream)
		return;
	hash_crew_remove(stream->crew, stream);
	hasher_free(stream->hasher);
	error_release(&stream->err);
	for (int i = 0; i < HASH_CHUNKS; i++)
		free(stream->own[i]);
	mapped_range_release(&stream->mapped);
	free(stream);
}
