/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "../lib/receipt-bench.h"
#include "../lib/replaced.h"
#include "../lib/tap.h"
#include "base/text.h"
#include "store/document.h"

/* Sound ones --------------------------------------------------------------------------------- */

static void reads_what_is_documented(void)
{
        _cleanup_(bench_done) Bench bench = bench_make();
        _cleanup_(receipt_done) Receipt receipt = {};
        char hex[DIGEST_HEX_SIZE];

        put_text(&bench, sound, strlen(sound));
        REQUIRE(read_back(&bench, &receipt, NULL) == 0);
        CHECK_EQUAL(receipt.paths.count, 1);
        CHECK_TEXT(receipt.paths.items[0], "usr/lib/vmware/bin/vmware-vmx");
        CHECK_TEXT(receipt.role, "vmx");
        CHECK_TEXT(receipt.build.product, "VMware Workstation");
        CHECK(!receipt.build.version);
        CHECK_TEXT(receipt.build.build, "24319023");
        CHECK_EQUAL(receipt.size, 9007199254740993);
        digest_to_hex(&receipt.before, hex);
        CHECK_TEXT(hex, BEFORE);
        CHECK(digest_equal(&receipt.after, &bench.after));
        CHECK(!receipt.completed);
        CHECK_TEXT(receipt.tool_version, "1.0.0");
        CHECK_EQUAL(receipt.patched_at, 1750000000);
        REQUIRE(receipt.edits.count == 2);
        CHECK_EQUAL(receipt.edits.items[0].offset, 16);
        CHECK_EQUAL(receipt.edits.items[0].size, 2);
        CHECK_EQUAL(receipt.edits.items[0].before[1], 0xFF);
        CHECK_EQUAL(receipt.edits.items[0].after[0], 0xA0);
        CHECK_TEXT(receipt.edits.items[0].why, "V0 OSK0 value");
        CHECK_EQUAL(receipt.edits.items[1].offset, 9007199254740992);
        CHECK_EQUAL(receipt.edits.items[1].size, 1);
}

