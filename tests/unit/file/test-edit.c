/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../lib/tap.h"
#include "base/text.h"
#include "file/edit.h"
#include "file/fd.h"

static Edit edit_at(uint64_t offset, uint8_t size)
{
        Edit edit = {.offset = offset, .size = size};

        memset(edit.after, 0xFF, size);
        return edit;
}

static void keeps_edits_in_order(void)
{
        _cleanup_(edits_done) Edits edits = {};
        Edit first = edit_at(10, 4), second = edit_at(20, 4), third = edit_at(0, 4);

        REQUIRE(edits_add(&edits, &first) == 0);
        REQUIRE(edits_add(&edits, &second) == 0);
        REQUIRE(edits_add(&edits, &third) == 0);
        CHECK_EQUAL(edits.items[0].offset, 0);
        CHECK_EQUAL(edits.items[1].offset, 10);
        CHECK_EQUAL(edits.items[2].offset, 20);
}

static void refuses_overlaps_and_nothing(void)
{
        _cleanup_(edits_done) Edits edits = {};
        Edit edit = edit_at(10, 4), before = edit_at(7, 4), behind = edit_at(13, 1);
        Edit touching = edit_at(14, 2), nothing = {.offset = 40, .size = 1}, empty = edit_at(50, 0);

        REQUIRE(edits_add(&edits, &edit) == 0);
        CHECK_EQUAL(edits_add(&edits, &before), -EEXIST);
        CHECK_EQUAL(edits_add(&edits, &behind), -EEXIST);
        CHECK_EQUAL(edits_add(&edits, &touching), 0);
        CHECK_EQUAL(edits_add(&edits, &nothing), -EINVAL);
        CHECK_EQUAL(edits_add(&edits, &empty), -EINVAL);
        CHECK_EQUAL(edits.count, 2);
}

static void matches_only_inside_and_equal(void)
{
        _cleanup_(edits_done) Edits edits = {};
        uint8_t bytes[16] = {};
        Edit edit = edit_at(12, 4);

        REQUIRE(edits_add(&edits, &edit) == 0);
        CHECK_EQUAL(edits_match(&edits, (Span){bytes, 16}), 0);
        CHECK_EQUAL(edits_match(&edits, (Span){bytes, 15}), -ERANGE);
        bytes[13] = 1;
        CHECK_EQUAL(edits_match(&edits, (Span){bytes, 16}), -EILSEQ);
}

static int file_of(const uint8_t *bytes, size_t size)
{
        int fd = memfd_create("edit", MFD_CLOEXEC);

        if (fd < 0 || fd_write(fd, (Span){bytes, size}) < 0)
                abort();
        return fd;
}

/* An edit that lies across the border of two reading steps. */
static void verifies_across_steps(void)
{
        enum { SIZE = 600 * 1024, BORDER = 256 * 1024 };
        _cleanup_free_ uint8_t *bytes = calloc(1, SIZE);
        _cleanup_(edits_done) Edits edits = {};
        Edit edit = edit_at(BORDER - 3, 8);
        Fault fault = FAULT_NONE;
        Digest before, after, expected;

        REQUIRE(bytes != NULL);
        _cleanup_close_ int original = file_of(bytes, SIZE);
        REQUIRE(edits_add(&edits, &edit) == 0);
        REQUIRE(digest_of_span((Span){bytes, SIZE}, &expected) == 0);
        edits_apply(&edits, bytes, SIZE);
        _cleanup_close_ int changed = file_of(bytes, SIZE);
        before = expected;
        REQUIRE(edits_verify(&edits, original, changed, &fault) == 0);
        REQUIRE(edits_prove(&edits, changed, &before, &after, &fault) == 0);
        REQUIRE(digest_of_span((Span){bytes, SIZE}, &expected) == 0);
        CHECK(digest_equal(&after, &expected));

        bytes[BORDER + 100] = 1;
        _cleanup_close_ int wrong = file_of(bytes, SIZE);
        CHECK_EQUAL(edits_prove(&edits, wrong, &before, &after, &fault), -EILSEQ);
        CHECK_EQUAL(fault.reason, REASON_STAGED_DIFFERS);
        CHECK_EQUAL(edits_verify(&edits, original, wrong, &fault), -EILSEQ);
        CHECK_EQUAL(fault.reason, REASON_STAGED_DIFFERS);
        CHECK_EQUAL(fault.offset, BORDER + 100);
        CHECK_EQUAL(edits_verify(&edits, original, original, &fault), -EILSEQ);
        CHECK_EQUAL(edits_prove(&edits, original, &before, &after, &fault), -EILSEQ);

        _cleanup_close_ int longer = file_of(bytes, SIZE - 1);
        CHECK_EQUAL(edits_verify(&edits, original, longer, &fault), -EILSEQ);
        CHECK_EQUAL(edits_prove(&edits, longer, &before, &after, &fault), -EILSEQ);
        CHECK(digest_equal(&after, &expected));
}

