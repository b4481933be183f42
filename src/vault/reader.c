/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/text.h"
#include "file/fd.h"
#include "file/trust.h"
#include "vault/archive-name.h"
#include "vault/manifest.h"
#include "vault/read-ahead.h"
#include "vault/reader.h"
#include "vault/xattr-name.h"

#define READ_STEP (256U * 1024U)

struct Reader {
        int fd;
        struct archive *tar;
        Blocks *blocks;  /* of it */
        Archive archive; /* from the manifest */
        size_t next;     /* original that must come next; the one before is the present one */
        struct archive_entry *entry; /* the present one; borrowed from `tar` */
};

void reader_free(Reader *reader)
{
        if (!reader)
                return;
        blocks_free(reader->blocks);
        (void)archive_read_free(reader->tar);
        (void)fd_close(reader->fd);
        archive_done(&reader->archive);
        free(reader);
}

const Archive *reader_archive(const Reader *reader)
{
        return &reader->archive;
}

static int reader_unreadable(const Reader *reader, Fault *fault)
{
        int error = reader->tar ? archive_errno(reader->tar) : 0;

        /* libarchive's own numbers are negative or EILSEQ-like; a damaged file is -EBADMSG. */
        return fault_set(fault,
                         error == ENOMEM ? -ENOMEM
                         : error == EIO  ? -EIO
                                         : -EBADMSG,
                         REASON_VAULT_READ, "%s", reader->archive.name);
}

static int wrong_manifest(const Reader *reader, const char *what, Fault *fault)
{
        return fault_set(fault, -EBADMSG, REASON_VAULT_MANIFEST, "%s: %s", reader->archive.name,
                         what);
}

