/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/text.h"
#include "doctor/unit.h"
#include "file/fd.h"

#define SERVICE "org.freedesktop.systemd1"
#define OBJECT  "/org/freedesktop/systemd1"
#define MANAGER SERVICE ".Manager"

static int ask_enabled(sd_bus *bus, const char *unit, UnitState *ret)
{
        sd_bus_message *reply = NULL;
        const char *state = NULL;
        int r = sd_bus_call_method(bus, SERVICE, OBJECT, MANAGER, "GetUnitFileState", NULL, &reply,
                                   "s", unit);

        if (r >= 0)
                r = sd_bus_message_read(reply, "s", &state);
        ret->installed = r >= 0;
        ret->enabled = r >= 0 && text_starts(state, "enabled");
        ret->masked = r >= 0 && text_starts(state, "masked");
        sd_bus_message_unref(reply);
        return r == -ENOENT ? 0 : r;
}

static int ask_active(sd_bus *bus, const char *unit, bool *ret)
{
        _cleanup_free_ char *path = NULL, *state = NULL;
        int r = sd_bus_path_encode(OBJECT "/unit", unit, &path);

        if (r >= 0)
                r = sd_bus_get_property_string(bus, SERVICE, path, SERVICE ".Unit", "ActiveState",
                                               NULL, &state);
        *ret = r >= 0 && text_equal(state, "active");
        return r;
}

/* Root reaches the service manager where no system bus runs, as systemctl does. */
static int connect_private(sd_bus **ret)
{
        int r = sd_bus_new(ret);

        if (r >= 0)
                r = sd_bus_set_address(*ret, "unix:path=/run/systemd/private");
        if (r >= 0)
                r = sd_bus_start(*ret);
        return r;
}

static int connect_systemd(sd_bus **ret)
{
        int r = sd_bus_open_system(ret);

        return r < 0 && geteuid() == 0 ? connect_private(ret) : r;
}

static void ask_systemd(const char *unit, UnitState *state)
{
        sd_bus *bus = NULL;

        state->asked = connect_systemd(&bus) >= 0 && ask_enabled(bus, unit, state) >= 0 &&
                       ask_active(bus, unit, &state->active) >= 0;
        state->known = state->asked;
        sd_bus_flush_close_unref(bus);
}

/* Whether the unit has a file, and whether the one that counts is the link to /dev/null, or the
 * empty file, with which it is masked. */
static void read_files(const Root *root, const char *unit, UnitState *state)
{
        static const char *const directories[] = {
                "etc/systemd/system", "usr/local/lib/systemd/system", "usr/lib/systemd/system",
                "lib/systemd/system", "run/systemd/system",           "run/systemd/generator"};

        for (size_t i = 0; !state->installed && i < ARRAY_SIZE(directories); i++) {
                _cleanup_close_ int fd =
                        root_open_at(root, directories[i], O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
                char target[16];
                struct stat st;
                ssize_t n;

                if (fd < 0 || fstatat(fd, unit, &st, AT_SYMLINK_NOFOLLOW) < 0)
                        continue;
                n = readlinkat(fd, unit, target, sizeof(target));
                state->installed = true;
                state->masked = st.st_size == 0 || (n == 9 && memcmp(target, "/dev/null", 9) == 0);
        }
}

/* The unit's [Install] section wants multi-user.target. */
static void read_links(const Root *root, const char *unit, UnitState *state)
{
        _cleanup_close_ int fd = root_open_at(root, "etc/systemd/system/multi-user.target.wants",
                                              O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
        struct stat st;

        state->known = true;
        read_files(root, unit, state);
        state->enabled =
                !state->masked && fd >= 0 && fstatat(fd, unit, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

UnitState unit_state(const Root *root, const char *unit)
{
        UnitState state = {.running = root_is_host(root) && sd_booted() > 0};

        if (state.running)
                ask_systemd(unit, &state);
        if (!state.known)
                read_links(root, unit, &state);
        return state;
}

bool unit_works(const Root *root, const UnitState *state)
{
        return state->enabled &&
               (!root_is_host(root) || (state->running && (state->active || !state->asked)));
}
