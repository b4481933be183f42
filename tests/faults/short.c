/* SPDX-License-Identifier: MIT */

/* Preloaded into a run: reads and writes transfer less than was asked for, as they may.
 *
 *     LD_PRELOAD=short.so SHORT_CALL=pwrite SHORT_TO=half|one SHORT_COUNT=FILE unlockerctl …
 *
 * Every call of SHORT_CALL for more than one byte is for half of them, or for one. FILE then has
 * the number of calls that were cut. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static unsigned long cut;

static size_t shorter(const char *call, size_t size)
{
        const char *wanted = getenv("SHORT_CALL"), *to = getenv("SHORT_TO");

        if (size < 2 || !wanted || !to || strcmp(call, wanted) != 0)
                return size;
        cut++;
        return strcmp(to, "one") == 0 ? 1 : size / 2;
}

__attribute__((destructor)) static void tell(void)
{
        const char *path = getenv("SHORT_COUNT");
        FILE *file = path ? fopen(path, "we") : NULL;

        if (!file)
                return;
        (void)fprintf(file, "%lu\n", cut);
        (void)fclose(file);
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t read(int fd, void *bytes, size_t size)
{
        return NEXT(read)(fd, bytes, shorter("read", size));
}

ssize_t write(int fd, const void *bytes, size_t size)
{
        return NEXT(write)(fd, bytes, shorter("write", size));
}

ssize_t pread(int fd, void *bytes, size_t size, off_t offset)
{
        return NEXT(pread)(fd, bytes, shorter("pread", size), offset);
}

ssize_t pread64(int fd, void *bytes, size_t size, off64_t offset)
{
        return NEXT(pread64)(fd, bytes, shorter("pread", size), offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
        return NEXT(pwrite)(fd, bytes, shorter("pwrite", size), offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset)
{
        return NEXT(pwrite64)(fd, bytes, shorter("pwrite", size), offset);
}

ssize_t copy_file_range(int from, off64_t *in, int to, off64_t *out, size_t size, unsigned flags)
{
        return NEXT(copy_file_range)(from, in, to, out, shorter("copy_file_range", size), flags);
}
