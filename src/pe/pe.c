/* SPDX-License-Identifier: MIT */

/* PE32+ as the Windows loader sees it: sections, base relocations, checksum, certificates.
 *
 * A section maps as many bytes of the file as both of its sizes hold: what the file has beyond the
 * size in memory is padding, memory beyond the file is zero-filled. The headers, mapped at the
 * image base, are no range: no table lies there.
 *
 * CheckSum is zero where the linker was not asked for one, and then it stays so; the loader looks
 * at it for drivers alone, other tools and installers do for any file. */

#include "base/text.h"
#include "image/ranges.h"
#include "pe/fixups.h"
#include "pe/header.h"

#define PAGE_SIZE   4096U
#define SECTOR_SIZE 512U /* the loader rounds file offsets down to it */

#define SECTION_EXECUTABLE UINT32_C(0x20000000)
#define SECTION_WRITABLE   UINT32_C(0x80000000)

typedef struct PeState {
        PeHeader header;
        PeFixups fixups;
} PeState;

static bool pe_recognises(Span bytes)
{
        return bytes.size >= 2 && memcmp(bytes.bytes, "MZ", 2) == 0;
}

typedef struct PeSection {
        uint32_t place, size;            /* in memory, less the image base */
        uint32_t file_offset, file_size; /* in the file */
        uint32_t flags;
} PeSection;

static PeSection section_of(const uint8_t *bytes)
{
        PeSection section = {
                .size = load_le32(bytes + 8),
                .place = load_le32(bytes + 12),
                .file_size = load_le32(bytes + 16),
                .file_offset = load_le32(bytes + 20),
                .flags = load_le32(bytes + 36),
        };

        if (section.size == 0)
                section.size = section.file_size;
        if (section.file_offset == 0)
                section.file_size = 0;
        return section;
}

static int section_refuse(const PeSection *section, const char *what, Fault *fault)
{
        return fault_set_at(fault, -EBADMSG, REASON_IMAGE_SECTIONS, section->file_offset,
                            "section at 0x%x: %s", section->place, what);
}

/* `end` is where the one before it ended in memory. */
static int section_check(const Image *image, const PeHeader *header, const PeSection *section,
                         uint64_t end, Fault *fault)
{
        if (section->place % header->section_alignment != 0)
                return section_refuse(section, "its address is not aligned", fault);
        if (section->place < end)
                return section_refuse(section, "it overlaps the one before it", fault);
        if (!range_fits(section->place, section->size, header->image_size))
                return section_refuse(section, "it is outside the image", fault);
        if (section->file_size == 0)
                return 0;
        if (header->file_alignment >= SECTOR_SIZE && section->file_offset % SECTOR_SIZE != 0)
                return section_refuse(section, "its file offset is not aligned", fault);
        if (header->section_alignment < PAGE_SIZE && section->file_offset != section->place)
                return section_refuse(section, "its file offset is not its address", fault);
        if (!range_fits(section->file_offset, section->file_size, image->bytes.size))
                return fault_set_at(fault, -EBADMSG, REASON_IMAGE_TRUNCATED, section->file_offset,
                                    "section at 0x%x", section->place);
        return 0;
}

static int sections_read(Image *image, const PeHeader *header, Fault *fault)
{
        uint64_t end = header->headers_size;

        image->ranges = calloc(header->sections.size / PE_SECTION_SIZE, sizeof(*image->ranges));
        if (!image->ranges)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "sections");
        for (size_t at = 0; at < header->sections.size; at += PE_SECTION_SIZE) {
                PeSection section = section_of(header->sections.bytes + at);
                int r = section_check(image, header, &section, end, fault);

                if (r < 0)
                        return r;
                end = (uint64_t)section.place + section.size;
                if (MIN(section.size, section.file_size) > 0)
                        image->ranges[image->range_count++] = (ImageRange){
                                .offset = section.file_offset,
                                .address = header->image_base + section.place,
                                .size = MIN(section.size, section.file_size),
                                .writable = section.flags & SECTION_WRITABLE,
                                .executable = section.flags & SECTION_EXECUTABLE,
                        };
        }
        if (image->range_count == 0)
                return fault_set(fault, -EBADMSG, REASON_IMAGE_SECTIONS, "no section");
        if (image_settle_ranges(image) < 0)
                return fault_set(fault, -EBADMSG, REASON_IMAGE_SECTIONS,
                                 "sections that share bytes");
        return 0;
}

static int fixups_read(Image *image, PeState *state, Fault *fault)
{
        const PeDirectory *directory = &state->header.relocations;
        uint64_t offset;
        Span table;

        if (!state->header.relocatable || directory->size == 0)
                return 0;
        if (image_offset_of(image, state->header.image_base + directory->place, directory->size,
                            &offset) < 0 ||
            span_slice(image->bytes, offset, directory->size, &table) < 0)
                return fault_set(fault, -EBADMSG, REASON_IMAGE_FIXUPS, "base relocations");
        image->relocatable = true;
        image->constants_hold_pointers = true; /* they are relocated before they are protected */
        return pe_fixups_read(table, &state->fixups, fault);
}

