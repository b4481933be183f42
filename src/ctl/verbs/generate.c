/* SPDX-License-Identifier: MIT */

/* unlockerctl generate: for vmware-unlocker-generator and vmware-unlocker-config.service.
 *
 * The units that are installed watch /usr/lib/vmware and may write there. VMware may be somewhere
 * else, by its configuration or by a symbolic link, or come as a mount: then more path units, a
 * larger sandbox and wants of mount units are generated, anew at each boot and reload, so that
 * nothing is left behind when VMware goes or moves. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/text.h"
#include "ctl/frame/context.h"
#include "ctl/terminal/errors.h"
#include "ctl/verbs/verbs.h"
#include "file/fd.h"
#include "host/installation.h"

#define GENERATED  "/run/systemd/generator"
#define UNIT_MAX   (16U * 1024U)
#define DROP_IN    "vmware-unlocker.service.d/10-libdir.conf"
#define WANTS      "vmware-unlocker.path.wants"
#define MADE       "# Made by vmware-unlocker-generator from /etc/vmware/config.\n"
#define PATH_UNITS 4U /* the first so many files; vmware-unlocker.path wants them */

typedef enum FileIndex {
        FILE_BIN,
        FILE_LIB,
        FILE_LIB0,
        FILE_LINK,
        FILE_DROP_IN,
        FILE_MOUNT,
        FILE_OTHER_MOUNT,
        _FILE_MAX,
} FileIndex;

typedef struct Generated {
        char *name; /* below the directory; NULL, as text is: no such file */
        char *text; /* NULL: there is to be no such file */
} Generated;

static void generated_done(Generated (*files)[_FILE_MAX])
{
        for (size_t i = 0; i < _FILE_MAX; i++) {
                free((*files)[i].name);
                free((*files)[i].text);
        }
}

/* In unit files "%" begins a specifier; in quotes, "\" an escape. `ret` is a new string. */
static int escape(const char *text, bool quoted, char **ret)
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

/* A directory that may be opened to the service: VMware's own, not one of the system's. */
static bool is_sound(const char *libdir)
{
        static const char *const system[] = {"usr/lib",   "usr/lib32", "usr/lib64",
                                             "usr/bin",   "usr/sbin",  "usr/share",
                                             "usr/local", "var/lib",   "run/systemd"};

        for (size_t i = 0; i < ARRAY_SIZE(system); i++)
                if (text_equal(libdir, system[i]))
                        return false;
        return strchr(libdir, '/') && !strstr(libdir, "//") && !strstr(libdir, "/.") &&
               libdir[0] != '.' && text_is_printable((const uint8_t *)libdir, strlen(libdir));
}

static bool is_below_home(const char *libdir)
{
        return text_starts(libdir, "home/") || text_starts(libdir, "root/") ||
               text_starts(libdir, "run/user/");
}

/* A path unit that starts `service` when /`path` changes. */
static int generate_path(const char *path, const char *service, Generated *file)
{
        _cleanup_free_ char *escaped = NULL;
        int r = escape(path, false, &escaped);

        if (r < 0)
                return r;
        return text_format(&file->text,
                           MADE "[Unit]\n"
                                "Description=Watch /%s for changes\n"
                                "Documentation=man:vmware-unlocker.service(8)\n"
                                "PartOf=vmware-unlocker.path\n"
                                "[Path]\n"
                                "PathChanged=/%s\n"
                                "Unit=%s\n",
                           escaped, escaped, service);
}

static int generate_paths(const char *libdir, Generated files[static _FILE_MAX])
{
        static const char *const below[] = {
                [FILE_BIN] = "bin",
                [FILE_LIB] = "lib/libvmwarebase.so",
                [FILE_LIB0] = "lib/libvmwarebase.so.0",
        };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(below); i++) {
                _cleanup_free_ char *path = NULL;

                r = text_format(&path, "%s/%s", libdir, below[i]);
                if (r >= 0)
                        r = generate_path(path, "vmware-unlocker.service", &files[i]);
        }
        return r;
}

/* The directory in which the first symbolic link on the way to `libdir` lies, "" for the root
 * itself; NULL when there is no link. A new string. */
