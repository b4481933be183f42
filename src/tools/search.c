/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/text.h"
#include "file/directory.h"
#include "file/fd.h"
#include "file/link.h"
#include "tools/search.h"

#define DIRECTORY_DEPTH_MAX 16

typedef struct Search {
        const SearchCalls *calls;
        uint64_t budget;
        size_t images, searched; /* `searched`: files and archives that could be */
        bool troubled;
        bool enough; /* was found */
        bool ended;  /* so it was, or the bounds were reached */
        bool locked; /* an encrypted entry was told of: one is enough for a file */
        bool alone;  /* the source is a file, or standard input */
        Fault *fault;
} Search;

typedef enum Kind {
        KIND_OTHER,
        KIND_TAR,
        KIND_ZIP,
        KIND_COMPRESSED,
} Kind;

static Kind search_kind_of(Span head)
{
        static const struct {
                size_t offset, size;
                const char *magic;
                Kind kind;
        } magics[] = {
                {0, 4, "PK\3\4", KIND_ZIP},
                {0, 4, "PK\5\6", KIND_ZIP},
                {0, 6, "PK00PK", KIND_ZIP},
                {257, 5, "ustar", KIND_TAR},
                {0, 2, "\x1f\x8b", KIND_COMPRESSED},
                {0, 3, "BZh", KIND_COMPRESSED},
                {0, 6,
                 "\xfd"
                 "7zXZ",
                 KIND_COMPRESSED},
                {0, 4, "\x28\xb5\x2f\xfd", KIND_COMPRESSED},
        };

        for (size_t i = 0; i < ARRAY_SIZE(magics); i++)
                if (range_fits(magics[i].offset, magics[i].size, head.size) &&
                    memcmp(head.bytes + magics[i].offset, magics[i].magic, magics[i].size) == 0)
                        return magics[i].kind;
        return KIND_OTHER;
}

static void search_tell_trouble(Search *search, const char *trail, const Fault *fault)
{
        search->troubled = true;
        if (fault->reason == REASON_TOOLS_BOUNDS && search->budget == 0)
                search->ended = true;
        search->calls->trouble(trail, fault, search->calls->context);
}

static int search_stream(Search *search, Stream *stream, const char *name, const char *trail,
                         unsigned depth);

/* Archives ----------------------------------------------------------------------------------- */

static la_ssize_t give_block(struct archive *archive, void *context, const void **ret)
{
        const uint8_t *bytes;
        ssize_t n = stream_next(context, &bytes);

        if (n < 0) {
                archive_set_error(archive, (int)-n, "the stream broke");
                return -1;
        }
        *ret = bytes;
        return n;
}

/* A compressed file is an archive of one entry to libarchive's "raw" format. */
static bool archive_supports(struct archive *archive, Kind kind)
{
        switch (kind) {
        case KIND_TAR:
                return archive_read_support_format_tar(archive) >= ARCHIVE_WARN;
        case KIND_ZIP:
                return archive_read_support_format_zip_streamable(archive) >= ARCHIVE_WARN;
        case KIND_COMPRESSED:
                return archive_read_support_format_raw(archive) >= ARCHIVE_WARN &&
                       archive_read_support_filter_gzip(archive) >= ARCHIVE_WARN &&
                       archive_read_support_filter_bzip2(archive) >= ARCHIVE_WARN &&
                       archive_read_support_filter_xz(archive) >= ARCHIVE_WARN &&
                       archive_read_support_filter_zstd(archive) >= ARCHIVE_WARN;
        default:
                return false;
        }
}

/* Reads to the end of an entry: libarchive would skip one of unknown size without end. */
static void stream_drain(Stream *stream)
{
        const uint8_t *bytes;

        while (stream_next(stream, &bytes) > 0)
                ;
}

