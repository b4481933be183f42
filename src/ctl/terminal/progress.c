/* SPDX-License-Identifier: MIT */

#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/wrap.h"
#include "ctl/terminal/progress.h"
#include "file/fd.h"

#define PATIENCE_SECONDS 1
#define PROGRESS_SIZE    256U

/* A thread waits for the second to pass: what takes long may be one system call, such as fsync() of
 * an archive. */
static struct {
        pthread_mutex_t lock;
        pthread_cond_t ended;
        pthread_t thread;
        bool runs;    /* the thread was started; only the main thread looks at it */
        bool is_over; /* the thread shall end */
        bool shown;
        char text[PROGRESS_SIZE];
} progress = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void write_terminal(const char *text)
{
        (void)!write(STDERR_FILENO, text, strlen(text));
}

static void progress_show(void)
{
        char line[sizeof(progress.text) + sizeof(PROGRESS_ERASE)];

        (void)snprintf(line, sizeof(line), PROGRESS_ERASE "%s", progress.text);
        write_terminal(line);
        progress.shown = true;
}

static void *wait_and_show(void *unused)
{
        struct timespec when;

        (void)clock_gettime(CLOCK_MONOTONIC, &when);
        when.tv_sec += PATIENCE_SECONDS;
        (void)pthread_mutex_lock(&progress.lock);
        while (!progress.is_over)
                if (pthread_cond_timedwait(&progress.ended, &progress.lock, &when) != 0)
                        break;
        if (!progress.is_over)
                progress_show();
        (void)pthread_mutex_unlock(&progress.lock);
        return unused;
}

/* Signals stay the main thread's. */
static bool start_thread(void)
{
        pthread_condattr_t attributes;
        sigset_t all, old;
        int r;

        if (pthread_condattr_init(&attributes) != 0)
                return false;
        (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
        r = pthread_cond_init(&progress.ended, &attributes);
        (void)pthread_condattr_destroy(&attributes);
        if (r != 0)
                return false;
        (void)sigfillset(&all);
        (void)pthread_sigmask(SIG_BLOCK, &all, &old);
        r = pthread_create(&progress.thread, NULL, wait_and_show, NULL);
        (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
        if (r != 0)
                (void)pthread_cond_destroy(&progress.ended);
        return r == 0;
}

/* A second line could not be erased; some terminals begin one in the last column. */
static void line_cut(char *text, unsigned columns)
{
        size_t size = strlen(text);

        while (size > 0 && (size >= PROGRESS_SIZE || wrap_width(text) >= columns)) {
                do
                        size--;
                while (size > 0 && ((unsigned char)text[size] & 0xc0U) == 0x80U);
                text[size] = '\0';
        }
}

void progress_say(const Context *context, const char *format, ...)
{
        _cleanup_free_ char *text = NULL, *escaped = NULL;
        va_list arguments;
        int r;

        if (context->quiet || context->json || !context->progress)
                return;
        va_start(arguments, format);
        r = vasprintf(&text, format, arguments);
        va_end(arguments);
        if (r < 0) {
                text = NULL;
                return;
        }
        r = context->utf8 ? text_escape(&escaped, text) : text_escape_ascii(&escaped, text);
        if (r < 0)
                return;
        line_cut(escaped, context->error_columns);
        (void)pthread_mutex_lock(&progress.lock);
        (void)snprintf(progress.text, sizeof(progress.text), "%s", escaped);
        if (progress.shown)
                progress_show();
        (void)pthread_mutex_unlock(&progress.lock);
        if (!progress.runs)
                progress.runs = start_thread();
}

void progress_end(void)
{
        if (!progress.runs)
                return;
        (void)pthread_mutex_lock(&progress.lock);
        progress.is_over = true;
        (void)pthread_cond_signal(&progress.ended);
        (void)pthread_mutex_unlock(&progress.lock);
        (void)pthread_join(progress.thread, NULL);
        (void)pthread_cond_destroy(&progress.ended);
        if (progress.shown)
                write_terminal(PROGRESS_ERASE);
        progress.runs = progress.is_over = progress.shown = false;
}
