/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "file/text-file.h"
#include "store/document.h"
#include "store/verification.h"

#define VERIFICATION_NAME   "verified.json"
#define VERIFICATION_FORMAT 1U

void verification_done(Verification *verification)
{
        texts_done(&verification->damaged);
        *verification = (Verification){};
}

static bool archive_is_there(const Store *store, const char *name)
{
        struct stat st;

        return *name && !strchr(name, '/') &&
               fstatat(store_originals_fd(store), name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static int verification_from_document(const Store *store, const Document *document,
                                      Verification *ret)
{
        Document *list;
        uint64_t format, when;
        size_t count;

        if (document_get_number(document, "format", &format) < 0 || format != VERIFICATION_FORMAT ||
            document_get_number(document, "verified_at", &when) < 0 || when > INT64_MAX ||
            document_get_array(document, "damaged", &list, &count) < 0)
                return -EBADMSG;
        ret->verified_at = (int64_t)when;
        for (size_t i = 0; i < count; i++) {
                const char *name = document_item_text(list, i);
                int r = name ? 0 : -EBADMSG;

                if (r >= 0 && archive_is_there(store, name))
                        r = texts_add(&ret->damaged, name);
                if (r < 0)
                        return r;
        }
        return 0;
}

int verification_read(const Store *store, Verification *ret)
{
        _cleanup_(document_freep) Document *document = NULL;
        _cleanup_(verification_done) Verification verification = {};
        _cleanup_free_ char *text = NULL;
        size_t size = 0;
        int r;

        *ret = (Verification){};
        if (store_originals_fd(store) < 0)
                return 0;
        r = text_file_read(store_directory_fd(store), VERIFICATION_NAME, DOCUMENT_SIZE_MAX, &text,
                           &size);
        if (r >= 0)
                r = document_parse(text, size, &document);
        if (r >= 0)
                r = verification_from_document(store, document, &verification);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        *ret = verification;
        verification = (Verification){};
        return 0;
}

static int verification_to_text(const Verification *verification, char **ret)
{
        _cleanup_(document_freep) Document *document = NULL;
        Document *list;
        int r = document_new(&document);

        if (r >= 0)
                r = document_set_number(document, "format", VERIFICATION_FORMAT);
        if (r >= 0)
                r = document_set_number(document, "verified_at",
                                        (uint64_t)verification->verified_at);
        if (r >= 0)
                r = document_set_array(document, "damaged", &list);
        for (size_t i = 0; r >= 0 && i < verification->damaged.count; i++)
                r = document_append_text(list, verification->damaged.items[i]);
        return r < 0 ? r : document_text(document, ret);
}

int verification_write(Store *store, const Verification *verification, Fault *fault)
{
        _cleanup_free_ char *text = NULL;
        int r = verification_to_text(verification, &text);

        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, VERIFICATION_NAME);
        r = text_file_write(store_directory_fd(store), VERIFICATION_NAME, text, true);
        return r < 0 ? store_fault(store, fault, r, REASON_WRITE, VERIFICATION_NAME) : 0;
}
