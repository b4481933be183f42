/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "../lib/tap.h"
#include "../lib/tree.h"
#include "base/text.h"
#include "file/atomic-file.h"
#include "host/running.h"

#define VMX  "usr/lib/vmware/bin/vmware-vmx"
#define NAME "vmware-vmx"

/* A copy of this machine's sleep(1) as vmware-vmx. */
static void install_sleep(const TempRoot *tree, const char *path)
{
        int from = open("/bin/sleep", O_RDONLY | O_CLOEXEC), to = tree_open(tree, path, 0755);
        struct stat st;

        if (from < 0 || fstat(from, &st) < 0 || fd_copy(from, to, (uint64_t)st.st_size) < 0)
                abort();
        (void)fd_close(from);
        (void)fd_close(to);
}

/* Whether the child has become another program: its executable is not this test's. */
static bool is_executing(pid_t child)
{
        char link[64];
        struct stat ours, its;

        text_put(link, sizeof(link), "/proc/%d/exe", (int)child);
        return stat("/proc/self/exe", &ours) == 0 && stat(link, &its) == 0 &&
               (ours.st_ino != its.st_ino || ours.st_dev != its.st_dev);
}

/* Runs the file for a minute; it ends with this test at the latest. */
static pid_t vm_start(const TempRoot *tree, const char *path)
{
        char file[256];
        pid_t child;

        text_put(file, sizeof(file), "%s/%s", tree->path, path);
        child = fork();
        if (child < 0)
                abort();
        if (child == 0) {
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                (void)execl(file, file, "60", NULL);
                _exit(127);
        }
        for (int i = 0; !is_executing(child); i++) {
                struct timespec wait = {.tv_nsec = 2000000};

                if (i > 5000 || waitpid(child, NULL, WNOHANG) == child)
                        abort();
                (void)nanosleep(&wait, NULL);
        }
        return child;
}

static void vm_end(pid_t *child)
{
        (void)kill(*child, SIGKILL);
        (void)waitpid(*child, NULL, 0);
}

#define _cleanup_vm_ _cleanup_(vm_end)

/* Looks anew for the target, as each run of the program does. */
static RunningVms look(const TempRoot *tree)
{
        Installations found = {};
        RunningVms vms = {};

        if (installations_find(&tree->root, &found, NULL) < 0 || found.count != 1)
                abort();
        CHECK_EQUAL(running_vms_find(&found.items[0].targets[ROLE_VMX], &vms), 0);
        installations_done(&found);
        return vms;
}

static void check_one(const TempRoot *tree, pid_t child, bool outdated)
{
        RunningVms vms = look(tree);

        CHECK_EQUAL(vms.count, 1);
        if (vms.count == 1) {
                CHECK_EQUAL(vms.items[0].pid, child);
                CHECK(vms.items[0].outdated == outdated);
        }
        running_vms_done(&vms);
}

static void check_none(const TempRoot *tree)
{
        RunningVms vms = look(tree);

        CHECK_EQUAL(vms.count, 0);
        running_vms_done(&vms);
}

static void it_is_found_while_it_runs(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
        pid_t child;

        install_sleep(&tree, VMX);
        install_sleep(&tree, VMX "-debug");
        check_none(&tree);
        child = vm_start(&tree, VMX);
        check_one(&tree, child, false);
        vm_end(&child);
        check_none(&tree);
        child = vm_start(&tree, VMX "-debug");
        check_none(&tree);
        vm_end(&child);
}

static void it_is_found_through_links(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();

        install_sleep(&tree, "wrappers/real-vmx");
        tree_directory(&tree, "usr/lib/vmware/bin");
        REQUIRE(symlinkat("/wrappers/real-vmx", tree.root.fd, VMX) == 0);
        _cleanup_vm_ pid_t child = vm_start(&tree, "wrappers/real-vmx");

        check_one(&tree, child, false);
        install_sleep(&tree, "wrappers/new");
        REQUIRE(renameat(tree.root.fd, "wrappers/new", tree.root.fd, "wrappers/real-vmx") == 0);
        check_one(&tree, child, true);
}

static void replaced_by_rename_it_is_outdated(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();

        install_sleep(&tree, VMX);
        _cleanup_vm_ pid_t child = vm_start(&tree, VMX);

        install_sleep(&tree, VMX ".Ab3x");
        REQUIRE(renameat(tree.root.fd, VMX ".Ab3x", tree.root.fd, VMX) == 0);
        check_one(&tree, child, true);
}

static void removed_and_made_anew_it_is_outdated(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();

        install_sleep(&tree, VMX);
        _cleanup_vm_ pid_t child = vm_start(&tree, VMX);

        REQUIRE(unlinkat(tree.root.fd, VMX, 0) == 0);
        install_sleep(&tree, VMX);
        check_one(&tree, child, true);
}

