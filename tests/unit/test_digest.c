/* test_digest.c - sha256 digests, their text form and chain ids. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/digest.h"
#include "util/strbuf.h"

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ABC   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
/* sha256 of "sha256:" EMPTY " sha256:" ABC */
#define CHAIN "a893da35bd22286079f2f3931516d3423eb9b4945f2379e0f8a501ec3d665dd6"
#define LAYER "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"

static void assert_digest(const struct digest *digest, const char *hex)
{
	char text[DIGEST_HEX_SIZE];

	digest_hex(digest, text);
	assert_string_equal(text, hex);
}

static void test_known_answers(void **state)
{
	static const char zeros[1024];
	static const struct {
		const char *data;
		size_t len;
		const char *hex;
	} rows[] = {
		{ "", 0, EMPTY },
		{ "abc", 3, ABC },
		{ zeros, sizeof(zeros), LAYER },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_PTR(hasher) hasher = hasher_new();
		struct digest digest;

		digest_of(&digest, rows[i].data, rows[i].len);
		assert_digest(&digest, rows[i].hex);
		for (size_t k = 0; k < rows[i].len; k++)
			hasher_update(hasher, rows[i].data + k, 1);
		hasher_finish(hasher, &digest);
		assert_digest(&digest, rows[i].hex);
		/* Ready for the next stream. */
		hasher_update(hasher, "abc", 3);
		hasher_finish(hasher, &digest);
		assert_digest(&digest, ABC);
	}
}

/* Two streams side by side, from any place in a block on, are what each is alone. */
static void test_two_updates(void **state)
{
	static const size_t lens[] = { 0, 1, 63, 64, 127, 128, 129, 4096, 100003 };
	static unsigned char a[100003 + 64], b[100003 + 64];

	(void)state;
	for (size_t i = 0; i < sizeof(a); i++) {
		a[i] = (unsigned char)(i * 31 >> 3);
		b[i] = (unsigned char)(i * 17 >> 2);
	}
	for (size_t begun_a = 0; begun_a < 65; begun_a += 13) {
		for (size_t begun_b = 0; begun_b < 65; begun_b += 16) {
			AUTO_PTR(hasher) left = hasher_new();
			AUTO_PTR(hasher) right = hasher_new();
			struct digest found, wanted;
			for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
				hasher_update(left, a, begun_a);
				hasher_update(right, b, begun_b);
				hasher_update_two(left, a + begun_a, right, b + begun_b, lens[i]);
				hasher_finish(left, &found);
				digest_of(&wanted, a, begun_a + lens[i]);
				assert_true(digest_equal(&found, &wanted));
				hasher_finish(right, &found);
				digest_of(&wanted, b, begun_b + lens[i]);
				assert_true(digest_equal(&found, &wanted));
			}
		}
	}
}

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		enum err_code code;
	} rows[] = {
		{ "sha256:" ABC, ERR_NONE },
		{ "sha256:" ABC "0", ERR_FORMAT },
		{ "sha256:" EMPTY "\n", ERR_FORMAT },
		{ "sha256:ba7816", ERR_FORMAT },
		{ "sha256:BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
		  ERR_FORMAT },
		{ "sha256:ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		  ERR_FORMAT },
		{ ABC, ERR_FORMAT },
		{ "", ERR_FORMAT },
		{ "md5:900150983cd24fb0d6963f7d28e17f72", ERR_FORMAT },
		{ "sha512:" ABC ABC, ERR_UNSUPPORTED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(error) err = ERROR_INIT;
		struct digest digest;
		int rc = digest_parse(&digest, rows[i].text, &err);

		assert_int_equal(err.code, rows[i].code);
		assert_int_equal(rc, rows[i].code == ERR_NONE ? 0 : -1);
		if (rc == 0) {
			char text[DIGEST_TEXT_SIZE];

			digest_text(&digest, text);
			assert_string_equal(text, rows[i].text);
		}
	}
}

static void test_messages_are_printable_and_short(void **state)
{
	AUTO(error) err = ERROR_INIT;
	AUTO(strbuf) text = STRBUF_INIT;
	struct digest digest;

	(void)state;
	strbuf_addstr(&text, "\033[2J");
	for (int i = 0; i < 10000; i++)
		strbuf_addch(&text, 'a');
	assert_int_equal(digest_parse(&digest, text.data, &err), -1);
	assert_null(strchr(err.message, '\033'));
	assert_true(strlen(err.message) < 300);
}

static void test_from_hex(void **state)
{
	struct digest digest = { .bytes = { 1 } };

	(void)state;
	assert_false(digest_from_hex(&digest, ABC, 63));
	assert_false(digest_from_hex(&digest, ABC "a", 65));
	assert_int_equal(digest.bytes[0], 1);
	/* No NUL needed. */
	assert_true(digest_from_hex(&digest, ABC "zz", 64));
	assert_digest(&digest, ABC);
}

static void test_compare(void **state)
{
	struct digest a = { .bytes = { 1 } }, b = { .bytes = { 1 } };

	(void)state;
	assert_true(digest_equal(&a, &b));
	b.bytes[DIGEST_BYTES - 1] = 0x80;
	assert_false(digest_equal(&a, &b));
	assert_true(digest_compare(&a, &b) < 0);
	assert_true(digest_compare(&b, &a) > 0);
	assert_int_equal(digest_compare(&a, &a), 0);
}

static void test_chain_id(void **state)
{
	struct digest lower, upper, chain;

	(void)state;
	digest_of(&lower, "", 0);
	digest_of(&upper, "abc", 3);
	digest_chain_id(&chain, NULL, &lower);
	assert_true(digest_equal(&chain, &lower));
	digest_chain_id(&chain, &lower, &upper);
	assert_digest(&chain, CHAIN);
	/* The result may take the place of the parent. */
	digest_chain_id(&lower, &lower, &upper);
	assert_digest(&lower, CHAIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_answers),
		cmocka_unit_test(test_two_updates),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_messages_are_printable_and_short),
		cmocka_unit_test(test_from_hex),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_chain_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
