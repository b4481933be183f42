/* SPDX-License-Identifier: MIT */

/* Damaged and hostile ELF files: each is refused for the right reason or read safely. Files are
 * copied to blocks of exactly their size, so that a sanitizer sees every byte read too many. */

#include <sys/mman.h>

#include "../lib/elf-builder.h"
#include "../lib/image-questions.h"
#include "../lib/tap.h"
#include "image/image.h"

#define CODE   0x1000U
#define VALUES 0x2000U
#define TABLES 0x3000U

/* Everything in one small file, built. */
static ElfBuilder whole_file(void)
{
        ElfBuilder builder = ELF_BUILDER_NONE;

        builder.tables_address = TABLES;
        builder.section_headers = true;
        (void)elf_builder_add_segment(&builder, CODE, PF_R | PF_X, 0x40);
        store_le64(elf_builder_add_segment(&builder, VALUES, PF_R | PF_W, 0x100), CODE);
        elf_builder_add_rela(&builder, VALUES, R_X86_64_RELATIVE, CODE);
        elf_builder_add_rela(&builder, VALUES + 0x20, R_X86_64_RELATIVE, CODE + 8);
        elf_builder_add_rela(&builder, VALUES + 0x30, R_X86_64_GLOB_DAT, 0);
        elf_builder_add_relr(&builder, VALUES + 0x40);
        elf_builder_add_relr(&builder, 0x15);
        elf_rela_store(builder.segments[1].content + 0x80, VALUES + 0x38, R_X86_64_JUMP_SLOT, 0);
        elf_builder_add_tag(&builder, DT_JMPREL, VALUES + 0x80);
        elf_builder_add_tag(&builder, DT_PLTRELSZ, 24);
        elf_builder_add_tag(&builder, DT_PLTREL, DT_RELA);
        elf_builder_add_tag(&builder, DT_DEBUG, 0);
        elf_builder_build(&builder);
        return builder;
}

static Reason judge(const ElfBuilder *builder, size_t size)
{
        static const ImageQuestions questions = {
                .pointers = VALUES, .pointers_size = 0x108, .values = {CODE, CODE + 8}};

        return image_ask((Span){builder->bytes, size}, &questions);
}

/* Where the number is that a case changes. */
typedef enum Place {
        HEADER,  /* `at` is an offset into the ELF header */
        SEGMENT, /* … into the program header of VALUES */
        DYNAMIC, /* … into that of PT_DYNAMIC */
        TAG,     /* the value of the dynamic entry `at` */
        TAG_ID,  /* its tag */
        RELR,    /* … into the RELR entries */
} Place;

static uint64_t place_offset(const ElfBuilder *builder, Place place, uint64_t at)
{
        switch (place) {
        case SEGMENT:
                return elf_builder_header_at(builder, 1) + at;
        case DYNAMIC:
                return elf_builder_header_at(builder, builder->segment_count) + at;
        case TAG:
                return elf_builder_tag_at(builder, (int64_t)at);
        case TAG_ID:
                return elf_builder_tag_at(builder, (int64_t)at) - 8;
        case RELR:
                return builder->relr_offset + at;
        default:
                return at;
        }
}