static int search_entry(Search *search, struct archive *archive, struct archive_entry *entry,
                        Kind kind, const char *name, const char *trail, unsigned depth,
                        Fault *broken)
{
        const char *path = kind == KIND_COMPRESSED ? NULL : archive_entry_pathname(entry);
        _cleanup_(stream_done) Stream stream = stream_of_entry(archive, trail, &search->budget);
        _cleanup_free_ char *longer = NULL;
        int r;

        if (kind == KIND_COMPRESSED)
                r = text_copy(&longer, trail);
        else
                r = text_format(&longer, "%s: %s", trail, path ? path : "?");
        if (r < 0)
                return fault_set(search->fault, r, REASON_NO_MEMORY, "%s", trail);
        stream.name = longer;
        if (archive_entry_is_encrypted(entry)) {
                Fault fault = FAULT_NONE;

                (void)fault_set(&fault, -EACCES, REASON_TOOLS_ENCRYPTED, "%s", longer);
                if (!search->locked)
                        search_tell_trouble(search, longer, &fault);
                search->locked = true;
                return 0;
        }
        r = search_stream(search, &stream, path ? text_after_slash(path) : name, longer, depth + 1);
        if (r >= 0 && !search->ended && stream.error == 0 && !archive_entry_size_is_set(entry))
                stream_drain(&stream);
        if (r >= 0 && stream.error < 0)
                *broken = stream.fault;
        return r;
}

static int search_entries(Search *search, struct archive *archive, Kind kind, const char *name,
                          const char *trail, unsigned depth, Fault *broken)
{
        struct archive_entry *entry;
        int r = 0;

        while (r >= 0 && broken->reason == REASON_NONE && !search->ended) {
                r = archive_read_next_header(archive, &entry);
                if (r == ARCHIVE_EOF)
                        return 0;
                if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
                        return archive_fault(archive, trail, broken) == -ENOMEM ? -ENOMEM : 0;
                r = archive_entry_filetype(entry) == AE_IFREG && !archive_entry_hardlink(entry)
                            ? search_entry(search, archive, entry, kind, name, trail, depth, broken)
                            : 0;
        }
        return r;
}

static void search_archive_freep(struct archive **archive)
{
        (void)archive_read_free(*archive);
}

static int search_archive(Search *search, Stream *stream, Kind kind, const char *name,
                          const char *trail, unsigned depth)
{
        _cleanup_(search_archive_freep) struct archive *archive = archive_read_new();
        Fault broken = FAULT_NONE;
        int r;

        if (!archive || !archive_supports(archive, kind))
                return fault_set(search->fault, -ENOMEM, REASON_NO_MEMORY, "%s", trail);
        if (archive_read_open(archive, stream, NULL, give_block, NULL) != ARCHIVE_OK)
                r = archive_fault(archive, trail, &broken) == -ENOMEM ? -ENOMEM : 0;
        else
                r = search_entries(search, archive, kind, name, trail, depth, &broken);
        /* Whoever gave the stream tells of its end; a search that ended has told. */
        if (r >= 0 && broken.reason != REASON_NONE && stream->error == 0 && !search->ended)
                search_tell_trouble(search, trail, &broken);
        return r;
}

/* Streams ------------------------------------------------------------------------------------ */

static int give_image(Search *search, Stream *stream, const char *name, const char *trail,
                      const IsoVolume *volume, unsigned depth)
{
        const Found found = {.name = name,
                             .trail = trail,
                             .alone = depth == 0 && search->alone,
                             .volume = *volume,
                             .stream = stream};
        int r;

        search->images++;
        r = search->calls->found(&found, search->calls->context, search->fault);
        if (r > 0)
                search->enough = search->ended = true;
        /* A stream that broke is told of by who gave it. */
        return r < 0 && stream->error == 0 ? r : 0;
}

static int search_stream(Search *search, Stream *stream, const char *name, const char *trail,
                         unsigned depth)
{
        Fault fault = FAULT_NONE;
        IsoVolume volume;
        Span head;
        Kind kind;

        if (stream_peek(stream, &head) < 0)
                return 0;
        if (iso_begins(head, &volume)) {
                search->searched++;
                return give_image(search, stream, name, trail, &volume, depth);
        }
        kind = search_kind_of(head);
        if (kind == KIND_OTHER)
                return 0;
        search->searched++;
        if (depth < SEARCH_DEPTH_MAX)
                return search_archive(search, stream, kind, name, trail, depth);
        (void)fault_set(&fault, -EFBIG, REASON_TOOLS_BOUNDS, "%s", trail);
        search_tell_trouble(search, trail, &fault);
        return 0;
}

