/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>

#include "exchange/inspection.h"
#include "file/fd.h"
#include "file/same.h"

Subject subject_of_role(Role role)
{
        return role == ROLE_VMWAREBASE ? SUBJECT_GOS : SUBJECT_SMC;
}

void inspection_done(Inspection *inspection)
{
        verdict_done(&inspection->verdict);
        mapping_done(&inspection->mapping);
        inspection->fd = fd_close(inspection->fd);
}

void inspections_done(Inspections *inspections)
{
        for (Role role = 0; role < _ROLE_MAX; role++)
                inspection_done(&inspections->of[role]);
}

bool inspection_is_current(const Inspection *inspection)
{
        struct stat now;

        return fstat(inspection->fd, &now) == 0 && same_content(&inspection->stat, &now) &&
               same_attributes(&inspection->stat, &now) && same_change(&inspection->stat, &now);
}

static int inspection_unknown(Inspection *inspection, int error, Reason reason)
{
        verdict_done(&inspection->verdict);
        inspection->verdict = VERDICT_NONE;
        (void)fault_set(&inspection->verdict.fault, error, reason, "%s", inspection->target->path);
        return 0;
}

static int inspection_open_file(Inspection *inspection)
{
        const Place *place = &inspection->target->place;

        inspection->fd = fd_open_at(place->dir_fd, place->name,
                                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
        if (inspection->fd < 0 || fstat(inspection->fd, &inspection->stat) < 0)
                return -errno;
        return S_ISREG(inspection->stat.st_mode) ? 0 : -EMEDIUMTYPE;
}

static int judge_file(Inspection *inspection)
{
        int r = inspection_open_file(inspection);

        if (r == -EWOULDBLOCK)
                return inspection_unknown(inspection, r, REASON_BUSY);
        if (r == -EMEDIUMTYPE)
                return inspection_unknown(inspection, -EINVAL, REASON_NOT_REGULAR);
        if (r < 0)
                return inspection_unknown(inspection, r, REASON_OPEN);
        r = mapping_open(inspection->fd, &inspection->mapping);
        if (r < 0)
                return inspection_unknown(inspection, r,
                                          r == -EFBIG ? REASON_TOO_LARGE : REASON_READ);
        r = verdict_of(inspection->mapping.span, inspection->subject, &inspection->verdict);
        if (r < 0)
                return r;
        if (!inspection_is_current(inspection))
                return inspection_unknown(inspection, -EAGAIN, REASON_CHANGED);
        /* Nobody cut it: the disk did not give a page. */
        if (mapping_is_torn(&inspection->mapping))
                return inspection_unknown(inspection, -EIO, REASON_READ);
        mapping_rest(&inspection->mapping);
        return 0;
}

static int open_as(const Target *target, Subject subject, Inspection *ret)
{
        _cleanup_(inspection_done) Inspection inspection = INSPECTION_NONE;
        int r = 0;

        inspection.target = target;
        inspection.subject = subject;
        switch (target->presence) {
        case PRESENCE_ABSENT:
                inspection.verdict.state = STATE_ABSENT;
                break;
        case PRESENCE_WRONG:
                inspection.verdict.fault = target->fault;
                break;
        case PRESENCE_EMPTY:
        case PRESENCE_FILE:
                r = judge_file(&inspection);
                break;
        }
        if (r < 0)
                return r;
        *ret = inspection;
        inspection = INSPECTION_NONE;
        return 0;
}

int inspection_open(const Target *target, Inspection *ret)
{
        return open_as(target, subject_of_role(target->role), ret);
}

int inspection_open_any(const Target *target, Inspection *ret)
{
        return open_as(target, SUBJECT_NONE, ret);
}

static int take_digest(Inspection *inspection, const DigestedFile *file, Fault *fault)
{
        if (file->error < 0)
                return fault_set(fault, file->error, REASON_READ, "%s", inspection->target->path);
        if (file->size != (uint64_t)inspection->stat.st_size || !inspection_is_current(inspection))
                return fault_set(fault, -EAGAIN, REASON_CHANGED, "%s", inspection->target->path);
        inspection->digest = file->digest;
        inspection->digest_known = true;
        return 0;
}

int inspections_digest(Inspection *const *inspections, size_t count, Fault *fault)
{
        DigestedFile files[_ROLE_MAX];
        Inspection *open[_ROLE_MAX];
        size_t unknown = 0;
        int error = 0;

        for (size_t i = 0; i < count && unknown < _ROLE_MAX; i++) {
                if (inspections[i]->digest_known)
                        continue;
                files[unknown] = (DigestedFile){.fd = inspections[i]->fd};
                open[unknown++] = inspections[i];
        }
        digest_files(files, unknown);
        for (size_t i = 0; i < unknown; i++) {
                int r = take_digest(open[i], &files[i], error < 0 ? NULL : fault);

                if (r < 0 && error == 0)
                        error = r;
        }
        return error;
}

int inspection_digest(Inspection *inspection, Fault *fault)
{
        return inspections_digest(&inspection, 1, fault);
}

int inspection_read_digest(Inspection *inspection, Fault *fault)
{
        if (inspection->digest_recalled)
                inspection->digest_known = inspection->digest_recalled = false;
        return inspection_digest(inspection, fault);
}
