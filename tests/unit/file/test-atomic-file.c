/* SPDX-License-Identifier: MIT */

#include "../lib/tap.h"
#include "../lib/temp-root.h"
#include "base/text.h"
#include "file/atomic-file.h"
#include "file/directory.h"

/* A directory with the file "vmware-vmx" that holds "old". */
static TempRoot with_old(void)
{
        TempRoot temp = temp_root_make();
        _cleanup_close_ int dir = temp_root_directory(&temp, "bin");

        (void)fd_close(temp_file(dir, "vmware-vmx", "old", 3));
        return temp;
}

static bool holds(int dir_fd, const char *name, const char *text)
{
        _cleanup_close_ int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW);
        _cleanup_free_ char *found = NULL;

        return fd >= 0 && fd_read_text(fd, 100, &found, NULL) == 0 && text_equal(found, text);
}

static size_t names_in(int dir_fd)
{
        _cleanup_(texts_done) Texts names = {};

        return directory_names(dir_fd, &names) < 0 ? SIZE_MAX : names.count;
}

static int create_new(int dir_fd, AtomicFile *ret)
{
        int r = atomic_file_create(dir_fd, "vmware-vmx", ret);

        return r < 0 ? r : fd_write(ret->fd, (Span){(const uint8_t *)"new", 3});
}

static void it_is_written_beside_the_target(void)
{
        _cleanup_(temp_root_done) TempRoot temp = with_old();
        _cleanup_close_ int dir = temp_root_directory(&temp, "bin");
        _cleanup_(atomic_file_done) AtomicFile file = ATOMIC_FILE_NONE;
        _cleanup_(atomic_file_done) AtomicFile other = ATOMIC_FILE_NONE;
        struct stat st;

        (void)umask(0);
        REQUIRE(create_new(dir, &file) == 0 && create_new(dir, &other) == 0);
        (void)umask(022);
        CHECK(temporary_name_is(file.temporary_name, "vmware-vmx"));
        CHECK(!text_equal(file.temporary_name, other.temporary_name));
        REQUIRE(fstat(file.fd, &st) == 0);
        CHECK_EQUAL(st.st_mode, S_IFREG | 0600);
        CHECK(fcntl(file.fd, F_GETFD) & FD_CLOEXEC);
        CHECK(holds(dir, "vmware-vmx", "old"));
        CHECK_EQUAL(names_in(dir), 3);
}

static void dropped_it_leaves_nothing(void)
{
        _cleanup_(temp_root_done) TempRoot temp = with_old();
        _cleanup_close_ int dir = temp_root_directory(&temp, "bin");
        AtomicFile file = ATOMIC_FILE_NONE, never = ATOMIC_FILE_NONE;

        REQUIRE(create_new(dir, &file) == 0);
        atomic_file_done(&file);
        atomic_file_done(&file);
        atomic_file_done(&never);
        CHECK_EQUAL(names_in(dir), 1);
        CHECK(holds(dir, "vmware-vmx", "old"));
}

static void replacing_takes_the_name(void)
{
        _cleanup_(temp_root_done) TempRoot temp = with_old();
        _cleanup_close_ int dir = temp_root_directory(&temp, "bin");
        _cleanup_(atomic_file_done) AtomicFile file = ATOMIC_FILE_NONE;

        REQUIRE(create_new(dir, &file) == 0 && atomic_file_replace(&file) == 0);
        atomic_file_done(&file);
        CHECK(holds(dir, "vmware-vmx", "new"));
        CHECK_EQUAL(names_in(dir), 1);
        REQUIRE(unlinkat(dir, "vmware-vmx", 0) == 0);
        REQUIRE(create_new(dir, &file) == 0 && atomic_file_replace(&file) == 0);
        CHECK(holds(dir, "vmware-vmx", "new"));
}

static void a_name_that_is_taken_is_not_replaced(void)
{
        _cleanup_(temp_root_done) TempRoot temp = with_old();
        _cleanup_close_ int dir = temp_root_directory(&temp, "bin");
        _cleanup_(atomic_file_done) AtomicFile file = ATOMIC_FILE_NONE;

        REQUIRE(create_new(dir, &file) == 0);
        CHECK_EQUAL(atomic_file_place(&file), -EEXIST);
        CHECK(holds(dir, "vmware-vmx", "old"));
        REQUIRE(unlinkat(dir, "vmware-vmx", 0) == 0 && symlinkat("none", dir, "vmware-vmx") == 0);
        CHECK_EQUAL(atomic_file_place(&file), -EEXIST);
        REQUIRE(unlinkat(dir, "vmware-vmx", 0) == 0);
        CHECK_EQUAL(atomic_file_place(&file), 0);
        CHECK(!file.temporary_name);
        CHECK(holds(dir, "vmware-vmx", "new"));
        CHECK_EQUAL(names_in(dir), 1);
}

