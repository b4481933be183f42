/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/edit.h"
#include "base/fd.h"

#define VERIFY_STEP (256U * 1024U)

int edits_add(Edits *edits, const Edit *edit)
{
        Edit *larger;
        size_t at = edits->count;

        if (edit->size == 0 || edit->size > EDIT_SIZE_MAX ||
            memcmp(edit->before, edit->after, edit->size) == 0)
                return -EINVAL;
        while (at > 0 && edits->items[at - 1].offset > edit->offset)
                at--;
        if (at > 0 && edit->offset - edits->items[at - 1].offset < edits->items[at - 1].size)
                return -EEXIST;
        if (at < edits->count && edits->items[at].offset - edit->offset < edit->size)
                return -EEXIST;
        larger = reallocarray(edits->items, edits->count + 1, sizeof(*larger));
        if (!larger)
                return -ENOMEM;
        edits->items = larger;
        memmove(&larger[at + 1], &larger[at], (edits->count - at) * sizeof(*larger));
        larger[at] = *edit;
        edits->count++;
        return 0;
}

void edits_done(Edits *edits)
{
        free(edits->items);
        *edits = (Edits){};
}

int edits_copy(const Edits *edits, Edits *ret)
{
        Edits copy = {.count = edits->count};

        if (edits->count > 0) {
                copy.items = reallocarray(NULL, edits->count, sizeof(*copy.items));
                if (!copy.items)
                        return -ENOMEM;
                memcpy(copy.items, edits->items, edits->count * sizeof(*copy.items));
        }
        *ret = copy;
        return 0;
}

int edits_match(const Edits *edits, Span bytes)
{
        for (size_t i = 0; i < edits->count; i++) {
                const Edit *edit = &edits->items[i];

                if (!range_fits(edit->offset, edit->size, bytes.size))
                        return -ERANGE;
                if (memcmp(bytes.bytes + edit->offset, edit->before, edit->size) != 0)
                        return -EILSEQ;
        }
        return 0;
}

void edits_apply(const Edits *edits, uint8_t *bytes, size_t size)
{
        for (size_t i = 0; i < edits->count; i++) {
                const Edit *edit = &edits->items[i];

                if (range_fits(edit->offset, edit->size, size))
                        memcpy(bytes + edit->offset, edit->after, edit->size);
        }
}

int edits_write(const Edits *edits, int fd)
{
        for (size_t i = 0; i < edits->count; i++) {
                const Edit *edit = &edits->items[i];
                int r = fd_write_at(fd, (Span){edit->after, edit->size}, edit->offset);

                if (r < 0)
                        return r;
        }
        return 0;
}

/* The bytes that `edit` and the window [start, start + size) share, as indexes into each. */
static size_t shared_with_window(const Edit *edit, uint64_t start, size_t size, size_t *ret_in_edit,
                                 size_t *ret_in_window)
{
        uint64_t from = MAX(edit->offset, start);
        uint64_t to = MIN(edit->offset + edit->size, start + size);

        if (from >= to)
                return 0;
        *ret_in_edit = (size_t)(from - edit->offset);
        *ret_in_window = (size_t)(from - start);
        return (size_t)(to - from);
}

/* Turns the window of the changed file back into the original's bytes; -EILSEQ where an edit does
 * not find its `after`. */
static int undo_in_window(const Edits *edits, uint8_t *window, uint64_t start, size_t size)
{
        for (size_t i = 0; i < edits->count; i++) {
                const Edit *edit = &edits->items[i];
                size_t in_edit, in_window;
                size_t n = shared_with_window(edit, start, size, &in_edit, &in_window);

                if (n == 0)
                        continue;
                if (memcmp(window + in_window, edit->after + in_edit, n) != 0)
                        return -EILSEQ;
                memcpy(window + in_window, edit->before + in_edit, n);
        }
        return 0;
}

static uint64_t first_difference(const uint8_t *a, const uint8_t *b, size_t size)
{
        for (size_t i = 0; i < size; i++)
                if (a[i] != b[i])
                        return i;
        return size;
}

int edits_verify(const Edits *edits, int original, int changed, Digest *ret_original,
                 Digest *ret_changed, Fault *fault)
{
        _cleanup_(digester_freep) Digester *of_original = NULL, *of_changed = NULL;
        _cleanup_free_ uint8_t *windows = malloc(2UL * VERIFY_STEP);
        uint8_t *a = windows, *b;
        uint64_t start = 0;
        int r;

        if (!windows)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "verification");
        b = windows + VERIFY_STEP;
        if (digester_new(&of_original) < 0 || digester_new(&of_changed) < 0)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "verification");
        for (;;) {
                ssize_t n = fd_read_up_to(original, a, VERIFY_STEP, start);
                ssize_t m = fd_read_up_to(changed, b, VERIFY_STEP, start);

                if (n < 0 || m < 0)
                        return fault_set_at(fault, (int)(n < 0 ? n : m), REASON_READ, start,
                                            "verification");
                if (n != m)
                        return fault_set_at(fault, -EILSEQ, REASON_STAGED_DIFFERS,
                                            start + (uint64_t)MIN(n, m), "size");
                if (n == 0)
                        break;
                r = digester_add(of_original, (Span){a, (size_t)n});
                if (r >= 0)
                        r = digester_add(of_changed, (Span){b, (size_t)m});
                if (r < 0)
                        return fault_set(fault, r, REASON_NO_MEMORY, "digest");
                r = undo_in_window(edits, b, start, (size_t)m);
                if (r < 0 || memcmp(a, b, (size_t)n) != 0)
                        return fault_set_at(fault, -EILSEQ, REASON_STAGED_DIFFERS,
                                            start + first_difference(a, b, (size_t)n), "byte");
                start += (uint64_t)n;
        }
        for (size_t i = 0; i < edits->count; i++)
                if (!range_fits(edits->items[i].offset, edits->items[i].size, start))
                        return fault_set_at(fault, -EILSEQ, REASON_STAGED_DIFFERS,
                                            edits->items[i].offset, "edit outside the file");
        if (ret_original && digester_end(of_original, ret_original) < 0)
                return fault_set(fault, -EIO, REASON_NO_MEMORY, "digest");
        if (ret_changed && digester_end(of_changed, ret_changed) < 0)
                return fault_set(fault, -EIO, REASON_NO_MEMORY, "digest");
        return 0;
}
