/* SPDX-License-Identifier: MIT */
#pragma once

/* Running VMs, said to people and as JSON. */

#include "ctl/frame/context.h"
#include "ctl/render/json.h"
#include "host/running.h"

/* A line per VM: that what was done to `name` takes effect at its next start. -ENOMEM. */
_nodiscard_ int vms_text_say(const Context *context, const char *name, const RunningVms *vms);

/* [{"pid", "vmx", "outdated"}] */
void vms_json_add(Json *parent, const char *key, const RunningVms *vms);
