/* SPDX-License-Identifier: MIT */

/* Ranges, offsets, addresses, and the search for pointers. */

#include "../lib/elf-builder.h"
#include "../lib/tap.h"
#include "image/image.h"

#define CODE   0x1000U
#define CONST  0x2000U
#define VALUES 0x3000U

/* Code, constants and writable values with zero-filled memory behind; not built yet. */
static ElfBuilder three_segments(void)
{
        ElfBuilder builder = ELF_BUILDER_NONE;

        (void)elf_builder_add_segment(&builder, CODE, PF_R | PF_X, 0x100);
        (void)elf_builder_add_segment(&builder, CONST, PF_R, 0x80);
        (void)elf_builder_add_segment(&builder, VALUES, PF_R | PF_W, 0x200);
        builder.segments[2].memory_size = 0x1000;
        return builder;
}

static Image *open_built(ElfBuilder *builder)
{
        Image *image = NULL;
        Fault fault = FAULT_NONE;

        elf_builder_build(builder);
        CHECK_EQUAL(image_open(elf_builder_span(builder), &image, &fault), 0);
        if (!image)
                printf("# %s: %s\n", reason_text(fault.reason)->why, fault.subject);
        return image;
}

static void translates_both_ways(void)
{
        _cleanup_(elf_builder_done) ElfBuilder builder = three_segments();
        _cleanup_(image_freep) Image *image = open_built(&builder);
        uint64_t start = elf_builder_offset_of(&builder, VALUES), number;
        size_t count;

        REQUIRE(image != NULL);
        (void)image_ranges(image, &count);
        CHECK_EQUAL(count, 4);
        CHECK(span_equal(image_bytes(image), elf_builder_span(&builder)));
        REQUIRE(image_offset_of(image, VALUES + 0x1F8, 8, &number) == 0);
        CHECK_EQUAL(number, start + 0x1F8);
        REQUIRE(image_address_of(image, start + 0x1F8, 8, &number) == 0);
        CHECK_EQUAL(number, VALUES + 0x1F8);
        CHECK_EQUAL(image_address_of(image, start + 0x1F9, 8, &number), -ERANGE);
        CHECK_EQUAL(image_offset_of(image, VALUES + 0x1F9, 8, &number), -ERANGE);
        CHECK_EQUAL(image_offset_of(image, VALUES + 0x200, 1, &number), -ERANGE);
        CHECK_EQUAL(image_offset_of(image, CODE - 1, 2, &number), -ERANGE);
        CHECK_EQUAL(image_offset_of(image, VALUES, UINT64_MAX, &number), -ERANGE);
        CHECK_EQUAL(image_offset_of(image, UINT64_MAX, 8, &number), -ERANGE);
        CHECK_EQUAL(image_address_of(image, UINT64_MAX, 8, &number), -ERANGE);
        CHECK_EQUAL(image_address_of(image, 0, 8, &number), -ERANGE);
        CHECK(image_range_at_address(image, CODE, 0x100)->executable);
        CHECK(!image_range_at_address(image, CODE, 0x100)->writable);
        CHECK(image_range_at_offset(image, start, 0x200)->writable);
}

static void orders_ranges_by_offset(void)
{
        _cleanup_(elf_builder_done) ElfBuilder builder = ELF_BUILDER_NONE;
        const ImageRange *ranges;
        size_t count;

        (void)elf_builder_add_segment(&builder, 0x9000, PF_R, 16);
        (void)elf_builder_add_segment(&builder, 0x5000, PF_R, 16);
        (void)elf_builder_add_segment(&builder, 0x7000, PF_R, 0);
        builder.segments[2].memory_size = 64;
        builder.no_dynamic = true;
        _cleanup_(image_freep) Image *image = open_built(&builder);
        REQUIRE(image != NULL);
        ranges = image_ranges(image, &count);
        REQUIRE(count == 2);
        CHECK_EQUAL(ranges[0].address, 0x9000);
        CHECK_EQUAL(ranges[1].address, 0x5000);
        CHECK(ranges[0].offset < ranges[1].offset);
}

