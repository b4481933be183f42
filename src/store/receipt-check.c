/* SPDX-License-Identifier: MIT */

#include "store/receipt-check.h"
#include "file/digest.h"

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
