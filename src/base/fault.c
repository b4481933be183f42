/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/fault.h"

/* "Cannot be written" alone would leave the person to guess what to do. */
static Reason reason_sharpen(Reason reason, int error)
{
        /* Nothing is wrong with the file. */
        if (error == -ENOMEM)
                return REASON_NO_MEMORY;
        if (error == -EMFILE || error == -ENFILE)
                return REASON_TOO_MANY_FILES;
        if (reason == REASON_NO_DIRECTORY)
                return error == -ENOENT || error == -ENOTDIR ? reason : REASON_OPEN;
        if (reason != REASON_WRITE)
                return reason;
        switch (-error) {
        case EROFS:
                return REASON_READ_ONLY;
        case EPERM:
        case EACCES:
                return REASON_NOT_PERMITTED;
        case ENOSPC:
        case EDQUOT:
                return REASON_NO_SPACE;
        case EEXIST:
                return REASON_EXISTS;
        default:
                return REASON_WRITE;
        }
}

_printf_(5, 0) static void fault_fill(Fault *fault, int error, Reason reason, uint64_t offset,
                                      const char *format, va_list arguments)
{
        if (!fault)
                return;
        fault->reason = reason_sharpen(reason, error);
        fault->error = -error;
        fault->offset = offset;
        fault->missing = 0;
        fault->todo = NULL;
        *fault->remark = '\0';
        (void)vsnprintf(fault->subject, sizeof(fault->subject), format, arguments);
}

int fault_set(Fault *fault, int error, Reason reason, const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        fault_fill(fault, error, reason, FAULT_NO_OFFSET, format, arguments);
        va_end(arguments);
        return error;
}

int fault_set_at(Fault *fault, int error, Reason reason, uint64_t offset, const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        fault_fill(fault, error, reason, offset, format, arguments);
        va_end(arguments);
        return error;
}

void fault_remark(Fault *fault, const char *format, ...)
{
        va_list arguments;

        if (!fault)
                return;
        va_start(arguments, format);
        (void)vsnprintf(fault->remark, sizeof(fault->remark), format, arguments);
        va_end(arguments);
}
