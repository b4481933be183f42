/* SPDX-License-Identifier: MIT */

/* What another user can change is not trusted, wherever on the way to the root it lies. */

#include <errno.h>

#include "../lib/tap.h"
#include "../lib/temp-root.h"
#include "base/text.h"
#include "file/trust.h"
#include "store/store.h"

#define PLACE "var/lib/place"

typedef struct Bench {
        TempRoot temp;
        int top, middle, place;
} Bench;

static Bench bench_make(void)
{
        Bench bench = {.temp = temp_root_make()};

        bench.place = temp_root_directory(&bench.temp, PLACE);
        bench.middle = temp_root_directory(&bench.temp, "var/lib");
        bench.top = temp_root_directory(&bench.temp, ".");
        return bench;
}

static void bench_done(Bench *bench)
{
        (void)fd_close(bench->top);
        (void)fd_close(bench->middle);
        (void)fd_close(bench->place);
        temp_root_done(&bench->temp);
}

static void check_refused(const Bench *bench, int r, const Fault *fault, const char *name)
{
        char path[256];

        text_put(path, sizeof(path), "%s%s%s", bench->temp.path, *name ? "/" : "", name);
        CHECK_EQUAL(r, -EPERM);
        CHECK_EQUAL(fault->reason, REASON_NOT_TRUSTED);
        CHECK_TEXT(fault->subject, path);
        CHECK(text_starts(fault->remark, "owner "));
}

static void ones_own_is_trusted(void)
{
        _cleanup_(bench_done) Bench bench = bench_make();

        CHECK_EQUAL(trust_directory(&bench.temp.root, bench.place, NULL), 0);
        CHECK_EQUAL(trust_directory(&bench.temp.root, bench.top, NULL), 0);
        REQUIRE(fchmod(bench.middle, 0775) == 0); /* of one's own group */
        CHECK_EQUAL(trust_directory(&bench.temp.root, bench.place, NULL), 0);
}

static void what_others_may_write_is_not(void)
{
        _cleanup_(bench_done) Bench bench = bench_make();
        const struct {
                int fd;
                const char *name;
        } cases[] = {{bench.top, ""}, {bench.middle, "var/lib"}, {bench.place, PLACE}};

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Fault fault = FAULT_NONE;

                REQUIRE(fchmod(cases[i].fd, 0757) == 0);
                check_refused(&bench, trust_directory(&bench.temp.root, bench.place, &fault),
                              &fault, cases[i].name);
                REQUIRE(fchmod(cases[i].fd, 0755) == 0);
        }
}

/* In a sticky directory nobody renames what another owns; but anybody adds a name. */
static void a_sticky_one_is_trusted_above(void)
{
        _cleanup_(bench_done) Bench bench = bench_make();
        Fault fault = FAULT_NONE;

        REQUIRE(fchmod(bench.middle, 01777) == 0);
        CHECK_EQUAL(trust_directory(&bench.temp.root, bench.place, NULL), 0);
        CHECK_EQUAL(trust_directory_above(&bench.temp.root, bench.middle, NULL), 0);
        check_refused(&bench, trust_directory(&bench.temp.root, bench.middle, &fault), &fault,
                      "var/lib");
}

static void another_owner_or_group_is_not(void)
{
        _cleanup_(bench_done) Bench bench = bench_make();
        Fault fault = FAULT_NONE;

        REQUIRE(fchown(bench.middle, 12345, 0) == 0);
        check_refused(&bench, trust_directory(&bench.temp.root, bench.place, &fault), &fault,
                      "var/lib");
        REQUIRE(fchown(bench.middle, 0, 12345) == 0);
        CHECK_EQUAL(trust_directory(&bench.temp.root, bench.place, NULL), 0);
        REQUIRE(fchmod(bench.middle, 0775) == 0);
        check_refused(&bench, trust_directory(&bench.temp.root, bench.place, &fault), &fault,
                      "var/lib");
}

static void a_file_is_judged_alone(void)
{
        _cleanup_(bench_done) Bench bench = bench_make();
        _cleanup_close_ int fd = temp_file(bench.place, "file", "x", 1);
        Fault fault = FAULT_NONE;

        REQUIRE(fchmod(bench.middle, 0777) == 0 && fchmod(fd, 0644) == 0);
        CHECK_EQUAL(trust_file("file", fd, NULL), 0);
        REQUIRE(fchmod(fd, 0646) == 0);
        CHECK_EQUAL(trust_file("file", fd, &fault), -EPERM);
        CHECK_EQUAL(fault.reason, REASON_NOT_TRUSTED);
        REQUIRE(fchmod(fd, 0644) == 0);
        if (geteuid() != 0)
                return;
        REQUIRE(fchmod(fd, 0646) == 0);
        CHECK_EQUAL(trust_file("file", fd, &fault), -EPERM);
        CHECK_TEXT(fault.subject, "file");
        CHECK_TEXT(fault.remark, "owner root, group root, mode 0646");
        REQUIRE(fchmod(fd, 0644) == 0);
        REQUIRE(fchown(fd, 12345, 54321) == 0);
        CHECK_EQUAL(trust_file("file", fd, &fault), -EPERM);
        CHECK_TEXT(fault.remark, "owner 12345, group 54321, mode 0644");
}

