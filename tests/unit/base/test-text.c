/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "../lib/tap.h"
#include "base/text.h"

static void decimal_numbers_are_read_whole(void)
{
        static const struct {
                const char *text;
                int result;
                uint64_t value;
        } rows[] = {
                {"0", 0, 0},
                {"007", 0, 7},
                {"18446744073709551615", 0, UINT64_MAX},
                {"18446744073709551616", -ERANGE, 0},
                {"18446744073709551620", -ERANGE, 0},
                {"99999999999999999999", -ERANGE, 0},
                {"", -EINVAL, 0},
                {" 1", -EINVAL, 0},
                {"1 ", -EINVAL, 0},
                {"+1", -EINVAL, 0},
                {"-1", -EINVAL, 0},
                {"0x1", -EINVAL, 0},
                {"1\n", -EINVAL, 0},
                {"1:", -EINVAL, 0},
                {"1/", -EINVAL, 0},
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                uint64_t value = 4711;

                CHECK_EQUAL(text_to_u64(rows[i].text, &value), rows[i].result);
                CHECK(value == (rows[i].result < 0 ? 4711 : rows[i].value));
        }
}

static void a_path_has_a_last_component(void)
{
        CHECK_TEXT(text_after_slash("usr/lib/vmware"), "vmware");
        CHECK_TEXT(text_after_slash("/vmware"), "vmware");
        CHECK_TEXT(text_after_slash("vmware"), "vmware");
        CHECK_TEXT(text_after_slash("lib/"), "");
        CHECK_TEXT(text_after_slash(""), "");
}

static void excerpts_end_at_a_character(void)
{
        static const struct {
                const char *text, *excerpt;
        } rows[] = {
                {"", ""},
                {"eight by", "eight by"},
                {"nine byte", "nine ..."},
                {"\xE4\xE4", "\\xe4\\xe4"},
                {"\xE4\xE4\xE4", "\\xe4\\..."},
                {"\xE5\x9B\xBA\xE5\x9B\xBA\xE5\x9B\xBA\xE5\x9B\xBA\xE5\x9B\xBA\xE5\x9B\xBA"
                 "\xE5\x9B\xBA\xE5\x9B\xBA\xE5\x9B\xBA",
                 "\xE5\x9B\xBA\xE5\x9B\xBA\xE5\x9B\xBA\xE5\x9B\xBA\xE5\x9B\xBA..."},
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                _cleanup_free_ char *made = NULL;

                REQUIRE(text_excerpt(rows[i].text, 8, &made) == 0);
                CHECK_TEXT(made, rows[i].excerpt);
        }
}

static void printable_is_ascii_that_shows(void)
{
        for (unsigned i = 0; i < 256; i++) {
                uint8_t bytes[3] = {'a', (uint8_t)i, 'b'};

                CHECK(text_is_printable(bytes, 3) == (i >= ' ' && i <= '~'));
        }
        CHECK(text_is_printable(NULL, 0));
}

