/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/tap.h"
#include "vmx/dictionary.h"

static Dictionary parsed(const char *text)
{
        Dictionary file = {};

        if (dictionary_parse(text, strlen(text), &file, NULL) < 0)
                abort();
        return file;
}

static void check_text(const Dictionary *file, const char *wanted)
{
        _cleanup_free_ char *text = NULL;
        size_t size;

        REQUIRE(dictionary_text(file, &text, &size) == 0);
        CHECK_EQUAL(size, strlen(wanted));
        CHECK_TEXT(text, wanted);
}

static void every_byte_stays(void)
{
        static const char *const texts[] = {
                "",
                "\n",
                "\r\n\r\n",
                "a",
                "a = \"b\"",
                "a = \"b\"\n",
                "a=\"b\"\r\nc=\"d\"\r\n",
                "\xEF\xBB\xBF.encoding = \"UTF-8\"\n",
                "  a\t=  \"b\"  # c\n\n\n# = \"x\"\n",
                "\xFF\xFE\x80 = \"\xE4\"\r",
                "= \"b\"\n",
                "a = b\n",
                "a = \"b\n\"",
                "a \"b\" = c\n",
        };

        for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
                _cleanup_(dictionary_done) Dictionary file = parsed(texts[i]);

                check_text(&file, texts[i]);
        }
}

static void settings_are_found(void)
{
        _cleanup_(dictionary_done) Dictionary file =
                parsed("\xEF\xBB\xBF"
                       "One=\"1\"\n# two = \"x\"\n  TWO\t= \"a|22b|7Cc|zz|2\" # c\r"
                       "three = th\"ree#c\n = \"5\"\ntwo = \"again\"\r\nfour =\nfive\t= # c\n");
        static const char *const rows[][2] = {
                {"one", "1"},  {"Two", "a\"b|c|zz|2"}, {"three", "th\"ree"},
                {"FOUR", ""},  {"five", ""},           {"", NULL},
                {"six", NULL},
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                _cleanup_free_ char *value = NULL;

                REQUIRE(dictionary_get(&file, rows[i][0], &value) == 0);
                CHECK(!value == !rows[i][1]);
                if (rows[i][1])
                        CHECK_TEXT(value, rows[i][1]);
        }
        CHECK_EQUAL(dictionary_find(&file, "two", 0), 2);
        CHECK_EQUAL(dictionary_find(&file, "two", 3), 5);
        CHECK_EQUAL(file.lines[5].number, 6);
        CHECK(dictionary_same_name(&file.lines[2], &file.lines[5]));
        CHECK(!dictionary_same_name(&file.lines[0], &file.lines[5]));
        CHECK(!dictionary_same_name(&file.lines[1], &file.lines[4]));
}

static void what_cannot_be_read_has_a_flaw(void)
{
        static const struct {
                const char *line;
                LineFlaw flaw;
                bool is_named;
        } rows[] = {
                {"a = \"b", LINE_FLAW_UNCLOSED, true},   {"a = \"", LINE_FLAW_UNCLOSED, true},
                {"a = \"b\" c", LINE_FLAW_TAIL, true},   {"a = \"b\"c", LINE_FLAW_TAIL, true},
                {"a = b c", LINE_FLAW_WORDS, true},      {"a b = c", LINE_FLAW_NO_EQUALS, false},
                {"a", LINE_FLAW_NO_EQUALS, false},       {"a # b", LINE_FLAW_NO_EQUALS, false},
                {"a#b = c", LINE_FLAW_NO_EQUALS, false}, {" = b", LINE_FLAW_NO_NAME, false},
                {"a = \"b\" # c", LINE_FLAW_NONE, true}, {"a = b#c d", LINE_FLAW_NONE, true},
                {"a == b", LINE_FLAW_WORDS, true},       {"a ==", LINE_FLAW_NONE, true},
                {"# a = b c", LINE_FLAW_NONE, false},    {" \t", LINE_FLAW_NONE, false},
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                _cleanup_(dictionary_done) Dictionary file = parsed(rows[i].line);

                REQUIRE(file.count == 1);
                if (file.lines[0].flaw != rows[i].flaw)
                        printf("# %s\n", rows[i].line);
                CHECK_EQUAL(file.lines[0].flaw, rows[i].flaw);
                CHECK_EQUAL(file.lines[0].name_size > 0, rows[i].is_named);
        }
}

