/* SPDX-License-Identifier: MIT */

/* Archives as a failing disk or somebody hostile would make them: each is refused, and nothing is
 * written but the promised bytes into the one fd. */

#include <errno.h>
#include <sys/mman.h>

#include "../lib/tap.h"
#include "../lib/vault-bench.h"
#include "base/text.h"
#include "vault/archive-name.h"
#include "vault/manifest.h"

#define TEN   "0123456789" /* the content that the manifest promises */
#define OTHER "9876543210"
#define GIB   (UINT64_C(1) << 30)

/* A manifest of the originals "a" and "b", both of TEN. */
typedef struct Sample {
        Archive archive;
        Original originals[2];
        char *text; /* the manifest */
        char *name; /* that goes with it */
} Sample;

static void sample_done(Sample *sample)
{
        free(sample->text);
        free(sample->name);
}

/* The manifest and the name that go with the archive as it is. */
static void sample_name(Sample *sample)
{
        size_t size;

        sample_done(sample);
        sample->text = sample->name = NULL;
        if (manifest_format(&sample->archive, &sample->text, &size) < 0 ||
            archive_name_make(&sample->archive, "gz", &sample->name) < 0)
                abort();
        sample->archive.name = sample->name;
}

static void sample_fill(Sample *sample)
{
        static char a[] = "a", b[] = "b", role[] = "vmx", product[] = "Test";

        sample->archive = (Archive){.build = {.product = product},
                                    .created = 1750000000,
                                    .originals = sample->originals,
                                    .original_count = 2};
        for (size_t i = 0; i < 2; i++) {
                Original *original = &sample->originals[i];

                /* as vault_bench_forge() makes them */
                const FileAttributes attributes = {.mode = 0644};

                *original = (Original){.path = i ? b : a, .role = role, .size = strlen(TEN)};
                if (digest_of_span((Span){(const uint8_t *)TEN, strlen(TEN)}, &original->digest) <
                            0 ||
                    file_attributes_digest(&attributes, &original->attributes_digest) < 0)
                        abort();
        }
        sample_name(sample);
}

/* Everything that reads an archive; the number of those that found nothing wrong. */
static int readers_fooled(const VaultBench *bench, const Sample *sample)
{
        _cleanup_(extractor_freep) Extractor *extractor = NULL;
        int fooled = 0;

        if (extractor_new(bench->store, &extractor) < 0)
                abort();
        CHECK_EQUAL(vault_bench_count(bench), 1);
        fooled += vault_check(bench->store, &sample->archive, NULL) >= 0;
        for (size_t i = 0; i < 2; i++) {
                _cleanup_close_ int fd = memfd_create("original", MFD_CLOEXEC);
                FileAttributes attributes = {};
                struct stat st;
                int r = extractor_extract(extractor, &sample->archive, &sample->originals[i], fd,
                                          &attributes, NULL);

                extractor_look_ahead(extractor);
                if (fstat(fd, &st) < 0)
                        abort();
                CHECK(st.st_size <= (off_t)strlen(TEN));
                if (r >= 0) {
                        char bytes[sizeof(TEN)] = "";

                        /* It may be right about one; then it must be right. */
                        CHECK(pread(fd, bytes, strlen(TEN), 0) == (ssize_t)strlen(TEN));
                        CHECK_TEXT(bytes, TEN);
                }
                file_attributes_done(&attributes);
        }
        /* All that was promised may have come out, and more come after it. */
        fooled += extractor_proves(extractor, &sample->archive);
        return fooled;
}

static void forge_with_manifest(const VaultBench *bench, const Sample *sample,
                                const Forged *entries, size_t count)
{
        Forged all[8] = {{.path = MANIFEST_PATH, .bytes = sample->text}};

        if (count + 1 > ARRAY_SIZE(all))
                abort();
        memcpy(&all[1], entries, count * sizeof(*entries));
        vault_bench_forge(bench, sample->name, all, count + 1);
}