static const struct {
        Place place;
        uint64_t at;
        size_t size;
        uint64_t value;
        Reason expected;
} cases[] = {
        {HEADER, 0, 1, 0, REASON_IMAGE_FORMAT},
        {HEADER, EI_CLASS, 1, ELFCLASS32, REASON_IMAGE_MACHINE},
        {HEADER, EI_CLASS, 1, 0xFF, REASON_IMAGE_MACHINE},
        {HEADER, EI_DATA, 1, ELFDATA2MSB, REASON_IMAGE_MACHINE},
        {HEADER, EI_DATA, 1, 0, REASON_IMAGE_MACHINE},
        {HEADER, EI_VERSION, 1, 0, REASON_IMAGE_FORMAT},
        {HEADER, EI_OSABI, 1, 0xFF, REASON_NONE},
        {HEADER, 16, 2, ET_REL, REASON_IMAGE_FORMAT},
        {HEADER, 16, 2, ET_CORE, REASON_IMAGE_FORMAT},
        {HEADER, 16, 2, 0xFFFF, REASON_IMAGE_FORMAT},
        {HEADER, 18, 2, EM_386, REASON_IMAGE_MACHINE},
        {HEADER, 18, 2, EM_AARCH64, REASON_IMAGE_MACHINE},
        {HEADER, 20, 4, 2, REASON_IMAGE_FORMAT},
        {HEADER, 32, 8, 0, REASON_IMAGE_SEGMENTS}, /* e_phoff: no PT_LOAD among the bytes there */
        {HEADER, 32, 8, UINT64_MAX, REASON_IMAGE_TRUNCATED},
        {HEADER, 32, 8, UINT64_MAX - 55, REASON_IMAGE_TRUNCATED},
        {HEADER, 40, 8, 0, REASON_NONE}, /* e_shoff */
        {HEADER, 40, 8, 1, REASON_NONE},
        {HEADER, 40, 8, UINT64_MAX, REASON_NONE},
        {HEADER, 52, 2, 0, REASON_NONE}, /* e_ehsize, which no loader reads */
        {HEADER, 54, 2, 0, REASON_IMAGE_SEGMENTS},
        {HEADER, 54, 2, 55, REASON_IMAGE_SEGMENTS},
        {HEADER, 54, 2, 0xFFFF, REASON_IMAGE_SEGMENTS},
        {HEADER, 56, 2, 0, REASON_IMAGE_SEGMENTS},
        {HEADER, 56, 2, PN_XNUM, REASON_IMAGE_SEGMENTS},
        {HEADER, 56, 2, 1171, REASON_IMAGE_SEGMENTS},
        {HEADER, 56, 2, 1170, REASON_IMAGE_TRUNCATED},
        {HEADER, 58, 6, 0xFFFFFFFFFFFF, REASON_NONE},        /* e_shentsize, e_shnum, e_shstrndx */
        {SEGMENT, 8, 8, UINT64_MAX, REASON_IMAGE_TRUNCATED}, /* p_offset */
        {SEGMENT, 8, 8, UINT64_MAX - 0xFF, REASON_IMAGE_TRUNCATED},
        {SEGMENT, 16, 8, CODE, REASON_IMAGE_SEGMENTS}, /* p_vaddr */
        {SEGMENT, 16, 8, CODE + 0x3F, REASON_IMAGE_SEGMENTS},
        {SEGMENT, 16, 8, TABLES - 0xFF, REASON_IMAGE_SEGMENTS},
        {SEGMENT, 16, 8, UINT64_MAX - 0xFF, REASON_IMAGE_SEGMENTS},
        {SEGMENT, 24, 8, UINT64_MAX, REASON_NONE},      /* p_paddr */
        {SEGMENT, 32, 8, 0x101, REASON_IMAGE_SEGMENTS}, /* p_filesz above p_memsz */
        {SEGMENT, 32, 8, UINT64_MAX, REASON_IMAGE_SEGMENTS},
        {SEGMENT, 32, 8, 0, REASON_IMAGE_DYNAMIC},                    /* DT_JMPREL lies there */
        {SEGMENT, 40, 8, TABLES - VALUES + 1, REASON_IMAGE_SEGMENTS}, /* p_memsz */
        {SEGMENT, 40, 8, UINT64_MAX, REASON_IMAGE_SEGMENTS},
        {DYNAMIC, 0, 4, PT_NULL, REASON_NONE},
        {DYNAMIC, 8, 8, UINT64_MAX, REASON_NONE}, /* p_offset, which no loader reads */
        {DYNAMIC, 16, 8, CODE, REASON_IMAGE_DYNAMIC},
        {DYNAMIC, 16, 8, 0, REASON_IMAGE_DYNAMIC},
        {DYNAMIC, 16, 8, UINT64_MAX, REASON_IMAGE_DYNAMIC},
        {DYNAMIC, 32, 8, 0, REASON_IMAGE_DYNAMIC}, /* no DT_NULL in it */
        {DYNAMIC, 32, 8, 10 * 16, REASON_IMAGE_DYNAMIC},
        {DYNAMIC, 32, 8, UINT64_MAX, REASON_IMAGE_DYNAMIC},
        {TAG, DT_RELA, 8, 0, REASON_IMAGE_DYNAMIC},
        {TAG, DT_RELA, 8, UINT64_MAX, REASON_IMAGE_DYNAMIC},
        {TAG, DT_RELA, 8, VALUES + 0xB9, REASON_IMAGE_DYNAMIC},
        {TAG, DT_RELASZ, 8, 0, REASON_NONE},
        {TAG, DT_RELASZ, 8, 71, REASON_IMAGE_DYNAMIC},
        {TAG, DT_RELASZ, 8, 24ULL << 58, REASON_IMAGE_DYNAMIC},
        {TAG, DT_RELASZ, 8, UINT64_MAX / 24 * 24, REASON_IMAGE_DYNAMIC},
        {TAG, DT_RELAENT, 8, 0, REASON_IMAGE_DYNAMIC},
        {TAG, DT_RELAENT, 8, 16, REASON_IMAGE_DYNAMIC},
        {TAG_ID, DT_RELA, 8, DT_DEBUG, REASON_IMAGE_DYNAMIC},
        {TAG_ID, DT_RELASZ, 8, DT_DEBUG, REASON_IMAGE_DYNAMIC},
        {TAG_ID, DT_RELAENT, 8, DT_DEBUG, REASON_IMAGE_DYNAMIC},
        {TAG_ID, DT_DEBUG, 8, DT_RELASZ, REASON_IMAGE_DYNAMIC}, /* twice */
        {TAG_ID, DT_DEBUG, 8, DT_NULL, REASON_NONE},
        {TAG, DT_RELR, 8, 0, REASON_IMAGE_DYNAMIC},
        {TAG, DT_RELR, 8, UINT64_MAX, REASON_IMAGE_DYNAMIC},
        {TAG, DT_RELRSZ, 8, 0, REASON_NONE},
        {TAG, DT_RELRSZ, 8, 15, REASON_IMAGE_DYNAMIC},
        {TAG, DT_RELRSZ, 8, UINT64_MAX - 7, REASON_IMAGE_DYNAMIC},
        {TAG, DT_RELRENT, 8, 4, REASON_IMAGE_DYNAMIC},
        {RELR, 0, 8, 3, REASON_IMAGE_DYNAMIC}, /* a bitmap before any address */
        {RELR, 0, 8, UINT64_MAX - 1, REASON_IMAGE_DYNAMIC},
        {RELR, 0, 8, UINT64_MAX - 0x1FF, REASON_IMAGE_DYNAMIC}, /* the bitmap overflows */
        {RELR, 8, 8, UINT64_MAX, REASON_NONE},
        {TAG, DT_JMPREL, 8, UINT64_MAX, REASON_IMAGE_DYNAMIC},
        {TAG, DT_JMPREL, 8, TABLES + 11 * 16 - 16, REASON_IMAGE_DYNAMIC}, /* half in DT_RELA */
        {TAG, DT_JMPREL, 8, TABLES + 11 * 16 + 8, REASON_IMAGE_DYNAMIC},  /* between its entries */
        {TAG, DT_PLTRELSZ, 8, 25, REASON_IMAGE_DYNAMIC},
        {TAG, DT_PLTREL, 8, DT_REL, REASON_IMAGE_DYNAMIC},
};

