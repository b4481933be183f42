/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/text.h"
#include "ctl/frame/exit-status.h"
#include "ctl/render/usage.h"
#include "ctl/verbs/overlay.h"
#include "ctl/work/judged-file.h"
#include "file/fd.h"
#include "visor/writer.h"

#define PROGRAMS     "bin/"
#define VMX_MODE     04555U
#define LIBRARY_MODE 0555U

static void overlay_file_done(OverlayFile *file)
{
        free(file->path);
        free(file->source);
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

/* The suffix of a module's name, or of one that is nearly one: in capitals, with more digits or
 * fewer, or as VMware's own .b00 and .t00. NULL when it is none. */
static const char *suffix_of(const char *output, ModuleFormat *ret)
{
        const char *suffix = strrchr(text_after_slash(output), '.');

        if (!suffix)
                return NULL;
        *ret = MODULE_USTAR;
        if (text_equal_ascii(suffix, SUFFIX_USTAR))
                return suffix;
        *ret = MODULE_VISOR;
        return suffix[1] && strchr("bBtTvV", suffix[1]) && suffix[2] &&
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
        const char *name = text_after_slash(output), *suffix = suffix_of(output, &format);
        size_t stem = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");

        if (!suffix || stem == 0 || stem > STEM_MAX || name + stem != suffix)
                return false;
        return format == MODULE_USTAR ? text_equal(suffix, SUFFIX_USTAR)
                                      : suffix[1] == 'v' && strlen(suffix) == 4;
}

static bool is_library(const char *path)
{
        return text_equal(text_after_slash(path), "libvmkctl.so");
}

static bool is_program(const char *path)
{
        const char *name = text_after_slash(path);

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
        return text_equal(text_after_slash(path), "vmx-stats");
}

/* Where an ESXi host has its vmx. */
static bool is_at_home(const char *path)
{
        return text_starts(path, PROGRAMS) && !strchr(path + strlen(PROGRAMS), '/') &&
               is_program(path);
}

/* A library has other directories in other releases. */
static bool is_file_of_host(const char *path, const char *wanted)
{
        return text_equal(path, wanted) || (is_library(wanted) && is_library(path));
}

const char *overlay_missing(const Overlay *overlay, size_t *index)
{
        static const char *const wanted[] = {PROGRAMS "vmx", PROGRAMS "vmx-debug",
                                             "lib64/libvmkctl.so"};

        while (*index < ARRAY_SIZE(wanted)) {
                const char *path = wanted[(*index)++];
                size_t i = 0;

                while (i < overlay->count && !is_file_of_host(overlay->files[i].path, path))
                        i++;
                if (i == overlay->count)
                        return path;
        }
        return NULL;
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

/* The patched copy in memory. */
static int make_copy(const Binary *binary, Fault *fault)
{
        _cleanup_close_ int fd = memfd_create("overlay", MFD_CLOEXEC);
        int r = fd < 0 ? -errno : fd_write(fd, binary->mapping.span);

        if (r >= 0)
                r = edits_write(&binary->verdict.plan, fd);
        return r < 0 ? fault_set(fault, r, REASON_WRITE, "the patched copy") : TAKE_FD(fd);
}

/* As a staged file is proved: the parser finds it patched, and without the edits it is the
 * original.
 */
static int prove_copy(const Binary *binary, OverlayFile *file, Fault *fault)
{
        _cleanup_(verdict_done) Verdict verdict = VERDICT_NONE;
        _cleanup_(mapping_done) Mapping mapping = MAPPING_NONE;
        _cleanup_close_ int fd = make_copy(binary, fault);
        int r;

        if (fd < 0)
                return fd;
        r = edits_prove(&binary->verdict.plan, fd, &binary->digest, &file->patched, fault);
        if (r < 0)
                return r;
        r = mapping_open(fd, &mapping);
        if (r >= 0)
                r = verdict_of(mapping.span, binary->verdict.subject, &verdict);
        if (r < 0)
                return fault_set(fault, r, REASON_READ, "the patched copy");
        file->size = mapping.span.size;
        return verdict.state == STATE_PATCHED
                       ? 0
                       : fault_set(fault, -EILSEQ, REASON_STAGED_DIFFERS, "%s", file->path);
}

static int fill_file(OverlayFile *file, const FileResult *judged, Fault *fault)
{
        _cleanup_(binary_done) Binary binary = BINARY_NONE;
        int r = binary_open(file->source, &binary, fault);

        if (r < 0)
                return r;
        if (binary.verdict.state != judged->before)
                return fault_set(fault, -EAGAIN, REASON_CHANGED, "%s", file->source);
        file->found = binary.digest;
        file->is_original = judged->before == STATE_STOCK;
        return prove_copy(&binary, file, fault);
}

int overlay_file_open(const void *source, Mapping *ret, Fault *fault)
{
        const OverlayFile *file = source;
        _cleanup_(binary_done) Binary binary = BINARY_NONE;
        _cleanup_close_ int fd = -EBADF;
        int r = binary_open(file->source, &binary, fault);

        if (r < 0)
                return r;
        if (!digest_equal(&binary.digest, &file->found))
                return fault_set(fault, -EAGAIN, REASON_CHANGED, "%s", file->source);
        fd = make_copy(&binary, fault);
        if (fd < 0)
                return fd;
        r = mapping_open(fd, ret);
        return r < 0 ? fault_set(fault, r, REASON_READ, "the patched copy") : 0;
}

int overlay_add(Overlay *overlay, const char *path, const char *relative, mode_t mode,
                const FileResult *judged, Fault *fault)
{
        OverlayFile file = {.mode = mode_on_host(relative, mode)};
        OverlayFile *files;
        int r = module_path_fits(relative, fault);

        if (r < 0)
                return r;
        if (!strchr(relative, '/'))
                return fault_set(fault, -EINVAL, REASON_MODULE_PLACE, "%s", path);
        /* The wrong one of two copies in its place would stop all VMs. */
        if (judged->subject != (is_library(relative) ? SUBJECT_VMKCTL : SUBJECT_SMC))
                return fault_set(fault, -EBADMSG, REASON_WRONG_KIND, "%s",
                                 subject_name(judged->subject));
        files = reallocarray(overlay->files, overlay->count + 1, sizeof(*files));
        if (!files)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", path);
        overlay->files = files;
        r = text_copy(&file.path, relative);
        if (r >= 0)
                r = text_copy(&file.source, path);
        if (r < 0)
                (void)fault_set(fault, r, REASON_NO_MEMORY, "%s", path);
        else if (!overlay->dry_run)
                r = fill_file(&file, judged, fault);
        if (r < 0) {
                overlay_file_done(&file);
                return r;
        }
        files[overlay->count++] = file;
        return 0;
}
