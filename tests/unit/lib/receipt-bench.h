/* SPDX-License-Identifier: MIT */
#pragma once

/* A store with room for one receipt, and a sound one to put there or to spoil. What cannot be done
 * aborts the test. */

#include <stdlib.h>

#include "store/receipts.h"
#include "temp-root.h"

#define BEFORE "1111111111111111111111111111111111111111111111111111111111111111"
#define AFTER  "22222222222222222222222222222222222222222222222222222222222222ab"

/* As it lies on disk: a change of the format shows here. */
static const char sound[] = "{\n"
                            "  \"format\": 1,\n"
                            "  \"paths\": [ \"usr/lib/vmware/bin/vmware-vmx\" ],\n"
                            "  \"role\": \"vmx\",\n"
                            "  \"product\": \"VMware Workstation\",\n"
                            "  \"version\": null,\n"
                            "  \"build\": \"24319023\",\n"
                            "  \"size\": 9007199254740993,\n"
                            "  \"sha256_before\": \"" BEFORE "\",\n"
                            "  \"sha256_after\": \"" AFTER "\",\n"
                            "  \"completed\": false,\n"
                            "  \"tool_version\": \"1.0.0\",\n"
                            "  \"patched_at\": 1750000000,\n"
                            "  \"edits\": [\n"
                            "    { \"offset\": 16, \"before\": \"00ff\", \"after\": \"a0b1\","
                            " \"why\": \"V0 OSK0 value\" },\n"
                            "    { \"offset\": 9007199254740992, \"before\": \"3e\","
                            " \"after\": \"3f\", \"why\": \"guest\" }\n"
                            "  ]\n"
                            "}\n";

typedef struct Bench {
        TempRoot temp;
        Store *store;
        Digest after;
} Bench;

static inline Bench bench_make(void)
{
        static Root root; /* where it stays as long as the store */
        Bench bench = {.temp = temp_root_make()};

        root = bench.temp.root;
        if (store_open(&root, STORE_WRITE, &bench.store, NULL) < 0 ||
            digest_from_hex(AFTER, &bench.after) < 0)
                abort();
        return bench;
}

static inline void bench_done(Bench *bench)
{
        store_free(bench->store);
        temp_root_done(&bench->temp);
}

static inline void put_text(const Bench *bench, const char *text, size_t size)
{
        (void)close(temp_file(store_receipts_fd(bench->store), AFTER ".json", text, size));
}

static inline int read_back(const Bench *bench, Receipt *ret, Fault *fault)
{
        return receipt_read(bench->store, &bench->after, ret, fault);
}
