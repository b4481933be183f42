/* SPDX-License-Identifier: MIT */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/text.h"
#include "doctor/vm-files.h"
#include "file/atomic-file.h"
#include "file/attributes.h"
#include "file/directory.h"
#include "file/fd.h"
#include "file/link.h"
#include "file/same.h"
#include "vmx/dictionary.h"

#define LOG_NAME "vmware.log"
#define LOG_END  (256U * 1024U) /* bytes; a log's end, where a start that failed is told of */
#define KEPT_MAX 99U            /* copies that are kept of one .vmx */

void vm_files_done(VmFiles *files)
{
        files->dir_fd = fd_close(files->dir_fd);
        free(files->name);
        free(files->path);
        free(files->text);
        free(files->log);
        free(files->log_path);
        *files = VM_FILES_NONE;
}

static bool name_ends(const char *name, const char *suffix)
{
        size_t size = strlen(name), end = strlen(suffix);

        return size > end && text_equal_ascii(name + size - end, suffix);
}

/* Not a directory, and not one of the hidden files that macOS puts beside each ("._mac.vmx"). */
static bool file_is_vmx(int dir_fd, const char *name)
{
        struct stat st;

        return name[0] != '.' && name_ends(name, ".vmx") &&
               !(fstatat(dir_fd, name, &st, 0) == 0 && S_ISDIR(st.st_mode));
}

/* Those that may be meant in a directory. */
static int list_vmx(int dir_fd, Texts *ret)
{
        _cleanup_(texts_done) Texts names = {};
        int r = directory_names(dir_fd, &names);

        for (size_t i = 0; r >= 0 && i < names.count; i++)
                if (file_is_vmx(dir_fd, names.items[i]))
                        r = texts_add(ret, names.items[i]);
        return r;
}

#define NAMED_MAX  2U
#define NAMED_SIZE 40U /* characters of a name */

/* -ENOENT or -ENOTUNIQ, by which the words are chosen, with the names that were found. */
static int refuse_directory(const VmFiles *files, const Texts *found, Fault *fault)
{
        _cleanup_free_ char *first = NULL, *second = NULL;
        char more[32] = "";
        int r;

        if (found->count == 0)
                return fault_set(fault, -ENOENT, REASON_VMX_DIRECTORY, "%s", files->path);
        r = text_excerpt(found->items[0], NAMED_SIZE, &first);
        if (r >= 0)
                r = text_excerpt(found->items[1], NAMED_SIZE, &second);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", files->path);
        if (found->count > NAMED_MAX)
                text_put(more, sizeof(more), " and %zu more", found->count - NAMED_MAX);
        (void)fault_set(fault, -ENOTUNIQ, REASON_VMX_DIRECTORY, "%s", files->path);
        fault_remark(fault, "%s%s%s%s", first, *more ? ", " : " and ", second, more);
        return -ENOTUNIQ;
}

/* The one .vmx in the directory that files->path is: the path becomes that one's. */
static int find_in_directory(VmFiles *files, int dir_fd, Fault *fault)
{
        _cleanup_(texts_done) Texts found = {};
        char *path;
        int r = list_vmx(dir_fd, &found);

        if (r < 0)
                return fault_set(fault, r, REASON_READ, "%s", files->path);
        if (found.count != 1)
                return refuse_directory(files, &found, fault);
        r = text_format(&path, "%s%s%s", files->path,
                        files->path[strlen(files->path) - 1] == '/' ? "" : "/", found.items[0]);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", files->path);
        free(files->path);
        files->path = path;
        return 0;
}

