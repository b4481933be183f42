/* SPDX-License-Identifier: MIT */

/* PE32+: sections, base relocations, the checksum and the signature; and every way to damage them.
 * Files are copied to blocks of exactly their size, so that a sanitizer sees every byte read too
 * many. */

#include "../lib/image-questions.h"
#include "../lib/pe-builder.h"
#include "../lib/tap.h"
#include "image/image.h"
#include "patch/verdict.h"

#define CODE   0x1000U
#define VALUES 0x2000U
#define LIST   0x4000U
#define ZEROED 0x5000U

/* Code; values, more in memory than in the file; a guest list, more in the file; nothing but
 * memory; base relocations; a signature of an odd size. */
static PeBuilder whole_file(void)
{
        PeBuilder builder = {.signature_size = 0x121};
        uint8_t *values, *list;

        (void)pe_builder_add_section(&builder, CODE, PE_EXECUTABLE, 0x200, 0x200);
        values = pe_builder_add_section(&builder, VALUES, PE_WRITABLE, 0x1800, 0x400);
        list = pe_builder_add_section(&builder, LIST, PE_CONSTANT, 0x180, 0x200);
        (void)pe_builder_add_section(&builder, ZEROED, PE_WRITABLE, 0x300, 0);
        store_le64(values, PE_BASE + CODE);
        store_le64(values + 0x10, PE_BASE + CODE + 8);
        store_le64(values + 0x20, PE_BASE + CODE + 8);
        store_le64(values + 0x38, PE_BASE + CODE);
        for (size_t i = 0; i < 5; i++) { /* a run of three entries and one of two */
                uint8_t *entry = list + 64 * (i < 3 ? i : i + 1);

                entry[0] = entry[4] = 0x10;
                entry[8] = i < 3 ? 1 : 2;
                entry[32] = 0x3E;
        }
        pe_builder_add_fixup(&builder, VALUES, 10);
        pe_builder_add_fixup(&builder, VALUES + 0x20, 3);
        pe_builder_add_fixup(&builder, VALUES + 0x30, 10);
        pe_builder_add_fixup(&builder, VALUES + 0x34, 10);
        pe_builder_add_fixup(&builder, VALUES + 0x54, 10); /* the same, the other way round */
        pe_builder_add_fixup(&builder, VALUES + 0x50, 10);
        pe_builder_add_fixup(&builder, VALUES + 0xFFC, 0);
        pe_builder_build(&builder);
        return builder;
}

static void sections_map_what_both_sizes_hold(void)
{
        _cleanup_(pe_builder_done) PeBuilder builder = whole_file();
        _cleanup_(image_freep) Image *image = NULL;
        size_t count;
        uint64_t number;

        REQUIRE(image_open(pe_builder_span(&builder), &image, NULL) == 0);
        CHECK_EQUAL(image_format(image), IMAGE_PE);
        CHECK_TEXT(image_format_name(image_format(image)), "PE");
        CHECK_TEXT(image_description(image),
                   "PE32+ x86-64, image base 0x140000000, base relocations, signed");
        CHECK(image_is_relocatable(image));
        (void)image_ranges(image, &count);
        CHECK_EQUAL(count, 4);
        REQUIRE(image_offset_of(image, PE_BASE + VALUES + 0x3F8, 8, &number) == 0);
        CHECK_EQUAL(number, builder.sections[1].offset + 0x3F8);
        REQUIRE(image_address_of(image, number, 8, &number) == 0);
        CHECK_EQUAL(number, PE_BASE + VALUES + 0x3F8);
        CHECK_EQUAL(image_offset_of(image, PE_BASE + VALUES + 0x3F9, 8, &number), -ERANGE);
        CHECK_EQUAL(image_offset_of(image, PE_BASE + VALUES + 0x400, 1, &number), -ERANGE);
        CHECK(image_offset_of(image, PE_BASE + LIST + 0x17F, 1, &number) == 0);
        CHECK_EQUAL(image_offset_of(image, PE_BASE + LIST + 0x180, 1, &number), -ERANGE);
        CHECK_EQUAL(image_offset_of(image, PE_BASE + ZEROED, 1, &number), -ERANGE);
        CHECK_EQUAL(image_offset_of(image, PE_BASE, 1, &number), -ERANGE);
        CHECK_EQUAL(image_offset_of(image, VALUES, 1, &number), -ERANGE);
        CHECK(image_range_at_address(image, PE_BASE + CODE, 1)->executable);
        CHECK(image_range_at_address(image, PE_BASE + VALUES, 1)->writable);
        CHECK(!image_range_at_address(image, PE_BASE + LIST, 1)->writable);
}

