/* SPDX-License-Identifier: MIT */

/* unlockerctl doctor: is this machine, and this virtual machine, fit for macOS? */

#include "ctl/verbs/doctor.h"
#include "ctl/frame/context.h"
#include "ctl/render/failure.h"
#include "ctl/render/usage.h"
#include "ctl/terminal/errors.h"
#include "ctl/terminal/output.h"
#include "ctl/verbs/verbs.h"

void vm_diagnosis_done(VmDiagnosis *diagnosis)
{
        vm_files_done(&diagnosis->files);
        dictionary_done(&diagnosis->file);
        dictionary_done(&diagnosis->fixed);
        checks_done(&diagnosis->checks);
        *diagnosis = VM_DIAGNOSIS_NONE;
}

/* A virtual machine ------------------------------------------------------------------------------
 */

#define LFS_POINTER "version https://git-lfs.github.com/"

/* UTF-16: a byte order mark, or every second byte NUL. */
static bool is_utf16(const VmFiles *files)
{
        const char *text = files->text;

        if (files->size < 4)
                return false;
        return memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0 ||
               (!text[0] && !text[2]) || (!text[1] && !text[3]);
}

static bool is_binary(const VmFiles *files)
{
        for (size_t i = 0; i < files->size; i++)
                if ((unsigned char)files->text[i] < ' ' && !strchr("\t\n\v\f\r", files->text[i]))
                        return true;
        return memchr(files->text, '\0', files->size) != NULL;
}

/* What a file is that is no configuration, as an error. */
static int vm_not_configuration(const VmFiles *files)
{
        return files->size == 0                        ? -ENODATA
               : text_starts(files->text, LFS_POINTER) ? -ENOLINK
               : is_utf16(files)                       ? -EILSEQ
               : is_binary(files)                      ? -ENOEXEC
                                                       : -EBADMSG;
}

static int vm_parse(VmDiagnosis *vm, Fault *fault)
{
        int r = dictionary_parse(vm->files.text, vm->files.size, &vm->file, NULL);

        if (r >= 0)
                r = dictionary_parse(vm->files.text, vm->files.size, &vm->fixed, NULL);
        if (r >= 0 && !vm_is_configuration(&vm->file))
                r = -EBADMSG;
        if (r == -EBADMSG)
                r = vm_not_configuration(&vm->files);
        return r >= 0 ? 0
                      : fault_set(fault, r, r == -ENOMEM ? REASON_NO_MEMORY : REASON_VMX, "%s",
                                  vm->files.path);
}

static int vm_judge(VmDiagnosis *diagnosis, const Machine *machine)
{
        _cleanup_(vm_done) Vm vm = {
                .file = &diagnosis->file,
                .machine = machine,
                .was_started = diagnosis->files.was_started,
                .is_open = vm_files_are_locked(&diagnosis->files),
                .fixed = &diagnosis->fixed,
                .checks = &diagnosis->checks,
        };
        _cleanup_free_ char *fixed = NULL;
        size_t size;
        int r;

        diagnosis->checks.file = diagnosis->files.path;
        r = vm_check(&vm);
        diagnosis->checks.file = diagnosis->files.log_path;
        if (r >= 0 && diagnosis->files.log && vm.kind != VM_KIND_OTHER)
                r = vm_check_log(&vm, diagnosis->files.log,
                                 vm_files_log_age(&diagnosis->files, &machine->vmware_changed));
        if (r >= 0)
                r = dictionary_text(&diagnosis->fixed, &fixed, &size);
        if (r < 0)
                return r;
        diagnosis->kind = vm.kind;
        diagnosis->suspended = vm.suspended;
        diagnosis->is_open = vm.is_open;
        diagnosis->is_fixable =
                size != diagnosis->files.size || memcmp(fixed, diagnosis->files.text, size) != 0;
        return 0;
}

int vm_diagnose(const char *path, const Machine *machine, VmDiagnosis *ret, Fault *fault)
{
        _cleanup_(vm_diagnosis_done) VmDiagnosis vm = VM_DIAGNOSIS_NONE;
        int r = vm_files_read(path, &vm.files, fault);

        if (r >= 0)
                r = vm_parse(&vm, fault);
        if (r < 0)
                return r;
        r = vm_judge(&vm, machine);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", path);
        *ret = vm;
        vm = VM_DIAGNOSIS_NONE;
        return 0;
}