/* The certificates lie behind everything that is mapped, so a file that was cut off lacks them. */
static int pe_signature_read(Image *image, const PeHeader *header, Fault *fault)
{
        const PeDirectory *directory = &header->certificates;

        if (directory->size == 0)
                return 0;
        if (!range_fits(directory->place, directory->size, image->bytes.size))
                return fault_set_at(fault, -EBADMSG, REASON_IMAGE_TRUNCATED, directory->place,
                                    "Authenticode signature");
        image->signature = (ImageSignature){"Authenticode", directory->place, directory->size};
        return 0;
}

static void pe_describe(Image *image, const PeState *state)
{
        text_put(image->description, sizeof(image->description),
                 "PE32+ x86-64, image base 0x%llx%s%s",
                 (unsigned long long)state->header.image_base,
                 image->relocatable ? ", base relocations" : ", fixed address",
                 image->signature.kind ? ", signed" : "");
}

static int pe_open(Image *image, Fault *fault)
{
        PeState *state = calloc(1, sizeof(*state));
        int r;

        if (!state)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "PE headers");
        image->state = state;
        r = pe_header_read(image->bytes, &state->header, fault);
        if (r >= 0)
                r = sections_read(image, &state->header, fault);
        if (r >= 0)
                r = fixups_read(image, state, fault);
        if (r >= 0)
                r = pe_signature_read(image, &state->header, fault);
        if (r < 0)
                return r;
        pe_describe(image, state);
        return 0;
}

static void pe_done(Image *image)
{
        PeState *state = image->state;

        if (state)
                pe_fixups_done(&state->fixups);
        free(state);
}

static int pe_relocation_at(const Image *image, ImagePointer *pointer, Fault *fault)
{
        const PeState *state = image->state;
        uint64_t place = pointer->address - state->header.image_base;
        bool exact = false;
        unsigned count = pe_fixups_covering(&state->fixups, place, &exact);

        if (count == 0)
                return 0;
        if (count > 1 || !exact)
                return fault_set(fault, -EBADMSG, REASON_IMAGE_RELOCATION, "address 0x%llx: %s",
                                 (unsigned long long)pointer->address,
                                 count > 1 ? "more than one" : "it covers only a part");
        pointer->source = POINTER_BASE;
        return 1;
}

static int pe_each_relocation(const Image *image, AddressRange within, image_relocation_visit visit,
                              void *context)
{
        const PeState *state = image->state;

        (void)within;
        return pe_fixups_each(&state->fixups, state->header.image_base, visit, context);
}

/* What the byte at file offset `offset` counts in a sum of 16-bit words. */
static uint64_t checksum_weighed(uint8_t byte, uint64_t offset)
{
        return (uint64_t)byte << offset % 2 * 8;
}

/* 16-bit words, little-endian, the last one padded with a zero byte. */
static uint64_t sum_of(Span bytes)
{
        uint64_t sum = 0;

        for (size_t at = 0; at + 1 < bytes.size; at += 2)
                sum += load_le16(bytes.bytes + at);
        return bytes.size % 2 ? sum + bytes.bytes[bytes.size - 1] : sum;
}

/* The published convention: all words of the file with CheckSum as zero, added with the carry
 * coming back in at the low end, and the size of the file. */
static int pe_checksum(const Image *image, const Edits *edits, ImageChecksum *ret)
{
        const PeHeader *header = &((const PeState *)image->state)->header;
        uint64_t sum = sum_of(image->bytes);

        if (header->checksum == 0)
                return 0;
        for (unsigned i = 0; i < 4; i++)
                sum -= checksum_weighed(image->bytes.bytes[header->checksum_offset + i], i);
        for (size_t i = 0; i < edits->count; i++)
                for (unsigned k = 0; k < edits->items[i].size; k++) {
                        const Edit *edit = &edits->items[i];

                        sum += checksum_weighed(edit->after[k], edit->offset + k);
                        sum -= checksum_weighed(edit->before[k], edit->offset + k);
                }
        while (sum > UINT16_MAX)
                sum = (sum & UINT16_MAX) + (sum >> 16);
        *ret = (ImageChecksum){.offset = header->checksum_offset,
                               .value = header->checksum,
                               .wanted = (uint32_t)(sum + image->bytes.size)};
        return 1;
}

const ImageClass image_class_pe = {
        .format = IMAGE_PE,
        .name = "PE",
        .recognises = pe_recognises,
        .open = pe_open,
        .done = pe_done,
        .relocation_at = pe_relocation_at,
        .each_relocation = pe_each_relocation,
        .checksum = pe_checksum,
};