/* A size in memory of zero means that of the file; no file offset means no bytes in it. */
static void sizes_may_be_left_out(void)
{
        _cleanup_(pe_builder_done) PeBuilder same = whole_file(), none = whole_file();
        _cleanup_(image_freep) Image *image = NULL, *second = NULL;
        uint64_t number;

        pe_builder_poke(&same, PE_SECTIONS + 40 + 8, 4, 0);
        REQUIRE(image_open(pe_builder_span(&same), &image, NULL) == 0);
        REQUIRE(image_offset_of(image, PE_BASE + VALUES, 0x400, &number) == 0);
        CHECK_EQUAL(number, same.sections[1].offset);
        pe_builder_poke(&none, PE_SECTIONS + 40 + 20, 4, 0);
        REQUIRE(image_open(pe_builder_span(&none), &second, NULL) == 0);
        CHECK_EQUAL(image_offset_of(second, PE_BASE + VALUES, 1, &number), -ERANGE);
}

/* Stripped, or not among the data directories that are counted. */
static void relocations_may_be_left_out(void)
{
        static const struct {
                uint64_t at, value;
        } ways[] = {{PE_COFF + 18, 0x23}, {PE_OPTIONAL + 108, 5}};

        for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
                _cleanup_(pe_builder_done) PeBuilder builder = whole_file();
                _cleanup_(image_freep) Image *image = NULL;
                ImagePointer pointer;

                pe_builder_poke(&builder, ways[i].at, 1, ways[i].value);
                REQUIRE(image_open(pe_builder_span(&builder), &image, NULL) == 0);
                CHECK(!image_is_relocatable(image));
                CHECK(image_signature(image).kind != NULL);
                REQUIRE(image_pointer_at(image, PE_BASE + VALUES, &pointer, NULL) == 0);
                CHECK_EQUAL(pointer.source, POINTER_FIELD);
        }
}

static Reason refusal_at(const Image *image, uint64_t place)
{
        ImagePointer pointer;
        Fault fault = FAULT_NONE;

        CHECK_EQUAL(image_pointer_at(image, PE_BASE + place, &pointer, &fault), -EBADMSG);
        return fault.reason;
}

static void pointers_are_the_fields(void)
{
        _cleanup_(pe_builder_done) PeBuilder builder = whole_file();
        _cleanup_(image_freep) Image *image = NULL;
        ImagePointer pointer;

        REQUIRE(image_open(pe_builder_span(&builder), &image, NULL) == 0);
        REQUIRE(image_pointer_at(image, PE_BASE + VALUES, &pointer, NULL) == 0);
        CHECK_EQUAL(pointer.value, PE_BASE + CODE);
        CHECK_EQUAL(pointer.source, POINTER_BASE);
        CHECK_EQUAL(pointer.field_offset, builder.sections[1].offset);
        REQUIRE(image_pointer_at(image, PE_BASE + VALUES + 0x10, &pointer, NULL) == 0);
        CHECK_EQUAL(pointer.value, PE_BASE + CODE + 8);
        CHECK_EQUAL(pointer.source, POINTER_FIELD);
        CHECK_EQUAL(refusal_at(image, VALUES + 4), REASON_IMAGE_RELOCATION);
        CHECK_EQUAL(refusal_at(image, VALUES + 0x1C), REASON_IMAGE_RELOCATION);
        CHECK_EQUAL(refusal_at(image, VALUES + 0x20), REASON_IMAGE_RELOCATION);
        CHECK_EQUAL(refusal_at(image, VALUES + 0x30), REASON_IMAGE_RELOCATION);
        CHECK_EQUAL(refusal_at(image, VALUES + 0x50), REASON_IMAGE_RELOCATION);
        CHECK(image_pointer_at(image, PE_BASE + VALUES + 0x24, &pointer, NULL) == 0);
        CHECK(image_pointer_at(image, PE_BASE + VALUES + 0x3F8, &pointer, NULL) == 0);
        CHECK_EQUAL(image_pointer_at(image, PE_BASE + VALUES + 0x3FC, &pointer, NULL), -ERANGE);
}

