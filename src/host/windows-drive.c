/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>

#include "file/directory.h"
#include "file/fd.h"
#include "host/windows-drive.h"

/* The entry of the directory that is called `name`: by its very name, else the first in order that
 * differs in case alone. NULL in `*ret` when none is. */
static int find_entry(int dir_fd, const char *name, char **ret)
{
        _cleanup_(texts_done) Texts names = {};
        const char *found = NULL;
        int r = directory_names(dir_fd, &names);

        if (r < 0)
                return r;
        for (size_t i = 0; i < names.count; i++)
                if (text_equal(names.items[i], name) ||
                    (!found && text_equal_ascii(names.items[i], name)))
                        found = names.items[i];
        return found ? text_copy(ret, found) : 0;
}

/* Adds the component `name` (of `size` bytes) to the path `*at`. 1 when it is there. */
static int drive_follow(const Root *root, char **at, const char *name, size_t size)
{
        _cleanup_free_ char *wanted = strndup(name, size), *found = NULL;
        _cleanup_close_ int fd = -EBADF;
        char *longer;
        int r = 0;

        if (!wanted)
                return -ENOMEM;
        fd = root_open_at(root, **at ? *at : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
        if (fd < 0 && fd != -ENOENT && fd != -ENOTDIR && fd != -ELOOP && fd != -EACCES)
                return fd;
        if (fd >= 0)
                r = find_entry(fd, wanted, &found);
        if (r >= 0)
                r = text_format(&longer, "%s%s%s", *at, **at ? "/" : "", found ? found : wanted);
        if (r < 0)
                return r;
        free(*at);
        *at = longer;
        return found != NULL;
}

static int find_path(const Root *root, const char *directory, const char *path, char **ret)
{
        _cleanup_free_ char *at = NULL;
        int r = text_copy(&at, directory), there = 1;

        while (r >= 0 && *path) {
                size_t size = strcspn(path, "/");

                r = drive_follow(root, &at, path, size);
                there &= r;
                path += size + (path[size] == '/');
        }
        if (r < 0)
                return r;
        *ret = TAKE_PTR(at);
        return there;
}

int windows_path_find(const Root *root, const char *directory, const char *path, char **ret)
{
        int r = find_path(root, directory, path, ret);

        return r < 0 ? r : 0;
}

/* The first since 26H1, the second before. */
int windows_libdirs_find(const Root *root, Texts *ret)
{
        static const char *const places[] = {
                "Program Files/VMware/VMware Workstation",
                "Program Files (x86)/VMware/VMware Workstation",
                "Program Files/VMware/VMware Player",
                "Program Files (x86)/VMware/VMware Player",
        };
        _cleanup_(texts_done) Texts found = {};

        for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
                _cleanup_free_ char *path = NULL;
                int r = find_path(root, "", places[i], &path);

                if (r > 0)
                        r = texts_add(&found, path);
                if (r < 0)
                        return r;
        }
        *ret = found;
        found = (Texts){};
        return 0;
}
