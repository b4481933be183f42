/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "base/fd.h"
#include "swap/stage.h"

int stage_is(int fd, Subject subject, State state, Edits *ret_plan, Fault *fault)
{
        _cleanup_(mapping_done) Mapping mapping = MAPPING_NONE;
        _cleanup_(verdict_done) Verdict verdict = VERDICT_NONE;
        int r = mapping_open(fd, &mapping);

        if (r < 0)
                return fault_set(fault, r, REASON_READ, "staged copy");
        r = verdict_of(mapping.span, subject, &verdict);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "staged copy");
        if (verdict.state != state || mapping_is_torn(&mapping))
                return fault_set(fault, -EILSEQ, REASON_STAGED_DIFFERS, "%s instead of %s",
                                 state_name(verdict.state), state_name(state));
        if (ret_plan) {
                *ret_plan = verdict.plan;
                verdict.plan = (Edits){};
        }
        return 0;
}

static int fill(const Inspection *inspection, const Edits *edits, AtomicFile *staged, Fault *fault)
{
        _cleanup_(file_attributes_done) FileAttributes attributes = {};
        const char *path = inspection->target->path;
        int r = fd_copy(inspection->fd, staged->fd, (uint64_t)inspection->stat.st_size);

        if (r >= 0)
                r = edits_write(edits, staged->fd);
        if (r == -ENODATA)
                return fault_set(fault, -EAGAIN, REASON_CHANGED, "%s", path);
        if (r < 0)
                return fault_set(fault, r, REASON_WRITE, "the copy of %s", path);
        r = file_attributes_read(inspection->fd, &attributes, fault);
        if (r < 0)
                return r;
        r = file_attributes_apply(&attributes, staged->fd, fault);
        if (r < 0)
                return r;
        r = atomic_file_sync(staged);
        if (r >= 0)
                r = atomic_file_seal(staged);
        return r < 0 ? fault_set(fault, r, REASON_WRITE, "the copy of %s", path) : 0;
}

int stage_patched(const Inspection *inspection, const Place *place, const Edits *edits,
                  AtomicFile *ret, Digest *ret_before, Digest *ret_after, Fault *fault)
{
        _cleanup_(atomic_file_done) AtomicFile staged = ATOMIC_FILE_NONE;
        int r = atomic_file_create(place->dir_fd, place->name, &staged);

        if (r < 0)
                return fault_set(fault, r, REASON_WRITE, "a copy beside %s", place->name);
        r = fill(inspection, edits, &staged, fault);
        if (r < 0)
                return r;
        r = edits_verify(edits, inspection->fd, staged.fd, ret_before, ret_after, fault);
        if (r < 0)
                return inspection_is_current(inspection)
                               ? r
                               : fault_set(fault, -EAGAIN, REASON_CHANGED, "%s",
                                           inspection->target->path);
        r = stage_is(staged.fd, inspection->subject, STATE_PATCHED, NULL, fault);
        if (r < 0)
                return r;
        *ret = staged;
        staged = ATOMIC_FILE_NONE;
        return 0;
}