static int add_up(uint64_t address, uint64_t value, void *context)
{
        *(uint64_t *)context += address - PE_BASE - VALUES + 1;
        return 0;
}

/* Relocated or not; but not where a relocation of another kind writes. */
static void pointers_are_found(void)
{
        _cleanup_(pe_builder_done) PeBuilder builder = whole_file();
        _cleanup_(image_freep) Image *image = NULL;
        uint64_t code = PE_BASE + CODE, behind = code + 8, sum = 0;

        REQUIRE(image_open(pe_builder_span(&builder), &image, NULL) == 0);
        CHECK(image_find_pointers(image, &(AddressRange){code, code}, 1, add_up, &sum) == 0);
        CHECK_EQUAL(sum, 1 + 0x39);
        sum = 0;
        CHECK(image_find_pointers(image, &(AddressRange){behind, behind}, 1, add_up, &sum) == 0);
        CHECK_EQUAL(sum, 0x11);
}

/* Over the edge of a page: relocations of a page reach into the next one. */
static void relocations_reach_over_pages(void)
{
        _cleanup_(pe_builder_done) PeBuilder builder = PE_BUILDER_NONE;
        _cleanup_(image_freep) Image *image = NULL;
        ImagePointer pointer;

        (void)pe_builder_add_section(&builder, CODE, PE_EXECUTABLE, 0x200, 0x200);
        (void)pe_builder_add_section(&builder, VALUES, PE_WRITABLE, 0x2000, 0x2000);
        pe_builder_add_fixup(&builder, VALUES + 0x1800, 10); /* in any order */
        pe_builder_add_fixup(&builder, VALUES + 0xFFC, 10);
        pe_builder_add_fixup(&builder, VALUES + 0x1900, 10);
        pe_builder_build(&builder);
        REQUIRE(image_open(pe_builder_span(&builder), &image, NULL) == 0);
        CHECK_EQUAL(refusal_at(image, VALUES + 0x1000), REASON_IMAGE_RELOCATION);
        CHECK_EQUAL(refusal_at(image, VALUES + 0xFF8), REASON_IMAGE_RELOCATION);
        REQUIRE(image_pointer_at(image, PE_BASE + VALUES + 0xFFC, &pointer, NULL) == 0);
        CHECK_EQUAL(pointer.source, POINTER_BASE);
        REQUIRE(image_pointer_at(image, PE_BASE + VALUES + 0x1008, &pointer, NULL) == 0);
        CHECK_EQUAL(pointer.source, POINTER_FIELD);
        REQUIRE(image_pointer_at(image, PE_BASE + VALUES + 0x1800, &pointer, NULL) == 0);
        CHECK_EQUAL(pointer.source, POINTER_BASE);
        REQUIRE(image_pointer_at(image, PE_BASE + VALUES + 0x1900, &pointer, NULL) == 0);
        CHECK_EQUAL(pointer.source, POINTER_BASE);
}

static void checksum_is_the_convention(void)
{
        _cleanup_(pe_builder_done) PeBuilder builder = whole_file();
        _cleanup_(image_freep) Image *image = NULL;
        _cleanup_(edits_done) Edits edits = {};
        Edit first = {.offset = 0x601, .size = 3, .after = {0xFF, 0xFE, 0xFD}};
        Edit second = {.size = 1, .before = {0x30}, .after = {0x99}};
        ImageChecksum checksum;

        second.offset = builder.size - 1; /* the file has an odd size */
        REQUIRE(image_open(pe_builder_span(&builder), &image, NULL) == 0);
        REQUIRE(image_checksum(image, &edits, &checksum) == 1);
        CHECK_EQUAL(checksum.offset, PE_CHECKSUM);
        CHECK_EQUAL(checksum.value, checksum.wanted);
        memcpy(first.before, builder.bytes + first.offset, first.size);
        REQUIRE(edits_add(&edits, &first) == 0 && edits_add(&edits, &second) == 0);
        REQUIRE(image_checksum(image, &edits, &checksum) == 1);
        edits_apply(&edits, builder.bytes, builder.size);
        CHECK_EQUAL(checksum.wanted, pe_checksum_of(pe_builder_span(&builder)));
        CHECK(checksum.wanted != checksum.value);
}

