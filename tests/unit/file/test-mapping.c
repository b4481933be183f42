/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "../lib/tap.h"
#include "../lib/temp-root.h"
#include "file/mapping.h"

#define PAGES 4U

static size_t page;

/* A file of PAGES pages and a half, every byte 0xEE. */
static int file_make(const TempRoot *temp)
{
        size_t size = PAGES * page + page / 2;
        _cleanup_free_ uint8_t *bytes = malloc(size);

        if (!bytes)
                abort();
        memset(bytes, 0xEE, size);
        return temp_file(temp->root.fd, "file", bytes, size);
}

static uint8_t byte_at(const Mapping *mapping, size_t offset)
{
        const volatile uint8_t *bytes = mapping->span.bytes;

        return bytes[offset];
}

/* The signal that ends a child which reads there; 0 when it lives. */
static int signal_of_reading(const volatile uint8_t *bytes, bool guarded)
{
        int status;
        pid_t child = fork();

        if (child == 0) {
                if (!guarded)
                        (void)signal(SIGBUS, SIG_DFL);
                _exit(bytes[0] == 0xEE ? 1 : 0);
        }
        if (child < 0 || waitpid(child, &status, 0) != child)
                abort();
        return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void files_are_mapped_whole(void)
{
        _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
        _cleanup_(mapping_done) Mapping mapping = MAPPING_NONE;
        int fd = file_make(&temp);

        REQUIRE(mapping_open(fd, &mapping) == 0);
        (void)fd_close(fd);
        CHECK_EQUAL(mapping.span.size, PAGES * page + page / 2);
        CHECK_EQUAL(byte_at(&mapping, 0), 0xEE);
        CHECK_EQUAL(byte_at(&mapping, mapping.span.size - 1), 0xEE);
        CHECK(!mapping_is_torn(&mapping));
        mapping_done(&mapping);
        mapping_done(&mapping);
        CHECK(mapping.span.size == 0 && mapping.slot == -1);
}

static void other_things_are_not_mapped(void)
{
        _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
        _cleanup_(mapping_done) Mapping mapping = MAPPING_NONE;
        _cleanup_close_ int empty = temp_file(temp.root.fd, "empty", "", 0);
        _cleanup_close_ int huge = temp_file(temp.root.fd, "huge", "", 0);
        _cleanup_close_ int directory = temp_root_directory(&temp, "directory");

        CHECK_EQUAL(mapping_open(empty, &mapping), 0);
        CHECK(mapping.span.size == 0 && !mapping_is_torn(&mapping));
        CHECK_EQUAL(mapping_open(directory, &mapping), -EINVAL);
        CHECK_EQUAL(mapping_open(-EBADF, &mapping), -EBADF);
        if (ftruncate(huge, (INT64_C(4) << 30) + 1) == 0)
                CHECK_EQUAL(mapping_open(huge, &mapping), -EFBIG);
}

static void a_torn_page_reads_as_zeros(void)
{
        _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
        _cleanup_(mapping_done) Mapping mapping = MAPPING_NONE, whole = MAPPING_NONE;
        _cleanup_close_ int fd = file_make(&temp), other = -EBADF;

        REQUIRE(renameat(temp.root.fd, "file", temp.root.fd, "torn") == 0);
        other = file_make(&temp);
        REQUIRE(mapping_open(fd, &mapping) == 0 && mapping_open(other, &whole) == 0);
        REQUIRE(ftruncate(fd, (off_t)page) == 0);
        CHECK_EQUAL(byte_at(&mapping, 0), 0xEE);
        CHECK(!mapping_is_torn(&mapping));
        CHECK_EQUAL(signal_of_reading(mapping.span.bytes + page, false), SIGBUS);
        CHECK_EQUAL(signal_of_reading(mapping.span.bytes + page, true), 0);
        CHECK_EQUAL(byte_at(&mapping, 2 * page + 17), 0);
        CHECK(mapping_is_torn(&mapping));
        CHECK_EQUAL(byte_at(&mapping, mapping.span.size - 1), 0);
        CHECK_EQUAL(byte_at(&mapping, page), 0);
        CHECK_EQUAL(byte_at(&mapping, page - 1), 0xEE);
        CHECK_EQUAL(byte_at(&whole, page), 0xEE);
        CHECK(!mapping_is_torn(&whole));
}

static void the_next_mapping_starts_anew(void)
{
        _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
        _cleanup_close_ int fd = file_make(&temp);

        for (int i = 0; i < 100; i++) {
                _cleanup_(mapping_done) Mapping mapping = MAPPING_NONE;
                size_t size = PAGES * page;

                REQUIRE(ftruncate(fd, (off_t)size) == 0 && mapping_open(fd, &mapping) == 0);
                REQUIRE(mapping.slot >= 0 && !mapping_is_torn(&mapping));
                REQUIRE(ftruncate(fd, 0) == 0);
                CHECK_EQUAL(byte_at(&mapping, size - 1), 0);
                CHECK(mapping_is_torn(&mapping));
        }
}

/* What is not guarded ends the program, as it would without the guard. */
static void other_faults_stay_fatal(void)
{
        _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
        _cleanup_close_ int fd = file_make(&temp);
        uint8_t *bytes = mmap(NULL, page, PROT_READ, MAP_PRIVATE, fd, 0);

        REQUIRE(bytes != MAP_FAILED);
        REQUIRE(ftruncate(fd, 0) == 0);
        CHECK_EQUAL(signal_of_reading(bytes, true), SIGBUS);
        (void)munmap(bytes, page);
}

int main(void)
{
        page = (size_t)sysconf(_SC_PAGESIZE);
        if (mapping_guard_install() < 0)
                return 1;
        CASE(files_are_mapped_whole);
        CASE(other_things_are_not_mapped);
        CASE(a_torn_page_reads_as_zeros);
        CASE(the_next_mapping_starts_anew);
        CASE(other_faults_stay_fatal);
        return tap_end();
}
