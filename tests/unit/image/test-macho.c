/* SPDX-License-Identifier: MIT */

/* Mach-O: thin and universal files, what dyld makes of their pointers, and every way to damage
 * them. Files are copied to blocks of exactly their size, so that a sanitizer sees every byte read
 * too many. */

#include "../lib/image-questions.h"
#include "../lib/macho-builder.h"
#include "../lib/tap.h"
#include "image/image.h"
#include "patch/verdict.h"

#define CODE   (MACHO_TEXT + 0x800)
#define BOUND  (UINT64_C(1) << 63)
#define NO_ONE UINT64_C(0x0123456789ABCDEF)

#define COMMAND(at) (MACHO_FIXUPS + (at))
#define TABLE(at)   (MACHO_LINKEDIT + (at))
#define STARTS(at)  TABLE(32U + 24U + (at))
#define VALUE(at)   (0x1000U + (at)) /* in the data */

/* In the data: pointers at 0x10, 0x20 and 0x1008, a symbol at 0x28, another number at 0x40, and a
 * guest list at 0x100. */
static void content_write(const MachoBuilder *builder)
{
        uint8_t *content = macho_builder_at(builder, MACHO_DATA);
        bool chained = builder->fixups == MACHO_TARGETS || builder->fixups == MACHO_OFFSETS;

        store_le64(content + 0x10, chained ? macho_chained(builder, CODE, 0x10) : CODE);
        store_le64(content + 0x20, chained ? macho_chained(builder, CODE + 8, 8) : CODE + 8);
        store_le64(content + 0x28, chained ? BOUND | 0x777 : 0);
        store_le64(content + 0x40, NO_ONE);
        store_le64(content + 0x1008, chained ? macho_chained(builder, CODE, 0) : CODE);
        for (size_t i = 0; i < 4; i++) {
                uint8_t *entry = content + 0x100 + 64 * (i < 2 ? i : i + 1);

                entry[0] = entry[4] = 0x10;
                entry[8] = i < 2 ? 1 : 2;
                entry[32] = 0x3E;
        }
}

/* Segment 2, offset 0x28: the symbol "_x". Then, by the other opcodes,
 * 0x1800, 0x1818, 0x18B0, 0x18C0, 0x18D0; and 0x60. */
static const uint8_t opcodes[] = {
        0x11, 0x40, '_',  'x',  0, 0x51, 0x60, 0x7F, 0x72, 0x28, 0x90, /* at 0x28 */
        0x80, 0xD0, 0x2F, 0xC0, 2, 0x10,                               /* from 0x1800, twice */
        0x80, 0x80, 0x01, 0x20, 5, 0xA0, 0x08, 0xB1, 0x90, 0x72, 0x60, 0x90, 0x00, 0,
};

static MachoBuilder whole_file(MachoFixups fixups, MachoWrap wrap)
{
        MachoBuilder builder = {.fixups = fixups,
                                .wrap = wrap,
                                .opcodes = opcodes,
                                .opcodes_size = sizeof(opcodes),
                                .starts = {0x10, 8}};

        macho_builder_build(&builder);
        content_write(&builder);
        return builder;
}

static void segments_are_mapped(void)
{
        _cleanup_(macho_builder_done) MachoBuilder builder = whole_file(MACHO_PLAIN, MACHO_THIN);
        _cleanup_(image_freep) Image *image = NULL;
        uint64_t number;
        size_t count;

        REQUIRE(image_open(macho_builder_span(&builder), &image, NULL) == 0);
        CHECK_EQUAL(image_format(image), IMAGE_MACHO);
        CHECK_TEXT(image_format_name(image_format(image)), "Mach-O");
        CHECK_TEXT(image_description(image), "Mach-O 64-bit x86-64, signed");
        CHECK(image_is_relocatable(image));
        CHECK_EQUAL(image_signature(image).offset, 0x3180);
        CHECK_EQUAL(image_signature(image).size, 0x80);
        (void)image_ranges(image, &count);
        CHECK_EQUAL(count, 3);
        REQUIRE(image_offset_of(image, MACHO_DATA + 0x1FFF, 1, &number) == 0);
        CHECK_EQUAL(number, 0x2FFF);
        CHECK_EQUAL(image_offset_of(image, MACHO_DATA + 0x2000, 1, &number), -ERANGE);
        CHECK_EQUAL(image_offset_of(image, 0, 1, &number), -ERANGE);
        CHECK(image_range_at_address(image, MACHO_TEXT, 1)->executable);
        CHECK(!image_range_at_address(image, MACHO_TEXT, 1)->writable);
        CHECK(image_range_at_address(image, MACHO_DATA, 1)->writable);
}