/* The forger itself must be believable, or nothing here proves anything. */
static void an_honest_forgery_is_believed(void)
{
        _cleanup_(vault_bench_done) VaultBench bench = vault_bench_make();
        _cleanup_(sample_done) Sample sample = {};
        _cleanup_(archives_done) Archives archives = {};
        const Forged entries[] = {{.path = "a", .bytes = TEN}, {.path = "b", .bytes = TEN}};
        size_t damaged;

        sample_fill(&sample);
        forge_with_manifest(&bench, &sample, entries, 2);
        CHECK_EQUAL(readers_fooled(&bench, &sample), 2);
        REQUIRE(vault_list(bench.store, &archives, &damaged, NULL) == 0);
        CHECK_EQUAL(archives.count, 1);
        CHECK_EQUAL(damaged, 0);
}

static void wrong_entries_are_refused(void)
{
        static const struct {
                const char *what;
                Reason reason;
                Forged entries[4];
        } cases[] = {
                {"none", REASON_VAULT_MANIFEST, {}},
                {"one missing", REASON_VAULT_MANIFEST, {{.path = "a", .bytes = TEN}}},
                {"one more",
                 REASON_VAULT_MANIFEST,
                 {{.path = "a", .bytes = TEN}, {.path = "b", .bytes = TEN}, {.path = "c"}}},
                {"one twice",
                 REASON_VAULT_MANIFEST,
                 {{.path = "a", .bytes = TEN},
                  {.path = "b", .bytes = TEN},
                  {.path = "b", .bytes = TEN}}},
                {"another order",
                 REASON_VAULT_MANIFEST,
                 {{.path = "b", .bytes = TEN}, {.path = "a", .bytes = TEN}}},
                {"a path that climbs",
                 REASON_VAULT_MANIFEST,
                 {{.path = "../a", .bytes = TEN}, {.path = "b", .bytes = TEN}}},
                {"an absolute path",
                 REASON_VAULT_MANIFEST,
                 {{.path = "/a", .bytes = TEN}, {.path = "b", .bytes = TEN}}},
                {"a path by a detour",
                 REASON_VAULT_MANIFEST,
                 {{.path = "./a", .bytes = TEN}, {.path = "b", .bytes = TEN}}},
                {"a symbolic link",
                 REASON_VAULT_MANIFEST,
                 {{.path = "a", .type = S_IFLNK, .symlink = "/etc/passwd"},
                  {.path = "b", .bytes = TEN}}},
                {"a hard link",
                 REASON_VAULT_MANIFEST,
                 {{.path = "a", .bytes = TEN}, {.path = "b", .hardlink = "a"}}},
                {"a device",
                 REASON_VAULT_MANIFEST,
                 {{.path = "a", .type = S_IFCHR}, {.path = "b", .bytes = TEN}}},
                {"a block device",
                 REASON_VAULT_MANIFEST,
                 {{.path = "a", .type = S_IFBLK}, {.path = "b", .bytes = TEN}}},
                {"a FIFO",
                 REASON_VAULT_MANIFEST,
                 {{.path = "a", .type = S_IFIFO}, {.path = "b", .bytes = TEN}}},
                {"a directory",
                 REASON_VAULT_MANIFEST,
                 {{.path = "a", .type = S_IFDIR}, {.path = "b", .bytes = TEN}}},
                {"shorter",
                 REASON_VAULT_MANIFEST,
                 {{.path = "a", .bytes = "012345678"}, {.path = "b", .bytes = TEN}}},
                {"longer",
                 REASON_VAULT_MANIFEST,
                 {{.path = "a", .bytes = TEN}, {.path = "b", .bytes = TEN "0"}}},
                {"empty",
                 REASON_VAULT_MANIFEST,
                 {{.path = "a", .bytes = ""}, {.path = "b", .bytes = TEN}}},
                {"other bytes",
                 REASON_VAULT_DIGEST,
                 {{.path = "a", .bytes = TEN}, {.path = "b", .bytes = OTHER}}},
                {"another owner",
                 REASON_VAULT_DIGEST,
                 {{.path = "a", .bytes = TEN, .uid = 1000}, {.path = "b", .bytes = TEN}}},
                {"an owner beyond 32 bits",
                 REASON_VAULT_MANIFEST,
                 {{.path = "a", .bytes = TEN, .uid = INT64_C(1) << 32},
                  {.path = "b", .bytes = TEN}}},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_(vault_bench_done) VaultBench bench = vault_bench_make();
                _cleanup_(sample_done) Sample sample = {};
                Fault fault = FAULT_NONE;
                size_t count = 0;
                int fooled;

                while (count < ARRAY_SIZE(cases[i].entries) && cases[i].entries[count].path)
                        count++;
                sample_fill(&sample);
                forge_with_manifest(&bench, &sample, cases[i].entries, count);
                fooled = readers_fooled(&bench, &sample);
                CHECK_EQUAL(vault_check(bench.store, &sample.archive, &fault), -EBADMSG);
                CHECK_EQUAL(fault.reason, cases[i].reason);
                CHECK_EQUAL(fooled, 0);
                if (fooled || fault.reason != cases[i].reason)
                        printf("# %s\n", cases[i].what);
        }
}