/* Neither what a later version may add nor how it lays it out is wrong. */
static void passes_over_what_it_does_not_know(void)
{
        static const char *const cases[][2] = {
                {"\"format\": 1,", "\"format\": 1, \"colour\": {\"a\": [1, null]},"},
                {"\"offset\": 16,", "\"offset\": 16, \"colour\": 7,"},
                {"}\n  ]\n}\n", "}]}"},
                {"}\n  ]\n}\n", "}]} \r\n\t "},
                {"\"version\": null,\n", ""},
                {"\"size\": 9007199254740993", "\"size\": 9223372036854775806"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_(bench_done) Bench bench = bench_make();
                _cleanup_(receipt_done) Receipt receipt = {};
                _cleanup_free_ char *text = replaced(sound, cases[i][0], cases[i][1]);

                put_text(&bench, text, strlen(text));
                CHECK_EQUAL(read_back(&bench, &receipt, NULL), 0);
                CHECK_EQUAL(receipt.edits.count, 2);
        }
}

static Receipt sample(char **paths)
{
        Receipt receipt = {
                .paths = {.items = paths, .count = 1},
                .size = 25000000,
                .completed = true,
                .patched_at = 1750000000,
        };
        static char role[] = "vmx", tool[] = "1.0.0 \"x\" \xC3\xA9";

        receipt.role = role;
        receipt.tool_version = tool;
        if (digest_from_hex(BEFORE, &receipt.before) < 0 ||
            digest_from_hex(AFTER, &receipt.after) < 0)
                abort();
        return receipt;
}

static void add_edit(Receipt *receipt, uint64_t offset, uint8_t size)
{
        Edit edit = {.offset = offset, .size = size, .why = "why"};

        for (uint8_t i = 0; i < size; i++) {
                edit.before[i] = i;
                edit.after[i] = (uint8_t)(0xFF - i);
        }
        if (edits_add(&receipt->edits, &edit) < 0)
                abort();
}

static void comes_back_as_it_was_written(void)
{
        _cleanup_(bench_done) Bench bench = bench_make();
        _cleanup_(receipt_done) Receipt read = {};
        Receipt written = sample((char *[]){(char[]){"a/b"}, NULL});
        struct stat st;

        add_edit(&written, 24999999, 1);
        add_edit(&written, 0, EDIT_SIZE_MAX);
        REQUIRE(receipt_write(bench.store, &written, NULL) == 0);
        REQUIRE(fstatat(store_receipts_fd(bench.store), AFTER ".json", &st, 0) == 0);
        CHECK_EQUAL(st.st_mode, S_IFREG | 0644);
        REQUIRE(read_back(&bench, &read, NULL) == 0);
        CHECK_TEXT(read.tool_version, written.tool_version);
        CHECK(!read.build.product && !read.build.version && !read.build.build);
        CHECK(read.completed);
        CHECK(digest_equal(&read.before, &written.before));
        REQUIRE(read.edits.count == 2);
        for (size_t i = 0; i < 2; i++) {
                const Edit *a = &read.edits.items[i], *b = &written.edits.items[i];

                CHECK(a->offset == b->offset && a->size == b->size);
                CHECK(memcmp(a->before, b->before, b->size) == 0);
                CHECK(memcmp(a->after, b->after, b->size) == 0);
                CHECK_TEXT(a->why, b->why);
        }
        CHECK_EQUAL(store_clean(bench.store, NULL), 0);
        edits_done(&written.edits);
}

static void keeps_the_paths_of_both(void)
{
        _cleanup_(bench_done) Bench bench = bench_make();
        _cleanup_(receipt_done) Receipt read = {};
        Receipt first = sample((char *[]){(char[]){"one"}, NULL});
        Receipt second = sample((char *[]){(char[]){"two"}, NULL});

        add_edit(&first, 1, 1);
        second.edits = first.edits;
        REQUIRE(receipt_write(bench.store, &first, NULL) == 0);
        REQUIRE(receipt_write(bench.store, &second, NULL) == 0);
        REQUIRE(receipt_write(bench.store, &second, NULL) == 0);
        REQUIRE(read_back(&bench, &read, NULL) == 0);
        CHECK_EQUAL(read.paths.count, 2);
        CHECK(texts_contain(&read.paths, "one") && texts_contain(&read.paths, "two"));

        /* A damaged one is written anew. */
        put_text(&bench, "{", 1);
        REQUIRE(receipt_write(bench.store, &first, NULL) == 0);
        receipt_done(&read);
        REQUIRE(read_back(&bench, &read, NULL) == 0);
        CHECK_EQUAL(read.paths.count, 1);
        edits_done(&first.edits);
}

/* Malformed ones ----------------------------------------------------------------------------- */

static void refuses_every_malformed_member(void)
{
        static const char *const cases[][2] = {
                {"\"format\": 1,", "\"format\": 2,"},
                {"\"format\": 1,", ""},
                {"\"paths\": [ \"usr/lib/vmware/bin/vmware-vmx\" ],", ""},
                {"\"paths\": [ \"usr/lib/vmware/bin/vmware-vmx\" ]", "\"paths\": []"},
                {"\"paths\": [ \"usr/lib/vmware/bin/vmware-vmx\" ]", "\"paths\": \"usr\""},
                {"\"paths\": [ \"usr/lib/vmware/bin/vmware-vmx\" ]", "\"paths\": [ 1 ]"},
                {"\"paths\": [ \"usr/lib/vmware/bin/vmware-vmx\" ]", "\"paths\": [ null ]"},
                {"usr/lib/vmware/bin/vmware-vmx", "/usr/lib"},
                {"usr/lib/vmware/bin/vmware-vmx", "../usr"},
                {"usr/lib/vmware/bin/vmware-vmx", "usr/../lib"},
                {"usr/lib/vmware/bin/vmware-vmx", "usr/."},
                {"usr/lib/vmware/bin/vmware-vmx", "usr//lib"},
                {"usr/lib/vmware/bin/vmware-vmx", "usr/"},
                {"usr/lib/vmware/bin/vmware-vmx", ""},
                {"usr/lib/vmware/bin/vmware-vmx", "usr\\u0000/lib"},
                {"\"role\": \"vmx\",", ""},
                {"\"role\": \"vmx\"", "\"role\": 7"},
                {"\"role\": \"vmx\"", "\"role\": \"\xFF\xFE\""},
                {"\"product\": \"VMware Workstation\"", "\"product\": 17"},
                {"\"version\": null", "\"version\": []"},
                {"\"build\": \"24319023\"", "\"build\": 24319023"},
                {"\"size\": 9007199254740993,", ""},
                {"\"size\": 9007199254740993", "\"size\": -1"},
                {"\"size\": 9007199254740993", "\"size\": 1.5"},
                {"\"size\": 9007199254740993", "\"size\": 1e18"},
                {"\"size\": 9007199254740993", "\"size\": \"9007199254740993\""},
                {"\"size\": 9007199254740993", "\"size\": 18446744073709551616"},
                {"\"size\": 9007199254740993", "\"size\": 9223372036854775807"},
                /* the last edit ends later */
                {"\"size\": 9007199254740993", "\"size\": 9007199254740992"},
                {"\"sha256_before\": \"1", "\"sha256_before\": \""},
                {"\"sha256_before\": \"1", "\"sha256_before\": \"11"},
                {"\"sha256_before\": \"1", "\"sha256_before\": \"A"},
                {"\"sha256_before\": \"1", "\"sha256_before\": \" "},
                {"\"sha256_before\": \"" BEFORE "\",", ""},
                {"\"sha256_before\": \"" BEFORE "\"", "\"sha256_before\": null"},
                {"\"sha256_before\": \"" BEFORE "\"", "\"sha256_before\": \"" AFTER "\""},
                {"\"sha256_after\": \"2", "\"sha256_after\": \"3"}, /* not what the name says */
                {"\"sha256_after\": \"" AFTER "\",", ""},
                {"\"completed\": false,", ""},
                {"\"completed\": false", "\"completed\": 0"},
                {"\"completed\": false", "\"completed\": \"false\""},
                {"\"tool_version\": \"1.0.0\",", ""},
                {"\"tool_version\": \"1.0.0\"", "\"tool_version\": null"},
                {"\"patched_at\": 1750000000,", ""},
                {"\"patched_at\": 1750000000", "\"patched_at\": -1"},
                {"\"patched_at\": 1750000000", "\"patched_at\": true"},
                {"\"edits\"", "\"changes\""},
                {"\"offset\": 16,", ""},
                {"\"offset\": 16", "\"offset\": -16"},
                {"\"offset\": 16", "\"offset\": \"16\""},
                {"\"offset\": 16", "\"offset\": 9007199254740993"},
                {"\"offset\": 16", "\"offset\": 18446744073709551615"},
                {"\"offset\": 16", "\"offset\": 9007199254740991"}, /* overlaps the next */
                {"\"offset\": 16", "\"offset\": 9007199254740992"},
                {"\"offset\": 9007199254740992", "\"offset\": 3"},  /* descends */
                {"\"offset\": 9007199254740992", "\"offset\": 17"}, /* overlaps the one before */
                {"\"before\": \"00ff\",", ""},
                {"\"before\": \"00ff\"", "\"before\": \"00f\""},
                {"\"before\": \"00ff\"", "\"before\": \"00fg\""},
                {"\"before\": \"00ff\"", "\"before\": \"00FF\""},
                {"\"before\": \"00ff\"", "\"before\": \"00\""},
                {"\"before\": \"00ff\"", "\"before\": \"\""},
                {"\"before\": \"00ff\"", "\"before\": \"a0b1\""}, /* changes nothing */
                {"\"before\": \"00ff\"", "\"before\": 255"},
                {"\"after\": \"a0b1\",", ""},
                {"\"after\": \"a0b1\"", "\"after\": \"a0b1c2\""},
                {"\"why\": \"guest\"", "\"why\": 1"},
                {", \"why\": \"guest\"", ""},
                {"{ \"offset\": 16", "7, { \"offset\": 16"},
                {"\n  ]\n}\n", "\n  ]\n"},
                {"\n  ]\n}\n", "\n  ]\n}\n}"},
                {"\n  ]\n}\n", "\n  ]\n}\n{}"},
                {"\n  ]\n}\n", "\n  ],\n}\n"},
                {"\"format\": 1,", "\"format\": 1, \"deep\": [[[[[[[[[[1]]]]]]]]]],"},
        };
        _cleanup_(bench_done) Bench bench = bench_make();

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_free_ char *text = replaced(sound, cases[i][0], cases[i][1]);
                Receipt receipt = {.size = 77};
                Fault fault = FAULT_NONE;
                int r;

                put_text(&bench, text, strlen(text));
                r = read_back(&bench, &receipt, &fault);
                if (r != -EBADMSG)
                        printf("# %s -> %s\n", cases[i][0], cases[i][1]);
                CHECK_EQUAL(r, -EBADMSG);
                CHECK_EQUAL(fault.reason, REASON_RECEIPT_READ);
                CHECK_TEXT(fault.subject, AFTER ".json");
                CHECK_EQUAL(receipt.size, 77);
        }
}