static void describes_what_it_is(void)
{
        static const struct {
                uint16_t type;
                bool no_dynamic, rela, relr;
                const char *text;
        } cases[] = {
                {ET_DYN, false, true, false, "ELF 64-bit x86-64, position-independent, RELA"},
                {ET_DYN, false, true, true, "ELF 64-bit x86-64, position-independent, RELA, RELR"},
                {ET_DYN, false, false, true, "ELF 64-bit x86-64, position-independent, RELR"},
                {ET_DYN, false, false, false, "ELF 64-bit x86-64, position-independent"},
                {ET_EXEC, true, false, false, "ELF 64-bit x86-64, fixed address"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_(elf_builder_done) ElfBuilder builder = three_segments();

                builder.type = cases[i].type;
                builder.no_dynamic = cases[i].no_dynamic;
                if (cases[i].rela)
                        elf_builder_add_rela(&builder, VALUES, R_X86_64_RELATIVE, CODE);
                if (cases[i].relr)
                        elf_builder_add_relr(&builder, VALUES + 8);
                _cleanup_(image_freep) Image *image = open_built(&builder);
                REQUIRE(image != NULL);
                CHECK_TEXT(image_description(image), cases[i].text);
                CHECK_EQUAL(image_is_relocatable(image), cases[i].type == ET_DYN);
                CHECK_EQUAL(image_rela_count(image), cases[i].rela);
                CHECK_EQUAL(image_relr_count(image), cases[i].relr);
                CHECK_TEXT(image_format_name(image_format(image)), "ELF");
        }
}

/* What image_find_pointers() found. */
typedef struct Hits {
        uint64_t addresses[8], values[8];
        size_t count, stop_at; /* 0: never */
} Hits;

static int take_hit(uint64_t address, uint64_t value, void *context)
{
        Hits *hits = context;

        if (hits->count < ARRAY_SIZE(hits->addresses)) {
                hits->addresses[hits->count] = address;
                hits->values[hits->count] = value;
        }
        return ++hits->count == hits->stop_at ? -ECANCELED : 0;
}

static const uint64_t wanted[] = {0x1010, 0x1020};
static const AddressRange targets[] = {{0x1010, 0x1010}, {0x1020, 0x1027}};

/* Both wanted values in each segment, one of them off the grid. */
static ElfBuilder with_pointers(void)
{
        ElfBuilder builder = three_segments();

        for (size_t i = 0; i < builder.segment_count; i++) {
                store_le64(builder.segments[i].content + 0x10, wanted[0]);
                store_le64(builder.segments[i].content + 0x24, wanted[1]);
                store_le64(builder.segments[i].content + 0x40, wanted[1]);
        }
        return builder;
}

static void finds_fields_everywhere_at_fixed_addresses(void)
{
        _cleanup_(elf_builder_done) ElfBuilder builder = with_pointers();
        Hits hits = {};

        builder.type = ET_EXEC;
        elf_builder_add_rela(&builder, VALUES + 0x80, R_X86_64_GLOB_DAT, 0);
        _cleanup_(image_freep) Image *image = open_built(&builder);
        REQUIRE(image != NULL);
        CHECK_EQUAL(image_find_pointers(image, targets, 2, take_hit, &hits), 0);
        CHECK_EQUAL(hits.count, 6);
        CHECK_EQUAL(hits.addresses[0], CODE + 0x10);
        CHECK_EQUAL(hits.addresses[3], CONST + 0x40);
        CHECK_EQUAL(hits.values[3], wanted[1]);

        hits = (Hits){.stop_at = 2};
        CHECK_EQUAL(image_find_pointers(image, targets, 2, take_hit, &hits), -ECANCELED);
        CHECK_EQUAL(hits.count, 2);
        hits = (Hits){};
        CHECK_EQUAL(image_find_pointers(image, targets, 0, take_hit, &hits), 0);
        CHECK_EQUAL(hits.count, 0);
}

static void finds_relocated_pointers_not_stale_fields(void)
{
        _cleanup_(elf_builder_done) ElfBuilder builder = with_pointers();
        Hits hits = {};

        elf_builder_add_rela(&builder, VALUES + 0x60, R_X86_64_RELATIVE,
                             wanted[1]);                                          /* zero field */
        elf_builder_add_rela(&builder, VALUES + 0x10, R_X86_64_RELATIVE, 0x1030); /* stale */
        elf_builder_add_rela(&builder, VALUES + 0x44, R_X86_64_64, 0); /* a part of one */
        elf_builder_add_rela(&builder, VALUES + 0x72, R_X86_64_RELATIVE, wanted[0]);  /* off grid */
        elf_builder_add_rela(&builder, VALUES + 0x800, R_X86_64_RELATIVE, wanted[0]); /* no file */
        elf_builder_add_rela(&builder, UINT64_MAX, R_X86_64_RELATIVE, wanted[0]);
        elf_builder_add_rela(&builder, UINT64_MAX, R_X86_64_TLSDESC, wanted[0]);
        store_le64(builder.segments[2].content + 0x1F8, wanted[0]);
        _cleanup_(image_freep) Image *image = open_built(&builder);
        REQUIRE(image != NULL);
        CHECK_EQUAL(image_find_pointers(image, targets, 2, take_hit, &hits), 0);
        REQUIRE(hits.count == 2);
        CHECK_EQUAL(hits.addresses[0], VALUES + 0x60);
        CHECK_EQUAL(hits.values[0], wanted[1]);
        CHECK_EQUAL(hits.addresses[1], VALUES + 0x1F8);
        CHECK_EQUAL(hits.values[1], wanted[0]);
        hits = (Hits){.stop_at = 1};
        CHECK_EQUAL(image_find_pointers(image, targets, 2, take_hit, &hits), -ECANCELED);
}

static void finds_fields_of_relr_in_writable_ranges(void)
{
        _cleanup_(elf_builder_done) ElfBuilder builder = with_pointers();
        Hits hits = {};

        elf_builder_add_relr(&builder, VALUES + 0x10);
        _cleanup_(image_freep) Image *image = open_built(&builder);
        REQUIRE(image != NULL);
        CHECK_EQUAL(image_find_pointers(image, targets, 2, take_hit, &hits), 0);
        CHECK_EQUAL(hits.count, 2);
        CHECK_EQUAL(hits.addresses[0], VALUES + 0x10);
}

/* What the tables of relocations say of fields is no field, wherever they are. */
static void words_of_relocation_tables_are_no_fields(void)
{
        _cleanup_(elf_builder_done) ElfBuilder builder = with_pointers();
        Hits hits = {};
        Fault fault = FAULT_NONE;
        ImagePointer pointer;
        uint64_t inside, value;

        elf_builder_add_rela(&builder, VALUES + 0x10, R_X86_64_RELATIVE, wanted[0]);
        elf_builder_add_rela(&builder, VALUES + 0x18, R_X86_64_RELATIVE, wanted[1]);
        elf_builder_add_rela(&builder, VALUES + 0x20, R_X86_64_RELATIVE, wanted[0]);
        elf_builder_build(&builder);
        inside = load_le64(builder.bytes + elf_builder_tag_at(&builder, DT_RELA));
        elf_builder_poke(&builder, builder.rela_offset + 2 * 24, 8, inside);
        for (size_t i = 0; i < builder.segment_count; i++) {
                uint64_t header = elf_builder_header_at(&builder, i);

                elf_builder_poke(&builder, header + offsetof(Elf64_Phdr, p_flags), 4, PF_R | PF_W);
        }
        _cleanup_(image_freep) Image *image = NULL;
        REQUIRE(image_open(elf_builder_span(&builder), &image, NULL) == 0);
        CHECK_EQUAL(image_find_pointers(image, targets, 2, take_hit, &hits), 0);
        for (size_t i = 0; i < hits.count; i++)
                CHECK(hits.addresses[i] < builder.tables_address);
        for (uint64_t i = 0; i < 2; i++) {
                CHECK_EQUAL(image_pointer_at(image, inside + 16 * i, &pointer, &fault), -EBADMSG);
                CHECK_EQUAL(fault.reason, REASON_IMAGE_RELOCATION);
                CHECK_EQUAL(image_pointers_at(image, inside + 16 * i, 8, 1, &value), 0);
                CHECK_EQUAL(value, UINT64_MAX);
        }
}

/* Segments that begin and end off the grid of eight bytes. */
static void finds_by_address_not_by_offset(void)
{
        _cleanup_(elf_builder_done) ElfBuilder builder = ELF_BUILDER_NONE;
        uint8_t *content = elf_builder_add_segment(&builder, 0x1003, PF_R | PF_W, 0x1D);
        Hits hits = {};

        store_le64(content, wanted[0]);        /* 0x1003 */
        store_le64(content + 0x0D, wanted[0]); /* 0x1010 */
        store_le64(content + 0x15, wanted[1]); /* 0x1018, the last eight bytes */
        builder.no_dynamic = true;
        builder.type = ET_EXEC;
        _cleanup_(image_freep) Image *image = open_built(&builder);
        REQUIRE(image != NULL);
        CHECK_EQUAL(image_find_pointers(image, targets, 2, take_hit, &hits), 0);
        REQUIRE(hits.count == 2);
        CHECK_EQUAL(hits.addresses[0], 0x1010);
        CHECK_EQUAL(hits.addresses[1], 0x1018);
}

int main(void)
{
        CASE(translates_both_ways);
        CASE(orders_ranges_by_offset);
        CASE(describes_what_it_is);
        CASE(finds_fields_everywhere_at_fixed_addresses);
        CASE(finds_relocated_pointers_not_stale_fields);
        CASE(finds_fields_of_relr_in_writable_ranges);
        CASE(words_of_relocation_tables_are_no_fields);
        CASE(finds_by_address_not_by_offset);
        return tap_end();
}
