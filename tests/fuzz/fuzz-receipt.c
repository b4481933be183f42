/* SPDX-License-Identifier: MIT */

/* A receipt: what is believed is within its limits; written and read again it is the same. */

#include <fcntl.h>

#include "../unit/lib/temp-root.h"
#include "base/text.h"
#include "fuzz.h"
#include "store/receipts.h"

#define BEFORE "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define AFTER  "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

static TempRoot temp;
static Store *store;
static Digest after;

static void remove_store(void)
{
        store_free(store);
        temp_root_done(&temp);
}

static void make_store(void)
{
        if (store)
                return;
        temp = temp_root_make();
        MUST(store_open(&temp.root, STORE_WRITE, &store, NULL) >= 0);
        MUST(digest_from_hex(AFTER, &after) >= 0);
        (void)atexit(remove_store);
}

static void check_receipt(const Receipt *receipt)
{
        uint64_t end = 0;

        MUST(digest_equal(&receipt->after, &after) && !digest_equal(&receipt->before, &after));
        MUST(receipt->role && receipt->tool_version && receipt->patched_at >= 0);
        MUST(receipt->paths.count > 0 && receipt->edits.count > 0);
        for (size_t i = 0; i < receipt->paths.count; i++)
                MUST(text_is_path_below(receipt->paths.items[i]));
        for (size_t i = 0; i < receipt->edits.count; i++) {
                const Edit *edit = &receipt->edits.items[i];

                MUST(edit->size >= 1 && edit->size <= EDIT_SIZE_MAX);
                MUST(edit->offset >= end && range_fits(edit->offset, edit->size, receipt->size));
                MUST(memcmp(edit->before, edit->after, edit->size) != 0);
                end = edit->offset + edit->size;
        }
}

static void check_same(const Receipt *a, const Receipt *b)
{
        MUST(a->size == b->size && a->completed == b->completed);
        MUST(a->patched_at == b->patched_at && digest_equal(&a->before, &b->before));
        MUST(text_equal(a->role, b->role) && text_equal(a->tool_version, b->tool_version));
        for (size_t i = 0; i < a->paths.count; i++)
                MUST(texts_contain(&b->paths, a->paths.items[i]));
        MUST(a->edits.count == b->edits.count);
        for (size_t i = 0; i < a->edits.count; i++)
                MUST(memcmp(&a->edits.items[i], &b->edits.items[i], sizeof(Edit)) == 0);
}

/* Whether the last input was. */
static bool believed;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        _cleanup_(receipt_done) Receipt receipt = {}, again = {};
        Fault fault = FAULT_NONE;
        int r;

        make_store();
        (void)fd_close(temp_file(store_receipts_fd(store), AFTER ".json", bytes, size));
        r = receipt_read(store, &after, &receipt, &fault);
        believed = r >= 0;
        if (r < 0) {
                MUST(r == -EBADMSG && fault.reason == REASON_RECEIPT_READ && !receipt.role);
                return 0;
        }
        check_receipt(&receipt);
        MUST(unlinkat(store_receipts_fd(store), AFTER ".json", 0) >= 0);
        r = receipt_write(store, &receipt, &fault);
        if (r == -EINVAL)
                return 0; /* written with indentation it is too large */
        MUST(r >= 0 && receipt_read(store, &after, &again, &fault) >= 0);
        check_receipt(&again);
        check_same(&receipt, &again);
        return 0;
}

#define EDIT(offset, before, after)                                           \
        "{\"offset\":" offset ",\"before\":\"" before "\",\"after\":\"" after \
        "\",\"why\":\"V0 OSK0 value\"}"
#define RECEIPT(paths, size, edits)                                              \
        "{\"format\":1,\"paths\":[" paths "],\"role\":\"vmx\",\"product\":null," \
        "\"version\":\"17.6.1\",\"build\":\"24319023\",\"size\":" size           \
        ",\"sha256_before\":\"" BEFORE "\",\"sha256_after\":\"" AFTER            \
        "\",\"completed\":false,\"tool_version\":\"1.0\","                       \
        "\"patched_at\":1750000000,\"edits\":[" edits "]}"
#define PATH "\"usr/lib/vmware/bin/vmware-vmx\""

static void seed_believed(const char *name, const char *text)
{
        MUST(LLVMFuzzerTestOneInput((const uint8_t *)text, strlen(text)) == 0 && believed);
        fuzz_seed_text(name, text);
}

void fuzz_seeds(void)
{
        seed_believed("one", RECEIPT(PATH, "25000000", EDIT("4096", "00", "01")));
        seed_believed("two", RECEIPT(PATH ",\"b\"", "64",
                                     EDIT("0", "0000", "0102") "," EDIT("62", "ffff", "fffe")));
        fuzz_seed_text("overlap",
                       RECEIPT(PATH, "64", EDIT("0", "0000", "0102") "," EDIT("1", "02", "03")));
        fuzz_seed_text("outside", RECEIPT(PATH, "64", EDIT("64", "00", "01")));
        fuzz_seed_text("wraps", RECEIPT(PATH, "64", EDIT("18446744073709551615", "00", "01")));
        fuzz_seed_text("same", RECEIPT(PATH, "64", EDIT("1", "00", "00")));
        fuzz_seed_text("path", RECEIPT("\"/etc/shadow\"", "64", EDIT("1", "00", "01")));
        fuzz_seed_text("empty", "");
}