/* 33 bytes do not fit an edit; 32 do. */
static void bounds_the_bytes_of_an_edit(void)
{
        _cleanup_(bench_done) Bench bench = bench_make();
        char before[80], after[80];

        for (size_t size = EDIT_SIZE_MAX; size <= EDIT_SIZE_MAX + 1; size++) {
                _cleanup_(receipt_done) Receipt receipt = {};
                _cleanup_free_ char *one = NULL, *two = NULL;
                int digits = (int)(2 * size);

                text_put(before, sizeof(before), "%0*d", digits, 0);
                text_put(after, sizeof(after), "%0*d", digits, 1);
                one = replaced(sound, "00ff", before);
                two = replaced(one, "a0b1", after);
                put_text(&bench, two, strlen(two));
                CHECK_EQUAL(read_back(&bench, &receipt, NULL),
                            size == EDIT_SIZE_MAX ? 0 : -EBADMSG);
        }
}

/* A file that was cut off anywhere is no receipt. */
static void refuses_every_truncation(void)
{
        _cleanup_(bench_done) Bench bench = bench_make();

        for (size_t size = 0; size < strlen(sound) - 1; size++) {
                Receipt receipt = {};

                put_text(&bench, sound, size);
                CHECK_EQUAL(read_back(&bench, &receipt, NULL), -EBADMSG);
        }
}