static int add_up(uint64_t address, uint64_t value, void *context)
{
        *(uint64_t *)context += address - MACHO_DATA;
        return 0;
}

static Reason refusal_at(const Image *image, uint64_t address)
{
        ImagePointer pointer;
        Fault fault = FAULT_NONE;

        CHECK_EQUAL(image_pointer_at(image, address, &pointer, &fault), -EBADMSG);
        return fault.reason;
}

/* The same answers, however the file says it. */
static void check_pointers(MachoFixups fixups, MachoWrap wrap)
{
        _cleanup_(macho_builder_done) MachoBuilder builder = whole_file(fixups, wrap);
        _cleanup_(image_freep) Image *image = NULL;
        bool chained = fixups == MACHO_TARGETS || fixups == MACHO_OFFSETS;
        uint64_t code = CODE, sum = 0;
        ImagePointer pointer;

        REQUIRE(image_open(macho_builder_span(&builder), &image, NULL) == 0);
        REQUIRE(image_pointer_at(image, MACHO_DATA + 0x10, &pointer, NULL) == 0);
        CHECK_EQUAL(pointer.value, CODE);
        CHECK_EQUAL(pointer.source, chained ? POINTER_CHAINED : POINTER_FIELD);
        CHECK_EQUAL(pointer.field_offset, builder.slice + 0x1010);
        CHECK_EQUAL(pointer.field, load_le64(macho_builder_at(&builder, MACHO_DATA + 0x10)));
        REQUIRE(image_pointer_at(image, MACHO_DATA + 0x1008, &pointer, NULL) == 0);
        CHECK_EQUAL(pointer.value, CODE);
        REQUIRE(image_pointer_at(image, MACHO_DATA + 0x40, &pointer, NULL) == 0);
        CHECK_EQUAL(pointer.value, NO_ONE);
        CHECK_EQUAL(pointer.source, POINTER_FIELD);
        CHECK(image_find_pointers(image, &(AddressRange){code, code}, 1, add_up, &sum) == 0);
        CHECK_EQUAL(sum, 0x10 + 0x1008);
        if (fixups != MACHO_PLAIN)
                CHECK_EQUAL(refusal_at(image, MACHO_DATA + 0x28), REASON_IMAGE_RELOCATION);
        if (chained) {
                uint64_t symbol = (fixups == MACHO_OFFSETS ? MACHO_BASE : 0) + 0x777;

                sum = 0;
                CHECK(image_find_pointers(image, &(AddressRange){symbol, symbol}, 1, add_up,
                                          &sum) == 0);
                CHECK_EQUAL(sum, 0);
                CHECK_EQUAL(refusal_at(image, MACHO_DATA + 0x0C), REASON_IMAGE_RELOCATION);
                CHECK_EQUAL(refusal_at(image, MACHO_DATA + 0x14), REASON_IMAGE_RELOCATION);
                CHECK_EQUAL(refusal_at(image, MACHO_DATA + 0x1001), REASON_IMAGE_RELOCATION);
        }
}

static void pointers_are_what_dyld_makes_of_them(void)
{
        for (MachoFixups fixups = MACHO_PLAIN; fixups <= MACHO_OFFSETS; fixups++)
                for (MachoWrap wrap = MACHO_THIN; wrap <= MACHO_FAT_64; wrap++)
                        check_pointers(fixups, wrap);
}