/* With edits in each place of a file of some steps, and without any. */
static void proves_what_the_digests_tell(void)
{
        enum { SIZE = 700 * 1024 };
        static const uint64_t places[] = {0, 1, 256 * 1024 - 8, 256 * 1024, 600 * 1024, SIZE - 8};
        _cleanup_free_ uint8_t *bytes = malloc(SIZE);

        REQUIRE(bytes != NULL);
        for (unsigned set = 0; set < 1U << ARRAY_SIZE(places); set++) {
                _cleanup_(edits_done) Edits edits = {};
                Digest before, after, expected;

                for (size_t i = 0; i < SIZE; i++)
                        bytes[i] = (uint8_t)(i * 7 % 251);
                for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
                        Edit edit = edit_at(places[i], 8);

                        if (!(set & 1U << i) || (i == 1 && set & 1))
                                continue;
                        memcpy(edit.before, bytes + places[i], 8);
                        REQUIRE(edits_add(&edits, &edit) == 0);
                }
                REQUIRE(digest_of_span((Span){bytes, SIZE}, &before) == 0);
                edits_apply(&edits, bytes, SIZE);
                REQUIRE(digest_of_span((Span){bytes, SIZE}, &expected) == 0);
                _cleanup_close_ int changed = file_of(bytes, SIZE);
                REQUIRE(edits_prove(&edits, changed, &before, &after, NULL) == 0);
                CHECK(digest_equal(&after, &expected));
                CHECK(edits_prove(&edits, changed, &expected, &after, NULL) ==
                      (edits.count > 0 ? -EILSEQ : 0));
        }
}

static void equal_ones_make_the_same_changes(void)
{
        _cleanup_(edits_done) Edits edits = {}, same = {};
        const Edit first = edit_at(16, 8), second = edit_at(64, 8);

        CHECK(edits_equal(&edits, &same));
        REQUIRE(edits_add(&edits, &first) == 0 && edits_add(&edits, &second) == 0);
        CHECK(!edits_equal(&edits, &same));
        REQUIRE(edits_copy(&edits, &same) == 0);
        text_put(same.items[0].why, sizeof(same.items[0].why), "%s", "another reason");
        CHECK(edits_equal(&edits, &same));
        same.items[1].offset++;
        CHECK(!edits_equal(&edits, &same));
        same.items[1].offset--;
        same.items[1].before[7] ^= 1;
        CHECK(!edits_equal(&edits, &same));
        same.items[1].before[7] ^= 1;
        same.items[1].after[0] ^= 1;
        CHECK(!edits_equal(&edits, &same));
        same.items[1].after[0] ^= 1;
        same.items[1].size--;
        CHECK(!edits_equal(&edits, &same));
}

int main(void)
{
        CASE(equal_ones_make_the_same_changes);
        CASE(keeps_edits_in_order);
        CASE(refuses_overlaps_and_nothing);
        CASE(matches_only_inside_and_equal);
        CASE(verifies_across_steps);
        CASE(proves_what_the_digests_tell);
        return tap_end();
}
