/* SPDX-License-Identifier: MIT */

/* unlockerctl doctor: is this machine, and this virtual machine, fit for macOS? */

#include <stdio.h>

#include "base/log.h"
#include "ctl/complain.h"
#include "ctl/doctor.h"
#include "ctl/output.h"
#include "ctl/verb.h"
#include "doctor/unit.h"
#include "doctor/vm.h"

#define PATH_UNIT "vmware-unlocker.path"

void vm_diagnosis_done(VmDiagnosis *diagnosis)
{
        vm_files_done(&diagnosis->files);
        checks_done(&diagnosis->checks);
        free(diagnosis->fixed);
        *diagnosis = VM_DIAGNOSIS_NONE;
}

/* A machine --------------------------------------------------------------------------------------
 */

static int check_patched(const Standing *standing, Checks *checks)
{
        _cleanup_free_ char *summary = NULL;
        int r = standing_summary(standing, &summary);

        if (r < 0)
                return r;
        summary[strcspn(summary, ";")] = '\0';
        switch (standing_exit_status(standing)) {
        case EXIT_DONE:
                return checks_add(checks, "patched", CHECK_OK, NULL, "%s", summary);
        case EXIT_NO_VMWARE:
                return checks_add(checks, "patched", CHECK_PROBLEM,
                                  "install VMware Workstation or Player", "%s", summary);
        default:
                return checks_add(checks, "patched", CHECK_PROBLEM,
                                  "run `sudo unlockerctl patch`, then `unlockerctl status`", "%s",
                                  summary);
        }
}

static int check_hold(const Standing *standing, Checks *checks)
{
        if (standing->held)
                return checks_add(checks, "hold", CHECK_WARNING,
                                  "run `sudo unlockerctl release` to allow it again",
                                  "automatic patching is on hold");
        return checks_add(checks, "hold", CHECK_OK, NULL, "automatic patching is allowed");
}

static int check_unit(const Root *root, Checks *checks)
{
        const char *todo = "run `sudo systemctl enable --now " PATH_UNIT "`";
        UnitState state = unit_state(root, PATH_UNIT);

        if (state.enabled && (state.active || !state.running))
                return checks_add(checks, "unit", CHECK_OK, NULL,
                                  "VMware's updates are patched by themselves");
        if (state.enabled || state.active)
                return checks_add(checks, "unit", CHECK_WARNING, todo,
                                  PATH_UNIT " is %s: VMware's updates are %s",
                                  state.enabled ? "enabled but not active" : "active, not enabled",
                                  state.enabled ? "not seen now" : "seen until the next boot only");
        return checks_add(checks, "unit", CHECK_WARNING,
                          root_is_host(root) && !state.running
                                  ? "run `sudo unlockerctl patch` after each update of VMware"
                                  : todo,
                          "%s: after an update VMware is not patched by itself",
                          root_is_host(root) && !state.running ? "systemd does not run here"
                                                               : PATH_UNIT " is not enabled");
}

static int check_root(const Root *root, const Machine *machine, Checks *checks)
{
        _cleanup_(standing_done) Standing standing = {};
        int r = standing_of_root(root->path, &standing);

        if (r >= 0)
                r = machine_check(machine, standing.survey_count > 0, checks);
        if (r >= 0)
                r = check_patched(&standing, checks);
        if (r >= 0)
                r = check_hold(&standing, checks);
        return r < 0 ? r : check_unit(root, checks);
}

/* A virtual machine ------------------------------------------------------------------------------
 */

int vm_diagnose(const char *path, const Machine *machine, VmDiagnosis *ret, Fault *fault)
{
        _cleanup_(vm_diagnosis_done) VmDiagnosis vm = VM_DIAGNOSIS_NONE;
        _cleanup_(vmx_done) VmxFile file = {}, fixed = {};
        int r = vm_files_read(path, &vm.files, fault);

        if (r >= 0)
                r = vmx_parse(vm.files.text, vm.files.size, path, &file, fault);
        if (r >= 0)
                r = vmx_parse(vm.files.text, vm.files.size, path, &fixed, fault);
        if (r < 0)
                return r;
        r = vm_check(&file, machine, &vm.checks, &fixed);
        if (r >= 0 && vm.files.log)
                r = vm_check_log(vm.files.log, vm.files.log_is_old, &vm.checks);
        if (r >= 0)
                r = vmx_text(&fixed, &vm.fixed, &vm.fixed_size);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", path);
        if (vm.fixed_size == vm.files.size && memcmp(vm.fixed, vm.files.text, vm.files.size) == 0)
                vm.fixed = (free(vm.fixed), NULL);
        *ret = vm;
        vm = VM_DIAGNOSIS_NONE;
        return 0;
}

static ExitStatus status_of(const Checks *checks)
{
        return checks_worst(checks) == CHECK_PROBLEM ? EXIT_DEGRADED : EXIT_DONE;
}