static void names_what_is_wrong(void)
{
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_(elf_builder_done) ElfBuilder builder = whole_file();
                bool failed = tap.failed;

                tap.failed = false;
                elf_builder_poke(&builder, place_offset(&builder, cases[i].place, cases[i].at),
                                 cases[i].size, cases[i].value);
                CHECK_EQUAL(judge(&builder, builder.size), cases[i].expected);
                if (tap.failed)
                        printf("# in case %zu\n", i);
                tap.failed |= failed;
        }
}

/* With every byte that may be missing at the end; section headers may. */
static void refuses_what_is_cut_off(void)
{
        _cleanup_(elf_builder_done) ElfBuilder builder = whole_file();
        uint64_t tables_end = builder.relr_offset + 16;
        Image *image = NULL;

        CHECK_EQUAL(image_open((Span){}, &image, NULL), -EBADMSG);
        CHECK_EQUAL(judge(&builder, builder.size), REASON_NONE);
        for (size_t size = 0; size < tables_end; size += size < 0x200 ? 1 : 13)
                REQUIRE(judge(&builder, size) ==
                        (size < SELFMAG ? REASON_IMAGE_FORMAT : REASON_IMAGE_TRUNCATED));
        CHECK_EQUAL(judge(&builder, tables_end - 1), REASON_IMAGE_TRUNCATED);
        for (size_t size = tables_end; size < builder.size; size++)
                REQUIRE(judge(&builder, size) == REASON_NONE);
}

