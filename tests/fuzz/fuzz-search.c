/* SPDX-License-Identifier: MIT */

/* Any bytes as a source of guest tools, archives within archives among them: the search ends, reads
 * no more than it may, gives out nothing but images, and tells why it could not go on. */

#include <sys/mman.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/text.h"
#include "file/fd.h"
#include "fuzz.h"
#include "tools/search.h"

#define BUDGET (UINT64_C(4) * 1024 * 1024)

typedef struct Seen {
        size_t images, whole, troubles;
        uint64_t size; /* bytes of all images */
} Seen;

static Seen seen; /* in the last input */

static int take(const Found *found, void *context, Fault *fault)
{
        const uint8_t *bytes;
        bool is_first = true;
        uint64_t size = 0;
        IsoVolume volume;
        ssize_t n;

        (void)context;
        (void)fault;
        MUST(found->trail && strlen(found->volume.label) <= 32);
        while ((n = stream_next(found->stream, &bytes)) > 0) {
                MUST(!is_first || iso_begins((Span){bytes, (size_t)n}, &volume));
                MUST(!is_first || volume.size == found->volume.size);
                is_first = false;
                size += (uint64_t)n;
        }
        seen.images++;
        seen.size += size;
        seen.whole += n == 0;
        MUST(n >= 0 || found->stream->fault.reason != REASON_NONE);
        return (int)n;
}

static void trouble(const char *trail, const Fault *fault, void *context)
{
        (void)context;
        MUST(trail && *trail && fault->error > 0);
        MUST(fault->reason == REASON_TOOLS_DAMAGED || fault->reason == REASON_TOOLS_BOUNDS ||
             fault->reason == REASON_TOOLS_ENCRYPTED);
        seen.troubles++;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        const SearchCalls calls = {.found = take, .trouble = trouble, .budget = BUDGET};
        _cleanup_close_ int fd = memfd_create("fuzz-search", MFD_CLOEXEC);
        Fault fault = FAULT_NONE;
        char path[32];
        int r;

        seen = (Seen){};
        MUST(fd >= 0 && fd_write_at(fd, (Span){bytes, size}, 0) >= 0);
        text_put(path, sizeof(path), "/proc/self/fd/%d", fd);
        r = search_source(path, &calls, &fault);
        MUST(seen.size <= BUDGET && seen.whole <= seen.images);
        if (r >= 0)
                MUST((size_t)r == seen.images && seen.images + seen.troubles > 0);
        else
                MUST(r == -ENOENT && seen.images == 0 && seen.troubles == 0 &&
                     (fault.reason == REASON_TOOLS_NONE || fault.reason == REASON_TOOLS_NO_IMAGE));
        return 0;
}

/* Seeds ---------------------------------------------------------------------------------------- */

/* One on its way: what it is is put around what it was. */
typedef struct Parcel {
        uint8_t bytes[64 * 1024];
        size_t size;
} Parcel;

static Parcel parcel;

static void put_image(void)
{
        uint8_t *descriptor = parcel.bytes + 32768;

        memset(parcel.bytes, 0, sizeof(parcel.bytes));
        memcpy(descriptor, "\1CD001\1", 7);
        memset(descriptor + 40, ' ', 32);
        descriptor[80] = descriptor[87] = ISO_HEAD_SIZE / 2048;
        descriptor[129] = descriptor[130] = 8;
        parcel.size = ISO_HEAD_SIZE;
}

static void wrap(int (*set_format)(struct archive *), int (*add_filter)(struct archive *))
{
        struct archive *archive = archive_write_new();
        struct archive_entry *entry = archive_entry_new();
        static uint8_t buffer[sizeof(parcel.bytes)];
        size_t used = 0;

        MUST(archive && entry && set_format(archive) == ARCHIVE_OK);
        MUST(!add_filter || add_filter(archive) == ARCHIVE_OK);
        MUST(archive_write_set_bytes_in_last_block(archive, 1) == ARCHIVE_OK);
        MUST(archive_write_open_memory(archive, buffer, sizeof(buffer), &used) == ARCHIVE_OK);
        archive_entry_set_pathname(entry, "payload/darwin.iso");
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_size(entry, (la_int64_t)parcel.size);
        MUST(archive_write_header(archive, entry) == ARCHIVE_OK);
        MUST(archive_write_data(archive, parcel.bytes, parcel.size) == (la_ssize_t)parcel.size);
        archive_entry_free(entry);
        MUST(archive_write_close(archive) == ARCHIVE_OK);
        (void)archive_write_free(archive);
        memcpy(parcel.bytes, buffer, used);
        parcel.size = used;
}

/* A seed that must be what it is meant to be, or it would lead nowhere. */
static void seed(const char *name, size_t images, size_t troubles)
{
        MUST(LLVMFuzzerTestOneInput(parcel.bytes, parcel.size) == 0);
        MUST(seen.images == images && seen.troubles == troubles);
        fuzz_seed(name, (Span){parcel.bytes, parcel.size});
}

static void seed_nested(void)
{
        put_image();
        for (unsigned depth = 0; depth <= SEARCH_DEPTH_MAX / 2; depth++) {
                char name[16];

                /* A compressed file is a level of its own. */
                wrap(archive_write_set_format_ustar, archive_write_add_filter_gzip);
                text_put(name, sizeof(name), "nested-%u", depth);
                seed(name, depth < SEARCH_DEPTH_MAX / 2, depth == SEARCH_DEPTH_MAX / 2);
        }
}

void fuzz_seeds(void)
{
        put_image();
        seed("image", 1, 0);
        wrap(archive_write_set_format_ustar, NULL);
        seed("tar", 1, 0);
        put_image();
        wrap(archive_write_set_format_zip, NULL);
        seed("zip", 1, 0);
        wrap(archive_write_set_format_ustar, archive_write_add_filter_bzip2);
        seed("zip-tar-bzip2", 1, 0);
        put_image();
        wrap(archive_write_set_format_raw, archive_write_add_filter_xz);
        seed("xz", 1, 0);
        parcel.size /= 2;
        seed("cut", 0, 1);
        seed_nested();
        fuzz_seed_text("text", "darwin.iso");
}
