/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "../lib/tap.h"
#include "../lib/temp-root.h"
#include "file/digest.h"

#define OF_NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define OF_ABC     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define OF_TWO     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
#define OF_MILLION "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

/* The examples of FIPS 180. */
static const struct {
        const char *text, *hex;
} vectors[] = {
        {"", OF_NOTHING},
        {"abc", OF_ABC},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", OF_TWO},
};

static Span span_of(const char *text)
{
        return (Span){(const uint8_t *)text, strlen(text)};
}

static void check_hex(const Digest *digest, const char *expected)
{
        char hex[DIGEST_HEX_SIZE];

        digest_to_hex(digest, hex);
        CHECK_TEXT(hex, expected);
}

static void spans_have_the_published_digests(void)
{
        for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
                Digest digest;

                REQUIRE(digest_of_span(span_of(vectors[i].text), &digest) == 0);
                check_hex(&digest, vectors[i].hex);
        }
}

static void pieces_make_the_whole(void)
{
        _cleanup_(digester_freep) Digester *digester = NULL;
        uint8_t piece[997];
        size_t left = 1000000;
        Digest digest;

        memset(piece, 'a', sizeof(piece));
        REQUIRE(digester_new(&digester) == 0);
        for (; left > 0; left -= MIN(left, sizeof(piece)))
                REQUIRE(digester_add(digester, (Span){piece, MIN(left, sizeof(piece))}) == 0);
        REQUIRE(digester_end(digester, &digest) == 0);
        check_hex(&digest, OF_MILLION);
}

static void a_fork_goes_on_alone(void)
{
        _cleanup_(digester_freep) Digester *digester = NULL, *fork = NULL;
        const Span ab = {(const uint8_t *)"ab", 2}, c = {(const uint8_t *)"c", 1};
        const Span abc = {(const uint8_t *)"abc", 3};
        Digest expected, found;

        REQUIRE(digester_new(&digester) == 0);
        REQUIRE(digester_add(digester, ab) == 0);
        REQUIRE(digester_fork(digester, &fork) == 0);
        REQUIRE(digester_add(digester, abc) == 0);
        REQUIRE(digester_add(fork, c) == 0);
        REQUIRE(digester_end(fork, &found) == 0);
        REQUIRE(digest_of_span(abc, &expected) == 0);
        CHECK(digest_equal(&found, &expected));
        REQUIRE(digester_end(digester, &found) == 0);
        REQUIRE(digest_of_span((Span){(const uint8_t *)"ababc", 5}, &expected) == 0);
        CHECK(digest_equal(&found, &expected));
}

/* Of different lengths, so that they end one after the other, and one that cannot be read. */
static void files_at_once_have_their_digests(void)
{
        _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
        _cleanup_free_ uint8_t *bytes = calloc(1, 2000000);
        DigestedFile files[7] = {};

        REQUIRE(bytes);
        for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
                bytes[i] = (uint8_t)(i + 1);
                files[i].fd = i == 3 ? dup(temp.root.fd)
                                     : temp_file(temp.root.fd, (char[]){'a' + (char)i, '\0'}, bytes,
                                                 (i * 7 % 5) * 400000);
        }
        digest_files(files, ARRAY_SIZE(files));
        for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
                Digest expected;
                uint64_t size;
                int r = digest_of_fd(files[i].fd, &expected, &size);

                CHECK_EQUAL(files[i].error, r);
                CHECK(i == 3 ? r == -EBADF : r == 0);
                if (r >= 0) {
                        CHECK(digest_equal(&files[i].digest, &expected));
                        CHECK_EQUAL(files[i].size, size);
                }
                (void)close(files[i].fd);
        }
        digest_files(files, 0);
}

static void files_are_read_from_their_start(void)
{
        _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
        _cleanup_free_ uint8_t *bytes = malloc(1000000);
        uint64_t size = 0;
        Digest digest;

        for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
                Span span = span_of(vectors[i].text);
                _cleanup_close_ int fd = temp_file(temp.root.fd, "file", span.bytes, span.size);

                REQUIRE(lseek(fd, 0, SEEK_END) == (off_t)span.size);
                REQUIRE(digest_of_fd(fd, &digest, &size) == 0);
                CHECK_EQUAL(size, span.size);
                CHECK_EQUAL(lseek(fd, 0, SEEK_CUR), span.size);
                check_hex(&digest, vectors[i].hex);
        }
        REQUIRE(bytes);
        memset(bytes, 'a', 1000000);
        _cleanup_close_ int million = temp_file(temp.root.fd, "million", bytes, 1000000);

        REQUIRE(digest_of_fd(million, &digest, NULL) == 0);
        check_hex(&digest, OF_MILLION);
        CHECK_EQUAL(digest_of_fd(temp.root.fd, &digest, NULL), -EBADF); /* O_PATH */
}

static void hex_goes_there_and_back(void)
{
        Digest digest, back;

        for (size_t i = 0; i < DIGEST_SIZE; i++)
                digest.bytes[i] = (uint8_t)(i * 9 + 1);
        char hex[DIGEST_HEX_SIZE];

        digest_to_hex(&digest, hex);
        REQUIRE(digest_from_hex(hex, &back) == 0);
        CHECK(digest_equal(&digest, &back));
        back.bytes[DIGEST_SIZE - 1] ^= 1;
        CHECK(!digest_equal(&digest, &back));
}

static void other_texts_are_no_digest(void)
{
        static const char *const texts[] = {
                "",
                "abc",
                "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a",
                OF_ABC "0",
                OF_ABC "\n",
                " a7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                "0x7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a/",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015:d",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015`d",
                "ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        };
        Digest digest = {{0x5A}};

        for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
                CHECK_EQUAL(digest_from_hex(texts[i], &digest), -EINVAL);
                CHECK_EQUAL(digest.bytes[0], 0x5A);
        }
}

int main(void)
{
        CASE(spans_have_the_published_digests);
        CASE(pieces_make_the_whole);
        CASE(a_fork_goes_on_alone);
        CASE(files_at_once_have_their_digests);
        CASE(files_are_read_from_their_start);
        CASE(hex_goes_there_and_back);
        CASE(other_texts_are_no_digest);
        return tap_end();
}
