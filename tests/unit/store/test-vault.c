/* SPDX-License-Identifier: MIT */

/* What is kept comes back as it was, or the keeping says that it failed. */

#include <locale.h>
#include <sys/mman.h>
#include <sys/xattr.h>

#include "../lib/tap.h"
#include "../lib/vault-bench.h"
#include "base/text.h"

static char product[] = "VMware Workstation", version[] = "17.6.1", number[] = "24319023";
static const Build build = {product, version, number};

/* What the clock shows; 0: what it is. */
static time_t clock_shows;

time_t time(time_t *ret)
{
        struct timespec now = {.tv_sec = clock_shows};

        if (clock_shows == 0)
                (void)clock_gettime(CLOCK_REALTIME, &now);
        if (ret)
                *ret = now.tv_sec;
        return now.tv_sec;
}

static bool same_bytes(int a, int b)
{
        Digest first, second;
        uint64_t size_a, size_b;

        return digest_of_fd(a, &first, &size_a) == 0 && digest_of_fd(b, &second, &size_b) == 0 &&
               size_a == size_b && digest_equal(&first, &second);
}

/* Keeps one file and gives back the list of what is kept. */
static int keep_and_list(const VaultBench *bench, const VaultItem *items, size_t count,
                         Archives *ret)
{
        int r = vault_keep(bench->store, &build, items, count, NULL, NULL);

        return r < 0 ? r : vault_list(bench->store, ret, NULL, NULL);
}

/* Round trip --------------------------------------------------------------------------------- */

static void check_attributes(const FileAttributes *found, int fd)
{
        _cleanup_(file_attributes_done) FileAttributes live = {};

        REQUIRE(file_attributes_read(fd, &live, NULL) == 0);
        CHECK(file_attributes_equal(found, &live));
        CHECK_EQUAL(found->mode, live.mode);
        CHECK_EQUAL(found->mtime.tv_nsec, live.mtime.tv_nsec);
        CHECK_EQUAL(found->xattr_count, live.xattr_count);
}

static void check_kept(const VaultBench *bench, const Archive *archive, const Original *original,
                       const VaultItem *keep)
{
        _cleanup_close_ int fd = memfd_create("original", MFD_CLOEXEC);
        _cleanup_(file_attributes_done) FileAttributes attributes = {};

        CHECK_TEXT(original->path, keep->path);
        CHECK_TEXT(original->role, keep->role);
        CHECK_EQUAL(original->size, keep->size);
        CHECK(digest_equal(&original->digest, &keep->digest));
        REQUIRE(vault_bench_extract(bench, archive, original, fd, &attributes, NULL) == 0);
        CHECK(same_bytes(fd, keep->fd));
        check_attributes(&attributes, keep->fd);
        CHECK_EQUAL(attributes.atime.tv_sec, 1600000000);
        CHECK_EQUAL(attributes.atime.tv_nsec, 123456789);
}

static void give_attributes(int fd, mode_t mode)
{
        const struct timespec times[2] = {{1600000000, 123456789}, {1500000000, 987654321}};

        if (fchmod(fd, mode) < 0 || futimens(fd, times) < 0)
                abort();
}

