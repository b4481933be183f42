/* SPDX-License-Identifier: MIT */

#include "ctl/render/running-vms.h"
#include "ctl/terminal/output.h"

int vms_text_say(const Context *context, const char *name, const RunningVms *vms)
{
        for (size_t i = 0; i < vms->count; i++) {
                const RunningVm *vm = &vms->items[i];

                output_say(context, TONE_PLAIN,
                           "%s %s is in use by %s (pid %d): takes effect when this VM starts "
                           "next.",
                           output_bullet(context), name, vm->vmx ? vm->vmx : "a VM", (int)vm->pid);
        }
        return 0;
}

void vms_json_add(Json *parent, const char *key, const RunningVms *vms)
{
        Json *list = json_add_array(parent, key);

        for (size_t i = 0; i < vms->count; i++) {
                Json *item = json_add_object(list, NULL);

                json_add_number(item, "pid", (uint64_t)vms->items[i].pid);
                json_add_text(item, "vmx", vms->items[i].vmx);
                json_add_flag(item, "outdated", vms->items[i].outdated);
        }
}
