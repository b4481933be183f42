/* SPDX-License-Identifier: MIT */

#include "pe/header.h"

#define DOS_SIZE      0x40U
#define DOS_SIGNATURE 0x3CU /* where the file offset of the signature is */
#define COFF_AT       4U    /* from the signature */
#define OPTIONAL_AT   24U

#define MACHINE_X86_64      0x8664U
#define IS_EXECUTABLE       0x0002U /* Characteristics */
#define RELOCS_STRIPPED     0x0001U
#define MAGIC_PE32          0x10BU
#define MAGIC_PE32_PLUS     0x20BU
#define CHECKSUM_AT         64U  /* in the optional header */
#define OPTIONAL_SIZE       112U /* before the data directories */
#define DIRECTORIES_MAX     16U
#define DIRECTORY_SECURITY  4U
#define DIRECTORY_BASERELOC 5U
#define SECTIONS_MAX        96U /* the loader's own limit for long */
#define ALIGNMENT_MAX       0x10000U
#define BASE_ALIGNMENT      0x10000U

static int pe_truncated(Fault *fault, uint64_t offset, const char *what)
{
        return fault_set_at(fault, -EBADMSG, REASON_IMAGE_TRUNCATED, offset, "%s", what);
}

static int pe_contradiction(Fault *fault, uint64_t offset, const char *what)
{
        return fault_set_at(fault, -EBADMSG, REASON_IMAGE_HEADERS, offset, "%s", what);
}

/* File offset of "PE\0\0", with room for the COFF header behind it. */
static int signature_find(Span bytes, uint64_t *ret_offset, Fault *fault)
{
        uint64_t at;
        Span found;

        if (bytes.size < DOS_SIZE)
                return pe_truncated(fault, 0, "MS-DOS header");
        at = load_le32(bytes.bytes + DOS_SIGNATURE);
        if (span_slice(bytes, at, OPTIONAL_AT, &found) < 0)
                return pe_truncated(fault, at, "PE header");
        if (memcmp(found.bytes, "PE\0\0", 4) != 0)
                return fault_set_at(fault, -EBADMSG, REASON_IMAGE_FORMAT, at,
                                    "a program for DOS or 16-bit Windows");
        if (at % 4 != 0)
                return pe_contradiction(fault, at, "PE header that is not aligned");
        *ret_offset = at;
        return 0;
}

/* What is said of the machine, before anything else of the headers is believed. */
static int pe_machine_check(Span coff, Span optional, uint64_t at, Fault *fault)
{
        uint16_t machine = load_le16(coff.bytes), magic = load_le16(optional.bytes);

        if (magic == MAGIC_PE32)
                return fault_set_at(fault, -EBADMSG, REASON_IMAGE_MACHINE, at,
                                    "PE32 (32 bit), machine 0x%x", machine);
        if (machine != MACHINE_X86_64)
                return fault_set_at(fault, -EBADMSG, REASON_IMAGE_MACHINE, at, "PE machine 0x%x",
                                    machine);
        if (magic != MAGIC_PE32_PLUS)
                return fault_set_at(fault, -EBADMSG, REASON_IMAGE_FORMAT, at,
                                    "optional header 0x%x", magic);
        return 0;
}

static bool is_alignment(uint32_t value)
{
        return value > 0 && (value & (value - 1)) == 0;
}

static int sizes_read(Span optional, uint64_t at, PeHeader *header, Fault *fault)
{
        uint64_t end;

        header->image_base = load_le64(optional.bytes + 24);
        header->section_alignment = load_le32(optional.bytes + 32);
        header->file_alignment = load_le32(optional.bytes + 36);
        header->image_size = load_le32(optional.bytes + 56);
        header->headers_size = load_le32(optional.bytes + 60);
        if (!is_alignment(header->section_alignment) || !is_alignment(header->file_alignment) ||
            header->file_alignment > ALIGNMENT_MAX ||
            header->section_alignment < header->file_alignment)
                return pe_contradiction(fault, at + 32, "alignments");
        if (header->image_base % BASE_ALIGNMENT != 0 ||
            __builtin_add_overflow(header->image_base, header->image_size, &end))
                return pe_contradiction(fault, at + 24, "image base");
        if (header->headers_size > header->image_size)
                return pe_contradiction(fault, at + 60, "size of headers");
        return 0;
}