static void what_is_kept_comes_back(void)
{
        _cleanup_(vault_bench_done) VaultBench bench = vault_bench_make();
        _cleanup_(archives_done) Archives archives = {};
        VaultItem keeps[] = {
                vault_bench_file(&bench, "usr/lib/vmware/lib/libvmwarebase.so", 0, 1),
                vault_bench_file(&bench, "usr/lib/vmware/bin/vmware-vmx", 700 * 1024 + 1, 2),
                vault_bench_file(&bench, "opt/\xC3\xA4 b/vmware-vmx", 512, 3),
        };
        static const size_t order[] = {2, 1, 0}; /* ascending by path */
        size_t damaged = 7;

        (void)fsetxattr(keeps[1].fd, "user.empty", "", 0, 0);
        (void)fsetxattr(keeps[1].fd, "user.bytes", "a\0\n=%\xFF", 6, 0);
        give_attributes(keeps[0].fd, 0644);
        give_attributes(keeps[1].fd, 06755);
        give_attributes(keeps[2].fd, 04755);
        REQUIRE(vault_keep(bench.store, &build, keeps, ARRAY_SIZE(keeps), NULL, NULL) == 0);
        for (size_t i = 0; i < ARRAY_SIZE(keeps); i++) /* reading them changed atime */
                give_attributes(keeps[i].fd, i == 0 ? 0644 : i == 1 ? 06755 : 04755);
        REQUIRE(vault_list(bench.store, &archives, &damaged, NULL) == 0);
        CHECK_EQUAL(damaged, 0);
        REQUIRE(archives.count == 1 && archives.items[0].original_count == ARRAY_SIZE(keeps));
        CHECK(text_starts(archives.items[0].name, "vmware-workstation-17.6.1-24319023-"));
        CHECK_TEXT(archives.items[0].build.product, product);
        CHECK_TEXT(archives.items[0].build.version, version);
        CHECK_TEXT(archives.items[0].build.build, number);
        CHECK(archives.items[0].stat.st_size > 700 * 1024);
        for (size_t i = 0; i < ARRAY_SIZE(keeps); i++)
                check_kept(&bench, &archives.items[0], &archives.items[0].originals[i],
                           &keeps[order[i]]);
        CHECK_EQUAL(vault_check(bench.store, &archives.items[0], NULL), 0);
        CHECK_EQUAL(vault_bench_count(&bench), 1);
        for (size_t i = 0; i < ARRAY_SIZE(keeps); i++)
                keep_close(&keeps[i]);
}

/* As `setfacl -m u:12345:r` would make it; see acl(5) for what the entries mean. */
static int give_acl(int fd)
{
        static const uint8_t acl[] = {
                2,  0, 0, 0,                         /* version */
                1,  0, 7, 0, 0xFF, 0xFF, 0xFF, 0xFF, /* the owner: rwx */
                2,  0, 4, 0, 0x39, 0x30, 0,    0,    /* user 12345: r */
                4,  0, 5, 0, 0xFF, 0xFF, 0xFF, 0xFF, /* the group: r-x */
                16, 0, 5, 0, 0xFF, 0xFF, 0xFF, 0xFF, /* the mask */
                32, 0, 5, 0, 0xFF, 0xFF, 0xFF, 0xFF, /* everybody else */
        };

        return fsetxattr(fd, "system.posix_acl_access", acl, sizeof(acl), 0);
}

/* Owners beyond what plain tar headers hold, times before 1970 and long after, and an ACL. */
static void odd_attributes_come_back(void)
{
        static const struct timespec times[][2] = {{{-5, 500000000}, {-1, 999999999}},
                                                   {{0, 0}, {0, 0}},
                                                   {{1, 0}, {INT64_C(8589934592), 1}}};

        for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
                _cleanup_(vault_bench_done) VaultBench bench = vault_bench_make();
                _cleanup_(keep_close) VaultItem keep = vault_bench_file(&bench, "a", 10, 1);
                _cleanup_(archives_done) Archives archives = {};
                _cleanup_(file_attributes_done) FileAttributes live = {}, found = {};
                _cleanup_close_ int fd = memfd_create("original", MFD_CLOEXEC);

                if (geteuid() == 0)
                        REQUIRE(fchown(keep.fd, 4294967294U, 3000000) == 0);
                if (give_acl(keep.fd) < 0)
                        printf("# no ACLs here\n");
                REQUIRE(fchmod(keep.fd, 04755) == 0 && futimens(keep.fd, times[i]) == 0);
                REQUIRE(file_attributes_read(keep.fd, &live, NULL) == 0);
                REQUIRE(keep_and_list(&bench, &keep, 1, &archives) == 0 && archives.count == 1);
                REQUIRE(vault_bench_extract(&bench, &archives.items[0], archives.items[0].originals,
                                            fd, &found, NULL) == 0);
                CHECK(file_attributes_equal(&found, &live));
                CHECK_EQUAL(found.atime.tv_sec, live.atime.tv_sec);
                CHECK_EQUAL(found.atime.tv_nsec, live.atime.tv_nsec);
        }
}

