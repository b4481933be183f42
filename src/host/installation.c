/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>

#include "base/text.h"
#include "file/fd.h"
#include "host/installation.h"
#include "host/windows-drive.h"
#include "host/wrapper.h"

#define CONFIG_MAX     (1024U * 1024U)
#define LIBDIR_DEFAULT "usr/lib/vmware"

static void installation_done(Installation *installation)
{
        free(installation->libdir);
        free(installation->product);
        free(installation->version);
        free(installation->build);
        for (Role role = 0; role < _ROLE_MAX; role++)
                target_done(&installation->targets[role]);
}

void installations_done(Installations *installations)
{
        for (size_t i = 0; i < installations->count; i++)
                installation_done(&installations->items[i]);
        free(installations->items);
        config_flaws_done(&installations->flaws);
        *installations = (Installations){};
}

static const char *path_below(const Installation *installation, Role role, size_t index)
{
        return installation->windows ? role_windows_path(role, index) : role_path(role, index);
}

static int target_path(const Root *root, const Installation *installation, const char *path,
                       char **ret)
{
        return installation->windows ? windows_path_find(root, installation->libdir, path, ret)
                                     : text_format(ret, "%s/%s", installation->libdir, path);
}

static bool may_be_wrapped(const Installation *installation, Role role)
{
        return !installation->windows && role != ROLE_VMWAREBASE;
}

static int find_target(const Root *root, const Installation *installation, Role role, Target *ret)
{
        const char *path;

        for (size_t i = 0; (path = path_below(installation, role, i)); i++) {
                Target target = {.role = role, .place = PLACE_NONE, .fault = FAULT_NONE};

                if (target_path(root, installation, path, &target.path) < 0)
                        return -ENOMEM;
                if (target_look(root, &target) < 0 ||
                    (target.presence == PRESENCE_FILE && may_be_wrapped(installation, role) &&
                     wrapper_follow(root, &target) < 0)) {
                        target_done(&target);
                        return -ENOMEM;
                }
                /* Where none is there, the newer place is the one to speak of. */
                if (i > 0 && target.presence == PRESENCE_ABSENT) {
                        target_done(&target);
                        break;
                }
                target_done(ret);
                *ret = target;
                if (target.presence != PRESENCE_ABSENT)
                        break;
        }
        return 0;
}

/* The text of VMware's configuration; empty where there is none. */
static int read_config(const Root *root, VmwareConfig **ret, Fault *fault)
{
        _cleanup_close_ int fd = root_open_file(root, VMWARE_CONFIG_PATH);
        _cleanup_free_ char *text = NULL;
        Fault why = FAULT_NONE;
        size_t size;
        int r;

        if (fd == -ENOENT || fd == -ENOTDIR)
                return vmware_config_parse("", 0, ret, fault);
        if (fd < 0)
                return root_fault(root, fault, fd, REASON_CONFIG, VMWARE_CONFIG_PATH);
        r = fd_read_text(fd, CONFIG_MAX, &text, &size);
        if (r < 0)
                return root_fault(root, fault, r, REASON_CONFIG, VMWARE_CONFIG_PATH);
        r = vmware_config_parse(text, size, ret, &why);
        if (r < 0 && fault) {
                (void)root_fault(root, fault, r, why.reason, VMWARE_CONFIG_PATH);
                fault->offset = why.offset;
        }
        return r;
}

static const char *first_set(const VmwareConfig *config, const char *const keys[], size_t count)
{
        for (size_t i = 0; i < count; i++) {
                const char *value = vmware_config_get(config, keys[i]);

                if (value && *value)
                        return value;
        }
        return NULL;
}

static const char *product_name(const VmwareConfig *config)
{
        const char *name = vmware_config_get(config, "product.name");

        if (name && *name)
                return name;
        if (vmware_config_get(config, "workstation.product.version"))
                return "VMware Workstation";
        return vmware_config_get(config, "player.product.version") ? "VMware Player" : NULL;
}

/* What the configuration says of the installation that it speaks of. */
static int installation_describe(Installation *installation, const VmwareConfig *config)
{
        static const char *const versions[] = {"product.version", "workstation.product.version",
                                               "player.product.version"};
        static const char *const builds[] = {"product.buildNumber"};

        if (text_copy(&installation->product, product_name(config)) < 0 ||
            text_copy(&installation->version, first_set(config, versions, ARRAY_SIZE(versions))) <
                    0 ||
            text_copy(&installation->build, first_set(config, builds, ARRAY_SIZE(builds))) < 0)
                return -ENOMEM;
        return 0;
}

static bool is_installed(const Installation *installation)
{
        for (Role role = 0; role < _ROLE_MAX; role++)
                if (installation->targets[role].presence != PRESENCE_ABSENT)
                        return true;
        return false;
}

static bool is_target_of(const Installations *found, const Target *target)
{
        for (size_t i = 0; i < found->count; i++) {
                const Place *place = &found->items[i].targets[target->role].place;

                if (place->path && text_equal(place->path, target->place.path))
                        return true;
        }
        return false;
}