static void no_checksum_stays_none(void)
{
        _cleanup_(pe_builder_done) PeBuilder builder = whole_file();
        _cleanup_(image_freep) Image *image = NULL;
        _cleanup_(verdict_done) Verdict verdict = VERDICT_NONE;
        ImageChecksum checksum;

        pe_builder_poke(&builder, PE_CHECKSUM, 4, 0);
        REQUIRE(image_open(pe_builder_span(&builder), &image, NULL) == 0);
        CHECK_EQUAL(image_checksum(image, &(Edits){}, &checksum), 0);
        REQUIRE(verdict_of(pe_builder_span(&builder), SUBJECT_GOS, &verdict) == 0);
        CHECK_EQUAL(verdict.plan.count, 5);
        CHECK_EQUAL(verdict.checksum.offset, 0);
}

/* Judges, checks that the checksum of the result is right, applies, and finds nothing left to do.
 */
static void patch_through(PeBuilder *builder, State expected, size_t edits)
{
        _cleanup_(verdict_done) Verdict before = VERDICT_NONE, after = VERDICT_NONE;

        REQUIRE(verdict_of(pe_builder_span(builder), SUBJECT_NONE, &before) == 0);
        CHECK_EQUAL(before.state, expected);
        CHECK_EQUAL(before.subject, SUBJECT_GOS);
        CHECK_EQUAL(before.plan.count, edits);
        CHECK_TEXT(before.signature.kind, "Authenticode");
        CHECK_EQUAL(before.signature.offset, builder->signature_offset);
        REQUIRE(edits_match(&before.plan, pe_builder_span(builder)) == 0);
        edits_apply(&before.plan, builder->bytes, builder->size);
        CHECK_EQUAL(load_le32(builder->bytes + PE_CHECKSUM),
                    pe_checksum_of(pe_builder_span(builder)));
        REQUIRE(verdict_of(pe_builder_span(builder), SUBJECT_GOS, &after) == 0);
        CHECK_EQUAL(after.state, STATE_PATCHED);
        CHECK_EQUAL(after.plan.count, 0);
        CHECK_EQUAL(after.checksum.value, after.checksum.wanted);
}

static void plan_keeps_the_checksum_true(void)
{
        _cleanup_(pe_builder_done) PeBuilder stock = whole_file(), half = whole_file();

        patch_through(&stock, STATE_STOCK, 5 + 1);
        CHECK_EQUAL(stock.bytes[stock.size - 1], 0x30);                /* the signature stays */
        pe_builder_poke(&half, half.sections[2].offset + 32, 1, 0x3F); /* and leaves it stale */
        patch_through(&half, STATE_PARTIAL, 4 + 1);
        CHECK(memcmp(half.bytes, stock.bytes, stock.size) == 0);
}

/* What another tool patched without it is patched all the same. */
static void wrong_checksum_alone_is_no_plan(void)
{
        _cleanup_(pe_builder_done) PeBuilder builder = whole_file();
        _cleanup_(verdict_done) Verdict verdict = VERDICT_NONE;

        for (size_t i = 0; i < 5; i++)
                pe_builder_poke(&builder,
                                builder.sections[2].offset + 64 * (i < 3 ? i : i + 1) + 32, 1,
                                0x3F);
        REQUIRE(verdict_of(pe_builder_span(&builder), SUBJECT_NONE, &verdict) == 0);
        CHECK_EQUAL(verdict.state, STATE_PATCHED);
        CHECK_EQUAL(verdict.plan.count, 0);
        CHECK(verdict.checksum.value != verdict.checksum.wanted);
}

static Reason judge(const PeBuilder *builder, size_t size)
{
        static const ImageQuestions questions = {
                .pointers = PE_BASE + VALUES, .pointers_size = 0x80, .values = {PE_BASE + CODE}};

        return image_ask((Span){builder->bytes, size}, &questions);
}

static void no_cut_is_taken_for_whole(void)
{
        _cleanup_(pe_builder_done) PeBuilder builder = whole_file();

        CHECK_EQUAL(judge(&builder, builder.size), REASON_NONE);
        for (size_t size = 0; size < builder.size; size++) {
                Reason reason = judge(&builder, size);

                CHECK(size < 2 ? reason == REASON_IMAGE_FORMAT : reason == REASON_IMAGE_TRUNCATED);
        }
}

