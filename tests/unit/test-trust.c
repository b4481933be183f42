/* SPDX-License-Identifier: MIT */

/* What another user can change is not trusted, wherever on the way to the root it lies. */

#include <errno.h>

#include "base/text.h"
#include "file/trust.h"
#include "store/store.h"
#include "tap.h"
#include "temp-root.h"

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

        text_put(path, sizeof(path), "%s%s%s, owner ", bench->temp.path, *name ? "/" : "", name);
        CHECK_EQUAL(r, -EPERM);
        CHECK_EQUAL(fault->reason, REASON_NOT_TRUSTED);
        CHECK(text_starts(fault->subject, path));
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
        REQUIRE(fchown(fd, 12345, 0) == 0);
        CHECK_EQUAL(trust_file("file", fd, NULL), -EPERM);
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

int main(void)
{
        (void)umask(022);
        CASE(ones_own_is_trusted);
        CASE(what_others_may_write_is_not);
        CASE(a_sticky_one_is_trusted_above);
        if (geteuid() == 0)
                CASE(another_owner_or_group_is_not);
        CASE(a_file_is_judged_alone);
        CASE(a_store_is_made_in_trust_only);
        return tap_end();
}
