/* SPDX-License-Identifier: MIT */

/* "The pointer at this address": RELA, RELR, DT_JMPREL, and whatever may be wrong with them. */

#include <unistd.h>

#include "../lib/elf-builder.h"
#include "../lib/tap.h"
#include "image/image.h"

#define VALUES   0x3000U
#define FIELD    (VALUES + 0x40) /* where the cases below look */
#define FIELD_IS 0x1111U         /* what is in the file there */

static ElfBuilder one_segment(size_t size)
{
        ElfBuilder builder = ELF_BUILDER_NONE;
        uint8_t *content = elf_builder_add_segment(&builder, VALUES, PF_R | PF_W, size);

        store_le64(content + 0x40, FIELD_IS);
        return builder;
}

static Image *open_built(ElfBuilder *builder)
{
        Image *image = NULL;

        elf_builder_build(builder);
        CHECK_EQUAL(image_open(elf_builder_span(builder), &image, NULL), 0);
        return image;
}

#define RELATIVE R_X86_64_RELATIVE
#define NO_RELR  0
#define REFUSED  (-1)
#define REFUSED_ENTRY      \
        {                  \
                REFUSED, 0 \
        }

static const struct {
        const char *name;
        struct {
                uint64_t address, kind, addend;
        } rela[3]; /* until address is 0 */
        uint64_t relr[3];
        struct {
                int source; /* PointerSource or REFUSED */
                uint64_t value;
        } expected;
} cases[] = {
        {"nothing", {}, {}, {POINTER_FIELD, FIELD_IS}},
        {"exact", {{FIELD, RELATIVE, 0x99}}, {}, {POINTER_RELA, 0x99}},
        {"zero addend", {{FIELD, RELATIVE, 0}}, {}, {POINTER_RELA, 0}},
        {"negative addend", {{FIELD, RELATIVE, (uint64_t)-8}}, {}, {POINTER_RELA, (uint64_t)-8}},
        {"neighbours",
         {{FIELD - 8, RELATIVE, 1}, {FIELD, RELATIVE, 2}, {FIELD + 8, RELATIVE, 3}},
         {},
         {POINTER_RELA, 2}},
        {"only neighbours",
         {{FIELD - 8, RELATIVE, 1}, {FIELD + 8, RELATIVE, 3}},
         {},
         {POINTER_FIELD, FIELD_IS}},
        {"first bytes", {{FIELD - 7, RELATIVE, 1}}, {}, REFUSED_ENTRY},
        {"last byte", {{FIELD + 7, RELATIVE, 1}}, {}, REFUSED_ENTRY},
        {"exact and part", {{FIELD, RELATIVE, 1}, {FIELD + 4, RELATIVE, 1}}, {}, REFUSED_ENTRY},
        {"twice", {{FIELD, RELATIVE, 1}, {FIELD, RELATIVE, 1}}, {}, REFUSED_ENTRY},
        {"twice, unsorted",
         {{FIELD, RELATIVE, 1}, {VALUES, RELATIVE, 1}, {FIELD, RELATIVE, 1}},
         {},
         REFUSED_ENTRY},
        {"a symbol's address", {{FIELD, R_X86_64_64, 1}}, {}, REFUSED_ENTRY},
        {"a symbol's address behind",
         {{VALUES, RELATIVE, 1}, {VALUES + 8, R_X86_64_64, 1}, {FIELD, R_X86_64_GLOB_DAT, 1}},
         {},
         REFUSED_ENTRY},
        {"resolver", {{FIELD, R_X86_64_IRELATIVE, 1}}, {}, REFUSED_ENTRY},
        {"relative to a symbol", {{FIELD, RELATIVE | 5ULL << 32, 1}}, {}, REFUSED_ENTRY},
        {"unknown type", {{FIELD, 0x7FFFFFFF, 1}}, {}, REFUSED_ENTRY},
        {"none", {{FIELD, R_X86_64_NONE, 1}}, {}, {POINTER_FIELD, FIELD_IS}},
        {"none and exact",
         {{FIELD, R_X86_64_NONE, 1}, {FIELD, RELATIVE, 2}},
         {},
         {POINTER_RELA, 2}},
        {"descriptor of 16 bytes before", {{FIELD - 15, R_X86_64_TLSDESC, 1}}, {}, REFUSED_ENTRY},
        {"16 bytes that end there",
         {{FIELD - 16, R_X86_64_TLSDESC, 1}},
         {},
         {POINTER_FIELD, FIELD_IS}},
        {"four bytes that end there",
         {{FIELD - 4, R_X86_64_PC32, 1}},
         {},
         {POINTER_FIELD, FIELD_IS}},
        {"four bytes in it", {{FIELD - 3, R_X86_64_32, 1}}, {}, REFUSED_ENTRY},
        {"end of the address space",
         {{UINT64_MAX, RELATIVE, 1}, {UINT64_MAX - 3, R_X86_64_TLSDESC, 1}},
         {},
         {POINTER_FIELD, FIELD_IS}},
        {"relr", {}, {FIELD}, {POINTER_RELR, FIELD_IS}},
        {"relr before", {}, {FIELD - 8}, {POINTER_FIELD, FIELD_IS}},
        {"relr, part of it", {}, {FIELD - 6}, REFUSED_ENTRY},
        {"relr, last part", {}, {FIELD + 6}, REFUSED_ENTRY},
        {"relr twice", {}, {FIELD, FIELD}, REFUSED_ENTRY},
        {"relr bitmap", {}, {FIELD - 16, 5}, {POINTER_RELR, FIELD_IS}},
        {"relr bitmap, not that bit", {}, {FIELD - 16, 3}, {POINTER_FIELD, FIELD_IS}},
        {"relr bitmap off the grid", {}, {FIELD - 12, 3}, REFUSED_ENTRY},
        {"relr bitmap off the grid, two of them", {}, {FIELD - 20, 7}, REFUSED_ENTRY},
        {"relr bitmap right behind", {}, {FIELD - 4, 3}, REFUSED_ENTRY},
        {"relr address and bitmap", {}, {FIELD - 16, 5, FIELD}, REFUSED_ENTRY},
        {"relr and rela", {{FIELD, RELATIVE, 1}}, {FIELD}, REFUSED_ENTRY},
};