static void upper_bits_of_a_target_are_kept(void)
{
        _cleanup_(macho_builder_done) MachoBuilder builder = whole_file(MACHO_TARGETS, MACHO_THIN);
        _cleanup_(image_freep) Image *image = NULL;
        ImagePointer pointer;

        *(macho_builder_at(&builder, MACHO_DATA + 0x20) + 4) |= 0x50;
        *(macho_builder_at(&builder, MACHO_DATA + 0x20) + 5) |= 0x0A;
        REQUIRE(image_open(macho_builder_span(&builder), &image, NULL) == 0);
        REQUIRE(image_pointer_at(image, MACHO_DATA + 0x20, &pointer, NULL) == 0);
        CHECK_EQUAL(pointer.value, (CODE + 8) | UINT64_C(0xA5) << 56);
}

/* A field at the end of a page, and one at the start of the next. */
static void chains_begin_with_their_page(void)
{
        _cleanup_(macho_builder_done)
                MachoBuilder builder = {.fixups = MACHO_TARGETS, .starts = {0xFF8, 0}};
        _cleanup_(image_freep) Image *image = NULL;
        ImagePointer pointer;

        macho_builder_build(&builder);
        for (uint64_t at = 0xFF8; at <= 0x1000; at += 8)
                store_le64(macho_builder_at(&builder, MACHO_DATA + at),
                           macho_chained(&builder, CODE, 0));
        REQUIRE(image_open(macho_builder_span(&builder), &image, NULL) == 0);
        for (uint64_t at = 0xFF8; at <= 0x1000; at += 8) {
                REQUIRE(image_pointer_at(image, MACHO_DATA + at, &pointer, NULL) == 0);
                CHECK_EQUAL(pointer.source, POINTER_CHAINED);
        }
        CHECK_EQUAL(refusal_at(image, MACHO_DATA + 0xFFC), REASON_IMAGE_RELOCATION);
        CHECK_EQUAL(refusal_at(image, MACHO_DATA + 0xFF1), REASON_IMAGE_RELOCATION);
        CHECK_EQUAL(refusal_at(image, MACHO_DATA + 0x1007), REASON_IMAGE_RELOCATION);
        macho_builder_poke(&builder, STARTS(22), 2, 0xFFFF); /* now only the second touches it */
        CHECK_EQUAL(refusal_at(image, MACHO_DATA + 0xFFC), REASON_IMAGE_RELOCATION);
}

static void opcodes_that_bind_are_followed(void)
{
        static const uint64_t bound[] = {0x28, 0x1800, 0x1818, 0x18B0, 0x18C0, 0x18D0, 0x60};
        _cleanup_(macho_builder_done) MachoBuilder builder = whole_file(MACHO_OPCODES, MACHO_THIN);
        _cleanup_(image_freep) Image *image = NULL;
        ImagePointer pointer;

        REQUIRE(image_open(macho_builder_span(&builder), &image, NULL) == 0);
        for (size_t i = 0; i < ARRAY_SIZE(bound); i++) {
                CHECK_EQUAL(refusal_at(image, MACHO_DATA + bound[i]), REASON_IMAGE_RELOCATION);
                CHECK_EQUAL(refusal_at(image, MACHO_DATA + bound[i] + 7), REASON_IMAGE_RELOCATION);
                CHECK_EQUAL(refusal_at(image, MACHO_DATA + bound[i] - 7), REASON_IMAGE_RELOCATION);
                CHECK(image_pointer_at(image, MACHO_DATA + bound[i] + 8, &pointer, NULL) == 0);
                CHECK(image_pointer_at(image, MACHO_DATA + bound[i] - 8, &pointer, NULL) == 0);
        }
}

static void fusion_is_read_and_needs_no_patch(void)
{
        _cleanup_(macho_builder_done) MachoBuilder builder = whole_file(MACHO_OFFSETS, MACHO_FAT);
        _cleanup_(verdict_done) Verdict any = VERDICT_NONE, list = VERDICT_NONE,
                                        tables = VERDICT_NONE;
        Span bytes = macho_builder_span(&builder);

        REQUIRE(verdict_of(bytes, SUBJECT_NONE, &any) == 0);
        CHECK_EQUAL(any.state, STATE_STOCK);
        CHECK_EQUAL(any.subject, SUBJECT_GOS);
        CHECK_EQUAL(any.gates_total, 4);
        CHECK(any.needs_no_patch);
        CHECK_EQUAL(any.plan.count, 0);
        CHECK_EQUAL(any.gos.entries[0].offset, builder.slice + 0x1100);
        REQUIRE(verdict_of(bytes, SUBJECT_GOS, &list) == 0);
        CHECK_EQUAL(list.state, STATE_UNKNOWN);
        CHECK_EQUAL(list.fault.reason, REASON_FUSION);
        CHECK_EQUAL(list.plan.count, 0);
        REQUIRE(verdict_of(bytes, SUBJECT_SMC, &tables) == 0);
        CHECK_EQUAL(tables.fault.reason, REASON_WRONG_KIND);
}

