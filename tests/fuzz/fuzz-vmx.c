/* SPDX-License-Identifier: MIT */

/* A virtual machine's configuration: what is not changed stays, byte for byte; what is set is read
 * back, also after it was written and read again. */

#include "base/text.h"
#include "doctor/vmx-file.h"
#include "fuzz.h"

static const char *const keys[] = {"guestOS", "smc.present", "smc.version", ".encoding"};

static VmxFile parse(Span bytes)
{
        VmxFile file = {};

        MUST(vmx_parse((const char *)bytes.bytes, bytes.size, "fuzz.vmx", &file, NULL) >= 0);
        return file;
}

/* The same bytes come out again. */
static void check_text(const VmxFile *file, Span wanted)
{
        _cleanup_free_ char *text = NULL;
        size_t size;

        MUST(vmx_text(file, &text, &size) >= 0);
        MUST(size == wanted.size && (size == 0 || memcmp(text, wanted.bytes, size) == 0));
}

static void check_lines(const VmxFile *file)
{
        for (size_t i = 0; i < file->count; i++) {
                const VmxLine *line = &file->lines[i];
                _cleanup_free_ char *value = NULL;

                MUST(range_fits(line->key, line->key_size, line->size));
                if (line->key_size == 0)
                        continue;
                MUST(line->key + line->key_size < line->value);
                MUST(range_fits(line->value, line->value_size + 1, line->size));
                MUST(vmx_line_value(line, &value) >= 0 && strlen(value) <= line->value_size);
        }
}

static void check_value(const VmxFile *file, const char *key, const char *wanted)
{
        _cleanup_free_ char *value = NULL;

        MUST(vmx_get(file, key, &value) >= 0);
        MUST(value && text_equal(value, wanted));
}

/* Sets one key, and looks at the others: none is changed by it. */
static void check_set(VmxFile *file, const char *key, const char *wanted)
{
        char *before[ARRAY_SIZE(keys)] = {};
        _cleanup_free_ char *text = NULL;
        _cleanup_(vmx_done) VmxFile again = {};
        size_t size;

        for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
                MUST(vmx_get(file, keys[i], &before[i]) >= 0);
        MUST(vmx_set(file, key, wanted) >= 0);
        check_value(file, key, wanted);
        MUST(vmx_text(file, &text, &size) >= 0);
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
        _cleanup_(vmx_done) VmxFile file = {};
        Fault fault = FAULT_NONE;
        size_t at;
        int r = vmx_parse((const char *)bytes, size, "fuzz.vmx", &file, &fault);

        if (r < 0) {
                MUST(r == -EBADMSG && fault.reason == REASON_VMX && memchr(bytes, 0, size));
                return 0;
        }
        check_text(&file, (Span){bytes, size});
        check_lines(&file);
        check_set(&file, "smc.present", "TRUE");
        check_set(&file, "guestOS", "darwin|\"22-64\"");
        while ((at = vmx_find(&file, "smc.version", 0)) < file.count)
                vmx_remove(&file, at);
        check_set(&file, "smc.version", "");
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
        fuzz_seed_text("quotes", "guestOS = \"a\"b\" # \"\n= \"b\"\n\"a = \"b\"\n");
        fuzz_seed("utf-16", (Span){(const uint8_t *)"a\0=\0\"\0", 6});
}
