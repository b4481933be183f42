/* SPDX-License-Identifier: MIT */

/* What a list says is the same with an index, without one, and with one that is damaged or lies
 * about archives that are not there. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../lib/tap.h"
#include "../lib/vault-bench.h"
#include "base/text.h"
#include "file/fd.h"
#include "file/text-file.h"
#include "vault/archive-index.h"

#define ARCHIVES 24U
#define LIMIT    ((size_t)1 << 24)

/* How far the clock is ahead, in seconds. */
static time_t clock_ahead;

time_t time(time_t *ret)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_REALTIME, &now);
        now.tv_sec += clock_ahead;
        if (ret)
                *ret = now.tv_sec;
        return now.tv_sec;
}

/* Builds as no installer names them, too. */
static Build build_of(unsigned seed)
{
        static const char *const words[] = {NULL,      "",         "VMware Workstation",
                                            "=17.6.1", "24319023", "\xC3\xA4 \"b\"",
                                            "a\tb",    "a\nb",     "\x7F"};
        const size_t count = ARRAY_SIZE(words);

        return (Build){(char *)(uintptr_t)words[seed % count],
                       (char *)(uintptr_t)words[seed / 3 % count],
                       (char *)(uintptr_t)words[seed / 7 % count]};
}

static VaultBench store_of(unsigned seed, unsigned count)
{
        VaultBench bench = vault_bench_make();

        srand(seed);
        for (unsigned i = 0; i < count; i++) {
                const unsigned at = (unsigned)rand();
                const Build build = build_of(at);
                VaultItem keeps[] = {
                        vault_bench_file(&bench, "usr/lib/vmware/bin/vmware-vmx", at % 500, at),
                        vault_bench_file(&bench, "opt/a b/\xC3\xA4", 7, at + 1),
                };

                if (fchmod(keeps[0].fd, at % 5 == 0 ? 04711 : 04755) < 0 ||
                    fchmod(keeps[1].fd, at % 7 == 0 ? 0600 : 0644) < 0 ||
                    vault_keep(bench.store, &build, keeps, 1 + at % 2, NULL, NULL) < 0)
                        abort();
                keep_close(&keeps[0]);
                keep_close(&keeps[1]);
        }
        return bench;
}

static bool text_same(const char *a, const char *b)
{
        return a && b ? text_equal(a, b) : a == b;
}

static bool archive_equals(const Archive *a, const Archive *b)
{
        bool same = text_equal(a->name, b->name) && text_same(a->build.product, b->build.product) &&
                    text_same(a->build.version, b->build.version) &&
                    text_same(a->build.build, b->build.build) && a->serial == b->serial &&
                    a->created == b->created && a->stat.st_size == b->stat.st_size &&
                    archive_same_originals(a, b);

        for (size_t i = 0; same && i < a->original_count; i++)
                same = text_equal(a->originals[i].role, b->originals[i].role);
        return same;
}

/* Whether a list by what the index has is the list; `ret_known` is how many the index has. */
static bool index_is_true(const VaultBench *bench, size_t *ret_known)
{
        _cleanup_(archives_done) Archives known = {}, plain = {}, again = {};
        size_t damaged, damaged_again;

        if (archive_index_read(bench->store, &known) < 0 ||
            vault_list(bench->store, &plain, &damaged, NULL) < 0 ||
            vault_list_again(bench->store, &known, &again, &damaged_again, NULL) < 0 ||
            plain.count != again.count || plain.denied != again.denied || damaged != damaged_again)
                return false;
        *ret_known = known.count;
        for (size_t i = 0; i < plain.count; i++)
                if (!archive_equals(&plain.items[i], &again.items[i]))
                        return false;
        return true;
}

static void renew_index(const VaultBench *bench)
{
        _cleanup_(archives_done) Archives archives = {};

        if (vault_list(bench->store, &archives, NULL, NULL) < 0 ||
            archive_index_renew(bench->store, &archives) < 0)
                abort();
}

static void list_is_the_same(void)
{
        for (unsigned seed = 1; seed <= 4; seed++) {
                _cleanup_(vault_bench_done) VaultBench bench = store_of(seed, ARCHIVES);
                size_t known;

                clock_ahead = 10;
                CHECK(index_is_true(&bench, &known) && known == 0);
                renew_index(&bench);
                CHECK(index_is_true(&bench, &known));
                CHECK(known > 0 && known < ARCHIVES); /* not those that cannot be in it */
        }
}

