/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "base/wrap.h"
#include "ctl/terminal/errors.h"
#include "ctl/terminal/pager.h"
#include "file/fd.h"

#define ROWS_DEFAULT 24U

/* Standard output is collected, for only then it is known whether it is higher than the screen. */
static struct {
        int collected;    /* what is printed; -EBADF: nothing is collected */
        int real_stdout;  /* in the meantime */
        unsigned columns; /* of the screen */
} pager = {.collected = -EBADF, .real_stdout = -EBADF};

/* The shell command line; NULL: no pager. */
static const char *pager_command(void)
{
        bool foreign = getenv("SUDO_UID") || getenv("PKEXEC_UID");
        const char *command = getenv("UNLOCKER_PAGER");

        if (!command)
                command = getenv("PAGER");
        if (command && (!*command || text_equal(command, "cat")))
                return NULL;
        return command && !foreign ? command : "less";
}

static unsigned rows_of_screen(void)
{
        const char *text = getenv("LINES");
        struct winsize size = {};
        uint64_t rows;

        if (text && text_to_u64(text, &rows) >= 0 && rows > 0)
                return (unsigned)MIN(rows, (uint64_t)UINT16_MAX);
        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0)
                return size.ws_row;
        return ROWS_DEFAULT;
}

/* How many columns a line takes, without the sequences that colour it. */
static unsigned line_width(char *line)
{
        char *to = line;

        for (const char *from = line; *from; from++)
                if (*from == '\033')
                        from += strcspn(from, "m") - (from[strcspn(from, "m")] == '\0');
                else
                        *to++ = *from;
        *to = '\0';
        return wrap_width(line);
}

/* Whether the text and the next prompt are more than the screen holds. */
static bool is_higher(char *text, unsigned rows, unsigned columns)
{
        unsigned height = 1;
        char *rest = text;

        for (char *line; height <= rows && (line = strsep(&rest, "\n")) && (rest || *line);) {
                unsigned width = line_width(line);

                height += width > columns ? (width + columns - 1) / columns : 1;
        }
        return height > rows;
}

_Noreturn static void pager_run(const char *command, int input)
{
        struct sigaction action = {.sa_handler = SIG_DFL};

        (void)sigaction(SIGPIPE, &action, NULL);
        if (dup2(input, STDIN_FILENO) < 0)
                _exit(EXIT_FAILURE);
        /* -F: short output is only printed; -R: colours; -X: the screen stays as it is. */
        (void)setenv("LESS", "FRX", 1);
        (void)setenv("LESSSECURE", "1", 1);
        (void)execl("/bin/sh", "sh", "-c", command, NULL);
        _exit(EXIT_FAILURE);
}

/* Whether the shell would find the first word of `command`: else the output would be lost. */
static bool pager_exists(const char *command)
{
        _cleanup_free_ char *probe = NULL;

        if (!command || text_format(&probe, "command -v %.*s >/dev/null 2>&1",
                                    (int)strcspn(command, " \t;|&<>()$`"), command) < 0)
                return false;
        return system(probe) == 0;
}

void pager_open(const Context *context)
{
        _cleanup_close_ int collected = -EBADF;
        int real_stdout;

        if (!context->pager || pager.collected >= 0 || !pager_command())
                return;
        collected = memfd_create("output", MFD_CLOEXEC);
        if (collected < 0)
                return;
        (void)fflush(stdout);
        real_stdout = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        if (real_stdout < 0)
                return;
        if (dup2(collected, STDOUT_FILENO) < 0) {
                (void)close(real_stdout);
                return;
        }
        pager.columns = MAX(context->columns, 1U);
        pager.real_stdout = real_stdout;
        pager.collected = TAKE_FD(collected);
}

/* Shows what was collected in the pager; false where it cannot be started. */
static bool pager_show(int collected, const char *command)
{
        struct sigaction ignore = {.sa_handler = SIG_IGN}, old;
        pid_t pid;

        if (!pager_exists(command) || lseek(collected, 0, SEEK_SET) < 0)
                return false;
        pid = fork();
        if (pid == 0)
                pager_run(command, collected);
        /* Ctrl-C in the pager is the pager's. */
        (void)sigaction(SIGINT, &ignore, &old);
        while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
                continue;
        (void)sigaction(SIGINT, &old, NULL);
        return pid > 0;
}

void pager_close(void)
{
        _cleanup_free_ char *text = NULL, *copy = NULL;
        _cleanup_close_ int collected = TAKE_FD(pager.collected);
        size_t size;

        if (collected < 0)
                return;
        (void)fflush(stdout);
        (void)dup2(pager.real_stdout, STDOUT_FILENO);
        pager.real_stdout = fd_close(pager.real_stdout);
        if (lseek(collected, 0, SEEK_SET) < 0 ||
            fd_read_text(collected, SIZE_MAX - 1, &text, &size) < 0 || text_copy(&copy, text) < 0) {
                complain(NULL, -ENOMEM, "standard output", "cannot print");
                return;
        }
        if (!is_higher(copy, rows_of_screen(), pager.columns) ||
            !pager_show(collected, pager_command()))
                (void)fwrite(text, 1, size, stdout);
        /* Before what is said next on standard error. */
        (void)fflush(stdout);
}
