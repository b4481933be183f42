/* SPDX-License-Identifier: MIT */

/* Writing an overlay: one file after the other, read back, and named only then. */

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "ctl/verbs/overlay.h"
#include "file/atomic-file.h"
#include "file/root.h"
#include "visor/module.h"
#include "visor/unpacked.h"
#include "visor/writer.h"

#define RECORD_MODE 0644U

static int compare_files(const void *a, const void *b)
{
        return strcmp(((const ModuleFile *)a)->path, ((const ModuleFile *)b)->path);
}

/* Its files and `record`, ascending; borrowed from both. */
static ModuleFile *files_of(const Overlay *overlay, const char *record)
{
        ModuleFile *files = calloc(overlay->count + 1, sizeof(*files));

        if (!files)
                return NULL;
        for (size_t i = 0; i < overlay->count; i++)
                files[i] = (ModuleFile){
                        .path = overlay->files[i].path,
                        .mode = overlay->files[i].mode,
                        .content.size = overlay->files[i].size,
                        .source = &overlay->files[i],
                };
        files[overlay->count] = (ModuleFile){
                .path = OVERLAY_RECORD,
                .mode = RECORD_MODE,
                .content = {(const uint8_t *)record, strlen(record)},
        };
        qsort(files, overlay->count + 1, sizeof(*files), compare_files);
        return files;
}

/* The files of a module while it is read back. */
typedef struct Proof {
        const ModuleFile *files;
        size_t count, met;
} Proof;

static int proof_visit(void *context, size_t index, const ModuleEntry *entry, Span content,
                       Fault *fault)
{
        Proof *proof = context;
        const OverlayFile *source;
        const ModuleFile *file;
        Digest digest;
        int r = digest_of_span(content, &digest);

        (void)index;
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", entry->path);
        file = bsearch(&(ModuleFile){.path = entry->path}, proof->files, proof->count,
                       sizeof(*file), compare_files);
        source = file ? file->source : NULL;
        if (!file || entry->mode != file->mode || content.size != file->content.size ||
            (source ? !digest_equal(&digest, &source->patched)
                    : !span_equal(content, file->content)))
                return fault_set(fault, -EILSEQ, REASON_STAGED_DIFFERS, "%s", entry->path);
        proof->met++;
        return 0;
}

/* By the reader that `inspect` has: each file is in it, with its mode and its digest. */
static int prove_module(int fd, const ModuleFile *files, size_t count, Fault *fault)
{
        _cleanup_(mapping_done) Mapping packed = MAPPING_NONE;
        _cleanup_(unpacked_freep) Unpacked *unpacked = NULL;
        _cleanup_(module_done) Module module = {};
        Proof proof = {files, count, 0};
        int r = mapping_open(fd, &packed);

        if (r < 0)
                return fault_set(fault, r, REASON_READ, "the module");
        r = unpacked_open(packed.span, MODULE_SIZE_MAX, &unpacked, fault);
        if (r > 0)
                r = module_read(unpacked, proof_visit, &proof, &module, fault);
        if (r < 0)
                return r;
        return proof.met == count ? 0
                                  : fault_set(fault, -EILSEQ, REASON_STAGED_DIFFERS, "the module");
}

static mode_t mode_of_new_files(void)
{
        mode_t mask = umask(0);

        (void)umask(mask);
        return 0666U & ~mask;
}

static int write_module(const Overlay *overlay, const ModuleFile *files, size_t count, Fault *fault)
{
        _cleanup_(place_done) Place place = PLACE_NONE;
        _cleanup_(atomic_file_done) AtomicFile file = ATOMIC_FILE_NONE;
        int r = single_output_place(overlay->output, &place, fault);

        if (r < 0)
                return r;
        r = atomic_file_create(place.dir_fd, place.name, &file);
        if (r >= 0 && fchmod(file.fd, mode_of_new_files()) < 0)
                r = -errno;
        if (r < 0)
                return fault_set(fault, r, REASON_WRITE, "%s", overlay->output);
        r = module_write(file.fd, overlay->format, files, count, overlay->mtime, overlay_file_open,
                         fault);
        if (r >= 0)
                r = prove_module(file.fd, files, count, fault);
        if (r < 0)
                return r;
        r = atomic_file_replace(&file);
        return r < 0 ? fault_set(fault, r, REASON_WRITE, "%s", overlay->output) : 0;
}

int overlay_write(Overlay *overlay, Fault *fault)
{
        _cleanup_free_ ModuleFile *files = NULL;
        _cleanup_free_ char *record = NULL;
        int r = overlay_record(overlay, &record);

        if (r >= 0)
                files = files_of(overlay, record);
        if (!files)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", overlay->output);
        r = write_module(overlay, files, overlay->count + 1, fault);
        if (r < 0)
                return r;
        overlay->written = true;
        return 0;
}
