/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "ctl/pager.h"

static pid_t pager_pid;          /* 0: none */
static int real_stdout = -EBADF; /* while a pager has its place */

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

        if (text_format(&probe, "command -v %.*s >/dev/null 2>&1",
                        (int)strcspn(command, " \t;|&<>()$`"), command) < 0)
                return false;
        return system(probe) == 0;
}

void pager_open(const Context *context)
{
        const char *command = context->pager && pager_pid == 0 ? pager_command() : NULL;
        _cleanup_close_ int from = -EBADF, to = -EBADF;
        int ends[2];
        pid_t pid;

        if (!command || !pager_exists(command) || pipe2(ends, O_CLOEXEC) < 0)
                return;
        from = ends[0];
        to = ends[1];
        (void)fflush(stdout);
        real_stdout = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        if (real_stdout < 0)
                return;
        pid = fork();
        if (pid == 0)
                pager_run(command, from);
        if (pid < 0 || dup2(to, STDOUT_FILENO) < 0) {
                real_stdout = fd_close(real_stdout);
                return;
        }
        pager_pid = pid;
}

void pager_close(void)
{
        if (pager_pid == 0)
                return;
        /* A reader who has seen enough is no failure. */
        (void)fflush(stdout);
        clearerr(stdout);
        /* The pager sees the end only when nobody can write any more. */
        (void)dup2(real_stdout, STDOUT_FILENO);
        real_stdout = fd_close(real_stdout);
        while (waitpid(pager_pid, NULL, 0) < 0 && errno == EINTR)
                continue;
        pager_pid = 0;
}
