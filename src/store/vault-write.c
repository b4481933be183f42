/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/atomic-file.h"
#include "base/fd.h"
#include "base/text.h"
#include "store/manifest.h"
#include "store/reader.h"

#define STEP           (256U * 1024U)
#define NAME_DIGITS    12U
#define LABEL_MAX      80U
#define ARCHIVE_MODE   0644U
#define ARCHIVE_HIDDEN 0600U /* when it holds what not everybody may read */

/* One archive on its way. */
typedef struct Writer {
        AtomicFile file;
        struct archive *tar;
        int error; /* what a write callback met, negative errno */
} Writer;

#define WRITER_NONE ((Writer){.file = ATOMIC_FILE_NONE})

static void writer_done(Writer *writer)
{
        if (writer->tar)
                (void)archive_write_free(writer->tar);
        atomic_file_done(&writer->file);
}

static la_ssize_t on_write(struct archive *tar, void *context, const void *bytes, size_t size)
{
        Writer *writer = context;
        int r = fd_write(writer->file.fd, (Span){bytes, size});

        if (r < 0) {
                writer->error = r;
                archive_set_error(tar, -r, "%s", "write");
                return -1;
        }
        return (la_ssize_t)size;
}

static int not_written(const Writer *writer, Fault *fault)
{
        int error = writer->error;

        if (error == 0)
                error = writer->tar && archive_errno(writer->tar) == ENOMEM ? -ENOMEM : -EIO;
        return fault_set(fault, error, REASON_VAULT_WRITE, "%s", writer->file.name);
}

static bool has_zstd(void)
{
        struct archive *tar = archive_write_new();
        bool has = tar && archive_write_add_filter_zstd(tar) == ARCHIVE_OK;

        if (tar)
                (void)archive_write_free(tar);
        return has;
}

/* pax, so that nanoseconds and extended attributes travel; xattrs as GNU tar and bsdtar read them.
 */
static int writer_open(Writer *writer, int dir_fd, const char *name, Fault *fault)
{
        int r = atomic_file_create(dir_fd, name, &writer->file);

        if (r < 0)
                return fault_set(fault, r, REASON_VAULT_WRITE, "%s", name);
        writer->tar = archive_write_new();
        if (!writer->tar)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", name);
        if (archive_write_set_format_pax(writer->tar) != ARCHIVE_OK ||
            (has_zstd() ? archive_write_add_filter_zstd(writer->tar)
                        : archive_write_add_filter_gzip(writer->tar)) != ARCHIVE_OK)
                return not_written(writer, fault);
        (void)archive_write_set_format_option(writer->tar, "pax", "xattrheader", "SCHILY");
        (void)archive_write_set_bytes_per_block(writer->tar, STEP);
        (void)archive_write_set_bytes_in_last_block(writer->tar, 1);
        if (archive_write_open(writer->tar, writer, NULL, on_write, NULL) != ARCHIVE_OK)
                return not_written(writer, fault);
        return 0;
}

static void entry_freep(struct archive_entry **entry)
{
        if (*entry)
                archive_entry_free(*entry);
}

static int write_header(Writer *writer, struct archive_entry *entry, Fault *fault)
{
        int r = archive_write_header(writer->tar, entry);

        /* A warning is about names that are no ASCII; they are written as they are. */
        return r == ARCHIVE_OK || r == ARCHIVE_WARN ? 0 : not_written(writer, fault);
}

static int write_step(Writer *writer, Span step, Fault *fault)
{
        while (step.size > 0) {
                la_ssize_t n = archive_write_data(writer->tar, step.bytes, step.size);

                if (n <= 0)
                        return not_written(writer, fault);
                step.bytes += n;
                step.size -= (size_t)n;
        }
        return 0;
}

static int write_manifest(Writer *writer, const Archive *archive, Fault *fault)
{
        _cleanup_(entry_freep) struct archive_entry *entry = archive_entry_new();
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r = manifest_format(archive, &text, &size);

        if (r < 0 || !entry)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", writer->file.name);
        archive_entry_set_pathname(entry, MANIFEST_PATH);
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_perm(entry, 0644);
        archive_entry_set_size(entry, (la_int64_t)size);
        archive_entry_set_mtime(entry, archive->created, 0);
        archive_entry_set_uid(entry, geteuid());
        archive_entry_set_gid(entry, getegid());
        r = write_header(writer, entry, fault);
        return r < 0 ? r : write_step(writer, (Span){(const uint8_t *)text, size}, fault);
}

static struct archive_entry *entry_of(const Original *original)
{
        const FileAttributes *attributes = &original->attributes;
        struct archive_entry *entry = archive_entry_new();

