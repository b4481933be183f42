/* SPDX-License-Identifier: MIT */

#include "../lib/tap.h"
#include "../lib/temp-root.h"
#include "store/judged.h"

#define HOUR 3600

static const Digest digest = {{1, 2, 3}};

/* A file that was written an hour before it got its place. */
static struct stat file_of(ino_t inode)
{
        return (struct stat){.st_dev = 5,
                             .st_ino = inode,
                             .st_size = 7,
                             .st_mtim = {1700000000, 0},
                             .st_ctim = {1700000000 + HOUR, 123456789}};
}

static void untouched_is_found(void)
{
        Judged judged = {};
        struct stat stat = file_of(1);
        Digest found;

        CHECK(judged_add(&judged, &stat, &digest));
        CHECK(judged_find(&judged, &stat, &found) && digest_equal(&found, &digest));
}

static bool is_known(const Judged *judged, struct stat stat)
{
        Digest found;

        return judged_find(judged, &stat, &found);
}

static void any_difference_counts(void)
{
        Judged judged = {};
        const struct stat stat = file_of(1);
        struct stat other[5] = {stat, stat, stat, stat, stat};

        CHECK(judged_add(&judged, &stat, &digest));
        other[0].st_dev++;
        other[1].st_ino++;
        other[2].st_size++;
        other[3].st_mtim.tv_nsec++;
        other[4].st_ctim.tv_nsec++;
        for (size_t i = 0; i < ARRAY_SIZE(other); i++)
                CHECK(!is_known(&judged, other[i]));
}

/* Written in the second in which it was judged, or with a clock of whole seconds. */
static void later_change_must_show(void)
{
        Judged judged = {};
        struct stat fresh = file_of(1), coarse = file_of(1), future = file_of(1);

        CHECK(judged_add(&judged, &future, &digest));
        fresh.st_mtim.tv_sec = fresh.st_ctim.tv_sec - 2;
        CHECK(!judged_add(&judged, &fresh, &digest));
        CHECK_EQUAL(judged.count, 0U); /* of the inode nothing is known any more */
        coarse.st_ctim.tv_nsec = 0;
        CHECK(!judged_add(&judged, &coarse, &digest));
        future.st_mtim.tv_sec = future.st_ctim.tv_sec + HOUR;
        CHECK(judged_add(&judged, &future, &digest));
        fresh.st_mtim.tv_sec = INT64_MIN;
        fresh.st_ctim.tv_sec = INT64_MAX;
        CHECK(!judged_add(&judged, &fresh, &digest));
}

static void oldest_goes(void)
{
        Judged judged = {};

        for (ino_t inode = 1; inode <= JUDGED_MAX + 1; inode++) {
                struct stat stat = file_of(inode);

                CHECK(judged_add(&judged, &stat, &digest));
        }
        CHECK_EQUAL(judged.count, JUDGED_MAX);
        CHECK(!is_known(&judged, file_of(1)));
        CHECK(is_known(&judged, file_of(2)) && is_known(&judged, file_of(JUDGED_MAX + 1)));
}

static void written_is_read(void)
{
        _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
        _cleanup_(store_freep) Store *store = NULL;
        Judged judged = {}, again;
        struct stat stat = file_of(1), old = file_of(2);

        old.st_mtim.tv_sec = -HOUR; /* before the epoch */
        REQUIRE(store_open(&temp.root, STORE_WRITE, &store, NULL) == 0);
        judged_read(store, &again);
        CHECK_EQUAL(again.count, 0U);
        CHECK(judged_add(&judged, &stat, &digest) && judged_add(&judged, &old, &digest));
        CHECK_EQUAL(judged_write(store, &judged), 0);
        judged_read(store, &again);
        CHECK_EQUAL(again.count, 2U);
        CHECK(is_known(&again, stat) && is_known(&again, old));
}

int main(void)
{
        CASE(untouched_is_found);
        CASE(any_difference_counts);
        CASE(later_change_must_show);
        CASE(oldest_goes);
        CASE(written_is_read);
        return tap_end();
}
