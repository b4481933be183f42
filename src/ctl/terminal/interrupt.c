/* SPDX-License-Identifier: MIT */

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "ctl/terminal/interrupt.h"
#include "ctl/terminal/progress.h"

/* Made beforehand: a handler may not format. */
static char interrupt_line[192];

static void on_interrupt(int number)
{
        (void)!write(STDERR_FILENO, interrupt_line, strlen(interrupt_line));
        (void)raise(number);
}

static void interrupt_take(int number)
{
        /* Once: the second one, of raise(), is the default's. */
        struct sigaction action = {.sa_handler = on_interrupt,
                                   .sa_flags = (int)(SA_RESETHAND | SA_NODEFER)};
        struct sigaction old;

        if (sigaction(number, NULL, &old) >= 0 && old.sa_handler == SIG_DFL)
                (void)sigaction(number, &action, NULL);
}

void interrupt_listen(const Context *context)
{
        const Verb *verb = context->verb;

        if (!context->progress)
                return;
        text_put(interrupt_line, sizeof(interrupt_line),
                 PROGRESS_ERASE "unlockerctl: %s was interrupted%s.\n", verb->name,
                 verb->changes ? ": no file is half written; run it again to go on" : "");
        interrupt_take(SIGINT);
        interrupt_take(SIGTERM);
}
