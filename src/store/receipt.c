/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "file/atomic-file.h"
#include "file/directory.h"
#include "file/fd.h"
#include "store/document.h"
#include "store/receipt-check.h"

#define FORMAT    1U
#define NAME_SIZE (DIGEST_HEX_SIZE - 1 + sizeof(".json"))

static void receipt_name(const Digest *after, char ret[static NAME_SIZE])
{
        digest_to_hex(after, ret);
        memcpy(ret + DIGEST_HEX_SIZE - 1, ".json", sizeof(".json"));
}

void receipt_done(Receipt *receipt)
{
        texts_done(&receipt->paths);
        free(receipt->role);
        build_done(&receipt->build);
        edits_done(&receipt->edits);
        free(receipt->archive);
        free(receipt->tool_version);
        *receipt = (Receipt){};
}

/* Reading ------------------------------------------------------------------------------------ */

static int read_paths(const Document *document, Texts *ret)
{
        Document *list;
        size_t count;
        int r = document_get_array(document, "paths", &list, &count);

        if (r >= 0 && count == 0)
                r = -EBADMSG;
        for (size_t i = 0; r >= 0 && i < count; i++) {
                const char *path = document_item_text(list, i);

                r = path && text_is_path_below(path) ? texts_add(ret, path) : -EBADMSG;
        }
        return r;
}

static int read_edit(const Document *item, uint64_t size, Edits *edits)
{
        Edit edit = {};
        const char *why;
        size_t before, after;
        int r;

        if (document_get_number(item, "offset", &edit.offset) < 0 ||
            document_get_bytes(item, "before", edit.before, EDIT_SIZE_MAX, &before) < 0 ||
            document_get_bytes(item, "after", edit.after, EDIT_SIZE_MAX, &after) < 0 ||
            document_get_text(item, "why", &why) < 0 || before != after ||
            !range_fits(edit.offset, before, size))
                return -EBADMSG;
        /* Ours ascend; anything else was not written by us. */
        if (edits->count > 0 && edits->items[edits->count - 1].offset >= edit.offset)
                return -EBADMSG;
        edit.size = (uint8_t)before;
        text_put(edit.why, sizeof(edit.why), "%s", why);
        r = edits_add(edits, &edit);
        return r == -ENOMEM ? r : r < 0 ? -EBADMSG : 0;
}

static int read_edits(const Document *document, uint64_t size, Edits *ret)
{
        Document *list;
        size_t count;
        int r = document_get_array(document, "edits", &list, &count);

        if (r >= 0 && count == 0)
                r = -EBADMSG;
        for (size_t i = 0; r >= 0 && i < count; i++)
                r = read_edit(document_item(list, i), size, ret);
        return r;
}

static int read_build(const Document *document, Build *ret)
{
        Build build = {};

        if (document_get_optional_text(document, "product", (const char **)&build.product) < 0 ||
            document_get_optional_text(document, "version", (const char **)&build.version) < 0 ||
            document_get_optional_text(document, "build", (const char **)&build.build) < 0)
                return -EBADMSG;
        return build_copy(&build, ret);
}

/* A bit that flipped in a digest would show nowhere else. */
static int read_check(const Document *document, Receipt *receipt)
{
        Digest recorded, found;
        const char *text;
        int r;

        if (document_get_optional_text(document, "sha256", &text) < 0)
                return -EBADMSG;
        if (!text)
                return 0;
        if (document_get_digest(document, "sha256", &recorded) < 0)
                return -EBADMSG;
        r = receipt_digest(receipt, &found);
        if (r < 0)
                return r;
        receipt->checked = digest_equal(&recorded, &found);
        return receipt->checked ? 0 : -EBADMSG;
}

