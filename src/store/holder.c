/* SPDX-License-Identifier: MIT */

#include <fcntl.h>
#include <string.h>

#include "base/text.h"
#include "file/fd.h"
#include "store/holder.h"

#define CUT "..."

/* The arguments with a blank between them, the end in dots where there are more; "" when they
 * cannot be read, as in another namespace. */
static void command_of(pid_t pid, char *ret, size_t size)
{
        _cleanup_close_ int fd = -EBADF;
        char path[32];
        ssize_t n = 0;

        text_put(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
        fd = fd_open_at(AT_FDCWD, path, O_RDONLY, 0);
        if (fd >= 0)
                n = fd_read_up_to(fd, ret, size - 1, 0);
        if (n == (ssize_t)size - 1)
                memcpy(ret + n - strlen(CUT), CUT, strlen(CUT));
        while (n > 0 && ret[n - 1] == '\0')
                n--;
        ret[n > 0 ? n : 0] = '\0';
        for (ssize_t i = 0; i < n; i++)
                if (ret[i] == '\0')
                        ret[i] = ' ';
}

void holder_words(pid_t pid, char *ret, size_t size)
{
        char command[HOLDER_WORDS_SIZE - sizeof("pid 2147483647: ")];

        if (pid <= 0) {
                text_put(ret, size, "an unknown process");
                return;
        }
        command_of(pid, command, sizeof(command));
        text_put(ret, size, "pid %d%s%s", (int)pid, *command ? ": " : "", command);
}
