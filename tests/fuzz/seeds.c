/* SPDX-License-Identifier: MIT */

#include "seeds.h"
#include "../unit/lib/smc-builder.h"

#define STRIDE 64U /* of the entries put into a file */

#define VARIABLES_SIZE 0x700U

/* Both tables with as few rows as there may be, in a file of few pages. */
static SmcShape small_shape(SmcLink link)
{
        return (SmcShape){
                .link = link,
                .constants_size = 0x100,
                .variables_size = VARIABLES_SIZE,
                .tables = {{.version = 0,
                            .private_count = 10,
                            .public_count = 8,
                            .gap = 0x20,
                            .rows_at = SMC_VARIABLES + 0x20},
                           {.version = 1,
                            .private_count = 11,
                            .public_count = 9,
                            .gap = 0x28,
                            .rows_at = SMC_VARIABLES + 0x340}},
        };
}

void fuzz_seed_judged(const char *name, Span input, State state)
{
        _cleanup_(verdict_done) Verdict verdict = VERDICT_NONE;

        MUST(verdict_of(input, SUBJECT_NONE, &verdict) == 0 && verdict.state == state);
        fuzz_seed(name, input);
}

static void seed_tables(void)
{
        static const char *const names[] = {
                [SMC_LINK_RELA] = "elf-smc-rela",
                [SMC_LINK_LLD] = "elf-smc-lld",
                [SMC_LINK_RELR] = "elf-smc-relr",
                [SMC_LINK_FIXED] = "elf-smc-fixed",
        };

        for (SmcLink link = 0; link < _SMC_LINK_MAX; link++) {
                SmcShape shape = small_shape(link);
                SmcBuilder builder;

                smc_builder_make(&builder, &shape);
                fuzz_seed_judged(names[link], smc_builder_span(&builder), STATE_STOCK);
                smc_builder_done(&builder);
        }
}

/* As another tool may leave it: one gate open, another half. */
static void seed_half(void)
{
        SmcShape shape = small_shape(SMC_LINK_RELA);
        SmcBuilder builder;

        smc_builder_make(&builder, &shape);
        memcpy(smc_builder_bytes(&builder, smc_osk_at(&builder, 0, 0) + 0x18), smc_haiku(0), 32);
        smc_builder_set_handler(&builder, smc_osk_at(&builder, 0, 0), SMC_CODE_DEFAULT);
        memcpy(smc_builder_bytes(&builder, smc_osk_at(&builder, 1, 1) + 0x18), smc_haiku(1), 32);
        fuzz_seed_judged("elf-smc-half", smc_builder_span(&builder), STATE_PARTIAL);
        smc_builder_done(&builder);
}

/* To open a gate would be to lose the table: the header lies where the key goes. */
static void seed_intrusion(void)
{
        SmcShape shape = small_shape(SMC_LINK_FIXED);
        SmcBuilder builder;
        uint8_t *header, *row;

        smc_builder_make(&builder, &shape);
        header = smc_builder_bytes(&builder, builder.headers[0]);
        row = smc_builder_bytes(&builder, smc_osk_at(&builder, 0, 1));
        memcpy(row + 0x18, header, 32);
        memset(header, 0, 32);
        fuzz_seed_judged("elf-smc-header-in-row", smc_builder_span(&builder), STATE_UNKNOWN);
        smc_builder_done(&builder);
}

static void seed_guests(void)
{
        ElfBuilder builder = ELF_BUILDER_NONE;
        uint8_t *content = elf_builder_add_segment(&builder, 0x400, PF_R, 6 * STRIDE);

        for (size_t i = 0; i < 6; i++) {
                uint8_t *entry = content + i * STRIDE;

                entry[0] = 0x10;
                entry[4] = 0x20;
                entry[8] = 1;
                entry[GOS_FLAGS_AT] = i == 4 ? 0x3F : 0xBE;
        }
        builder.tables_address = 0x600;
        elf_builder_add_relr(&builder, 0x408);
        elf_builder_build(&builder);
        fuzz_seed_judged("elf-guests", elf_builder_span(&builder), STATE_PARTIAL);
        elf_builder_done(&builder);
}

/* libvmkctl.so: its name, and both names of modules. */
static void seed_vmkctl(void)
{
        static const char names[] = "\0applesmc\0vmkernel\0applesmc";
        ElfBuilder builder = ELF_BUILDER_NONE;
        uint8_t *content = elf_builder_add_segment(&builder, 0x400, PF_R, 0x80);

        memcpy(content, names, sizeof(names));
        memcpy(content + 0x40, "libvmkctl.so", 13);
        builder.tables_address = 0x500;
        elf_builder_add_tag(&builder, DT_STRTAB, 0x400);
        elf_builder_add_tag(&builder, DT_STRSZ, 0x80);
        elf_builder_add_tag(&builder, DT_SONAME, 0x40);
        elf_builder_build(&builder);
        fuzz_seed_judged("elf-vmkctl", elf_builder_span(&builder), STATE_PARTIAL);
        elf_builder_done(&builder);
}

/* No tables: pointers of every kind in one segment. `tables_inside`: DT_RELA leads there too, so
 * that fields lie in a table of relocations. */
static void seed_pointers(const char *name, bool tables_inside)
{
        ElfBuilder builder = ELF_BUILDER_NONE;
        uint8_t *content = elf_builder_add_segment(&builder, 0x1400, PF_R | PF_W, 0x100);

        (void)elf_builder_add_segment(&builder, 0x2600, PF_R | PF_X, 0x40);
        store_le64(content, 0x2600);
        store_le64(content + 0x40, 0x1400);
        builder.tables_address = 0x3700;
        elf_builder_add_rela(&builder, 0x1408, R_X86_64_RELATIVE, 0x2608);
        elf_builder_add_rela(&builder, 0x1410, R_X86_64_64 | UINT64_C(1) << 32, 0);
        elf_builder_add_rela(&builder, 0x1420, R_X86_64_RELATIVE, 0x1440);
        elf_builder_add_relr(&builder, 0x1440);
        elf_builder_add_relr(&builder, 0xF1);
        builder.section_headers = true;
        elf_builder_build(&builder);
        if (tables_inside)
                elf_builder_poke(&builder, elf_builder_tag_at(&builder, DT_RELA), 8, 0x1400);
        fuzz_seed(name, elf_builder_span(&builder));
        elf_builder_done(&builder);
}

void seeds_of_binaries(void)
{
        seed_tables();
        seed_half();
        seed_intrusion();
        seed_guests();
        seed_vmkctl();
        seed_pointers("elf-pointers", false);
        seed_pointers("elf-pointers-in-table", true);
        seeds_of_foreign_binaries();
        fuzz_seed_text("script", "#!/bin/sh\n");
}
