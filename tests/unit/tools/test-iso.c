/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "../lib/tap.h"
#include "../lib/temp-root.h"
#include "file/fd.h"
#include "tools/iso.h"
#include "tools/search.h"

/* As published. */
#define DARWIN      "e0c96286f376b30e2c2362bd991709f0f6bc6ebd911be4056a58da8698c49236"
#define PRE15       "ef33fc5d152fd9db27cac0b1f21160226dfa5e5b7a501ffa25818682f3b4aaa0"
#define PRE15_OTHER "df9daa863a5036adc6e10fe785e8d121025abda83dd9b4f23c7c1b21c07c296a"

static uint8_t head[ISO_HEAD_SIZE];

/* A volume of 200 blocks of 2048 bytes. */
static void make_head(const char *label)
{
        uint8_t *descriptor = head + 32768;

        memset(head, 0, sizeof(head));
        memcpy(descriptor, "\1CD001\1", 7);
        memset(descriptor + 40, ' ', 32);
        memcpy(descriptor + 40, label, strlen(label));
        descriptor[80] = descriptor[87] = 200;
        descriptor[129] = descriptor[130] = 8;
}

static bool is_known_as(const char *hex, IsoKind kind)
{
        Digest digest;
        IsoKind found = _ISO_MAX;

        return digest_from_hex(hex, &digest) >= 0 && iso_is_known(&digest, &found) && found == kind;
}

static void published_digests_are_known(void)
{
        CHECK(is_known_as(DARWIN, ISO_DARWIN));
        CHECK(is_known_as(PRE15, ISO_DARWIN_PRE15));
        CHECK(is_known_as(PRE15_OTHER, ISO_DARWIN_PRE15));
}

static void no_other_digest_is_known(void)
{
        const char *const all[] = {DARWIN, PRE15, PRE15_OTHER};

        for (size_t i = 0; i < ARRAY_SIZE(all); i++)
                for (size_t bit = 0; bit < DIGEST_SIZE * 8; bit++) {
                        Digest digest;
                        IsoKind kind;

                        REQUIRE(digest_from_hex(all[i], &digest) >= 0);
                        digest.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
                        CHECK(!iso_is_known(&digest, &kind));
                }
}

static void names_whatever_their_case(void)
{
        IsoKind kind = _ISO_MAX;

        CHECK(iso_of_name("darwin.iso", &kind) && kind == ISO_DARWIN);
        CHECK(iso_of_name("DARWINPRE15.ISO", &kind) && kind == ISO_DARWIN_PRE15);
        CHECK(!iso_of_name("darwin.iso.zip", &kind));
        CHECK(!iso_of_name("x/darwin.iso", &kind));
        CHECK(!iso_of_name("", &kind));
        for (kind = 0; kind < _ISO_MAX; kind++)
                CHECK(strstr(iso_address(kind), iso_name(kind)) && *iso_guests(kind));
}

static void a_volume_is_read(void)
{
        IsoVolume volume;

        make_head("VMware Tools");
        REQUIRE(iso_begins((Span){head, sizeof(head)}, &volume));
        CHECK_TEXT(volume.label, "VMware Tools");
        CHECK_EQUAL(volume.size, 409600);
        /* Another descriptor first: an image, of which nothing more is said. */
        head[32768] = 0;
        REQUIRE(iso_begins((Span){head, sizeof(head)}, &volume));
        CHECK_TEXT(volume.label, "");
        CHECK_EQUAL(volume.size, 0);
}

static void labels_never_drive_a_terminal(void)
{
        IsoVolume volume;

        make_head("\033[31mred");
        REQUIRE(iso_begins((Span){head, sizeof(head)}, &volume));
        CHECK_TEXT(volume.label, "");
        make_head("0123456789012345678901234567890");
        head[32768 + 40 + 31] = 'x';
        REQUIRE(iso_begins((Span){head, sizeof(head)}, &volume));
        CHECK_TEXT(volume.label, "0123456789012345678901234567890x");
}

