/* SPDX-License-Identifier: MIT */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <strings.h>

#include "base/fd.h"
#include "host/windows.h"

/* The entry of the open directory (taken over) that is called `name`: by its very name, else the
 * first in order that differs in case alone. NULL in `*ret` when none is. */
static int find_entry(int fd, const char *name, char **ret)
{
        _cleanup_free_ char *found = NULL;
        DIR *directory = fdopendir(fd);
        struct dirent *entry;
        int r = 0;

        if (!directory) {
                (void)close(fd);
                return -ENOMEM;
        }
        while (r >= 0 && (entry = readdir(directory))) {
                if (strcasecmp(entry->d_name, name) != 0)
                        continue;
                if (found && strcmp(found, name) != 0 &&
                    (text_equal(entry->d_name, name) || strcmp(entry->d_name, found) < 0))
                        found = (free(found), NULL);
                if (!found)
                        r = text_copy(&found, entry->d_name);
        }
        (void)closedir(directory);
        *ret = TAKE_PTR(found);
        return r;
}

/* Adds the component `name` (of `size` bytes) to the path `*at`. 1 when it is there. */
static int follow(const Root *root, char **at, const char *name, size_t size)
{
        _cleanup_free_ char *wanted = strndup(name, size), *found = NULL;
        char *longer;
        int fd, r = 0;

        if (!wanted)
                return -ENOMEM;
        fd = root_open_at(root, **at ? *at : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
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

                r = follow(root, &at, path, size);
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