/* Length of the character that begins a text; 0: none does. */
static void characters_have_a_length(void)
{
        static const struct {
                const char *text;
                size_t length;
        } rows[] = {
                {"a", 1},
                {"\x7F", 1},
                {"\xC3\xA9", 2},
                {"\xE2\x82\xAC", 3},
                {"\xED\x9F\xBF", 3},
                {"\xF0\x9F\x98\x80", 4},
                {"\xF4\x8F\xBF\xBF", 4},
                {"\xE9t", 0},
                {"\xE2\x82", 0},         /* cut off */
                {"\x80", 0},             /* begins nothing */
                {"\xC0\xAF", 0},         /* '/' in two bytes, */
                {"\xE0\x9F\xBF", 0},     /* in three, */
                {"\xF0\x8F\xBF\xBF", 0}, /* in four */
                {"\xED\xA0\x80", 0},     /* a surrogate */
                {"\xF4\x90\x80\x80", 0}, /* beyond U+10FFFF */
                {"\xF5\xFF", 0},
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
                CHECK_EQUAL(text_character_length(rows[i].text), rows[i].length);
}

static void escapes_are_spelt(void)
{
        static const char *const rows[][2] = {
                {"", ""},
                {"a b\\c", "a b\\c"},
                {"a\x1b[31m\n\t\x7f", "a\\x1b[31m\\x0a\\x09\\x7f"},
                {"\xC3\xA9\xF0\x9F\x98\x80", "\u00E9\U0001F600"},
                {"\xC2\x9Bm\xC2\xA0", "\\xc2\\x9bm\xC2\xA0"}, /* C1 ends at U+009F */
                {"\xE2\x80\xA7\xE2\x80\xA8\xE2\x80\xAE\xE2\x80\xAF",
                 "\xE2\x80\xA7\\xe2\\x80\\xa8\\xe2\\x80\\xae\xE2\x80\xAF"},
                {"\xE2\x81\x9F\xE2\x81\xA0\xE2\x81\xAF\xE2\x81\xB0",
                 "\xE2\x81\x9F\\xe2\\x81\\xa0\\xe2\\x81\\xaf\xE2\x81\xB0"},
                {"a\u200Bb\uFEFF", "a\\xe2\\x80\\x8bb\\xef\\xbb\\xbf"},
                {"\xE9t\xE2\x82", "\\xe9t\\xe2\\x82"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                _cleanup_free_ char *escaped = NULL;

                REQUIRE(text_escape(&escaped, rows[i][0]) == 0);
                CHECK_TEXT(escaped, rows[i][1]);
        }
}

static void ascii_is_all_that_stays(void)
{
        static const char *const rows[][2] = {
                {"", ""},
                {"a b\\c", "a b\\c"},
                {"\x1b[31m", "\\x1b[31m"},
                {"a\u00E9\U0001F600\xE9", "a\\xc3\\xa9\\xf0\\x9f\\x98\\x80\\xe9"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                _cleanup_free_ char *escaped = NULL;

                REQUIRE(text_escape_ascii(&escaped, rows[i][0]) == 0);
                CHECK_TEXT(escaped, rows[i][1]);
        }
}

/* The character in UTF-8; of two bytes or more. */
static void character_put(char *text, uint32_t point)
{
        static const unsigned char leads[] = {0xC0, 0xE0, 0xF0};
        size_t more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;

        for (size_t i = more; i > 0; i--, point >>= 6)
                text[i] = (char)(0x80 | (point & 0x3F));
        text[0] = (char)(leads[more - 1] | point);
}

/* Which characters show nothing, as Unicode lists them (Default_Ignorable_Code_Point), with their
 * neighbours that do show. */
static void nothing_invisible_is_shown(void)
{
        static const struct {
                uint32_t first, last;
        } ranges[] = {
                {0x80, 0x9F},       {0xAD, 0xAD},       {0x34F, 0x34F},   {0x61C, 0x61C},
                {0x115F, 0x1160},   {0x17B4, 0x17B5},   {0x180B, 0x180F}, {0x200B, 0x200F},
                {0x2028, 0x202E},   {0x2060, 0x206F},   {0x3164, 0x3164}, {0xFE00, 0xFE0F},
                {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB}, {0x1BCA0, 0x1BCA3},
                {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
        };
        size_t next = 0;

        for (uint32_t point = 0x80; point <= 0x10FFFF; point++) {
                char text[5] = {};
                bool hidden;

                if (point >= 0xD800 && point <= 0xDFFF)
                        continue;
                character_put(text, point);
                while (next < ARRAY_SIZE(ranges) && ranges[next].last < point)
                        next++;
                hidden = next < ARRAY_SIZE(ranges) && ranges[next].first <= point;
                if ((text_unsafe_length(text) > 0) != hidden) {
                        CHECK_EQUAL(point, UINT32_MAX); /* names the one that is wrong */
                        return;
                }
        }
        CHECK(next == ARRAY_SIZE(ranges));
}

/* Bytes at random, those that begin something more often than others. */
static void random_text(char *text, size_t size, uint32_t *seed)
{
        static const unsigned char starts[] = {0x1B, '\n', 0xC2, 0xE2, 0x80,
                                               0x81, 0xA8, 0xAE, 0xED, 0xF4};

        for (size_t i = 0; i + 1 < size; i++) {
                *seed = *seed * 1664525U + 1013904223U;
                text[i] = (char)(*seed >> 31 ? starts[(*seed >> 16) % ARRAY_SIZE(starts)]
                                             : 1U + (*seed >> 16) % 255U);
        }
        text[size - 1] = '\0';
}

/* Whatever the bytes: the copy is UTF-8 without one unsafe character, escaping it again changes
 * nothing, and nothing but what was unsafe was changed. */
static void escaped_is_safe(void)
{
        uint32_t seed = 1;

        for (unsigned i = 0; i < 20000; i++) {
                _cleanup_free_ char *escaped = NULL, *again = NULL;
                const char *at;
                char text[40];

                random_text(text, 1 + i % sizeof(text), &seed);
                REQUIRE(text_escape(&escaped, text) == 0 && text_escape(&again, escaped) == 0);
                CHECK_TEXT(again, escaped);
                for (at = escaped; *at; at += text_character_length(at))
                        REQUIRE(text_character_length(at) > 0 && text_unsafe_length(at) == 0);
        }
}

static void buffers_are_cut_off(void)
{
        char buffer[8];

        memset(buffer, 'x', sizeof(buffer));
        text_put(buffer, 5, "%s", "123456");
        CHECK_TEXT(buffer, "1234");
        CHECK_EQUAL(buffer[5], 'x');
        text_put(buffer, sizeof(buffer), "%d-%s", 7, "a");
        CHECK_TEXT(buffer, "7-a");
}

static void strings_are_made(void)
{
        _cleanup_free_ char *made = NULL, *copy = NULL, *nothing = (char *)"";

        REQUIRE(text_format(&made, "%s/%03d", "a", 5) == 0);
        CHECK_TEXT(made, "a/005");
        REQUIRE(text_copy(&copy, made) == 0);
        CHECK(copy != made && text_equal(copy, made));
        REQUIRE(text_copy(&nothing, NULL) == 0);
        CHECK(!nothing);
        CHECK(text_starts("abc", "ab") && text_starts("abc", "") && !text_starts("ab", "abc"));
}

static void texts_own_copies(void)
{
        Texts texts = {};
        char word[8];

        CHECK(!texts_contain(&texts, ""));
        for (int i = 0; i < 100; i++) {
                text_put(word, sizeof(word), "w%d", i);
                REQUIRE(texts_add(&texts, word) == 0);
                CHECK(!texts.items[texts.count]);
        }
        CHECK_EQUAL(texts.count, 100);
        CHECK_TEXT(texts.items[0], "w0");
        CHECK(texts_contain(&texts, "w99") && !texts_contain(&texts, "w100"));
        CHECK(!texts_contain(&texts, "w"));
        texts_done(&texts);
        texts_done(&texts);
        CHECK(texts.count == 0 && !texts.items);
}

static void case_is_that_of_ascii(void)
{
        static const char text[] = "a DICTIONARY error";

        CHECK(text_equal_ascii("Firmware", "FIRMWARE") && text_equal_ascii("", ""));
        CHECK(!text_equal_ascii("a", "ab") && !text_equal_ascii("[", "{"));
        CHECK(!text_equal_ascii("\xC4", "\xE4"));
        CHECK(text_same_ascii("efi.x", "EFI", 3) && !text_same_ascii("ef", "EFI", 3));
        CHECK(text_find_ascii(text, "dictionary ERROR") == text + 2);
        CHECK(!text_find_ascii(text, "errors") && text_find_ascii(text, "") == text);
}

int main(void)
{
        CASE(case_is_that_of_ascii);
        CASE(decimal_numbers_are_read_whole);
        CASE(a_path_has_a_last_component);
        CASE(excerpts_end_at_a_character);
        CASE(printable_is_ascii_that_shows);
        CASE(characters_have_a_length);
        CASE(escapes_are_spelt);
        CASE(ascii_is_all_that_stays);
        CASE(nothing_invisible_is_shown);
        CASE(escaped_is_safe);
        CASE(buffers_are_cut_off);
        CASE(strings_are_made);
        CASE(texts_own_copies);
        return tap_end();
}
