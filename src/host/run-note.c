/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>

#include "base/text.h"
#include "file/atomic-file.h"
#include "file/fd.h"
#include "file/text-file.h"
#include "host/run-note.h"

#define RUN_PATH "run/vmware-unlocker" /* inside the root */
#define NOTE_MAX (128U * 1024U)

int run_note_write(const Root *root, const char *name, const char *text, Fault *fault)
{
        _cleanup_close_ int dir_fd = -EBADF;
        int r;

        dir_fd = text ? root_make_directory(root, RUN_PATH)
                      : root_open_at(root, RUN_PATH, O_RDONLY | O_DIRECTORY, 0);
        if (dir_fd < 0) {
                if (!text && dir_fd == -ENOENT)
                        return 0;
                return root_fault(root, fault, dir_fd, REASON_WRITE, RUN_PATH);
        }
        if (text)
                r = text_file_write(dir_fd, name, text, false);
        else
                r = unlinkat(dir_fd, name, 0) < 0 && errno != ENOENT ? -errno : 0;
        return r < 0 ? root_fault(root, fault, r, REASON_WRITE, RUN_PATH) : 0;
}

int run_notes_clean(const Root *root, Fault *fault)
{
        _cleanup_close_ int dir_fd = root_open_at(root, RUN_PATH, O_RDONLY | O_DIRECTORY, 0);
        int r = dir_fd < 0 ? dir_fd : temporary_names_remove(dir_fd, NULL);

        if (r == -ENOENT)
                return 0;
        return r < 0 ? root_fault(root, fault, r, REASON_WRITE, RUN_PATH) : 0;
}

int run_note_read(const Root *root, const char *name, char **ret)
{
        _cleanup_free_ char *path = NULL;
        _cleanup_close_ int fd = -EBADF;
        size_t size;
        int r = text_format(&path, "%s/%s", RUN_PATH, name);

        if (r < 0)
                return r;
        fd = root_open_at(root, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
        if (fd == -ENOENT || fd == -ENOTDIR)
                return text_copy(ret, "");
        if (fd < 0)
                return fd;
        return fd_read_text(fd, NOTE_MAX, ret, &size);
}
