/* SPDX-License-Identifier: MIT */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

#include "file/directory.h"
#include "file/fd.h"

static void stream_closep(DIR **stream)
{
        if (*stream)
                (void)closedir(*stream);
}

static int directory_compare_names(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

static int read_names(DIR *stream, Texts *names)
{
        for (;;) {
                struct dirent *entry;
                int r;

                errno = 0;
                entry = readdir(stream);
                if (!entry)
                        return -errno;
                if (text_equal(entry->d_name, ".") || text_equal(entry->d_name, ".."))
                        continue;
                r = texts_add(names, entry->d_name);
                if (r < 0)
                        return r;
        }
}

int directory_names(int dir_fd, Texts *ret)
{
        _cleanup_close_ int fd = fd_open_at(dir_fd, ".", O_RDONLY | O_DIRECTORY, 0);
        _cleanup_(stream_closep) DIR *stream = fd < 0 ? NULL : fdopendir(fd);
        _cleanup_(texts_done) Texts names = {};
        int r;

        if (!stream)
                return -errno;
        (void)TAKE_FD(fd);
        r = read_names(stream, &names);
        if (r < 0)
                return r;
        if (names.count > 1)
                qsort(names.items, names.count, sizeof(*names.items), directory_compare_names);
        *ret = names;
        names = (Texts){};
        return 0;
}
