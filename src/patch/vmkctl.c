/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "base/text.h"
#include "patch/vmkctl.h"

#define SONAME    "libvmkctl.so" /* a version may follow */
#define NAME_SIZE 8U

static const char stock_name[] = "applesmc", patched_name[] = "vmkernel";

_Static_assert(sizeof(stock_name) - 1 == NAME_SIZE && sizeof(patched_name) - 1 == NAME_SIZE,
               "nothing moves");

void vmkctl_names_done(VmkctlNames *names)
{
        free(names->items);
        free(names->parts);
        *names = (VmkctlNames){};
}

static bool is_vmkctl(const Image *image)
{
        Span soname = image_soname(image);
        size_t size = sizeof(SONAME) - 1;

        return soname.size >= size && memcmp(soname.bytes, SONAME, size) == 0 &&
               (soname.size == size || soname.bytes[size] == '.');
}

static int add_name(VmkctlNames *names, uint64_t offset, bool patched)
{
        VmkctlName *larger = names->items;

        /* Grows at each power of two. */
        if ((names->count & (names->count - 1)) == 0) {
                larger = reallocarray(names->items, names->count ? names->count * 2 : 1,
                                      sizeof(*larger));
                if (!larger)
                        return -ENOMEM;
                names->items = larger;
        }
        larger[names->count++] = (VmkctlName){.offset = offset, .patched = patched};
        names->patched_count += patched;
        return 0;
}

static int add_part(VmkctlNames *names, uint64_t offset)
{
        uint64_t *larger = names->parts;

        if ((names->part_count & (names->part_count - 1)) == 0) {
                larger = reallocarray(names->parts, names->part_count ? names->part_count * 2 : 1,
                                      sizeof(*larger));
                if (!larger)
                        return -ENOMEM;
                names->parts = larger;
        }
        larger[names->part_count++] = offset;
        return 0;
}

static bool vmkctl_is_found(const VmkctlNames *names, uint64_t offset)
{
        return (names->count > 0 && names->items[names->count - 1].offset >= offset) ||
               (names->part_count > 0 && names->parts[names->part_count - 1] >= offset);
}

/* Every `name` in the range, whole or the stock one's letters in a longer word. Ranges of a file
 * may share bytes: what was found stays one. */
static int find_in_range(const Image *image, const ImageRange *range, const char *name,
                         bool patched, VmkctlNames *names)
{
        const uint8_t *start = image_bytes(image).bytes + range->offset, *at = start;
        const uint8_t *end = start + range->size;

        while ((at = memmem(at, (size_t)(end - at), name, NAME_SIZE))) {
                uint64_t offset = range->offset + (uint64_t)(at - start);
                bool begins = at == start || at[-1] == '\0';
                bool ends = (size_t)(end - at) > NAME_SIZE && at[NAME_SIZE] == '\0';
                int r = 0;

                if (!vmkctl_is_found(names, offset) && begins && ends)
                        r = add_name(names, offset, patched);
                else if (!vmkctl_is_found(names, offset) && !patched)
                        r = add_part(names, offset);
                if (r < 0)
                        return r;
                at++;
        }
        return 0;
}

static int vmkctl_compare_names(const void *a, const void *b)
{
        uint64_t first = ((const VmkctlName *)a)->offset, second = ((const VmkctlName *)b)->offset;

        return (first > second) - (first < second);
}

static int find_all(const Image *image, const char *name, bool patched, VmkctlNames *ret)
{
        size_t count;
        const ImageRange *ranges = image_ranges(image, &count);
        int r = 0;

        for (size_t i = 0; r >= 0 && i < count; i++)
                r = find_in_range(image, &ranges[i], name, patched, ret);
        return r;
}

/* Both kinds, in the file's order. */
static int vmkctl_merge(VmkctlNames *names, const VmkctlNames *more)
{
        for (size_t i = 0; i < more->count; i++) {
                int r = add_name(names, more->items[i].offset, more->items[i].patched);

                if (r < 0)
                        return r;
        }
        if (names->count > 0)
                qsort(names->items, names->count, sizeof(*names->items), vmkctl_compare_names);
        return 0;
}

int vmkctl_find(const Image *image, VmkctlNames *ret, Fault *fault)
{
        _cleanup_(vmkctl_names_done) VmkctlNames names = {}, patched = {};
        int r;

        if (!is_vmkctl(image))
                return fault_set(fault, -ENOENT, REASON_VMKCTL_OTHER, SONAME);
        r = find_all(image, stock_name, false, &names);
        if (r >= 0)
                r = find_all(image, patched_name, true, &patched);
        if (r >= 0)
                r = vmkctl_merge(&names, &patched);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, SONAME);
        if (names.count == 0)
                return fault_set(fault, -ENOENT, REASON_VMKCTL_NONE, SONAME);
        *ret = names;
        names = (VmkctlNames){};
        return 0;
}

State vmkctl_state(const VmkctlNames *names)
{
        if (names->patched_count == 0)
                return STATE_STOCK;
        return names->patched_count == names->count ? STATE_PATCHED : STATE_PARTIAL;
}

int vmkctl_plan(const VmkctlNames *names, Edits *ret, Fault *fault)
{
        _cleanup_(edits_done) Edits edits = {};

        for (size_t i = 0; i < names->count; i++) {
                Edit edit = {
                        .offset = names->items[i].offset,
                        .size = NAME_SIZE,
                        .why = "module to ask for",
                };
                int r;

                if (names->items[i].patched)
                        continue;
                memcpy(edit.before, stock_name, NAME_SIZE);
                memcpy(edit.after, patched_name, NAME_SIZE);
                r = edits_add(&edits, &edit);
                if (r < 0)
                        return fault_set(fault, r, REASON_PLAN_CONFLICT, SONAME);
        }
        *ret = edits;
        edits = (Edits){};
        return 0;
}