/* Names that a header of pax cannot hold as they are. */
static void odd_names_of_attributes_come_back(void)
{
        _cleanup_(vault_bench_done) VaultBench bench = vault_bench_make();
        _cleanup_(keep_close) VaultItem keep = vault_bench_file(&bench, "a", 10, 1);
        _cleanup_(archives_done) Archives archives = {};
        _cleanup_(file_attributes_done) FileAttributes live = {}, found = {};
        _cleanup_close_ int fd = memfd_create("original", MFD_CLOEXEC);
        char longest[256] = "user.", odd[256] = "user.";
        const char *const names[] = {
                "user.plain", "user.with blank", "user.a=b",      "user.pct%41", "user.%",
                "user.%2",    "user.%00",        "user.\xC3\xA4", "user.\xFF",   "user.tab\t",
                "user.25%25", "user.line\n",     "user.=",        longest,       odd,
        };

        memset(longest + 5, 'x', 250);
        memset(odd + 5, '%', 250);
        if (fsetxattr(keep.fd, names[0], "0", 1, 0) < 0) {
                printf("# no user attributes here\n");
                return;
        }
        /* Not all file systems take so many at once. */
        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
                REQUIRE(fsetxattr(keep.fd, names[i], names[i], 4, 0) == 0);
                archives_done(&archives);
                file_attributes_done(&live);
                file_attributes_done(&found);
                REQUIRE(file_attributes_read(keep.fd, &live, NULL) == 0);
                CHECK(live.xattr_count >= 1);
                REQUIRE(keep_and_list(&bench, &keep, 1, &archives) == 0 && archives.count == 1);
                REQUIRE(ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0);
                REQUIRE(vault_bench_extract(&bench, &archives.items[0], archives.items[0].originals,
                                            fd, &found, NULL) == 0);
                CHECK(file_attributes_equal(&found, &live));
                REQUIRE(fremovexattr(keep.fd, names[i]) == 0);
        }
}

/* The manual promises it: nothing but tar is needed. */
static void plain_tar_gives_them_back(void)
{
        _cleanup_(vault_bench_done) VaultBench bench = vault_bench_make();
        _cleanup_(keep_close) VaultItem keep =
                vault_bench_file(&bench, "usr/bin/vmware-vmx", 5000, 1);
        _cleanup_(archives_done) Archives archives = {};
        _cleanup_(file_attributes_done) FileAttributes found = {}, live = {};
        _cleanup_close_ int out = temp_root_directory(&bench.temp, "out"), fd = -EBADF;
        char command[1024];

        if (system("tar --version 2>/dev/null | grep -q GNU && zstd -V >/dev/null 2>&1") != 0) {
                printf("# no GNU tar or no zstd\n");
                return;
        }
        (void)fsetxattr(keep.fd, "user.kept", "as it was", 9, 0);
        give_attributes(keep.fd, 04755);
        REQUIRE(keep_and_list(&bench, &keep, 1, &archives) == 0 && archives.count == 1);
        text_put(command, sizeof(command),
                 "tar -C %s/out --xattrs --xattrs-include='*' -xpf %s/" STORE_PATH
                 "/originals/%s && cmp -s %s/out/usr/bin/vmware-vmx %s/files/1-5000",
                 bench.temp.path, bench.temp.path, archives.items[0].name, bench.temp.path,
                 bench.temp.path);
        CHECK_EQUAL(system(command), 0);
        fd = openat(out, "usr/bin/vmware-vmx", O_RDONLY | O_CLOEXEC);
        REQUIRE(file_attributes_read(fd, &found, NULL) == 0);
        REQUIRE(file_attributes_read(keep.fd, &live, NULL) == 0);
        CHECK_EQUAL(found.mode, 04755);
        CHECK(file_attributes_equal(&found, &live));

        /* As one would type it: without the attributes, but with every byte and the mode. */
        text_put(command, sizeof(command),
                 "cd %s && rm -r out/usr && tar -C out -xpf " STORE_PATH
                 "/originals/%s && cmp -s out/usr/bin/vmware-vmx files/1-5000 && "
                 "test \"$(stat -c %%a out/usr/bin/vmware-vmx)\" = 4755",
                 bench.temp.path, archives.items[0].name);
        CHECK_EQUAL(system(command), 0);
}

