/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "base/text.h"
#include "patch/gos.h"

#define PATTERN_SIZE  33U /* with the flags */
#define THIRD_WORD_AT 8U  /* its first byte is 01 or 02, all behind it up to the flags is zero */
#define BLOCK_SIZE    8U
#define SHOWN         1U  /* bit 0 of the flags */
#define GROUP_MIN     13U /* entries of a group in Workstation 15.1, the fewest that were seen */

/* Consecutive slots of the stride, matching or with another flag byte, make one run. */
typedef struct Run {
        uint64_t next;        /* where it would go on */
        size_t first;         /* index of its first entry */
        size_t count, others; /* entries; slots with another flag byte */
} Run;

/* 20 zero bytes stand between the third word and the flags. */
static bool is_slot(const uint8_t *at)
{
        uint32_t second = load_le32(at + 4), third = load_le32(at + 8);

        return load_le32(at) == 0x10 && (second == 0x10 || second == 0x20) &&
               (third == 1 || third == 2) && span_is_zero((Span){at + 12, 20});
}

static bool is_entry_flag(uint8_t flags)
{
        return (flags | SHOWN) == 0x3F || (flags | SHOWN) == 0xBF;
}

static int add_entry(GosList *list, uint64_t offset, uint8_t flags)
{
        GosEntry *larger = list->entries;

        /* Grows at each power of two. */
        if ((list->entry_count & (list->entry_count - 1)) == 0) {
                larger = reallocarray(list->entries, list->entry_count ? list->entry_count * 2 : 1,
                                      sizeof(*larger));
                if (!larger)
                        return -ENOMEM;
                list->entries = larger;
        }
        larger[list->entry_count++] =
                (GosEntry){.offset = offset, .flags = flags, .shown = flags & SHOWN};
        return 0;
}

/* A run of two entries is a group; one that stands alone is no entry after all. */
static int end_run(GosList *list, Run *run)
{
        GosGroup *larger, group = {.first = run->first, .count = run->count};

        list->stray_count += run->others;
        if (run->count < 2) {
                list->stray_count += run->count;
                list->entry_count -= run->count;
                *run = (Run){};
                return 0;
        }
        for (size_t i = group.first; i < group.first + group.count; i++)
                group.shown += list->entries[i].shown;
        if ((list->group_count & (list->group_count - 1)) == 0) {
                larger = reallocarray(list->groups, list->group_count ? list->group_count * 2 : 1,
                                      sizeof(*larger));
                if (!larger)
                        return -ENOMEM;
                list->groups = larger;
        }
        list->groups[list->group_count++] = group;
        list->shown_count += group.shown;
        *run = (Run){};
        return 0;
}

static int add_slot(GosList *list, Run *run, uint64_t offset, uint8_t flags)
{
        int r = 0;

        if (run->next != offset)
                r = end_run(list, run);
        if (r < 0)
                return r;
        if (run->next == 0)
                run->first = list->entry_count;
        run->next = offset + GOS_STRIDE;
        if (!is_entry_flag(flags)) {
                run->others++;
                return 0;
        }
        run->count++;
        return add_entry(list, offset, flags);
}

/* The last byte before `at` that is not zero, at most `limit` bytes back; `limit` when all are. */
static uint64_t zeros_before(const uint8_t *at, uint64_t limit)
{
        uint64_t count = 0;

        while (count < limit && at[-1 - (int64_t)count] == 0)
                count++;
        return count;
}

/* A slot is told by its zeros: behind the byte 01 or 02 come 23 of them, so at least one whole
 * block of eight. The first zero block of a run has that byte in the block before it: one look at
 * each block finds every slot, however many zeros the file has. */
