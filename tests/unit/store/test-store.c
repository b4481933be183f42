/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "../lib/tap.h"
#include "../lib/temp-root.h"
#include "base/text.h"
#include "file/directory.h"
#include "store/store.h"

#define TEMPORARY ".x.unlocker-0123456789abcdef"

static Store *open_store(const TempRoot *temp)
{
        Store *store = NULL;

        if (store_open(&temp->root, STORE_WRITE, &store, NULL) < 0)
                abort();
        return store;
}

/* Opening ------------------------------------------------------------------------------------ */

static void reading_makes_nothing(void)
{
        _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
        _cleanup_(store_freep) Store *store = NULL;

        REQUIRE(store_open(&temp.root, STORE_READ, &store, NULL) == 0);
        CHECK_EQUAL(store_originals_fd(store), -ENOENT);
        CHECK_EQUAL(store_receipts_fd(store), -ENOENT);
        CHECK(!store_is_held(store));
        CHECK(!is_there(temp.root.fd, "var"));
}

static void writing_makes_readable_directories(void)
{
        _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
        _cleanup_(store_freep) Store *store = open_store(&temp);
        static const char *const names[] = {"", "/originals", "/receipts"};

        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
                _cleanup_free_ char *path = NULL;
                struct stat st;

                REQUIRE(text_format(&path, "%s%s", STORE_PATH, names[i]) == 0);
                REQUIRE(fstatat(temp.root.fd, path, &st, 0) == 0);
                CHECK_EQUAL(st.st_mode, S_IFDIR | 0755);
        }
        CHECK(store_originals_fd(store) >= 0 && store_receipts_fd(store) >= 0);
}

/* What stands where one of the store's own directories belongs. */
static void other_things_are_no_directories(void)
{
        static const char *const names[] = {"originals", "receipts"};

        for (size_t i = 0; i < 2 * ARRAY_SIZE(names); i++) {
                _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
                _cleanup_close_ int dir = temp_root_directory(&temp, STORE_PATH);
                _cleanup_(store_freep) Store *store = NULL;
                Fault fault = FAULT_NONE;
                const char *name = names[i / 2];

                (void)close(temp_root_directory(&temp, "other"));
                REQUIRE((i % 2 ? symlinkat("/other", dir, name) : mkfifoat(dir, name, 0600)) == 0);
                CHECK(store_open(&temp.root, STORE_WRITE, &store, &fault) < 0);
                CHECK_EQUAL(fault.reason, REASON_STORE);
                fault = FAULT_NONE;
                CHECK(store_open(&temp.root, STORE_READ, &store, &fault) < 0);
                CHECK_EQUAL(fault.reason, REASON_STORE);
        }
}

/* An administrator may have the store elsewhere, by a link that stays inside the root. */
static void the_store_itself_is_a_directory_or_leads_to_one(void)
{
        for (int kind = 0; kind < 3; kind++) {
                _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
                _cleanup_close_ int lib = temp_root_directory(&temp, "var/lib");
                _cleanup_close_ int elsewhere = temp_root_directory(&temp, "srv/store");
                _cleanup_(store_freep) Store *reader = NULL, *writer = NULL;
                bool leads = kind == 0;
                Fault fault = FAULT_NONE;

                (void)close(temp_file(lib, "file", "kept", 4));
                REQUIRE((kind == 2 ? linkat(lib, "file", lib, "vmware-unlocker", 0)
                                   : symlinkat(leads ? "/srv/store" : "file", lib,
                                               "vmware-unlocker")) == 0);
                CHECK_EQUAL(store_open(&temp.root, STORE_READ, &reader, &fault),
                            leads ? 0 : -ENOTDIR);
                CHECK_EQUAL(fault.reason, leads ? REASON_NONE : REASON_STORE);
                CHECK(!is_there(elsewhere, "originals"));
                CHECK_EQUAL(store_open(&temp.root, STORE_WRITE, &writer, NULL),
                            leads ? 0 : -ENOTDIR);
                CHECK_EQUAL(is_there(elsewhere, "originals"), leads);
        }
}

