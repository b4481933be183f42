/* SPDX-License-Identifier: MIT */

#include "elf/dynamic.h"
#include "elf/rela.h"
#include "elf/relr.h"
#include "image/ranges.h"

/* The entries that matter here. */
typedef enum Tag {
        TAG_RELA,
        TAG_RELASZ,
        TAG_RELAENT,
        TAG_RELR,
        TAG_RELRSZ,
        TAG_RELRENT,
        TAG_JMPREL,
        TAG_PLTRELSZ,
        TAG_PLTREL,
        TAG_STRTAB,
        TAG_STRSZ,
        TAG_SONAME,
        _TAG_MAX,
} Tag;

#ifndef DT_RELR /* glibc has them since 2.36 */
#define DT_RELRSZ  35
#define DT_RELR    36
#define DT_RELRENT 37
#endif

static const struct {
        Elf64_Sxword number;
        const char *name;
} tags[] = {
        [TAG_RELA] = {DT_RELA, "DT_RELA"},          [TAG_RELASZ] = {DT_RELASZ, "DT_RELASZ"},
        [TAG_RELAENT] = {DT_RELAENT, "DT_RELAENT"}, [TAG_RELR] = {DT_RELR, "DT_RELR"},
        [TAG_RELRSZ] = {DT_RELRSZ, "DT_RELRSZ"},    [TAG_RELRENT] = {DT_RELRENT, "DT_RELRENT"},
        [TAG_JMPREL] = {DT_JMPREL, "DT_JMPREL"},    [TAG_PLTRELSZ] = {DT_PLTRELSZ, "DT_PLTRELSZ"},
        [TAG_PLTREL] = {DT_PLTREL, "DT_PLTREL"},    [TAG_STRTAB] = {DT_STRTAB, "DT_STRTAB"},
        [TAG_STRSZ] = {DT_STRSZ, "DT_STRSZ"},       [TAG_SONAME] = {DT_SONAME, "DT_SONAME"},
};

_Static_assert(ARRAY_SIZE(tags) == _TAG_MAX, "every tag has its number and name");

typedef struct Entries {
        bool there[_TAG_MAX];
        uint64_t values[_TAG_MAX];
} Entries;

static int entries_take(Entries *entries, const Elf64_Dyn *entry, uint64_t offset, Fault *fault)
{
        for (size_t i = 0; i < _TAG_MAX; i++) {
                if (tags[i].number != entry->d_tag)
                        continue;
                if (entries->there[i])
                        return fault_set_at(fault, -EBADMSG, REASON_IMAGE_DYNAMIC, offset,
                                            "%s is there twice", tags[i].name);
                entries->there[i] = true;
                entries->values[i] = entry->d_un.d_val;
        }
        return 0;
}

static int entries_read(const Image *image, const ElfDynamicPlace *place, Entries *ret,
                        Fault *fault)
{
        Entries entries = {};
        uint64_t start;

        if (image_offset_of(image, place->address, place->size, &start) < 0)
                return fault_set(fault, -EBADMSG, REASON_IMAGE_DYNAMIC,
                                 "PT_DYNAMIC at address 0x%llx lies in no segment",
                                 (unsigned long long)place->address);
        for (uint64_t at = 0; range_fits(at, sizeof(Elf64_Dyn), place->size);
             at += sizeof(Elf64_Dyn)) {
                Elf64_Dyn entry;
                int r = elf_record_read(image->bytes.bytes + start + at, ELF_T_DYN, &entry,
                                        sizeof(entry));

                if (r >= 0 && entry.d_tag == DT_NULL) {
                        *ret = entries;
                        return 0;
                }
                if (r >= 0)
                        r = entries_take(&entries, &entry, start + at, fault);
                if (r < 0)
                        return r;
        }
        return fault_set_at(fault, -EBADMSG, REASON_IMAGE_DYNAMIC, start,
                            "PT_DYNAMIC without DT_NULL");
}

/* The table that starts at the address in `table` and is as large as `size` says, of whole entries.
 * Nothing when the size is 0 or neither is there. */
