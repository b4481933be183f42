/* SPDX-License-Identifier: MIT */

/* Any bytes as an ESXi boot module, packed or not: what is listed lies in it, each byte is one
 * file's, no path leads out; a file of it that is written into a module is read again. */

#include <stdlib.h>
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

/* What was met while a module was read. */
typedef struct Met {
        Span bytes;        /* of the whole module; empty where it is packed */
        uint64_t end;      /* of the bytes of the file before */
        ModuleEntry *file; /* with its content, the first that has a size; the paths are its own */
        uint8_t *content;
        size_t count;
} Met;

static int meet(void *context, size_t index, const ModuleEntry *entry, Span content, Fault *fault)
{
        Met *met = context;

        (void)index;
        (void)fault;
        MUST(entry->kind == ENTRY_FILE && entry->size > 0 && content.size == entry->size);
        MUST(entry->offset >= met->end);
        MUST(met->bytes.size == 0 || content.bytes == met->bytes.bytes + entry->offset);
        met->end = entry->offset + entry->size;
        met->count++;
        if (!met->file) {
                met->file = calloc(1, sizeof(*met->file));
                met->content = malloc(content.size);
                MUST(met->file && met->content);
                *met->file = *entry;
                met->file->link = NULL;
                met->file->path = strdup(entry->path);
                MUST(met->file->path);
                memcpy(met->content, content.bytes, content.size);
        }
        return 0;
}

static void met_done(Met *met)
{
        if (met->file)
                module_entry_done(met->file);
        free(met->file);
        free(met->content);
}

static void check_entry(const Module *module, const ModuleEntry *entry)
{
        const ModuleEntry *found = module_find(module, entry->path);

        MUST(text_equal(entry->path, ".") || text_is_path_below(entry->path));
        MUST(found && text_equal(found->path, entry->path));
        MUST(found == entry ||
             (found > entry && entry->kind == ENTRY_DIRECTORY && found->kind == ENTRY_DIRECTORY));
        MUST(entry->mode <= 07777);
        MUST(range_fits(entry->header_offset, BLOCK_SIZE, module->size));
        MUST(entry->kind == ENTRY_FILE || entry->size == 0);
        MUST(range_fits(entry->offset, entry->size, module->size));
        MUST((entry->link != NULL) ==
             (entry->kind == ENTRY_SYMLINK || entry->kind == ENTRY_HARDLINK));
}

/* A module of this one file, for `fd`; false where its path does not fit. */
static bool write_one(const ModuleEntry *entry, const uint8_t *content, int fd)
{
        ModuleFile file = {entry->path, (mode_t)entry->mode, {content, (size_t)entry->size}, NULL};
        Fault fault = FAULT_NONE;
        int r = module_write(fd, MODULE_VISOR, &file, 1, 0, NULL, &fault);

        MUST(r == 0 || (r == -ENAMETOOLONG && fault.reason == REASON_MODULE_NAME));
        return r == 0;
}

static void check_written(const ModuleEntry *entry, const uint8_t *content)
{
        _cleanup_close_ int fd = memfd_create("fuzz-visor", MFD_CLOEXEC);
        _cleanup_(mapping_done) Mapping packed = MAPPING_NONE;
        _cleanup_(unpacked_freep) Unpacked *unpacked = NULL;
        _cleanup_(module_done) Module module = {};
        _cleanup_(met_done) Met met = {};
        const ModuleEntry *found;

        MUST(fd >= 0);
        if (!write_one(entry, content, fd))
                return;
        MUST(mapping_open(fd, &packed) >= 0);
        MUST(unpacked_open(packed.span, MODULE_SIZE_MAX, &unpacked, NULL) == 1);
        MUST(module_read(unpacked, meet, &met, &module, NULL) == 0);
        found = module_find(&module, entry->path);
        MUST(found && found->kind == ENTRY_FILE && found->mode == entry->mode);
        MUST(found == &module.entries[module.count - 1] && met.count == 1);
        MUST(met.file->size == entry->size &&
             memcmp(met.content, content, (size_t)entry->size) == 0);
}

static void check_module(Unpacked *unpacked, Span bytes)
{
        _cleanup_(module_done) Module module = {};
        _cleanup_(met_done) Met met = {.bytes = bytes};
        Fault fault = FAULT_NONE;
        size_t files = 0;
        int r = module_read(unpacked, meet, &met, &module, &fault);

        if (r < 0) {
                MUST(is_refusal(r, &fault));
                return;
        }
        MUST(module.count <= module.size / BLOCK_SIZE && met.end <= module.size);
        for (size_t i = 0; i < module.count; i++) {
                check_entry(&module, &module.entries[i]);
                files += module.entries[i].size > 0;
        }
        MUST(files == met.count);
        if (met.file)
                check_written(met.file, met.content);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        _cleanup_(unpacked_freep) Unpacked *unpacked = NULL;
        Fault fault = FAULT_NONE;
        Span packed = {bytes, size};
        int r = unpacked_open(packed, LIMIT, &unpacked, &fault);

        if (r < 0)
                MUST(is_refusal(r, &fault));
        if (r > 0)
                check_module(unpacked, *unpacked_layers(unpacked) ? (Span){} : packed);
        return 0;
}

/* Seeds ---------------------------------------------------------------------------------------- */

static void seed_written(ModuleFormat format, const char *packed_name, const char *name)
{
        static const uint8_t content[5000] = "content";
        static const ModuleFile files[] = {
                {"bin/vmx", 04555, {content, sizeof(content)}, NULL},
                {"etc/a/b", 0644, {}, NULL},
                {"lib64/libvmkctl.so", 0555, {content, 1}, NULL},
        };
        _cleanup_close_ int fd = memfd_create("seed", MFD_CLOEXEC);
        _cleanup_(mapping_done) Mapping packed = MAPPING_NONE;
        _cleanup_(unpacked_freep) Unpacked *unpacked = NULL;
        Span bytes;

        MUST(fd >= 0 && module_write(fd, format, files, ARRAY_SIZE(files), 1, NULL, NULL) == 0);
        MUST(mapping_open(fd, &packed) >= 0);
        MUST(unpacked_open(packed.span, LIMIT, &unpacked, NULL) == 1);
        MUST(unpacked_read(unpacked, LIMIT, &bytes, NULL) == 0 && bytes.size > sizeof(content));
        fuzz_seed(packed_name, packed.span);
        fuzz_seed(name, bytes);
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
                {'2', "c", 0},    {'3', "tty", 0},  {'0', "full", 0},
        };
        uint8_t seed[2 * ARRAY_SIZE(entries) * BLOCK_SIZE] = {};
        size_t at = 0;

        for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
                Header header = {.type = entries[i].type, .mode = 0755, .size = entries[i].size};

                MUST(header_set_path(&header, entries[i].name) == 0);
                if (entries[i].type == '1')
                        memcpy(header.link, "full", sizeof("full"));
                header_encode(&header, seed + at);
                at += BLOCK_SIZE;
                if (entries[i].size > 0 && entries[i].type != '1') {
                        memcpy(seed + at, "long/name", 9);
                        at += BLOCK_SIZE;
                }
        }
        fuzz_seed("foreign", (Span){seed, at + BLOCK_SIZE}); /* with its end */
        fuzz_seed("cut", (Span){seed, 700});
}

void fuzz_seeds(void)
{
        seed_written(MODULE_VISOR, "visor-gzip", "visor");
        seed_written(MODULE_USTAR, "ustar-gzip", "ustar");
        seed_foreign();
        fuzz_seed_text("text", "visor  ");
}
