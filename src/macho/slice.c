/* SPDX-License-Identifier: MIT */

#include "macho/slice.h"

#define SLICES_MAX 40U /* fewer than the oldest version of a class file */

#define FAT_HEADER   8U
#define FAT_MAGIC    0xCAFEBABEU
#define FAT_MAGIC_64 0xCAFEBABFU
#define THIN_64      0xFEEDFACFU
#define THIN_32      0xFEEDFACEU

#define CPU_X86_64     0x01000007U
#define SUBTYPE_MASK   0x00FFFFFFU
#define SUBTYPE_X86_64 3U /* any; Haswell and later is 8 */

static uint32_t load_be32(const uint8_t *bytes)
{
        return __builtin_bswap32(load_le32(bytes));
}

static uint64_t load_be64(const uint8_t *bytes)
{
        return __builtin_bswap64(load_le64(bytes));
}

static bool is_thin(uint32_t magic)
{
        return magic == THIN_64 || magic == THIN_32;
}

static bool is_universal(Span bytes)
{
        uint32_t magic;

        if (bytes.size < FAT_HEADER)
                return false;
        magic = load_be32(bytes.bytes);
        return (magic == FAT_MAGIC || magic == FAT_MAGIC_64) &&
               load_be32(bytes.bytes + 4) <= SLICES_MAX;
}

bool macho_recognises(Span bytes)
{
        return is_universal(bytes) || (bytes.size >= 4 && (is_thin(load_le32(bytes.bytes)) ||
                                                           is_thin(load_be32(bytes.bytes))));
}

typedef struct FatEntry {
        uint32_t machine, subtype;
        uint64_t offset, size;
} FatEntry;

static FatEntry slice_entry_of(const uint8_t *bytes, bool wide)
{
        return (FatEntry){
                .machine = load_be32(bytes),
                .subtype = load_be32(bytes + 4) & SUBTYPE_MASK,
                .offset = wide ? load_be64(bytes + 8) : load_be32(bytes + 8),
                .size = wide ? load_be64(bytes + 16) : load_be32(bytes + 12),
        };
}

/* The slice that runs on every x86-64, else the only one that runs on some. */
static int entry_choose(Span entries, bool wide, FatEntry *ret, Fault *fault)
{
        unsigned general = 0, special = 0;
        size_t step = wide ? 32 : 20;

        for (size_t at = 0; at < entries.size; at += step) {
                FatEntry entry = slice_entry_of(entries.bytes + at, wide);

                if (entry.machine != CPU_X86_64)
                        continue;
                if (entry.subtype == SUBTYPE_X86_64)
                        general++;
                else
                        special++;
                if (entry.subtype == SUBTYPE_X86_64 || general == 0)
                        *ret = entry;
        }
        if (general + special == 0)
                return fault_set(fault, -EBADMSG, REASON_IMAGE_MACHINE,
                                 "universal Mach-O without an x86_64 slice");
        if (general > 1 || (general == 0 && special > 1))
                return fault_set(fault, -EBADMSG, REASON_IMAGE_HEADERS, "several x86_64 slices");
        return 0;
}

static int universal_find(Span bytes, MachoSlice *ret, Fault *fault)
{
        bool wide = load_be32(bytes.bytes) == FAT_MAGIC_64;
        uint32_t count = load_be32(bytes.bytes + 4);
        FatEntry entry = {};
        Span entries;
        int r;

        if (span_slice(bytes, FAT_HEADER, count * (wide ? 32UL : 20UL), &entries) < 0)
                return fault_set(fault, -EBADMSG, REASON_IMAGE_TRUNCATED, "list of slices");
        r = entry_choose(entries, wide, &entry, fault);
        if (r < 0)
                return r;
        if (span_slice(bytes, entry.offset, entry.size, &ret->bytes) < 0)
                return fault_set_at(fault, -EBADMSG, REASON_IMAGE_TRUNCATED, entry.offset,
                                    "x86_64 slice");
        ret->offset = entry.offset;
        ret->of_slices = count;
        return 0;
}

int macho_slice_find(Span bytes, MachoSlice *ret, Fault *fault)
{
        MachoSlice slice = {.bytes = bytes};
        uint32_t machine;
        int r = is_universal(bytes) ? universal_find(bytes, &slice, fault) : 0;

        if (r < 0)
                return r;
        if (slice.bytes.size < 8)
                return fault_set_at(fault, -EBADMSG, REASON_IMAGE_TRUNCATED, slice.offset,
                                    "Mach-O header");
        if (load_le32(slice.bytes.bytes) != THIN_64)
                return fault_set_at(fault, -EBADMSG, REASON_IMAGE_MACHINE, slice.offset,
                                    "Mach-O magic number 0x%x", load_le32(slice.bytes.bytes));
        machine = load_le32(slice.bytes.bytes + 4);
        if (machine != CPU_X86_64)
                return fault_set_at(fault, -EBADMSG, REASON_IMAGE_MACHINE, slice.offset,
                                    "Mach-O machine 0x%x", machine);
        *ret = slice;
        return 0;
}
