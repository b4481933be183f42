/* SPDX-License-Identifier: MIT */

#include "config.h"

#include <errno.h>
#include <fcntl.h>

#include "file/atomic-file.h"
#include "file/directory.h"
#include "file/fd.h"
#include "file/text-file.h"
#include "store/document.h"
#include "store/store.h"
#include "tools/iso-record.h"
#include "tools/iso.h"

#define FORMAT 1U
#define DIGITS 16U

void iso_record_done(IsoRecord *record)
{
        free(record->path);
        *record = (IsoRecord){};
}

void iso_records_done(IsoRecords *records)
{
        for (size_t i = 0; i < records->count; i++)
                iso_record_done(&records->items[i]);
        free(records->items);
        texts_done(&records->damaged);
        *records = (IsoRecords){};
}

/* "darwin.iso-0123456789abcdef.json": the digits are of path and content. */
static int record_name(const char *path, const Digest *digest, char **ret)
{
        _cleanup_free_ char *text = NULL;
        char hex[DIGEST_HEX_SIZE];
        Digest both;
        int r;

        digest_to_hex(digest, hex);
        r = text_format(&text, "%s %s", hex, path);
        if (r >= 0)
                r = digest_of_span((Span){(const uint8_t *)text, strlen(text)}, &both);
        if (r < 0)
                return r;
        digest_to_hex(&both, hex);
        return text_format(ret, "%s-%.*s.json", strrchr(path, '/') + 1, (int)DIGITS, hex);
}

/* Reading ------------------------------------------------------------------------------------ */

static bool is_iso_path(const char *path)
{
        const char *slash = strrchr(path, '/');
        IsoKind kind;

        return slash && text_is_path_below(path) && iso_of_name(slash + 1, &kind) &&
               text_equal(slash + 1, iso_name(kind));
}

static int record_from(const Document *document, IsoRecord *ret)
{
        IsoRecord record = {};
        const char *path;
        uint64_t format, when;
        int r;

        if (document_get_number(document, "format", &format) < 0 || format != FORMAT ||
            document_get_text(document, "path", &path) < 0 || !is_iso_path(path) ||
            document_get_digest(document, "sha256", &record.digest) < 0 ||
            document_get_number(document, "size", &record.size) < 0 ||
            document_get_flag(document, "known", &record.known) < 0 ||
            document_get_flag(document, "directory_made", &record.directory_made) < 0 ||
            document_get_number(document, "installed_at", &when) < 0)
                return -EBADMSG;
        record.installed_at = (int64_t)when;
        r = text_copy(&record.path, path);
        if (r < 0)
                return r;
        *ret = record;
        return 0;
}

static int read_record(int dir_fd, const char *name, IsoRecord *ret)
{
        _cleanup_(document_freep) Document *document = NULL;
        _cleanup_(iso_record_done) IsoRecord record = {};
        _cleanup_free_ char *text = NULL, *wanted = NULL;
        size_t size;
        int r = text_file_read(dir_fd, name, DOCUMENT_SIZE_MAX, &text, &size);

        if (r >= 0)
                r = document_parse(text, size, &document);
        if (r >= 0)
                r = record_from(document, &record);
        if (r >= 0)
                r = record_name(record.path, &record.digest, &wanted);
        if (r >= 0 && !text_equal(name, wanted))
                r = -EBADMSG;
        if (r < 0)
                return r;
        *ret = record;
        record = (IsoRecord){};
        return 0;
}

int iso_records_read(const Root *root, IsoRecords *ret, Fault *fault)
{
        _cleanup_close_ int dir_fd =
                root_open_at(root, ISO_RECORDS_PATH, O_RDONLY | O_DIRECTORY, 0);
        _cleanup_(iso_records_done) IsoRecords records = {};
        _cleanup_(texts_done) Texts names = {};
        int r = 0;

        if (dir_fd >= 0)
                r = directory_names(dir_fd, &names);
        else if (dir_fd != -ENOENT)
                r = dir_fd;
        if (r < 0)
                return root_fault(root, fault, r, REASON_STORE, ISO_RECORDS_PATH);
        records.items = calloc(names.count + 1, sizeof(*records.items));
        if (!records.items)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, ISO_RECORDS_PATH);
        for (size_t i = 0; i < names.count; i++) {
                if (temporary_name_is(names.items[i], NULL))
                        continue;
                r = read_record(dir_fd, names.items[i], &records.items[records.count]);
                if (r >= 0)
                        records.count++;
                else if (r != -ENOMEM)
                        r = texts_add(&records.damaged, names.items[i]);
                if (r < 0)
                        return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, ISO_RECORDS_PATH);
        }
        *ret = records;
        records = (IsoRecords){};
        return 0;
}

const IsoRecord *iso_records_find(const IsoRecords *records, const char *path, const Digest *digest)
{
        for (size_t i = 0; i < records->count; i++)
                if (text_equal(records->items[i].path, path) &&
                    digest_equal(&records->items[i].digest, digest))
                        return &records->items[i];
        return NULL;
}

/* Writing ------------------------------------------------------------------------------------ */

static int document_of(const IsoRecord *record, Document **ret)
{
        _cleanup_(document_freep) Document *document = NULL;

        if (document_new(&document) < 0 || document_set_number(document, "format", FORMAT) < 0 ||
            document_set_text(document, "path", record->path) < 0 ||
            document_set_digest(document, "sha256", &record->digest) < 0 ||
            document_set_number(document, "size", record->size) < 0 ||
            document_set_flag(document, "known", record->known) < 0 ||
            document_set_flag(document, "directory_made", record->directory_made) < 0 ||
            document_set_text(document, "tool_version", PACKAGE_VERSION) < 0 ||
            document_set_number(document, "installed_at", (uint64_t)record->installed_at) < 0)
                return -ENOMEM;
        *ret = TAKE_PTR(document);
        return 0;
}

int iso_record_write(const Root *root, const IsoRecord *record, Fault *fault)
{
        _cleanup_close_ int dir_fd = root_make_directory(root, ISO_RECORDS_PATH);
        _cleanup_(document_freep) Document *document = NULL;
        _cleanup_free_ char *name = NULL, *text = NULL;
        int r;

        if (dir_fd < 0)
                return root_fault(root, fault, dir_fd, REASON_STORE, ISO_RECORDS_PATH);
        r = record_name(record->path, &record->digest, &name);
        if (r >= 0)
                r = document_of(record, &document);
        if (r >= 0)
                r = document_text(document, &text);
        if (r < 0)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", record->path);
        r = temporary_names_remove(dir_fd, NULL);
        if (r >= 0)
                r = text_file_write(dir_fd, name, text, true);
        return r < 0 ? root_fault(root, fault, r, REASON_WRITE, ISO_RECORDS_PATH) : 0;
}

int iso_record_remove(const Root *root, const IsoRecord *record, Fault *fault)
{
        _cleanup_close_ int dir_fd =
                root_open_at(root, ISO_RECORDS_PATH, O_RDONLY | O_DIRECTORY, 0);
        _cleanup_free_ char *name = NULL;
        int r = record_name(record->path, &record->digest, &name);

        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", record->path);
        if (dir_fd < 0)
                return root_fault(root, fault, dir_fd, REASON_STORE, ISO_RECORDS_PATH);
        if (unlinkat(dir_fd, name, 0) < 0 && errno != ENOENT)
                return root_fault(root, fault, -errno, REASON_WRITE, ISO_RECORDS_PATH);
        r = fd_sync(dir_fd);
        return r < 0 ? root_fault(root, fault, r, REASON_WRITE, ISO_RECORDS_PATH) : 0;
}
