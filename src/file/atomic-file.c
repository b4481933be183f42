/* SPDX-License-Identifier: MIT */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "file/atomic-file.h"
#include "file/directory.h"
#include "file/fd.h"

/* ".vmware-vmx.unlocker-0123456789abcdef" */
#define MIDDLE        ".unlocker-"
#define RANDOM_DIGITS 16U
#define TOP_BIT       (UINT64_C(1) << 63)

bool temporary_name_is(const char *entry, const char *name)
{
        size_t length = strlen(entry), tail = strlen(MIDDLE) + RANDOM_DIGITS;
        const char *middle;

        if (entry[0] != '.' || length <= tail + 1)
                return false;
        middle = entry + length - tail;
        if (!text_starts(middle, MIDDLE) ||
            strspn(middle + strlen(MIDDLE), "0123456789abcdef") != RANDOM_DIGITS)
                return false;
        return !name || (strlen(name) == length - tail - 1 && text_starts(entry + 1, name));
}

/* The first digit tells: 0 to 7 of a sealed file, 8 to f of another. */
bool temporary_name_is_sealed(const char *entry)
{
        size_t length = strlen(entry);

        return temporary_name_is(entry, NULL) && entry[length - RANDOM_DIGITS] <= '7';
}

static int temporary_name_make(const char *name, bool sealed, char **ret)
{
        uint64_t number;
        ssize_t n;

        do
                n = getrandom(&number, sizeof(number), 0);
        while (n < 0 && errno == EINTR);
        if (n != sizeof(number))
                return n < 0 ? -errno : -EIO;
        number = sealed ? number & ~TOP_BIT : number | TOP_BIT;
        return text_format(ret, ".%s" MIDDLE "%016llx", name, (unsigned long long)number);
}

int atomic_file_create(int dir_fd, const char *name, AtomicFile *ret)
{
        _cleanup_(atomic_file_done) AtomicFile file = ATOMIC_FILE_NONE;
        _cleanup_free_ char *temporary = NULL;
        int r = temporary_name_make(name, false, &temporary);

        if (r < 0)
                return r;
        if (text_copy(&file.name, name) < 0)
                return -ENOMEM;
        file.dir_fd = dir_fd;
        file.fd = fd_open_at(dir_fd, temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW,
                             ATOMIC_FILE_MODE);
        if (file.fd < 0)
                return file.fd;
        file.temporary_name = TAKE_PTR(temporary);
        *ret = file;
        file = ATOMIC_FILE_NONE;
        return 0;
}

int atomic_file_sync(AtomicFile *file)
{
        return fd_sync(file->fd);
}

int atomic_file_seal(AtomicFile *file)
{
        _cleanup_close_ int fd = -EBADF;
        _cleanup_free_ char *sealed = NULL;
        struct stat written, found;
        int r;

        fd = fd_open_at(file->dir_fd, file->temporary_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
        if (fd < 0 || fstat(fd, &found) < 0 || fstat(file->fd, &written) < 0)
                return -errno;
        if (found.st_dev != written.st_dev || found.st_ino != written.st_ino)
                return -ESTALE;
        r = temporary_name_make(file->name, true, &sealed);
        if (r < 0)
                return r;
        if (renameat(file->dir_fd, file->temporary_name, file->dir_fd, sealed) < 0)
                return -errno;
        free(file->temporary_name);
        file->temporary_name = TAKE_PTR(sealed);
        (void)fd_close(file->fd);
        file->fd = TAKE_FD(fd);
        return 0;
}

int atomic_file_rename(AtomicFile *file)
{
        if (renameat(file->dir_fd, file->temporary_name, file->dir_fd, file->name) < 0)
                return -errno;
        free(file->temporary_name);
        file->temporary_name = NULL;
        return 0;
}

int atomic_file_exchange(AtomicFile *file)
{
        if (renameat2(file->dir_fd, file->temporary_name, file->dir_fd, file->name,
                      RENAME_EXCHANGE) < 0)
                return -errno;
        return 0;
}

int atomic_file_unlink(AtomicFile *file)
{
        if (unlinkat(file->dir_fd, file->temporary_name, 0) < 0 && errno != ENOENT)
                return -errno;
        free(file->temporary_name);
        file->temporary_name = NULL;
        return 0;
}

void atomic_file_forget(AtomicFile *file)
{
        free(file->temporary_name);
        file->temporary_name = NULL;
}

int atomic_file_replace(AtomicFile *file)
{
        int r = atomic_file_sync(file);

        if (r >= 0)
                r = atomic_file_rename(file);
        return r < 0 ? r : fd_sync(file->dir_fd);
}

/* Where the file system knows no flags of rename, the name is taken first, by an empty file. */
static int rename_claimed(AtomicFile *file)
{
        _cleanup_close_ int claim =
                fd_open_at(file->dir_fd, file->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
                           ATOMIC_FILE_MODE);
        int r;

        if (claim < 0)
                return claim;
        r = atomic_file_rename(file);
        if (r < 0)
                (void)unlinkat(file->dir_fd, file->name, 0);
        return r;
}

static int rename_to_free(AtomicFile *file)
{
        if (renameat2(file->dir_fd, file->temporary_name, file->dir_fd, file->name,
                      RENAME_NOREPLACE) < 0)
                return errno == EINVAL || errno == ENOSYS ? rename_claimed(file) : -errno;
        atomic_file_forget(file);
        return 0;
}

int atomic_file_place(AtomicFile *file)
{
        int r = atomic_file_sync(file);

        if (r >= 0)
                r = rename_to_free(file);
        return r < 0 ? r : fd_sync(file->dir_fd);
}

void atomic_file_done(AtomicFile *file)
{
        file->fd = fd_close(file->fd);
        if (file->temporary_name)
                (void)unlinkat(file->dir_fd, file->temporary_name, 0);
        free(file->temporary_name);
        free(file->name);
        *file = ATOMIC_FILE_NONE;
}

int temporary_names_exist(int dir_fd)
{
        _cleanup_(texts_done) Texts names = {};
        int r = directory_names(dir_fd, &names);

        if (r < 0)
                return r;
        for (size_t i = 0; i < names.count; i++)
                if (temporary_name_is(names.items[i], NULL))
                        return 1;
        return 0;
}

int temporary_names_remove(int dir_fd, const char *name)
{
        _cleanup_(texts_done) Texts names = {};
        int removed = 0, r = directory_names(dir_fd, &names);

        if (r < 0)
                return r;
        for (size_t i = 0; i < names.count; i++) {
                if (!temporary_name_is(names.items[i], name))
                        continue;
                if (unlinkat(dir_fd, names.items[i], 0) == 0)
                        removed++;
                else if (errno != EISDIR && errno != ENOENT)
                        return -errno;
        }
        return removed;
}