static ExitStatus status_of(const Checks *checks)
{
        return checks_worst(checks) == CHECK_PROBLEM ? EXIT_DEGRADED : EXIT_DONE;
}

/* Of an encrypted one, or of another guest, nothing could be judged. */
static ExitStatus vm_status(const VmDiagnosis *vm)
{
        return vm_is_judged(vm) ? status_of(&vm->checks) : EXIT_DEGRADED;
}

/* Whether --fix would change it. */
static bool vm_would_change(const VmDiagnosis *vm)
{
        return vm->is_fixable && vm_fix_refusal(vm) == REASON_NONE;
}

static void vm_json_add(Json *list, const Checks *computer, const VmDiagnosis *vm, bool changed,
                        const Fault *fault)
{
        Json *item = json_add_object(list, NULL);

        json_add_text(item, "path", vm->files.path);
        json_add_text(item, "kind", vm_kind_name(vm->kind));
        json_add_flag(item, "suspended", vm->suspended);
        json_add_flag(item, "fixable", vm_would_change(vm));
        json_add_flag(item, "changed", changed);
        json_add_fault(item, fault, vm->files.path);
        promise_json_add(item, computer, vm);
        checks_json_add(item, &vm->checks);
}

/* The whole -------------------------------------------------------------------------------------
 */

typedef struct Doctor {
        const Context *context;
        char **paths; /* of the VMs */
        size_t path_count;
        Machine machine;
        Checks computer; /* of the last root */
        Json *roots, *vms;
} Doctor;

static void doctor_done(Doctor *doctor)
{
        machine_done(&doctor->machine);
        checks_done(&doctor->computer);
}

/* Whether a VM that is named, or one that may come, needs the patch: OpenCore does not. */
static bool doctor_needs_patch(const Doctor *doctor)
{
        bool needs = doctor->path_count == 0;

        for (size_t i = 0; !needs && i < doctor->path_count; i++) {
                _cleanup_(vm_diagnosis_done) VmDiagnosis vm = VM_DIAGNOSIS_NONE;

                needs = vm_diagnose(doctor->paths[i], &doctor->machine, &vm, NULL) < 0 ||
                        vm.kind != VM_KIND_OPENCORE;
        }
        return needs;
}

/* One root: an ExitStatus, or -ENOMEM. */
static int examine_root(Doctor *doctor, const char *path)
{
        _cleanup_(root_done) Root root = ROOT_NONE;
        Fault fault = FAULT_NONE;
        Json *item;
        int r = root_open(path, &root, &fault);

        if (r < 0) {
                complain(&fault, r, path, "cannot examine");
                failure_add_root(doctor->roots, path, &fault);
                return EXIT_FAILED;
        }
        doctor_done(doctor);
        r = machine_read(&root, &doctor->machine);
        if (r >= 0)
                r = computer_check(&root, doctor_needs_patch(doctor), &doctor->machine,
                                   &doctor->computer);
        if (r < 0)
                return r;
        if (doctor->context->json) {
                item = json_add_object(doctor->roots, NULL);
                json_add_text(item, "root", path);
                checks_json_add(item, &doctor->computer);
        } else {
                checks_show(doctor->context, path, root_is_host(&root) ? "This computer" : path,
                            &doctor->computer, false);
        }
        return (int)status_of(&doctor->computer);
}