static void refuses_two_dynamics(void)
{
        _cleanup_(elf_builder_done) ElfBuilder builder = whole_file();

        elf_builder_poke(&builder, elf_builder_header_at(&builder, 0), 4, PT_DYNAMIC);
        CHECK_EQUAL(judge(&builder, builder.size), REASON_IMAGE_DYNAMIC);
}

static void refuses_plt_relocations_that_outlast_the_others(void)
{
        _cleanup_(elf_builder_done) ElfBuilder builder = whole_file();

        elf_builder_poke(&builder, elf_builder_tag_at(&builder, DT_JMPREL), 8,
                         TABLES + 11 * 16 + 24);
        elf_builder_poke(&builder, elf_builder_tag_at(&builder, DT_PLTRELSZ), 8, 48);
        CHECK_EQUAL(judge(&builder, builder.size), REASON_NONE); /* the last two of DT_RELA */
        elf_builder_poke(&builder, elf_builder_tag_at(&builder, DT_RELASZ), 8, 48);
        CHECK_EQUAL(judge(&builder, builder.size), REASON_IMAGE_DYNAMIC);
}

/* Hundreds of segments that each map the whole file at another address. */
static void refuses_files_mapped_over_and_over(void)
{
        enum { HEADERS = 1000 };
        _cleanup_(elf_builder_done) ElfBuilder builder = ELF_BUILDER_NONE;

        (void)elf_builder_add_segment(&builder, 0x1000, PF_R, HEADERS * 56);
        builder.no_dynamic = true;
        elf_builder_build(&builder);
        elf_builder_poke(&builder, 32, 8, elf_builder_offset_of(&builder, 0x1000));
        elf_builder_poke(&builder, 56, 2, HEADERS);
        for (size_t i = 0; i < HEADERS; i++) {
                uint64_t at = elf_builder_offset_of(&builder, 0x1000 + i * 56);

                elf_builder_poke(&builder, at, 4, PT_LOAD);
                elf_builder_poke(&builder, at + 16, 8, i << 32);
                elf_builder_poke(&builder, at + 32, 8, builder.size);
                elf_builder_poke(&builder, at + 40, 8, builder.size);
                if (i == 1)
                        CHECK_EQUAL(judge(&builder, builder.size), REASON_NONE);
        }
        CHECK_EQUAL(judge(&builder, builder.size), REASON_IMAGE_SEGMENTS);
}

