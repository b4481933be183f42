/* SPDX-License-Identifier: MIT */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "ctl/frame/context.h"
#include "ctl/help.h"
#include "ctl/options.h"
#include "ctl/render/nagios.h"
#include "ctl/terminal/errors.h"
#include "ctl/terminal/interrupt.h"
#include "ctl/terminal/output.h"
#include "ctl/terminal/pager.h"
#include "ctl/terminal/progress.h"
#include "ctl/verbs.h"
#include "file/mapping.h"

/* A closed descriptor 0, 1 or 2 would be given to the next file that is opened, and what is printed
 * would land in that file. */
static int open_standard_fds(Fault *fault)
{
        int fd;

        do {
                fd = open("/dev/null", O_RDWR);
                if (fd < 0)
                        return fault_set(fault, -errno, REASON_OPEN, "/dev/null");
        } while (fd <= STDERR_FILENO);
        (void)close(fd);
        return 0;
}

/* A reader who leaves (`| head`) must not end a run in its middle, nor may a limit of file size,
 * which a write tells as an error, nor the signal that comes
 * when somebody breaks a file lease. */
static int ignore_signals(void)
{
        struct sigaction action = {.sa_handler = SIG_IGN};

        if (sigaction(SIGPIPE, &action, NULL) < 0 || sigaction(SIGIO, &action, NULL) < 0 ||
            sigaction(SIGXFSZ, &action, NULL) < 0)
                return -errno;
        return 0;
}

static int set_up(Fault *fault)
{
        int r;

        r = open_standard_fds(fault);
        if (r < 0)
                return r;
        r = ignore_signals();
        if (r < 0)
                return r;
        (void)umask(022);
        /* Only what characters are, and how wide; numbers and words stay as they are. */
        (void)setlocale(LC_CTYPE, "");
        return mapping_guard_install();
}

static bool stdout_reader_is_gone(void)
{
        struct pollfd poller = {.fd = STDOUT_FILENO, .events = POLLOUT};

        return poll(&poller, 1, 0) == 1 && (poller.revents & POLLERR);
}

static ExitStatus status_of_failure(const Context *context, ExitStatus status)
{
        return context->is_plugin ? (ExitStatus)nagios_say_unknown("cannot go on")
                                  : exit_status_worse(status, EXIT_FAILED);
}

/* What was printed must have arrived, else scripts would go on with half of it. */
static ExitStatus finish_output(const Context *context, ExitStatus status)
{
        bool had_failed = ferror(stdout) != 0;
        int error = fflush(stdout) == 0 ? 0 : errno;

        if (output_is_missing() && !had_failed && error == 0)
                error = ENOMEM;
        if ((!had_failed && error == 0) || stdout_reader_is_gone())
                return status;
        /* Which error it was that came before this last flush, nobody has kept. */
        complain(NULL, error == 0 ? -EIO : -error, "standard output", "cannot print");
        return status_of_failure(context, status);
}

static void print_version(void)
{
        (void)puts("unlockerctl (" PACKAGE_NAME ") " PACKAGE_VERSION);
}

static int run_request(Context *context, Request request, const Arguments *arguments)
{
        int level = context->quiet ? LOG_WARNING : context->verbose ? LOG_DEBUG : LOG_NOTICE;

        log_open(level, context->error_colour, context->error_columns, progress_end);
        switch (request) {
        case REQUEST_HELP:
                help_print(context);
                return EXIT_DONE;
        case REQUEST_VERSION:
                print_version();
                return EXIT_DONE;
        case REQUEST_RUN:
                break;
        }
        interrupt_listen(context);
        if (context->verb->doing)
                progress_say(context, "%s", context->verb->doing);
        complain_in_root(context->roots.items[0]);
        return context->verb->run(context, arguments->count, arguments->items);
}

int main(int argc, char **argv)
{
        _cleanup_(context_done) Context context = {.verbs = verbs};
        Arguments arguments = {};
        Request request = REQUEST_RUN;
        Fault fault = FAULT_NONE;
        int r;

        r = set_up(&fault);
        if (r < 0) {
                complain(&fault, r, NULL, "cannot start");
                return EXIT_FAILED;
        }
        complain_of_command(argc, argv);
        context_look_at_terminal(&context);
        /* A wrong line is said before it is known whether colour is wanted. */
        log_open(LOG_NOTICE, false, context.error_columns, progress_end);
        r = options_parse(&context, argc, argv, &request, &arguments);
        if (r == 0)
                r = run_request(&context, request, &arguments);
        progress_end();
        if (r < 0) {
                pager_close();
                complain(NULL, r, NULL, "cannot go on");
                r = (int)status_of_failure(&context, EXIT_DONE);
        }
        pager_close();
        return (int)finish_output(&context, (ExitStatus)r);
}