static int search_range(GosList *list, const Image *image, const ImageRange *range)
{
        const uint8_t *bytes = image_bytes(image).bytes + range->offset;
        bool was_zero = false;
        Run run = {};

        for (uint64_t block = 0; range_fits(block, BLOCK_SIZE, range->size); block += BLOCK_SIZE) {
                bool is_first = load_le64(bytes + block) == 0 && !was_zero;
                uint64_t zeros, at;
                int r;

                was_zero = load_le64(bytes + block) == 0;
                if (!is_first)
                        continue;
                zeros = zeros_before(bytes + block, MIN(block, (uint64_t)BLOCK_SIZE));
                if (block < zeros + 1 + THIRD_WORD_AT)
                        continue;
                at = block - zeros - 1 - THIRD_WORD_AT;
                if ((range->offset + at) % 4 != 0 || !range_fits(at, PATTERN_SIZE, range->size) ||
                    !is_slot(bytes + at))
                        continue;
                r = add_slot(list, &run, range->offset + at, bytes[at + GOS_FLAGS_AT]);
                if (r < 0)
                        return r;
        }
        return end_run(list, &run);
}

void gos_list_done(GosList *list)
{
        free(list->entries);
        free(list->groups);
        *list = (GosList){};
}

/* Both groups, as large as any that was seen: there are no others to look for. */
static bool is_complete(const GosList *list)
{
        return list->group_count == 2 && list->groups[0].count == list->groups[1].count &&
               list->groups[0].count >= GROUP_MIN;
}

static bool is_writable(const ImageRange *range)
{
        return range->writable;
}

static bool is_no_code(const ImageRange *range)
{
        return range->writable || !range->executable;
}

static bool is_any(const ImageRange *range)
{
        (void)range;
        return true;
}

static int search_ranges(const Image *image, bool (*is_meant)(const ImageRange *), GosList *ret)
{
        _cleanup_(gos_list_done) GosList list = {};
        size_t count;
        const ImageRange *ranges = image_ranges(image, &count);

        for (size_t i = 0; i < count; i++) {
                int r = is_meant(&ranges[i]) ? search_range(&list, image, &ranges[i]) : 0;

                if (r < 0)
                        return r;
        }
        gos_list_done(ret);
        *ret = list;
        list = (GosList){};
        return 0;
}

/* Entries that hold a pointer lie among the values that are relocated, others among the constants,
 * which old linkers put to the code. The smaller places come first; each search is of all that the
 * one before was of. */
int gos_find(const Image *image, GosList *ret, Fault *fault)
{
        static bool (*const places[])(const ImageRange *) = {is_writable, is_no_code, is_any};
        _cleanup_(gos_list_done) GosList list = {};

        for (size_t i = 0; i < ARRAY_SIZE(places) && !is_complete(&list); i++)
                if (search_ranges(image, places[i], &list) < 0)
                        return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "guest list");
        if (list.entry_count == 0)
                return fault_set(fault, -ENOENT,
                                 list.stray_count > 0 ? REASON_GOS_STRAY : REASON_GOS_NONE,
                                 "guest list");
        *ret = list;
        list = (GosList){};
        return 0;
}

State gos_state(const GosList *list)
{
        if (list->shown_count == list->entry_count)
                return STATE_PATCHED;
        return list->shown_count == 0 ? STATE_STOCK : STATE_PARTIAL;
}

int gos_plan(const GosList *list, Edits *ret, Fault *fault)
{
        _cleanup_(edits_done) Edits edits = {};

        for (size_t i = 0; i < list->entry_count; i++) {
                const GosEntry *entry = &list->entries[i];
                Edit edit = {.offset = entry->offset + GOS_FLAGS_AT,
                             .size = 1,
                             .before = {entry->flags},
                             .after = {entry->flags | SHOWN}};
                int r;

                if (entry->shown)
                        continue;
                text_put(edit.why, sizeof(edit.why), "guest entry %zu of %zu", i + 1,
                         list->entry_count);
                r = edits_add(&edits, &edit);
                if (r == -ENOMEM)
                        return fault_set(fault, r, REASON_NO_MEMORY, "plan");
                if (r < 0)
                        return fault_set(fault, -EBADMSG, REASON_PLAN_CONFLICT, "guest list");
        }
        *ret = edits;
        edits = (Edits){};
        return 0;
}