static int link_directory(const Root *root, const char *libdir, char **ret)
{
        _cleanup_free_ char *path = NULL;
        int r = text_format(&path, "/%s", libdir);

        *ret = NULL;
        for (char *slash = path; r >= 0 && slash; slash = strchr(slash + 1, '/')) {
                size_t length = strcspn(slash + 1, "/");
                _cleanup_free_ char *name = strndup(slash + 1, length);
                _cleanup_close_ int fd = -EBADF;
                struct stat st;

                if (!name)
                        return -ENOMEM;
                *slash = '\0';
                fd = root_open_at(root, path, O_PATH | O_DIRECTORY, 0);
                if (fd < 0 || fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                        return 0;
                if (S_ISLNK(st.st_mode))
                        return text_copy(ret, *path ? path + 1 : "");
                *slash = '/';
        }
        return r;
}

static int generate_drop_in(const char *libdir, Generated *file)
{
        _cleanup_free_ char *path = NULL;
        int r = escape(libdir, true, &path);

        if (r < 0)
                return r;
        return text_format(&file->text,
                           MADE "[Service]\n"
                                "ReadWritePaths=\"-/%s\"\n"
                                "NoExecPaths=\"-/%s\"\n"
                                "%s",
                           path, path, is_below_home(libdir) ? "ProtectHome=read-only\n" : "");
}

static int generate_mount(const char *libdir, Generated *file)
{
        static const char kept[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                   ":_.";
        _cleanup_free_ char *name = calloc(4, strlen(libdir) + 1);
        char *to = name;
        int r;

        if (!name)
                return -ENOMEM;
        for (const char *at = libdir; *at; at++)
                if (*at == '/')
                        *to++ = '-';
                else if (strchr(kept, *at))
                        *to++ = *at;
                else
                        to += sprintf(to, "\\x%02x", (unsigned)(unsigned char)*at);
        r = text_format(&file->name, "%s.mount.d/10-vmware-unlocker.conf", name);
        if (r < 0)
                return r;
        return text_copy(&file->text, MADE "[Unit]\nWants=vmware-unlocker-reload.service\n");
}

/* Where a symbolic link is on the way to `libdir`, it may be switched. */
static int generate_link(const Root *root, const char *libdir, Generated *file)
{
        _cleanup_free_ char *directory = NULL;
        int r = file->text ? 0 : link_directory(root, libdir, &directory);

        if (r < 0 || !directory)
                return r;
        return generate_path(directory, "vmware-unlocker-verify.service", file);
}

/* The first libdir is the configured one; the second, the default, is there only beside another. */
static int generate_for(const Root *root, const Texts *libdirs, Generated files[static _FILE_MAX])
{
        int r = 0;

        if (libdirs->count > 1)
                r = generate_paths(libdirs->items[0], files);
        if (r >= 0 && libdirs->count > 1)
                r = generate_drop_in(libdirs->items[0], &files[FILE_DROP_IN]);
        for (size_t i = 0; r >= 0 && i < libdirs->count; i++) {
                r = generate_link(root, libdirs->items[i], &files[FILE_LINK]);
                if (r >= 0)
                        r = generate_mount(libdirs->items[i],
                                           &files[i == 0 ? FILE_MOUNT : FILE_OTHER_MOUNT]);
        }
        return r;
}

static int generate(const Root *root, Generated files[static _FILE_MAX], Fault *fault)
{
        static const char *const names[] = {
                [FILE_BIN] = "vmware-unlocker-libdir.path",
                [FILE_LIB] = "vmware-unlocker-libdir-lib.path",
                [FILE_LIB0] = "vmware-unlocker-libdir-lib0.path",
                [FILE_LINK] = "vmware-unlocker-link.path",
                [FILE_DROP_IN] = DROP_IN,
        };
        _cleanup_(texts_done) Texts libdirs = {};
        int r = libdirs_find(root, &libdirs, fault);

        if (r < 0)
                return r;
        if (libdirs.count > 1 && !is_sound(libdirs.items[0]))
                return fault_set(fault, -EINVAL, REASON_CONFIG, "libdir /%s", libdirs.items[0]);
        for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(names); i++)
                r = text_copy(&files[i].name, names[i]);
        if (r >= 0)
                r = generate_for(root, &libdirs, files);
        return r < 0 ? fault_set(fault, r, REASON_NO_MEMORY, "units") : 0;
}

static int is_written(int dir_fd, const Generated *file)
{
        _cleanup_close_ int fd =
                file->name ? openat(dir_fd, file->name, O_RDONLY | O_CLOEXEC) : -EBADF;
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r;

        if (!file->name)
                return 1;
        if (fd < 0)
                return errno == ENOENT ? file->text == NULL : -errno;
        if (!file->text)
                return 0;
        r = fd_read_text(fd, UNIT_MAX, &text, &size);
        return r < 0 ? r : text_equal(text, file->text);
}

/* Whether other units would be written than there are. */
static int have_changed(const char *directory, const Generated files[static _FILE_MAX])
{
        _cleanup_close_ int dir_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (dir_fd < 0)
                return errno == ENOENT ? 1 : -errno;
        for (size_t i = 0; i < _FILE_MAX; i++) {
                int r = is_written(dir_fd, &files[i]);

                if (r <= 0)
                        return r < 0 ? r : 1;
        }
        return 0;
}

static int write_file(int dir_fd, const Generated *file)
{
        _cleanup_close_ int fd = openat(
                dir_fd, file->name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);

        if (fd < 0)
                return -errno;
        return fd_write(fd, (Span){(const uint8_t *)file->text, strlen(file->text)});
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

static int write_units(const char *directory, const Generated files[static _FILE_MAX])
{
        _cleanup_close_ int dir_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        int r = 0;

        if (dir_fd < 0)
                return -errno;
        for (size_t i = 0; r >= 0 && i < _FILE_MAX; i++) {
                if (!files[i].text)
                        continue;
                r = make_directory_of(dir_fd, files[i].name);
                if (r >= 0)
                        r = write_file(dir_fd, &files[i]);
                if (r >= 0 && i < PATH_UNITS)
                        r = make_directory_of(dir_fd, WANTS "/");
                if (r >= 0 && i < PATH_UNITS)
                        r = link_wanted(dir_fd, files[i].name);
        }
        return r;
}

static int run_generate(Context *context, int count, char **arguments)
{
        _cleanup_(generated_done) Generated files[_FILE_MAX] = {};
        _cleanup_(root_done) Root root = ROOT_NONE;
        const char *directory = count > 0 ? arguments[0] : GENERATED;
        bool only_look = context_option(context, "changed") != NULL;
        Fault fault = FAULT_NONE;
        int r = root_open(context->roots.items[0], &root, &fault);

        if (r >= 0)
                r = generate(&root, files, &fault);
        if (r >= 0)
                r = only_look ? have_changed(directory, files) : write_units(directory, files);
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
