/* SPDX-License-Identifier: MIT */

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "base/log.h"
#include "base/text.h"
#include "base/wrap.h"

#define FIELDS_MAX 32U

static struct {
        int terminal_level;
        bool colour;
        unsigned columns;
        void (*before_line)(void); /* NULL before log_open() */
} log_state = {.terminal_level = LOG_NOTICE};

void log_open(int terminal_level, bool colour, unsigned columns, void (*before_line)(void))
{
        log_state.terminal_level = terminal_level;
        log_state.colour = colour;
        log_state.columns = columns;
        log_state.before_line = before_line;
}

static void log_to_terminal(int level, const char *text)
{
        _cleanup_free_ char *escaped = NULL, *wrapped = NULL;
        const char *start = "", *end = "";

        if (level > log_state.terminal_level || text_escape(&escaped, text) < 0)
                return;
        if (log_state.colour && level <= LOG_ERR)
                start = "\033[1;31m", end = "\033[0m";
        else if (log_state.colour && level == LOG_WARNING)
                start = "\033[1;33m", end = "\033[0m";
        if (log_state.columns > 0 && wrap_sentence(escaped, log_state.columns, &wrapped) < 0)
                wrapped = NULL;
        if (log_state.before_line)
                log_state.before_line();
        (void)fprintf(stderr, "%s%s%s\n", start, wrapped ? wrapped : escaped, end);
}

/* Fields of one journal entry; owns the text of each. */
typedef struct Entry {
        struct iovec fields[FIELDS_MAX];
        size_t count;
} Entry;

static void log_entry_done(Entry *entry)
{
        for (size_t i = 0; i < entry->count; i++)
                free(entry->fields[i].iov_base);
}

_printf_(2, 3) static void entry_add(Entry *entry, const char *format, ...)
{
        _cleanup_free_ char *text = NULL;
        va_list arguments;
        char *escaped;

        if (entry->count == FIELDS_MAX)
                return;
        va_start(arguments, format);
        if (vasprintf(&text, format, arguments) < 0)
                text = NULL;
        va_end(arguments);
        if (text && text_escape(&escaped, text) >= 0)
                entry->fields[entry->count++] =
                        (struct iovec){.iov_base = escaped, .iov_len = strlen(escaped)};
}

/* Without journald (a chroot, a container) sending fails, and nothing is lost that the terminal
 * does not show. */
static void log_to_journal(int level, sd_id128_t message_id, const LogField *fields,
                           size_t field_count, const char *text)
{
        _cleanup_(log_entry_done) Entry entry = {};

        entry_add(&entry, "MESSAGE=%s", text);
        entry_add(&entry, "PRIORITY=%d", level);
        entry_add(&entry, "SYSLOG_IDENTIFIER=unlockerctl");
        /* `systemctl status vmware-unlocker` shows what was done by hand and by hooks as well. */
        entry_add(&entry, "OBJECT_SYSTEMD_UNIT=vmware-unlocker.service");
        entry_add(&entry, "MESSAGE_ID=" SD_ID128_FORMAT_STR, SD_ID128_FORMAT_VAL(message_id));
        for (size_t i = 0; i < field_count; i++)
                if (fields[i].value)
                        entry_add(&entry, "%s=%s", fields[i].name, fields[i].value);
        (void)sd_journal_sendv(entry.fields, (int)entry.count);
}

bool log_stderr_is_journal(void)
{
        const char *stream = getenv("JOURNAL_STREAM");
        char device[24], inode[24];
        uint64_t st_dev, st_ino;
        struct stat st;

        /* A terminal's programs may have inherited the variable from a service. */
        return stream && sscanf(stream, "%23[0-9]:%23[0-9]", device, inode) == 2 &&
               text_to_u64(device, &st_dev) >= 0 && text_to_u64(inode, &st_ino) >= 0 &&
               fstat(STDERR_FILENO, &st) == 0 && st.st_dev == st_dev && st.st_ino == st_ino;
}

void log_line(int level, const char *format, ...)
{
        _cleanup_free_ char *text = NULL;
        va_list arguments;

        va_start(arguments, format);
        if (vasprintf(&text, format, arguments) < 0)
                text = NULL;
        va_end(arguments);
        if (text)
                log_to_terminal(level, text);
}

void log_event(unsigned sinks, int level, sd_id128_t message_id, const LogField *fields,
               size_t field_count, const char *format, ...)
{
        _cleanup_free_ char *text = NULL;
        va_list arguments;

        va_start(arguments, format);
        if (vasprintf(&text, format, arguments) < 0)
                text = NULL;
        va_end(arguments);
        if (text && (sinks & LOG_SINK_TERMINAL))
                log_to_terminal(level, text);
        if (text && (sinks & LOG_SINK_JOURNAL))
                log_to_journal(level, message_id, fields, field_count, text);
}
