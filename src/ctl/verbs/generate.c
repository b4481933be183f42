/* SPDX-License-Identifier: MIT */

/* unlockerctl generate: for vmware-unlocker-generator and vmware-unlocker-config.service. The units
 * are made anew at each boot and reload, so that nothing is left behind when VMware goes or moves.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/text.h"
#include "ctl/frame/context.h"
#include "ctl/terminal/errors.h"
#include "ctl/verbs/generate-units.h"
#include "ctl/verbs/verbs.h"
#include "file/fd.h"

#define WANTS "vmware-unlocker.path.wants"

static int unit_write(int dir_fd, const char *name, const char *text)
{
        _cleanup_close_ int fd =
                openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);

        if (fd < 0)
                return -errno;
        return fd_write(fd, (Span){(const uint8_t *)text, strlen(text)});
}

static int link_wanted(int dir_fd, const char *name)
{
        char from[128], to[128];

        (void)snprintf(from, sizeof(from), WANTS "/%s", name);
        (void)snprintf(to, sizeof(to), "../%s", name);
        return symlinkat(to, dir_fd, from) < 0 && errno != EEXIST ? -errno : 0;
}

static int make_directory_of(int dir_fd, const char *name)
{
        _cleanup_free_ char *directory = strndup(name, strcspn(name, "/"));

        if (!directory)
                return -ENOMEM;
        if (!strchr(name, '/'))
                return 0;
        return mkdirat(dir_fd, directory, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

static int write_units(const char *directory, const GeneratedUnits *units)
{
        _cleanup_close_ int dir_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        _cleanup_free_ char *text = NULL;
        int r = 0;

        if (dir_fd < 0)
                return -errno;
        for (size_t i = 0; r >= 0 && i < units->count; i++) {
                const GeneratedUnit *unit = &units->items[i];

                r = make_directory_of(dir_fd, unit->name);
                if (r >= 0)
                        r = unit_write(dir_fd, unit->name, unit->text);
                if (r >= 0 && unit->wanted)
                        r = make_directory_of(dir_fd, WANTS "/");
                if (r >= 0 && unit->wanted)
                        r = link_wanted(dir_fd, unit->name);
        }
        if (r >= 0)
                r = generated_units_describe(units, &text);
        return r < 0 ? r : unit_write(dir_fd, GENERATED_LIST, text);
}

/* Whether other units would be written than there are. */
static int have_changed(const char *directory, const GeneratedUnits *units)
{
        _cleanup_close_ int dir_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        int r = dir_fd < 0 ? -errno : generated_units_differ(dir_fd, units);

        return r == -ENOENT ? 1 : r;
}

static int run_generate(Context *context, int count, char **arguments)
{
        _cleanup_(generated_units_done) GeneratedUnits units = {};
        _cleanup_(root_done) Root root = ROOT_NONE;
        const char *directory = count > 0 ? arguments[0] : "/" GENERATED_DIRECTORY;
        bool only_look = context_option(context, "changed") != NULL;
        Fault fault = FAULT_NONE;
        int r = root_open(context->roots.items[0], &root, &fault);

        if (r >= 0)
                r = generated_units_make(&root, &units, &fault);
        if (r >= 0)
                r = only_look ? have_changed(directory, &units) : write_units(directory, &units);
        if (r < 0) {
                complain(fault.reason == REASON_NONE ? NULL : &fault, r, NULL,
                         "cannot make units for VMware's directory");
                return only_look ? EXIT_NO_ANSWER : EXIT_FAILED;
        }
        return only_look && r == 0 ? EXIT_FAILED : EXIT_DONE;
}

static const Option generate_options[] = {
        {"changed", 0, NULL, "Only say whether the units there are others: exit status 0 or 1"},
        {},
};

const Verb verb_generate = {
        .name = "generate",
        .arguments = "[DIR]",
        .description = "systemd generator: writes units for a VMware directory other than "
                       "/usr/lib/vmware, and for one that is a symbolic link or a mount.",
        .options = generate_options,
        .maximum_arguments = 1,
        .run = run_generate,
};