        if (!entry)
                return NULL;
        archive_entry_set_pathname(entry, original->path);
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_perm(entry, attributes->mode);
        archive_entry_set_size(entry, (la_int64_t)original->size);
        archive_entry_set_uid(entry, attributes->uid);
        archive_entry_set_gid(entry, attributes->gid);
        archive_entry_set_mtime(entry, attributes->mtime.tv_sec, attributes->mtime.tv_nsec);
        archive_entry_set_atime(entry, attributes->atime.tv_sec, attributes->atime.tv_nsec);
        for (size_t i = 0; i < attributes->xattr_count; i++) {
                const Xattr *xattr = &attributes->xattrs[i];

                archive_entry_xattr_add_entry(entry, xattr->name, xattr->value, xattr->size);
        }
        return entry;
}

static int changed(const Original *original, Fault *fault)
{
        return fault_set(fault, -EAGAIN, REASON_CHANGED, "%s", original->path);
}

/* The bytes that go into the archive are the bytes that are digested. */
static int write_content(Writer *writer, const Original *original, int fd, Fault *fault)
{
        _cleanup_(digester_freep) Digester *digester = NULL;
        _cleanup_free_ uint8_t *buffer = malloc(STEP);
        Digest digest;
        int r = digester_new(&digester);

        if (!buffer || r < 0)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", original->path);
        for (uint64_t offset = 0; offset < original->size;) {
                size_t size = (size_t)MIN((uint64_t)STEP, original->size - offset);

                r = fd_read_at(fd, buffer, size, offset);
                if (r == -ENODATA)
                        return changed(original, fault);
                if (r < 0)
                        return fault_set(fault, r, REASON_READ, "%s", original->path);
                r = digester_add(digester, (Span){buffer, size});
                if (r < 0)
                        return fault_set(fault, r, REASON_NO_MEMORY, "%s", original->path);
                r = write_step(writer, (Span){buffer, size}, fault);
                if (r < 0)
                        return r;
                offset += size;
        }
        r = digester_end(digester, &digest);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", original->path);
        return digest_equal(&digest, &original->digest) ? 0 : changed(original, fault);
}

static int write_original(Writer *writer, const Original *original, int fd, Fault *fault)
{
        _cleanup_(entry_freep) struct archive_entry *entry = entry_of(original);
        int r;

        if (!entry)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", original->path);
        r = write_header(writer, entry, fault);
        return r < 0 ? r : write_content(writer, original, fd, fault);
}

/* What is kept -------------------------------------------------------------------------------- */

/* `archive` with its originals ascending by path, and the fd of each. */
typedef struct Keeping {
        Archive archive;
        int fds[ORIGINALS_MAX];
} Keeping;

static void keeping_done(Keeping *keeping)
{
        archive_done(&keeping->archive);
}

static int keep_item(Keeping *keeping, const Keep *item, Fault *fault)
{
        Archive *archive = &keeping->archive;
        size_t at = archive->original_count;
        Original original = {.size = item->size, .digest = item->digest};
        int r;

        if (text_copy(&original.path, item->path) < 0 ||
            text_copy(&original.role, item->role) < 0) {
                original_done(&original);
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", item->path);
        }
        r = file_attributes_read(item->fd, &original.attributes, fault);
        if (r < 0) {
                original_done(&original);
                return r;
        }
        for (; at > 0 && strcmp(archive->originals[at - 1].path, item->path) > 0; at--) {
                archive->originals[at] = archive->originals[at - 1];
                keeping->fds[at] = keeping->fds[at - 1];
        }
        archive->originals[at] = original;
        keeping->fds[at] = item->fd;
        archive->original_count++;
        return 0;
}

/* Only what every file system and shell takes. */
static void add_label(char *label, const char *word)
{
        size_t used = strlen(label);

        if (!word)
                return;
        if (used > 0 && used < LABEL_MAX)
                label[used++] = '-';
        for (; *word && used < LABEL_MAX; word++) {
                bool plain = (*word >= 'a' && *word <= 'z') || (*word >= '0' && *word <= '9') ||
                             *word == '.' || *word == '_';
                bool upper = *word >= 'A' && *word <= 'Z';

                if (plain || (upper && label))
                        label[used++] = upper ? (char)(*word - 'A' + 'a') : *word;
                else if (used > 0 && label[used - 1] != '-')
                        label[used++] = '-';
        }
        label[used] = '\0';
}

