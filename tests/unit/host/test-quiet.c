/* SPDX-License-Identifier: MIT */

/* Waiting until VMware's files are quiet, against installers that do things meanwhile. */

#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <time.h>

#include "../lib/tap.h"
#include "../lib/tree.h"
#include "base/text.h"
#include "settle/settle.h"

#define BIN    "usr/lib/vmware/bin"
#define VMX    BIN "/vmware-vmx"
#define LIB    "usr/lib/vmware/lib/libvmwarebase.so/libvmwarebase.so"
#define LOCK   "etc/vmware-installer/database.lck"
#define SETTLE 200
#define SLACK  2000 /* a machine under load */

static int64_t now_ms(void)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void sleep_ms(int ms)
{
        (void)usleep((useconds_t)ms * 1000);
}

/* Waits as the service does; how long it took, -1 when the limit came first. */
static int64_t quiet_after(const TempRoot *tree, int64_t limit_ms, Fault *fault)
{
        const QuietOptions options = {
                .settle_ms = SETTLE, .limit_ms = limit_ms, .fresh_ms = 1000000};
        int64_t begun = now_ms();
        int r = quiet_wait(&tree->root, &options, fault);

        CHECK(r == 0 || r == -EBUSY);
        return r == 0 ? now_ms() - begun : -1;
}

/* Runs `act` in another process, as an installer would. */
static pid_t meanwhile(void (*act)(const TempRoot *tree), const TempRoot *tree)
{
        pid_t pid = fork();

        if (pid == 0) {
                act(tree);
                _exit(0);
        }
        return pid;
}

