/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "../lib/tap.h"
#include "../lib/temp-root.h"
#include "file/fd.h"

#define LONG_FILE (2U * 1024U * 1024U + 4321U)

/* What the file system of this test is taken to be able to do: these two stand in for libc's. */
static struct {
        bool clones;    /* FICLONE works */
        int copy_error; /* copy_file_range() fails with it */
        bool copies_0;  /* copy_file_range() answers 0 */
        size_t step;    /* and copies at most so many bytes; 0 for as many as it likes */
} can;

static int clone_whole(int to, int from)
{
        uint8_t bytes[4096];
        ssize_t n;

        for (off_t at = 0; (n = pread(from, bytes, sizeof(bytes), at)) > 0; at += n)
                if (pwrite(to, bytes, (size_t)n, at) != n)
                        return -1;
        return (int)n;
}

int ioctl(int fd, unsigned long request, ...)
{
        va_list arguments;
        long argument;

        va_start(arguments, request);
        argument = va_arg(arguments, long);
        va_end(arguments);
        if (request != FICLONE)
                return (int)syscall(SYS_ioctl, fd, request, argument);
        if (can.clones)
                return clone_whole(fd, (int)argument);
        errno = EOPNOTSUPP;
        return -1;
}

ssize_t copy_file_range(int from, off64_t *in, int to, off64_t *out, size_t size, unsigned flags)
{
        if (can.copies_0)
                return 0;
        if (can.copy_error) {
                errno = can.copy_error;
                return -1;
        }
        return syscall(SYS_copy_file_range, from, in, to, out,
                       can.step ? MIN(size, can.step) : size, flags);
}

/* Bytes that repeat nowhere near a power of two. */
static uint8_t *pattern(size_t size)
{
        uint8_t *bytes = malloc(size ? size : 1);

        if (!bytes)
                abort();
        for (size_t i = 0; i < size; i++)
                bytes[i] = (uint8_t)(i % 251 ^ i / 65521);
        return bytes;
}

static bool holds(int fd, const uint8_t *bytes, size_t size)
{
        _cleanup_free_ uint8_t *found = malloc(size + 1);
        struct stat st;

        return found && fstat(fd, &st) == 0 && (size_t)st.st_size == size &&
               pread(fd, found, size + 1, 0) == (ssize_t)size && memcmp(found, bytes, size) == 0;
}

/* Copying, by each way it can take --------------------------------------------------------------
 */

static void copies_with(const char *way)
{
        static const size_t sizes[] = {0, 1, 4096, 256 * 1024, LONG_FILE};
        _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
        _cleanup_free_ uint8_t *bytes = pattern(LONG_FILE + 100);

        for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
                _cleanup_close_ int from = temp_file(temp.root.fd, "from", bytes, sizes[i]);
                _cleanup_close_ int exact = temp_file(temp.root.fd, "exact", "", 0);
                _cleanup_close_ int less = temp_file(temp.root.fd, "less", "", 0);
                _cleanup_close_ int more = temp_file(temp.root.fd, "more", "", 0);
                size_t part = sizes[i] / 2;

                printf("# %s, %zu bytes\n", way, sizes[i]);
                (void)lseek(from, 1, SEEK_SET);
                CHECK_EQUAL(fd_copy(from, exact, sizes[i]), 0);
                CHECK(holds(exact, bytes, sizes[i]));
                CHECK_EQUAL(fd_copy(from, less, part), 0);
                CHECK(holds(less, bytes, part));
                CHECK_EQUAL(fd_copy(from, more, sizes[i] + 1), -ENODATA);
                CHECK(holds(from, bytes, sizes[i]));
        }
}

static void copies_by_reflink(void)
{
        can = (typeof(can)){.clones = true};
        copies_with("reflink");
}

static void copies_in_the_kernel(void)
{
        can = (typeof(can)){};
        copies_with("copy_file_range");
        can = (typeof(can)){.step = 100001};
        copies_with("copy_file_range in pieces");
}

static void copies_through_memory(void)
{
        can = (typeof(can)){.copy_error = EXDEV};
        copies_with("read and write");
        can = (typeof(can)){.copies_0 = true};
        copies_with("read and write after 0");
}

static void a_full_disk_is_said(void)
{
        _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
        _cleanup_close_ int from = temp_file(temp.root.fd, "from", "abc", 3);
        _cleanup_close_ int to = temp_file(temp.root.fd, "to", "", 0);
        static const int errors[] = {ENOSPC, EDQUOT, EIO};

        for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
                can = (typeof(can)){.copy_error = errors[i]};
                CHECK_EQUAL(fd_copy(from, to, 3), -errors[i]);
        }
        can = (typeof(can)){};
}

/* Reading and writing --------------------------------------------------------------------------
 */

static void reads_exactly(void)
{
        _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
        _cleanup_close_ int fd = temp_file(temp.root.fd, "file", "0123456789", 10);
        char bytes[10] = {};

        CHECK_EQUAL(fd_read_at(fd, bytes, 4, 3), 0);
        CHECK_TEXT(bytes, "3456");
        CHECK_EQUAL(fd_read_at(fd, bytes, 10, 0), 0);
        CHECK_EQUAL(fd_read_at(fd, bytes, 10, 1), -ENODATA);
        CHECK_EQUAL(fd_read_at(fd, bytes, 1, 10), -ENODATA);
        CHECK_EQUAL(fd_read_at(fd, bytes, 0, 10), 0);
        CHECK(fd_read_at(fd, bytes, 1, UINT64_MAX) < 0);
        CHECK_EQUAL(fd_read_at(-EBADF, bytes, 1, 0), -EBADF);
}