static int reader_open_file(const Store *store, const char *name)
{
        int dir_fd = store_originals_fd(store);

        return dir_fd < 0 ? -ENOENT
                          : fd_open_at(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
}

static int check_file(Reader *reader, Fault *fault)
{
        const char *name = reader->archive.name;

        if (fstat(reader->fd, &reader->archive.stat) < 0)
                return fault_set(fault, -errno, REASON_VAULT_READ, "%s", name);
        return S_ISREG(reader->archive.stat.st_mode)
                       ? 0
                       : fault_set(fault, -EBADMSG, REASON_VAULT_READ, "%s", name);
}

static int reader_open_tar(Reader *reader, Fault *fault)
{
        reader->tar = archive_read_new();
        if (!reader->tar)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", reader->archive.name);
        /* zstd falls back to the program of that name where the library lacks it: a warning. */
        if (archive_read_support_format_tar(reader->tar) != ARCHIVE_OK ||
            archive_read_support_filter_gzip(reader->tar) < ARCHIVE_WARN ||
            archive_read_support_filter_zstd(reader->tar) < ARCHIVE_WARN ||
            archive_read_open_fd(reader->tar, reader->fd, READ_STEP) != ARCHIVE_OK)
                return reader_unreadable(reader, fault);
        return blocks_new(reader->tar, &reader->blocks) < 0
                       ? fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", reader->archive.name)
                       : 0;
}

/* 1 and the entry, 0 at the end of the archive. After a damaged header libarchive would go on with
 * the next that looks like one (ARCHIVE_RETRY); what lies between is not ours to pass over. */
static int next_entry(Reader *reader, struct archive_entry **ret, Fault *fault)
{
        int r = blocks_header(reader->blocks, ret);

        if (r == ARCHIVE_EOF)
                return 0;
        return r == ARCHIVE_OK || r == ARCHIVE_WARN ? 1 : reader_unreadable(reader, fault);
}

static bool entry_is(struct archive_entry *entry, const char *path)
{
        const char *found = archive_entry_pathname(entry);

        return found && text_equal(found, path) && archive_entry_filetype(entry) == AE_IFREG &&
               !archive_entry_hardlink(entry) && !archive_entry_symlink(entry) &&
               archive_entry_size_is_set(entry) && archive_entry_size(entry) >= 0;
}

/* A manifest that was exchanged or damaged tells of another set than the name. */
static int check_name(const Reader *reader, Fault *fault)
{
        char named[ARCHIVE_DIGITS + 1], found[ARCHIVE_DIGITS + 1];
        int r = archive_name_digits(&reader->archive, found);

        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", reader->archive.name);
        if (!archive_name_parse(reader->archive.name, named) || !text_equal(named, found))
                return wrong_manifest(reader, "is of other originals than the name", fault);
        return 0;
}

static int read_manifest(Reader *reader, Fault *fault)
{
        _cleanup_free_ char *text = NULL;
        struct archive_entry *entry;
        Archive parsed;
        size_t size;
        la_ssize_t n;
        int r = next_entry(reader, &entry, fault);

        if (r < 0)
                return r;
        if (r == 0 || !entry_is(entry, MANIFEST_PATH) || archive_entry_size(entry) > MANIFEST_MAX)
                return wrong_manifest(reader, "is not the first entry", fault);
        size = (size_t)archive_entry_size(entry);
        text = malloc(size + 1);
        if (!text)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", reader->archive.name);
        n = archive_read_data(reader->tar, text, size);
        if (n < 0 || (size_t)n != size)
                return reader_unreadable(reader, fault);
        r = manifest_parse(text, size, &parsed);
        if (r == -ENOMEM)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", reader->archive.name);
        if (r < 0)
                return wrong_manifest(reader, "cannot be understood", fault);
        parsed.name = TAKE_PTR(reader->archive.name);
        parsed.stat = reader->archive.stat;
        reader->archive = parsed;
        return check_name(reader, fault);
}

/* Takes `fd` over, or the negative errno that it is. */
static int open_reader(int fd, const char *name, Reader **ret, Fault *fault)
{
        _cleanup_(reader_freep) Reader *reader = calloc(1, sizeof(*reader));
        int r;

        if (!reader) {
                (void)fd_close(fd);
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", name);
        }
        reader->fd = fd;
        if (fd < 0)
                return fault_set(fault, fd, fd == -EACCES ? REASON_VAULT_DENIED : REASON_VAULT_READ,
                                 "%s", name);
        r = text_copy(&reader->archive.name, name);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", name);
        r = check_file(reader, fault);
        if (r >= 0)
                r = reader_open_tar(reader, fault);
        if (r >= 0)
                r = read_manifest(reader, fault);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(reader);
        return 0;
}

static int reader_trust(const Store *store, const char *name, int fd, Fault *fault)
{
        _cleanup_free_ char *inside = NULL, *path = NULL;
        int r = text_format(&inside, "originals/%s", name);

        if (r >= 0)
                r = store_show(store, inside, &path);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", name);
        return trust_file(path, fd, fault);
}

int reader_open(const Store *store, const char *name, Reader **ret, Fault *fault)
{
        _cleanup_close_ int fd = reader_open_file(store, name);
        int r = fd >= 0 && store_demands_trust(store) ? reader_trust(store, name, fd, fault) : 0;

        return r < 0 ? r : open_reader(TAKE_FD(fd), name, ret, fault);
}

int reader_open_fd(int fd, const char *name, Reader **ret, Fault *fault)
{
        int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

        return open_reader(copy < 0 ? -errno : copy, name, ret, fault);
}

static bool is_owner(int64_t id)
{
        return id >= 0 && id < UINT32_MAX; /* the last one means "nobody in particular" */
}

static int attributes_of(struct archive_entry *entry, FileAttributes *ret)
{
        _cleanup_(file_attributes_done) FileAttributes attributes = {
                .mode = archive_entry_perm(entry) & 07777U,
                .atime = {archive_entry_atime(entry), archive_entry_atime_nsec(entry)},
                .mtime = {archive_entry_mtime(entry), archive_entry_mtime_nsec(entry)},
        };
        int64_t uid = archive_entry_uid(entry), gid = archive_entry_gid(entry);
        const char *name;
        const void *value;
        size_t size;

        if (!is_owner(uid) || !is_owner(gid))
                return -EBADMSG;
        attributes.uid = (uid_t)uid;
        attributes.gid = (gid_t)gid;
        (void)archive_entry_xattr_reset(entry);
        while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK) {
                int r = name ? file_attributes_add_xattr(&attributes, name, value, size) : -EBADMSG;

                if (r < 0)
                        return r;
        }
        *ret = attributes;
        attributes = (FileAttributes){};
        return 0;
}

static int reader_damaged(const Reader *reader, const Original *original, Fault *fault)
{
        return fault_set(fault, -EBADMSG, REASON_VAULT_DIGEST, "/%s in %s", original->path,
                         reader->archive.name);
}