static void a_directory_is_not_replaced(void)
{
        _cleanup_(temp_root_done) TempRoot temp = with_old();
        _cleanup_close_ int dir = temp_root_directory(&temp, "bin");
        _cleanup_(atomic_file_done) AtomicFile file = ATOMIC_FILE_NONE;

        REQUIRE(unlinkat(dir, "vmware-vmx", 0) == 0 && mkdirat(dir, "vmware-vmx", 0755) == 0);
        REQUIRE(create_new(dir, &file) == 0);
        CHECK_EQUAL(atomic_file_replace(&file), -EISDIR);
        atomic_file_done(&file);
        CHECK_EQUAL(names_in(dir), 1);
        CHECK_EQUAL(unlinkat(dir, "vmware-vmx", AT_REMOVEDIR), 0);
}

static void exchanging_keeps_the_old_content(void)
{
        _cleanup_(temp_root_done) TempRoot temp = with_old();
        _cleanup_close_ int dir = temp_root_directory(&temp, "bin");
        _cleanup_(atomic_file_done) AtomicFile file = ATOMIC_FILE_NONE;
        _cleanup_free_ char *name = NULL;
        int r;

        REQUIRE(create_new(dir, &file) == 0);
        r = atomic_file_exchange(&file);
        if (r == -EINVAL || r == -ENOSYS) {
                printf("# no exchange on this file system\n");
                return;
        }
        REQUIRE(r == 0 && text_copy(&name, file.temporary_name) == 0);
        CHECK(holds(dir, "vmware-vmx", "new") && holds(dir, name, "old"));
        REQUIRE(atomic_file_exchange(&file) == 0);
        CHECK(holds(dir, "vmware-vmx", "old") && holds(dir, name, "new"));
        REQUIRE(atomic_file_exchange(&file) == 0);
        REQUIRE(atomic_file_unlink(&file) == 0);
        CHECK(holds(dir, "vmware-vmx", "new"));
        CHECK_EQUAL(names_in(dir), 1);
}

static void exchanging_needs_both(void)
{
        _cleanup_(temp_root_done) TempRoot temp = with_old();
        _cleanup_close_ int dir = temp_root_directory(&temp, "bin");
        _cleanup_(atomic_file_done) AtomicFile file = ATOMIC_FILE_NONE;

        REQUIRE(create_new(dir, &file) == 0 && unlinkat(dir, "vmware-vmx", 0) == 0);
        CHECK(atomic_file_exchange(&file) < 0);
        CHECK(!is_there(dir, "vmware-vmx"));
}

static void what_is_forgotten_stays(void)
{
        _cleanup_(temp_root_done) TempRoot temp = with_old();
        _cleanup_close_ int dir = temp_root_directory(&temp, "bin");
        AtomicFile file = ATOMIC_FILE_NONE;
        _cleanup_free_ char *name = NULL;

        REQUIRE(create_new(dir, &file) == 0 && text_copy(&name, file.temporary_name) == 0);
        atomic_file_forget(&file);
        atomic_file_done(&file);
        CHECK(holds(dir, name, "new"));
}

/* A program that anybody has open for writing cannot be executed. */
static void sealed_it_is_read_only(void)
{
        _cleanup_(temp_root_done) TempRoot temp = with_old();
        _cleanup_close_ int dir = temp_root_directory(&temp, "bin");
        _cleanup_(atomic_file_done) AtomicFile file = ATOMIC_FILE_NONE;
        struct stat before, after;

        REQUIRE(create_new(dir, &file) == 0 && fstat(file.fd, &before) == 0);
        REQUIRE(atomic_file_seal(&file) == 0 && fstat(file.fd, &after) == 0);
        CHECK_EQUAL(before.st_ino, after.st_ino);
        CHECK_EQUAL(fcntl(file.fd, F_GETFL) & O_ACCMODE, O_RDONLY);
        CHECK(fcntl(file.fd, F_GETFD) & FD_CLOEXEC);
        REQUIRE(atomic_file_replace(&file) == 0);
        CHECK(holds(dir, "vmware-vmx", "new"));
}

