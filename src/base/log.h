/* SPDX-License-Identifier: MIT */
#pragma once

/* Log: lines for people, on standard error, and events, whose sinks the caller names each time. A
 * terminal gets a plain line, the journal gets the same line with its fields; both are escaped
 * (text_escape()). Only ctl calls this. */

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

/* The least important level (syslog(3)) that standard error shows, and whether lines there are
 * coloured, and how wide they may be; 0: no limit. `before_line` is called before each of them. */
void log_open(int terminal_level, bool colour, unsigned columns, void (*before_line)(void));

/* Whether standard error leads into the journal, as that of a service does. */
bool log_stderr_is_journal(void);

/* A line on standard error. */
_printf_(2, 3) void log_line(int level, const char *format, ...);

/* An event with a MESSAGE_ID and fields, to `sinks` (LogSink bits). */
_printf_(6, 7) void log_event(unsigned sinks, int level, sd_id128_t message_id,
                              const LogField *fields, size_t field_count, const char *format, ...);
