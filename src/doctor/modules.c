/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/text.h"
#include "doctor/modules.h"
#include "doctor/start.h"
#include "file/directory.h"
#include "file/fd.h"

#define MODULE_MAX                                                                     \
        (16U * 1024U * 1024U) /* real ones have less than one MiB, with debugging some \
                               */
#define VALUE_MAX  4096U
#define DEPTH_MAX  8U /* of directories below /lib/modules/RELEASE */
#define SIGNATURE  "~Module signature appended~\n"
#define SECUREBOOT "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

static void module_file_done(ModuleFile *file)
{
        free(file->path);
        free(file->version);
        free(file->source);
        *file = (ModuleFile){};
}

static void kernel_module_done(Module *module)
{
        free(module->version);
        free(module->source);
        module_file_done(&module->newest);
        free(module->other);
        *module = (Module){};
}

void modules_done(Modules *modules)
{
        free(modules->release);
        kernel_module_done(&modules->vmmon);
        kernel_module_done(&modules->vmnet);
        *modules = MODULES_NONE;
}

static bool path_exists(const Root *root, const char *path)
{
        _cleanup_close_ int fd = root_open_at(root, path, O_PATH | O_CLOEXEC, 0);

        return fd >= 0;
}

/* The first line of a file, in a new string; NULL when there is none. */
static int value_read(const Root *root, const char *path, char **ret)
{
        int r = start_read(root, path, VALUE_MAX, ret);

        if (r >= 0 && *ret)
                (*ret)[strcspn(*ret, "\n")] = '\0';
        return r;
}

/* Files ----------------------------------------------------------------------------------------
 */

/* The value of "name=value" among modinfo's strings, which NUL bytes end. */
static int modinfo_value(Span bytes, const char *name, char **ret)
{
        size_t size = strlen(name);
        const uint8_t *at = bytes.bytes, *end = bytes.bytes + bytes.size;

        *ret = NULL;
        while ((at = memmem(at, (size_t)(end - at), name, size))) {
                bool first = at == bytes.bytes || at[-1] == '\0';

                at += size;
                if (!first || !memchr(at, '\0', (size_t)(end - at)))
                        continue;
                return text_copy(ret, (const char *)at);
        }
        return 0;
}

/* Whether a module says that it is for `release`; true when it does not say. */
static bool is_for_release(Span bytes, const char *release, int *ret_error)
{
        _cleanup_free_ char *magic = NULL;
        size_t size = strlen(release);

        *ret_error = modinfo_value(bytes, "vermagic=", &magic);
        return !magic || (text_starts(magic, release) && (magic[size] == ' ' || !magic[size]));
}

/* 1 when the file is a module for `release`. */
static int module_file_read(const Root *root, const char *path, const char *release,
                            ModuleFile *ret)
{
        _cleanup_close_ int fd = root_open_file(root, path);
        _cleanup_free_ char *text = NULL;
        size_t size = 0;
        struct stat st;
        int r;

        if (fd < 0 || fstat(fd, &st) < 0)
                return 0;
        ret->built = st.st_mtim;
        r = text_copy(&ret->path, path);
        if (r < 0 || !text_equal(path + strlen(path) - 3, ".ko"))
                return r < 0 ? r : 1;
        r = fd_read_text(fd, MODULE_MAX, &text, &size);
        if (r < 0)
                return r == -ENOMEM ? r : 1;
        Span bytes = {(const uint8_t *)text, size};

        ret->readable = true;
        ret->is_signed =
                size >= strlen(SIGNATURE) && text_equal(text + size - strlen(SIGNATURE), SIGNATURE);
        if (!is_for_release(bytes, release, &r))
                return r;
        r = modinfo_value(bytes, "version=", &ret->version);
        if (r >= 0)
                r = modinfo_value(bytes, "srcversion=", &ret->source);
        return r < 0 ? r : 1;
}

static bool is_newer(const ModuleFile *a, const ModuleFile *b)
{
        return !b->path || a->built.tv_sec > b->built.tv_sec ||
               (a->built.tv_sec == b->built.tv_sec && a->built.tv_nsec > b->built.tv_nsec);
}

/* Whether the loaded module was made from what the file was. */
static bool is_source_of(const Module *module, const ModuleFile *file)
{
        return module->loaded && module->source && file->source &&
               text_equal(module->source, file->source);
}

/* Takes the file's contents. */
static int module_take_file(Module *module, ModuleFile *file)
{
        ModuleFile older = is_newer(file, &module->newest) ? module->newest : *file;
        int r = 0;

        if (is_newer(file, &module->newest))
                module->newest = *file;
        *file = (ModuleFile){};
        if (older.path && is_source_of(module, &older)) {
                free(module->other);
                r = text_copy(&module->other, older.path);
        }
        module_file_done(&older);
        return r;
}

/* Whether `name` is that of a module's file: "vmmon.ko", or the same compressed. */
static bool name_is_module(const char *name, const char *module)
{
        static const char *const ends[] = {".ko", ".ko.xz", ".ko.zst", ".ko.gz"};
        size_t size = strlen(module);

        if (!text_starts(name, module))
                return false;
        for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
                if (text_equal(name + size, ends[i]))
                        return true;
        return false;
}

