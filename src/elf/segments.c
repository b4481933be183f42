/* SPDX-License-Identifier: MIT */

#include "elf/segments.h"
#include "image/ranges.h"

/* Linux refuses program headers of more than 64 KiB; PN_XNUM is for core files. */
#define TABLE_SIZE_MAX 65536U

int elf_record_read(const uint8_t *bytes, Elf_Type type, void *record, size_t size)
{
        Elf_Data translated = {
                .d_buf = record, .d_type = type, .d_version = EV_CURRENT, .d_size = size};

        (void)elf_version(EV_CURRENT);
        memcpy(record, bytes, size);
        return elf64_xlatetom(&translated, &translated, ELFDATA2LSB) ? 0 : -EBADMSG;
}

/* The bytes of the table, after its numbers were checked. */
static int elf_table_find(const Image *image, const Elf64_Ehdr *header, Span *ret, Fault *fault)
{
        uint64_t size = (uint64_t)header->e_phnum * sizeof(Elf64_Phdr);

        if (header->e_phentsize != sizeof(Elf64_Phdr) || size == 0 || size > TABLE_SIZE_MAX)
                return fault_set(fault, -EBADMSG, REASON_IMAGE_SEGMENTS,
                                 "%u program headers of %u bytes", header->e_phnum,
                                 header->e_phentsize);
        if (span_slice(image->bytes, header->e_phoff, size, ret) < 0)
                return fault_set_at(fault, -EBADMSG, REASON_IMAGE_TRUNCATED, header->e_phoff,
                                    "program headers");
        return 0;
}

static int load_check(const Image *image, const Elf64_Phdr *load, Fault *fault)
{
        uint64_t end;

        if (load->p_filesz > load->p_memsz ||
            __builtin_add_overflow(load->p_vaddr, load->p_memsz, &end))
                return fault_set_at(fault, -EBADMSG, REASON_IMAGE_SEGMENTS, load->p_offset,
                                    "size of segment at address 0x%llx",
                                    (unsigned long long)load->p_vaddr);
        if (!range_fits(load->p_offset, load->p_filesz, image->bytes.size))
                return fault_set_at(fault, -EBADMSG, REASON_IMAGE_TRUNCATED, load->p_offset,
                                    "segment at address 0x%llx", (unsigned long long)load->p_vaddr);
        return 0;
}

static int dynamic_take(const Elf64_Phdr *segment, ElfDynamicPlace *dynamic, Fault *fault)
{
        if (dynamic->there)
                return fault_set_at(fault, -EBADMSG, REASON_IMAGE_DYNAMIC, segment->p_offset,
                                    "a second PT_DYNAMIC");
        *dynamic = (ElfDynamicPlace){
                .there = true, .address = segment->p_vaddr, .size = segment->p_filesz};
        return 0;
}

/* The PT_LOAD headers that map anything go to `loads`, which has room for all. */
static int elf_table_read(const Image *image, Span table, Elf64_Phdr *loads, size_t *ret_count,
                          ElfDynamicPlace *ret_dynamic, Fault *fault)
{
        ElfDynamicPlace dynamic = {};
        size_t count = 0;

        for (size_t at = 0; at < table.size; at += sizeof(Elf64_Phdr)) {
                Elf64_Phdr segment;
                int r = elf_record_read(table.bytes + at, ELF_T_PHDR, &segment, sizeof(segment));

                if (r >= 0 && segment.p_type == PT_LOAD) {
                        r = load_check(image, &segment, fault);
                        if (r >= 0 && segment.p_memsz > 0)
                                loads[count++] = segment;
                } else if (r >= 0 && segment.p_type == PT_DYNAMIC)
                        r = dynamic_take(&segment, &dynamic, fault);
                if (r < 0)
                        return r;
        }
        *ret_count = count;
        *ret_dynamic = dynamic;
        return 0;
}

static int compare_segment_addresses(const void *a, const void *b)
{
        uint64_t left = ((const Elf64_Phdr *)a)->p_vaddr, right = ((const Elf64_Phdr *)b)->p_vaddr;

        return (left > right) - (left < right);
}

/* No two segments at the same address. Two may hold the same bytes of the file, since linkers let
 * neighbours share a page. */
static int loads_agree(Elf64_Phdr *loads, size_t count, Fault *fault)
{
        uint64_t end = 0;

        qsort(loads, count, sizeof(*loads), compare_segment_addresses);
        for (size_t i = 0; i < count; i++) {
                if (loads[i].p_vaddr < end)
                        return fault_set_at(fault, -EBADMSG, REASON_IMAGE_SEGMENTS,
                                            loads[i].p_offset,
                                            "segment at address 0x%llx overlaps another",
                                            (unsigned long long)loads[i].p_vaddr);
                end = loads[i].p_vaddr + loads[i].p_memsz;
        }
        return 0;
}

static int elf_ranges_fill(Image *image, const Elf64_Phdr *loads, size_t count, Fault *fault)
{
        image->ranges = calloc(count + 1, sizeof(*image->ranges));
        if (!image->ranges)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "segments");
        for (size_t i = 0; i < count; i++)
                if (loads[i].p_filesz > 0)
                        image->ranges[image->range_count++] = (ImageRange){
                                .offset = loads[i].p_offset,
                                .address = loads[i].p_vaddr,
                                .size = loads[i].p_filesz,
                                .writable = loads[i].p_flags & PF_W,
                                .executable = loads[i].p_flags & PF_X,
                        };
        if (image->range_count == 0)
                return fault_set(fault, -EBADMSG, REASON_IMAGE_SEGMENTS, "no PT_LOAD");
        if (image_settle_ranges(image) < 0)
                return fault_set(fault, -EBADMSG, REASON_IMAGE_SEGMENTS,
                                 "segments that share bytes");
        return 0;
}

int elf_segments_read(Image *image, const Elf64_Ehdr *header, ElfDynamicPlace *ret_dynamic,
                      Fault *fault)
{
        _cleanup_free_ Elf64_Phdr *loads = NULL;
        size_t count = 0;
        Span table = {};
        int r = elf_table_find(image, header, &table, fault);

        if (r < 0)
                return r;
        loads = calloc(header->e_phnum, sizeof(*loads));
        if (!loads)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "segments");
        r = elf_table_read(image, table, loads, &count, ret_dynamic, fault);
        if (r >= 0)
                r = loads_agree(loads, count, fault);
        return r < 0 ? r : elf_ranges_fill(image, loads, count, fault);
}