/* Of an empty original the size says nothing; a link or a device is no empty file. */
static void only_files_are_files(void)
{
        static const Forged kinds[] = {
                {.path = "a", .bytes = ""},
                {.path = "a", .type = S_IFLNK, .symlink = "/etc/passwd"},
                {.path = "a", .hardlink = "b"},
                {.path = "a", .type = S_IFCHR},
                {.path = "a", .type = S_IFBLK},
                {.path = "a", .type = S_IFIFO},
                {.path = "a/", .type = S_IFDIR},
                {.path = "a", .type = S_IFDIR},
        };

        for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
                _cleanup_(vault_bench_done) VaultBench bench = vault_bench_make();
                _cleanup_(sample_done) Sample sample = {};
                Fault fault = FAULT_NONE;

                sample_fill(&sample);
                sample.archive.original_count = 1;
                sample.originals[0].size = 0;
                REQUIRE(digest_of_span((Span){}, &sample.originals[0].digest) == 0);
                sample_name(&sample);
                forge_with_manifest(&bench, &sample, &kinds[i], 1);
                CHECK_EQUAL(vault_check(bench.store, &sample.archive, &fault), i ? -EBADMSG : 0);
                CHECK_EQUAL(fault.reason, i ? REASON_VAULT_MANIFEST : REASON_NONE);
        }
}

/* What is sound can still be had from an archive that is damaged elsewhere. */
static void damage_in_one_does_not_cost_another(void)
{
        const Forged damaged[] = {{.path = "a", .bytes = OTHER},
                                  {.path = "a", .bytes = TEN, .uid = 1000}};

        for (size_t i = 0; i < ARRAY_SIZE(damaged); i++) {
                _cleanup_(vault_bench_done) VaultBench bench = vault_bench_make();
                _cleanup_(sample_done) Sample sample = {};
                const Forged entries[] = {damaged[i], {.path = "b", .bytes = TEN}};
                Fault fault = FAULT_NONE;

                sample_fill(&sample);
                forge_with_manifest(&bench, &sample, entries, 2);
                for (size_t k = 0; k < 2; k++) {
                        _cleanup_close_ int fd = memfd_create("original", MFD_CLOEXEC);
                        _cleanup_(file_attributes_done) FileAttributes attributes = {};

                        CHECK_EQUAL(vault_bench_extract(&bench, &sample.archive,
                                                        &sample.originals[k], fd, &attributes,
                                                        &fault),
                                    k == 0 ? -EBADMSG : 0);
                        CHECK_EQUAL(fault.reason, REASON_VAULT_DIGEST);
                }
        }
}

/* 1 GiB of zeros is a small file; it must be refused by its size, before it is unpacked. */
static void a_bomb_does_not_go_off(void)
{
        for (int where = 0; where < 3; where++) {
                _cleanup_(vault_bench_done) VaultBench bench = vault_bench_make();
                _cleanup_(sample_done) Sample sample = {};
                Forged entries[] = {{.path = "a", .bytes = TEN}, {.path = "b", .bytes = TEN}};
                Fault fault = FAULT_NONE;

                sample_fill(&sample);
                if (where < 2) {
                        entries[where].zeros = GIB;
                        forge_with_manifest(&bench, &sample, entries, 2);
                } else {
                        const Forged manifest = {.path = MANIFEST_PATH, .zeros = GIB};

                        vault_bench_forge(&bench, sample.name, &manifest, 1);
                }
                CHECK_EQUAL(readers_fooled(&bench, &sample), 0);
                CHECK_EQUAL(vault_check(bench.store, &sample.archive, &fault), -EBADMSG);
                CHECK_EQUAL(fault.reason, REASON_VAULT_MANIFEST);
        }
}

