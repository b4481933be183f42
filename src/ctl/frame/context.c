/* SPDX-License-Identifier: MIT */

#include <assert.h>
#include <langinfo.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/frame/context.h"
#include "ctl/frame/verb.h"

#define COLUMNS_DEFAULT 80U
#define COLUMNS_MIN     40U
#define COLUMNS_MAX     1000U

const char *context_option(const Context *context, const char *name)
{
        const Option *options = context->verb->options;

        size_t i = 0;

        assert(options);
        while (options[i].name && !text_equal(options[i].name, name))
                i++;
        assert(options[i].name);
        return context->options[i];
}

static bool environment_has(const char *name)
{
        const char *value = getenv(name);

        return value && *value;
}

static bool terminal_is_dumb(void)
{
        const char *term = getenv("TERM");

        return !term || !*term || text_equal(term, "dumb");
}

bool context_fd_takes_colour(int fd)
{
        return isatty(fd) == 1 && !terminal_is_dumb();
}

static unsigned columns_of(int fd, bool is_terminal)
{
        const char *text = getenv("COLUMNS");
        struct winsize size = {};
        uint64_t columns = 0;

        if (!text || text_to_u64(text, &columns) < 0 || columns == 0) {
                if (!is_terminal)
                        return 0;
                columns = COLUMNS_DEFAULT;
                if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
                        columns = size.ws_col;
        }
        columns = MAX(columns, (uint64_t)COLUMNS_MIN);
        return (unsigned)MIN(columns, (uint64_t)COLUMNS_MAX);
}

/* What reads a pipe, such as `less`, may have the same screen. */
static bool fd_is_pipe(int fd)
{
        struct stat st;

        return fstat(fd, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
}

void context_look_at_terminal(Context *context)
{
        context->is_terminal = isatty(STDOUT_FILENO) == 1;
        context->utf8 = text_equal(nl_langinfo(CODESET), "UTF-8");
        context->columns = columns_of(STDOUT_FILENO, context->is_terminal);
        context->error_columns = isatty(STDERR_FILENO) == 1 ? columns_of(STDERR_FILENO, true) : 0;
        context->pager = context_fd_takes_colour(STDOUT_FILENO);
        context->progress = context_fd_takes_colour(STDERR_FILENO) && !fd_is_pipe(STDOUT_FILENO);
        context->colour = context->pager && !environment_has("NO_COLOR");
        context->error_colour =
                context_fd_takes_colour(STDERR_FILENO) && !environment_has("NO_COLOR");
}

void context_done(Context *context)
{
        texts_done(&context->roots);
}
