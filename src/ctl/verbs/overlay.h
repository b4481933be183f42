/* SPDX-License-Identifier: MIT */
#pragma once

/* Overlay: an ESXi boot module of patched files on its way. ESXi unpacks its modules one over the
 * other at each boot, so one more with the patched files puts them over its own.
 *
 *     overlay_new(context, directory, output, &overlay)     finds the build
 *     overlay_add(overlay, path, "bin/vmx", …)              patches in memory, for each file
 *     overlay_write(overlay, …)                             writes, reads back, takes the name
 */

#include <stdbool.h>
#include <sys/types.h>

#include "base/fault.h"
#include "ctl/frame/context.h"
#include "ctl/render/json.h"
#include "file/digest.h"
#include "file/mapping.h"
#include "swap/patch-file.h"
#include "visor/header.h"

/* Where the module says what it is for: build, digests of the originals and of what is in it. */
#define OVERLAY_RECORD "etc/vmware-unlocker.conf"

typedef struct OverlayFile {
        char *path;   /* on the host, without the first slash */
        char *source; /* the file that is patched */
        mode_t mode;  /* it gets on the host */
        uint64_t size;
        Digest found;     /* of the source */
        bool is_original; /* that is: the source was not patched yet */
        Digest patched;
} OverlayFile;

typedef struct Overlay {
        const char *output; /* borrowed */
        ModuleFormat format;
        char *build; /* "VMware ESXi 8.0.3 build-24022510" */
        uint64_t mtime;
        OverlayFile *files;
        size_t count;
        bool dry_run, written;
} Overlay;

/* Whether an output of this name is a module: NAME.v00 to NAME.v99, NAME.tgz, with a NAME that a
 * boot bank takes. */
bool overlay_is_name(const char *output);

/* Whether it is, or is so near to one that nothing else can be meant: "x.v100", ".v00", "X.TGZ". */
bool overlay_is_like_name(const char *output);

/* Whether a file of this path is one that the host runs: vmx, vmx-debug, …, libvmkctl.so. */
bool overlay_takes(const char *path);

/* Whether it is such a file, or a directory that has them on a host. */
bool overlay_needs(const char *path);

/* Whether the host itself has it with 0 bytes. */
bool overlay_may_be_empty(const char *path);

/* The build as it is written into the module, in a new string: --build, or the host's own words in
 * etc/vmware-release. EXIT_DONE, what usage_wrong() returned, -ENOMEM. */
_nodiscard_ int overlay_find_build(const Context *context, const char *directory, char **ret);

/* The build comes from --build, or from etc/vmware-release below `directory`. EXIT_DONE, or what
 * usage_wrong() returned: no build is known, or two that differ. */
_nodiscard_ int overlay_new(const Context *context, const char *directory, const char *output,
                            Overlay **ret);
void overlay_free(Overlay *overlay);
DEFINE_FREEP(Overlay, overlay_free);

/* Adds the patched form of the file `path`, which was judged to be `judged`. REASON_MODULE_PLACE,
 * REASON_MODULE_NAME, REASON_WRONG_KIND, REASON_CHANGED, what binary_open() fails with;
 * REASON_STAGED_DIFFERS when the copy is not the original with just these edits. */
_nodiscard_ int overlay_add(Overlay *overlay, const char *path, const char *relative, mode_t mode,
                            const FileResult *judged, Fault *fault);

/* The patched form of an OverlayFile, made anew; a ModuleOpen. REASON_CHANGED when the source is
 * not what it was. */
_nodiscard_ int overlay_file_open(const void *source, Mapping *ret, Fault *fault);

/* Writes it, reads it back, and gives it its name, durably. */
_nodiscard_ int overlay_write(Overlay *overlay, Fault *fault);

/* The next file from `*index` on that a host has and the overlay has not; `*index` begins at 0 and
 * moves on. NULL: no more. */
const char *overlay_missing(const Overlay *overlay, size_t *index);

/* The text of OVERLAY_RECORD in a new string. -ENOMEM. */
_nodiscard_ int overlay_record(const Overlay *overlay, char **ret);

/* What was made, and how to check it on the host; nothing when it was not written. */
void overlay_print(const Context *context, const Overlay *overlay);

/* "module": null | {"path", "format", "build", "files"}. */
void overlay_json_add(const Overlay *overlay, Json *parent);