/* The bytes are a read-only mapping: whatever the header says, nobody may write to them. */
static void never_writes_to_the_file(void)
{
        _cleanup_(elf_builder_done) ElfBuilder builder = whole_file();
        uint8_t *map = mmap(NULL, builder.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                            -1, 0);

        REQUIRE(map != MAP_FAILED);
        for (unsigned i = 0; i < 16; i++) {
                _cleanup_(image_freep) Image *image = NULL;

                CHECK(mprotect(map, builder.size, PROT_READ | PROT_WRITE) == 0);
                memcpy(map, builder.bytes, builder.size);
                map[EI_CLASS] = (uint8_t)(i / 4);
                map[EI_DATA] = (uint8_t)(i % 4);
                CHECK(mprotect(map, builder.size, PROT_READ) == 0);
                CHECK_EQUAL(image_open((Span){map, builder.size}, &image, NULL),
                            i == 4 * ELFCLASS64 + ELFDATA2LSB ? 0 : -EBADMSG);
        }
        (void)munmap(map, builder.size);
}

/* Every number of the headers and tables, and every place between two of them, at its extremes. */
static void survives_extreme_numbers(void)
{
        static const uint64_t extremes[] = {
                0,          1,          7,         8,          VALUES,
                0x7FFFFFFF, 0xFFFFFFFF, INT64_MAX, 1ULL << 63, UINT64_MAX - 7,
                UINT64_MAX,
        };
        _cleanup_(elf_builder_done) ElfBuilder builder = whole_file();
        uint64_t headers_end = elf_builder_header_at(&builder, builder.segment_count) + 56;

        for (uint64_t at = 4; at + 8 <= builder.size; at += 2) {
                uint64_t before = load_le64(builder.bytes + at);

                if (at == headers_end)
                        at = builder.dynamic_offset;
                before = load_le64(builder.bytes + at);
                for (size_t i = 0; i < ARRAY_SIZE(extremes); i++)
                        for (size_t size = 2; size <= 8; size *= 2) {
                                elf_builder_poke(&builder, at, size, extremes[i]);
                                (void)judge(&builder, builder.size);
                                elf_builder_poke(&builder, at, 8, before);
                        }
        }
        CHECK_EQUAL(judge(&builder, builder.size), REASON_NONE);
}

static void survives_random_bytes(void)
{
        _cleanup_(elf_builder_done) ElfBuilder builder = whole_file();
        uint64_t headers_end = elf_builder_header_at(&builder, builder.segment_count) + 56;
        uint64_t tables_size = builder.relr_offset + 16 - builder.dynamic_offset;
        _cleanup_free_ uint8_t *original = malloc(builder.size);
        uint64_t random = 20240229;
        unsigned opened = 0;

        REQUIRE(original != NULL);
        memcpy(original, builder.bytes, builder.size);
        for (unsigned round = 0; round < 5000; round++) {
                for (unsigned flips = round % 4 + 1; flips > 0; flips--) {
                        uint64_t at;

                        random = random * 6364136223846793005U + 1442695040888963407U;
                        at = (random >> 40) % (headers_end + tables_size);
                        if (at >= headers_end)
                                at += builder.dynamic_offset - headers_end;
                        builder.bytes[at] ^= (uint8_t)(random >> 32);
                }
                opened += judge(&builder, builder.size) == REASON_NONE;
                memcpy(builder.bytes, original, builder.size);
        }
        CHECK(opened > 500 && opened < 4500); /* both ways were gone */
        printf("# %u of 5000 opened\n", opened);
}

int main(void)
{
        CASE(names_what_is_wrong);
        CASE(refuses_what_is_cut_off);
        CASE(refuses_two_dynamics);
        CASE(refuses_plt_relocations_that_outlast_the_others);
        CASE(refuses_files_mapped_over_and_over);
        CASE(never_writes_to_the_file);
        CASE(survives_extreme_numbers);
        CASE(survives_random_bytes);
        return tap_end();
}
