/* SPDX-License-Identifier: MIT */

#include "../lib/tap.h"
#include "../lib/vault-bench.h"
#include "base/text.h"
#include "vault/archive-name.h"

static void names_are_plain(void)
{
        static const struct {
                const char *product, *version, *build, *label;
        } cases[] = {
                {NULL, NULL, NULL, "vmware"},
                {"", "", "", "vmware"},
                {"VMware Player", "25H2u1", NULL, "vmware-player-25h2u1"},
                {"../../etc/passwd", NULL, NULL, "etc-passwd"},
                {"  a\n\x1B[31m  b ", "$(x)", "`y`", "a-31m-b-x-y"},
                {"\xE6\x97\xA5", "17", NULL, "17"},
                {"x.tar.gz", "1.tar.zst", ".", "x.tar.gz-1.tar.zst-."},
                {"-.-", "--", NULL, "vmware"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Archive archive = {.build = {(char *)(uintptr_t)cases[i].product,
                                             (char *)(uintptr_t)cases[i].version,
                                             (char *)(uintptr_t)cases[i].build}};
                _cleanup_free_ char *name = NULL, *expected = NULL;
                char digits[ARCHIVE_DIGITS + 1];

                REQUIRE(archive_name_make(&archive, "zst", &name) == 0);
                /* of no line at all */
                REQUIRE(text_format(&expected, "%s-e3b0c44298fc.tar.zst", cases[i].label) == 0);
                CHECK_TEXT(name, expected);
                CHECK(archive_name_parse(name, digits));
                CHECK_TEXT(digits, "e3b0c44298fc");
        }
}

static void other_names_are_passed_over(void)
{
        static const char *const names[] = {
                "",
                ".tar.zst",
                "-0123456789ab.tar.zst",
                "x0123456789ab.tar.zst",
                "x-0123456789a.tar.zst",
                "x-0123456789aB.tar.zst",
                "x-0123456789ag.tar.zst",
                "x-0123456789ab.tar.xz",
                "x-0123456789ab.tar.zst.bak",
                "x-0123456789ab.tar",
                ".x-0123456789ab.tar.zst",
                "-x-0123456789ab.tar.zst",
                "x y-0123456789ab.tar.zst",
                "X-0123456789ab.tar.zst",
                ".x-0123456789ab.tar.zst.unlocker-0123456789abcdef",
        };
        _cleanup_(vault_bench_done) VaultBench bench = vault_bench_make();
        _cleanup_(archives_done) Archives archives = {};
        char digits[ARCHIVE_DIGITS + 1];
        size_t damaged;

        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
                CHECK(!archive_name_parse(names[i], digits));
                if (*names[i])
                        (void)close(temp_file(bench.originals, names[i], "", 0));
        }
        (void)close(temp_file(bench.originals, "x-0123456789ab.tar.gz", "", 0));
        REQUIRE(vault_list(bench.store, &archives, &damaged, NULL) == 0);
        CHECK_EQUAL(archives.count, 0);
        CHECK_EQUAL(damaged, 1);
}

int main(void)
{
        (void)umask(022);
        CASE(names_are_plain);
        CASE(other_names_are_passed_over);
        return tap_end();
}
