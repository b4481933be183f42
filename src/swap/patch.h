/* SPDX-License-Identifier: MIT */
#pragma once

/* Patching an installation: inspect → plan → keep → stage → verify → exchange → record.
 *
 * The originals of all stock targets, also of those that were not selected, are in the vault,
 * synced and read back, before the first target is touched. Targets are independent: one that is
 * refused, or fails, or whose original cannot be kept, does not keep the others from being patched.
 * A target that changes
 * meanwhile is started over, its new original kept first. */

#include "swap/result.h"
#include "swap/session.h"

/* Called before each step that takes time; `step` is for people: "Keeping the originals". `path` is
 * the target's, or NULL. */
typedef void (*swap_progress)(const char *step, const char *path, void *context);

typedef struct PatchOptions {
        bool selected[_ROLE_MAX];
        bool dry_run;           /* only plan: needs neither the lock nor a writable store */
        swap_progress progress; /* may be NULL */
        void *context;
} PatchOptions;

/* Patches the session's installation number `index`. What happened stands in `ret`, also when it
 * failed: its fault for the whole, its targets each. Negative only for -ENOMEM. The session must be
 * locked unless it is a dry run; its installations are looked up anew when a target changed. */
_nodiscard_ int patch_installation(Session *session, size_t index, const PatchOptions *options,
                                   InstallationResult *ret);