/* One VM: an ExitStatus, or -ENOMEM. */
static int examine_vm(Doctor *doctor, const char *path, VmDiagnosis *ret)
{
        const Context *context = doctor->context;
        Fault fault = FAULT_NONE;
        ExitStatus status = EXIT_DONE;
        bool changed = false;
        Json *item;
        int r = vm_diagnose(path, &doctor->machine, ret, &fault);

        if (r == -ENOMEM)
                return r;
        if (r < 0) {
                complain(&fault, r, path, "cannot examine");
                item = json_add_object(doctor->vms, NULL);
                json_add_text(item, "path", path);
                json_add_fault(item, &fault, path);
                return EXIT_FAILED;
        }
        if (context_option(context, "fix")) {
                r = vm_fix(context, ret, &doctor->machine, &changed, &fault);
                if (r < 0)
                        return r;
                status = (ExitStatus)r;
        }
        if (context->json)
                vm_json_add(doctor->vms, &doctor->computer, ret, changed, &fault);
        else
                checks_show(context, context->roots.items[context->roots.count - 1],
                            ret->files.path, &ret->checks, vm_would_change(ret));
        return (int)exit_status_worse(status, vm_status(ret));
}

/* Each machine that could be read has its sentence; without any, the computer. */
static void show_summary(const Doctor *doctor, const VmDiagnosis *vms, size_t count,
                         ExitStatus status)
{
        if (doctor->context->json)
                return;
        if (count == 0 && (status == EXIT_DONE || status == EXIT_DEGRADED))
                promise_show(doctor->context, &doctor->computer, NULL, NULL);
        for (size_t i = 0; i < count; i++)
                if (vms[i].checks.count > 0)
                        promise_show(doctor->context, &doctor->computer, &vms[i],
                                     count > 1 ? vms[i].files.path : NULL);
        output_line(doctor->context, TONE_PLAIN,
                    "vmware-unlocker(7) explains each check by its name.");
}

static int examine_all(Doctor *doctor, char **paths, size_t count, VmDiagnosis *vms)
{
        const Texts *roots = &doctor->context->roots;
        int status = EXIT_DONE, r = 0;

        for (size_t i = 0; r >= 0 && i < roots->count + count; i++) {
                r = i < roots->count
                            ? examine_root(doctor, roots->items[i])
                            : examine_vm(doctor, paths[i - roots->count], &vms[i - roots->count]);
                if (r >= 0)
                        status = (int)exit_status_worse((ExitStatus)status, (ExitStatus)r);
        }
        if (r < 0)
                return r;
        show_summary(doctor, vms, count, (ExitStatus)status);
        return status;
}

static int run_doctor(Context *context, int count, char **arguments)
{
        _cleanup_(json_freep) Json *json = json_new();
        _cleanup_(doctor_done) Doctor doctor = {.context = context,
                                                .paths = arguments,
                                                .path_count = (size_t)count,
                                                .machine = MACHINE_NONE};
        VmDiagnosis *vms;
        int status, r;

        if (usage_lacks(context, "yes", "fix", &r))
                return r;
        if (context_option(context, "fix") && count == 0)
                return usage_wrong(context, "--fix needs a VM.vmx");
        vms = calloc((size_t)count + 1, sizeof(*vms));
        if (!vms)
                return -ENOMEM;
        doctor.roots = json_add_array(json, "roots");
        doctor.vms = json_add_array(json, "vms");
        for (int i = 0; i < count; i++)
                vms[i] = VM_DIAGNOSIS_NONE;
        status = examine_all(&doctor, arguments, (size_t)count, vms);
        for (int i = 0; i < count; i++)
                vm_diagnosis_done(&vms[i]);
        free(vms);
        if (status < 0 || !context->json)
                return status;
        json_add_signed(json, "exit_status", status);
        r = json_print(context, json);
        return r < 0 ? r : status;
}

static const Option options[] = {
        {"fix", 0, NULL, "Show what would correct the VM, ask, and change it"},
        {"yes", 'y', NULL, "With --fix: do not ask"},
        {},
};

const Verb verb_doctor = {
        .name = "doctor",
        .arguments = "[VM.vmx...]",
        .summary = "Check whether computer and VM are fit for macOS",
        .description =
                "Checks the processor, VMware's kernel modules, the patch, and the unit that "
                "repeats it; with a VM.vmx (or its directory), its settings and the vmware.log "
                "beside it. Each line is ok, a warning or a problem, with what to do.\n"
                "Exits 3 when there is a problem, or a VM that cannot be judged.",
        .options = options,
        .maximum_arguments = SIZE_MAX,
        .run = run_doctor,
};
