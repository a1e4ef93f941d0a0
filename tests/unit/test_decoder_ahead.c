/* test_decoder_ahead.c - members decoded side by side are what they are one after the other. */
#include "codec_forge.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* In some members of five, the length that they tell is wrong. */
static void test_lying_lengths(void **state)
{
	static const struct encoding gzip = { .compression = COMPRESSION_GZIP };
	static const uint32_t lies[] = { 0, 1, 27, 28, 29, 40, 5000, 20000000, UINT32_MAX };
	AUTO(strbuf) plain = STRBUF_INIT;
	AUTO(strbuf) packed = STRBUF_INIT;
	AUTO(strbuf) piece = STRBUF_INIT;
	size_t members[5];

	(void)state;
	make_plain(&piece, 30000);
	for (int i = 0; i < 5; i++) {
		members[i] = packed.len;
		encode(&packed, &gzip, 1, &piece, 30000);
		strbuf_add(&plain, piece.data, piece.len);
	}
	assert_decodes(COMPRESSION_GZIP, &packed, 1 << 16, &plain, false);
	for (size_t l = 0; l < COUNT(lies); l++)
		for (int from = 0; from < 5; from++)
			for (int to = from; to < 5; to++) {
				AUTO(strbuf) lying = STRBUF_INIT;

				strbuf_add(&lying, packed.data, packed.len);
				for (int i = from; i <= to; i++)
					memcpy(lying.data + members[i] + 16, &lies[l], 4);
				assert_decodes(COMPRESSION_GZIP, &lying, 7777, &plain, false);
			}
}

/* Members that tell their length among others that do not. */
static void test_mixed_members(void **state)
{
	/* printf abc | gzip -n */
	static const unsigned char foreign[] = { 0x1f, 0x8b, 0x08, 0,	 0,    0,    0, 0,
						 0,    0x03, 0x4b, 0x4c, 0x4a, 0x06, 0, 0xc2,
						 0x41, 0x24, 0x35, 0x03, 0,    0,    0 };
	static const struct encoding gzip = { .compression = COMPRESSION_GZIP };
	AUTO(strbuf) plain = STRBUF_INIT;
	AUTO(strbuf) packed = STRBUF_INIT;

	(void)state;
	for (int i = 0; i < 40; i++) {
		AUTO(strbuf) piece = STRBUF_INIT;

		make_plain(&piece, (size_t)i * 1000);
		if (i % 5 == 2) {
			strbuf_add(&packed, (const char *)foreign, sizeof(foreign));
			strbuf_addstr(&plain, "abc");
		}
		encode(&packed, &gzip, 2, &piece, 4096);
		strbuf_add(&plain, piece.data ? piece.data : "", piece.len);
	}
	assert_decodes(COMPRESSION_GZIP, &packed, 10000, &plain, false);
}

/* Frames of full size, skippable ones between them; cut, and damaged. */
static void test_many_frames(void **state)
{
	static const struct encoding zstd = { .compression = COMPRESSION_ZSTD };
	AUTO(strbuf) plain = STRBUF_INIT;
	AUTO(strbuf) packed = STRBUF_INIT;

	(void)state;
	make_plain(&plain, 2 * ENCODER_FRAME + 5);
	encode(&packed, &zstd, 4, &plain, 1 << 20);
	strbuf_add(&packed, SKIPPABLE, sizeof(SKIPPABLE) - 1);
	repeat(&packed);
	repeat(&plain);
	assert_decodes(COMPRESSION_ZSTD, &packed, 1 << 20, &plain, false);
	packed.len -= sizeof(SKIPPABLE) + 5;
	assert_fails(COMPRESSION_ZSTD, &packed, ERR_FORMAT, "ends too early");
	packed.data[packed.len / 3] = (char)(packed.data[packed.len / 3] ^ 1);
	assert_fails(COMPRESSION_ZSTD, &packed, ERR_FORMAT, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lying_lengths),
		cmocka_unit_test(test_mixed_members),
		cmocka_unit_test(test_many_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
