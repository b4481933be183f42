/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <time.h>

#include "../lib/tap.h"
#include "../lib/tree.h"
#include "settle/installer.h"

/* A child of that user that holds the lock, as the installer does, until it is ended. */
static pid_t installer_start_as(const TempRoot *tree, uid_t uid)
{
        int ready[2], byte = 0;
        pid_t child;

        if (pipe(ready) < 0)
                abort();
        child = fork();
        if (child == 0) {
                int fd = tree_open(tree, INSTALLER_LOCK_PATH, 0644);

                if ((uid != geteuid() && setresuid(uid, uid, uid) < 0) ||
                    flock(fd, LOCK_EX | LOCK_NB) < 0 || write(ready[1], "x", 1) != 1)
                        _exit(1);
                (void)pause();
                _exit(0);
        }
        (void)close(ready[1]);
        if (child < 0 || read(ready[0], &byte, 1) != 1)
                abort();
        (void)close(ready[0]);
        return child;
}

static pid_t installer_start(const TempRoot *tree)
{
        return installer_start_as(tree, geteuid());
}

static void installer_end(pid_t child)
{
        if (kill(child, SIGKILL) < 0 || waitpid(child, NULL, 0) != child)
                abort();
}

static void pass_time(void)
{
        struct timespec wait = {.tv_nsec = (INSTALLER_FRESH_MS + 50) * 1000000L};

        (void)nanosleep(&wait, NULL);
}

static void without_a_lock_file_none_runs(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();

        CHECK_EQUAL(installer_is_running(&tree.root, NULL), 0);
        tree_directory(&tree, "etc/vmware-installer");
        CHECK_EQUAL(installer_is_running(&tree.root, NULL), 0);
        CHECK(!is_there(tree.root.fd, INSTALLER_LOCK_PATH));
        tree_file(&tree, "etc/vmware", "", 0644);
        REQUIRE(unlinkat(tree.root.fd, "etc/vmware-installer", AT_REMOVEDIR) == 0);
        tree_file(&tree, "etc/vmware-installer", "", 0644);
        CHECK_EQUAL(installer_is_running(&tree.root, NULL), 0);
}

/* The installer makes its file an instant before it locks it: a probe then would be in its way. */
static void a_new_lock_file_is_not_touched(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();

        tree_file(&tree, INSTALLER_LOCK_PATH, "", 0644);
        CHECK_EQUAL(installer_is_running(&tree.root, NULL), 1);
}

static void the_lock_tells(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
        pid_t installer = installer_start(&tree);

        CHECK_EQUAL(installer_is_running(&tree.root, NULL), 1);
        pass_time();
        CHECK_EQUAL(installer_is_running(&tree.root, NULL), 1);
        installer_end(installer);
        CHECK(is_there(tree.root.fd, INSTALLER_LOCK_PATH));
        CHECK_EQUAL(installer_is_running(&tree.root, NULL), 0);
        /* The probe let it go again. */
        installer = installer_start(&tree);
        CHECK_EQUAL(installer_is_running(&tree.root, NULL), 1);
        installer_end(installer);
}

/* A stranger may read the file that a crashed installer left, and so lock it. */
static void the_lock_of_a_stranger_does_not_count(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
        pid_t stranger, installer;

        REQUIRE(chmod(tree.path, 0755) == 0);
        stranger = installer_start_as(&tree, 12345);
        pass_time();
        CHECK_EQUAL(installer_is_running(&tree.root, NULL), 0);
        installer_end(stranger);
        installer = installer_start(&tree);
        pass_time();
        CHECK_EQUAL(installer_is_running(&tree.root, NULL), 1);
        installer_end(installer);
}

static void what_cannot_be_probed_is_an_error(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
        Fault fault = FAULT_NONE;

        tree_directory(&tree, INSTALLER_LOCK_PATH);
        CHECK_EQUAL(installer_is_running(&tree.root, &fault), -EINVAL);
        CHECK_EQUAL(fault.reason, REASON_NOT_REGULAR);
        CHECK_TEXT(fault.subject, temp_root_shown(&tree, INSTALLER_LOCK_PATH));
        REQUIRE(unlinkat(tree.root.fd, INSTALLER_LOCK_PATH, AT_REMOVEDIR) == 0);
        REQUIRE(mkfifoat(tree.root.fd, INSTALLER_LOCK_PATH, 0644) == 0);
        CHECK_EQUAL(installer_is_running(&tree.root, &fault), -EINVAL);
        REQUIRE(unlinkat(tree.root.fd, INSTALLER_LOCK_PATH, 0) == 0);
        if (geteuid() != 0) {
                tree_file(&tree, INSTALLER_LOCK_PATH, "", 0);
                CHECK_EQUAL(installer_is_running(&tree.root, &fault), -EACCES);
                CHECK_EQUAL(fault.reason, REASON_OPEN);
        }
}

int main(void)
{
        CASE(without_a_lock_file_none_runs);
        CASE(a_new_lock_file_is_not_touched);
        CASE(the_lock_tells);
        if (geteuid() == 0)
                CASE(the_lock_of_a_stranger_does_not_count);
        CASE(what_cannot_be_probed_is_an_error);
        return tap_end();
}