static void a_link_never_leads_out_of_the_root(void)
{
        _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
        _cleanup_(temp_root_done) TempRoot outside = temp_root_make();
        _cleanup_close_ int lib = temp_root_directory(&temp, "var/lib");
        _cleanup_(store_freep) Store *store = NULL;

        REQUIRE(symlinkat(outside.path, lib, "vmware-unlocker") == 0);
        CHECK(store_open(&temp.root, STORE_WRITE, &store, NULL) < 0);
        CHECK(!is_there(outside.root.fd, "originals"));
}

/* Lock --------------------------------------------------------------------------------------- */

typedef struct Wait {
        pid_t holder;
        int calls;
        bool ends_it; /* kills the holder once it waits */
} Wait;

static void on_waiting(pid_t holder, void *context)
{
        Wait *wait = context;

        wait->holder = holder;
        wait->calls++;
        if (wait->ends_it)
                (void)kill(holder, SIGKILL);
}

/* A child that holds the lock once this returns, until it is killed. */
static pid_t fork_holder(const TempRoot *temp)
{
        int ready[2];
        char byte = 0;
        pid_t pid;

        if (pipe(ready) < 0)
                abort();
        (void)fflush(stdout);
        pid = fork();
        if (pid < 0)
                abort();
        if (pid == 0) {
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                Store *store = open_store(temp);

                if (store_lock(store, 0, NULL, NULL, NULL) < 0 || write(ready[1], "x", 1) != 1)
                        _exit(1);
                for (;;)
                        (void)pause();
        }
        (void)close(ready[1]);
        if (read(ready[0], &byte, 1) != 1)
                abort();
        (void)close(ready[0]);
        return pid;
}

static void end_holder(pid_t pid)
{
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, NULL, 0);
}

static int64_t milliseconds(void)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void a_second_run_waits_and_says_for_whom(void)
{
        _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
        _cleanup_(store_freep) Store *store = open_store(&temp);
        pid_t holder = fork_holder(&temp);
        char expected[32];
        Fault fault = FAULT_NONE;
        Wait wait = {};
        int64_t start = milliseconds();

        CHECK_EQUAL(store_lock(store, 250, on_waiting, &wait, &fault), -EBUSY);
        CHECK(milliseconds() - start >= 250);
        CHECK_EQUAL(wait.calls, 1);
        CHECK_EQUAL(wait.holder, holder);
        CHECK_EQUAL(fault.reason, REASON_STORE_BUSY);
        text_put(expected, sizeof(expected), "pid %d: ", (int)holder);
        CHECK(text_starts(fault.subject, expected));
        CHECK(strstr(fault.subject, "test-store"));
        CHECK_EQUAL(store_lock(store, 0, on_waiting, &wait, NULL), -EBUSY);
        CHECK_EQUAL(wait.calls, 1);

        /* A killed one holds nothing. */
        end_holder(holder);
        CHECK_EQUAL(store_lock(store, 0, on_waiting, &wait, NULL), 0);
        CHECK_EQUAL(wait.calls, 1);
}

static void the_lock_comes_when_the_other_ends(void)
{
        _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
        _cleanup_(store_freep) Store *store = open_store(&temp);
        pid_t holder = fork_holder(&temp);
        Wait wait = {.ends_it = true};

        CHECK_EQUAL(store_lock(store, -1, on_waiting, &wait, NULL), 0);
        CHECK_EQUAL(wait.calls, 1);
        CHECK_EQUAL(store_lock(store, 0, NULL, NULL, NULL), 0); /* ours already */
        end_holder(holder);
}

static void freeing_gives_the_lock_back(void)
{
        _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
        _cleanup_(store_freep) Store *first = open_store(&temp), *second = open_store(&temp);

        REQUIRE(store_lock(first, 0, NULL, NULL, NULL) == 0);
        CHECK_EQUAL(store_lock(second, 0, NULL, NULL, NULL), -EBUSY);
        store_free(TAKE_PTR(first));
        CHECK_EQUAL(store_lock(second, 0, NULL, NULL, NULL), 0);
}