static Reason judge(const MachoBuilder *builder, size_t size)
{
        static const ImageQuestions questions = {
                .pointers = MACHO_DATA, .pointers_size = 0x50, .values = {CODE}, .no_plan = true};

        return image_ask((Span){builder->bytes, size}, &questions);
}

static void no_cut_is_taken_for_whole(void)
{
        for (MachoWrap wrap = MACHO_THIN; wrap <= MACHO_FAT_64; wrap++) {
                _cleanup_(macho_builder_done) MachoBuilder builder =
                        whole_file(MACHO_OFFSETS, wrap);

                CHECK_EQUAL(judge(&builder, builder.size), REASON_NONE);
                for (size_t size = 0; size < builder.size; size++) {
                        Reason reason = judge(&builder, size);

                        CHECK(size < (wrap == MACHO_THIN ? 4 : 8)
                                      ? reason == REASON_IMAGE_FORMAT
                                      : reason == REASON_IMAGE_TRUNCATED);
                }
        }
}

typedef struct Damage {
        uint64_t at;
        size_t size;
        uint64_t value;
        Reason expected;
} Damage;

static const Damage header_damage[] = {
        {0, 4, 0xFEEDFACE, REASON_IMAGE_MACHINE},
        {0, 4, 0xCFFAEDFE, REASON_IMAGE_MACHINE}, /* big-endian */
        {0, 4, 0xFEEDFACD, REASON_IMAGE_FORMAT},
        {4, 4, 0x0100000C, REASON_IMAGE_MACHINE},
        {4, 4, 7, REASON_IMAGE_MACHINE},
        {12, 4, 1, REASON_IMAGE_FORMAT}, /* an object file */
        {12, 4, 6, REASON_NONE},
        {16, 4, 0, REASON_IMAGE_SEGMENTS},
        {16, 4, 7, REASON_IMAGE_HEADERS},
        {16, 4, UINT32_MAX, REASON_IMAGE_HEADERS},
        {20, 4, 0, REASON_IMAGE_HEADERS},
        {20, 4, UINT32_MAX, REASON_IMAGE_TRUNCATED},
        {24, 4, 0x85, REASON_NONE}, /* not position-independent */
        {MACHO_SEGMENT(0) + 4, 4, 0, REASON_IMAGE_HEADERS},
        {MACHO_SEGMENT(0) + 4, 4, 7, REASON_IMAGE_HEADERS},
        {MACHO_SEGMENT(0) + 4, 4, 64, REASON_IMAGE_HEADERS},
        {MACHO_SEGMENT(0) + 4, 4, UINT32_MAX - 7, REASON_IMAGE_HEADERS},
        {MACHO_SEGMENT(2) + 24, 8, MACHO_TEXT, REASON_IMAGE_SEGMENTS},
        {MACHO_SEGMENT(2) + 24, 8, UINT64_MAX - 8, REASON_IMAGE_SEGMENTS},
        {MACHO_SEGMENT(2) + 32, 8, 0x1FFF, REASON_IMAGE_SEGMENTS},
        {MACHO_SEGMENT(2) + 32, 8, UINT64_MAX, REASON_IMAGE_SEGMENTS},
        {MACHO_SEGMENT(2) + 40, 8, UINT64_MAX, REASON_IMAGE_TRUNCATED},
        {MACHO_SEGMENT(2) + 48, 8, UINT64_MAX, REASON_IMAGE_TRUNCATED},
        {MACHO_SEGMENT(2) + 48, 8, 0x100C, REASON_IMAGE_FIXUPS}, /* a chain leaves the file */
        {MACHO_SEGMENT(2) + 64, 4, 1, REASON_IMAGE_HEADERS},
        {MACHO_SEGMENT(2) + 64, 4, UINT32_MAX, REASON_IMAGE_HEADERS},
        {MACHO_SEGMENT(1) + 48, 8, 0, REASON_IMAGE_FIXUPS},   /* then nothing maps the header */
        {MACHO_SEGMENT(2) + 40, 8, 0, REASON_IMAGE_SEGMENTS}, /* … and now two do */
};

