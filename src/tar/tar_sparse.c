/* tar_sparse.c - the maps of sparse files: old GNU, and pax formats 0.0, 0.1 and 1.0. */
#include "tar_internal.h"

#include <string.h>

int tar_sparse_parse_map(struct tar_chunks *chunks, struct tar_text map,
			 const struct limits *limits, struct error *err)
{
	const char *p = map.bytes, *end = map.bytes + map.len;
	int64_t pair[2];
	size_t have = 0;

	while (p < end) {
		const char *comma = memchr(p, ',', (size_t)(end - p));
		const char *stop = comma ? comma : end;
		if (!tar_decimal(&pair[have], (struct tar_text){ p, (size_t)(stop - p) }) ||
		    pair[have] < 0)
			return error_set(err, ERR_FORMAT, "sparse map: not a number");
		if (++have == 2) {
			if (chunks->count >= limits->sparse_chunks)
				return error_set(err, ERR_LIMIT,
						 "sparse map: more than %llu pieces",
						 (unsigned long long)limits->sparse_chunks);
			vec_push(chunks,
				 (struct tar_chunk){ (uint64_t)pair[0], (uint64_t)pair[1] });
			have = 0;
		}
		p = comma ? comma + 1 : end;
	}
	if (have)
		return error_set(err, ERR_FORMAT, "sparse map: an offset without a length");
	return 0;
}

int tar_sparse_parse_old(struct tar_chunks *chunks, const unsigned char *area, size_t pairs,
			 struct error *err)
{
	for (size_t i = 0; i < pairs && area[i * 24]; i++) {
		int64_t offset, length;
		if (tar_number(&offset, area + i * 24, 12, "sparse offset", err) < 0 ||
		    tar_number(&length, area + i * 24 + 12, 12, "sparse length", err) < 0)
			return -1;
		if (offset < 0 || length < 0)
			return error_set(err, ERR_FORMAT, "sparse map: negative number");
		vec_push(chunks, (struct tar_chunk){ (uint64_t)offset, (uint64_t)length });
	}
	return 0;
}

int tar_sparse_check(const struct tar_chunks *chunks, uint64_t size, uint64_t stored,
		     const struct limits *limits, struct error *err)
{
	uint64_t end = 0, sum = 0;

	if (size > limits->sparse_bytes)
		return error_set(err, ERR_LIMIT,
				 "sparse file of %llu bytes (--limit sparse-bytes=N)",
				 (unsigned long long)size);
	vec_foreach (chunk, chunks) {
		if (chunk->offset < end || chunk->offset > size ||
		    chunk->length > size - chunk->offset || chunk->length > stored - sum)
			return error_set(err, ERR_FORMAT,
					 "sparse map: pieces overlap or leave the file");
		end = chunk->offset + chunk->length;
		sum += chunk->length;
	}
	return 0;
}