static void the_lock_names_its_holder(void)
{
        _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
        _cleanup_(store_freep) Store *store = open_store(&temp);
        _cleanup_close_ int dir = temp_root_directory(&temp, STORE_PATH);
        _cleanup_close_ int older = temp_file(dir, "lock", "4194304999\nolder\n", 17);
        _cleanup_free_ char *text = NULL;
        char expected[32];

        REQUIRE(store_lock(store, 0, NULL, NULL, NULL) == 0);
        REQUIRE(lseek(older, 0, SEEK_SET) == 0);
        REQUIRE(fd_read_text(older, 100, &text, NULL) == 0);
        text_put(expected, sizeof(expected), "%d\n", (int)getpid());
        CHECK_TEXT(text, expected);
}

/* Whoever may read a file may also lock it, and would keep every run waiting. */
static void only_the_owner_may_lock(void)
{
        _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
        _cleanup_(store_freep) Store *store = open_store(&temp);
        struct stat st;

        REQUIRE(store_lock(store, 0, NULL, NULL, NULL) == 0);
        REQUIRE(fstatat(temp.root.fd, STORE_PATH "/lock", &st, AT_SYMLINK_NOFOLLOW) == 0);
        CHECK_EQUAL(st.st_mode, S_IFREG | 0600);
}

/* The text is somebody's word; what is no pid is nobody. */
static void a_holder_without_a_name_is_nobody(void)
{
        static const char *const texts[] = {
                "", "x\n", "-1\n", "2147483648\n", "99999999999999999999999\n", " 7\n", "7 8\n"};
        _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
        _cleanup_(store_freep) Store *first = open_store(&temp), *second = open_store(&temp);
        _cleanup_close_ int dir = temp_root_directory(&temp, STORE_PATH);

        REQUIRE(store_lock(first, 0, NULL, NULL, NULL) == 0);
        for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
                Wait wait = {.holder = 77};
                Fault fault = FAULT_NONE;

                (void)close(temp_file(dir, "lock", texts[i], strlen(texts[i])));
                CHECK_EQUAL(store_lock(second, 1, on_waiting, &wait, &fault), -EBUSY);
                CHECK_EQUAL(wait.calls, 1);
                CHECK_EQUAL(wait.holder, 0);
                CHECK_TEXT(fault.subject, "an unknown process");
        }
}

static void other_things_are_no_lock(void)
{
        for (int kind = 0; kind < 3; kind++) {
                _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
                _cleanup_(store_freep) Store *store = open_store(&temp);
                _cleanup_close_ int dir = temp_root_directory(&temp, STORE_PATH);
                _cleanup_close_ int other = temp_file(temp.root.fd, "other", "kept\n", 5);
                Fault fault = FAULT_NONE;
                struct stat st;
                int r = kind == 0   ? mkfifoat(dir, "lock", 0600)
                        : kind == 1 ? symlinkat("../../../other", dir, "lock")
                                    : mkdirat(dir, "lock", 0700);

                REQUIRE(r == 0);
                CHECK(store_lock(store, 0, NULL, NULL, &fault) < 0);
                CHECK_EQUAL(fault.reason, REASON_STORE);
                REQUIRE(fstat(other, &st) == 0);
                CHECK_EQUAL(st.st_size, 5);
        }
}

/* Cleaning ----------------------------------------------------------------------------------- */

