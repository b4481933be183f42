/* SPDX-License-Identifier: MIT */

#include <ctype.h>
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

#define RELEASE_PATH     "etc/vmware-release"
#define RELEASE_SIZE_MAX 4096U
#define BUILD_MAX        200U
#define VMX_MODE         04555U
#define LIBRARY_MODE     0555U
#define RECORD_MODE      0644U

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

/* The name ends in ".tgz", or in ".v" and two digits. */
static bool format_of_name(const char *output, ModuleFormat *ret)
{
        const char *slash = strrchr(output, '/'), *name = slash ? slash + 1 : output;
        const char *dot = strrchr(name, '.');

        if (!dot || dot == name)
                return false;
        *ret = dot[1] == 'v' ? MODULE_VISOR : MODULE_USTAR;
        return text_equal(dot, ".tgz") || (dot[1] == 'v' && isdigit((unsigned char)dot[2]) &&
                                           isdigit((unsigned char)dot[3]) && !dot[4]);
}

bool overlay_is_name(const char *output)
{
        ModuleFormat format;

        return format_of_name(output, &format);
}

static bool is_library(const char *path)
{
        const char *slash = strrchr(path, '/');

        return text_equal(slash ? slash + 1 : path, "libvmkctl.so");
}

bool overlay_takes(const char *path)
{
        const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

        return is_library(path) || text_equal(name, "vmx") ||
               (text_starts(name, "vmx-") && !strchr(name, '.'));
}

/* Build ------------------------------------------------------------------------------------------
 */

/* The number after "build-" or "build ", or of a text that is nothing else; NULL when none is
 * there. */
static const char *build_number(const char *text)
{
        const char *found = text_find_ascii(text, "build");

        if (found)
                text = found + strlen("build") + strspn(found + strlen("build"), "- ");
        else if (text[strspn(text, "0123456789")] != '\0')
                return NULL;
        return isdigit((unsigned char)*text) ? text : NULL;
}

static bool same_number(const char *a, const char *b)
{
        size_t length = strspn(a, "0123456789");

        return length == strspn(b, "0123456789") && strncmp(a, b, length) == 0;
}

/* The first line of the host's own file; "" where it is not there. */
static int read_release(const char *directory, char **ret)
{
        _cleanup_(root_done) Root root = ROOT_NONE;
        _cleanup_free_ char *text = NULL;
        _cleanup_close_ int fd = -EBADF;
        size_t size;

        if (root_open(directory, &root, NULL) < 0)
                return text_copy(ret, "");
        fd = root_open_file(&root, RELEASE_PATH);
        if (fd < 0 || fd_read_text(fd, RELEASE_SIZE_MAX, &text, &size) < 0)
                return text_copy(ret, "");
        text[strcspn(text, "\r\n")] = '\0';
        return text_copy(ret, text);
}

static bool is_plain(const char *text)
{
        return *text && strlen(text) <= BUILD_MAX &&
               text_is_printable((const uint8_t *)text, strlen(text));
}

/* A module of one build's vmx over another's files is what must not be. */
static int find_build(const Context *context, const char *directory, char **ret)
{
        _cleanup_free_ char *release = NULL;
        const char *given = context_option(context, "build"), *number, *given_number;

        if (given && !is_plain(given))
                return usage_wrong(context, "--build=%s: not one line of text", given);
        if (given && !given[strcspn(given, "0123456789")])
                return usage_wrong(context, "--build=%s: has no number", given);
        if (read_release(directory, &release) < 0)
                return -ENOMEM;
        number = is_plain(release) ? build_number(release) : NULL;
        if (!given && !number)
                return usage_wrong(context, "no ESXi build: give --build");
        given_number = given ? build_number(given) : NULL;
        if (number && given_number && !same_number(number, given_number))
                return usage_wrong(context, "--build=%s: the files are of %s", given, release);
        return text_copy(ret, given ? given : release) < 0 ? -ENOMEM : EXIT_DONE;
}

static int find_time(const Context *context, uint64_t *ret)
{
        const char *epoch = getenv("SOURCE_DATE_EPOCH");

        *ret = 0;
        if (epoch && (text_to_u64(epoch, ret) < 0 || *ret > HEADER_SIZE_MAX))
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
        (void)format_of_name(output, &overlay->format);
        r = find_time(context, &overlay->mtime);
        if (r == EXIT_DONE)
                r = find_build(context, directory, &overlay->build);
        if (r != EXIT_DONE)
                return r;
        *ret = TAKE_PTR(overlay);
        return EXIT_DONE;
}

/* Files ------------------------------------------------------------------------------------------
 */

/* What is put on a host may not be writable by others; without set-uid vmx would start nothing, and
 * a copy loses it easily. */
static mode_t mode_on_host(const char *path, mode_t found)
{
        if (is_library(path))
                return LIBRARY_MODE;
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