/* Whether all its files are targets already, reached through other links. */
static bool is_found(const Installations *found, const Installation *installation)
{
        size_t known = 0;

        for (Role role = 0; role < _ROLE_MAX; role++) {
                const Target *target = &installation->targets[role];

                if (target->presence == PRESENCE_ABSENT)
                        continue;
                if (!target->place.path || !is_target_of(found, target))
                        return false;
                known++;
        }
        return known > 0;
}

static int add_installation(Installations *found, Installation *installation)
{
        Installation *larger = reallocarray(found->items, found->count + 1, sizeof(*larger));

        if (!larger)
                return -ENOMEM;
        found->items = larger;
        larger[found->count++] = *installation;
        *installation = (Installation){};
        for (Role role = 0; role < _ROLE_MAX; role++)
                installation->targets[role].place = PLACE_NONE;
        return 0;
}

static int find_installation(const Root *root, const char *libdir, bool windows,
                             const VmwareConfig *config, Installations *found)
{
        _cleanup_(installation_done) Installation installation = {.windows = windows};
        int r;

        for (Role role = 0; role < _ROLE_MAX; role++)
                installation.targets[role].place = PLACE_NONE;
        r = text_copy(&installation.libdir, libdir);
        for (Role role = 0; r >= 0 && role < _ROLE_MAX; role++)
                r = find_target(root, &installation, role, &installation.targets[role]);
        if (r < 0 || !is_installed(&installation) || is_found(found, &installation))
                return r;
        if (config)
                r = installation_describe(&installation, config);
        else if (windows)
                r = text_copy(&installation.product, strrchr(libdir, '/') + 1);
        return r < 0 ? r : add_installation(found, &installation);
}

/* On a machine's own root there is no drive of Windows'. */
static int find_windows(const Root *root, Installations *found)
{
        _cleanup_(texts_done) Texts libdirs = {};
        int r = root_is_host(root) ? 0 : windows_libdirs_find(root, &libdirs);

        for (size_t i = 0; r >= 0 && i < libdirs.count; i++)
                r = find_installation(root, libdirs.items[i], true, NULL, found);
        return r;
}

/* The same directory under two names is one installation. */
static bool libdirs_are_same(const Root *root, const char *a, const char *b)
{
        _cleanup_close_ int fd_a = root_open_at(root, a, O_PATH | O_DIRECTORY, 0);
        _cleanup_close_ int fd_b = root_open_at(root, b, O_PATH | O_DIRECTORY, 0);
        struct stat st_a, st_b;

        return fd_a >= 0 && fd_b >= 0 && fstat(fd_a, &st_a) == 0 && fstat(fd_b, &st_b) == 0 &&
               st_a.st_dev == st_b.st_dev && st_a.st_ino == st_b.st_ino;
}

/* libdir as the configuration has it, without slashes around it. */
static int configured_libdir(const VmwareConfig *config, char **ret)
{
        const char *libdir = vmware_config_get(config, "libdir");
        size_t length;

        libdir = libdir ? libdir + strspn(libdir, "/") : "";
        for (length = strlen(libdir); length > 0 && libdir[length - 1] == '/';)
                length--;
        return length > 0 ? text_format(ret, "%.*s", (int)length, libdir)
                          : text_copy(ret, LIBDIR_DEFAULT);
}

int libdirs_find(const Root *root, Texts *ret, Fault *fault)
{
        _cleanup_(vmware_config_freep) VmwareConfig *config = NULL;
        _cleanup_(texts_done) Texts libdirs = {};
        _cleanup_free_ char *libdir = NULL;
        int r = read_config(root, &config, fault);

        if (r < 0)
                return r;
        r = configured_libdir(config, &libdir);
        if (r >= 0)
                r = texts_add(&libdirs, libdir);
        if (r >= 0 && !text_equal(libdir, LIBDIR_DEFAULT))
                r = texts_add(&libdirs, LIBDIR_DEFAULT);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "libdir");
        *ret = libdirs;
        libdirs = (Texts){};
        return 0;
}

int installations_find(const Root *root, Installations *ret, Fault *fault)
{
        _cleanup_(installations_done) Installations found = {};
        _cleanup_(vmware_config_freep) VmwareConfig *config = NULL;
        _cleanup_free_ char *libdir = NULL;
        int r = read_config(root, &config, fault);

        if (r < 0)
                return r;
        r = vmware_config_flaws(config, &found.flaws);
        if (r >= 0)
                r = configured_libdir(config, &libdir);
        if (r >= 0)
                r = find_installation(root, libdir, false, config, &found);
        /* Its version is not what the configuration speaks of. */
        if (r >= 0 && !text_equal(libdir, LIBDIR_DEFAULT) &&
            !libdirs_are_same(root, libdir, LIBDIR_DEFAULT))
                r = find_installation(root, LIBDIR_DEFAULT, false, found.count > 0 ? NULL : config,
                                      &found);
        if (r >= 0)
                r = find_windows(root, &found);
        if (r < 0)
                return root_fault(root, fault, r, REASON_OPEN, libdir ? libdir : LIBDIR_DEFAULT);
        *ret = found;
        found = (Installations){};
        return 0;
}