static void refuses_what_is_no_file_of_ours(void)
{
        _cleanup_(bench_done) Bench bench = bench_make();
        _cleanup_free_ char *large = malloc(DOCUMENT_SIZE_MAX + 1);
        int dir = store_receipts_fd(bench.store);
        Receipt receipt = {};
        Fault fault = FAULT_NONE;

        CHECK_EQUAL(read_back(&bench, &receipt, &fault), -ENOENT);
        CHECK_EQUAL(fault.reason, REASON_RECEIPT_NONE);

        REQUIRE(large != NULL);
        memset(large, ' ', DOCUMENT_SIZE_MAX + 1);
        memcpy(large, sound, strlen(sound));
        put_text(&bench, large, DOCUMENT_SIZE_MAX + 1);
        CHECK_EQUAL(read_back(&bench, &receipt, &fault), -EBADMSG);
        CHECK_EQUAL(fault.reason, REASON_RECEIPT_READ);

        (void)close(temp_file(dir, "elsewhere", sound, strlen(sound)));
        REQUIRE(unlinkat(dir, AFTER ".json", 0) == 0);
        REQUIRE(symlinkat("elsewhere", dir, AFTER ".json") == 0);
        CHECK_EQUAL(read_back(&bench, &receipt, NULL), -EBADMSG);
        REQUIRE(unlinkat(dir, AFTER ".json", 0) == 0);
        REQUIRE(mkfifoat(dir, AFTER ".json", 0600) == 0);
        CHECK_EQUAL(read_back(&bench, &receipt, NULL), -EBADMSG);
        REQUIRE(unlinkat(dir, AFTER ".json", 0) == 0);
        REQUIRE(mkdirat(dir, AFTER ".json", 0700) == 0);
        CHECK_EQUAL(read_back(&bench, &receipt, NULL), -EBADMSG);
}

