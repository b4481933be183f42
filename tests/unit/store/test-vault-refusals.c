/* SPDX-License-Identifier: MIT */

/* What cannot be kept or given back is refused, and costs nothing that was kept before. */

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/xattr.h>

#include "../lib/tap.h"
#include "../lib/vault-bench.h"
#include "base/text.h"
#include "vault/manifest.h"

static char product[] = "VMware Workstation", version[] = "17.6.1", number[] = "24319023";
static const Build build = {product, version, number};

/* Keeps one file and gives back the list of what is kept. */
static int keep_and_list(const VaultBench *bench, const VaultItem *items, size_t count,
                         Archives *ret)
{
        int r = vault_keep(bench->store, &build, items, count, NULL, NULL);

        return r < 0 ? r : vault_list(bench->store, ret, NULL, NULL);
}

static void a_changed_file_is_not_kept(void)
{
        _cleanup_(vault_bench_done) VaultBench bench = vault_bench_make();
        VaultItem keeps[] = {vault_bench_file(&bench, "a", 300 * 1024, 1),
                             vault_bench_file(&bench, "b", 300 * 1024, 2)};
        struct Change {
                off_t size; /* that it gets */
                off_t at;   /* byte that is written, if not negative */
        } changes[] = {
                {300 * 1024, 299 * 1024}, {300 * 1024 - 1, -1}, {300 * 1024 + 1, -1}, {0, -1}};

        for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
                VaultItem now[] = {keeps[0], vault_bench_file(&bench, "b", 300 * 1024, 2)};
                Fault fault = FAULT_NONE;
                char *name = NULL;

                if (ftruncate(now[1].fd, changes[i].size) < 0 ||
                    (changes[i].at >= 0 && pwrite(now[1].fd, "", 1, changes[i].at) != 1))
                        abort();
                CHECK_EQUAL(vault_keep(bench.store, &build, now, 2, &name, &fault), -EAGAIN);
                CHECK_EQUAL(fault.reason, REASON_CHANGED);
                CHECK_TEXT(fault.subject, "/b");
                CHECK(!name);
                CHECK_EQUAL(vault_bench_count(&bench), 0);
                keep_close(&now[1]);
        }
        keep_close(&keeps[0]);
        keep_close(&keeps[1]);
}

static void what_makes_no_sense_is_not_kept(void)
{
        _cleanup_(vault_bench_done) VaultBench bench = vault_bench_make();
        _cleanup_(keep_close) VaultItem keep = vault_bench_file(&bench, "a", 10, 1);
        static const char *const paths[] = {"/a", "../a", "a/../b", "./a", "a/", "a//b", ""};
        VaultItem many[ORIGINALS_MAX + 1], wrong = keep, pair[] = {keep, keep};
        Fault fault = FAULT_NONE;

        for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
                wrong.path = paths[i];
                CHECK_EQUAL(vault_keep(bench.store, &build, &wrong, 1, NULL, &fault), -EINVAL);
        }
        for (size_t i = 0; i < ARRAY_SIZE(many); i++)
                many[i] = keep;
        CHECK_EQUAL(vault_keep(bench.store, &build, many, ARRAY_SIZE(many), NULL, NULL), -EINVAL);
        CHECK_EQUAL(vault_keep(bench.store, &build, many, 0, NULL, NULL), -EINVAL);
        wrong = keep;
        wrong.size = ORIGINAL_SIZE_MAX + 1;
        CHECK_EQUAL(vault_keep(bench.store, &build, &wrong, 1, NULL, &fault), -EFBIG);
        CHECK_EQUAL(fault.reason, REASON_TOO_LARGE);
        pair[1].digest.bytes[0] ^= 1; /* one path, two contents */
        CHECK_EQUAL(vault_keep(bench.store, &build, pair, 2, NULL, &fault), -EAGAIN);
        CHECK_EQUAL(fault.reason, REASON_CHANGED);
        CHECK_EQUAL(vault_bench_count(&bench), 0);
}