static const Damage chain_damage[] = {
        {COMMAND(4), 4, 8, REASON_IMAGE_HEADERS},
        {COMMAND(8), 4, UINT32_MAX, REASON_IMAGE_TRUNCATED},
        {COMMAND(12), 4, UINT32_MAX, REASON_IMAGE_TRUNCATED},
        {COMMAND(12), 4, 27, REASON_IMAGE_FIXUPS},
        {COMMAND(12), 4, 35, REASON_IMAGE_FIXUPS},
        {COMMAND(12), 4, 51, REASON_IMAGE_FIXUPS},
        {COMMAND(12), 4, 81, REASON_IMAGE_FIXUPS},
        {COMMAND(12), 4, 0, REASON_NONE},
        {TABLE(0), 4, 1, REASON_IMAGE_FIXUPS},
        {TABLE(4), 4, UINT32_MAX, REASON_IMAGE_FIXUPS},
        {TABLE(32), 4, 5, REASON_IMAGE_FIXUPS},
        {TABLE(32), 4, UINT32_MAX, REASON_IMAGE_FIXUPS},
        {TABLE(32), 4, 0, REASON_NONE},
        {TABLE(44), 4, UINT32_MAX, REASON_IMAGE_FIXUPS},
        {STARTS(4), 2, 0, REASON_IMAGE_FIXUPS},
        {STARTS(4), 2, 4, REASON_IMAGE_FIXUPS},
        {STARTS(4), 2, 0x1001, REASON_IMAGE_FIXUPS},
        {STARTS(6), 2, 1, REASON_IMAGE_RELOCATION},
        {STARTS(6), 2, 0xFFFF, REASON_IMAGE_RELOCATION},
        {STARTS(20), 2, 3, REASON_IMAGE_FIXUPS},
        {STARTS(20), 2, 0xFFFF, REASON_IMAGE_FIXUPS},
        {STARTS(22), 2, 0x8000, REASON_IMAGE_FIXUPS},
        {STARTS(22), 2, 0x0FF9, REASON_IMAGE_FIXUPS},
        {STARTS(22), 2, 0x1000, REASON_IMAGE_FIXUPS},
        {STARTS(22), 2, 0xFFFF, REASON_NONE},
        {VALUE(0x16), 2, 0x0008, REASON_IMAGE_FIXUPS}, /* the next one four bytes on */
        {VALUE(0x16), 2, 0x7FF8, REASON_IMAGE_FIXUPS}, /* far outside the page */
        {VALUE(0x100E), 2, 0x7FF8, REASON_IMAGE_FIXUPS},
        {VALUE(0x10), 4, UINT32_MAX, REASON_NONE}, /* a target nowhere */
};

static const Damage opcode_damage[] = {
        {COMMAND(4), 4, 40, REASON_IMAGE_HEADERS},
        {COMMAND(16), 4, UINT32_MAX, REASON_IMAGE_TRUNCATED},
        {COMMAND(24), 8, UINT64_C(1) << 32 | (MACHO_LINKEDIT + 10), REASON_IMAGE_FIXUPS},
        {COMMAND(20), 4, 3, REASON_IMAGE_FIXUPS}, /* ends in the name */
        {COMMAND(20), 4, 8, REASON_NONE},
        {COMMAND(20), 4, 9, REASON_IMAGE_FIXUPS},
        {COMMAND(20), 4, 7, REASON_IMAGE_FIXUPS}, /* … in an addend */
        {COMMAND(20), 4, 0, REASON_NONE},
        {TABLE(0), 1, 0xD0, REASON_IMAGE_FIXUPS},
        {TABLE(0), 1, 0xF0, REASON_IMAGE_FIXUPS},
        {TABLE(0), 1, 0x90, REASON_IMAGE_FIXUPS}, /* no place was set */
        {TABLE(8), 1, 0x74, REASON_IMAGE_FIXUPS},
        {TABLE(8), 1, 0x70, REASON_NONE},
        {TABLE(12), 2, 0x7FFF, REASON_IMAGE_FIXUPS}, /* outside its segment */
        {TABLE(15), 2, 0x7F7F, REASON_IMAGE_FIXUPS}, /* so many that they are */
};