static void writes_nothing_it_could_not_read(void)
{
        _cleanup_(bench_done) Bench bench = bench_make();
        char *path[] = {(char[]){"a"}, NULL}, *outside[] = {(char[]){"/a"}, NULL};
        Receipt receipt = sample(path);
        Fault fault = FAULT_NONE;

        CHECK_EQUAL(receipt_write(bench.store, &receipt, &fault), -EINVAL); /* no edits */
        CHECK_EQUAL(fault.reason, REASON_WRITE);
        add_edit(&receipt, receipt.size - 1, 2);
        CHECK_EQUAL(receipt_write(bench.store, &receipt, NULL), -EINVAL); /* … outside */
        edits_done(&receipt.edits);
        add_edit(&receipt, 0, 1);
        receipt.paths.items = outside;
        CHECK_EQUAL(receipt_write(bench.store, &receipt, NULL), -EINVAL);
        receipt.paths.items = path;
        receipt.paths.count = 0;
        CHECK_EQUAL(receipt_write(bench.store, &receipt, NULL), -EINVAL);
        receipt.paths.count = 1;
        receipt.size = UINT64_MAX;
        CHECK_EQUAL(receipt_write(bench.store, &receipt, NULL), -EINVAL);
        receipt.size = 1;
        CHECK(!is_there(store_receipts_fd(bench.store), AFTER ".json"));
        CHECK_EQUAL(receipt_write(bench.store, &receipt, NULL), 0);
        edits_done(&receipt.edits);
}

/* Just what is read again may be written: so many paths that it is one byte too large are not. */
static void writes_nothing_too_large(void)
{
        _cleanup_(bench_done) Bench bench = bench_make();
        _cleanup_free_ char *path = malloc(DOCUMENT_SIZE_MAX);
        Receipt receipt = sample(&path);
        struct stat st;
        size_t rest;

        REQUIRE(path != NULL);
        add_edit(&receipt, 0, 1);
        memcpy(path, "a", 2);
        REQUIRE(receipt_write(bench.store, &receipt, NULL) == 0);
        REQUIRE(fstatat(store_receipts_fd(bench.store), AFTER ".json", &st, 0) == 0);
        REQUIRE(receipt_remove(bench.store, &receipt.after, NULL) == 0);
        rest = DOCUMENT_SIZE_MAX - (size_t)st.st_size + 1;
        for (size_t more = 0; more < 2; more++) {
                _cleanup_(receipt_done) Receipt read = {};

                memset(path, 'a', rest + more);
                path[rest + more] = '\0';
                CHECK_EQUAL(receipt_write(bench.store, &receipt, NULL), more ? -EINVAL : 0);
                CHECK_EQUAL(read_back(&bench, &read, NULL), more ? -ENOENT : 0);
                REQUIRE(receipt_remove(bench.store, &receipt.after, NULL) == 0);
        }
        edits_done(&receipt.edits);
}

static void any_label_will_do(void)
{
        _cleanup_(bench_done) Bench bench = bench_make();
        _cleanup_(receipt_done) Receipt read = {};
        char path[] = "a", label[] = "VMware\xE9";
        Receipt receipt = sample((char *[]){path, NULL});

        add_edit(&receipt, 0, 1);
        receipt.build.product = label;
        CHECK_EQUAL(receipt_write(bench.store, &receipt, NULL), 0);
        REQUIRE(read_back(&bench, &read, NULL) == 0);
        CHECK_TEXT(read.build.product, label);
        edits_done(&receipt.edits);
}

