/* SPDX-License-Identifier: MIT */

#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "ctl/work/foreign.h"

bool name_is_of_vmware(const char *path)
{
        static const char *const names[] = {"vmx", "vmware-vmx", "libvmkctl.so", "libvmwarebase",
                                            "vmwarebase.dll"};
        const char *name = text_after_slash(path);

        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
                size_t size = strlen(names[i]);

                if (text_same_ascii(name, names[i], size) && !isalnum((unsigned char)name[size]))
                        return true;
        }
        return false;
}

bool reason_is_foreign(Reason reason)
{
        switch (reason) {
        case REASON_IMAGE_FORMAT:
        case REASON_IMAGE_MACHINE:
        case REASON_IMAGE_TRUNCATED:
        case REASON_IMAGE_SEGMENTS:
        case REASON_IMAGE_DYNAMIC:
        case REASON_IMAGE_HEADERS:
        case REASON_IMAGE_SECTIONS:
        case REASON_IMAGE_FIXUPS:
        case REASON_SMC_NONE:
        case REASON_GOS_NONE:
        case REASON_GOS_STRAY:
        case REASON_NOT_REGULAR:
                return true;
        default:
                return false;
        }
}

void fault_advise_named(Fault *fault, const char *path)
{
        bool is_format = fault->reason == REASON_IMAGE_FORMAT;

        if (fault->todo)
                return;
        if ((fault->reason == REASON_SMC_NONE || is_format) && !name_is_of_vmware(path))
                fault->todo = "this is no file that VMware ships, and needs no report";
        else if (is_format)
                fault->todo = "of a script, name the program that it starts; copy another file "
                              "again, or reinstall VMware";
        else if (fault->reason == REASON_NOT_REGULAR)
                fault->todo = "name another file";
        else
                fault_advise(fault, "copy it again, or reinstall VMware");
}

void fault_advise(Fault *fault, const char *todo)
{
        if (text_find_ascii(reason_text(fault->reason)->todo, "reinstall VMware"))
                fault->todo = todo;
}
