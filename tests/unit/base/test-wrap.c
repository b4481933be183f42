/* SPDX-License-Identifier: MIT */

#include <stdlib.h>
#include <string.h>

#include "../lib/tap.h"
#include "base/wrap.h"

static void check_sentence(const char *text, unsigned columns, const char *expected)
{
        _cleanup_free_ char *made = NULL;

        REQUIRE(wrap_sentence(text, columns, &made) == 0);
        CHECK_TEXT(made, expected);
}

static void sentences_break_at_blanks(void)
{
        check_sentence("", 20, "");
        check_sentence("twenty columns or so", 20, "twenty columns or so");
        check_sentence("twenty-one columns, so", 20, "twenty-one columns,\n  so");
        check_sentence("  as deep as it began", 20, "  as deep as it\n    began");
        check_sentence("see /a/path/that/is/longer/than/it here", 20,
                       "see\n  /a/path/that/is/longer/than/it\n  here");
}

static void commands_stay_together(void)
{
        check_sentence("so run `sudo it now`.", 20, "so run\n  `sudo it now`.");
        check_sentence("now run `a command that is wider than a line` so", 20,
                       "now run\n  `a command that is wider than a line`\n  so");
        check_sentence("an odd ` in a sentence", 20, "an odd ` in a\n  sentence");
}

static void paragraphs_break_wide_words(void)
{
        static const struct {
                const char *text, *expected;
        } rows[] = {
                {"run `sudo it now`.", "run\n`sudo it now`."},
                {"a wordthatislongerthanaline b", "a\nwordthatislongert\nhanaline b"},
                {"wordthatislongerthanaline", "wordthatislongert\nhanaline"},
                {"17.6.1 (build 24319023)", "17.6.1 (build\n24319023)"},
                {"0123456789abcdef\\x1b", "0123456789abcdef\n\\x1b"},
                {"run `a --path=wider/than/a/line it` so",
                 "run\n`a --path=wider/than/a/line it`\nso"},
                {"", ""},
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                _cleanup_free_ char *made = NULL;

                REQUIRE(wrap_paragraph(rows[i].text, 17, &made) == 0);
                CHECK_TEXT(made, rows[i].expected);
        }
}

static void widths_are_told(void)
{
        CHECK_EQUAL(wrap_width(""), 0);
        CHECK_EQUAL(wrap_width("four"), 4);
        CHECK_EQUAL(wrap_least(""), 0);
        CHECK_EQUAL(wrap_least("a bin/vmware-vmx x"), 14);
        CHECK_EQUAL(wrap_least("an `x y z` b"), 7);
        CHECK_EQUAL(wrap_least("  five5 "), 5);
}

int main(void)
{
        CASE(sentences_break_at_blanks);
        CASE(commands_stay_together);
        CASE(paragraphs_break_wide_words);
        CASE(widths_are_told);
        return tap_end();
}