static void writes_all(void)
{
        _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
        _cleanup_close_ int fd = temp_file(temp.root.fd, "file", "0123456789", 10);

        CHECK_EQUAL(fd_write_at(fd, (Span){(const uint8_t *)"abc", 3}, 8), 0);
        CHECK(holds(fd, (const uint8_t *)"01234567abc", 11));
        CHECK_EQUAL(fd_write(fd, (Span){(const uint8_t *)"xy", 2}), 0);
        CHECK(holds(fd, (const uint8_t *)"xy234567abc", 11));
        CHECK_EQUAL(fd_write(fd, (Span){}), 0);
        CHECK(fd_write_at(fd, (Span){(const uint8_t *)"x", 1}, UINT64_MAX) < 0);
        CHECK_EQUAL(fd_write(-EBADF, (Span){(const uint8_t *)"x", 1}), -EBADF);
}

/* Whether and when the kernel was asked must not be seen in the file, or in errno. */
static void writes_through(void)
{
        _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
        _cleanup_close_ int fd = temp_file(temp.root.fd, "file", "", 0);
        _cleanup_free_ uint8_t *bytes = pattern(LONG_FILE);
        uint64_t unsynced = 0;
        int ends[2];

        errno = ENOTTY;
        CHECK_EQUAL(fd_write_through(fd, (Span){bytes, 1000}, &unsynced), 0);
        CHECK_EQUAL(unsynced, 1000);
        CHECK_EQUAL(fd_write_through(fd, (Span){bytes + 1000, LONG_FILE - 1000}, &unsynced), 0);
        CHECK_EQUAL(unsynced, LONG_FILE);
        CHECK(holds(fd, bytes, LONG_FILE));
        CHECK_EQUAL(fd_write_through(fd, (Span){bytes, LONG_FILE}, &unsynced), 0);
        CHECK_EQUAL(unsynced, 0);
        CHECK_EQUAL(fd_write_through(-EBADF, (Span){bytes, 1}, &unsynced), -EBADF);
        REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
        unsynced = UINT32_MAX;
        errno = ENOTTY;
        CHECK_EQUAL(fd_write_through(ends[1], (Span){bytes, 1}, &unsynced), 0);
        CHECK_EQUAL(errno, ENOTTY);
        CHECK_EQUAL(unsynced, 0);
        (void)close(ends[0]);
        (void)close(ends[1]);
}

/* A pipe takes what it has room for. */
static void short_writes_are_continued(void)
{
        _cleanup_free_ uint8_t *bytes = pattern(LONG_FILE);
        int ends[2], status;
        pid_t child;

        REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
        child = fork();
        if (child == 0) {
                char *text;
                size_t size;

                (void)close(ends[1]);
                _exit(fd_read_text(ends[0], LONG_FILE, &text, &size) == 0 && size == LONG_FILE &&
                                      memcmp(text, bytes, size) == 0
                              ? 0
                              : 1);
        }
        (void)close(ends[0]);
        CHECK_EQUAL(fd_write(ends[1], (Span){bytes, LONG_FILE}), 0);
        (void)close(ends[1]);
        REQUIRE(waitpid(child, &status, 0) == child);
        CHECK_EQUAL(status, 0);
}

static void texts_have_a_limit(void)
{
        static const size_t sizes[] = {0, 1, 4094, 4095, 4096, 4097, 70000};
        _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
        _cleanup_free_ uint8_t *bytes = pattern(70000);

        for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
                _cleanup_close_ int fd = temp_file(temp.root.fd, "file", bytes, sizes[i]);
                _cleanup_free_ char *text = NULL;
                size_t size = SIZE_MAX;

                CHECK(sizes[i] == 0 || fd_read_text(fd, sizes[i] - 1, &text, &size) == -EFBIG);
                CHECK(!text && size == SIZE_MAX);
                (void)lseek(fd, 0, SEEK_SET);
                REQUIRE(fd_read_text(fd, sizes[i], &text, &size) == 0);
                CHECK_EQUAL(size, sizes[i]);
                CHECK(memcmp(text, bytes, size) == 0 && text[size] == '\0');
        }
}

static void texts_come_from_proc_too(void)
{
        _cleanup_close_ int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
        _cleanup_close_ int directory = open("/", O_RDONLY | O_CLOEXEC);
        _cleanup_free_ char *text = NULL;

        REQUIRE(fd_read_text(fd, 65536, &text, NULL) == 0);
        CHECK(strncmp(text, "Name:\t", 6) == 0);
        CHECK_EQUAL(fd_read_text(directory, 65536, &text, NULL), -EISDIR);
}

static void closing_keeps_errno(void)
{
        int fd = open("/", O_PATH | O_CLOEXEC), taken = TAKE_FD(fd);

        CHECK_EQUAL(fd, -EBADF);
        errno = EXDEV;
        CHECK_EQUAL(fd_close(taken), -EBADF);
        CHECK_EQUAL(fd_close(-EBADF), -EBADF);
        CHECK_EQUAL(errno, EXDEV);
        CHECK(fcntl(taken, F_GETFD) < 0);
        CHECK_EQUAL(fd_sync(-EBADF), -EBADF);
}

int main(void)
{
        CASE(copies_by_reflink);
        CASE(copies_in_the_kernel);
        CASE(copies_through_memory);
        CASE(a_full_disk_is_said);
        CASE(reads_exactly);
        CASE(writes_all);
        CASE(writes_through);
        CASE(short_writes_are_continued);
        CASE(texts_have_a_limit);
        CASE(texts_come_from_proc_too);
        CASE(closing_keeps_errno);
        return tap_end();
}
