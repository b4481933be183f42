/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "file/digest.h"
#include "file/edit.h"
#include "file/fd.h"

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

bool edits_equal(const Edits *a, const Edits *b)
{
        if (a->count != b->count)
                return false;
        for (size_t i = 0; i < a->count; i++) {
                const Edit *x = &a->items[i], *y = &b->items[i];

                if (x->offset != y->offset || x->size != y->size ||
                    memcmp(x->before, y->before, x->size) != 0 ||
                    memcmp(x->after, y->after, x->size) != 0)
                        return false;
        }
        return true;
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

static int all_inside(const Edits *edits, uint64_t size, Fault *fault)
{
        for (size_t i = 0; i < edits->count; i++)
                if (!range_fits(edits->items[i].offset, edits->items[i].size, size))
                        return fault_set_at(fault, -EILSEQ, REASON_STAGED_DIFFERS,
                                            edits->items[i].offset, "edit outside the file");
        return 0;
}

int edits_verify(const Edits *edits, int original, int changed, Fault *fault)
{
        _cleanup_free_ uint8_t *windows = malloc(2UL * VERIFY_STEP);
        uint8_t *a = windows, *b;
        uint64_t start = 0;
        int r;

        if (!windows)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "verification");
        b = windows + VERIFY_STEP;
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
                r = undo_in_window(edits, b, start, (size_t)m);
                if (r < 0 || memcmp(a, b, (size_t)n) != 0)
                        return fault_set_at(fault, -EILSEQ, REASON_STAGED_DIFFERS,
                                            start + first_difference(a, b, (size_t)n), "byte");
                start += (uint64_t)n;
        }
        return all_inside(edits, start, fault);
}

/* A changed file's two digests: as it is, and with the edits undone. Up to the first edit they are
 * one. */
typedef struct Proof {
        const Edits *edits;
        Digester *undone, *changed; /* `changed` from the first edit on */
        uint64_t first;             /* offset of the first edit; UINT64_MAX without any */
} Proof;

static void proof_done(Proof *proof)
{
        digester_free(proof->undone);
        digester_free(proof->changed);
}

static int proof_new(const Edits *edits, Proof *ret)
{
        Proof proof = {.edits = edits,
                       .first = edits->count > 0 ? edits->items[0].offset : UINT64_MAX};
        int r = digester_new(&proof.undone);

        if (r < 0)
                return r;
        *ret = proof;
        return 0;
}

static int proof_add(Proof *proof, uint8_t *window, uint64_t start, size_t size, Fault *fault)
{
        int r = 0;

        if (!proof->changed && proof->first - start < size)
                r = digester_fork(proof->undone, &proof->changed);
        if (r >= 0 && proof->changed)
                r = digester_add(proof->changed, (Span){window, size});
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "digest");
        if (undo_in_window(proof->edits, window, start, size) < 0)
                return fault_set_at(fault, -EILSEQ, REASON_STAGED_DIFFERS, start, "edit");
        r = digester_add(proof->undone, (Span){window, size});
        return r < 0 ? fault_set(fault, r, REASON_NO_MEMORY, "digest") : 0;
}

static int proof_end(Proof *proof, const Digest *original, Digest *ret_changed, Fault *fault)
{
        Digest undone, changed;
        int r = digester_end(proof->undone, &undone);

        if (r >= 0 && proof->changed)
                r = digester_end(proof->changed, &changed);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "digest");
        if (!digest_equal(&undone, original))
                return fault_set(fault, -EILSEQ, REASON_STAGED_DIFFERS, "digest");
        *ret_changed = proof->changed ? changed : undone;
        return 0;
}

int edits_prove(const Edits *edits, int changed, const Digest *original, Digest *ret_changed,
                Fault *fault)
{
        _cleanup_(proof_done) Proof proof = {};
        _cleanup_free_ uint8_t *window = malloc(VERIFY_STEP);
        uint64_t start = 0;
        int r = window ? proof_new(edits, &proof) : -ENOMEM;

        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "verification");
        for (;;) {
                ssize_t n = fd_read_up_to(changed, window, VERIFY_STEP, start);

                if (n < 0)
                        return fault_set_at(fault, (int)n, REASON_READ, start, "verification");
                if (n == 0)
                        break;
                r = proof_add(&proof, window, start, (size_t)n, fault);
                if (r < 0)
                        return r;
                start += (uint64_t)n;
        }
        r = all_inside(edits, start, fault);
        return r < 0 ? r : proof_end(&proof, original, ret_changed, fault);
}
