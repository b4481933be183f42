/* SPDX-License-Identifier: MIT */

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "base/text.h"
#include "file/fd.h"
#include "file/text-file.h"
#include "store/hold.h"

#define HOLD_NAME "hold"
#define LINE_MAX  128U
#define SINCE     " since "

static const struct {
        const char *name, *text;
} words[] = {
        [HOLD_NONE] = {NULL, NULL},
        [HOLD_UNKNOWN] = {"unknown", "not known by whom"},
        [HOLD_BY_HAND] = {"hold", "hold by hand"},
        [HOLD_RESTORE] = {"restore", "restore by hand"},
        [HOLD_REMOVAL] = {"removal", "removal of the package"},
};
static_assert(ARRAY_SIZE(words) == _HOLD_WHY_MAX, "a reason without words");

const char *hold_why_name(HoldWhy why)
{
        return words[why].name;
}

const char *hold_why_text(HoldWhy why)
{
        return words[why].text;
}

static void since_parse(const char *line, Hold *hold)
{
        const char *since = strstr(line, SINCE);
        size_t length = sizeof(hold->since) - 1;

        if (!since)
                return;
        since += strlen(SINCE);
        if (strspn(since, "0123456789-:TZ") == length)
                text_put(hold->since, sizeof(hold->since), "%.*s", (int)length, since);
}

static Hold hold_line_parse(const char *line)
{
        Hold hold = {.why = HOLD_UNKNOWN};

        for (HoldWhy why = HOLD_BY_HAND; why < _HOLD_WHY_MAX; why++)
                if (text_starts(line, words[why].text))
                        hold.why = why;
        since_parse(line, &hold);
        return hold;
}

Hold hold_read(int dir_fd)
{
        _cleanup_close_ int fd = -EBADF;
        _cleanup_free_ char *line = NULL;
        struct stat st;

        if (dir_fd < 0 || fstatat(dir_fd, HOLD_NAME, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return (Hold){.why = HOLD_NONE};
        if (S_ISREG(st.st_mode))
                fd = fd_open_at(dir_fd, HOLD_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
        if (fd < 0 || fd_read_text(fd, LINE_MAX, &line, NULL) < 0)
                return (Hold){.why = HOLD_UNKNOWN};
        return hold_line_parse(line);
}

static int line_write(int dir_fd, HoldWhy why)
{
        char line[LINE_MAX], since[sizeof((Hold){}.since)] = "";
        time_t now = time(NULL);
        struct tm when;

        (void)strftime(since, sizeof(since), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &when));
        text_put(line, sizeof(line), "%s" SINCE "%s\n", words[why].text, since);
        return text_file_write(dir_fd, HOLD_NAME, line, true);
}

int hold_write(int dir_fd, HoldWhy why)
{
        if (why != HOLD_NONE)
                return line_write(dir_fd, why);
        return unlinkat(dir_fd, HOLD_NAME, 0) < 0 ? -errno : fd_sync(dir_fd);
}