static bool is_directory(int dir_fd, const char *name)
{
        struct stat st;

        return fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/* Kernel headers may lie beside the modules; they are many, and no modules. */
static bool may_have_modules(int dir_fd, const char *name, unsigned depth)
{
        return depth < DEPTH_MAX && !strstr(name, ".ko") &&
               (depth > 0 || (!text_equal(name, "build") && !text_equal(name, "source"))) &&
               is_directory(dir_fd, name);
}

static int modules_take(const Root *root, const char *path, const char *name, Modules *modules)
{
        Module *const all[] = {&modules->vmmon, &modules->vmnet};
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(all); i++) {
                _cleanup_(module_file_done) ModuleFile file = {};

                if (!name_is_module(name, all[i]->name))
                        continue;
                r = module_file_read(root, path, modules->release, &file);
                if (r > 0)
                        r = module_take_file(all[i], &file);
        }
        return r;
}

/* Distributions, DKMS, vmware-modconfig and people put modules into directories of their own. */
static int modules_find_files(const Root *root, const char *directory, unsigned depth,
                              Modules *modules)
{
        _cleanup_close_ int fd = root_open_at(root, directory, O_RDONLY | O_DIRECTORY, 0);
        _cleanup_(texts_done) Texts names = {};
        int r = fd < 0 ? 0 : directory_names(fd, &names);

        for (size_t i = 0; r >= 0 && i < names.count; i++) {
                _cleanup_free_ char *path = NULL;

                r = text_format(&path, "%s/%s", directory, names.items[i]);
                if (r >= 0 && may_have_modules(fd, names.items[i], depth))
                        r = modules_find_files(root, path, depth + 1, modules);
                if (r >= 0)
                        r = modules_take(root, path, names.items[i], modules);
        }
        return r == -ENOMEM ? r : 0;
}

/* Reading -------------------------------------------------------------------------------------- */

static int module_attribute(const Root *root, const char *name, const char *attribute, char **ret)
{
        char path[64];

        text_put(path, sizeof(path), "sys/module/%s/%s", name, attribute);
        return value_read(root, path, ret);
}

static int kernel_module_read(const Root *root, const Modules *all, const char *name, Module *ret)
{
        char path[64];
        int r;

        ret->name = name;
        ret->known = path_exists(root, "sys/module");
        text_put(path, sizeof(path), "sys/module/%s", name);
        ret->loaded =
                ret->known ? path_exists(root, path) : all->has_device && text_equal(name, "vmmon");
        r = module_attribute(root, name, "version", &ret->version);
        return r < 0 ? r : module_attribute(root, name, "srcversion", &ret->source);
}

static int modules_read_built(const Root *root, Modules *modules)
{
        static const char *const trees[] = {"lib/modules", "usr/lib/modules"};
        _cleanup_free_ char *directory = NULL;
        int r;

        if (!modules->release)
                return 0;
        r = text_format(&directory, "%s/%s", trees[path_exists(root, trees[0]) ? 0 : 1],
                        modules->release);
        return r < 0 ? r : modules_find_files(root, directory, 0, modules);
}

/* The variable's attributes have four bytes, its value one. */
static bool is_secure_boot(const Root *root)
{
        _cleanup_close_ int fd = root_open_file(root, SECUREBOOT);
        uint8_t bytes[5];

        return fd >= 0 && fd_read_up_to(fd, bytes, sizeof(bytes), 0) == sizeof(bytes) &&
               bytes[4] == 1;
}

static int read_signed_only(const Root *root, bool *ret)
{
        _cleanup_free_ char *lockdown = NULL, *enforce = NULL;
        int r = value_read(root, "sys/kernel/security/lockdown", &lockdown);

        if (r >= 0)
                r = value_read(root, "sys/module/module/parameters/sig_enforce", &enforce);
        *ret = is_secure_boot(root) || (enforce && *enforce == 'Y') ||
               (lockdown &&
                (strstr(lockdown, "[integrity]") || strstr(lockdown, "[confidentiality]")));
        return r;
}

int modules_read(const Root *root, Modules *ret)
{
        _cleanup_(modules_done) Modules modules = MODULES_NONE;
        int r = value_read(root, "proc/sys/kernel/osrelease", &modules.release);

        if (r < 0)
                return r;
        /* Not opened: that would need VMware's rights. */
        modules.has_device = path_exists(root, "dev/vmmon");
        if (modules.release && !text_is_path_below(modules.release))
                modules.release = (free(modules.release), NULL);
        r = read_signed_only(root, &modules.signed_only);
        if (r >= 0)
                r = kernel_module_read(root, &modules, "vmmon", &modules.vmmon);
        if (r >= 0)
                r = kernel_module_read(root, &modules, "vmnet", &modules.vmnet);
        if (r >= 0)
                r = modules_read_built(root, &modules);
        if (r < 0)
                return r;
        *ret = modules;
        modules = MODULES_NONE;
        return 0;
}
