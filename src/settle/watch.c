/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/inotify.h>

#include "base/text.h"
#include "file/fd.h"
#include "settle/watch.h"

#define EVENTS_SIZE 4096U
#define CHANGES                                                                           \
        (IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | \
         IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF)

/* A directory, and the name in it that leads to VMware's files; "" for one of their own, where any
 * change is part of an installation. */
typedef struct Lookout {
        int wd;
        char *name;
} Lookout;

struct Watch {
        int inotify;
        Lookout *lookouts;
        size_t count;
};

int watch_new(Watch **ret)
{
        Watch *watch = calloc(1, sizeof(*watch));

        if (!watch)
                return -ENOMEM;
        watch->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        if (watch->inotify < 0) {
                free(watch);
                return -errno;
        }
        *ret = watch;
        return 0;
}

void watch_free(Watch *watch)
{
        if (!watch)
                return;
        for (size_t i = 0; i < watch->count; i++)
                free(watch->lookouts[i].name);
        free(watch->lookouts);
        (void)fd_close(watch->inotify);
        free(watch);
}

static void add_lookout(Watch *watch, int wd, const char *name)
{
        Lookout *larger;

        for (size_t i = 0; i < watch->count; i++)
                if (watch->lookouts[i].wd == wd && text_equal(watch->lookouts[i].name, name))
                        return;
        larger = reallocarray(watch->lookouts, watch->count + 1, sizeof(*larger));
        if (!larger)
                return;
        watch->lookouts = larger;
        if (text_copy(&larger[watch->count].name, name) < 0)
                return;
        larger[watch->count++].wd = wd;
}

static void watch_directory(Watch *watch, const Root *root, const char *path, const char *name)
{
        _cleanup_close_ int fd = root_open_at(root, path, O_PATH | O_DIRECTORY, 0);
        char link[32];
        int wd;

        if (fd < 0)
                return;
        (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        wd = inotify_add_watch(watch->inotify, link, CHANGES | IN_ONLYDIR);
        if (wd >= 0)
                add_lookout(watch, wd, name);
}

void watch_add(Watch *watch, const Root *root, const Spots *spots)
{
        for (size_t i = 0; i < spots->count; i++) {
                _cleanup_free_ char *path = NULL;

                if (text_copy(&path, spots->items[i].directory) < 0)
                        return;
                watch_directory(watch, root, path, "");
                for (char *slash; (slash = strrchr(path, '/'));) {
                        *slash = '\0';
                        watch_directory(watch, root, path, slash + 1);
                }
                watch_directory(watch, root, "", path);
        }
}

static bool concerns_vmware(const Watch *watch, const struct inotify_event *event)
{
        if (event->mask & IN_Q_OVERFLOW)
                return true;
        if (event->mask & IN_IGNORED)
                return false;
        for (size_t i = 0; i < watch->count; i++) {
                const Lookout *lookout = &watch->lookouts[i];

                if (lookout->wd == event->wd &&
                    (!*lookout->name || (event->len > 0 && text_equal(lookout->name, event->name))))
                        return true;
        }
        return false;
}

bool watch_take(Watch *watch)
{
        _Alignas(struct inotify_event) char buffer[EVENTS_SIZE];
        bool concerned = false;
        ssize_t n;

        while ((n = read(watch->inotify, buffer, sizeof(buffer))) > 0)
                for (ssize_t at = 0; at < n;) {
                        const struct inotify_event *event = (const void *)(buffer + at);

                        concerned |= concerns_vmware(watch, event);
                        at += (ssize_t)(sizeof(*event) + event->len);
                }
        return concerned;
}

void watch_wait(const Watch *watch, int64_t timeout_ms)
{
        struct pollfd waited = {.fd = watch->inotify, .events = POLLIN};

        if (timeout_ms > 0)
                (void)poll(&waited, 1, (int)MIN(timeout_ms, (int64_t)INT_MAX));
}
