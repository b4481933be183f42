/* SPDX-License-Identifier: MIT */

#include <systemd/sd-bus.h>
#include <time.h>

#include "ctl/service/notice.h"

#define NOTIFICATIONS "org.freedesktop.Notifications"
#define OBJECT_PATH   "/org/freedesktop/Notifications"
#define APPLICATION   "vmware-unlocker"
#define RETRY_MS      500L

/* Of the specification of desktop notifications. */
#define URGENCY_NORMAL   1
#define URGENCY_CRITICAL 2
#define EXPIRES_DEFAULT  (-1)

static int notice_call(sd_bus *bus, const Notice *notice)
{
        uint8_t urgency = notice->critical ? URGENCY_CRITICAL : URGENCY_NORMAL;

        return sd_bus_call_method(bus, NOTIFICATIONS, OBJECT_PATH, NOTIFICATIONS, "Notify", NULL,
                                  NULL, "susssasa{sv}i", APPLICATION, 0U,
                                  notice->critical ? "dialog-error" : "vmware-workstation",
                                  notice->summary, notice->body, 0U, 1U, "urgency", "y",
                                  (int)urgency, EXPIRES_DEFAULT);
}

static int notice_try(const Notice *notice)
{
        sd_bus *bus = NULL;
        int r = sd_bus_open_user(&bus);

        if (r >= 0)
                r = notice_call(bus, notice);
        sd_bus_flush_close_unref(bus);
        return r;
}

/* A desktop that is starting may have none yet. */
int notice_post(const Notice *notice, long limit_ms)
{
        const struct timespec step = {.tv_nsec = RETRY_MS * 1000000L};

        for (long waited = 0;; waited += RETRY_MS) {
                if (notice_try(notice) >= 0)
                        return 1;
                if (waited >= limit_ms)
                        return 0;
                (void)nanosleep(&step, NULL);
        }
}