/* An exchange gives the old content the temporary name, and then that is removed. */
static void exchanged_it_is_outdated(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
        _cleanup_(atomic_file_done) AtomicFile file = ATOMIC_FILE_NONE;
        _cleanup_close_ int dir = temp_root_directory(&tree, "usr/lib/vmware/bin");
        int r;

        install_sleep(&tree, VMX);
        _cleanup_vm_ pid_t child = vm_start(&tree, VMX);

        REQUIRE(atomic_file_create(dir, NAME, &file) == 0);
        REQUIRE(fd_write(file.fd, (Span){(const uint8_t *)"new", 3}) == 0);
        r = atomic_file_exchange(&file);
        if (r == -EINVAL || r == -ENOSYS) {
                printf("# no exchange on this file system\n");
                return;
        }
        REQUIRE(r == 0);
        check_one(&tree, child, true);
        REQUIRE(atomic_file_unlink(&file) == 0);
        check_one(&tree, child, true);
}

/* The root may have been named from where the person stands, or by a link. */
static void an_outdated_one_is_found_in_any_root(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
        _cleanup_close_ int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

        install_sleep(&tree, VMX);
        REQUIRE(symlinkat(".", tree.root.fd, "link") == 0);
        _cleanup_vm_ pid_t child = vm_start(&tree, VMX);

        REQUIRE(unlinkat(tree.root.fd, VMX, 0) == 0);
        install_sleep(&tree, VMX);
        REQUIRE(here >= 0 && fchdir(tree.root.fd) == 0);
        root_done(&tree.root);
        REQUIRE(root_open("usr/..", &tree.root, NULL) == 0);
        check_one(&tree, child, true);
        root_done(&tree.root);
        REQUIRE(root_open("link", &tree.root, NULL) == 0);
        check_one(&tree, child, true);
        REQUIRE(fchdir(here) == 0);
}

/* Other files of the same directory, and the same file name elsewhere. */
static void others_are_not_taken_for_it(void)
{
        static const char *const paths[] = {
                VMX "-debug",
                "usr/lib/vmware/vmware-vmx",
                "usr/lib/vmware/bin/x/vmware-vmx",
                "usr/lib/vmware/bin/.unlocker-0123456789abcdef",
                "usr/lib/vmware/bin/.vmware-vmx-debug.unlocker-0123456789abcdef",
        };

        for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
                _cleanup_(temp_root_done) TempRoot tree = temp_root_make();

                install_sleep(&tree, VMX);
                install_sleep(&tree, paths[i]);
                _cleanup_vm_ pid_t child = vm_start(&tree, paths[i]);

                check_none(&tree);
                REQUIRE(child > 0 && unlinkat(tree.root.fd, paths[i], 0) == 0);
                check_none(&tree);
        }
}

static void an_absent_target_runs_nowhere(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();

        install_sleep(&tree, VMX "-debug");
        check_none(&tree);
}

/* Whoever calls itself by this name is told by its command line. */
static void the_vmx_file_is_told(void)
{
        static const struct {
                const char *words[4], *vmx;
        } rows[] = {
                {{"/home/a/macOS 13/macOS 13.vmx"}, "/home/a/macOS 13/macOS 13.vmx"},
                {{"-x", "/a.vmx", "/b.vmx"}, "/b.vmx"},
                {{"/a.vmx", "-q", ""}, "/a.vmx"},
                {{"-x", "a.vmxf"}, NULL},
                {{".vmx"}, NULL},
                {{NULL}, NULL},
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
                RunningVms vms = {};
                char file[256];
                pid_t child;

                /* A shell with its own script as the last of its options takes any words. */
                tree_directory(&tree, "usr/lib/vmware/bin");
                _cleanup_close_ int from = open("/bin/sh", O_RDONLY | O_CLOEXEC);
                int to = tree_open(&tree, VMX, 0755);
                struct stat st;

                REQUIRE(from >= 0 && fstat(from, &st) == 0);
                REQUIRE(fd_copy(from, to, (uint64_t)st.st_size) == 0);
                (void)fd_close(to);
                text_put(file, sizeof(file), "%s/" VMX, tree.path);
                child = fork();
                if (child == 0) {
                        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                        (void)execl(file, "vmware-vmx", "-c", "kill -STOP $$; :", "sh",
                                    rows[i].words[0], rows[i].words[1], rows[i].words[2], NULL);
                        _exit(127);
                }
                REQUIRE(child > 0 && waitpid(child, NULL, WUNTRACED) == child);
                vms = look(&tree);
                CHECK_EQUAL(vms.count, 1);
                if (vms.count == 1 && rows[i].vmx)
                        CHECK_TEXT(vms.items[0].vmx, rows[i].vmx);
                else if (vms.count == 1)
                        CHECK(!vms.items[0].vmx);
                running_vms_done(&vms);
                running_vms_done(&vms);
                vm_end(&child);
        }
}

int main(void)
{
        (void)umask(022);
        CASE(it_is_found_while_it_runs);
        CASE(it_is_found_through_links);
        CASE(replaced_by_rename_it_is_outdated);
        CASE(removed_and_made_anew_it_is_outdated);
        CASE(exchanged_it_is_outdated);
        CASE(an_outdated_one_is_found_in_any_root);
        CASE(others_are_not_taken_for_it);
        CASE(an_absent_target_runs_nowhere);
        CASE(the_vmx_file_is_told);
        return tap_end();
}