static void join(pid_t pid)
{
        int status = 0;

        CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

static void nothing_there_is_quiet(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
        Fault fault = FAULT_NONE;
        int64_t took;

        took = quiet_after(&tree, 3000, &fault);
        CHECK(took >= 0 && took < SLACK);
}

static void an_old_installation_is_quiet_at_once(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
        Fault fault = FAULT_NONE;
        int64_t took = SETTLE;

        tree_file(&tree, VMX, "x", 04755);
        sleep_ms(2 * SETTLE);
        /* A busy machine may hold up one look, or two. */
        for (unsigned i = 0; i < 5 && took >= SETTLE; i++)
                took = quiet_after(&tree, 3000, &fault);
        CHECK(took >= 0 && took < SETTLE);
}

static void a_fresh_one_is_waited_for(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
        Fault fault = FAULT_NONE;

        tree_file(&tree, VMX, "x", 04755);
        CHECK(quiet_after(&tree, 3000, &fault) >= SETTLE - 20);
}

/* Its exit status says whether it was held up for so long that all was quiet meanwhile. */
static void install_slowly(const TempRoot *tree)
{
        bool late = false;

        for (int i = 0; i < 8; i++) {
                int64_t begun = now_ms();
                char path[64];

                (void)snprintf(path, sizeof(path), BIN "/file-%d", i);
                tree_file(tree, path, "x", 0644);
                sleep_ms(SETTLE / 2);
                late |= now_ms() - begun > SETTLE * 3 / 4;
        }
        tree_file(tree, VMX, "x", 04755);
        _exit(late);
}

/* Also of directories that were not there when the waiting began. False where the installer was
 * late, which proves nothing. */
static bool slow_installer_is_waited_for(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
        Fault fault = FAULT_NONE;
        bool quiet, complete;
        pid_t installer;
        int status = 0;

        tree_directory(&tree, "usr/lib");
        installer = meanwhile(install_slowly, &tree);
        sleep_ms(SETTLE / 2);
        quiet = quiet_after(&tree, 10000, &fault) >= 0;
        complete = faccessat(tree.root.fd, VMX, F_OK, 0) == 0;
        CHECK(waitpid(installer, &status, 0) == installer && WIFEXITED(status));
        if (WEXITSTATUS(status) != 0 && !complete)
                return false;
        CHECK(quiet);
        CHECK(complete);
        return true;
}

static void changes_begin_it_anew(void)
{
        int tries = 0;

        while (tries < 20 && !slow_installer_is_waited_for())
                tries++;
        CHECK(tries < 20);
}

/* What goes on in the directories above is nothing to it: longer than anybody waits. */
static void change_elsewhere(const TempRoot *tree)
{
        for (int i = 0; i < 400; i++) {
                char path[64];

                (void)snprintf(path, sizeof(path), "usr/lib/other-%d", i);
                tree_file(tree, path, "x", 0644);
                sleep_ms(SETTLE / 4);
        }
}

static void other_files_are_none_of_ours(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
        Fault fault = FAULT_NONE;
        pid_t other;

        tree_file(&tree, VMX, "x", 04755);
        other = meanwhile(change_elsewhere, &tree);
        CHECK(quiet_after(&tree, 10000, &fault) >= SETTLE - 20);
        (void)kill(other, SIGKILL);
        CHECK(waitpid(other, NULL, 0) == other);
}

static void hold_lock(const TempRoot *tree)
{
        int fd = root_open_at(&tree->root, LOCK, O_RDWR, 0);

        if (flock(fd, LOCK_EX | LOCK_NB) < 0)
                _exit(1);
        sleep_ms(4 * SETTLE);
        (void)unlinkat(tree->root.fd, LOCK, 0);
}

static void the_installers_lock_is_waited_for(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
        Fault fault = FAULT_NONE;
        pid_t installer;

        tree_file(&tree, VMX, "x", 04755);
        tree_file(&tree, LOCK, "", 0644);
        installer = meanwhile(hold_lock, &tree);
        sleep_ms(SETTLE / 4);
        CHECK_EQUAL(quiet_after(&tree, 2 * SETTLE, &fault), -1);
        CHECK_EQUAL(fault.reason, REASON_INSTALLER_RUNS);
        CHECK(quiet_after(&tree, 10000, &fault) >= 0);
        CHECK(faccessat(tree.root.fd, LOCK, F_OK, 0) < 0);
        join(installer);
}

/* A lock file that a crashed installer left is held by nobody. */
static void a_lock_nobody_holds_is_none(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
        Fault fault = FAULT_NONE;

        tree_file(&tree, LOCK, "", 0644);
        CHECK(quiet_after(&tree, 3000, &fault) >= 0);
}

static void a_writer_is_waited_for(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
        Fault fault = FAULT_NONE;
        int fd;

        fd = tree_open(&tree, LIB, 0644);
        CHECK_EQUAL(quiet_after(&tree, 3 * SETTLE, &fault), -1);
        CHECK_EQUAL(fault.reason, REASON_BUSY);
        CHECK_TEXT(fault.subject, temp_root_shown(&tree, LIB));
        (void)fd_close(fd);
        CHECK(quiet_after(&tree, 3000, &fault) >= 0);
}

static void the_installers_temporary_file_is_waited_for(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
        Fault fault = FAULT_NONE;
        QuietOptions options = {.settle_ms = SETTLE, .limit_ms = 3000, .fresh_ms = 3 * SETTLE};

        tree_file(&tree, VMX ".a1B2", "x", 0600);
        tree_file(&tree, BIN "/vmware-vmx-other.a1B2", "x", 0600);
        CHECK_EQUAL(quiet_after(&tree, 2 * SETTLE, &fault), -1);
        CHECK_EQUAL(fault.reason, REASON_UNFINISHED);
        CHECK_TEXT(fault.subject, "vmware-vmx.a1B2");
        /* One that has lain there for long is a leftover. */
        CHECK_EQUAL(quiet_wait(&tree.root, &options, &fault), 0);
        /* One that never was the installer's. */
        CHECK(renameat(tree.root.fd, VMX ".a1B2", tree.root.fd, VMX ".so") == 0);
        CHECK(quiet_after(&tree, 3000, &fault) >= 0);
}

static void a_set_uid_bit_that_is_to_come_is_waited_for(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
        Fault fault = FAULT_NONE;

        tree_file(&tree, VMX, "x", 0644);
        if (getuid() != 0) { /* it is root's files that get it */
                CHECK(quiet_after(&tree, 3000, &fault) >= 0);
                return;
        }
        CHECK_EQUAL(quiet_after(&tree, 2 * SETTLE, &fault), -1);
        CHECK_EQUAL(fault.reason, REASON_UNFINISHED);
        CHECK_TEXT(fault.subject, temp_root_shown(&tree, VMX));
        tree_file(&tree, VMX, "x", 04755);
        CHECK(quiet_after(&tree, 3000, &fault) >= SETTLE - 20);
}

/* libdir elsewhere, and the default directory too. */
static void every_libdir_counts(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
        Fault fault = FAULT_NONE;
        int fd;

        tree_file(&tree, "etc/vmware/config", "libdir = \"/opt/vmware\"\n", 0644);
        fd = tree_open(&tree, "opt/vmware/bin/vmware-vmx", 04755);
        CHECK_EQUAL(quiet_after(&tree, 2 * SETTLE, &fault), -1);
        CHECK_TEXT(fault.subject, temp_root_shown(&tree, "opt/vmware/bin/vmware-vmx"));
        (void)fd_close(fd);
        fd = tree_open(&tree, VMX, 04755);
        CHECK_EQUAL(quiet_after(&tree, 2 * SETTLE, &fault), -1);
        CHECK_TEXT(fault.subject, temp_root_shown(&tree, VMX));
        (void)fd_close(fd);
}

static void count_reasons(const Fault *why, void *context)
{
        char *reasons = context;

        (void)snprintf(reasons + strlen(reasons), 200 - strlen(reasons), "%s ",
                       reason_text(why->reason)->id);
}

static void what_it_waits_for_is_told_once(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
        Fault fault = FAULT_NONE;
        char reasons[200] = "";
        const QuietOptions options = {.settle_ms = SETTLE,
                                      .limit_ms = 8 * SETTLE,
                                      .fresh_ms = 1000,
                                      .waiting = count_reasons,
                                      .context = reasons};
        int fd;

        fd = tree_open(&tree, LIB, 0644);
        CHECK_EQUAL(quiet_wait(&tree.root, &options, &fault), -EBUSY);
        CHECK_TEXT(reasons, "busy ");
        (void)fd_close(fd);
}

int main(void)
{
        (void)signal(SIGIO, SIG_IGN); /* whoever breaks a lease is told of it */
        CASE(nothing_there_is_quiet);
        CASE(an_old_installation_is_quiet_at_once);
        CASE(a_fresh_one_is_waited_for);
        CASE(changes_begin_it_anew);
        CASE(other_files_are_none_of_ours);
        CASE(the_installers_lock_is_waited_for);
        CASE(a_lock_nobody_holds_is_none);
        CASE(a_writer_is_waited_for);
        CASE(the_installers_temporary_file_is_waited_for);
        CASE(a_set_uid_bit_that_is_to_come_is_waited_for);
        CASE(every_libdir_counts);
        CASE(what_it_waits_for_is_told_once);
        return tap_end();
}