static void a_value_is_set_in_its_place(void)
{
        _cleanup_(dictionary_done) Dictionary file = parsed("\xEF\xBB\xBF"
                                                            "a\t=  \"1\"  # why\r\nb = \"2\"");

        REQUIRE(dictionary_set(&file, "A", "x\"y|z") == 0);
        check_text(&file, "\xEF\xBB\xBF"
                          "a\t=  \"x|22y|7Cz\"  # why\r\nb = \"2\"");
        REQUIRE(dictionary_set(&file, "A", "") == 0);
        check_text(&file, "\xEF\xBB\xBF"
                          "a\t=  \"\"  # why\r\nb = \"2\"");
        REQUIRE(dictionary_set(&file, "b", "3") == 0);
        check_text(&file, "\xEF\xBB\xBF"
                          "a\t=  \"\"  # why\r\nb = \"3\"");
}

/* What was there but the value stays; one that cannot be read is replaced in its place. */
static void quotes_are_added(void)
{
        static const char *const rows[][2] = {
                {"a = b", "a = \"x\""},
                {"a=b#c\r\n", "a=\"x\"#c\r\n"},
                {"a = b \t# c\r", "a = \"x\" \t# c\r"},
                {"a =", "a =\"x\""},
                {"a = \n", "a = \"x\"\n"},
                {"a =   # c\n", "a = \"x\"  # c\n"},
                {"a = \"b\n", "a = \"x\"\n"},
                {"a = \"b\"; \n", "a = \"x\" \n"},
                {"a = b c\r\n", "a = \"x\"\r\n"},
                {"a = \"b\nA = c\n", "a = \"b\nA = \"x\"\n"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                _cleanup_(dictionary_done) Dictionary file = parsed(rows[i][0]);

                REQUIRE(dictionary_set(&file, "a", "x") == 0);
                check_text(&file, rows[i][1]);
        }
}

static void a_new_key_goes_to_the_end(void)
{
        _cleanup_(dictionary_done) Dictionary file = parsed("a = \"1\"\r\nb = \"2\""),
                                              empty = parsed("");

        REQUIRE(dictionary_set(&file, "c", "3") == 0);
        check_text(&file, "a = \"1\"\r\nb = \"2\"\r\nc = \"3\"\r\n");
        REQUIRE(dictionary_set(&file, "c", "4") == 0);
        check_text(&file, "a = \"1\"\r\nb = \"2\"\r\nc = \"4\"\r\n");
        REQUIRE(dictionary_set(&empty, "c", "3") == 0);
        check_text(&empty, "c = \"3\"\n");
}

static void lines_are_removed(void)
{
        _cleanup_(dictionary_done) Dictionary file = parsed("a = \"1\"\n# b\nc = \"3\"\n");

        dictionary_remove(&file, 2);
        dictionary_remove(&file, 0);
        check_text(&file, "# b\n");
        dictionary_remove(&file, 0);
        check_text(&file, "");
}

static void one_line_of_a_key_is_kept(void)
{
        _cleanup_(dictionary_done) Dictionary file =
                parsed("a = \"1\nb = 2\n A = 3\r\n# a\naa = 4\na = 5");

        dictionary_keep_one(&file, dictionary_find(&file, "a", 0));
        check_text(&file, "b = 2\n A = 3\r\n# a\naa = 4\n");
}

/* A byte order mark that is a part of a name is still one when its line comes first. */
static void a_mark_in_a_name_stays(void)
{
        _cleanup_(dictionary_done) Dictionary file = parsed("a = 1\n\xEF\xBB\xBF"
                                                            "b = 2\n");

        dictionary_remove(&file, 0);
        check_text(&file, "\xEF\xBB\xBF\xEF\xBB\xBF"
                          "b = 2\n");
}

static void what_is_no_text_is_refused(void)
{
        static const char utf16[] = "\xFF\xFE"
                                    "a\0 \0=\0";
        _cleanup_free_ char *large = malloc(DICTIONARY_SIZE_MAX + 1);
        Dictionary file = {};
        size_t nul = 0;

        CHECK_EQUAL(dictionary_parse(utf16, sizeof(utf16), &file, &nul), -EBADMSG);
        CHECK_EQUAL(nul, 3);
        REQUIRE(large);
        memset(large, 'x', DICTIONARY_SIZE_MAX + 1);
        CHECK_EQUAL(dictionary_parse(large, DICTIONARY_SIZE_MAX + 1, &file, NULL), -EFBIG);
        REQUIRE(dictionary_parse(large, DICTIONARY_SIZE_MAX, &file, NULL) == 0);
        dictionary_done(&file);
}

int main(void)
{
        CASE(every_byte_stays);
        CASE(settings_are_found);
        CASE(what_cannot_be_read_has_a_flaw);
        CASE(a_value_is_set_in_its_place);
        CASE(quotes_are_added);
        CASE(a_new_key_goes_to_the_end);
        CASE(lines_are_removed);
        CASE(one_line_of_a_key_is_kept);
        CASE(a_mark_in_a_name_stays);
        CASE(what_is_no_text_is_refused);
        return tap_end();
}