static int receipt_from(const Document *document, Receipt *ret)
{
        _cleanup_(receipt_done) Receipt receipt = {};
        const char *role, *tool, *archive;
        uint64_t format, when;
        int r;

        if (document_get_number(document, "format", &format) < 0 || format != FORMAT ||
            document_get_text(document, "role", &role) < 0 ||
            document_get_text(document, "tool_version", &tool) < 0 ||
            document_get_number(document, "size", &receipt.size) < 0 ||
            document_get_number(document, "patched_at", &when) < 0 ||
            document_get_flag(document, "completed", &receipt.completed) < 0 ||
            document_get_optional_text(document, "archive", &archive) < 0 ||
            document_get_digest(document, "sha256_before", &receipt.before) < 0 ||
            document_get_digest(document, "sha256_after", &receipt.after) < 0 ||
            digest_equal(&receipt.before, &receipt.after))
                return -EBADMSG;
        receipt.patched_at = (int64_t)when;
        r = text_copy(&receipt.role, role);
        if (r >= 0)
                r = text_copy(&receipt.tool_version, tool);
        if (r >= 0)
                r = text_copy(&receipt.archive, archive);
        if (r >= 0)
                r = read_build(document, &receipt.build);
        if (r >= 0)
                r = read_paths(document, &receipt.paths);
        if (r >= 0)
                r = read_edits(document, receipt.size, &receipt.edits);
        if (r >= 0)
                r = read_check(document, &receipt);
        if (r < 0)
                return r;
        *ret = receipt;
        receipt = (Receipt){};
        return 0;
}