/* The machine's service may run in another locale than the person who patched by hand. */
static void the_locale_does_not_matter(void)
{
        static const char *const locales[][2] = {{"C.UTF-8", "C"}, {"C", "C.UTF-8"}};

        for (size_t i = 0; i < ARRAY_SIZE(locales); i++) {
                _cleanup_(vault_bench_done) VaultBench bench = vault_bench_make();
                _cleanup_(keep_close) VaultItem keep =
                        vault_bench_file(&bench, "\xC3\xA4/x", 10, 1);
                _cleanup_(archives_done) Archives archives = {};

                (void)setlocale(LC_CTYPE, locales[i][0]);
                CHECK_EQUAL(vault_keep(bench.store, &build, &keep, 1, NULL, NULL), 0);
                (void)setlocale(LC_CTYPE, locales[i][1]);
                REQUIRE(vault_list(bench.store, &archives, NULL, NULL) == 0);
                REQUIRE(archives.count == 1);
                CHECK_EQUAL(vault_check(bench.store, &archives.items[0], NULL), 0);
        }
        (void)setlocale(LC_CTYPE, "C");
}

static void what_is_hidden_stays_hidden(void)
{
        static const mode_t modes[][2] = {{04755, 0644}, {04711, 0600}, {0640, 0600}};

        for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
                _cleanup_(vault_bench_done) VaultBench bench = vault_bench_make();
                _cleanup_(keep_close) VaultItem keep = vault_bench_file(&bench, "a", 10, 1);
                _cleanup_free_ char *name = NULL;
                struct stat st;

                give_attributes(keep.fd, modes[i][0]);
                REQUIRE(vault_keep(bench.store, &build, &keep, 1, &name, NULL) == 0);
                REQUIRE(fstatat(bench.originals, name, &st, AT_SYMLINK_NOFOLLOW) == 0);
                CHECK_EQUAL(st.st_mode, S_IFREG | modes[i][1]);
        }
}

/* OriginalStatus before
 * -------------------------------------------------------------------------------- */

