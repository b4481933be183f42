/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "../lib/replaced.h"
#include "../lib/tap.h"
#include "base/text.h"
#include "vault/manifest.h"

#define SHA256     "84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882"
#define ATTRIBUTES "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ORIGINAL(path)                                                             \
        "{\"path\":\"" path "\",\"role\":\"vmx\",\"size\":10,\"sha256\":\"" SHA256 \
        "\",\"attributes_sha256\":\"" ATTRIBUTES "\"}"

/* As archives hold it, but for blanks: a change of the format shows here. */
static const char sound[] =
        "{\"format\":1,\"product\":\"Test\",\"version\":null,\"build\":null,"
        "\"created\":1750000000,\"serial\":7,\"originals\":[" ORIGINAL("a") "," ORIGINAL("b") "]}";

/* Whether formatting what was parsed gives the same text, blanks aside. */
static void a_sound_one_comes_back(void)
{
        _cleanup_(archive_done) Archive archive = {};
        _cleanup_free_ char *text = NULL;
        size_t size, used = 0;

        REQUIRE(manifest_parse(sound, strlen(sound), &archive) == 0);
        CHECK_EQUAL(archive.original_count, 2);
        CHECK_EQUAL(archive.created, 1750000000);
        CHECK_EQUAL(archive.serial, 7);
        CHECK_TEXT(archive.build.product, "Test");
        CHECK(!archive.build.version && !archive.build.build);
        CHECK_TEXT(archive.originals[1].path, "b");
        CHECK_EQUAL(archive.originals[1].size, 10);
        REQUIRE(manifest_format(&archive, &text, &size) == 0);
        CHECK_EQUAL(size, strlen(text));
        for (size_t i = 0; i < size; i++)
                if (text[i] != ' ' && text[i] != '\n')
                        text[used++] = text[i];
        text[used] = '\0';
        CHECK_TEXT(text, sound);
}

/* As it was before archives had one. */
static void one_without_a_serial_is_the_oldest(void)
{
        _cleanup_free_ char *text = replaced(sound, "\"serial\":7,", "");
        _cleanup_(archive_done) Archive archive = {.serial = 77};

        REQUIRE(manifest_parse(text, strlen(text), &archive) == 0);
        CHECK_EQUAL(archive.serial, 0);
}