static void cleaning_takes_only_leftovers(void)
{
        _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
        _cleanup_(store_freep) Store *store = open_store(&temp);
        _cleanup_close_ int dir = temp_root_directory(&temp, STORE_PATH);
        const int directories[] = {dir, store_originals_fd(store), store_receipts_fd(store)};

        (void)close(temp_file(dir, "target", "", 0));
        for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
                (void)close(temp_file(directories[i], TEMPORARY, "half", 4));
                (void)close(temp_file(directories[i], "x.unlocker-0123456789abcdef", "", 0));
                (void)close(temp_file(directories[i], "x.1234", "the installer's", 15));
        }
        REQUIRE(symlinkat("target", dir, ".link.unlocker-0123456789abcdef") == 0);
        REQUIRE(mkdirat(dir, ".made.unlocker-0123456789abcdef", 0700) == 0);
        CHECK_EQUAL(store_clean(store, NULL), 4);
        for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
                CHECK(!is_there(directories[i], TEMPORARY));
                CHECK(is_there(directories[i], "x.unlocker-0123456789abcdef"));
                CHECK(is_there(directories[i], "x.1234"));
        }
        CHECK(is_there(dir, "target"));
        CHECK(is_there(dir, ".made.unlocker-0123456789abcdef"));
        CHECK_EQUAL(store_clean(store, NULL), 0);
}

static void names_come_whole_and_in_order(void)
{
        enum { COUNT = 300 };
        _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
        _cleanup_close_ int dir = temp_root_directory(&temp, "names");
        Texts nothing = {};

        for (int i = 0; i < COUNT; i++) {
                char name[16];

                text_put(name, sizeof(name), "%03d", (i * 7) % COUNT);
                (void)close(temp_file(dir, name, "", 0));
        }
        for (int round = 0; round < 2; round++) {
                _cleanup_(texts_done) Texts names = {};

                REQUIRE(directory_names(dir, &names) == 0);
                CHECK_EQUAL(names.count, COUNT);
                CHECK_TEXT(names.items[0], "000");
                CHECK_TEXT(names.items[COUNT - 1], "299");
        }
        CHECK_EQUAL(directory_names(-EBADF, &nothing), -EBADF);
}

/* Hold --------------------------------------------------------------------------------------- */

static void the_hold_comes_and_goes(void)
{
        _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
        _cleanup_(store_freep) Store *store = open_store(&temp), *reader = NULL;
        _cleanup_close_ int dir = temp_root_directory(&temp, STORE_PATH);
        _cleanup_close_ int marker = -EBADF;
        _cleanup_free_ char *text = NULL;
        struct stat st;

        CHECK(!store_is_held(store));
        REQUIRE(store_lock(store, 0, NULL, NULL, NULL) == 0);
        REQUIRE(store_set_hold(store, HOLD_RESTORE, NULL) == 0);
        REQUIRE(store_set_hold(store, HOLD_BY_HAND, NULL) == 0);
        REQUIRE(store_open(&temp.root, STORE_READ, &reader, NULL) == 0);
        CHECK(store_is_held(reader));
        REQUIRE(fstatat(dir, "hold", &st, AT_SYMLINK_NOFOLLOW) == 0);
        CHECK_EQUAL(st.st_mode, S_IFREG | 0644);

        marker = openat(dir, "hold", O_RDONLY | O_CLOEXEC);
        REQUIRE(fd_read_text(marker, 100, &text, NULL) == 0);
        CHECK(text_starts(text, "restore by hand since 20"));
        CHECK_EQUAL(store_hold(reader).why, HOLD_RESTORE);
        CHECK_EQUAL(strlen(store_hold(reader).since), 20);
        CHECK(strstr(text, store_hold(reader).since) != NULL);
        CHECK_EQUAL(strcspn(text, "\n") + 1, strlen(text));

        REQUIRE(store_set_hold(store, HOLD_NONE, NULL) == 0);
        REQUIRE(store_set_hold(store, HOLD_NONE, NULL) == 0);
        CHECK(!store_is_held(reader));
        CHECK_EQUAL(store_clean(store, NULL), 0);
}

