/* SPDX-License-Identifier: MIT */

/* The guest list: the input is what lies in a segment of a library. */

#include "../unit/lib/elf-builder.h"
#include "fuzz.h"
#include "patch/gos.h"
#include "property.h"

static void check_list(const Image *image, const GosList *list)
{
        size_t next = 0, shown = 0;

        MUST(list->entry_count > 0 && list->group_count > 0);
        for (size_t i = 0; i < list->group_count; i++) {
                const GosGroup *group = &list->groups[i];

                MUST(group->first == next && group->count >= 1 && group->shown <= group->count);
                next += group->count;
                shown += group->shown;
        }
        MUST(next == list->entry_count && shown == list->shown_count);
        for (size_t i = 0; i < list->entry_count; i++) {
                const GosEntry *entry = &list->entries[i];

                MUST(range_fits(entry->offset, GOS_FLAGS_AT + 1, image_bytes(image).size));
                MUST(i == 0 || entry->offset >= entry[-1].offset + GOS_FLAGS_AT);
                MUST(entry->kind == GOS_ENTRY && entry->lattice < list->lattice_count);
                MUST(entry->shown == ((entry->flags & 1) != 0));
                MUST(image_bytes(image).bytes[entry->offset + GOS_FLAGS_AT] == entry->flags);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        _cleanup_(elf_builder_done) ElfBuilder builder = ELF_BUILDER_NONE;
        _cleanup_(image_freep) Image *image = NULL;
        _cleanup_(gos_list_done) GosList list = {};
        Fault fault = FAULT_NONE;
        uint8_t *content;
        int r;

        if (size == 0)
                return 0; /* no segment is empty */
        builder.no_dynamic = true;
        content = elf_builder_add_segment(&builder, 0x1000, PF_R, size);
        memcpy(content, bytes, size);
        elf_builder_build(&builder);
        MUST(image_open(elf_builder_span(&builder), &image, NULL) >= 0);
        r = gos_find(image, &list, &fault);
        if (r >= 0)
                check_list(image, &list);
        else
                MUST(r == -EBADMSG
                             ? fault.reason == REASON_GOS_READINGS
                             : fault.reason == REASON_GOS_NONE || fault.reason == REASON_GOS_STRAY);
        check_plan(elf_builder_span(&builder), SUBJECT_GOS);
        return 0;
}

#define SEED_ENTRIES 8U
#define SEED_STRIDE  64U

void fuzz_seeds(void)
{
        static const uint8_t flags[] = {0x3E, 0x3F, 0xBE, 0xBF, 0x3E, 0x7E, 0xBE, 0x3E};
        uint8_t seed[SEED_ENTRIES * SEED_STRIDE] = {};

        for (size_t i = 0; i < SEED_ENTRIES; i++) {
                uint8_t *entry = seed + i * SEED_STRIDE;

                entry[0] = 0x10;
                entry[4] = i % 2 ? 0x10 : 0x20;
                entry[8] = (uint8_t)(1 + i % 2);
                entry[GOS_FLAGS_AT] = flags[i];
        }
        fuzz_seed("group", (Span){seed, sizeof(seed)});
        fuzz_seed("pair", (Span){seed, 2 * SEED_STRIDE});
        fuzz_seed("cut", (Span){seed, SEED_STRIDE + GOS_FLAGS_AT});
        fuzz_seed("shifted", (Span){seed + 60, 4 * SEED_STRIDE});
        memset(seed + 3 * SEED_STRIDE, 0, SEED_STRIDE);
        fuzz_seed("stray", (Span){seed + 2 * SEED_STRIDE, SEED_STRIDE * 2});
}