/* Manifests ---------------------------------------------------------------------------------- */

static void the_manifest_comes_first_and_is_a_file(void)
{
        for (int kind = 0; kind < 4; kind++) {
                _cleanup_(vault_bench_done) VaultBench bench = vault_bench_make();
                _cleanup_(sample_done) Sample sample = {};
                _cleanup_(archives_done) Archives archives = {};
                Fault fault = FAULT_NONE;
                size_t damaged;

                sample_fill(&sample);
                Forged entries[][3] = {
                        {{.path = "a", .bytes = TEN},
                         {.path = MANIFEST_PATH, .bytes = sample.text},
                         {.path = "b", .bytes = TEN}},
                        {{.path = "manifest.json", .bytes = sample.text},
                         {.path = "a", .bytes = TEN},
                         {.path = "b", .bytes = TEN}},
                        {{.path = MANIFEST_PATH, .type = S_IFLNK, .symlink = "a"},
                         {.path = "a", .bytes = TEN},
                         {.path = "b", .bytes = TEN}},
                        {{.path = MANIFEST_PATH, .bytes = ""},
                         {.path = "a", .bytes = TEN},
                         {.path = "b", .bytes = TEN}},
                };
                vault_bench_forge(&bench, sample.name, entries[kind], 3);
                CHECK_EQUAL(readers_fooled(&bench, &sample), 0);
                REQUIRE(vault_list(bench.store, &archives, &damaged, &fault) == 0);
                CHECK_EQUAL(archives.count, 0);
                CHECK_EQUAL(damaged, 1);
                CHECK_EQUAL(fault.reason, REASON_VAULT_MANIFEST);
                CHECK(text_starts(fault.subject, sample.name));
        }
}

/* The name tells the set: an archive with another's manifest, or under another's name, is wrong. */
static void the_name_belongs_to_the_set(void)
{
        _cleanup_(vault_bench_done) VaultBench bench = vault_bench_make();
        _cleanup_(sample_done) Sample sample = {};
        _cleanup_(archives_done) Archives archives = {};
        const Forged entries[] = {{.path = "a", .bytes = TEN}, {.path = "b", .bytes = TEN}};
        Fault fault = FAULT_NONE;
        size_t damaged;

        sample_fill(&sample);
        memcpy(strstr(sample.name, ".tar") - 4, "0000", 4);
        forge_with_manifest(&bench, &sample, entries, 2);
        REQUIRE(vault_list(bench.store, &archives, &damaged, &fault) == 0);
        CHECK_EQUAL(damaged, 1);
        CHECK_EQUAL(fault.reason, REASON_VAULT_MANIFEST);
        CHECK_EQUAL(readers_fooled(&bench, &sample), 0);
}

/* An archive that changed behind a list: what was listed is not what is there. */
static void an_archive_is_checked_against_what_was_listed(void)
{
        _cleanup_(vault_bench_done) VaultBench bench = vault_bench_make();
        _cleanup_(sample_done) Sample sample = {};
        const Forged entries[] = {{.path = "a", .bytes = TEN}, {.path = "b", .bytes = TEN}};
        Fault fault = FAULT_NONE;

        sample_fill(&sample);
        forge_with_manifest(&bench, &sample, entries, 2);
        sample.originals[1].digest.bytes[0] ^= 1;
        CHECK_EQUAL(vault_check(bench.store, &sample.archive, &fault), -EBADMSG);
        CHECK_EQUAL(fault.reason, REASON_VAULT_MANIFEST);
}

/* Damage ------------------------------------------------------------------------------------- */

/* Whether reading finds it damaged, or gives back exactly what was kept, attributes too. */
static bool is_found_or_harmless(const VaultBench *bench, const Archive *archive,
                                 const VaultItem *keep, bool *ret_found)
{
        _cleanup_close_ int fd = memfd_create("original", MFD_CLOEXEC);
        _cleanup_(file_attributes_done) FileAttributes found = {}, live = {};
        Digest digest;

        *ret_found = vault_check(bench->store, archive, NULL) < 0;
        if (vault_bench_extract(bench, archive, archive->originals, fd, &found, NULL) < 0)
                return *ret_found;
        return digest_of_fd(fd, &digest, NULL) == 0 && digest_equal(&digest, &keep->digest) &&
               file_attributes_read(keep->fd, &live, NULL) == 0 &&
               (*ret_found || file_attributes_equal(&found, &live));
}

