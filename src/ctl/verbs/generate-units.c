/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "ctl/verbs/generate-units.h"
#include "file/fd.h"
#include "host/target-paths.h"
#include "host/trail.h"

#define LIST_MAX (1024U * 1024U)
#define MADE     "# Made by vmware-unlocker-generator from where VMware lies.\n"

/* What lies about VMware's files. All from the root, without leading slash. */
typedef struct Surroundings {
        Texts libdirs;     /* the configured one first, when there is another than the default */
        Texts ends;        /* where these are, links followed */
        Texts directories; /* on the way to any file: any may be a mount point */
        Texts links;       /* in which symbolic links on the way lie, or files they lead to */
        Texts writable;    /* where a link leads out of VMware's own directories */
        bool home;         /* some of it is below /home, /root, /run/user, */
        bool temporary;    /* or below /tmp, /var/tmp */
} Surroundings;

static void surroundings_done(Surroundings *around)
{
        texts_done(&around->libdirs);
        texts_done(&around->ends);
        texts_done(&around->directories);
        texts_done(&around->links);
        texts_done(&around->writable);
}

void generated_units_done(GeneratedUnits *units)
{
        for (size_t i = 0; i < units->count; i++) {
                free(units->items[i].name);
                free(units->items[i].text);
        }
        free(units->items);
        *units = (GeneratedUnits){};
}

_printf_(4, 5) static int units_add(GeneratedUnits *units, bool wanted, const char *name,
                                    const char *format, ...)
{
        GeneratedUnit *larger = reallocarray(units->items, units->count + 1, sizeof(*larger));
        GeneratedUnit unit = {.wanted = wanted};
        va_list arguments;
        int r;

        if (!larger)
                return -ENOMEM;
        units->items = larger;
        va_start(arguments, format);
        r = vasprintf(&unit.text, format, arguments) < 0 ? -ENOMEM : 0;
        va_end(arguments);
        if (r >= 0)
                r = text_copy(&unit.name, name);
        if (r < 0) {
                free(unit.text);
                return r;
        }
        larger[units->count++] = unit;
        return 0;
}

/* In unit files "%" begins a specifier; in quotes, "\" an escape. `ret` is a new string. */
static int unit_escape(const char *text, bool quoted, char **ret)
{
        char *to = malloc(2 * strlen(text) + 1);

        if (!to)
                return -ENOMEM;
        *ret = to;
        for (; *text; text++) {
                if (*text == '%')
                        *to++ = '%';
                else if (quoted && (*text == '"' || *text == '\\'))
                        *to++ = '\\';
                *to++ = *text;
        }
        *to = '\0';
        return 0;
}

static bool directory_is_in(const char *path, const char *directory)
{
        size_t length = strlen(directory);

        return text_starts(path, directory) && (path[length] == '\0' || path[length] == '/');
}

/* A directory that may be opened to the service: VMware's own, not one of the system's. */
static bool directory_is_sound(const char *directory)
{
        static const char *const system[] = {"usr/lib",   "usr/lib32", "usr/lib64",
                                             "usr/bin",   "usr/sbin",  "usr/share",
                                             "usr/local", "var/lib",   "run/systemd"};

        for (size_t i = 0; i < ARRAY_SIZE(system); i++)
                if (text_equal(directory, system[i]))
                        return false;
        return strchr(directory, '/') && !strstr(directory, "//") && !strstr(directory, "/.") &&
               directory[0] != '.' &&
               text_is_printable((const uint8_t *)directory, strlen(directory));
}

static int surroundings_add(Texts *texts, const Texts *more)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < more->count; i++)
                r = texts_add_once(texts, more->items[i]);
        return r;
}

static void surroundings_look_for_private(Surroundings *around, const Texts *directories)
{
        for (size_t i = 0; i < directories->count; i++) {
                const char *directory = directories->items[i];

                around->home |= directory_is_in(directory, "home") ||
                                directory_is_in(directory, "root") ||
                                directory_is_in(directory, "run/user");
                around->temporary |=
                        directory_is_in(directory, "tmp") || directory_is_in(directory, "var/tmp");
        }
}

static bool directory_is_in_any(const char *path, const Texts *directories)
{
        for (size_t i = 0; i < directories->count; i++)
                if (directory_is_in(path, directories->items[i]))
                        return true;
        return false;
}