static void vm_json_add(Json *list, const VmDiagnosis *vm, bool changed)
{
        Json *item = json_add_object(list, NULL);

        json_add_text(item, "path", vm->files.path);
        json_add_flag(item, "fixable", vm->fixed != NULL);
        json_add_flag(item, "changed", changed);
        checks_json_add(item, &vm->checks);
}

/* One VM: 0 or an ExitStatus, or -ENOMEM. */
static int examine_vm(const Context *context, const char *path, const Machine *machine, Json *list)
{
        _cleanup_(vm_diagnosis_done) VmDiagnosis vm = VM_DIAGNOSIS_NONE;
        Fault fault = FAULT_NONE;
        ExitStatus status = EXIT_DONE;
        bool changed = false;
        int r = vm_diagnose(path, machine, &vm, &fault);

        if (r == -ENOMEM)
                return r;
        if (r < 0) {
                complain(&fault, r, path, "cannot examine");
                return EXIT_FAILED;
        }
        if (context_option(context, "fix")) {
                r = vm_fix(context, &vm, machine, &changed);
                if (r < 0)
                        return r;
                status = (ExitStatus)r;
        }
        if (context->json)
                vm_json_add(list, &vm, changed);
        else if (!context->quiet)
                checks_show(context, path, &vm.checks);
        return (int)exit_status_worse(status, status_of(&vm.checks));
}

/* The whole -------------------------------------------------------------------------------------
 */

static int examine_root(const Context *context, const char *path, Json *list, Machine *ret)
{
        _cleanup_(root_done) Root root = ROOT_NONE;
        _cleanup_(checks_done) Checks checks = {};
        Fault fault = FAULT_NONE;
        Json *item;
        int r = root_open(path, &root, &fault);

        if (r < 0) {
                complain(&fault, r, path, "cannot examine");
                return EXIT_FAILED;
        }
        r = machine_read(&root, ret);
        if (r >= 0)
                r = check_root(&root, ret, &checks);
        if (r < 0)
                return r;
        if (context->json) {
                item = json_add_object(list, NULL);
                json_add_text(item, "root", path);
                checks_json_add(item, &checks);
        } else if (!context->quiet) {
                checks_show(context, root_is_host(&root) ? "This computer" : path, &checks);
        }
        return (int)status_of(&checks);
}

static void show_summary(const Context *context, ExitStatus status)
{
        if (context->json || context->quiet)
                return;
        if (status == EXIT_DONE)
                output_line(context, TONE_GOOD, "Nothing keeps macOS from running.");
        else if (status == EXIT_DEGRADED)
                output_line(context, TONE_WARN, "macOS will not run as things stand.");
        output_line(context, TONE_PLAIN, "vmware-unlocker(7) explains each check by its name.");
}

static int run_doctor(Context *context, int count, char **arguments)
{
        _cleanup_(json_freep) Json *json = json_new();
        Json *roots = json_add_array(json, "roots"), *vms = json_add_array(json, "vms");
        _cleanup_(machine_done) Machine machine = MACHINE_NONE;
        int status = EXIT_DONE, r = 0;

        if (context_option(context, "fix") && count == 0) {
                log_line(LOG_ERR, "unlockerctl: --fix needs a VM.vmx: see `unlockerctl doctor "
                                  "--help`");
                return EXIT_USAGE;
        }
        for (size_t i = 0; r >= 0 && i < context->roots.count; i++) {
                machine_done(&machine);
                r = examine_root(context, context->roots.items[i], roots, &machine);
                if (r >= 0)
                        status = (int)exit_status_worse((ExitStatus)status, (ExitStatus)r);
        }
        for (int i = 0; r >= 0 && i < count; i++) {
                r = examine_vm(context, arguments[i], &machine, vms);
                if (r >= 0)
                        status = (int)exit_status_worse((ExitStatus)status, (ExitStatus)r);
        }
        if (r < 0)
                return r;
        show_summary(context, (ExitStatus)status);
        if (!context->json)
                return status;
        json_add_signed(json, "exit_status", status);
        r = json_print(context, json);
        return r < 0 ? r : status;
}

static const Option options[] = {
        {"fix", 0, NULL, "Show what would set the VM right, ask, and change it"},
        {"yes", 'y', NULL, "With --fix: do not ask"},
        {},
};

const Verb verb_doctor = {
        .name = "doctor",
        .arguments = "[VM.vmx...]",
        .summary = "Say whether computer and VM are fit for macOS",
        .description =
                "Looks at the processor, VMware's kernel module, the patch, and the unit that "
                "repeats it; with a VM.vmx, at what that says and at the vmware.log beside it. "
                "Each line is ok, a warning or a problem, with what to do.\n"
                "Exits 3 when there is a problem.",
        .options = options,
        .maximum_arguments = SIZE_MAX,
        .run = run_doctor,
};