static void put(const VaultBench *bench, const char *name, Span bytes)
{
        (void)close(temp_file(bench->originals, name, bytes.bytes, bytes.size));
}

static void every_damage_is_found(void)
{
        _cleanup_(vault_bench_done) VaultBench bench = vault_bench_make();
        _cleanup_(keep_close) VaultItem keep = vault_bench_file(&bench, "usr/bin/vmx", 600, 1);
        _cleanup_(archives_done) Archives archives = {};
        _cleanup_free_ char *bytes = NULL;
        _cleanup_close_ int fd = -EBADF;
        size_t size, found = 0;
        bool is_found;

        REQUIRE(fchmod(keep.fd, 04755) == 0);
        REQUIRE(vault_keep(bench.store, &(Build){}, &keep, 1, NULL, NULL) == 0);
        REQUIRE(vault_list(bench.store, &archives, NULL, NULL) == 0 && archives.count == 1);
        const Archive *archive = &archives.items[0];

        fd = openat(bench.originals, archive->name, O_RDONLY | O_CLOEXEC);
        REQUIRE(fd_read_text(fd, 100000, &bytes, &size) == 0);
        for (size_t i = 0; i < size; i++) {
                for (int bit = 0; bit < 8; bit += 3) {
                        bytes[i] = (char)(bytes[i] ^ (1 << bit));
                        put(&bench, archive->name, (Span){(const uint8_t *)bytes, size});
                        bytes[i] = (char)(bytes[i] ^ (1 << bit));
                        bool passes = is_found_or_harmless(&bench, archive, &keep, &is_found);

                        CHECK(passes);
                        if (!passes)
                                printf("# byte %zu of %zu, bit %d\n", i, size, bit);
                        found += is_found;
                }
        }
        printf("# %zu of %zu flipped bits found, the others harm nothing\n", found, size * 3);
        CHECK(found > size * 3 * 3 / 4);
        for (size_t cut = 0; cut < size; cut++) {
                put(&bench, archive->name, (Span){(const uint8_t *)bytes, cut});
                CHECK(is_found_or_harmless(&bench, archive, &keep, &is_found));
        }
        put(&bench, archive->name, (Span){(const uint8_t *)bytes, size});
        CHECK_EQUAL(vault_check(bench.store, archive, NULL), 0);
}

static void other_things_are_no_archives(void)
{
        static const char *const texts[] = {"", "x", "\x1F\x8B", "\x28\xB5\x2F\xFD"};
        _cleanup_(vault_bench_done) VaultBench bench = vault_bench_make();
        _cleanup_(sample_done) Sample sample = {};
        Fault fault = FAULT_NONE;

        sample_fill(&sample);
        for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
                put(&bench, sample.name, (Span){(const uint8_t *)texts[i], strlen(texts[i])});
                CHECK(vault_check(bench.store, &sample.archive, &fault) < 0);
                CHECK(fault.reason == REASON_VAULT_READ || fault.reason == REASON_VAULT_MANIFEST);
        }
        for (int kind = 0; kind < 3; kind++) {
                REQUIRE(unlinkat(bench.originals, sample.name, 0) == 0);
                REQUIRE((kind == 0   ? mkfifoat(bench.originals, sample.name, 0600)
                         : kind == 1 ? symlinkat("elsewhere", bench.originals, sample.name)
                                     : mkdirat(bench.originals, sample.name, 0700)) == 0);
                CHECK(vault_check(bench.store, &sample.archive, &fault) < 0);
                CHECK_EQUAL(fault.reason, REASON_VAULT_READ);
        }
}

int main(void)
{
        (void)umask(022);
        CASE(an_honest_forgery_is_believed);
        CASE(wrong_entries_are_refused);
        CASE(only_files_are_files);
        CASE(damage_in_one_does_not_cost_another);
        CASE(a_bomb_does_not_go_off);
        CASE(the_manifest_comes_first_and_is_a_file);
        CASE(the_name_belongs_to_the_set);
        CASE(an_archive_is_checked_against_what_was_listed);
        CASE(every_damage_is_found);
        CASE(other_things_are_no_archives);
        return tap_end();
}
