/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/text.h"
#include "ctl/read-only.h"
#include "host/run-note.h"

bool read_only_is_why(const Report *report)
{
        for (Role role = 0; role < _ROLE_MAX; role++)
                if (report->targets[role].outcome == OUTCOME_FAILED &&
                    report->targets[role].fault.error == EROFS)
                        return true;
        return false;
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