#define SECTION(i, at)   (PE_SECTIONS + 40U * (i) + (at))
#define DIRECTORY(i, at) (PE_DIRECTORIES + 8U * (i) + (at))
#define FIXUPS(at)       (0xC00U + (at)) /* checked below */

static const struct {
        uint64_t at;
        size_t size;
        uint64_t value;
        Reason expected;
} cases[] = {
        {0, 1, 0, REASON_IMAGE_FORMAT},
        {0x3C, 4, 0x40, REASON_IMAGE_FORMAT}, /* no PE signature there */
        {0x3C, 4, UINT32_MAX, REASON_IMAGE_TRUNCATED},
        {PE_HEADER, 4, 0x454E, REASON_IMAGE_FORMAT}, /* "NE" */
        {PE_COFF, 2, 0x14C, REASON_IMAGE_MACHINE},
        {PE_COFF, 2, 0xAA64, REASON_IMAGE_MACHINE},
        {PE_COFF + 2, 2, 0, REASON_IMAGE_HEADERS},
        {PE_COFF + 2, 2, 97, REASON_IMAGE_HEADERS},
        {PE_COFF + 2, 2, 96, REASON_IMAGE_TRUNCATED},
        {PE_COFF + 2, 2, 0xFFFF, REASON_IMAGE_HEADERS},
        {PE_COFF + 16, 2, 0, REASON_IMAGE_FORMAT},
        {PE_COFF + 16, 2, 111, REASON_IMAGE_HEADERS},
        {PE_COFF + 16, 2, 239, REASON_IMAGE_HEADERS}, /* 16 directories do not fit */
        {PE_COFF + 16, 2, 0xFFFF, REASON_IMAGE_TRUNCATED},
        {PE_COFF + 18, 2, 0, REASON_IMAGE_FORMAT}, /* an object file */
        {PE_COFF + 18, 2, 0x23, REASON_NONE},      /* relocations stripped */
        {PE_OPTIONAL, 2, 0x10B, REASON_IMAGE_MACHINE},
        {PE_OPTIONAL, 2, 0x107, REASON_IMAGE_FORMAT},
        {PE_OPTIONAL + 24, 8, PE_BASE + 0x1000, REASON_IMAGE_HEADERS},
        {PE_OPTIONAL + 24, 8, UINT64_C(0xFFFFFFFFFFFF0000), REASON_NONE},
        {PE_OPTIONAL + 24, 8, 0, REASON_NONE},
        {PE_OPTIONAL + 32, 4, 0, REASON_IMAGE_HEADERS},
        {PE_OPTIONAL + 32, 4, 0x1800, REASON_IMAGE_HEADERS},
        {PE_OPTIONAL + 32, 4, 0x100, REASON_IMAGE_HEADERS},
        {PE_OPTIONAL + 32, 4, 0x2000, REASON_IMAGE_SECTIONS},
        {PE_OPTIONAL + 32, 4, 0x200, REASON_IMAGE_SECTIONS}, /* then offsets are addresses */
        {PE_OPTIONAL + 32, 8, UINT64_C(0x2000000020000), REASON_IMAGE_HEADERS},
        {PE_OPTIONAL + 36, 4, 0, REASON_IMAGE_HEADERS},
        {PE_OPTIONAL + 36, 4, 3, REASON_IMAGE_HEADERS},
        {PE_OPTIONAL + 36, 4, 0x20000, REASON_IMAGE_HEADERS},
        {PE_OPTIONAL + 56, 4, 0x5000, REASON_IMAGE_SECTIONS},
        {PE_OPTIONAL + 56, 4, 0, REASON_IMAGE_HEADERS},
        {PE_OPTIONAL + 60, 4, 0x1001, REASON_IMAGE_SECTIONS}, /* headers reach into the code */
        {PE_OPTIONAL + 108, 4, 4, REASON_NONE},
        {PE_OPTIONAL + 108, 4, 0, REASON_NONE},
        {PE_OPTIONAL + 108, 4, UINT32_MAX, REASON_NONE}, /* the loader reads 16 */
        {SECTION(1, 8), 4, UINT32_MAX, REASON_IMAGE_SECTIONS},
        {SECTION(1, 8), 4, 0, REASON_NONE}, /* the size in memory is that in the file */
        {SECTION(1, 8), 4, 0x2001, REASON_IMAGE_SECTIONS},
        {SECTION(1, 12), 4, 0x1000, REASON_IMAGE_SECTIONS},
        {SECTION(1, 12), 4, 0x2200, REASON_IMAGE_SECTIONS},
        {SECTION(1, 12), 4, 0xFFFFF000, REASON_IMAGE_SECTIONS},
        {SECTION(1, 16), 4, UINT32_MAX, REASON_IMAGE_TRUNCATED},
        {SECTION(1, 16), 4, 0, REASON_NONE},
        {SECTION(1, 20), 4, 0, REASON_NONE}, /* nothing of it is in the file */
        {SECTION(1, 20), 4, 0x601, REASON_IMAGE_SECTIONS},
        {SECTION(1, 20), 4, 0xFFFFFE00, REASON_IMAGE_TRUNCATED},
        {DIRECTORY(4, 0), 4, UINT32_MAX, REASON_IMAGE_TRUNCATED},
        {DIRECTORY(4, 4), 4, UINT32_MAX, REASON_IMAGE_TRUNCATED},
        {DIRECTORY(4, 4), 4, 0, REASON_NONE},
        {DIRECTORY(5, 0), 4, UINT32_MAX, REASON_IMAGE_FIXUPS},
        {DIRECTORY(5, 0), 4, ZEROED, REASON_IMAGE_FIXUPS},
        {DIRECTORY(5, 4), 4, 0x201, REASON_IMAGE_FIXUPS},
        {DIRECTORY(5, 4), 4, 3, REASON_IMAGE_FIXUPS}, /* not even a whole block */
        {DIRECTORY(5, 4), 4, 0, REASON_NONE},
        {FIXUPS(0), 4, VALUES + 1, REASON_IMAGE_FIXUPS},
        {FIXUPS(4), 4, 0, REASON_IMAGE_FIXUPS},
        {FIXUPS(4), 4, 7, REASON_IMAGE_FIXUPS},
        {FIXUPS(4), 4, 11, REASON_IMAGE_FIXUPS},
        {FIXUPS(4), 4, UINT32_MAX, REASON_IMAGE_FIXUPS},
        {FIXUPS(8), 2, 0x5000, REASON_IMAGE_RELOCATION},
        {FIXUPS(8), 2, 0xF000, REASON_IMAGE_RELOCATION},
};