static ino_t inode_of(const VaultBench *bench, const char *name)
{
        struct stat st;

        return fstatat(bench->originals, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ? 0 : st.st_ino;
}

static void the_same_set_is_kept_once(void)
{
        _cleanup_(vault_bench_done) VaultBench bench = vault_bench_make();
        VaultItem keeps[] = {vault_bench_file(&bench, "a", 10, 1),
                             vault_bench_file(&bench, "b", 10, 2)};
        VaultItem turned[] = {keeps[1], keeps[0], keeps[1]}; /* one of them twice */
        _cleanup_free_ char *first = NULL, *second = NULL, *third = NULL, *fourth = NULL;
        Build other = {.product = number};
        ino_t inode;

        REQUIRE(vault_keep(bench.store, &build, keeps, 2, &first, NULL) == 0);
        inode = inode_of(&bench, first);
        REQUIRE(vault_keep(bench.store, &build, turned, 3, &second, NULL) == 0);
        CHECK_TEXT(second, first);
        REQUIRE(vault_keep(bench.store, &other, turned, 2, &third, NULL) == 0); /* another label */
        CHECK_TEXT(third, first);
        CHECK(inode_of(&bench, first) == inode);
        CHECK_EQUAL(vault_bench_count(&bench), 1);

        REQUIRE(vault_keep(bench.store, &build, keeps, 1, &fourth, NULL) == 0); /* a part of it */
        CHECK_TEXT(fourth, first);
        CHECK_EQUAL(vault_bench_count(&bench), 1);
        keep_close(&keeps[0]);
        keep_close(&keeps[1]);
}

/* An installer sets modes in a second pass: what was kept between must not be given back later. */
static void other_attributes_are_kept_anew(void)
{
        _cleanup_(vault_bench_done) VaultBench bench = vault_bench_make();
        _cleanup_(keep_close) VaultItem keep = vault_bench_file(&bench, "a", 10, 1);
        _cleanup_(file_attributes_done) FileAttributes attributes = {};
        _cleanup_(archives_done) Archives archives = {};
        _cleanup_close_ int fd = memfd_create("original", MFD_CLOEXEC);

        give_attributes(keep.fd, 0644);
        REQUIRE(vault_keep(bench.store, &build, &keep, 1, NULL, NULL) == 0);
        give_attributes(keep.fd, 04755);
        REQUIRE(keep_and_list(&bench, &keep, 1, &archives) == 0);
        REQUIRE(archives.count == 1);
        REQUIRE(vault_bench_extract(&bench, &archives.items[0], &archives.items[0].originals[0], fd,
                                    &attributes, NULL) == 0);
        CHECK_EQUAL(attributes.mode, 04755);
        CHECK_EQUAL(vault_bench_count(&bench), 1);
}

/* In the archive's order, against it, one twice, and from another archive between: what comes out
 * is always what was asked for. */
static void one_extractor_serves_any_order(void)
{
        static const unsigned orders[][6] = {
                {0, 1, 2, 3, 4, 5}, {5, 4, 3, 2, 1, 0}, {0, 0, 2, 2, 1, 5},
                {0, 3, 1, 4, 2, 5}, {2, 5, 0, 1, 3, 4},
        };
        _cleanup_(vault_bench_done) VaultBench bench = vault_bench_make();
        _cleanup_(archives_done) Archives archives = {};
        VaultItem keeps[6];

        /* One is more than is read ahead. */
        for (unsigned i = 0; i < 6; i++)
                keeps[i] = vault_bench_file(&bench, (const char *[]){"a", "b", "c"}[i % 3],
                                            (i == 1 ? 18000000 : 100000) + i, i);
        REQUIRE(vault_keep(bench.store, &build, keeps, 3, NULL, NULL) == 0);
        REQUIRE(keep_and_list(&bench, keeps + 3, 3, &archives) == 0);
        REQUIRE(archives.count == 2);
        for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
                _cleanup_(extractor_freep) Extractor *extractor = NULL;

                REQUIRE(extractor_new(bench.store, &extractor) == 0);
                for (size_t k = 0; k < 6; k++) {
                        const VaultItem *keep = &keeps[orders[i][k]];
                        _cleanup_(file_attributes_done) FileAttributes attributes = {};
                        _cleanup_close_ int fd = memfd_create("original", MFD_CLOEXEC);
                        const Archive *archive = NULL;
                        const Original *original =
                                archives_find(&archives, &keep->digest, keep->path, &archive);

                        REQUIRE(original != NULL);
                        REQUIRE(extractor_extract(extractor, archive, original, fd, &attributes,
                                                  NULL) == 0);
                        CHECK(same_bytes(fd, keep->fd));
                        if (i % 2 == 0 || k % 2 == 0)
                                extractor_look_ahead(extractor);
                }
        }
        for (unsigned i = 0; i < 6; i++)
                keep_close(&keeps[i]);
}