/* A removal takes no person's hold away, nor makes it its own. */
static void a_person_counts_more_than_a_package(void)
{
        _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
        _cleanup_(store_freep) Store *store = open_store(&temp);

        REQUIRE(store_lock(store, 0, NULL, NULL, NULL) == 0);
        REQUIRE(store_set_hold(store, HOLD_REMOVAL, NULL) == 0);
        CHECK_EQUAL(store_hold(store).why, HOLD_REMOVAL);
        REQUIRE(store_set_hold(store, HOLD_BY_HAND, NULL) == 0);
        CHECK_EQUAL(store_hold(store).why, HOLD_BY_HAND);
        REQUIRE(store_set_hold(store, HOLD_REMOVAL, NULL) == 0);
        CHECK_EQUAL(store_hold(store).why, HOLD_BY_HAND);
}

/* As older versions and people with `touch` leave them. */
static void a_line_that_tells_nothing_is_a_persons(void)
{
        static const struct {
                const char *line, *since;
                HoldWhy why;
        } rows[] = {
                {"", "", HOLD_UNKNOWN},
                {"held since 2026-01-31T12:00:00Z by pid 7\n", "2026-01-31T12:00:00Z",
                 HOLD_UNKNOWN},
                {"removal of the package since 2026-01-31T12:00:00Z\n", "2026-01-31T12:00:00Z",
                 HOLD_REMOVAL},
                {"removal of the package", "", HOLD_REMOVAL},
                {"hold by hand since 2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z", HOLD_BY_HAND},
                {"hold by hand since \033[2J", "", HOLD_BY_HAND},
                {"hold by hand since 2026-01-31T12:00:00ZZ", "", HOLD_BY_HAND},
                {" since 2026-01-31", "", HOLD_UNKNOWN},
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
                _cleanup_(store_freep) Store *store = open_store(&temp);
                _cleanup_close_ int dir = temp_root_directory(&temp, STORE_PATH);

                (void)close(temp_file(dir, "hold", rows[i].line, strlen(rows[i].line)));
                CHECK(store_is_held(store));
                CHECK_EQUAL(store_hold(store).why, rows[i].why);
                CHECK_TEXT(store_hold(store).since, rows[i].since);
        }
}

/* systemd's condition holds for them too; releasing removes the link and not what it leads to. */
static void anything_named_hold_holds(void)
{
        _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
        _cleanup_(store_freep) Store *store = open_store(&temp);
        _cleanup_close_ int dir = temp_root_directory(&temp, STORE_PATH);
        Fault fault = FAULT_NONE;

        (void)close(temp_file(dir, "target", "", 0));
        REQUIRE(symlinkat("target", dir, "hold") == 0);
        CHECK(store_is_held(store));
        REQUIRE(store_lock(store, 0, NULL, NULL, NULL) == 0);
        CHECK_EQUAL(store_set_hold(store, HOLD_NONE, NULL), 0);
        CHECK(is_there(dir, "target"));
        REQUIRE(mkdirat(dir, "hold", 0700) == 0);
        CHECK(store_is_held(store));
        CHECK(store_set_hold(store, HOLD_NONE, &fault) < 0);
        CHECK_EQUAL(fault.reason, REASON_STORE);
}

int main(void)
{
        (void)umask(022);
        (void)alarm(60); /* a lock that never comes must not wait for ever */
        CASE(reading_makes_nothing);
        CASE(writing_makes_readable_directories);
        CASE(other_things_are_no_directories);
        CASE(the_store_itself_is_a_directory_or_leads_to_one);
        CASE(a_link_never_leads_out_of_the_root);
        CASE(a_second_run_waits_and_says_for_whom);
        CASE(the_lock_comes_when_the_other_ends);
        CASE(freeing_gives_the_lock_back);
        CASE(the_lock_names_its_holder);
        CASE(only_the_owner_may_lock);
        CASE(a_holder_without_a_name_is_nobody);
        CASE(other_things_are_no_lock);
        CASE(cleaning_takes_only_leftovers);
        CASE(names_come_whole_and_in_order);
        CASE(the_hold_comes_and_goes);
        CASE(a_person_counts_more_than_a_package);
        CASE(a_line_that_tells_nothing_is_a_persons);
        CASE(anything_named_hold_holds);
        return tap_end();
}