/* The directory and the name that the file really has. */
static int find_place(VmFiles *files, Fault *fault)
{
        _cleanup_close_ int dir_fd = open(files->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        int r = dir_fd < 0 ? 0 : find_in_directory(files, dir_fd, fault);
        _cleanup_free_ char *real = r < 0 ? NULL : realpath(files->path, NULL);
        char *slash = real ? strrchr(real, '/') : NULL;

        if (r < 0)
                return r;
        if (!slash) {
                r = link_fault(fault, -errno, files->path);
                if (fault && fault->reason == REASON_OPEN && (r == -ENOENT || r == -ENOTDIR))
                        fault->todo = "name a .vmx file or its directory";
                return r;
        }
        r = text_copy(&files->name, slash + 1);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", files->path);
        slash[slash == real] = '\0';
        r = text_format(&files->log_path, "%s/%s", real, LOG_NAME);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", files->path);
        files->dir_fd = open(real, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return files->dir_fd < 0 ? fault_set(fault, -errno, REASON_OPEN, "%s", files->path) : 0;
}

static int vm_open_file(int dir_fd, const char *name, struct stat *ret)
{
        _cleanup_close_ int fd =
                openat(dir_fd, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

        if (fd < 0 || fstat(fd, ret) < 0)
                return -errno;
        return S_ISREG(ret->st_mode) ? TAKE_FD(fd) : -EINVAL;
}

static int vm_read_vmx(VmFiles *files, Fault *fault)
{
        _cleanup_close_ int fd = vm_open_file(files->dir_fd, files->name, &files->stat);
        int r;

        if (fd < 0)
                return fault_set(fault, fd, fd == -EINVAL ? REASON_VMX : REASON_OPEN, "%s",
                                 files->path);
        r = fd_read_text(fd, DICTIONARY_SIZE_MAX, &files->text, &files->size);
        if (r < 0)
                return fault_set(fault, r, r == -EFBIG ? REASON_VMX : REASON_READ, "%s",
                                 files->path);
        return 0;
}

/* NUL bytes are holes after a crash, or every second byte of UTF-16. */
static int read_log(VmFiles *files)
{
        struct stat st;
        _cleanup_close_ int fd = vm_open_file(files->dir_fd, LOG_NAME, &st);
        _cleanup_free_ char *log = fd < 0 ? NULL : malloc(LOG_END + 1);
        uint64_t size = fd < 0 ? 0 : (uint64_t)st.st_size;
        size_t kept = 0;
        ssize_t got;

        if (fd < 0)
                return 0;
        if (!log)
                return -ENOMEM;
        got = fd_read_up_to(fd, log, LOG_END, size > LOG_END ? size - LOG_END : 0);
        if (got < 0)
                return 0;
        for (ssize_t i = 0; i < got; i++) {
                log[kept] = log[i];
                kept += log[i] != '\0';
        }
        log[kept] = '\0';
        files->log = TAKE_PTR(log);
        files->log_time = st.st_mtim;
        return 0;
}

static int look_for_start(VmFiles *files)
{
        _cleanup_(texts_done) Texts names = {};
        int r = directory_names(files->dir_fd, &names);

        for (size_t i = 0; r >= 0 && i < names.count; i++)
                files->was_started |= name_ends(names.items[i], ".nvram") ||
                                      (text_starts(names.items[i], "vmware") &&
                                       name_ends(names.items[i], ".log"));
        return r == -ENOMEM ? r : 0;
}

int vm_files_read(const char *path, VmFiles *ret, Fault *fault)
{
        _cleanup_(vm_files_done) VmFiles files = VM_FILES_NONE;
        int r = text_copy(&files.path, path);

        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", path);
        r = find_place(&files, fault);
        if (r >= 0)
                r = vm_read_vmx(&files, fault);
        if (r < 0)
                return r;
        if (read_log(&files) < 0 || look_for_start(&files) < 0)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", path);
        *ret = files;
        files = VM_FILES_NONE;
        return 0;
}

static bool vm_is_earlier(const struct timespec *a, const struct timespec *b)
{
        return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

LogAge vm_files_log_age(const VmFiles *files, const struct timespec *vmware_changed)
{
        return (LogAge){.before_vmx = vm_is_earlier(&files->log_time, &files->stat.st_mtim),
                        .before_vmware = vm_is_earlier(&files->log_time, vmware_changed)};
}

/* NAME.vmx.lck is a directory with a file for each VMware that has it open. */
bool vm_files_are_locked(const VmFiles *files)
{
        _cleanup_free_ char *name = NULL;
        struct dirent *entry;
        bool locked = false;
        DIR *directory;
        int fd;

        if (text_format(&name, "%s.lck", files->name) < 0)
                return true;
        fd = openat(files->dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return errno != ENOENT;
        directory = fdopendir(fd);
        if (!directory) {
                (void)close(fd);
                return true;
        }
        while (!locked && (entry = readdir(directory)))
                locked = entry->d_name[0] != '.';
        (void)closedir(directory);
        return locked;
}

/* A name for the copy that nothing has yet. */
static int find_kept_name(const VmFiles *files, char **ret)
{
        for (unsigned i = 1; i <= KEPT_MAX; i++) {
                _cleanup_free_ char *name = NULL;
                char number[16] = "";
                struct stat st;

                if (i > 1)
                        text_put(number, sizeof(number), ".%u", i);
                if (text_format(&name, "%s.orig%s", files->name, number) < 0)
                        return -ENOMEM;
                if (fstatat(files->dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
                        continue;
                *ret = TAKE_PTR(name);
                return 0;
        }
        return -EEXIST;
}

/* A file NAME of `text` with the attributes of the .vmx that is open as `like`, not yet named. */
static int vm_stage(const VmFiles *files, const char *name, const char *text, size_t size, int like,
                    AtomicFile *ret, Fault *fault)
{
        _cleanup_(file_attributes_done) FileAttributes attributes = {};
        int r = atomic_file_create(files->dir_fd, name, ret);

        if (r >= 0)
                r = fd_write(ret->fd, (Span){(const uint8_t *)text, size});
        if (r < 0)
                return fault_set(fault, r, REASON_WRITE, "%s", name);
        r = file_attributes_read(like, &attributes, fault);
        return r < 0 ? r : file_attributes_apply(&attributes, ret->fd, fault);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
        return same_content(a, b) && same_change(a, b);
}

/* The attributes were those of the earlier .vmx: its time, too, by which a log is old or not. */
static int stamp_now(const AtomicFile *file, const char *name, Fault *fault)
{
        const struct timespec times[] = {{.tv_nsec = UTIME_OMIT}, {.tv_nsec = UTIME_NOW}};

        return futimens(file->fd, times) < 0 ? fault_set(fault, -errno, REASON_WRITE, "%s", name)
                                             : 0;
}

/* A question may have waited long for its answer. */
static int vm_check_unchanged(const VmFiles *files, Fault *fault)
{
        struct stat now;

        if (vm_files_are_locked(files))
                return fault_set(fault, -EBUSY, REASON_VM_RUNS, "%s", files->path);
        if (fstatat(files->dir_fd, files->name, &now, AT_SYMLINK_NOFOLLOW) < 0 ||
            !same_file(&now, &files->stat))
                return fault_set(fault, -EAGAIN, REASON_CHANGED, "%s", files->path);
        return 0;
}

/* The path of a file beside the .vmx: in the directory that was given, or, where that has only a
 * link, in its own. */
static int path_beside(const VmFiles *files, const char *name, char **ret)
{
        struct stat st;
        bool is_link = lstat(files->path, &st) == 0 && S_ISLNK(st.st_mode);
        const char *path = is_link ? files->log_path : files->path;

        return text_format(ret, "%.*s%s", (int)(text_after_slash(path) - path), path, name);
}

int vm_files_write(const VmFiles *files, const char *text, size_t size, char **ret_kept,
                   Fault *fault)
{
        _cleanup_(atomic_file_done) AtomicFile kept = ATOMIC_FILE_NONE, changed = ATOMIC_FILE_NONE;
        _cleanup_free_ char *kept_name = NULL, *kept_path = NULL;
        struct stat st;
        _cleanup_close_ int like = vm_open_file(files->dir_fd, files->name, &st);
        int r;

        if (like < 0)
                return fault_set(fault, like, REASON_OPEN, "%s", files->path);
        r = find_kept_name(files, &kept_name);
        if (r < 0)
                return fault_set(fault, r, REASON_WRITE, "%s.orig", files->name);
        r = path_beside(files, kept_name, &kept_path);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", files->path);
        r = vm_stage(files, kept_name, files->text, files->size, like, &kept, fault);
        if (r >= 0)
                r = vm_stage(files, files->name, text, size, like, &changed, fault);
        if (r >= 0)
                r = stamp_now(&changed, files->path, fault);
        if (r >= 0)
                r = vm_check_unchanged(files, fault);
        if (r < 0)
                return r;
        r = atomic_file_replace(&kept);
        if (r < 0)
                return fault_set(fault, r, REASON_WRITE, "%s", kept_name);
        r = atomic_file_replace(&changed);
        if (r < 0)
                return fault_set(fault, r, REASON_WRITE, "%s", files->path);
        *ret_kept = TAKE_PTR(kept_path);
        return 0;
}