/* The store is looked at before a directory is made in it. */
static void a_store_is_made_in_trust_only(void)
{
        _cleanup_(bench_done) Bench bench = bench_make();
        _cleanup_(store_freep) Store *store = NULL;
        Fault fault = FAULT_NONE;

        REQUIRE(fchmod(bench.middle, 0777) == 0);
        check_refused(&bench, store_open(&bench.temp.root, STORE_WRITE, &store, &fault), &fault,
                      "var/lib");
        CHECK(!is_there(bench.middle, "vmware-unlocker"));
        CHECK_EQUAL(store_open(&bench.temp.root, STORE_READ, &store, NULL), 0);
        CHECK_EQUAL(store_demand_trust(store, &bench.temp.root, NULL), -EPERM);
        REQUIRE(fchmod(bench.middle, 0755) == 0);
        CHECK_EQUAL(store_demand_trust(store, &bench.temp.root, NULL), 0);
}

/* check_path(PATH, REFUSED): the root of that path; REFUSED is what is named, NULL where it may be.
 */
static void check_path(const char *path, const char *refused)
{
        _cleanup_(root_done) Root root = ROOT_NONE;
        Fault fault = FAULT_NONE;

        REQUIRE(root_open(path, &root, NULL) == 0);
        if (!refused) {
                CHECK_EQUAL(trust_root_path(&root, NULL), 0);
                return;
        }
        CHECK_EQUAL(trust_root_path(&root, &fault), -EPERM);
        CHECK_EQUAL(fault.reason, REASON_ROOT_PATH);
        CHECK_TEXT(fault.subject, refused);
        CHECK(text_starts(fault.remark, "owner "));
}

/* Who can rename a directory on the way to --root decides what root works on. */
static void others_may_not_change_the_way_to_a_root(void)
{
        _cleanup_(bench_done) Bench bench = bench_make();
        char place[256], middle[256], slashes[256], up[256];

        text_put(place, sizeof(place), "%s/" PLACE, bench.temp.path);
        text_put(middle, sizeof(middle), "%s/var/lib", bench.temp.path);
        text_put(slashes, sizeof(slashes), "/%s/var//./lib/place/", bench.temp.path);
        text_put(up, sizeof(up), "%s/../place", place);
        check_path(place, NULL);
        check_path(slashes, NULL);
        check_path("/", NULL);
        REQUIRE(fchown(bench.middle, 12345, 12345) == 0);
        check_path(place, middle);
        check_path(slashes, middle);
        check_path(middle, NULL); /* the root itself is judged by trust_directory() */
        REQUIRE(fchown(bench.middle, 0, 0) == 0 && fchmod(bench.middle, 0757) == 0);
        check_path(place, middle);
        REQUIRE(fchmod(bench.middle, 01777) == 0);
        check_path(place, NULL);
        REQUIRE(fchmod(bench.middle, 0755) == 0 && fchmod(bench.place, 0777) == 0);
        check_path(place, NULL);
        check_path(up, place);
        REQUIRE(chdir(middle) == 0);
        check_path("place", NULL);
        REQUIRE(fchmod(bench.middle, 0757) == 0);
        check_path("place", middle);
        REQUIRE(chdir("/") == 0);
}

static void the_user_of_sudo_may(void)
{
        _cleanup_(bench_done) Bench bench = bench_make();
        char place[256], middle[256];

        text_put(place, sizeof(place), "%s/" PLACE, bench.temp.path);
        text_put(middle, sizeof(middle), "%s/var/lib", bench.temp.path);
        REQUIRE(fchown(bench.middle, 12345, 12345) == 0);
        for (int i = 0; i < 2; i++) {
                const char *name = i == 0 ? "SUDO_UID" : "PKEXEC_UID";

                REQUIRE(setenv(name, "12345", 1) == 0);
                check_path(place, NULL);
                REQUIRE(fchmod(bench.middle, 0777) == 0);
                check_path(place, middle);
                REQUIRE(fchmod(bench.middle, 0755) == 0 && setenv(name, "12346", 1) == 0);
                check_path(place, middle);
                REQUIRE(setenv(name, "12345x", 1) == 0);
                check_path(place, middle);
                REQUIRE(unsetenv(name) == 0);
        }
}

/* In a directory like /tmp a link leads where its owner wants. */
static void others_links_are_not_followed(void)
{
        _cleanup_(bench_done) Bench bench = bench_make();
        char place[256], link[256], loop[256];

        text_put(place, sizeof(place), "%s/" PLACE, bench.temp.path);
        text_put(link, sizeof(link), "%s/link", bench.temp.path);
        REQUIRE(fchmod(bench.top, 01777) == 0 && symlink(place, link) == 0);
        check_path(link, NULL);
        REQUIRE(lchown(link, 12345, 12345) == 0);
        check_path(link, link);
        REQUIRE(unlink(link) == 0 && symlink("var/lib", link) == 0);
        text_put(place, sizeof(place), "%s/place", link);
        check_path(place, NULL);
        REQUIRE(lchown(link, 12345, 12345) == 0);
        check_path(place, link);
        text_put(loop, sizeof(loop), "/proc/%d/root", (int)getpid());
        check_path(loop, NULL);
}

int main(void)
{
        (void)umask(022);
        CASE(ones_own_is_trusted);
        CASE(what_others_may_write_is_not);
        CASE(a_sticky_one_is_trusted_above);
        if (geteuid() == 0)
                CASE(another_owner_or_group_is_not);
        if (geteuid() == 0) {
                CASE(others_may_not_change_the_way_to_a_root);
                CASE(the_user_of_sudo_may);
                CASE(others_links_are_not_followed);
        }
        CASE(a_file_is_judged_alone);
        CASE(a_store_is_made_in_trust_only);
        return tap_end();
}
