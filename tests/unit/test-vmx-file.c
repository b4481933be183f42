/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/vmx-file.h"
#include "tap.h"

static VmxFile parsed(const char *text)
{
        VmxFile file = {};

        if (vmx_parse(text, strlen(text), "test.vmx", &file, NULL) < 0)
                abort();
        return file;
}

static void check_text(const VmxFile *file, const char *wanted)
{
        _cleanup_free_ char *text = NULL;
        size_t size;

        REQUIRE(vmx_text(file, &text, &size) == 0);
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
                _cleanup_(vmx_done) VmxFile file = parsed(texts[i]);

                check_text(&file, texts[i]);
        }
}

static void settings_are_found(void)
{
        _cleanup_(vmx_done) VmxFile file =
                parsed("\xEF\xBB\xBF"
                       "One=\"1\"\n# two = \"x\"\n  TWO\t= \"a|22b|7Cc|0\"tail\n"
                       "three = four\n = \"5\"\ntwo = \"again\"\n");
        _cleanup_free_ char *one = NULL, *two = NULL, *three = NULL;

        REQUIRE(vmx_get(&file, "one", &one) == 0 && one);
        CHECK_TEXT(one, "1");
        REQUIRE(vmx_get(&file, "Two", &two) == 0 && two);
        CHECK_TEXT(two, "a\"b|c|0");
        REQUIRE(vmx_get(&file, "three", &three) == 0);
        CHECK(!three);
        CHECK_EQUAL(vmx_find(&file, "two", 0), 2);
        CHECK_EQUAL(vmx_find(&file, "two", 3), 5);
        CHECK_EQUAL(vmx_find(&file, "", 0), file.count);
        CHECK(vmx_same_key(&file.lines[2], &file.lines[5]));
        CHECK(!vmx_same_key(&file.lines[0], &file.lines[5]));
        CHECK(!vmx_same_key(&file.lines[3], &file.lines[4]));
}

static void a_value_is_set_in_its_place(void)
{
        _cleanup_(vmx_done) VmxFile file = parsed("\xEF\xBB\xBF"
                                                  "a\t=  \"1\"  # why\r\nb = \"2\"");

        REQUIRE(vmx_set(&file, "A", "x\"y|z") == 0);
        check_text(&file, "\xEF\xBB\xBF"
                          "a\t=  \"x|22y|7Cz\"  # why\r\nb = \"2\"");
        REQUIRE(vmx_set(&file, "A", "") == 0);
        check_text(&file, "\xEF\xBB\xBF"
                          "a\t=  \"\"  # why\r\nb = \"2\"");
        REQUIRE(vmx_set(&file, "b", "3") == 0);
        check_text(&file, "\xEF\xBB\xBF"
                          "a\t=  \"\"  # why\r\nb = \"3\"");
}

static void a_new_key_goes_to_the_end(void)
{
        _cleanup_(vmx_done) VmxFile file = parsed("a = \"1\"\r\nb = \"2\""), empty = parsed("");

        REQUIRE(vmx_set(&file, "c", "3") == 0);
        check_text(&file, "a = \"1\"\r\nb = \"2\"\r\nc = \"3\"\r\n");
        REQUIRE(vmx_set(&file, "c", "4") == 0);
        check_text(&file, "a = \"1\"\r\nb = \"2\"\r\nc = \"4\"\r\n");
        REQUIRE(vmx_set(&empty, "c", "3") == 0);
        check_text(&empty, "c = \"3\"\n");
}

static void lines_are_removed(void)
{
        _cleanup_(vmx_done) VmxFile file = parsed("a = \"1\"\n# b\nc = \"3\"\n");

        vmx_remove(&file, 2);
        vmx_remove(&file, 0);
        check_text(&file, "# b\n");
        vmx_remove(&file, 0);
        check_text(&file, "");
}

/* A second mark at the start of a line means the same once that line is the first. */
static void a_line_stays_what_it_is(void)
{
        _cleanup_(vmx_done) VmxFile file = parsed("a = \"1\"\n\xEF\xBB\xBF"
                                                  "b = \"2\"\n");

        CHECK_EQUAL(vmx_find(&file, "b", 0), 1);
        vmx_remove(&file, 0);
        CHECK_EQUAL(vmx_find(&file, "b", 0), 0);
}

static void what_is_no_text_is_refused(void)
{
        static const char utf16[] = "\xFF\xFE"
                                    "a\0 \0=\0";
        _cleanup_free_ char *large = malloc(VMX_SIZE_MAX + 1);
        VmxFile file = {};
        Fault fault = FAULT_NONE;

        CHECK_EQUAL(vmx_parse(utf16, sizeof(utf16), "x", &file, &fault), -EBADMSG);
        CHECK(fault.reason == REASON_VMX && fault.offset == 3);
        REQUIRE(large);
        memset(large, 'x', VMX_SIZE_MAX + 1);
        CHECK_EQUAL(vmx_parse(large, VMX_SIZE_MAX + 1, "x", &file, &fault), -EFBIG);
        REQUIRE(vmx_parse(large, VMX_SIZE_MAX, "x", &file, &fault) == 0);
        vmx_done(&file);
}

int main(void)
{
        CASE(every_byte_stays);
        CASE(settings_are_found);
        CASE(a_value_is_set_in_its_place);
        CASE(a_new_key_goes_to_the_end);
        CASE(lines_are_removed);
        CASE(a_line_stays_what_it_is);
        CASE(what_is_no_text_is_refused);
        return tap_end();
}