static int name_archive(Archive *archive)
{
        _cleanup_(digester_freep) Digester *digester = NULL;
        char label[LABEL_MAX + 1] = "", hex[DIGEST_HEX_SIZE];
        Digest digest;
        int r = digester_new(&digester);

        for (size_t i = 0; r >= 0 && i < archive->original_count; i++) {
                _cleanup_free_ char *line = NULL;

                digest_to_hex(&archive->originals[i].digest, hex);
                r = text_format(&line, "%s  %s\n", hex, archive->originals[i].path);
                if (r >= 0)
                        r = digester_add(digester, (Span){(const uint8_t *)line, strlen(line)});
        }
        if (r >= 0)
                r = digester_end(digester, &digest);
        if (r < 0)
                return r;
        digest_to_hex(&digest, hex);
        add_label(label, archive->build.product ? archive->build.product : "vmware");
        add_label(label, archive->build.version);
        add_label(label, archive->build.build);
        while (*label == '.' || *label == '-')
                memmove(label, label + 1, strlen(label));
        return text_format(&archive->name, "%s-%.*s.tar.%s", *label ? label : "vmware",
                           (int)NAME_DIGITS, hex, has_zstd() ? "zst" : "gz");
}

static int keeping_of(const Build *build, const Keep *items, size_t count, Keeping *ret,
                      Fault *fault)
{
        _cleanup_(keeping_done) Keeping keeping = {.archive = {.created = time(NULL)}};
        int r = 0;

        if (count == 0 || count > ORIGINALS_MAX)
                return fault_set(fault, -EINVAL, REASON_VAULT_WRITE, "%zu originals", count);
        keeping.archive.originals = calloc(count, sizeof(Original));
        if (!keeping.archive.originals || build_copy(build, &keeping.archive.build) < 0)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "originals");
        for (size_t i = 0; r >= 0 && i < count; i++)
                r = keep_item(&keeping, &items[i], fault);
        if (r < 0)
                return r;
        r = name_archive(&keeping.archive);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "originals");
        *ret = keeping;
        keeping = (Keeping){};
        return 0;
}

static bool same_originals(const Archive *a, const Archive *b)
{
        if (a->original_count != b->original_count)
                return false;
        for (size_t i = 0; i < a->original_count; i++)
                if (!text_equal(a->originals[i].path, b->originals[i].path) ||
                    !digest_equal(&a->originals[i].digest, &b->originals[i].digest))
                        return false;
        return true;
}

/* 1 when a sound archive of this very set is there, 0 when one has to be written (none is there, or
 * a damaged one that it replaces); -EEXIST when the name stands for another set. */
static int is_kept(const Store *store, const Archive *archive, Fault *fault)
{
        _cleanup_(reader_freep) Reader *reader = NULL;
        int r = reader_open(store, archive->name, &reader, fault);

        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return 0;
        if (!same_originals(reader_archive(reader), archive))
                return fault_set(fault, -EEXIST, REASON_VAULT_WRITE, "%s", archive->name);
        r = vault_check(store, archive, fault);
        return r == -ENOMEM ? r : r >= 0;
}

static mode_t mode_of(const Archive *archive)
{
        for (size_t i = 0; i < archive->original_count; i++)
                if (!(archive->originals[i].attributes.mode & S_IROTH))
                        return ARCHIVE_HIDDEN;
        return ARCHIVE_MODE;
}

static int write_archive(Store *store, const Keeping *keeping, Fault *fault)
{
        _cleanup_(writer_done) Writer writer = WRITER_NONE;
        const Archive *archive = &keeping->archive;
        int r = writer_open(&writer, store_originals_fd(store), archive->name, fault);

        if (r >= 0)
                r = write_manifest(&writer, archive, fault);
        for (size_t i = 0; r >= 0 && i < archive->original_count; i++)
                r = write_original(&writer, &archive->originals[i], keeping->fds[i], fault);
        if (r < 0)
                return r;
        if (archive_write_close(writer.tar) != ARCHIVE_OK)
                return not_written(&writer, fault);
        if (fchmod(writer.file.fd, mode_of(archive)) < 0)
                return fault_set(fault, -errno, REASON_VAULT_WRITE, "%s", archive->name);
        r = atomic_file_replace(&writer.file);
        return r < 0 ? fault_set(fault, r, REASON_VAULT_WRITE, "%s", archive->name) : 0;
}

int vault_keep(Store *store, const Build *build, const Keep *items, size_t count, char **ret_name,
               Fault *fault)
{
        _cleanup_(keeping_done) Keeping keeping = {};
        Archive *archive = &keeping.archive;
        Fault ignored = FAULT_NONE;
        int r = keeping_of(build, items, count, &keeping, fault);

        if (r < 0)
                return r;
        r = is_kept(store, archive, fault);
        if (r < 0)
                return r;
        if (r == 0) {
                if (fault)
                        *fault = FAULT_NONE;
                r = write_archive(store, &keeping, fault);
                if (r < 0)
                        return r;
                r = vault_check(store, archive, fault);
                if (r < 0) {
                        (void)vault_remove(store, archive, &ignored);
                        return r;
                }
        }
        if (ret_name)
                *ret_name = TAKE_PTR(archive->name);
        return 0;
}