static void damage_all(MachoFixups fixups, const Damage *damage, size_t count)
{
        for (size_t i = 0; i < count; i++) {
                _cleanup_(macho_builder_done) MachoBuilder builder = whole_file(fixups, MACHO_THIN);
                Reason reason;

                macho_builder_poke(&builder, damage[i].at, damage[i].size, damage[i].value);
                reason = judge(&builder, builder.size);
                if (reason != damage[i].expected)
                        printf("# case %zu at 0x%llx: %s\n", i, (unsigned long long)damage[i].at,
                               reason_text(reason)->id);
                CHECK_EQUAL(reason, damage[i].expected);
        }
}

static void damaged_headers_are_refused(void)
{
        damage_all(MACHO_OFFSETS, header_damage, ARRAY_SIZE(header_damage));
}

static void damaged_chains_are_refused(void)
{
        damage_all(MACHO_OFFSETS, chain_damage, ARRAY_SIZE(chain_damage));
}

static void damaged_opcodes_are_refused(void)
{
        damage_all(MACHO_OPCODES, opcode_damage, ARRAY_SIZE(opcode_damage));
}

/* A count that would take forever to go through, and numbers of more than 64 bits. */
static void opcodes_without_end_are_refused(void)
{
        static const uint8_t forever[] = {0x72, 0,    0xC0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                          0xFF, 0xFF, 0xFF, 0xFF, 0x01, 0xF8, 0xFF, 0xFF,
                                          0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01};
        static const uint8_t large[] = {0x72, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                        0xFF, 0xFF, 0xFF, 0xFF, 0x02};
        static const uint8_t padded[] = {0x72, 0x80, 0x80, 0x80, 0x80, 0x80,
                                         0x80, 0x80, 0x80, 0x80, 0x80, 0x00};
        MachoBuilder builder = {
                .fixups = MACHO_OPCODES, .opcodes = forever, .opcodes_size = sizeof(forever)};

        macho_builder_build(&builder);
        CHECK_EQUAL(judge(&builder, builder.size), REASON_IMAGE_FIXUPS);
        macho_builder_done(&builder);
        builder = (MachoBuilder){
                .fixups = MACHO_OPCODES, .opcodes = large, .opcodes_size = sizeof(large)};
        macho_builder_build(&builder);
        CHECK_EQUAL(judge(&builder, builder.size), REASON_IMAGE_FIXUPS);
        macho_builder_done(&builder);
        builder = (MachoBuilder){
                .fixups = MACHO_OPCODES, .opcodes = padded, .opcodes_size = sizeof(padded)};
        macho_builder_build(&builder);
        CHECK_EQUAL(judge(&builder, builder.size), REASON_IMAGE_FIXUPS);
        macho_builder_done(&builder);
}

static void sizes_of_commands_are_aligned(void)
{
        _cleanup_(macho_builder_done) MachoBuilder builder = whole_file(MACHO_PLAIN, MACHO_THIN);

        macho_builder_poke(&builder, MACHO_FIXUPS + 4, 4, 16 + 8);
        macho_builder_poke(&builder, 20, 4, 4 * 72 + 16 + 8);
        CHECK_EQUAL(judge(&builder, builder.size), REASON_NONE);
        macho_builder_poke(&builder, MACHO_FIXUPS + 4, 4, 16 + 4);
        macho_builder_poke(&builder, 20, 4, 4 * 72 + 16 + 4);
        CHECK_EQUAL(judge(&builder, builder.size), REASON_IMAGE_HEADERS);
}

