/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "base/text.h"
#include "vault/extractor.h"
#include "vault/reader.h"

struct Extractor {
        const Store *store;
        Reader *reader; /* of the archive that was read last; NULL: none is open */
        char *last;     /* path of the original that was read last; NULL: it is at the beginning */
        size_t extracted; /* how many originals were, since it was opened */
};

static void extractor_close(Extractor *extractor)
{
        reader_free(extractor->reader);
        free(extractor->last);
        extractor->reader = NULL;
        extractor->last = NULL;
        extractor->extracted = 0;
}

void extractor_free(Extractor *extractor)
{
        if (!extractor)
                return;
        extractor_close(extractor);
        free(extractor);
}

int extractor_new(const Store *store, Extractor **ret)
{
        Extractor *extractor = calloc(1, sizeof(*extractor));

        if (!extractor)
                return -ENOMEM;
        extractor->store = store;
        *ret = extractor;
        return 0;
}

void extractor_look_ahead(Extractor *extractor)
{
        if (extractor->reader)
                reader_read_ahead(extractor->reader);
}

/* Whether the original is still to come in the archive that is open. */
static bool is_ahead(const Extractor *extractor, const Archive *archive, const Original *original)
{
        return extractor->reader &&
               text_equal(reader_archive(extractor->reader)->name, archive->name) &&
               (!extractor->last || strcmp(extractor->last, original->path) < 0);
}

static bool extractor_is_same(const Original *a, const Original *b)
{
        return text_equal(a->path, b->path) && a->size == b->size &&
               digest_equal(&a->digest, &b->digest);
}

static int extract_present(Extractor *extractor, int fd, FileAttributes *ret_attributes,
                           Fault *fault)
{
        _cleanup_(file_attributes_done) FileAttributes attributes = {};
        int r = reader_attributes(extractor->reader, &attributes, fault);

        if (r >= 0)
                r = reader_content(extractor->reader, fd, fault);
        if (r < 0)
                return r;
        extractor->extracted++;
        *ret_attributes = attributes;
        attributes = (FileAttributes){};
        return 0;
}

static int extractor_run(Extractor *extractor, const Archive *archive, const Original *original,
                         int fd, FileAttributes *ret_attributes, Fault *fault)
{
        for (;;) {
                const Original *found;
                int r;

                reader_read_ahead(extractor->reader);
                r = reader_next(extractor->reader, &found, fault);

                if (r < 0)
                        return r;
                if (r == 0)
                        return fault_set(fault, -ENOENT, REASON_VAULT_NONE, "%s in %s",
                                         original->path, archive->name);
                if (!extractor_is_same(found, original))
                        continue;
                free(extractor->last);
                extractor->last = NULL;
                if (text_copy(&extractor->last, found->path) < 0)
                        return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", original->path);
                return extract_present(extractor, fd, ret_attributes, fault);
        }
}

int extractor_extract(Extractor *extractor, const Archive *archive, const Original *original,
                      int fd, FileAttributes *ret_attributes, Fault *fault)
{
        int r = 0;

        if (!is_ahead(extractor, archive, original)) {
                extractor_close(extractor);
                r = reader_open(extractor->store, archive->name, &extractor->reader, fault);
        }
        if (r >= 0)
                r = extractor_run(extractor, archive, original, fd, ret_attributes, fault);
        if (r < 0)
                extractor_close(extractor);
        return r;
}

bool extractor_proves(Extractor *extractor, const Archive *archive)
{
        const Archive *open = extractor->reader ? reader_archive(extractor->reader) : NULL;
        const Original *more;
        bool proves;

        if (!open || !text_equal(open->name, archive->name))
                return false;
        proves = archive_same_originals(open, archive) &&
                 extractor->extracted == open->original_count &&
                 reader_next(extractor->reader, &more, NULL) == 0;
        extractor_close(extractor);
        return proves;
}
