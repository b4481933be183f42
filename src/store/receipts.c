/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "file/directory.h"
#include "file/fd.h"
#include "file/text-file.h"
#include "store/receipts.h"

#define NAME_SIZE (DIGEST_HEX_SIZE - 1 + sizeof(".json"))

static void receipt_name(const Digest *after, char ret[static NAME_SIZE])
{
        digest_to_hex(after, ret);
        memcpy(ret + DIGEST_HEX_SIZE - 1, ".json", sizeof(".json"));
}

/* Reading ------------------------------------------------------------------------------------ */

static int read_text(const Store *store, const char *name, char **ret, size_t *ret_size)
{
        int dir_fd = store_receipts_fd(store);

        return dir_fd < 0 ? -ENOENT
                          : text_file_read(dir_fd, name, DOCUMENT_SIZE_MAX, ret, ret_size);
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
                r = receipt_from_document(document, &receipt);
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

/* The text and not the document: what is too large, or no UTF-8, shows only in reading. */
static int check_text(const char *text, size_t size)
{
        _cleanup_(document_freep) Document *document = NULL;
        _cleanup_(receipt_done) Receipt receipt = {};
        int r = document_parse(text, size, &document);

        if (r >= 0)
                r = receipt_from_document(document, &receipt);
        return r == -EBADMSG ? -EINVAL : r;
}

static int receipt_fault(const Store *store, const char *name, int error, Fault *fault)
{
        char path[NAME_SIZE + sizeof("receipts/")];

        text_put(path, sizeof(path), "receipts/%s", name);
        return store_fault(store, fault, error, REASON_WRITE, path);
}

int receipt_write(Store *store, const Receipt *receipt, Fault *fault)
{
        _cleanup_(document_freep) Document *document = NULL;
        _cleanup_(receipt_done) Receipt older = {};
        _cleanup_free_ char *text = NULL;
        char name[NAME_SIZE];
        int r = receipt_read(store, &receipt->after, &older, NULL);

        receipt_name(&receipt->after, name);
        if (r != -ENOMEM)
                r = receipt_to_document(receipt, &older.paths, &document);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", name);
        r = document_text(document, &text);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", name);
        r = check_text(text, strlen(text));
        if (r >= 0)
                r = text_file_write(store_receipts_fd(store), name, text, true);
        return r < 0 ? receipt_fault(store, name, r, fault) : 0;
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
                return store_fault(store, fault, r, REASON_STORE, "receipts");
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
        return r < 0 ? receipt_fault(store, name, r, fault) : 0;
}
