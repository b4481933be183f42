/* SPDX-License-Identifier: MIT */

#include <stdarg.h>
#include <stdio.h>

#include "ctl/terminal/progress.h"
#include "ctl/terminal/question.h"

bool question_is_agreed(const char *format, ...)
{
        char answer[16];
        va_list arguments;

        progress_end();
        va_start(arguments, format);
        (void)vprintf(format, arguments);
        va_end(arguments);
        (void)fputs(" [y/N] ", stdout);
        (void)fflush(stdout);
        return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}