/* Only when each of them was extracted, and only of the archive that is open. */
static void what_was_extracted_whole_is_proved(void)
{
        _cleanup_(vault_bench_done) VaultBench bench = vault_bench_make();
        _cleanup_(archives_done) Archives archives = {};
        VaultItem keeps[4];

        for (unsigned i = 0; i < 4; i++)
                keeps[i] =
                        vault_bench_file(&bench, (const char *[]){"a", "b", "c", "d"}[i], 1000, i);
        REQUIRE(vault_keep(bench.store, &build, keeps, 3, NULL, NULL) == 0);
        REQUIRE(keep_and_list(&bench, keeps + 3, 1, &archives) == 0);
        REQUIRE(archives.count == 2);
        for (unsigned set = 0; set < 8; set++) {
                _cleanup_(extractor_freep) Extractor *extractor = NULL;
                Archive other = archives.items[0];

                REQUIRE(extractor_new(bench.store, &extractor) == 0);
                for (size_t i = 0; i < 3; i++) {
                        _cleanup_(file_attributes_done) FileAttributes attributes = {};
                        _cleanup_close_ int fd = memfd_create("original", MFD_CLOEXEC);

                        if (set & 1U << i)
                                REQUIRE(extractor_extract(extractor, &archives.items[0],
                                                          &archives.items[0].originals[i], fd,
                                                          &attributes, NULL) == 0);
                }
                CHECK(!extractor_proves(extractor, &archives.items[1]));
                other.original_count -= set == 6;
                CHECK_EQUAL(extractor_proves(extractor, &other), set == 7);
                CHECK(!extractor_proves(extractor, &archives.items[0]));
        }
        for (size_t i = 0; i < 4; i++)
                keep_close(&keeps[i]);
}

/* What could not be taken out does not hinder what comes next. */
static void an_extractor_goes_on_after_a_failure(void)
{
        _cleanup_(vault_bench_done) VaultBench bench = vault_bench_make();
        _cleanup_(keep_close) VaultItem keep = vault_bench_file(&bench, "a", 100000, 1);
        _cleanup_(archives_done) Archives archives = {};
        _cleanup_(extractor_freep) Extractor *extractor = NULL;
        _cleanup_(file_attributes_done) FileAttributes attributes = {};
        _cleanup_close_ int fd = memfd_create("original", MFD_CLOEXEC);
        _cleanup_close_ int closed = open("/dev/null", O_RDONLY | O_CLOEXEC);
        Original other;

        REQUIRE(keep_and_list(&bench, &keep, 1, &archives) == 0);
        REQUIRE(extractor_new(bench.store, &extractor) == 0);
        other = archives.items[0].originals[0];
        other.size++;
        CHECK_EQUAL(extractor_extract(extractor, &archives.items[0], &other, fd, &attributes, NULL),
                    -ENOENT);
        CHECK_EQUAL(extractor_extract(extractor, &archives.items[0], archives.items[0].originals,
                                      closed, &attributes, NULL),
                    -EBADF);
        REQUIRE(extractor_extract(extractor, &archives.items[0], archives.items[0].originals, fd,
                                  &attributes, NULL) == 0);
        CHECK(same_bytes(fd, keep.fd));
}

static void break_at(const VaultBench *bench, const char *name, off_t at)
{
        _cleanup_close_ int fd = openat(bench->originals, name, O_RDWR | O_CLOEXEC);
        uint8_t byte;

        if (pread(fd, &byte, 1, at) != 1)
                abort();
        byte ^= 0x10;
        if (pwrite(fd, &byte, 1, at) != 1)
                abort();
}

static void a_damaged_one_is_replaced(void)
{
        _cleanup_(vault_bench_done) VaultBench bench = vault_bench_make();
        _cleanup_(keep_close) VaultItem keep = vault_bench_file(&bench, "a", 4000, 1);
        _cleanup_(archives_done) Archives archives = {};
        _cleanup_free_ char *name = NULL;
        Fault fault = FAULT_NONE;

        REQUIRE(vault_keep(bench.store, &build, &keep, 1, &name, NULL) == 0);
        for (int kind = 0; kind < 3; kind++) {
                if (kind == 0)
                        break_at(&bench, name, 2500);
                else if (unlinkat(bench.originals, name, 0) < 0 ||
                         (kind == 1 ? symlinkat("/dev/null", bench.originals, name)
                                    : mkfifoat(bench.originals, name, 0600)) < 0)
                        abort();
                CHECK_EQUAL(vault_keep(bench.store, &build, &keep, 1, NULL, &fault), 0);
                CHECK_EQUAL(fault.reason, REASON_NONE);
                archives_done(&archives);
                REQUIRE(vault_list(bench.store, &archives, NULL, NULL) == 0);
                REQUIRE(archives.count == 1);
                CHECK_EQUAL(vault_check(bench.store, &archives.items[0], NULL), 0);
        }
        CHECK_EQUAL(vault_bench_count(&bench), 1);
}