/* A full disk, played by a limit on the size of files. */
static void a_failed_write_leaves_nothing(void)
{
        _cleanup_(vault_bench_done) VaultBench bench = vault_bench_make();
        _cleanup_(keep_close) VaultItem keep = vault_bench_file(&bench, "a", 1024 * 1024, 1);
        struct rlimit limit, unlimited;
        Fault fault = FAULT_NONE;

        (void)fflush(stdout);
        REQUIRE(getrlimit(RLIMIT_FSIZE, &unlimited) == 0);
        (void)signal(SIGXFSZ, SIG_IGN);
        for (unsigned i = 0; i < 3; i++) {
                static const rlim_t sizes[] = {0, 100 * 1024, 1024 * 1024};
                int r;

                limit = (struct rlimit){sizes[i], unlimited.rlim_max};
                REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
                r = vault_keep(bench.store, &build, &keep, 1, NULL, &fault);
                REQUIRE(setrlimit(RLIMIT_FSIZE, &unlimited) == 0);
                CHECK_EQUAL(r, -EFBIG);
                CHECK_EQUAL(fault.reason, REASON_VAULT_WRITE);
                CHECK_EQUAL(fault.error, EFBIG);
                CHECK_EQUAL(vault_bench_count(&bench), 0);
        }
        CHECK_EQUAL(vault_keep(bench.store, &build, &keep, 1, NULL, NULL), 0);
}

/* A directory has the name: it is nothing of ours, and stays. */
static void a_directory_is_not_replaced(void)
{
        _cleanup_(vault_bench_done) VaultBench bench = vault_bench_make();
        _cleanup_(keep_close) VaultItem keep = vault_bench_file(&bench, "a", 10, 1);
        _cleanup_free_ char *name = NULL;
        Fault fault = FAULT_NONE;

        REQUIRE(vault_keep(bench.store, &build, &keep, 1, &name, NULL) == 0);
        REQUIRE(unlinkat(bench.originals, name, 0) == 0);
        REQUIRE(mkdirat(bench.originals, name, 0700) == 0);
        CHECK_EQUAL(vault_keep(bench.store, &build, &keep, 1, NULL, &fault), -EISDIR);
        CHECK_EQUAL(fault.reason, REASON_VAULT_WRITE);
        CHECK_EQUAL(vault_bench_count(&bench), 1);
        REQUIRE(unlinkat(bench.originals, name, AT_REMOVEDIR) == 0);
}

/* What another archive holds is not in this one. */
static void only_what_is_in_it_is_extracted(void)
{
        _cleanup_(vault_bench_done) VaultBench bench = vault_bench_make();
        _cleanup_(keep_close) VaultItem keep = vault_bench_file(&bench, "a", 10, 1);
        _cleanup_(archives_done) Archives archives = {};
        _cleanup_close_ int fd = memfd_create("original", MFD_CLOEXEC);
        struct stat st;

        REQUIRE(keep_and_list(&bench, &keep, 1, &archives) == 0 && archives.count == 1);
        for (int kind = 0; kind < 3; kind++) {
                Original other = archives.items[0].originals[0];
                FileAttributes attributes = {.mode = 01234};
                Fault fault = FAULT_NONE;
                char b[] = "b";

                if (kind == 0)
                        other.path = b;
                else if (kind == 1)
                        other.size++;
                else
                        other.digest.bytes[0] ^= 1;
                CHECK_EQUAL(vault_bench_extract(&bench, &archives.items[0], &other, fd, &attributes,
                                                &fault),
                            -ENOENT);
                CHECK_EQUAL(fault.reason, REASON_VAULT_NONE);
                CHECK_EQUAL(attributes.mode, 01234);
                REQUIRE(fstat(fd, &st) == 0);
                CHECK_EQUAL(st.st_size, 0);
        }
}

/* A copy that cannot be written is no damage of the archive. */
static void a_full_disk_is_not_the_archives_fault(void)
{
        _cleanup_(vault_bench_done) VaultBench bench = vault_bench_make();
        _cleanup_(keep_close) VaultItem keep = vault_bench_file(&bench, "a", 10, 1);
        _cleanup_(archives_done) Archives archives = {};
        _cleanup_close_ int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
        FileAttributes attributes = {};
        Fault fault = FAULT_NONE;

        REQUIRE(full >= 0);
        REQUIRE(keep_and_list(&bench, &keep, 1, &archives) == 0 && archives.count == 1);
        CHECK_EQUAL(vault_bench_extract(&bench, &archives.items[0], archives.items[0].originals,
                                        full, &attributes, &fault),
                    -ENOSPC);
        CHECK_EQUAL(fault.error, ENOSPC);
        CHECK(fault.reason != REASON_VAULT_READ && fault.reason != REASON_VAULT_DIGEST);
}

int main(void)
{
        (void)umask(022);
        CASE(a_changed_file_is_not_kept);
        CASE(what_makes_no_sense_is_not_kept);
        CASE(a_failed_write_leaves_nothing);
        CASE(a_directory_is_not_replaced);
        CASE(only_what_is_in_it_is_extracted);
        CASE(a_full_disk_is_not_the_archives_fault);
        return tap_end();
}
