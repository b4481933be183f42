/* SPDX-License-Identifier: MIT */

/* Any bytes as an ESXi boot module, packed or not: what is listed lies in it, each byte is one
 * file's, no path leads out; a file of it that is written into a module is read again. */

#include <sys/mman.h>

#include "base/text.h"
#include "file/fd.h"
#include "file/mapping.h"
#include "fuzz.h"
#include "visor/module.h"
#include "visor/unpacked.h"
#include "visor/writer.h"

#define LIMIT (UINT64_C(1) << 20)

static bool is_refusal(int r, const Fault *fault)
{
        return (r == -EBADMSG && fault->reason == REASON_MODULE_DAMAGED) ||
               (r == -EFBIG && fault->reason == REASON_MODULE_BOUNDS);
}

static void check_entry(const Module *module, const ModuleEntry *entry, Span bytes)
{
        const ModuleEntry *found = module_find(module, entry->path);
        Span content = module_content(entry, bytes);

        MUST(text_equal(entry->path, ".") || text_is_path_below(entry->path));
        MUST(found && text_equal(found->path, entry->path) && found >= entry);
        MUST(entry->mode <= 07777);
        MUST(range_fits(entry->header_offset, BLOCK_SIZE, bytes.size));
        MUST(content.size == entry->size && (entry->kind == ENTRY_FILE || entry->size == 0));
        MUST(entry->size == 0 || content.bytes == bytes.bytes + entry->offset);
        MUST((entry->link != NULL) ==
             (entry->kind == ENTRY_SYMLINK || entry->kind == ENTRY_HARDLINK));
}

/* A module of this one file, for `fd`; false where its path does not fit. */
static bool write_one(const ModuleEntry *entry, Span bytes, int fd)
{
        ModuleFile file = {entry->path, (mode_t)entry->mode, module_content(entry, bytes)};
        Fault fault = FAULT_NONE;
        int r = module_write(fd, MODULE_VISOR, &file, 1, 0, &fault);

        MUST(r == 0 || (r == -ENAMETOOLONG && fault.reason == REASON_MODULE_NAME));
        return r == 0;
}

static void check_written(const ModuleEntry *entry, Span bytes)
{
        _cleanup_close_ int fd = memfd_create("fuzz-visor", MFD_CLOEXEC);
        _cleanup_(mapping_done) Mapping packed = MAPPING_NONE;
        _cleanup_(unpacked_done) Unpacked unpacked = UNPACKED_NONE;
        _cleanup_(module_done) Module module = {};
        const ModuleEntry *found;

        MUST(fd >= 0);
        if (text_equal(entry->path, ".") || !write_one(entry, bytes, fd))
                return;
        MUST(mapping_open(fd, &packed) >= 0);
        MUST(unpacked_open(packed.span, MODULE_SIZE_MAX, &unpacked, NULL) == 1);
        MUST(module_read(unpacked.bytes, &module, NULL) == 0);
        found = module_find(&module, entry->path);
        MUST(found && found->kind == ENTRY_FILE && found->mode == entry->mode);
        MUST(found == &module.entries[module.count - 1]);
        MUST(span_equal(module_content(found, unpacked.bytes), module_content(entry, bytes)));
}

static void check_module(Span bytes)
{
        _cleanup_(module_done) Module module = {};
        const ModuleEntry *file = NULL;
        Fault fault = FAULT_NONE;
        uint64_t size = 0;
        int r = module_read(bytes, &module, &fault);

        if (r < 0) {
                MUST(is_refusal(r, &fault));
                return;
        }
        for (size_t i = 0; i < module.count; i++) {
                check_entry(&module, &module.entries[i], bytes);
                size += module.entries[i].size;
                if (!file && module.entries[i].kind == ENTRY_FILE)
                        file = &module.entries[i];
        }
        MUST(module.count <= bytes.size / BLOCK_SIZE && size <= bytes.size);
        if (file)
                check_written(file, bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        _cleanup_(unpacked_done) Unpacked unpacked = UNPACKED_NONE;
        Fault fault = FAULT_NONE;
        ModuleFormat format;
        int r = unpacked_open((Span){bytes, size}, LIMIT, &unpacked, &fault);

        if (r < 0)
                MUST(is_refusal(r, &fault));
        else if (r > 0)
                MUST(unpacked.bytes.size <= MAX(LIMIT, size) &&
                     header_begins(unpacked.bytes, &format));
        check_module(r > 0 ? unpacked.bytes : (Span){bytes, size});
        return 0;
}

/* Seeds ---------------------------------------------------------------------------------------- */

static void seed_written(ModuleFormat format, const char *packed_name, const char *name)
{
        static const uint8_t content[5000] = "content";
        static const ModuleFile files[] = {
                {"bin/vmx", 04555, {content, sizeof(content)}},
                {"etc/a/b", 0644, {}},
                {"lib64/libvmkctl.so", 0555, {content, 1}},
        };
        _cleanup_close_ int fd = memfd_create("seed", MFD_CLOEXEC);
        _cleanup_(mapping_done) Mapping packed = MAPPING_NONE;
        _cleanup_(unpacked_done) Unpacked unpacked = UNPACKED_NONE;

        MUST(fd >= 0 && module_write(fd, format, files, ARRAY_SIZE(files), 1, NULL) == 0);
        MUST(mapping_open(fd, &packed) >= 0);
        MUST(unpacked_open(packed.span, LIMIT, &unpacked, NULL) == 1);
        fuzz_seed(packed_name, packed.span);
        fuzz_seed(name, unpacked.bytes);
}

/* Links, and names of GNU's own entries, as no module of ours has them. */
static void seed_foreign(void)
{
        static const struct {
                char type;
                const char *name;
                uint64_t size;
        } entries[] = {
                {'5', "./", 0},   {'2', "./a", 0},  {'1', "b", 7},
                {'L', "long", 9}, {'0', "cut", 20}, {'K', "long", 9},
                {'2', "c", 0},    {'3', "tty", 0},  {'g', "comment", 0},
        };
        uint8_t seed[2 * ARRAY_SIZE(entries) * BLOCK_SIZE] = {};
        size_t at = 0;

        for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
                Header header = {.type = entries[i].type, .mode = 0755, .size = entries[i].size};

                MUST(header_set_path(&header, entries[i].name) == 0);
                header_encode(&header, seed + at);
                at += BLOCK_SIZE;
                if (entries[i].size > 0 && entries[i].type != '1') {
                        memcpy(seed + at, "long/name", 9);
                        at += BLOCK_SIZE;
                }
        }
        fuzz_seed("foreign", (Span){seed, at});
        fuzz_seed("cut", (Span){seed, 700});
}

void fuzz_seeds(void)
{
        seed_written(MODULE_VISOR, "visor-gzip", "visor");
        seed_written(MODULE_USTAR, "ustar-gzip", "ustar");
        seed_foreign();
        fuzz_seed_text("text", "visor  ");
}
