/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/text.h"
#include "patch/gos-find.h"
#include "patch/gos.h"

#define SHOWN 1U /* bit 0 of the flags */

void gos_list_done(GosList *list)
{
        free(list->entries);
        free(list->groups);
        free(list->lattices);
        free(list->strays);
        *list = (GosList){};
}

/* Entries and the rest, each in the file's order. */
static int list_fill(GosList *list, const GosMatches *matches)
{
        list->entries = reallocarray(NULL, matches->count, sizeof(*list->entries));
        list->strays = reallocarray(NULL, matches->count, sizeof(*list->strays));
        list->groups = reallocarray(NULL, matches->count, sizeof(*list->groups));
        if (!list->entries || !list->strays || !list->groups)
                return -ENOMEM;
        for (size_t i = 0; i < matches->count; i++) {
                const GosEntry *match = &matches->items[i];

                if (match->kind == GOS_ENTRY)
                        list->entries[list->entry_count++] = *match;
                else
                        list->strays[list->stray_count++] = *match;
        }
        return 0;
}

/* Whether only other systems' matches are between two entries of one lattice. */
static bool is_same_group(const GosList *list, size_t *stray, const GosEntry *before,
                          const GosEntry *entry)
{
        uint64_t stride = list->lattices[entry->lattice].stride, at = before->offset;

        if (before->lattice != entry->lattice)
                return false;
        for (; *stray < list->stray_count && list->strays[*stray].offset < entry->offset;
             ++*stray) {
                const GosEntry *other = &list->strays[*stray];

                if (other->kind == GOS_OTHER && other->lattice == entry->lattice &&
                    other->offset > at && other->offset - at == stride)
                        at = other->offset;
        }
        return entry->offset - at == stride;
}

static void list_group(GosList *list)
{
        size_t stray = 0;

        for (size_t i = 0; i < list->entry_count; i++) {
                const GosEntry *entry = &list->entries[i];
                GosGroup *group;

                if (i == 0 || !is_same_group(list, &stray, entry - 1, entry))
                        list->groups[list->group_count++] = (GosGroup){.first = i};
                group = &list->groups[list->group_count - 1];
                group->count++;
                group->shown += entry->shown;
                list->shown_count += entry->shown;
        }
}

static int find_refuse(const GosMatches *matches, int error, const size_t readings[static 2],
                       Fault *fault)
{
        uint64_t first, second;

        if (error == -E2BIG)
                return fault_set(fault, -EBADMSG, REASON_GOS_READINGS, "guest list: too many");
        if (error != -ENOTUNIQ)
                return fault_set(fault, error, REASON_NO_MEMORY, "guest list");

        first = matches->items[readings[0]].offset;
        second = matches->items[readings[1]].offset;
        if (first == second)
                return fault_set_at(fault, -EBADMSG, REASON_GOS_READINGS, first, "guest list");
        return fault_set_at(fault, -EBADMSG, REASON_GOS_READINGS, first,
                            "guest list: 0x%" PRIx64 ", 0x%" PRIx64, first, second);
}

/* Entries that are on no multiple of 4 would be left out. */
static int refuse_uneven(const uint64_t offsets[static 2], Fault *fault)
{
        return fault_set_at(fault, -EBADMSG, REASON_GOS_READINGS, offsets[0],
                            "guest list: 0x%" PRIx64 ", 0x%" PRIx64, offsets[0], offsets[1]);
}

/* The flags of one match, 0x10, can be the first byte of the next one, which showing the former
 * would destroy: at most one of the two is an entry, and nothing tells which. No matches are
 * nearer.
 */
static int matches_check_apart(const GosMatches *matches, size_t ret_readings[static 2])
{
        for (size_t i = 1; i < matches->count; i++) {
                const GosEntry *match = &matches->items[i];

                if (match[-1].kind != GOS_ENTRY || match->offset != match[-1].offset + GOS_FLAGS_AT)
                        continue;
                ret_readings[0] = i - 1;
                ret_readings[1] = i;
                return -ENOTUNIQ;
        }
        return 0;
}

int gos_find(const Image *image, GosList *ret, Fault *fault)
{
        _cleanup_(gos_matches_done) GosMatches matches = {};
        _cleanup_(gos_list_done) GosList list = {};
        size_t readings[2] = {};
        uint64_t uneven[2] = {};
        int r = gos_matches_find(image, &matches);

        if (r >= 0 && matches.count + matches.uneven_count == 0)
                return fault_set(fault, -ENOENT, REASON_GOS_NONE, "guest list");
        if (r >= 0 && matches.count > 0)
                r = gos_read(&matches, &list.lattices, &list.lattice_count, readings);
        if (r >= 0)
                r = matches_check_apart(&matches, readings);
        if (r >= 0 && gos_uneven_judge(&matches, uneven) < 0)
                return refuse_uneven(uneven, fault);
        if (r >= 0)
                r = gos_uneven_merge(&matches);
        if (r >= 0)
                r = list_fill(&list, &matches);
        if (r < 0)
                return find_refuse(&matches, r, readings, fault);
        if (list.entry_count == 0)
                return fault_set(fault, -ENOENT, REASON_GOS_STRAY, "guest list");
        list_group(&list);
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