static int dynamic_table_find(const Image *image, const Entries *entries, Tag table, Tag size,
                              uint64_t entry_size, Span *ret, uint64_t *ret_offset, Fault *fault)
{
        uint64_t address = entries->values[table], bytes = entries->values[size], offset;

        if (bytes == 0 && (entries->there[size] || !entries->there[table])) {
                *ret = (Span){};
                *ret_offset = 0;
                return 0;
        }
        if (!entries->there[table] || !entries->there[size] || bytes % entry_size != 0)
                return fault_set(fault, -EBADMSG, REASON_IMAGE_DYNAMIC, "%s of %llu bytes",
                                 tags[table].name, (unsigned long long)bytes);
        if (image_offset_of(image, address, bytes, &offset) < 0)
                return fault_set(fault, -EBADMSG, REASON_IMAGE_DYNAMIC,
                                 "%s at address 0x%llx lies in no segment", tags[table].name,
                                 (unsigned long long)address);
        *ret_offset = offset;
        return span_slice(image->bytes, offset, bytes, ret);
}

/* `tag` must say `expected` when `table` has anything in it. */
static int value_check(const Entries *entries, Span table, Tag tag, uint64_t expected, Fault *fault)
{
        if (table.size == 0 || (entries->there[tag] && entries->values[tag] == expected))
                return 0;
        return fault_set(fault, -EBADMSG, REASON_IMAGE_DYNAMIC, "%s is not %llu", tags[tag].name,
                         (unsigned long long)expected);
}

/* Some linkers count the entries of DT_JMPREL in DT_RELASZ as well: each is read once. */
static int plt_set_apart(ElfDynamic *dynamic, Fault *fault)
{
        uint64_t start = dynamic->rela_offset, end = start + dynamic->rela.size;
        uint64_t plt_start = dynamic->plt_rela_offset;
        uint64_t plt_end = plt_start + dynamic->plt_rela.size;

        if (dynamic->plt_rela.size == 0 || plt_start >= end || plt_end <= start)
                return 0;
        if (plt_start < start || plt_end > end || (plt_start - start) % RELA_ENTRY_SIZE != 0)
                return fault_set_at(fault, -EBADMSG, REASON_IMAGE_DYNAMIC, plt_start,
                                    "DT_JMPREL overlaps DT_RELA");
        dynamic->plt_rela = (Span){};
        return 0;
}

/* A name is no reason to refuse a file: one that cannot be read is none. */
static Span soname_find(const Image *image, const Entries *entries)
{
        uint64_t size = entries->values[TAG_STRSZ], at = entries->values[TAG_SONAME], offset;
        Span strings, name;
        const uint8_t *nul;

        if (!entries->there[TAG_SONAME] || !entries->there[TAG_STRTAB] || at >= size ||
            image_offset_of(image, entries->values[TAG_STRTAB], size, &offset) < 0 ||
            span_slice(image->bytes, offset, size, &strings) < 0 ||
            span_slice(strings, at, size - at, &name) < 0)
                return (Span){};
        nul = memchr(name.bytes, '\0', name.size);
        return nul ? (Span){name.bytes, (size_t)(nul - name.bytes)} : (Span){};
}

int elf_dynamic_read(const Image *image, const ElfDynamicPlace *place, ElfDynamic *ret,
                     Fault *fault)
{
        ElfDynamic dynamic = {};
        uint64_t relr_offset;
        Entries entries;
        int r = entries_read(image, place, &entries, fault);

        if (r >= 0)
                r = dynamic_table_find(image, &entries, TAG_RELA, TAG_RELASZ, RELA_ENTRY_SIZE,
                                       &dynamic.rela, &dynamic.rela_offset, fault);
        if (r >= 0)
                r = value_check(&entries, dynamic.rela, TAG_RELAENT, RELA_ENTRY_SIZE, fault);
        if (r >= 0)
                r = dynamic_table_find(image, &entries, TAG_JMPREL, TAG_PLTRELSZ, RELA_ENTRY_SIZE,
                                       &dynamic.plt_rela, &dynamic.plt_rela_offset, fault);
        if (r >= 0)
                r = value_check(&entries, dynamic.plt_rela, TAG_PLTREL, DT_RELA, fault);
        if (r >= 0)
                r = plt_set_apart(&dynamic, fault);
        if (r >= 0)
                r = dynamic_table_find(image, &entries, TAG_RELR, TAG_RELRSZ, RELR_ENTRY_SIZE,
                                       &dynamic.relr, &relr_offset, fault);
        if (r >= 0)
                r = value_check(&entries, dynamic.relr, TAG_RELRENT, RELR_ENTRY_SIZE, fault);
        if (r < 0)
                return r;
        dynamic.soname = soname_find(image, &entries);
        *ret = dynamic;
        return 0;
}