static int search_fd(Search *search, int fd, const char *name, const char *trail)
{
        _cleanup_(stream_done) Stream stream = stream_of_fd(fd, trail, &search->budget);
        int r;

        search->locked = false;
        search->budget = search->calls->budget ? search->calls->budget : SEARCH_BUDGET_MAX;
        r = search_stream(search, &stream, name, trail, 0);
        if (r >= 0 && stream.error < 0)
                search_tell_trouble(search, trail, &stream.fault);
        return r;
}

/* Files -------------------------------------------------------------------------------------- */

static int search_directory(Search *search, int dir_fd, const char *trail, unsigned depth);

/* What is neither a file nor a directory, a link among it, is passed over. */
static int search_name(Search *search, int dir_fd, const char *name, const char *trail,
                       unsigned depth)
{
        _cleanup_close_ int fd = -EBADF;
        _cleanup_free_ char *longer = NULL;
        Fault fault = FAULT_NONE;
        struct stat st;

        if (text_format(&longer, "%s/%s", trail, name) < 0)
                return fault_set(search->fault, -ENOMEM, REASON_NO_MEMORY, "%s", trail);
        if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
            !(S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
                return 0;
        fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &st) < 0) {
                (void)fault_set(&fault, -errno, REASON_OPEN, "%s", longer);
                search_tell_trouble(search, longer, &fault);
                return 0;
        }
        search->ended = search->enough;
        if (S_ISDIR(st.st_mode))
                return search_directory(search, fd, longer, depth + 1);
        return S_ISREG(st.st_mode) ? search_fd(search, fd, name, longer) : 0;
}

static int search_directory(Search *search, int dir_fd, const char *trail, unsigned depth)
{
        _cleanup_(texts_done) Texts names = {};
        Fault fault = FAULT_NONE;
        int r = depth > DIRECTORY_DEPTH_MAX
                        ? fault_set(&fault, -EFBIG, REASON_TOOLS_BOUNDS, "%s", trail)
                        : directory_names(dir_fd, &names);

        if (r < 0) {
                if (fault.reason == REASON_NONE)
                        (void)fault_set(&fault, r, REASON_READ, "%s", trail);
                search_tell_trouble(search, trail, &fault);
                return 0;
        }
        search->searched++;
        for (size_t i = 0; r >= 0 && !search->enough && i < names.count; i++)
                r = search_name(search, dir_fd, names.items[i], trail, depth);
        return r;
}

static int search_file(Search *search, const char *path)
{
        _cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0)
                return link_fault(search->fault, -errno, path);
        if (S_ISDIR(st.st_mode))
                return search_directory(search, fd, path, 0);
        /* "/dev/stdin" and a shell's "<(…)" are pipes. */
        if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode) && !S_ISBLK(st.st_mode))
                return fault_set(search->fault, -EINVAL, REASON_TOOLS_NO_IMAGE, "%s", path);
        if (fcntl(fd, F_SETFL, 0) < 0)
                return fault_set(search->fault, -errno, REASON_OPEN, "%s", path);
        search->alone = true;
        return search_fd(search, fd, text_after_slash(path), path);
}

int search_source(const char *path, const SearchCalls *calls, Fault *fault)
{
        Search search = {.calls = calls, .alone = text_equal(path, "-"), .fault = fault};
        int r = search.alone ? search_fd(&search, STDIN_FILENO, NULL, "standard input")
                             : search_file(&search, path);

        if (r < 0)
                return r;
        if (search.images == 0 && !search.troubled)
                return fault_set(fault, -ENOENT,
                                 search.searched > 0 ? REASON_TOOLS_NONE : REASON_TOOLS_NO_IMAGE,
                                 "%s", path);
        return (int)search.images;
}
