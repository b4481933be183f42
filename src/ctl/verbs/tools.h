/* SPDX-License-Identifier: MIT */
#pragma once

/* The parts of `unlockerctl tools`: what is there, and putting images there. */

#include "ctl/frame/context.h"
#include "ctl/frame/exit-status.h"
#include "ctl/render/json.h"
#include "swap/session.h"

/* One session per root that has an installation. */
typedef struct ToolsRoots {
        Session **items;
        size_t count;
} ToolsRoots;

/* Adds to `json`, or prints as text when it is NULL, what is in each installation's isoimages. An
 * ExitStatus, or -ENOMEM. */
_nodiscard_ int tools_status(const Context *context, const ToolsRoots *roots, Json *json);

/* Looks for images in each source, and puts those of macOS into every installation; says what was
 * done, and adds it to `images`. `limit_ms` as session_lock() takes it. An ExitStatus, or -ENOMEM.
 */
_nodiscard_ int tools_install(Context *context, const ToolsRoots *roots, int limit_ms, int count,
                              char **sources, Json *images);