static void damage_is_refused_for_its_reason(void)
{
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_(pe_builder_done) PeBuilder builder = whole_file();
                Reason reason;

                REQUIRE(builder.fixups_offset == FIXUPS(0));
                pe_builder_poke(&builder, cases[i].at, cases[i].size, cases[i].value);
                reason = judge(&builder, builder.size);
                if (reason != cases[i].expected)
                        printf("# case %zu at 0x%llx: %s\n", i, (unsigned long long)cases[i].at,
                               reason_text(reason)->id);
                CHECK_EQUAL(reason, cases[i].expected);
        }
}

/* Sections may share bytes of the file, but not so often that reading them takes forever. */
static void shared_bytes_are_bounded(void)
{
        _cleanup_(pe_builder_done) PeBuilder builder = PE_BUILDER_NONE;

        for (uint32_t i = 0; i < 5; i++)
                (void)pe_builder_add_section(&builder, CODE + i * 0x1000, PE_WRITABLE, 0x800,
                                             0x800);
        pe_builder_build(&builder);
        for (uint32_t i = 0; i < 2; i++)
                pe_builder_poke(&builder, SECTION(i, 20), 4, 0x400);
        CHECK_EQUAL(judge(&builder, builder.size), REASON_NONE);
        for (uint32_t i = 0; i < 5; i++) {
                pe_builder_poke(&builder, SECTION(i, 16), 4, 0x1000);
                pe_builder_poke(&builder, SECTION(i, 8), 4, 0x1000);
                pe_builder_poke(&builder, SECTION(i, 20), 4, 0x400);
        }
        pe_builder_poke(&builder, PE_OPTIONAL + 56, 4, 0x6000);
        CHECK_EQUAL(judge(&builder, builder.size), REASON_NONE);
        builder.size = 0x1400 + 0x400;
        CHECK_EQUAL(judge(&builder, builder.size), REASON_IMAGE_SECTIONS);
}