static int read_text(const Store *store, const char *name, char **ret, size_t *ret_size)
{
        int dir_fd = store_receipts_fd(store);
        _cleanup_close_ int fd = -EBADF;
        struct stat st;

        if (dir_fd < 0)
                return -ENOENT;
        fd = fd_open_at(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -EBADMSG;
        return fd_read_text(fd, DOCUMENT_SIZE_MAX, ret, ret_size);
}

int receipt_read(const Store *store, const Digest *after, Receipt *ret, Fault *fault)
{
        _cleanup_(document_freep) Document *document = NULL;
        _cleanup_(receipt_done) Receipt receipt = {};
        _cleanup_free_ char *text = NULL;
        char name[NAME_SIZE];
        size_t size = 0;
        int r;

        receipt_name(after, name);
        r = read_text(store, name, &text, &size);
        if (r == -ENOENT)
                return fault_set(fault, r, REASON_RECEIPT_NONE, "%s", name);
        if (r >= 0)
                r = document_parse(text, size, &document);
        if (r >= 0)
                r = receipt_from(document, &receipt);
        if (r >= 0 && !digest_equal(&receipt.after, after))
                r = -EBADMSG;
        if (r == -EFBIG || r == -ELOOP)
                r = -EBADMSG; /* no file that we wrote is large or a link */
        if (r < 0)
                return fault_set(fault, r, REASON_RECEIPT_READ, "%s", name);
        *ret = receipt;
        receipt = (Receipt){};
        return 0;
}

/* Writing ------------------------------------------------------------------------------------ */

static int write_edits(Document *document, const Edits *edits)
{
        Document *list, *item;
        int r = document_set_array(document, "edits", &list);

        for (size_t i = 0; r >= 0 && i < edits->count; i++) {
                const Edit *edit = &edits->items[i];

                r = document_append_object(list, &item);
                if (r >= 0)
                        r = document_set_number(item, "offset", edit->offset);
                if (r >= 0)
                        r = document_set_bytes(item, "before", (Span){edit->before, edit->size});
                if (r >= 0)
                        r = document_set_bytes(item, "after", (Span){edit->after, edit->size});
                if (r >= 0)
                        r = document_set_text(item, "why", edit->why);
        }
        return r;
}

static int write_paths(Document *document, const Texts *paths, const Texts *older)
{
        Document *list;
        int r = document_set_array(document, "paths", &list);

        for (size_t i = 0; r >= 0 && i < paths->count; i++)
                r = document_append_text(list, paths->items[i]);
        for (size_t i = 0; r >= 0 && i < older->count; i++)
                if (!texts_contain(paths, older->items[i]))
                        r = document_append_text(list, older->items[i]);
        return r;
}

static int document_of(const Receipt *receipt, const Texts *older_paths, Document **ret)
{
        _cleanup_(document_freep) Document *document = NULL;
        Digest check;
        int r = receipt_digest(receipt, &check);

        if (r < 0)
                return r;
        if (document_new(&document) < 0 || document_set_number(document, "format", FORMAT) < 0 ||
            document_set_digest(document, "sha256", &check) < 0 ||
            write_paths(document, &receipt->paths, older_paths) < 0 ||
            document_set_text(document, "role", receipt->role) < 0 ||
            document_set_text(document, "product", receipt->build.product) < 0 ||
            document_set_text(document, "version", receipt->build.version) < 0 ||
            document_set_text(document, "build", receipt->build.build) < 0 ||
            document_set_number(document, "size", receipt->size) < 0 ||
            document_set_digest(document, "sha256_before", &receipt->before) < 0 ||
            document_set_digest(document, "sha256_after", &receipt->after) < 0 ||
            document_set_flag(document, "completed", receipt->completed) < 0 ||
            (receipt->archive && document_set_text(document, "archive", receipt->archive) < 0) ||
            document_set_text(document, "tool_version", receipt->tool_version) < 0 ||
            document_set_number(document, "patched_at", (uint64_t)receipt->patched_at) < 0 ||
            write_edits(document, &receipt->edits) < 0)
                return -ENOMEM;
        *ret = TAKE_PTR(document);
        return 0;
}

static int write_text(Store *store, const char *name, Span text)
{
        _cleanup_(atomic_file_done) AtomicFile file = ATOMIC_FILE_NONE;
        int r = atomic_file_create(store_receipts_fd(store), name, &file);

        if (r >= 0)
                r = fd_write(file.fd, text);
        if (r >= 0)
                r = fd_write(file.fd, (Span){(const uint8_t *)"\n", 1});
        if (r >= 0 && fchmod(file.fd, 0644) < 0)
                r = -errno;
        return r < 0 ? r : atomic_file_replace(&file);
}

/* The text and not the document: what is too large, or no UTF-8, shows only in reading. */
static int check_text(const char *text, size_t size)
{
        _cleanup_(document_freep) Document *document = NULL;
        _cleanup_(receipt_done) Receipt receipt = {};
        int r = size < DOCUMENT_SIZE_MAX ? document_parse(text, size, &document) : -EBADMSG;

        if (r >= 0)
                r = receipt_from(document, &receipt);
        return r == -EBADMSG ? -EINVAL : r;
}

int receipt_write(Store *store, const Receipt *receipt, Fault *fault)
{
        _cleanup_(document_freep) Document *document = NULL;
        _cleanup_(receipt_done) Receipt older = {};
        char name[NAME_SIZE];
        const char *text;
        size_t size;
        int r = receipt_read(store, &receipt->after, &older, NULL);

        receipt_name(&receipt->after, name);
        if (r != -ENOMEM)
                r = document_of(receipt, &older.paths, &document);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", name);
        text = document_text(document, &size);
        if (!text)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", name);
        r = check_text(text, size);
        if (r >= 0)
                r = write_text(store, name, (Span){(const uint8_t *)text, size});
        return r < 0 ? fault_set(fault, r, REASON_WRITE, "the receipt %s", name) : 0;
}

/* All of them -------------------------------------------------------------------------------- */

static int digest_of_name(const char *name, Digest *ret)
{
        char hex[DIGEST_HEX_SIZE];

        if (strlen(name) != NAME_SIZE - 1 || !text_equal(name + DIGEST_HEX_SIZE - 1, ".json"))
                return -EINVAL;
        memcpy(hex, name, DIGEST_HEX_SIZE - 1);
        hex[DIGEST_HEX_SIZE - 1] = '\0';
        return digest_from_hex(hex, ret);
}

int receipt_list(const Store *store, Digest **ret, size_t *ret_count, Fault *fault)
{
        _cleanup_free_ Digest *digests = NULL;
        _cleanup_(texts_done) Texts names = {};
        int dir_fd = store_receipts_fd(store);
        int r = dir_fd < 0 ? 0 : directory_names(dir_fd, &names);
        size_t count = 0;

        if (r < 0)
                return fault_set(fault, r, REASON_STORE, "/" STORE_PATH "/receipts");
        digests = calloc(names.count + 1, sizeof(*digests));
        if (!digests)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "receipts");
        for (size_t i = 0; i < names.count; i++)
                if (digest_of_name(names.items[i], &digests[count]) >= 0)
                        count++;
        *ret = TAKE_PTR(digests);
        *ret_count = count;
        return 0;
}

int receipt_remove(Store *store, const Digest *after, Fault *fault)
{
        char name[NAME_SIZE];
        int r = 0;

        receipt_name(after, name);
        if (unlinkat(store_receipts_fd(store), name, 0) < 0 && errno != ENOENT)
                r = -errno;
        if (r >= 0)
                r = fd_sync(store_receipts_fd(store));
        return r < 0 ? fault_set(fault, r, REASON_WRITE, "the receipt %s", name) : 0;
}