static void every_other_is_refused(void)
{
        static const char *const cases[][2] = {
                {"\"format\":1", "\"format\":2"},
                {"\"format\":1,", ""},
                {"\"created\":1750000000", "\"created\":-1"},
                {"\"created\":1750000000", "\"created\":\"now\""},
                {"\"created\":1750000000,", ""},
                {"\"product\":\"Test\"", "\"product\":1"},
                {"\"originals\":[", "\"originals\":[1,"},
                {"\"originals\":[", "\"originals\":[null,"},
                {"\"originals\":[", "\"others\":["},
                {"\"path\":\"a\"", "\"path\":\"/a\""},
                {"\"path\":\"a\"", "\"path\":\"../a\""},
                {"\"path\":\"a\"", "\"path\":\"a/../a\""},
                {"\"path\":\"a\"", "\"path\":\"./a\""},
                {"\"path\":\"a\"", "\"path\":\"a/\""},
                {"\"path\":\"a\"", "\"path\":\"\""},
                {"\"path\":\"a\"", "\"path\":\"a\\u0000\""},
                {"\"path\":\"a\"", "\"path\":\"b\""}, /* twice */
                {"\"path\":\"a\"", "\"path\":\"c\""}, /* descends */
                {"\"path\":\"a\"", "\"path\":7"},
                {"\"path\":\"a\",", ""},
                {"\"role\":\"vmx\",", ""},
                {"\"role\":\"vmx\"", "\"role\":null"},
                {"\"size\":10", "\"size\":-10"},
                {"\"size\":10", "\"size\":\"10\""},
                {"\"size\":10", "\"size\":10.0"},
                {"\"size\":10", "\"size\":4294967297"},
                {"\"size\":10,", ""},
                {"\"size\":10", "\"size\":1e1"},
                {"\"size\":10", "\"size\":NaN"},
                {"\"size\":10", "\"size\":9223372036854775807"},
                {"\"size\":10", "\"size\":18446744073709551615"},
                {"\"size\":10", "\"size\":18446744073709551626"}, /* 2^64 + 10 */
                {"\"size\":10", "\"size\":-18446744073709551606"},
                {"\"created\":1750000000", "\"created\":9223372036854775807"},
                {"\"serial\":7", "\"serial\":-7"},
                {"\"serial\":7", "\"serial\":\"7\""},
                {"\"serial\":7", "\"serial\":9007199254740993"},
                {"\"attributes_sha256\"", "\"attributes\""},
                {"\"sha256\":\"84d89877", "\"sha256\":\"84D89877"},
                {"\"sha256\":\"84d89877", "\"sha256\":\"84d8987"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_free_ char *text = replaced(sound, cases[i][0], cases[i][1]);
                Archive archive = {.created = 77};
                int r = manifest_parse(text, strlen(text), &archive);

                CHECK_EQUAL(r, -EBADMSG);
                CHECK_EQUAL(archive.created, 77);
                if (r != -EBADMSG)
                        printf("# %s -> %s\n", cases[i][0], cases[i][1]);
        }
}

static void every_truncation_is_refused(void)
{
        for (size_t size = 0; size < strlen(sound); size++) {
                Archive archive = {};

                CHECK_EQUAL(manifest_parse(sound, size, &archive), -EBADMSG);
        }
}

static void names_at_most_64(void)
{
        for (size_t count = ORIGINALS_MAX; count <= ORIGINALS_MAX + 1; count++) {
                Original originals[ORIGINALS_MAX + 1] = {};
                char paths[ORIGINALS_MAX + 1][8], role[] = "vmx";
                _cleanup_(archive_done) Archive parsed = {};
                Archive archive = {.originals = originals, .original_count = count};
                _cleanup_free_ char *text = NULL;
                size_t size;

                for (size_t i = 0; i < count; i++) {
                        text_put(paths[i], sizeof(paths[i]), "%03zu", i);
                        originals[i] = (Original){.path = paths[i], .role = role};
                }
                REQUIRE(manifest_format(&archive, &text, &size) == 0);
                CHECK_EQUAL(manifest_parse(text, size, &parsed),
                            count == ORIGINALS_MAX ? 0 : -EBADMSG);
        }
}

/* Its path as formatted is UTF-8 and stands in the text; read, it is what it was. */
static void any_path_comes_back(void)
{
        static const char *const rows[][2] = {
                {"\u00E4/\u20AC/\U0001F600", "\u00E4/\u20AC/\U0001F600"},
                {"b\xE4r", "b\uFFFDe4r"},
                {"\xED\xA0\x80", "\uFFFDed\uFFFDa0\uFFFD80"},
                {"\uFFFDe4", "\uFFFDef\uFFFDbf\uFFFDbde4"},
                {"a\"b\\u00e4", "a\\\"b\\\\u00e4"},
                {"a\nb\x01\x1B\x7F", "a\\nb\\u0001\\u001b\x7F"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                _cleanup_(archive_done) Archive parsed = {};
                _cleanup_free_ char *path = strdup(rows[i][0]), *text = NULL, *member = NULL;
                char role[] = "vmx";
                Original original = {.path = path, .role = role};
                const Archive archive = {.originals = &original, .original_count = 1};
                size_t size;

                REQUIRE(path && manifest_format(&archive, &text, &size) == 0);
                REQUIRE(text_format(&member, "\"path\":\"%s\"", rows[i][1]) == 0);
                CHECK(strstr(text, member) != NULL);
                REQUIRE(manifest_parse(text, size, &parsed) == 0);
                CHECK_TEXT(parsed.originals[0].path, rows[i][0]);
        }
}

/* Older versions wrote UTF-8 as it was, and U+FFFD too; others may escape what they like. */
static void a_path_is_read_as_others_wrote_it(void)
{
        static const char *const rows[][2] = {
                {"\uFFFDx/\uFFFD", "\uFFFDx/\uFFFD"},
                {"\uFFFD7f\uFFFDE4\uFFFDe", "\uFFFD7f\uFFFDE4\uFFFDe"},
                {"\\u00e4\\ud83d\\ude00", "\u00E4\U0001F600"},
                {"\\ufffde4", "\xE4"},
                {"\xE4", NULL},
                {"\xC3", NULL},
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                _cleanup_free_ char *path = NULL, *text = NULL;
                _cleanup_(archive_done) Archive parsed = {};
                int r;

                REQUIRE(text_format(&path, "\"path\":\"%s\"", rows[i][0]) == 0);
                text = replaced("{\"format\":1,\"created\":1,\"originals\":[" ORIGINAL("a") "]}",
                                "\"path\":\"a\"", path);
                r = manifest_parse(text, strlen(text), &parsed);
                CHECK_EQUAL(r, rows[i][1] ? 0 : -EBADMSG);
                if (r == 0)
                        CHECK_TEXT(parsed.originals[0].path, rows[i][1]);
        }
}

int main(void)
{
        CASE(a_sound_one_comes_back);
        CASE(one_without_a_serial_is_the_oldest);
        CASE(every_other_is_refused);
        CASE(every_truncation_is_refused);
        CASE(names_at_most_64);
        CASE(any_path_comes_back);
        CASE(a_path_is_read_as_others_wrote_it);
        return tap_end();
}
