/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "base/text.h"
#include "store/document.h"
#include "vault/manifest.h"

#define FORMAT 1U

static int parse_original(const Document *item, Original *ret)
{
        _cleanup_(original_done) Original original = {};
        const char *path, *role;

        if (document_get_text(item, "path", &path) < 0 || !text_is_path_below(path) ||
            document_get_text(item, "role", &role) < 0 ||
            document_get_number(item, "size", &original.size) < 0 ||
            original.size > ORIGINAL_SIZE_MAX ||
            document_get_digest(item, "sha256", &original.digest) < 0 ||
            document_get_digest(item, "attributes_sha256", &original.attributes_digest) < 0)
                return -EBADMSG;
        if (text_copy(&original.path, path) < 0 || text_copy(&original.role, role) < 0)
                return -ENOMEM;
        *ret = original;
        original = (Original){};
        return 0;
}

static int parse_originals(const Document *document, Archive *archive)
{
        Document *list;
        size_t count;
        int r = document_get_array(document, "originals", &list, &count);

        if (r < 0 || count == 0 || count > ORIGINALS_MAX)
                return -EBADMSG;
        archive->originals = calloc(count, sizeof(*archive->originals));
        if (!archive->originals)
                return -ENOMEM;
        for (size_t i = 0; i < count; i++) {
                Original *original = &archive->originals[i];

                r = parse_original(document_item(list, i), original);
                if (r < 0)
                        return r;
                archive->original_count++;
                if (i > 0 && strcmp(original[-1].path, original->path) >= 0)
                        return -EBADMSG;
        }
        return 0;
}

int manifest_parse(const char *text, size_t size, Archive *ret)
{
        _cleanup_(document_freep) Document *document = NULL;
        _cleanup_(archive_done) Archive archive = {};
        Build build = {};
        uint64_t format, created, serial;
        int r = document_parse(text, size, &document);

        if (r < 0)
                return r;
        if (document_get_number(document, "format", &format) < 0 || format != FORMAT ||
            document_get_number(document, "created", &created) < 0 ||
            document_get_optional_number(document, "serial", &serial) < 0 || serial > SERIAL_MAX ||
            document_get_optional_text(document, "product", (const char **)&build.product) < 0 ||
            document_get_optional_text(document, "version", (const char **)&build.version) < 0 ||
            document_get_optional_text(document, "build", (const char **)&build.build) < 0)
                return -EBADMSG;
        archive.serial = serial;
        archive.created = (int64_t)created;
        r = build_copy(&build, &archive.build);
        if (r >= 0)
                r = parse_originals(document, &archive);
        if (r < 0)
                return r;
        *ret = archive;
        archive = (Archive){};
        return 0;
}

static int format_original(Document *list, const Original *original)
{
        Document *item;

        if (document_append_object(list, &item) < 0 ||
            document_set_text(item, "path", original->path) < 0 ||
            document_set_text(item, "role", original->role) < 0 ||
            document_set_number(item, "size", original->size) < 0 ||
            document_set_digest(item, "sha256", &original->digest) < 0 ||
            document_set_digest(item, "attributes_sha256", &original->attributes_digest) < 0)
                return -ENOMEM;
        return 0;
}

int manifest_format(const Archive *archive, char **ret, size_t *ret_size)
{
        _cleanup_(document_freep) Document *document = NULL;
        Document *list;
        int r;

        if (document_new(&document) < 0 || document_set_number(document, "format", FORMAT) < 0 ||
            document_set_text(document, "product", archive->build.product) < 0 ||
            document_set_text(document, "version", archive->build.version) < 0 ||
            document_set_text(document, "build", archive->build.build) < 0 ||
            document_set_number(document, "created", (uint64_t)archive->created) < 0 ||
            document_set_number(document, "serial", archive->serial) < 0 ||
            document_set_array(document, "originals", &list) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < archive->original_count; i++)
                if (format_original(list, &archive->originals[i]) < 0)
                        return -ENOMEM;
        r = document_text(document, ret);
        if (r < 0)
                return r;
        *ret_size = strlen(*ret);
        return 0;
}
