/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "store/receipt.h"

#define FORMAT 1U

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

/* Its own digest ---------------------------------------------------------------------------- */

static int add_line(Digester *digester, const char *line)
{
        return digester_add(digester, (Span){(const uint8_t *)line, strlen(line)});
}

/* "size role before after completed archive\n" */
static int add_head(Digester *digester, const Receipt *receipt)
{
        char before[DIGEST_HEX_SIZE], after[DIGEST_HEX_SIZE];
        _cleanup_free_ char *line = NULL;
        int r;

        digest_to_hex(&receipt->before, before);
        digest_to_hex(&receipt->after, after);
        r = text_format(&line, "%llu %s %s %s %d %s\n", (unsigned long long)receipt->size,
                        receipt->role, before, after, receipt->completed ? 1 : 0,
                        receipt->archive ? receipt->archive : "-");
        return r < 0 ? r : add_line(digester, line);
}

/* "offset size\n" and the bytes before and after */
static int add_edit(Digester *digester, const Edit *edit)
{
        _cleanup_free_ char *line = NULL;
        int r = text_format(&line, "%llu %u\n", (unsigned long long)edit->offset,
                            (unsigned)edit->size);

        if (r >= 0)
                r = add_line(digester, line);
        if (r >= 0)
                r = digester_add(digester, (Span){edit->before, edit->size});
        return r < 0 ? r : digester_add(digester, (Span){edit->after, edit->size});
}

int receipt_digest(const Receipt *receipt, Digest *ret)
{
        _cleanup_(digester_freep) Digester *digester = NULL;
        int r = digester_new(&digester);

        if (r >= 0)
                r = add_head(digester, receipt);
        for (size_t i = 0; r >= 0 && i < receipt->edits.count; i++)
                r = add_edit(digester, &receipt->edits.items[i]);
        return r < 0 ? r : digester_end(digester, ret);
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

int receipt_from_document(const Document *document, Receipt *ret)
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

int receipt_to_document(const Receipt *receipt, const Texts *older_paths, Document **ret)
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
