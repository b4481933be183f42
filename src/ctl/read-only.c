/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/fd.h"
#include "base/text.h"
#include "ctl/read-only.h"
#include "host/run-note.h"

bool read_only_is(const Root *root, const char *path)
{
        _cleanup_close_ int fd = root_open_at(root, path, O_PATH, 0);
        struct statvfs status;

        return fd >= 0 && fstatvfs(fd, &status) == 0 && (status.f_flag & ST_RDONLY) != 0;
}

bool read_only_is_why(const Root *root, const Report *report)
{
        bool any = false;

        for (Role role = 0; role < _ROLE_MAX; role++) {
                const TargetReport *target = &report->targets[role];

                if (target->outcome != OUTCOME_FAILED)
                        continue;
                if (target->fault.error != EROFS || !read_only_is(root, target->path))
                        return false;
                any = true;
        }
        return any;
}

bool read_only_try_again(const Root *root, const Report *report)
{
        _cleanup_close_ int fd = root_open_at(root, report->libdir, O_PATH | O_DIRECTORY, 0);
        _cleanup_free_ char *name = NULL, *known = NULL;
        struct statx stx;

        /* The service manager sets it; nobody else runs us in a sandbox. */
        if (!getenv("INVOCATION_ID") || fd < 0)
                return false;
        if (statx(fd, "", AT_EMPTY_PATH, STATX_INO, &stx) < 0)
                return false;
        /* The sandbox made it a mount of its own, writable as far as it is to others. */
        if (stx.stx_attributes & stx.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT)
                return false;
        if (text_format(&name, "%u:%u:%" PRIu64, stx.stx_dev_major, stx.stx_dev_minor,
                        (uint64_t)stx.stx_ino) < 0 ||
            run_note_read(root, RUN_NOTE_AGAIN, &known) < 0 || text_equal(known, name))
                return false;
        return run_note_write(root, RUN_NOTE_AGAIN, name, NULL) >= 0;
}