/* Nor may the relocations of one page be spread over many blocks, or a block be larger than all
 * that a page can need. */
static void blocks_are_bounded(void)
{
        _cleanup_(pe_builder_done) PeBuilder many = PE_BUILDER_NONE, large = PE_BUILDER_NONE;

        (void)pe_builder_add_section(&many, VALUES, PE_WRITABLE, 0x2000, 0x200);
        for (uint32_t i = 0; i < 9; i++)
                pe_builder_add_fixup(&many, VALUES + i % 2 * 0x1000 + i * 8, 10);
        pe_builder_build(&many);
        CHECK_EQUAL(judge(&many, many.size), REASON_IMAGE_FIXUPS);
        store_le64(pe_builder_add_section(&large, VALUES, PE_WRITABLE, 0x3000, 0x3000),
                   UINT64_C(0x2804) << 32 | VALUES);
        pe_builder_build(&large);
        pe_builder_poke(&large, DIRECTORY(5, 0), 8, UINT64_C(0x3000) << 32 | VALUES);
        CHECK_EQUAL(judge(&large, large.size), REASON_IMAGE_FIXUPS);
        pe_builder_poke(&large, large.sections[0].offset + 4, 4, 8 + 2 * 4097);
        CHECK_EQUAL(judge(&large, large.size), REASON_NONE);
}

static void headers_must_be_aligned(void)
{
        _cleanup_(pe_builder_done) PeBuilder builder = whole_file();

        memmove(builder.bytes + PE_HEADER + 4, builder.bytes + PE_HEADER, 0x300);
        pe_builder_poke(&builder, 0x3C, 4, PE_HEADER + 4);
        CHECK_EQUAL(judge(&builder, builder.size), REASON_NONE);
        memmove(builder.bytes + PE_HEADER + 6, builder.bytes + PE_HEADER + 4, 0x300);
        pe_builder_poke(&builder, 0x3C, 4, PE_HEADER + 6);
        CHECK_EQUAL(judge(&builder, builder.size), REASON_IMAGE_HEADERS);
}

/* Small changes in the headers and the relocations, and a few anywhere: never a wrong access. */
static void random_damage_is_survived(void)
{
        PeBuilder builder = whole_file();
        uint64_t state = 88172645463325252U;
        size_t opened = 0;

        for (unsigned round = 0; round < 20000; round++) {
                uint8_t kept[3];
                size_t at[3];

                for (unsigned i = 0; i < 3; i++) {
                        state ^= state << 13;
                        state ^= state >> 7;
                        state ^= state << 17;
                        at[i] = state >> 8 & 1   ? (state >> 16) % builder.size
                                : state >> 9 & 1 ? FIXUPS((state >> 16) % 0x20)
                                                 : 0x80 + (state >> 16) % 0x300;
                        kept[i] = builder.bytes[at[i]];
                        builder.bytes[at[i]] ^= (uint8_t)(1U << (state >> 56) % 8);
                }
                opened += judge(&builder, builder.size) == REASON_NONE;
                for (unsigned i = 3; i-- > 0;)
                        builder.bytes[at[i]] = kept[i];
        }
        CHECK(opened > 0);
        CHECK_EQUAL(judge(&builder, builder.size), REASON_NONE);
        pe_builder_done(&builder);
}

int main(void)
{
        CASE(sections_map_what_both_sizes_hold);
        CASE(sizes_may_be_left_out);
        CASE(relocations_may_be_left_out);
        CASE(pointers_are_the_fields);
        CASE(pointers_are_found);
        CASE(relocations_reach_over_pages);
        CASE(checksum_is_the_convention);
        CASE(no_checksum_stays_none);
        CASE(plan_keeps_the_checksum_true);
        CASE(wrong_checksum_alone_is_no_plan);
        CASE(no_cut_is_taken_for_whole);
        CASE(damage_is_refused_for_its_reason);
        CASE(shared_bytes_are_bounded);
        CASE(blocks_are_bounded);
        CASE(headers_must_be_aligned);
        CASE(random_damage_is_survived);
        return tap_end();
}