int reader_next(Reader *reader, const Original **ret, Fault *fault)
{
        const Original *original;
        int r = next_entry(reader, &reader->entry, fault);

        if (r < 0)
                return r;
        if (r == 0)
                return reader->next == reader->archive.original_count
                               ? 0
                               : wrong_manifest(reader, "names more than there is", fault);
        if (reader->next == reader->archive.original_count)
                return wrong_manifest(reader, "names less than there is", fault);
        original = &reader->archive.originals[reader->next++];
        if (!entry_is(reader->entry, original->path) ||
            (uint64_t)archive_entry_size(reader->entry) != original->size)
                return wrong_manifest(reader, original->path, fault);
        *ret = original;
        return 1;
}

/* libarchive escapes names of xattrs in writing; in reading it gives them as they stand there. The
 * digest tells which of both they are. */
static int check_attributes(FileAttributes *attributes, const Digest *recorded)
{
        Digest digest;
        int r = file_attributes_digest(attributes, &digest);

        if (r < 0 || digest_equal(&digest, recorded))
                return r;
        for (size_t i = 0; i < attributes->xattr_count; i++)
                xattr_name_unescape(attributes->xattrs[i].name);
        r = file_attributes_digest(attributes, &digest);
        return r < 0 || digest_equal(&digest, recorded) ? r : -EILSEQ;
}

/* Neither tar nor zstd as libarchive writes it would notice another owner or mtime. */
int reader_attributes(const Reader *reader, FileAttributes *ret, Fault *fault)
{
        const Original *original = &reader->archive.originals[reader->next - 1];
        _cleanup_(file_attributes_done) FileAttributes attributes = {};
        int r = attributes_of(reader->entry, &attributes);

        if (r == -EBADMSG)
                return wrong_manifest(reader, original->path, fault);
        if (r >= 0)
                r = check_attributes(&attributes, &original->attributes_digest);
        if (r == -EILSEQ)
                return reader_damaged(reader, original, fault);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", original->path);
        *ret = attributes;
        attributes = (FileAttributes){};
        return 0;
}

void reader_read_ahead(Reader *reader)
{
        blocks_read_ahead(reader->blocks);
}

/* What comes next of the present entry, at most `left` bytes, where it must come: 1, or 0 at its
 * end. A hole is nothing that a writer of ours makes. Borrowed until the next call. */
static int next_block(Reader *reader, const Original *original, uint64_t left, Span *ret,
                      Fault *fault)
{
        int64_t offset;
        Span block;
        int r = blocks_next(reader->blocks, &block, &offset);

        if (r == ARCHIVE_EOF)
                return 0;
        if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
                return reader_unreadable(reader, fault);
        if (block.size > left || (block.size > 0 && (uint64_t)offset != original->size - left))
                return reader_damaged(reader, original, fault);
        *ret = block;
        return 1;
}

int reader_content(Reader *reader, int fd, Fault *fault)
{
        const Original *original = &reader->archive.originals[reader->next - 1];
        uint64_t left = original->size, unsynced = 0;
        Digest digest;
        int r;

        for (;;) {
                Span block;

                r = next_block(reader, original, left, &block, fault);
                if (r < 0)
                        return r;
                if (r == 0)
                        break;
                if (fd >= 0)
                        r = fd_write_through(fd, block, &unsynced);
                if (r < 0)
                        return fault_set(fault, r, REASON_WRITE, "the copy of %s",
                                         text_after_slash(original->path));
                left -= block.size;
        }
        r = blocks_digest(reader->blocks, &digest);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", original->path);
        return left > 0 || !digest_equal(&digest, &original->digest)
                       ? reader_damaged(reader, original, fault)
                       : 0;
}

static bool recorded_as(const Archive *wanted, const Original *original,
                        const FileAttributes *attributes)
{
        const Original *known = archive_original(wanted, original->path);

        return known && file_attributes_equal(&known->attributes, attributes);
}

int reader_prove(Reader *reader, const Archive *wanted, bool *equal, Fault *fault)
{
        for (;;) {
                _cleanup_(file_attributes_done) FileAttributes attributes = {};
                const Original *original;
                bool recorded;
                int r;

                reader_read_ahead(reader);
                r = reader_next(reader, &original, fault);
                if (r <= 0)
                        return r;
                r = reader_attributes(reader, &attributes, fault);
                if (r < 0)
                        return r;
                recorded = !wanted || recorded_as(wanted, original, &attributes);
                if (equal)
                        equal[reader->next - 1] = recorded;
                else if (!recorded)
                        return fault_set(fault, -EBADMSG, REASON_VAULT_DIGEST,
                                         "owner, mode, times or attributes of %s in %s",
                                         original->path, reader->archive.name);
                r = reader_content(reader, -EBADF, fault);
                if (r < 0)
                        return r;
        }
}