/* A label is for people: bytes that no JSON can hold must not cost anybody an original. */
static void any_label_will_do(void)
{
        _cleanup_(vault_bench_done) VaultBench bench = vault_bench_make();
        _cleanup_(keep_close) VaultItem keep = vault_bench_file(&bench, "a", 10, 1);
        _cleanup_(archives_done) Archives archives = {};
        char latin[] = "VMware\xE9", cut[] = "\xE6\x97", control[] = "\x01\"\\";
        const Build odd = {latin, cut, control};

        REQUIRE(vault_keep(bench.store, &odd, &keep, 1, NULL, NULL) == 0);
        REQUIRE(vault_list(bench.store, &archives, NULL, NULL) == 0 && archives.count == 1);
        CHECK_TEXT(archives.items[0].build.product, latin);
        CHECK_TEXT(archives.items[0].build.version, cut);
        CHECK_TEXT(archives.items[0].build.build, control);
}

/* All of them -------------------------------------------------------------------------------- */

static void finds_the_newest_of_the_path(void)
{
        _cleanup_(vault_bench_done) VaultBench bench = vault_bench_make();
        VaultItem keeps[] = {vault_bench_file(&bench, "a", 10, 1),
                             vault_bench_file(&bench, "b", 10, 1),
                             vault_bench_file(&bench, "c", 10, 2)};
        _cleanup_(archives_done) Archives archives = {};
        const Archive *archive = NULL;
        Digest nothing = {};

        REQUIRE(vault_keep(bench.store, &build, &keeps[0], 1, NULL, NULL) == 0);
        REQUIRE(vault_keep(bench.store, &build, &keeps[1], 2, NULL, NULL) == 0);
        REQUIRE(keep_and_list(&bench, keeps, 3, &archives) == 0);
        REQUIRE(archives.count == 2);
        CHECK_TEXT(archives_find(&archives, &keeps[0].digest, "a", &archive)->path, "a");
        CHECK_TEXT(archives_find(&archives, &keeps[0].digest, "b", &archive)->path, "b");
        CHECK(archives_find(&archives, &keeps[0].digest, "z", &archive) != NULL);
        CHECK(archives_find(&archives, &keeps[2].digest, NULL, &archive) != NULL);
        CHECK(archive == &archives.items[1]);
        CHECK(!archives_find(&archives, &nothing, "a", &archive));
        for (size_t i = 0; i < ARRAY_SIZE(keeps); i++)
                keep_close(&keeps[i]);
}

/* Each is kept an hour before the one that was kept before it. */
static void the_clock_does_not_order(void)
{
        _cleanup_(vault_bench_done) VaultBench bench = vault_bench_make();
        _cleanup_(archives_done) Archives archives = {};
        VaultItem keeps[] = {vault_bench_file(&bench, "a", 10, 1),
                             vault_bench_file(&bench, "a", 10, 2),
                             vault_bench_file(&bench, "a", 10, 3)};

        for (size_t i = 0; i < ARRAY_SIZE(keeps); i++) {
                clock_shows = 1750000000 - 3600 * (time_t)i;
                REQUIRE(vault_keep(bench.store, &build, &keeps[i], 1, NULL, NULL) == 0);
        }
        clock_shows = 0;
        REQUIRE(vault_list(bench.store, &archives, NULL, NULL) == 0 && archives.count == 3);
        for (size_t i = 0; i < ARRAY_SIZE(keeps); i++) {
                CHECK(digest_equal(&archives.items[i].originals[0].digest, &keeps[i].digest));
                CHECK_EQUAL(archives.items[i].created, 1750000000 - 3600 * (int64_t)i);
                keep_close(&keeps[i]);
        }
}