/* What is sealed is what was written, whatever stands under its name by now. */
static void another_file_is_not_sealed(void)
{
        _cleanup_(temp_root_done) TempRoot temp = with_old();
        _cleanup_close_ int dir = temp_root_directory(&temp, "bin");
        _cleanup_(atomic_file_done) AtomicFile file = ATOMIC_FILE_NONE;

        REQUIRE(create_new(dir, &file) == 0);
        REQUIRE(renameat(dir, "vmware-vmx", dir, file.temporary_name) == 0);
        CHECK_EQUAL(atomic_file_seal(&file), -ESTALE);
        CHECK_EQUAL(fcntl(file.fd, F_GETFL) & O_ACCMODE, O_RDWR);
}

static void a_name_too_long_leaves_nothing(void)
{
        _cleanup_(temp_root_done) TempRoot temp = with_old();
        _cleanup_close_ int dir = temp_root_directory(&temp, "bin");
        _cleanup_(atomic_file_done) AtomicFile file = ATOMIC_FILE_NONE;
        char name[251] = {};

        memset(name, 'x', sizeof(name) - 1);
        CHECK_EQUAL(atomic_file_create(dir, name, &file), -ENAMETOOLONG);
        CHECK(file.fd < 0 && !file.name && !file.temporary_name);
        CHECK_EQUAL(names_in(dir), 1);
}

static void temporary_names_are_told_from_others(void)
{
        static const struct {
                const char *entry, *name;
                bool is;
        } rows[] = {
                {".vmware-vmx.unlocker-0123456789abcdef", "vmware-vmx", true},
                {".vmware-vmx.unlocker-0123456789abcdef", NULL, true},
                {".vmware-vmx-debug.unlocker-0123456789abcdef", "vmware-vmx", false},
                {".vmware-vmx.unlocker-0123456789abcdef", "vmware-vmx-debug", false},
                {".a.unlocker-0123456789abcdef", "a", true},
                {".vmware-vmx.unlocker-0123456789abcde", NULL, false},
                {".vmware-vmx.unlocker-0123456789abcdef0", NULL, false},
                {".vmware-vmx.unlocker-0123456789abcdeF", NULL, false},
                {".vmware-vmx.unlocker-0123456789abcdeg", NULL, false},
                {".vmware-vmx.unlocker-0123456789abcdef~", NULL, false},
                {"vmware-vmx.unlocker-0123456789abcdef", NULL, false},
                {"xvmware-vmx.unlocker-0123456789abcdef", NULL, false},
                {"..unlocker-0123456789abcdef", NULL, false},
                {".unlocker-0123456789abcdef", NULL, false},
                {"-0123456789abcdef", NULL, false},
                {"vmware-vmx.0123", "vmware-vmx", false},
                {"vmware-vmx", "vmware-vmx", false},
                {".", NULL, false},
                {"", NULL, false},
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                bool is = temporary_name_is(rows[i].entry, rows[i].name);

                if (is != rows[i].is)
                        printf("# %s\n", rows[i].entry);
                CHECK(is == rows[i].is);
        }
}

static void a_sealed_name_is_told_from_others(void)
{
        _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
        _cleanup_close_ int dir = temp_root_directory(&temp, "d");

        CHECK(temporary_name_is_sealed(".a.unlocker-7fffffffffffffff"));
        CHECK(!temporary_name_is_sealed(".a.unlocker-8000000000000000"));
        CHECK(!temporary_name_is_sealed("a.unlocker-7fffffffffffffff"));
        for (int i = 0; i < 16; i++) {
                _cleanup_(atomic_file_done) AtomicFile file = ATOMIC_FILE_NONE;

                REQUIRE(atomic_file_create(dir, "a", &file) == 0);
                CHECK(!temporary_name_is_sealed(file.temporary_name));
                REQUIRE(atomic_file_seal(&file) == 0);
                CHECK(temporary_name_is_sealed(file.temporary_name));
                CHECK(is_there(dir, file.temporary_name));
        }
        CHECK_EQUAL(temporary_names_exist(dir), 0);
}

int main(void)
{
        (void)umask(022);
        CASE(it_is_written_beside_the_target);
        CASE(dropped_it_leaves_nothing);
        CASE(replacing_takes_the_name);
        CASE(a_name_that_is_taken_is_not_replaced);
        CASE(a_directory_is_not_replaced);
        CASE(exchanging_keeps_the_old_content);
        CASE(exchanging_needs_both);
        CASE(what_is_forgotten_stays);
        CASE(sealed_it_is_read_only);
        CASE(another_file_is_not_sealed);
        CASE(a_name_too_long_leaves_nothing);
        CASE(temporary_names_are_told_from_others);
        CASE(a_sealed_name_is_told_from_others);
        return tap_end();
}