static PeDirectory directory_read(Span directories, unsigned number)
{
        const uint8_t *entry = directories.bytes + 8UL * number;

        if (8UL * (number + 1) > directories.size)
                return (PeDirectory){};
        return (PeDirectory){.place = load_le32(entry), .size = load_le32(entry + 4)};
}

static int directories_read(Span optional, uint64_t at, PeHeader *header, Fault *fault)
{
        uint32_t count = load_le32(optional.bytes + OPTIONAL_SIZE - 4);
        Span directories;

        if (count > DIRECTORIES_MAX)
                count = DIRECTORIES_MAX; /* as the loader does */
        if (span_slice(optional, OPTIONAL_SIZE, 8UL * count, &directories) < 0)
                return pe_contradiction(fault, at + OPTIONAL_SIZE - 4,
                                        "number of data directories");
        header->certificates = directory_read(directories, DIRECTORY_SECURITY);
        header->relocations = directory_read(directories, DIRECTORY_BASERELOC);
        return 0;
}

static int coff_read(Span bytes, Span coff, uint64_t optional_at, PeHeader *header, Fault *fault)
{
        uint16_t count = load_le16(coff.bytes + 2), characteristics = load_le16(coff.bytes + 18);
        uint64_t at = optional_at + load_le16(coff.bytes + 16);

        if (!(characteristics & IS_EXECUTABLE))
                return fault_set(fault, -EBADMSG, REASON_IMAGE_FORMAT, "a PE object file");
        if (count == 0 || count > SECTIONS_MAX)
                return pe_contradiction(fault, optional_at, "number of sections");
        if (span_slice(bytes, at, (uint64_t)count * PE_SECTION_SIZE, &header->sections) < 0)
                return pe_truncated(fault, at, "section headers");
        header->relocatable = !(characteristics & RELOCS_STRIPPED);
        return 0;
}

/* The COFF header, and the optional one behind it. */
static int headers_read(Span bytes, Span coff, uint64_t at, PeHeader *header, Fault *fault)
{
        Span optional;
        int r;

        if (span_slice(bytes, at, load_le16(coff.bytes + 16), &optional) < 0)
                return pe_truncated(fault, at, "optional header");
        if (optional.size < 2)
                return fault_set(fault, -EBADMSG, REASON_IMAGE_FORMAT, "no optional header");
        r = pe_machine_check(coff, optional, at, fault);
        if (r >= 0 && optional.size < OPTIONAL_SIZE)
                r = pe_contradiction(fault, at, "size of the optional header");
        if (r >= 0)
                r = coff_read(bytes, coff, at, header, fault);
        if (r >= 0)
                r = sizes_read(optional, at, header, fault);
        if (r >= 0)
                r = directories_read(optional, at, header, fault);
        if (r < 0)
                return r;
        header->checksum_offset = at + CHECKSUM_AT;
        header->checksum = load_le32(optional.bytes + CHECKSUM_AT);
        return 0;
}

int pe_header_read(Span bytes, PeHeader *ret, Fault *fault)
{
        PeHeader header = {};
        uint64_t at = 0;
        Span coff;
        int r = signature_find(bytes, &at, fault);

        if (r < 0)
                return r;
        if (span_slice(bytes, at + COFF_AT, OPTIONAL_AT - COFF_AT, &coff) < 0)
                return pe_truncated(fault, at, "PE header");
        r = headers_read(bytes, coff, at + OPTIONAL_AT, &header, fault);
        if (r < 0)
                return r;
        *ret = header;
        return 0;
}
