/* SPDX-License-Identifier: MIT */

/* The manifest of an archive: what is believed is within its limits, says the same after it is
 * written and read again, and gives the archive a name that is a plain file name. */

#include "base/text.h"
#include "fuzz.h"
#include "vault/archive-name.h"
#include "vault/manifest.h"

static void check_originals(const Archive *archive)
{
        MUST(archive->original_count >= 1 && archive->original_count <= ORIGINALS_MAX);
        for (size_t i = 0; i < archive->original_count; i++) {
                const Original *original = &archive->originals[i];

                MUST(text_is_path_below(original->path) && original->role);
                MUST(original->size <= ORIGINAL_SIZE_MAX);
                MUST(i == 0 || strcmp(original[-1].path, original->path) < 0);
        }
        MUST(archive->created >= 0);
}

static void check_name(const Archive *archive)
{
        char wanted[ARCHIVE_DIGITS + 1], found[ARCHIVE_DIGITS + 1];
        _cleanup_free_ char *name = NULL;

        MUST(archive_name_make(archive, "zst", &name) >= 0);
        MUST(archive_name_digits(archive, wanted) >= 0);
        MUST(archive_name_parse(name, found) && text_equal(found, wanted));
        MUST(!strchr(name, '/') && name[0] != '.' && strlen(name) <= 255);
}

/* Whether the last input was. */
static bool believed;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        _cleanup_(archive_done) Archive archive = {}, again = {};
        _cleanup_free_ char *text = NULL;
        size_t text_size;
        int r = manifest_parse((const char *)bytes, size, &archive);

        believed = r >= 0;
        if (r < 0) {
                MUST(r == -EBADMSG && !archive.originals);
                return 0;
        }
        check_originals(&archive);
        check_name(&archive);
        MUST(manifest_format(&archive, &text, &text_size) >= 0);
        MUST(manifest_parse(text, text_size, &again) >= 0);
        check_originals(&again);
        MUST(archive_same_originals(&archive, &again) && archive.created == again.created);
        return 0;
}

#define DIGITS "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ORIGINAL(path, size)                                                             \
        "{\"path\":\"" path "\",\"role\":\"vmx\",\"size\":" size ",\"sha256\":\"" DIGITS \
        "\",\"attributes_sha256\":\"" DIGITS "\"}"
#define MANIFEST(originals)                                                        \
        "{\"format\":1,\"product\":\"VMware Workstation\",\"version\":\"17.6.1\"," \
        "\"build\":null,\"created\":1750000000,\"originals\":[" originals "]}"

static void seed_believed(const char *name, const char *text)
{
        MUST(LLVMFuzzerTestOneInput((const uint8_t *)text, strlen(text)) == 0 && believed);
        fuzz_seed_text(name, text);
}

void fuzz_seeds(void)
{
        seed_believed("one", MANIFEST(ORIGINAL("usr/lib/vmware/bin/vmware-vmx", "25000000")));
        seed_believed("two", MANIFEST(ORIGINAL("a", "0") "," ORIGINAL("b/c", "4294967296")) "\n");
        fuzz_seed_text("none", MANIFEST(""));
        fuzz_seed_text("outside", MANIFEST(ORIGINAL("../etc/shadow", "1")));
        fuzz_seed_text("large", MANIFEST(ORIGINAL("a", "4294967297")));
        fuzz_seed_text("order", MANIFEST(ORIGINAL("b", "1") "," ORIGINAL("a", "1")));
        fuzz_seed_text("label", "{\"format\":1,\"product\":\"\\u00e4 ../\\u0000\",\"created\":-1}");
        fuzz_seed_text("deep", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[{}]]]]]]]]]]]]]");
}