static void changed_archives_are_read(void)
{
        _cleanup_(vault_bench_done) VaultBench bench = store_of(5, ARCHIVES);
        _cleanup_(archives_done) Archives archives = {};
        size_t known;

        clock_ahead = 10;
        renew_index(&bench);
        REQUIRE(vault_list(bench.store, &archives, NULL, NULL) == 0);
        for (size_t i = 0; i < archives.count; i++) {
                const char *name = archives.items[i].name;
                _cleanup_close_ int fd = fd_open_at(bench.originals, name, O_WRONLY, 0);

                switch (i % 6) {
                case 0: /* damaged, at the same size */
                        CHECK(pwrite(fd, "damaged", 7, 5) == 7);
                        break;
                case 1:
                        CHECK(unlinkat(bench.originals, name, 0) == 0);
                        break;
                case 2: /* another takes its name */
                        CHECK(renameat(bench.originals, archives.items[(i + 1) % 24].name,
                                       bench.originals, name) == 0 ||
                              errno == ENOENT);
                        break;
                case 3:
                        CHECK(unlinkat(bench.originals, name, 0) == 0 || errno == ENOENT);
                        CHECK(symlinkat(archives.items[0].name, bench.originals, name) == 0 ||
                              errno == EEXIST);
                        break;
                default:
                        break;
                }
        }
        CHECK(index_is_true(&bench, &known));
        CHECK(known > 0);
}

static void later_change_must_show(void)
{
        _cleanup_(vault_bench_done) VaultBench bench = store_of(6, ARCHIVES);
        size_t known;

        clock_ahead = -60; /* however long it took to make them */
        renew_index(&bench);
        CHECK(index_is_true(&bench, &known) && known == 0);
}

static void few_need_none(void)
{
        _cleanup_(vault_bench_done) VaultBench bench = store_of(7, 3);
        size_t known;

        clock_ahead = 10;
        renew_index(&bench);
        CHECK(index_is_true(&bench, &known) && known == 0);
        CHECK(faccessat(store_directory_fd(bench.store), "index", F_OK, 0) < 0);
}

/* The digest of the lines below it, so that it is no damage that shows. */
static void seal(char *text)
{
        char hex[DIGEST_HEX_SIZE];
        Digest digest;

        if (digest_of_span(
                    (Span){(const uint8_t *)text + DIGEST_HEX_SIZE, strlen(text + DIGEST_HEX_SIZE)},
                    &digest) < 0)
                abort();
        digest_to_hex(&digest, hex);
        memcpy(text, hex, DIGEST_HEX_SIZE - 1);
}

/* How many archives are known where one byte of the index is another, or its end is missing. */
static size_t known_of_spoilt(const VaultBench *bench, const char *text, size_t size, bool sealed)
{
        static const char bytes[] = "\t\n0=9aZ-";
        _cleanup_free_ char *spoilt = strdup(text);
        _cleanup_(archives_done) Archives known = {}, listed = {};
        const size_t at = (sealed ? DIGEST_HEX_SIZE : 0) +
                          (size_t)rand() % (size - (sealed ? DIGEST_HEX_SIZE : 0));
        const char byte = bytes[(size_t)rand() % (sizeof(bytes) - 1)];

        if (!spoilt)
                abort();
        if (rand() % 4 == 0)
                spoilt[at] = '\0';
        else
                spoilt[at] = spoilt[at] == byte ? 'x' : byte;
        if (sealed)
                seal(spoilt);
        if (text_file_write(store_directory_fd(bench->store), "index", spoilt, false) < 0 ||
            archive_index_read(bench->store, &known) < 0)
                abort();
        /* The directory tells what archives there are. */
        CHECK(vault_list_again(bench->store, &known, &listed, NULL, NULL) == 0 &&
              listed.count == ARCHIVES);
        return known.count;
}

static void damaged_one_is_none(void)
{
        _cleanup_(vault_bench_done) VaultBench bench = store_of(8, ARCHIVES);
        _cleanup_free_ char *text = NULL;
        size_t size, known;

        clock_ahead = 10;
        renew_index(&bench);
        REQUIRE(text_file_read(store_directory_fd(bench.store), "index", LIMIT, &text, &size) == 0);
        for (unsigned i = 0; i < 200; i++)
                CHECK_EQUAL(known_of_spoilt(&bench, text, size, false), 0);
        for (unsigned i = 0; i < 200; i++)
                (void)known_of_spoilt(&bench, text, size, true);
        renew_index(&bench);
        CHECK(index_is_true(&bench, &known) && known > 0);
}

static void others_are_not_believed(void)
{
        _cleanup_(vault_bench_done) VaultBench bench = store_of(9, ARCHIVES);
        const int dir_fd = store_directory_fd(bench.store);
        size_t known;

        clock_ahead = 10;
        renew_index(&bench);
        CHECK(index_is_true(&bench, &known) && known > 0);
        CHECK(fchmodat(dir_fd, "index", 0664, 0) == 0);
        CHECK(index_is_true(&bench, &known) && known == 0);
        CHECK(fchmodat(dir_fd, "index", 0646, 0) == 0);
        CHECK(index_is_true(&bench, &known) && known == 0);
        CHECK(renameat(dir_fd, "index", dir_fd, "other") == 0 &&
              symlinkat("other", dir_fd, "index") == 0);
        CHECK(index_is_true(&bench, &known) && known == 0);
}

int main(void)
{
        CASE(list_is_the_same);
        CASE(changed_archives_are_read);
        CASE(later_change_must_show);
        CASE(few_need_none);
        CASE(damaged_one_is_none);
        CASE(others_are_not_believed);
        return tap_end();
}
