/* SPDX-License-Identifier: MIT */

/* ELF as the loader sees it: the ELF header, the program headers and PT_DYNAMIC. Section headers
 * are never looked at, so a file without them, or with damaged ones, is as good as any. */

#include "elf/dynamic.h"
#include "elf/rela.h"
#include "elf/relr.h"
#include "elf/segments.h"

typedef struct ElfTables {
        RelaTable rela;
        RelaTable plt_rela; /* DT_JMPREL */
        RelrTable relr;
} ElfTables;

static bool elf_recognises(Span bytes)
{
        return bytes.size >= SELFMAG && memcmp(bytes.bytes, ELFMAG, SELFMAG) == 0;
}

static int header_read(const Image *image, Elf64_Ehdr *ret, Fault *fault)
{
        const uint8_t *ident = image->bytes.bytes;
        Elf64_Ehdr header;

        if (image->bytes.size < EI_NIDENT)
                return fault_set(fault, -EBADMSG, REASON_IMAGE_TRUNCATED, "ELF header");
        if (ident[EI_CLASS] != ELFCLASS64 || ident[EI_DATA] != ELFDATA2LSB)
                return fault_set_at(fault, -EBADMSG, REASON_IMAGE_MACHINE, EI_CLASS,
                                    "ELF class %u, byte order %u", ident[EI_CLASS], ident[EI_DATA]);
        if (image->bytes.size < sizeof(header))
                return fault_set(fault, -EBADMSG, REASON_IMAGE_TRUNCATED, "ELF header");
        if (elf_record_read(ident, ELF_T_EHDR, &header, sizeof(header)) < 0)
                return fault_set(fault, -EBADMSG, REASON_IMAGE_FORMAT, "ELF header");
        if (header.e_machine != EM_X86_64)
                return fault_set(fault, -EBADMSG, REASON_IMAGE_MACHINE, "ELF machine %u",
                                 header.e_machine);
        if (ident[EI_VERSION] != EV_CURRENT || header.e_version != EV_CURRENT)
                return fault_set(fault, -EBADMSG, REASON_IMAGE_FORMAT, "ELF version %u",
                                 header.e_version);
        if (header.e_type != ET_EXEC && header.e_type != ET_DYN)
                return fault_set(fault, -EBADMSG, REASON_IMAGE_FORMAT, "ELF type %u",
                                 header.e_type);
        *ret = header;
        return 0;
}

static int tables_read(Image *image, const ElfDynamicPlace *place, Fault *fault)
{
        ElfTables *tables = image->state;
        ElfDynamic dynamic;
        int r = elf_dynamic_read(image, place, &dynamic, fault);

        if (r < 0)
                return r;
        image->soname = dynamic.soname;
        tables->rela = rela_table_of(dynamic.rela, dynamic.rela_offset);
        tables->plt_rela = rela_table_of(dynamic.plt_rela, dynamic.plt_rela_offset);
        if (relr_table_of(dynamic.relr, &tables->relr) < 0)
                return fault_set(fault, -EBADMSG, REASON_IMAGE_DYNAMIC, "DT_RELR entries");
        image->tables[0] = dynamic.rela;
        image->tables[1] = dynamic.plt_rela;
        image->tables[2] = dynamic.relr;
        image->rela_count = tables->rela.count;
        image->relr_count = tables->relr.field_count;
        return 0;
}

static void elf_describe(Image *image)
{
        char *end = stpcpy(image->description, "ELF 64-bit x86-64");

        end = stpcpy(end, image->relocatable ? ", position-independent" : ", fixed address");
        if (image->rela_count > 0)
                end = stpcpy(end, ", RELA");
        if (image->relr_count > 0)
                (void)stpcpy(end, ", RELR");
}

static int elf_open(Image *image, Fault *fault)
{
        ElfDynamicPlace dynamic;
        Elf64_Ehdr header;
        int r = header_read(image, &header, fault);

        if (r >= 0)
                r = elf_segments_read(image, &header, &dynamic, fault);
        if (r < 0)
                return r;
        image->state = calloc(1, sizeof(ElfTables));
        if (!image->state)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "relocation tables");
        image->relocatable = header.e_type == ET_DYN;
        if (dynamic.there)
                r = tables_read(image, &dynamic, fault);
        if (r < 0)
                return r;
        image->constants_hold_pointers = image->rela_count == 0 && image->relr_count == 0;
        elf_describe(image);
        return 0;
}

static void elf_done(Image *image)
{
        free(image->state);
}

static int relocation_refuse(uint64_t address, const char *what, Fault *fault)
{
        return fault_set(fault, -EBADMSG, REASON_IMAGE_RELOCATION, "address 0x%llx: %s",
                         (unsigned long long)address, what);
}

static int rela_take(const RelaTable *table, size_t index, ImagePointer *pointer, Fault *fault)
{
        RelaEntry entry = rela_entry(table, index);

        if (!entry.relative)
                return relocation_refuse(pointer->address, "not R_X86_64_RELATIVE", fault);
        if (entry.address != pointer->address)
                return relocation_refuse(pointer->address, "it covers only a part", fault);
        pointer->source = POINTER_RELA;
        pointer->value = entry.addend;
        pointer->addend_offset = table->offset + index * RELA_ENTRY_SIZE + RELA_ADDEND_AT;
        return 1;
}

static int elf_relocation_at(const Image *image, ImagePointer *pointer, Fault *fault)
{
        const ElfTables *tables = image->state;
        size_t index = 0, plt_index;
        bool exact = false;
        unsigned rela = rela_covering(&tables->rela, pointer->address, &index);
        unsigned plt = rela_covering(&tables->plt_rela, pointer->address, &plt_index);
        unsigned relr = relr_covering(&tables->relr, pointer->address, &exact);

        if (rela + plt + relr == 0)
                return 0;
        if (rela + plt + relr > 1)
                return relocation_refuse(pointer->address, "more than one", fault);
        if (plt > 0)
                return relocation_refuse(pointer->address, "an entry of DT_JMPREL", fault);
        if (rela > 0)
                return rela_take(&tables->rela, index, pointer, fault);
        if (!exact)
                return relocation_refuse(pointer->address, "DT_RELR covers only a part", fault);
        pointer->source = POINTER_RELR;
        return 1;
}

static int elf_each_relocation(const Image *image, AddressRange within,
                               image_relocation_visit visit, void *context)
{
        const ElfTables *tables = image->state;
        int r = rela_each(&tables->rela, within, visit, context);

        return r < 0 ? r : rela_each(&tables->plt_rela, within, visit, context);
}

const ImageClass image_class_elf = {
        .format = IMAGE_ELF,
        .name = "ELF",
        .recognises = elf_recognises,
        .open = elf_open,
        .done = elf_done,
        .relocation_at = elf_relocation_at,
        .each_relocation = elf_each_relocation,
};
