/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/text.h"
#include "ctl/frame/exit-status.h"
#include "ctl/render/usage.h"
#include "ctl/verbs/overlay.h"
#include "ctl/work/judged-file.h"
#include "file/atomic-file.h"
#include "file/fd.h"
#include "file/root.h"
#include "visor/module.h"
#include "visor/unpacked.h"
#include "visor/writer.h"

#define PROGRAMS     "bin/"
#define VMX_MODE     04555U
#define LIBRARY_MODE 0555U
#define RECORD_MODE  0644U

static void overlay_file_done(OverlayFile *file)
{
        free(file->path);
        mapping_done(&file->content);
}

void overlay_free(Overlay *overlay)
{
        if (!overlay)
                return;
        for (size_t i = 0; i < overlay->count; i++)
                overlay_file_done(&overlay->files[i]);
        free(overlay->files);
        free(overlay->build);
        free(overlay);
}

#define SUFFIX_VISOR ".v"
#define SUFFIX_USTAR ".tgz"
#define STEM_MAX     8U /* a boot bank is FAT, of names with 8 letters, a dot and 3 more */

static const char *name_of(const char *path)
{
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

/* The suffix of a module's name, or of one that is nearly one: in capitals, with more digits or
 * fewer. NULL when it is none. */
static const char *suffix_of(const char *output, ModuleFormat *ret)
{
        const char *suffix = strrchr(name_of(output), '.');

        if (!suffix)
                return NULL;
        *ret = MODULE_USTAR;
        if (text_equal_ascii(suffix, SUFFIX_USTAR))
                return suffix;
        *ret = MODULE_VISOR;
        return (suffix[1] == 'v' || suffix[1] == 'V') && suffix[2] &&
                               !suffix[2 + strspn(suffix + 2, "0123456789")]
                       ? suffix
                       : NULL;
}

bool overlay_is_like_name(const char *output)
{
        ModuleFormat format;

        return suffix_of(output, &format) != NULL;
}

bool overlay_is_name(const char *output)
{
        ModuleFormat format;
        const char *name = name_of(output), *suffix = suffix_of(output, &format);
        size_t stem = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");

        if (!suffix || stem == 0 || stem > STEM_MAX || name + stem != suffix)
                return false;
        return format == MODULE_USTAR ? text_equal(suffix, SUFFIX_USTAR)
                                      : suffix[1] == 'v' && strlen(suffix) == 4;
}

static bool is_library(const char *path)
{
        return text_equal(name_of(path), "libvmkctl.so");
}

static bool is_program(const char *path)
{
        const char *name = name_of(path);

        return text_equal(name, "vmx") || (text_starts(name, "vmx-") && !strchr(name, '.'));
}

bool overlay_takes(const char *path)
{
        return is_library(path) || is_program(path);
}

bool overlay_needs(const char *path)
{
        return overlay_takes(path) || text_equal(path, "bin") || text_equal(path, "lib") ||
               text_equal(path, "lib64");
}

bool overlay_may_be_empty(const char *path)
{
        return text_equal(name_of(path), "vmx-stats");
}

/* Where an ESXi host has its vmx. */
static bool is_at_home(const char *path)
{
        return text_starts(path, PROGRAMS) && !strchr(path + strlen(PROGRAMS), '/') &&
               is_program(path);
}

bool overlay_has_program(const Overlay *overlay)
{
        for (size_t i = 0; i < overlay->count; i++)
                if (text_equal(overlay->files[i].path, PROGRAMS "vmx"))
                        return true;
        return false;
}

static int find_time(const Context *context, uint64_t *ret)
{
        const char *epoch = getenv("SOURCE_DATE_EPOCH");

        *ret = 0;
        if (epoch && *epoch && (text_to_u64(epoch, ret) < 0 || *ret > HEADER_SIZE_MAX))
                return usage_wrong(context, "SOURCE_DATE_EPOCH=%s: no time in seconds", epoch);
        return EXIT_DONE;
}

int overlay_new(const Context *context, const char *directory, const char *output, Overlay **ret)
{
        _cleanup_(overlay_freep) Overlay *overlay = calloc(1, sizeof(*overlay));
        int r;

        if (!overlay)
                return -ENOMEM;
        overlay->output = output;
        overlay->dry_run = context_option(context, "dry-run") != NULL;
        (void)suffix_of(output, &overlay->format);
        r = find_time(context, &overlay->mtime);
        if (r == EXIT_DONE)
                r = overlay_find_build(context, directory, &overlay->build);
        if (r != EXIT_DONE)
                return r;
        *ret = TAKE_PTR(overlay);
        return EXIT_DONE;
}

/* Files ------------------------------------------------------------------------------------------
 */

/* What is put on a host may not be writable by others. Without set-uid vmx would start nothing, and
 * a copy loses it easily; a file of that name elsewhere has no need of it. */
static mode_t mode_on_host(const char *path, mode_t found)
{
        if (is_library(path))
                return LIBRARY_MODE;
        if (!is_at_home(path))
                return found & 0755U;
        return found & S_ISUID ? found & ~(mode_t)0022 : VMX_MODE;
}

/* The patched copy in memory, proved as a staged file is: the parser finds it patched, and without
 * the edits it is the original. */
static int patch_copy(const Binary *binary, const Edits *edits, OverlayFile *file, Fault *fault)
{
        _cleanup_close_ int fd = memfd_create("overlay", MFD_CLOEXEC);
        _cleanup_(verdict_done) Verdict verdict = VERDICT_NONE;
        int r = fd < 0 ? -errno : fd_write(fd, binary->mapping.span);

        if (r >= 0)
                r = edits_write(edits, fd);
        if (r < 0)
                return fault_set(fault, r, REASON_WRITE, "the patched copy");
        r = edits_prove(edits, fd, &binary->digest, &file->patched, fault);
        if (r < 0)
                return r;
        r = mapping_open(fd, &file->content);
        if (r >= 0)
                r = verdict_of(file->content.span, binary->verdict.subject, &verdict);
        if (r < 0)
                return fault_set(fault, r, REASON_READ, "the patched copy");
        return verdict.state == STATE_PATCHED
                       ? 0
                       : fault_set(fault, -EILSEQ, REASON_STAGED_DIFFERS, "%s", file->path);
}

static int fill_file(OverlayFile *file, const char *path, const SingleReport *judged, Fault *fault)
{
        _cleanup_(binary_done) Binary binary = BINARY_NONE;
        int r = binary_open(path, &binary, fault);

        if (r < 0)
                return r;
        if (binary.verdict.state != judged->before)
                return fault_set(fault, -EAGAIN, REASON_CHANGED, "%s", path);
        file->original = binary.digest;
        file->has_original = judged->before == STATE_STOCK;
        return patch_copy(&binary, &binary.verdict.plan, file, fault);
}

int overlay_add(Overlay *overlay, const char *path, const char *relative, mode_t mode,
                const SingleReport *judged, Fault *fault)
{
        OverlayFile file = {.mode = mode_on_host(relative, mode), .content = MAPPING_NONE};
        OverlayFile *files;
        int r = module_path_fits(relative, fault);

        if (r < 0)
                return r;
        if (!strchr(relative, '/'))
                return fault_set(fault, -EINVAL, REASON_MODULE_PLACE, "%s", path);
        files = reallocarray(overlay->files, overlay->count + 1, sizeof(*files));
        if (!files)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", path);
        overlay->files = files;
        r = text_copy(&file.path, relative);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", path);
        if (!overlay->dry_run)
                r = fill_file(&file, path, judged, fault);
        if (r < 0) {
                overlay_file_done(&file);
                return r;
        }
        files[overlay->count++] = file;
        return 0;
}

/* Writing ----------------------------------------------------------------------------------------
 */

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
                files[i] = (ModuleFile){overlay->files[i].path, overlay->files[i].mode,
                                        overlay->files[i].content.span};
        files[overlay->count] = (ModuleFile){
                OVERLAY_RECORD, RECORD_MODE, {(const uint8_t *)record, strlen(record)}};
        qsort(files, overlay->count + 1, sizeof(*files), compare_files);
        return files;
}

/* By the reader that `inspect` has: each file is in it, byte for byte, with its mode. */
static int prove_module(int fd, const ModuleFile *files, size_t count, Fault *fault)
{
        _cleanup_(mapping_done) Mapping packed = MAPPING_NONE;
        _cleanup_(unpacked_done) Unpacked unpacked = UNPACKED_NONE;
        _cleanup_(module_done) Module module = {};
        int r = mapping_open(fd, &packed);

        if (r < 0)
                return fault_set(fault, r, REASON_READ, "the module");
        r = unpacked_open(packed.span, MODULE_SIZE_MAX, &unpacked, fault);
        if (r > 0)
                r = module_read(unpacked.bytes, &module, fault);
        if (r < 0)
                return r;
        for (size_t i = 0; i < count; i++) {
                const ModuleEntry *entry = module_find(&module, files[i].path);

                if (!entry || entry->kind != ENTRY_FILE || entry->mode != files[i].mode ||
                    !span_equal(module_content(entry, unpacked.bytes), files[i].content))
                        return fault_set(fault, -EILSEQ, REASON_STAGED_DIFFERS, "%s",
                                         files[i].path);
        }
        return 0;
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
        r = module_write(file.fd, overlay->format, files, count, overlay->mtime, fault);
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