static void slices_are_chosen(void)
{
        static const Damage cases[] = {
                {28, 4, 0x08000001, REASON_IMAGE_MACHINE}, /* the x86_64 entry becomes another */
                {28 + 4, 4, 0x08000080, REASON_NONE},      /* … that of Haswell */
                {8, 4, 0x07000001, REASON_NONE},           /* two, one of them for any */
                {28 + 8, 4, 0xFFFFFFFF, REASON_IMAGE_TRUNCATED},
                {28 + 12, 4, 0xFFFFFFFF, REASON_IMAGE_TRUNCATED},
                {28 + 8, 4, 0x00100000, REASON_IMAGE_MACHINE}, /* leads to the other slice */
                {4, 4, 0, REASON_IMAGE_MACHINE},               /* no entry */
                {4, 4, 0x34000000, REASON_IMAGE_FORMAT},       /* Java 8 */
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_(macho_builder_done) MachoBuilder builder =
                        whole_file(MACHO_OPCODES, MACHO_FAT);

                macho_builder_poke(&builder, cases[i].at, cases[i].size, cases[i].value);
                CHECK_EQUAL(judge(&builder, builder.size), cases[i].expected);
        }
}

/* Whatever comes later in the list. */
static void the_general_slice_is_taken(void)
{
        _cleanup_(macho_builder_done) MachoBuilder builder = whole_file(MACHO_OPCODES, MACHO_FAT);

        memcpy(builder.bytes + 8, builder.bytes + 28, 20);
        builder.bytes[28 + 7] = 8;     /* for Haswell */
        builder.bytes[28 + 10] = 0x10; /* and there is no Mach-O */
        CHECK_EQUAL(judge(&builder, builder.size), REASON_NONE);
}

static void two_slices_alike_are_refused(void)
{
        _cleanup_(macho_builder_done) MachoBuilder builder = whole_file(MACHO_OPCODES, MACHO_FAT);

        memcpy(builder.bytes + 8, builder.bytes + 28, 20);
        CHECK_EQUAL(judge(&builder, builder.size), REASON_IMAGE_HEADERS);
}

static void survive(MachoFixups fixups, MachoWrap wrap)
{
        MachoBuilder builder = whole_file(fixups, wrap);
        uint64_t state = 88172645463325252U + fixups;
        size_t opened = 0;

        for (unsigned round = 0; round < 4000; round++) {
                uint8_t kept[3];
                size_t at[3];

                for (unsigned i = 0; i < 3; i++) {
                        state ^= state << 13;
                        state ^= state >> 7;
                        state ^= state << 17;
                        at[i] = state >> 8 & 1 ? builder.slice + (state >> 16) % 0x180
                                : state >> 9 & 1
                                        ? builder.slice + MACHO_LINKEDIT + (state >> 16) % 0x60
                                        : (state >> 16) % builder.size;
                        kept[i] = builder.bytes[at[i]];
                        builder.bytes[at[i]] ^= (uint8_t)(1U << (state >> 56) % 8);
                }
                opened += judge(&builder, builder.size) == REASON_NONE;
                for (unsigned i = 3; i-- > 0;)
                        builder.bytes[at[i]] = kept[i];
        }
        CHECK(opened > 0);
        CHECK_EQUAL(judge(&builder, builder.size), REASON_NONE);
        macho_builder_done(&builder);
}

static void random_damage_is_survived(void)
{
        survive(MACHO_OPCODES, MACHO_THIN);
        survive(MACHO_OFFSETS, MACHO_FAT);
        survive(MACHO_TARGETS, MACHO_FAT_64);
}

int main(void)
{
        CASE(segments_are_mapped);
        CASE(pointers_are_what_dyld_makes_of_them);
        CASE(upper_bits_of_a_target_are_kept);
        CASE(chains_begin_with_their_page);
        CASE(opcodes_that_bind_are_followed);
        CASE(fusion_is_read_and_needs_no_patch);
        CASE(no_cut_is_taken_for_whole);
        CASE(damaged_headers_are_refused);
        CASE(damaged_chains_are_refused);
        CASE(damaged_opcodes_are_refused);
        CASE(opcodes_without_end_are_refused);
        CASE(sizes_of_commands_are_aligned);
        CASE(slices_are_chosen);
        CASE(the_general_slice_is_taken);
        CASE(two_slices_alike_are_refused);
        CASE(random_damage_is_survived);
        return tap_end();
}
