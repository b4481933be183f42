/* SPDX-License-Identifier: MIT */

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/public-label.h"
#include "base/text.h"
#include "ctl/verbs/report-parts.h"
#include "doctor/unit.h"
#include "file/fd.h"
#include "swap/version.h"

#define OS_RELEASE_MAX 8192U

static void write_label(FILE *out, const char *what, const char *text)
{
        char label[PUBLIC_LABEL_SIZE];

        public_label(text, label);
        (void)fprintf(out, "  %-12s %s\n", what, label);
}

/* PRETTY_NAME of os-release, without quotes; "" when there is none. */
static void system_name(const Root *root, char ret[static PUBLIC_LABEL_SIZE])
{
        _cleanup_close_ int fd = root_open_file(root, "etc/os-release");
        char text[OS_RELEASE_MAX + 1] = "\n";
        const char *line;
        ssize_t size;

        ret[0] = '\0';
        if (fd < 0)
                return;
        size = read(fd, text + 1, OS_RELEASE_MAX - 1);
        line = size > 0 ? strstr(text, "\nPRETTY_NAME=") : NULL;
        if (!line)
                return;
        line += strlen("\nPRETTY_NAME=");
        line += strspn(line, "\"'");
        text_put(ret, PUBLIC_LABEL_SIZE, "%.*s", (int)strcspn(line, "\"'\n"), line);
}

/* The version in the name of systemd's own library, "libsystemd-shared-257.so". */
static bool systemd_version(const Root *root, const char *directory,
                            char ret[static PUBLIC_LABEL_SIZE])
{
        static const char prefix[] = "libsystemd-shared-";
        int fd = root_open_at(root, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
        DIR *entries = fd < 0 ? NULL : fdopendir(fd);
        bool found = false;

        if (!entries) {
                (void)fd_close(fd);
                return false;
        }
        for (const struct dirent *entry; !found && (entry = readdir(entries));) {
                const char *end = strstr(entry->d_name, ".so");

                found = end && text_starts(entry->d_name, prefix);
                if (found)
                        text_put(ret, PUBLIC_LABEL_SIZE, "%.*s",
                                 (int)(end - entry->d_name - (ptrdiff_t)strlen(prefix)),
                                 entry->d_name + strlen(prefix));
        }
        closedir(entries);
        return found;
}

void report_host(FILE *out, const Root *root)
{
        static const char *const directories[] = {"usr/lib/systemd",
                                                  "usr/lib/x86_64-linux-gnu/systemd",
                                                  "usr/lib64/systemd", "lib/systemd"};
        char text[PUBLIC_LABEL_SIZE] = "";
        struct utsname kernel;
        bool found = false;

        (void)fprintf(out, "\nVersions\n");
        (void)fprintf(out, "  %-12s %s\n", "unlockerctl", UNLOCKER_VERSION);
        write_label(out, "kernel", uname(&kernel) == 0 ? kernel.release : NULL);
        system_name(root, text);
        write_label(out, "system", *text ? text : NULL);
        for (size_t i = 0; !found && i < ARRAY_SIZE(directories); i++)
                found = systemd_version(root, directories[i], text);
        write_label(out, "systemd", found ? text : NULL);
}

static void report_unit(FILE *out, const char *unit, const UnitState *state, bool is_first)
{
        (void)fprintf(out, "  %-32s ", unit);
        if (!state->known)
                (void)fprintf(out, "not known\n");
        else
                (void)fprintf(out, "%s%s\n",
                              !state->installed ? "not installed"
                              : state->masked   ? "masked"
                              : state->enabled  ? "enabled"
                              : is_first        ? "not enabled"
                                                : "installed",
                              !state->asked   ? ""
                              : state->active ? ", active"
                                              : ", not active");
}

/* Those that the generator makes, for another directory than the default one. */
static void report_generated_units(FILE *out, const Root *root)
{
        static const char *const units[] = {
                "vmware-unlocker-libdir.path",      "vmware-unlocker-libdir-lib.path",
                "vmware-unlocker-libdir-lib0.path", "vmware-unlocker-libdir-tree.path",
                "vmware-unlocker-link.path",
        };

        for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
                UnitState state = unit_state(root, units[i]);

                if (state.known && state.installed)
                        report_unit(out, units[i], &state, false);
        }
}

/* The first is the one to enable: it starts the others. */
void report_units(FILE *out, const Root *root)
{
        static const char *const units[] = {
                "vmware-unlocker.path",         "vmware-unlocker.service",
                "vmware-unlocker-config.path",  "vmware-unlocker-etc.path",
                "vmware-unlocker-hold.path",    "vmware-unlocker-installer.path",
                "vmware-unlocker-lib.path",     "vmware-unlocker-lib0.path",
                "vmware-unlocker-tree.path",    "vmware-unlocker-reload.path",
                "vmware-unlocker-missed.timer", "vmware-unlocker-verify.timer",
        };

        (void)fprintf(out, "\nUnits\n");
        for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
                UnitState state = unit_state(root, units[i]);

                report_unit(out, units[i], &state, i == 0);
        }
        report_generated_units(out, root);
}
