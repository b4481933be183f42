/* SPDX-License-Identifier: MIT */

/* A virtual machine's configuration: what is not changed stays, byte for byte; what is set is read
 * back, also after it was written and read again. */

#include "base/text.h"
#include "fuzz.h"
#include "vmx/dictionary.h"
#include "vmx/mend.h"

static const char *const keys[] = {"guestOS", "smc.present", "smc.version", ".encoding"};

static Dictionary parse(Span bytes)
{
        Dictionary file = {};

        MUST(dictionary_parse((const char *)bytes.bytes, bytes.size, &file, NULL) >= 0);
        return file;
}

/* The same bytes come out again. */
static void check_text(const Dictionary *file, Span wanted)
{
        _cleanup_free_ char *text = NULL;
        size_t size;

        MUST(dictionary_text(file, &text, &size) >= 0);
        MUST(size == wanted.size && (size == 0 || memcmp(text, wanted.bytes, size) == 0));
}

static void check_lines(const Dictionary *file)
{
        for (size_t i = 0; i < file->count; i++) {
                const DictionaryLine *line = &file->lines[i];
                _cleanup_free_ char *value = NULL;
                Span meant = {}, likely;

                MUST(range_fits(line->name, line->name_size, line->size));
                MUST(line->number == i + 1 && dictionary_line_body(line) <= line->size);
                if (line->name_size == 0)
                        continue;
                MUST(line->name + line->name_size < line->value);
                MUST(range_fits(line->value, line->value_size, line->size));
                MUST(dictionary_line_value(line, &value) >= 0);
                MUST(strlen(value) <= line->value_size);
                likely = line_likely_value(line);
                MUST(likely.bytes >= (const uint8_t *)line->text + line->value &&
                     likely.bytes + likely.size <=
                             (const uint8_t *)line->text + line->value + line->value_size);
                MUST(!line_meant_value(line, &meant) || !memchr(meant.bytes, '"', meant.size));
        }
}

/* A line that is mended can be read. */
static void check_mends(Dictionary *file)
{
        for (size_t i = 0; i < file->count; i++) {
                Span meant;

                if (!line_meant_value(&file->lines[i], &meant))
                        continue;
                MUST(dictionary_set_raw(file, i, (const char *)meant.bytes, meant.size) >= 0);
                MUST(dictionary_line_is_setting(&file->lines[i]) && file->lines[i].quoted);
        }
}

static void check_value(const Dictionary *file, const char *key, const char *wanted)
{
        _cleanup_free_ char *value = NULL;

        MUST(dictionary_get(file, key, &value) >= 0);
        MUST(value && text_equal(value, wanted));
}

/* Sets one key, and looks at the others: none is changed by it. */
static void check_set(Dictionary *file, const char *key, const char *wanted)
{
        char *before[ARRAY_SIZE(keys)] = {};
        _cleanup_free_ char *text = NULL;
        _cleanup_(dictionary_done) Dictionary again = {};
        size_t size;

        for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
                MUST(dictionary_get(file, keys[i], &before[i]) >= 0);
        MUST(dictionary_set(file, key, wanted) >= 0);
        check_value(file, key, wanted);
        MUST(dictionary_text(file, &text, &size) >= 0);
        again = parse((Span){(const uint8_t *)text, size});
        check_value(&again, key, wanted);
        for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
                if (before[i] && !text_equal(keys[i], key))
                        check_value(&again, keys[i], before[i]);
        for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
                free(before[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        _cleanup_(dictionary_done) Dictionary file = {};
        size_t at, nul = SIZE_MAX;
        int r = dictionary_parse((const char *)bytes, size, &file, &nul);

        if (r < 0) {
                MUST(r == -EBADMSG && nul < size && bytes[nul] == '\0');
                return 0;
        }
        check_text(&file, (Span){bytes, size});
        check_lines(&file);
        check_set(&file, "smc.present", "TRUE");
        check_set(&file, "guestOS", "darwin|\"22-64\"");
        while ((at = dictionary_find(&file, "smc.version", 0)) < file.count)
                dictionary_remove(&file, at);
        check_set(&file, "smc.version", "");
        at = dictionary_find(&file, "guestOS", 0);
        dictionary_keep_one(&file, at);
        at = dictionary_find(&file, "guestOS", 0);
        MUST(at < file.count && dictionary_find(&file, "guestOS", at + 1) == file.count &&
             dictionary_find_flawed(&file, "guestOS", 0) == file.count);
        check_value(&file, "smc.present", "TRUE");
        check_mends(&file);
        return 0;
}

void fuzz_seeds(void)
{
        fuzz_seed_text("empty", "");
        fuzz_seed_text("usual", ".encoding = \"UTF-8\"\nguestOS = \"darwin22-64\"\n"
                                "smc.version = \"0\"\nsmc.present = \"TRUE\"\n");
        fuzz_seed_text("crlf", "a=\"b\"\r\nGUESTOS=\"other|22|7C|0\"\r\n# c\r\n");
        fuzz_seed_text("bom", "\xEF\xBB\xBF.encoding = \"windows-1252\"\nx = \"\xE4\"");
        fuzz_seed_text("twice", "smc.version = \"1\"\nsmc.version = \"0\"\nguestOS = b\nguestOS");
        fuzz_seed_text("flaws", "guestOS = \"a\nsmc.present = \"TRUE\";\rsmc.version = 0 1\n"
                                "smc.present = \xE2\x80\x9CTRUE\xE2\x80\x9D # c\nguestOS =  # c");
        fuzz_seed_text("quotes", "guestOS = \"a\"b\" # \"\n= \"b\"\n\"a = \"b\"\n");
        fuzz_seed("utf-16", (Span){(const uint8_t *)"a\0=\0\"\0", 6});
}
