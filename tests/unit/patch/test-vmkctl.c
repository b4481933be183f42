/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <string.h>

#include "../lib/elf-builder.h"
#include "../lib/tap.h"
#include "patch/verdict.h"

#define TEXT_ADDRESS 0x3000U
#define TEXT_SIZE    0x100U
#define NAME_AT      0x80U /* of DT_SONAME, in the same segment */

/* A library that is called `soname` and has these bytes at the start of its data. */
static ElfBuilder library(const char *soname, const char *bytes, size_t size)
{
        ElfBuilder builder = ELF_BUILDER_NONE;
        uint8_t *content = elf_builder_add_segment(&builder, TEXT_ADDRESS, PF_R, TEXT_SIZE);

        memcpy(content, bytes, size);
        memcpy(content + NAME_AT, soname, strlen(soname));
        elf_builder_add_tag(&builder, DT_STRTAB, TEXT_ADDRESS);
        elf_builder_add_tag(&builder, DT_STRSZ, TEXT_SIZE);
        elf_builder_add_tag(&builder, DT_SONAME, NAME_AT);
        elf_builder_build(&builder);
        return builder;
}

static void judge(const ElfBuilder *builder, State state, unsigned open, unsigned total,
                  size_t edits)
{
        _cleanup_(verdict_done) Verdict verdict = VERDICT_NONE;

        REQUIRE(verdict_of(elf_builder_span(builder), SUBJECT_NONE, &verdict) == 0);
        CHECK_EQUAL(verdict.state, state);
        CHECK_EQUAL(verdict.gates_open, open);
        CHECK_EQUAL(verdict.gates_total, total);
        CHECK_EQUAL(verdict.plan.count, edits);
        CHECK_EQUAL(verdict.subject, SUBJECT_VMKCTL);
}

#define JUDGE(text, ...)                                               \
        do {                                                           \
                static const char bytes[] = text;                      \
                _cleanup_(elf_builder_done) ElfBuilder builder =       \
                        library("libvmkctl.so", bytes, sizeof(bytes)); \
                judge(&builder, __VA_ARGS__);                          \
        } while (0)

static void whole_names_count(void)
{
        JUDGE("applesmc", STATE_STOCK, 0, 1, 1);
        JUDGE("a\0applesmc\0b", STATE_STOCK, 0, 1, 1);
        JUDGE("applesmc\0applesmc", STATE_STOCK, 0, 2, 2);
        JUDGE("vmkernel", STATE_PATCHED, 1, 1, 0);
        JUDGE("vmkernel\0applesmc", STATE_PARTIAL, 1, 2, 1);
        JUDGE("applesmc\0Xapplesmc\0applesmcX\0APPLESMC\0applesm", STATE_STOCK, 0, 1, 1);
        JUDGE("applesmc\0Xvmkernel\0vmkernels", STATE_STOCK, 0, 1, 1);
}

/* What else names the module is known, and stays as it is. */
static void longer_words_are_told(void)
{
        static const char bytes[] = "applesmc\0Xapplesmc\0applesmc\0applesmcX\0vmkernels";
        _cleanup_(elf_builder_done) ElfBuilder builder =
                library("libvmkctl.so", bytes, sizeof(bytes));
        _cleanup_(verdict_done) Verdict verdict = VERDICT_NONE;
        uint64_t start = elf_builder_offset_of(&builder, TEXT_ADDRESS);

        REQUIRE(verdict_of(elf_builder_span(&builder), SUBJECT_VMKCTL, &verdict) == 0);
        CHECK_EQUAL(verdict.vmkctl.count, 2);
        REQUIRE(verdict.vmkctl.part_count == 2);
        CHECK_EQUAL(verdict.vmkctl.parts[0], start + 10);
        CHECK_EQUAL(verdict.vmkctl.parts[1], start + 28);
}

static void check_refused(const ElfBuilder *builder, Subject expected, Reason reason)
{
        _cleanup_(verdict_done) Verdict verdict = VERDICT_NONE;

        REQUIRE(verdict_of(elf_builder_span(builder), expected, &verdict) == 0);
        CHECK_EQUAL(verdict.state, STATE_UNKNOWN);
        CHECK_EQUAL(verdict.fault.reason, reason);
        CHECK_EQUAL(verdict.plan.count, 0);
}

static void neither_name_is_refused(void)
{
        static const char bytes[] = "applesmcX\0Xapplesmc";
        _cleanup_(elf_builder_done) ElfBuilder builder =
                library("libvmkctl.so", bytes, sizeof(bytes));

        check_refused(&builder, SUBJECT_VMKCTL, REASON_VMKCTL_NONE);
        check_refused(&builder, SUBJECT_NONE, REASON_VMKCTL_NONE);
        check_refused(&builder, SUBJECT_SMC, REASON_SMC_NONE);
}

static void the_file_says_what_it_is(void)
{
        static const struct {
                const char *soname;
                bool is_vmkctl;
        } names[] = {
                {"libvmkctl.so", true},
                {"libvmkctl.so.1", true},
                {"libvmkctl.soo", false},
                {"libvmkctl.s", false},
                {"", false},
                {"xlibvmkctl.so", false},
                {"LIBVMKCTL.SO", false},
        };

        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
                _cleanup_(elf_builder_done) ElfBuilder builder =
                        library(names[i].soname, "applesmc", sizeof("applesmc"));

                if (names[i].is_vmkctl) {
                        judge(&builder, STATE_STOCK, 0, 1, 1);
                        check_refused(&builder, SUBJECT_GOS, REASON_WRONG_KIND);
                        continue;
                }
                check_refused(&builder, SUBJECT_VMKCTL, REASON_VMKCTL_OTHER);
                check_refused(&builder, SUBJECT_NONE, REASON_SMC_NONE);
        }
}

/* A name that leads nowhere is no name, and no reason to refuse the file. */
static void names_that_lead_nowhere(void)
{
        static const struct {
                int64_t tag;
                uint64_t value;
        } damages[] = {
                {DT_SONAME, TEXT_SIZE},    {DT_SONAME, UINT64_MAX}, {DT_STRSZ, NAME_AT + 3},
                {DT_STRSZ, UINT64_MAX},    {DT_STRTAB, 0x999000},   {DT_STRTAB, UINT64_MAX},
                {DT_STRSZ, TEXT_SIZE + 1},
        };

        for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
                _cleanup_(elf_builder_done) ElfBuilder builder =
                        library("libvmkctl.so", "applesmc", sizeof("applesmc"));

                elf_builder_poke(&builder, elf_builder_tag_at(&builder, damages[i].tag), 8,
                                 damages[i].value);
                check_refused(&builder, SUBJECT_VMKCTL, REASON_VMKCTL_OTHER);
        }
}

int main(void)
{
        CASE(whole_names_count);
        CASE(longer_words_are_told);
        CASE(neither_name_is_refused);
        CASE(the_file_says_what_it_is);
        CASE(names_that_lead_nowhere);
        return tap_end();
}