static int surroundings_add_spot(const Root *root, const Spot *spot, Surroundings *around)
{
        _cleanup_(trail_done) Trail trail = {}, directory = {};
        char *slash;
        int r = trail_follow(root, spot->path, &trail);

        if (r >= 0)
                r = trail_follow(root, spot->directory, &directory);
        /* Links without end: what is not there needs no unit. */
        if (r == -ELOOP)
                return 0;
        if (r >= 0)
                r = surroundings_add(&around->directories, &trail.directories);
        if (r >= 0)
                r = surroundings_add(&around->links, &trail.links);
        if (r < 0)
                return r;
        surroundings_look_for_private(around, &trail.directories);
        slash = strrchr(trail.end, '/');
        if (!slash)
                return 0;
        *slash = '\0';
        /* A link to the file itself leads to a directory that no other unit watches. */
        if (!text_equal(trail.end, directory.end))
                r = texts_add_once(&around->links, trail.end);
        if (r >= 0 && directory_is_sound(trail.end) &&
            !directory_is_in_any(trail.end, &around->ends))
                r = texts_add_once(&around->writable, trail.end);
        return r;
}

static int surroundings_look(const Root *root, Surroundings *around, Fault *fault)
{
        _cleanup_(spots_done) Spots spots = {};
        int r = libdirs_find(root, &around->libdirs, fault);

        if (r < 0)
                return r;
        if (around->libdirs.count > 1 && !directory_is_sound(around->libdirs.items[0]))
                return fault_set(fault, -EINVAL, REASON_CONFIG, "libdir /%s",
                                 around->libdirs.items[0]);
        r = spots_find(root, &spots, fault);
        if (r < 0)
                return r;
        for (size_t i = 0; r >= 0 && i < around->libdirs.count; i++) {
                _cleanup_(trail_done) Trail trail = {};

                r = trail_follow(root, around->libdirs.items[i], &trail);
                if (r >= 0)
                        r = texts_add(&around->ends, trail.end);
                else if (r == -ELOOP)
                        r = 0;
        }
        for (size_t i = 0; r >= 0 && i < spots.count; i++)
                r = surroundings_add_spot(root, &spots.items[i], around);
        return r < 0 ? fault_set(fault, r, REASON_NO_MEMORY, "units") : 0;
}

/* A path unit that starts `service` when /`path` changes. */
static int units_add_path(GeneratedUnits *units, const char *name, const char *path,
                          const char *service)
{
        _cleanup_free_ char *escaped = NULL;
        int r = unit_escape(path, false, &escaped);

        if (r < 0)
                return r;
        return units_add(units, true, name,
                         MADE "[Unit]\n"
                              "Description=Watch /%s for changes\n"
                              "Documentation=man:vmware-unlocker.service(8)\n"
                              "PartOf=vmware-unlocker.path\n"
                              "StartLimitIntervalSec=0\n"
                              "[Path]\n"
                              "PathChanged=/%s\n"
                              "Unit=%s\n",
                         escaped, escaped, service);
}

/* What the installed units do for the default directory. */
static int units_add_paths(GeneratedUnits *units, const char *libdir)
{
        static const char *const watched[][2] = {
                {"vmware-unlocker-libdir.path", "/bin"},
                {"vmware-unlocker-libdir-lib.path", "/lib/libvmwarebase.so"},
                {"vmware-unlocker-libdir-lib0.path", "/lib/libvmwarebase.so.0"},
                {"vmware-unlocker-libdir-tree.path", ""},
        };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(watched); i++) {
                _cleanup_free_ char *path = NULL;

                r = text_format(&path, "%s%s", libdir, watched[i][1]);
                if (r >= 0)
                        r = units_add_path(units, watched[i][0], path, "vmware-unlocker.service");
        }
        return r;
}

/* Where a symbolic link is, it may be switched. */
static int units_add_links(GeneratedUnits *units, const Texts *links)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < links->count; i++) {
                char name[64] = "vmware-unlocker-link.path";

                if (i > 0)
                        text_put(name, sizeof(name), "vmware-unlocker-link%zu.path", i);
                r = units_add_path(units, name, links->items[i], "vmware-unlocker-missed.service");
        }
        return r;
}