static void anything_else_is_no_volume(void)
{
        IsoVolume volume;

        make_head("x");
        for (size_t i = 1; i <= 5; i++) {
                head[32768 + i] ^= 1;
                CHECK(!iso_begins((Span){head, sizeof(head)}, &volume));
                head[32768 + i] ^= 1;
        }
        for (size_t size = 0; size < sizeof(head); size += 61)
                CHECK(!iso_begins((Span){head, size}, &volume));
        CHECK(!iso_begins((Span){head, sizeof(head) - 1}, &volume));
        CHECK(iso_begins((Span){head, sizeof(head)}, &volume));
}

/* Searching ---------------------------------------------------------------------------------- */

typedef struct Heard {
        size_t images, troubles;
        uint64_t bytes;
        Reason reason;
        int answer;
} Heard;

static int hear_image(const Found *found, void *context, Fault *fault _unused_)
{
        Heard *heard = context;
        const uint8_t *bytes;
        ssize_t n;

        heard->images++;
        while ((n = stream_next(found->stream, &bytes)) > 0)
                heard->bytes += (uint64_t)n;
        return n < 0 ? (int)n : heard->answer;
}

static void hear_trouble(const char *trail _unused_, const Fault *fault, void *context)
{
        Heard *heard = context;

        heard->troubles++;
        heard->reason = fault->reason;
}

/* Searches a file of `size` bytes that begins like an image. */
static int search(Heard *heard, uint64_t size, uint64_t budget, Fault *fault)
{
        _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
        _cleanup_close_ int dir_fd = temp_root_directory(&temp, "d");
        _cleanup_close_ int fd = temp_file(dir_fd, "image", head, sizeof(head));
        const SearchCalls calls = {
                .found = hear_image, .trouble = hear_trouble, .context = heard, .budget = budget};
        char path[160];

        if (ftruncate(fd, (off_t)size) < 0)
                abort();
        (void)snprintf(path, sizeof(path), "%s/d", temp.path);
        return search_source(path, &calls, fault);
}

static void an_image_is_streamed_whole(void)
{
        Fault fault = FAULT_NONE;
        Heard heard = {};

        make_head("x");
        CHECK_EQUAL(search(&heard, 409600, 0, &fault), 1);
        CHECK_EQUAL(heard.bytes, 409600);
        CHECK_EQUAL(heard.troubles, 0);
        /* As much as the budget, and one byte more. */
        heard = (Heard){};
        CHECK_EQUAL(search(&heard, 409600, 409600, &fault), 1);
        CHECK_EQUAL(heard.troubles, 0);
        heard = (Heard){};
        CHECK_EQUAL(search(&heard, 409601, 409600, &fault), 1);
        CHECK_EQUAL(heard.troubles, 1);
        CHECK_EQUAL(heard.reason, REASON_TOOLS_BOUNDS);
}

static void what_the_caller_cannot_take_ends_the_search(void)
{
        Fault fault = FAULT_NONE;
        Heard heard = {.answer = -ENOSPC};

        make_head("x");
        CHECK_EQUAL(search(&heard, 409600, 0, &fault), -ENOSPC);
        CHECK_EQUAL(heard.troubles, 0);
}

static void no_image_no_result(void)
{
        Fault fault = FAULT_NONE;
        Heard heard = {};

        memset(head, 0, sizeof(head));
        CHECK_EQUAL(search(&heard, 409600, 0, &fault), -ENOENT);
        CHECK_EQUAL(fault.reason, REASON_TOOLS_NONE);
        CHECK_EQUAL(heard.images, 0);
}

int main(void)
{
        CASE(published_digests_are_known);
        CASE(no_other_digest_is_known);
        CASE(names_whatever_their_case);
        CASE(a_volume_is_read);
        CASE(labels_never_drive_a_terminal);
        CASE(anything_else_is_no_volume);
        CASE(an_image_is_streamed_whole);
        CASE(what_the_caller_cannot_take_ends_the_search);
        CASE(no_image_no_result);
        return tap_end();
}