static void any_path_comes_back(void)
{
        static const char *const paths[] = {"b\xE4r/\xC3\xA4", "b\uFFFDe4r", "a\n\x01\"\\\x7F"};

        for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
                _cleanup_(bench_done) Bench bench = bench_make();
                _cleanup_(receipt_done) Receipt read = {};
                char *path = strdup(paths[i]);
                Receipt receipt = sample((char *[]){path, NULL});

                REQUIRE(path != NULL);
                add_edit(&receipt, 0, 1);
                CHECK_EQUAL(receipt_write(bench.store, &receipt, NULL), 0);
                REQUIRE(read_back(&bench, &read, NULL) == 0);
                CHECK_TEXT(read.paths.items[0], paths[i]);
                edits_done(&receipt.edits);
                free(path);
        }
}

/* All of them -------------------------------------------------------------------------------- */

static void lists_by_name_and_removes(void)
{
        static const char *const passed_over[] = {"x.json", AFTER, AFTER ".json.bak",
                                                  "A" AFTER ".json", ".json"};
        _cleanup_(bench_done) Bench bench = bench_make();
        _cleanup_free_ Digest *digests = NULL, *rest = NULL;
        int dir = store_receipts_fd(bench.store);
        size_t count;

        REQUIRE(receipt_list(bench.store, &digests, &count, NULL) == 0);
        CHECK_EQUAL(count, 0);
        free(TAKE_PTR(digests));
        (void)close(temp_file(dir, AFTER ".json", "", 0));
        (void)close(temp_file(dir, BEFORE ".json", "", 0));
        for (size_t i = 0; i < ARRAY_SIZE(passed_over); i++)
                (void)close(temp_file(dir, passed_over[i], "", 0));
        REQUIRE(receipt_list(bench.store, &digests, &count, NULL) == 0);
        REQUIRE(count == 2);
        CHECK_EQUAL(digests[0].bytes[0], 0x11);
        CHECK(digest_equal(&digests[1], &bench.after));

        REQUIRE(receipt_remove(bench.store, &bench.after, NULL) == 0);
        REQUIRE(receipt_remove(bench.store, &bench.after, NULL) == 0);
        CHECK(!is_there(dir, AFTER ".json"));
        REQUIRE(receipt_list(bench.store, &rest, &count, NULL) == 0);
        CHECK_EQUAL(count, 1);
}

static void a_missing_store_has_none(void)
{
        _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
        _cleanup_(store_freep) Store *store = NULL;
        _cleanup_free_ Digest *digests = NULL;
        Digest after = {};
        Receipt receipt = {};
        size_t count = 7;

        REQUIRE(store_open(&temp.root, STORE_READ, &store, NULL) == 0);
        CHECK_EQUAL(receipt_list(store, &digests, &count, NULL), 0);
        CHECK_EQUAL(count, 0);
        CHECK_EQUAL(receipt_read(store, &after, &receipt, NULL), -ENOENT);
}

int main(void)
{
        (void)umask(022);
        CASE(reads_what_is_documented);
        CASE(passes_over_what_it_does_not_know);
        CASE(comes_back_as_it_was_written);
        CASE(keeps_the_paths_of_both);
        CASE(refuses_every_malformed_member);
        CASE(bounds_the_bytes_of_an_edit);
        CASE(refuses_every_truncation);
        CASE(refuses_what_is_no_file_of_ours);
        CASE(writes_nothing_it_could_not_read);
        CASE(writes_nothing_too_large);
        CASE(any_label_will_do);
        CASE(any_path_comes_back);
        CASE(lists_by_name_and_removes);
        CASE(a_missing_store_has_none);
        return tap_end();
}
