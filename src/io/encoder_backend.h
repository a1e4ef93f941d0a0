/* encoder_backend.h - what encoder.c and the encoder of one format share. */
#ifndef IO_ENCODER_BACKEND_H
#define IO_ENCODER_BACKEND_H

#include <stddef.h>

#include "io/encoder.h"

struct encoder_sink {
	encoder_emit emit;
	void *arg;
};

/* The level is never 0 here. */
struct encoder_format {
	enum compression compression;
	int default_level, max_level;
	void *(*open)(const struct encoding *encoding, unsigned threads, struct error *err);
	int (*room)(void *state, const struct encoder_sink *sink, struct encoder_room *out,
		    struct error *err);
	int (*advance)(void *state, const struct encoder_sink *sink, size_t len, struct error *err);
	bool (*keeps_output)(const void *state);
	int (*finish)(void *state, const struct encoder_sink *sink, struct error *err);
	void (*close)(void *state);
};

extern const struct encoder_format encoder_gzip;
extern const struct encoder_format encoder_zstd;

#endif
