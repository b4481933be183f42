/* SPDX-License-Identifier: MIT */
#pragma once

/* Log: one event, two sinks. A terminal gets a plain line on standard error, the journal gets the
 * same line with its fields. Only ctl calls this. */

#include <stdbool.h>
#include <stddef.h>
#include <syslog.h>

#include <systemd/sd-id128.h>

#include "base/macros.h"

typedef enum LogSink {
        LOG_SINK_TERMINAL = 1 << 0, /* standard error */
        LOG_SINK_JOURNAL = 1 << 1,
} LogSink;

/* A journal field: name in upper case, value as text. */
typedef struct LogField {
        const char *name;
        const char *value; /* NULL: the field is left out */
} LogField;

/* Which sinks are open (LogSink bits), the least important level (syslog(3)) the terminal shows,
 * and whether lines there are coloured. */
void log_open(unsigned sinks, int terminal_level, bool colour);

/* A line without an identity. */
_printf_(2, 3) void log_line(int level, const char *format, ...);

/* An event with a MESSAGE_ID (SD_ID128_NULL for none) and fields. */
_printf_(5, 6) void log_event(int level, sd_id128_t message_id, const LogField *fields,
                              size_t field_count, const char *format, ...);