static int unit_append_writable(char **text, const char *directory)
{
        _cleanup_free_ char *path = NULL;
        int r = unit_escape(directory, true, &path);

        return r < 0 ? r
                     : text_append(text, "ReadWritePaths=\"-/%s\"\nNoExecPaths=\"-/%s\"\n", path,
                                   path);
}

static int units_add_drop_ins(GeneratedUnits *units, const Surroundings *around)
{
        _cleanup_free_ char *text = NULL;
        int r = text_copy(&text, "");

        if (around->libdirs.count > 1)
                r = unit_append_writable(&text, around->libdirs.items[0]);
        for (size_t i = 0; r >= 0 && i < around->writable.count; i++)
                r = unit_append_writable(&text, around->writable.items[i]);
        if (r >= 0)
                r = text_append(&text, "%s%s", around->home ? "ProtectHome=read-only\n" : "",
                                around->temporary ? "PrivateTmp=no\n" : "");
        if (r >= 0 && *text)
                r = units_add(units, false, "vmware-unlocker.service.d/10-libdir.conf",
                              MADE "[Service]\n%s", text);
        /* They must see what the service sees, and see /home anyway. */
        if (r >= 0 && around->temporary)
                r = units_add(units, false, "vmware-unlocker-missed.service.d/10-libdir.conf",
                              MADE "[Service]\nPrivateTmp=no\n");
        if (r >= 0 && around->temporary)
                r = units_add(units, false, "vmware-unlocker-verify.service.d/10-libdir.conf",
                              MADE "[Service]\nPrivateTmp=no\n");
        return r;
}

static int units_add_mount(GeneratedUnits *units, const char *directory)
{
        static const char kept[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                   ":_.";
        _cleanup_free_ char *escaped = calloc(4, strlen(directory) + 1), *name = NULL;
        char *to = escaped;
        int r = escaped ? 0 : -ENOMEM;

        for (const char *at = directory; r >= 0 && *at; at++)
                if (*at == '/')
                        *to++ = '-';
                else if (strchr(kept, *at) && (*at != '.' || at > directory))
                        *to++ = *at;
                else
                        to += sprintf(to, "\\x%02x", (unsigned)(unsigned char)*at);
        if (r >= 0)
                r = text_format(&name, "%s.mount.d/10-vmware-unlocker.conf", escaped);
        return r < 0 ? r
                     : units_add(units, false, name,
                                 MADE "[Unit]\nWants=vmware-unlocker-mount@%s.service\n", escaped);
}

int generated_units_make(const Root *root, GeneratedUnits *ret, Fault *fault)
{
        _cleanup_(surroundings_done) Surroundings around = {};
        _cleanup_(generated_units_done) GeneratedUnits units = {};
        int r = surroundings_look(root, &around, fault);

        if (r < 0)
                return r;
        if (around.libdirs.count > 1)
                r = units_add_paths(&units, around.libdirs.items[0]);
        if (r >= 0)
                r = units_add_links(&units, &around.links);
        if (r >= 0)
                r = units_add_drop_ins(&units, &around);
        for (size_t i = 0; r >= 0 && i < around.directories.count; i++)
                r = units_add_mount(&units, around.directories.items[i]);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "units");
        *ret = units;
        units = (GeneratedUnits){};
        return 0;
}

int generated_units_describe(const GeneratedUnits *units, char **ret)
{
        _cleanup_free_ char *text = NULL;
        int r = text_copy(&text, "");

        for (size_t i = 0; r >= 0 && i < units->count; i++)
                r = text_append(&text, "%s\n%s\n", units->items[i].name, units->items[i].text);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(text);
        return 0;
}

int generated_units_differ(int dir_fd, const GeneratedUnits *units)
{
        _cleanup_close_ int fd = openat(dir_fd, GENERATED_LIST, O_RDONLY | O_CLOEXEC);
        _cleanup_free_ char *text = NULL, *written = NULL;
        size_t size;
        int r;

        if (fd < 0)
                return -errno;
        r = generated_units_describe(units, &text);
        if (r >= 0)
                r = fd_read_text(fd, LIST_MAX, &written, &size);
        return r < 0 ? r : !text_equal(text, written);
}
