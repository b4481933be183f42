/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "base/room.h"
#include "base/text.h"
#include "exchange/stage.h"
#include "file/fd.h"

/* The whole file is looked through, and what is mapped of it counts as memory held: one at a time.
 */
static int staged_verdict(const Mapping *mapping, Subject subject, Verdict *ret)
{
        static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
        int r;

        (void)pthread_mutex_lock(&one);
        r = verdict_of(mapping->span, subject, ret);
        mapping_rest(mapping);
        (void)pthread_mutex_unlock(&one);
        return r;
}

int stage_is(int fd, Subject subject, State state, Edits *ret_plan, Fault *fault)
{
        _cleanup_(mapping_done) Mapping mapping = MAPPING_NONE;
        _cleanup_(verdict_done) Verdict verdict = VERDICT_NONE;
        int r = mapping_open(fd, &mapping);

        if (r < 0)
                return fault_set(fault, r, REASON_READ, "staged copy");
        r = staged_verdict(&mapping, subject, &verdict);
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

static int stage_changed(const Inspection *inspection, Fault *fault)
{
        return fault_set(fault, -EAGAIN, REASON_CHANGED, "%s", inspection->target->path);
}

static int stage_not_written(const Inspection *inspection, int error, Fault *fault)
{
        return fault_set(fault, error, REASON_WRITE, "the copy of %s",
                         inspection->target->place.name);
}

static int stage_fill(const Inspection *inspection, const Edits *edits, AtomicFile *staged,
                      Fault *fault)
{
        _cleanup_(file_attributes_done) FileAttributes attributes = {};
        int r = fd_copy(inspection->fd, staged->fd, (uint64_t)inspection->stat.st_size);

        if (r >= 0)
                r = edits_write(edits, staged->fd);
        if (r < 0)
                return r == -ENODATA ? stage_changed(inspection, fault)
                                     : stage_not_written(inspection, r, fault);
        r = file_attributes_read(inspection->fd, &attributes, fault);
        if (r >= 0)
                r = file_attributes_apply(&attributes, staged->fd, fault);
        if (r < 0)
                return r;
        r = atomic_file_sync(staged);
        if (r >= 0)
                r = atomic_file_seal(staged);
        return r < 0 ? stage_not_written(inspection, r, fault) : 0;
}

/* The directory of the copy may be the trouble: says how much is missing there. */
static int stage_room(const Inspection *inspection, const Place *place, int error, Fault *fault)
{
        const char *slash = strrchr(place->path, '/');
        _cleanup_free_ char *directory = NULL;

        if (text_format(&directory, "/%.*s", slash ? (int)(slash - place->path) : 0, place->path) <
            0)
                return error;
        return room_fault(fault, error, place->dir_fd, directory,
                          (uint64_t)inspection->stat.st_size);
}

int stage_make(const Inspection *inspection, const Place *place, const Edits *edits,
               AtomicFile *ret, Fault *fault)
{
        _cleanup_(atomic_file_done) AtomicFile staged = ATOMIC_FILE_NONE;
        int r = atomic_file_create(place->dir_fd, place->name, &staged);

        if (r < 0)
                return fault_set(fault, r, REASON_WRITE, "a copy beside %s", place->name);
        r = stage_fill(inspection, edits, &staged, fault);
        if (r == -ENOSPC)
                atomic_file_done(&staged);
        if (r < 0)
                return stage_room(inspection, place, r, fault);
        *ret = staged;
        staged = ATOMIC_FILE_NONE;
        return 0;
}

/* -EILSEQ does not tell where it differs: that is looked for only when it does. A copy that is
 * right is not of what was digested. */
static int stage_prove(const Inspection *inspection, const Edits *edits, int fd, Digest *ret_after,
                       Fault *fault)
{
        Digest after;
        int r = edits_prove(edits, fd, &inspection->digest, &after, fault);

        if (r == -EILSEQ)
                r = edits_verify(edits, inspection->fd, fd, fault) < 0 ? r : -EAGAIN;
        if (r == -EAGAIN || (r < 0 && !inspection_is_current(inspection)))
                return stage_changed(inspection, fault);
        if (r >= 0 && ret_after)
                *ret_after = after;
        return r;
}

int stage_verify(const Inspection *inspection, const Edits *edits, const AtomicFile *staged,
                 Digest *ret_after, Fault *fault)
{
        int r = stage_prove(inspection, edits, staged->fd, ret_after, fault);

        return r < 0 ? r : stage_is(staged->fd, inspection->subject, STATE_PATCHED, NULL, fault);
}