/* The archive that is asked for first has an older copy of the same original. */
static void finds_it_in_the_archive_that_is_named(void)
{
        _cleanup_(vault_bench_done) VaultBench bench = vault_bench_make();
        _cleanup_(archives_done) Archives archives = {};
        VaultItem keeps[] = {vault_bench_file(&bench, "a", 10, 1),
                             vault_bench_file(&bench, "b", 10, 1)};
        const Archive *archive = NULL;

        REQUIRE(vault_keep(bench.store, &build, &keeps[0], 1, NULL, NULL) == 0);
        REQUIRE(keep_and_list(&bench, &keeps[1], 1, &archives) == 0 && archives.count == 2);
        for (size_t i = 0; i < 2; i++) {
                CHECK(archives_find_in(&archives, archives.items[i].name, &keeps[0].digest, "b",
                                       &archive) != NULL);
                CHECK(archive == &archives.items[i]);
        }
        CHECK(archives_find_in(&archives, "none", &keeps[0].digest, "a", &archive) != NULL);
        CHECK(archive == &archives.items[0]);
        CHECK(archives_find_in(&archives, NULL, &keeps[0].digest, "b", &archive) != NULL);
        CHECK(archive == &archives.items[1]);
        keep_close(&keeps[0]);
        keep_close(&keeps[1]);
}

static void removes_one(void)
{
        _cleanup_(vault_bench_done) VaultBench bench = vault_bench_make();
        _cleanup_(keep_close) VaultItem keep = vault_bench_file(&bench, "a", 10, 1);
        _cleanup_(archives_done) Archives archives = {};
        Fault fault = FAULT_NONE;

        REQUIRE(keep_and_list(&bench, &keep, 1, &archives) == 0 && archives.count == 1);
        CHECK_EQUAL(vault_remove(bench.store, &archives.items[0], NULL), 0);
        CHECK_EQUAL(vault_bench_count(&bench), 0);
        CHECK_EQUAL(vault_remove(bench.store, &archives.items[0], NULL), 0);
        CHECK_EQUAL(vault_check(bench.store, &archives.items[0], &fault), -ENOENT);
        CHECK_EQUAL(fault.reason, REASON_VAULT_READ);
}

static void a_missing_store_keeps_nothing(void)
{
        _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
        _cleanup_(store_freep) Store *store = NULL;
        _cleanup_(archives_done) Archives archives = {};
        size_t damaged = 7;

        REQUIRE(store_open(&temp.root, STORE_READ, &store, NULL) == 0);
        CHECK_EQUAL(vault_list(store, &archives, &damaged, NULL), 0);
        CHECK_EQUAL(archives.count, 0);
        CHECK_EQUAL(damaged, 0);
}

int main(void)
{
        (void)umask(022);
        CASE(what_is_kept_comes_back);
        CASE(odd_attributes_come_back);
        CASE(odd_names_of_attributes_come_back);
        CASE(plain_tar_gives_them_back);
        CASE(the_locale_does_not_matter);
        CASE(what_is_hidden_stays_hidden);
        CASE(the_same_set_is_kept_once);
        CASE(other_attributes_are_kept_anew);
        CASE(one_extractor_serves_any_order);
        CASE(what_was_extracted_whole_is_proved);
        CASE(an_extractor_goes_on_after_a_failure);
        CASE(a_damaged_one_is_replaced);
        CASE(any_label_will_do);
        CASE(finds_the_newest_of_the_path);
        CASE(the_clock_does_not_order);
        CASE(finds_it_in_the_archive_that_is_named);
        CASE(removes_one);
        CASE(a_missing_store_keeps_nothing);
        return tap_end();
}
