/* SPDX-License-Identifier: MIT */

/* unlockerctl generate: for vmware-unlocker-generator and vmware-unlocker-config.service.
 *
 * The units that are installed watch /usr/lib/vmware and may write there. VMware may be somewhere
 * else, by its configuration: then more path units and a larger sandbox are generated, anew at each
 * boot and reload, so that nothing is left behind when VMware goes or moves. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/text.h"
#include "ctl/complain.h"
#include "ctl/verb.h"
#include "host/installation.h"

#define GENERATED   "/run/systemd/generator"
#define UNIT_MAX    (16U * 1024U)
#define PATH_UNITS  3U
#define DROP_IN     "vmware-unlocker.service.d"
#define WANTS       "vmware-unlocker.path.wants"
#define FILES_COUNT (PATH_UNITS + 1U)

typedef struct Generated {
        const char *name; /* below the directory */
        char *text;       /* NULL: there is to be no such file */
} Generated;

static void generated_done(Generated (*files)[FILES_COUNT])
{
        for (size_t i = 0; i < FILES_COUNT; i++)
                free((*files)[i].text);
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

static int generate_path(const char *libdir, const char *below, Generated *file)
{
        _cleanup_free_ char *path = NULL;
        int r = escape(libdir, false, &path);

        if (r < 0)
                return r;
        return text_format(&file->text,
                           "# Made by vmware-unlocker-generator from /etc/vmware/config.\n"
                           "[Unit]\n"
                           "Description=Watch VMware in /%s for changes\n"
                           "Documentation=man:vmware-unlocker.service(8)\n"
                           "PartOf=vmware-unlocker.path\n"
                           "[Path]\n"
                           "PathChanged=/%s/%s\n"
                           "Unit=vmware-unlocker.service\n",
                           path, path, below);
}

static int generate_drop_in(const char *libdir, Generated *file)
{
        _cleanup_free_ char *path = NULL;
        int r = escape(libdir, true, &path);

        if (r < 0)
                return r;
        return text_format(&file->text,
                           "# Made by vmware-unlocker-generator from /etc/vmware/config.\n"
                           "[Service]\n"
                           "ReadWritePaths=\"-/%s\"\n"
                           "NoExecPaths=\"-/%s\"\n"
                           "%s",
                           path, path, is_below_home(libdir) ? "ProtectHome=read-only\n" : "");
}

static int generate_for(const char *libdir, Generated files[static FILES_COUNT])
{
        static const char *const below[PATH_UNITS] = {"bin", "lib/libvmwarebase.so",
                                                      "lib/libvmwarebase.so.0"};

        for (size_t i = 0; i < PATH_UNITS; i++) {
                int r = generate_path(libdir, below[i], &files[i]);

                if (r < 0)
                        return r;
        }
        return generate_drop_in(libdir, &files[PATH_UNITS]);
}

/* The first libdir is the configured one; the second, the default, is there only beside another. */
static int generate(const Root *root, Generated files[static FILES_COUNT], Fault *fault)
{
        _cleanup_(texts_done) Texts libdirs = {};
        int r = libdirs_find(root, &libdirs, fault);

        if (r < 0)
                return r;
        if (libdirs.count < 2)
                return 0;
        if (!is_sound(libdirs.items[0]))
                return fault_set(fault, -EINVAL, REASON_CONFIG, "libdir /%s", libdirs.items[0]);
        r = generate_for(libdirs.items[0], files);
        return r < 0 ? fault_set(fault, r, REASON_NO_MEMORY, "units") : 0;
}

static int is_written(int dir_fd, const Generated *file)
{
        _cleanup_close_ int fd = openat(dir_fd, file->name, O_RDONLY | O_CLOEXEC);
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r;

        if (fd < 0)
                return errno == ENOENT ? file->text == NULL : -errno;
        if (!file->text)
                return 0;
        r = fd_read_text(fd, UNIT_MAX, &text, &size);
        return r < 0 ? r : text_equal(text, file->text);
}

/* Whether other units would be written than there are. */
static int have_changed(const char *directory, const Generated files[static FILES_COUNT])
{
        _cleanup_close_ int dir_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (dir_fd < 0)
                return errno == ENOENT ? files[0].text != NULL : -errno;
        for (size_t i = 0; i < FILES_COUNT; i++) {
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

static int write_units(const char *directory, const Generated files[static FILES_COUNT])
{
        _cleanup_close_ int dir_fd = -EBADF;
        int r = 0;

        if (!files[0].text)
                return 0;
        dir_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (dir_fd < 0 || (mkdirat(dir_fd, DROP_IN, 0755) < 0 && errno != EEXIST) ||
            (mkdirat(dir_fd, WANTS, 0755) < 0 && errno != EEXIST))
                return -errno;
        for (size_t i = 0; r >= 0 && i < FILES_COUNT; i++)
                r = write_file(dir_fd, &files[i]);
        for (size_t i = 0; r >= 0 && i < PATH_UNITS; i++)
                r = link_wanted(dir_fd, files[i].name);
        return r;
}

static int run_generate(Context *context, int count, char **arguments)
{
        _cleanup_(generated_done) Generated files[FILES_COUNT] = {
                {.name = "vmware-unlocker-libdir.path"},
                {.name = "vmware-unlocker-libdir-lib.path"},
                {.name = "vmware-unlocker-libdir-lib0.path"},
                {.name = DROP_IN "/10-libdir.conf"},
        };
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
        .description = "Writes units that watch VMware where its configuration says it is, when "
                       "that is not /usr/lib/vmware, into a directory of systemd's generators. For "
                       "systemd.",
        .options = generate_options,
        .maximum_arguments = 1,
        .run = run_generate,
};