static void takes_or_refuses_each(void)
{
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_(elf_builder_done) ElfBuilder builder = one_segment(0x100);
                ImagePointer pointer = {.value = 0xAAAA};
                Fault fault = FAULT_NONE;
                bool refused = cases[i].expected.source == REFUSED, failed = tap.failed;
                uint64_t value;
                int r;

                for (size_t k = 0; k < 3 && cases[i].rela[k].address; k++)
                        elf_builder_add_rela(&builder, cases[i].rela[k].address,
                                             cases[i].rela[k].kind, cases[i].rela[k].addend);
                for (size_t k = 0; k < 3 && cases[i].relr[k]; k++)
                        elf_builder_add_relr(&builder, cases[i].relr[k]);
                _cleanup_(image_freep) Image *image = open_built(&builder);
                REQUIRE(image != NULL);
                tap.failed = false;
                r = image_pointer_at(image, FIELD, &pointer, &fault);
                CHECK_EQUAL(r < 0 ? r : 0, refused ? -EBADMSG : 0);
                CHECK_EQUAL(fault.reason, refused ? REASON_IMAGE_RELOCATION : REASON_NONE);
                CHECK_EQUAL(pointer.value, refused ? 0xAAAA : cases[i].expected.value);
                CHECK_EQUAL(image_pointers_at(image, FIELD, 8, 1, &value), 0);
                CHECK(refused || value == cases[i].expected.value);
                if (!refused) {
                        CHECK_EQUAL(pointer.source, cases[i].expected.source);
                        CHECK_EQUAL(pointer.field, FIELD_IS);
                        CHECK_EQUAL(pointer.address, FIELD);
                        CHECK_EQUAL(pointer.field_offset, elf_builder_offset_of(&builder, FIELD));
                }
                if (pointer.source == POINTER_RELA)
                        CHECK_EQUAL(load_le64(builder.bytes + pointer.addend_offset),
                                    pointer.value);
                if (tap.failed)
                        printf("# in case \"%s\"\n", cases[i].name);
                tap.failed |= failed;
        }
}

