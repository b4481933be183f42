/* SPDX-License-Identifier: MIT */

#include "base/text.h"
#include "doctor/modules.h"

#define BUILD                                                                          \
        "run `sudo vmware-modconfig --console --install-all`; on a kernel newer than " \
        "VMware, build the community's vmware-host-modules"
#define LOAD "run `sudo modprobe -a vmmon vmnet`"
#define SIGN                                                                                \
        "sign the module with a key enrolled by `sudo mokutil --import`, or switch Secure " \
        "Boot off"
#define RELOAD "run `sudo modprobe -r vmmon vmnet`, then `sudo modprobe -a vmmon vmnet`"

/* Without vmnet a VM starts, but has no network. */
static CheckLevel level_without(const Module *module)
{
        return text_equal(module->name, "vmmon") ? CHECK_PROBLEM : CHECK_WARNING;
}

static int check_missing(const Modules *all, const Module *module, CheckId id, Checks *checks)
{
        CheckLevel level = level_without(module);
        const ModuleFile *file = &module->newest;

        if (!all->release)
                return checks_add(checks, id, level, BUILD, "%s is not loaded: no VM starts",
                                  module->name);
        if (!file->path)
                return checks_add(checks, id, level, BUILD,
                                  "%s is not built for the running kernel %s", module->name,
                                  all->release);
        if (all->signed_only && file->readable && !file->is_signed)
                return checks_add(checks, id, level, SIGN,
                                  "%s is built but unsigned: Secure Boot or lockdown refuses it",
                                  module->name);
        return checks_add(checks, id, level,
                          all->signed_only ? LOAD "; if it is refused, " SIGN : LOAD,
                          "%s is built but not loaded", module->name);
}

/* The loaded one against the file that the next start will load. */
static int check_loaded(const Module *module, CheckId id, Checks *checks)
{
        const ModuleFile *file = &module->newest;
        bool other_version =
                module->version && file->version && !text_equal(module->version, file->version);

        if (other_version)
                return checks_add(checks, id, level_without(module), RELOAD,
                                  "the loaded %s is version %s, of another VMware: %s is %s",
                                  module->name, module->version, file->path, file->version);
        if (module->other)
                return checks_add(checks, id, CHECK_WARNING,
                                  "remove the older file, run `sudo depmod`, and load it again",
                                  "%s is loaded from %s, but %s is newer", module->name,
                                  module->other, file->path);
        if (module->source && file->source && !text_equal(module->source, file->source))
                return checks_add(checks, id, CHECK_WARNING, RELOAD,
                                  "the loaded %s is not the one in %s", module->name, file->path);
        return checks_add(checks, id, CHECK_OK, NULL, "%s is loaded%s%s", module->name,
                          module->version ? ", version " : "",
                          module->version ? module->version : "");
}

static int module_check(const Modules *all, const Module *module, CheckId id, Checks *checks)
{
        return module->loaded ? check_loaded(module, id, checks)
                              : check_missing(all, module, id, checks);
}

int modules_check(const Modules *modules, Checks *checks)
{
        int r;

        if (modules->vmmon.loaded && !modules->has_device)
                r = checks_add(checks, CHECK_ID_VMMON, CHECK_PROBLEM,
                               "run `sudo systemctl restart vmware`",
                               "vmmon is loaded, but there is no /dev/vmmon: no VM starts");
        else
                r = module_check(modules, &modules->vmmon, CHECK_ID_VMMON, checks);
        if (r < 0 || !modules->vmnet.known)
                return r;
        return module_check(modules, &modules->vmnet, CHECK_ID_VMNET, checks);
}
