/* SPDX-License-Identifier: MIT */

#include "doctor/start.h"
#include "file/fd.h"

int start_read(const Root *root, const char *path, size_t limit, char **ret)
{
        _cleanup_free_ char *text = malloc(limit + 1);
        _cleanup_close_ int fd = root_open_file(root, path);
        ssize_t size;

        *ret = NULL;
        if (!text)
                return -ENOMEM;
        size = fd >= 0 ? fd_read_up_to(fd, text, limit, 0) : -1;
        if (size < 0)
                return 0;
        text[size] = '\0';
        *ret = TAKE_PTR(text);
        return 0;
}