static void refuses_fields_outside_the_file(void)
{
        _cleanup_(elf_builder_done) ElfBuilder builder = one_segment(0x100);
        ImagePointer pointer;

        builder.segments[0].memory_size = 0x200;
        elf_builder_add_rela(&builder, VALUES + 0x100, RELATIVE, 1);
        _cleanup_(image_freep) Image *image = open_built(&builder);
        REQUIRE(image != NULL);
        CHECK_EQUAL(image_pointer_at(image, VALUES + 0x100, &pointer, NULL), -ERANGE);
        CHECK_EQUAL(image_pointer_at(image, VALUES + 0xF9, &pointer, NULL), -ERANGE);
        CHECK_EQUAL(image_pointer_at(image, UINT64_MAX, &pointer, NULL), -ERANGE);
        CHECK_EQUAL(image_pointer_at(image, UINT64_MAX - 7, &pointer, NULL), -ERANGE);
        CHECK_EQUAL(image_pointer_at(image, 0, &pointer, NULL), -ERANGE);
}

/* DT_JMPREL in its own place refuses what it covers; inside DT_RELA it is the same entries. */
static void looks_into_the_plt_relocations(void)
{
        for (int inside = 0; inside < 2; inside++) {
                _cleanup_(elf_builder_done) ElfBuilder builder = one_segment(0x100);
                uint64_t tables = builder.tables_address + 7 * sizeof(Elf64_Dyn);
                ImagePointer pointer;
                Fault fault = FAULT_NONE;

                elf_builder_add_rela(&builder, FIELD + 8, RELATIVE, 0x77);
                elf_builder_add_rela(&builder, FIELD, RELATIVE, 0x99);
                elf_rela_store(builder.segments[0].content, FIELD, R_X86_64_JUMP_SLOT, 0);
                elf_builder_add_tag(&builder, DT_JMPREL, inside ? tables + 24 : VALUES);
                elf_builder_add_tag(&builder, DT_PLTRELSZ, 24);
                elf_builder_add_tag(&builder, DT_PLTREL, DT_RELA);
                _cleanup_(image_freep) Image *image = open_built(&builder);
                REQUIRE(image != NULL);
                CHECK_EQUAL(image_pointer_at(image, FIELD, &pointer, &fault) < 0, !inside);
                CHECK_EQUAL(fault.reason, inside ? REASON_NONE : REASON_IMAGE_RELOCATION);
                CHECK_EQUAL(image_rela_count(image), 2);
                REQUIRE(image_pointer_at(image, FIELD + 8, &pointer, &fault) == 0);
                CHECK_EQUAL(pointer.value, 0x77);
        }
}

/* A table of fields 16 bytes apart in the order that `place` gives; every field must be found, and
 * nothing between them. */
enum { ENTRIES = 2000 };

/* `count` of them in one question, then what is between them. */
static void check_column(const Image *image, size_t first, size_t count)
{
        uint64_t values[50], address = VALUES + 16 * first;

        REQUIRE(image_pointers_at(image, address, 16, count, values) == 0);
        for (size_t i = 0; i < count; i++)
                REQUIRE(values[i] == 3 * (first + i));
        REQUIRE(image_pointers_at(image, address + 8, 16, count, values) == 0);
        for (size_t i = 0; i < count; i++)
                REQUIRE(values[i] == 0 || (first + i == 4 && values[i] == FIELD_IS));
}

static void check_order(size_t (*place)(size_t))
{
        _cleanup_(elf_builder_done) ElfBuilder builder = one_segment(ENTRIES * 16);
        ImagePointer pointer;

        for (size_t i = 0; i < ENTRIES; i++)
                elf_builder_add_rela(&builder, VALUES + 16 * place(i), RELATIVE, 3 * place(i));
        _cleanup_(image_freep) Image *image = open_built(&builder);
        REQUIRE(image != NULL);
        for (size_t i = 0; i < ENTRIES; i++) {
                REQUIRE(image_pointer_at(image, VALUES + 16 * i, &pointer, NULL) == 0);
                REQUIRE(pointer.source == POINTER_RELA && pointer.value == 3 * i);
                REQUIRE(image_pointer_at(image, VALUES + 16 * i + 8, &pointer, NULL) == 0);
                REQUIRE(pointer.source == POINTER_FIELD);
        }
        for (size_t first = 0; first < ENTRIES; first += 97)
                check_column(image, first, MIN((size_t)50, ENTRIES - first));
}

static size_t ascending(size_t i)
{
        return i;
}

static size_t descending(size_t i)
{
        return ENTRIES - 1 - i;
}

static size_t scattered(size_t i)
{
        return i * 7 % ENTRIES;
}

static size_t half_sorted(size_t i)
{
        return i < ENTRIES / 2 ? 2 * i : ENTRIES - 1 - 2 * (i - ENTRIES / 2);
}

static void finds_entries_in_any_order(void)
{
        check_order(ascending);
        check_order(descending);
        check_order(scattered);
        check_order(half_sorted);
}

/* Random fields, encoded the way a linker does, against the plain set of them. */
static void decodes_long_bitmaps(void)
{
        enum { WORDS = 1000 };
        _cleanup_(elf_builder_done) ElfBuilder builder = one_segment(WORDS * 8);
        bool covered[WORDS] = {};
        uint32_t random = 1;
        size_t count = 0;
        ImagePointer pointer;

        for (size_t i = 0; i < WORDS; i++) {
                random = random * 1664525U + 1013904223U;
                covered[i] = random >> 29 < (i / 200 % 2 ? 1U : 6U) && i % 400 < 300;
                count += covered[i];
        }
        for (size_t i = 0; i < WORDS; i++) {
                if (!covered[i])
                        continue;
                elf_builder_add_relr(&builder, VALUES + 8 * i++);
                for (uint64_t bitmap = 1; bitmap; i += bitmap ? 63 : 0) {
                        bitmap = 0;
                        for (size_t bit = 0; bit < 63 && i + bit < WORDS; bit++)
                                bitmap |= (uint64_t)covered[i + bit] << (bit + 1);
                        if (bitmap)
                                elf_builder_add_relr(&builder, bitmap | 1);
                }
                i--;
        }
        _cleanup_(image_freep) Image *image = open_built(&builder);
        REQUIRE(image != NULL);
        CHECK_EQUAL(image_relr_count(image), count);
        for (size_t i = 0; i < WORDS; i++) {
                bool part = covered[i] || (i + 1 < WORDS && covered[i + 1]);

                REQUIRE(image_pointer_at(image, VALUES + 8 * i, &pointer, NULL) >= 0);
                REQUIRE((pointer.source == POINTER_RELR) == covered[i]);
                if (i + 1 < WORDS)
                        REQUIRE((image_pointer_at(image, VALUES + 8 * i + 3, &pointer, NULL) < 0) ==
                                part);
        }
}

static int count_one(uint64_t address, uint64_t value, void *context)
{
        ++*(size_t *)context;
        return 0;
}

/* As many relocations as a real file has: a look-up must not read them all, nor may a search whose
 * every field matches. Were either quadratic, the alarm would end the test. */
static void stays_fast_with_many_entries(void)
{
        enum { MANY = 300000 };
        _cleanup_(elf_builder_done) ElfBuilder builder = one_segment(MANY * 16);
        uint64_t value = 0x5555;
        ImagePointer pointer;
        size_t count = 0;

        (void)alarm(60);
        for (size_t i = 0; i < MANY; i++) {
                elf_builder_add_rela(&builder, VALUES + 16 * i, RELATIVE, i);
                store_le64(builder.segments[0].content + 16 * i, value);
                store_le64(builder.segments[0].content + 16 * i + 8, value);
        }
        _cleanup_(image_freep) Image *image = open_built(&builder);
        REQUIRE(image != NULL);
        for (size_t i = 0; i < MANY; i++) {
                REQUIRE(image_pointer_at(image, VALUES + 16 * i, &pointer, NULL) >= 0);
                REQUIRE(pointer.value == i);
        }
        REQUIRE(image_find_pointers(image, &(AddressRange){value, value}, 1, count_one, &count) ==
                0);
        CHECK_EQUAL(count, MANY + 1); /* the fields between, and the one addend that is the value */
        (void)alarm(0);
}

int main(void)
{
        CASE(takes_or_refuses_each);
        CASE(refuses_fields_outside_the_file);
        CASE(looks_into_the_plt_relocations);
        CASE(finds_entries_in_any_order);
        CASE(decodes_long_bitmaps);
        CASE(stays_fast_with_many_entries);
        return tap_end();
}
