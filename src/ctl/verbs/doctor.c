/* SPDX-License-Identifier: MIT */

/* unlockerctl doctor: is this machine, and this virtual machine, fit for macOS? */

#include "ctl/verbs/doctor.h"
#include "ctl/frame/context.h"
#include "ctl/render/failure.h"
#include "ctl/render/usage.h"
#include "ctl/terminal/errors.h"
#include "ctl/terminal/output.h"
#include "ctl/verbs/verbs.h"

static ExitStatus diagnosis_status(const Checks *checks)
{
        return checks_worst(checks) == CHECK_PROBLEM ? EXIT_DEGRADED : EXIT_DONE;
}

/* Of an encrypted one, or of another guest, nothing could be judged. */
static ExitStatus vm_status(const VmDiagnosis *vm)
{
        return vm_is_judged(vm) ? diagnosis_status(&vm->checks) : EXIT_DEGRADED;
}

/* Whether --fix would change it. */
static bool vm_would_change(const VmDiagnosis *vm)
{
        return vm->is_fixable && vm_fix_refusal(vm) == REASON_NONE;
}

/* The whole -------------------------------------------------------------------------------------
 */

/* A VM that was named. */
typedef struct Patient {
        const char *path; /* as it was given; borrowed */
        int error;        /* why it could not be read, with `fault` */
        Fault fault;
        VmDiagnosis diagnosis;
} Patient;

typedef struct Doctor {
        const Context *context;
        Patient *patients;
        size_t count;
        Machine machine;
        Checks computer; /* of the last root */
        Json *roots, *vms;
} Doctor;

static void doctor_forget_root(Doctor *doctor)
{
        machine_done(&doctor->machine);
        checks_done(&doctor->computer);
}

static void doctor_done(Doctor *doctor)
{
        for (size_t i = 0; i < doctor->count; i++)
                vm_diagnosis_done(&doctor->patients[i].diagnosis);
        free(doctor->patients);
        doctor_forget_root(doctor);
}

/* Reads the VMs; one that cannot be read is told of when its turn comes. */
static int doctor_read(Doctor *doctor, char **paths, size_t count)
{
        doctor->patients = calloc(count + 1, sizeof(*doctor->patients));
        if (!doctor->patients)
                return -ENOMEM;
        for (; doctor->count < count; doctor->count++) {
                Patient *patient = &doctor->patients[doctor->count];

                *patient = (Patient){.path = paths[doctor->count],
                                     .fault = FAULT_NONE,
                                     .diagnosis = VM_DIAGNOSIS_NONE};
                patient->error = vm_open(patient->path, &patient->diagnosis, &patient->fault);
                if (patient->error == -ENOMEM)
                        return -ENOMEM;
        }
        return 0;
}

/* Whether a VM that is named, or one that may come, needs the patch: OpenCore does not. */
static bool doctor_needs_patch(const Doctor *doctor)
{
        bool needs = doctor->count == 0;

        for (size_t i = 0; i < doctor->count; i++)
                needs = needs || doctor->patients[i].error < 0 ||
                        doctor->patients[i].diagnosis.kind != VM_KIND_OPENCORE;
        return needs;
}

/* One root: an ExitStatus, or -ENOMEM. */
static int examine_root(Doctor *doctor, const char *path)
{
        _cleanup_(root_done) Root root = ROOT_NONE;
        Fault fault = FAULT_NONE;
        Json *item;
        int r;

        complain_in_root(path);
        r = root_open(path, &root, &fault);
        if (r < 0) {
                complain(&fault, r, path, "cannot examine");
                failure_add_root(doctor->roots, path, &fault);
                return EXIT_FAILED;
        }
        doctor_forget_root(doctor);
        r = machine_read(&root, &doctor->machine);
        if (r >= 0)
                r = computer_check(&root, doctor_needs_patch(doctor), &doctor->machine,
                                   &doctor->computer);
        if (r < 0)
                return r;
        if (doctor->context->json) {
                item = json_add_object(doctor->roots, NULL);
                json_add_text(item, "root", path);
                json_add_fault(item, &fault, NULL);
                checks_json_add(item, path, NULL, &doctor->computer);
        } else {
                computer_show(doctor->context, path, root_is_host(&root) ? "This computer" : path,
                              &doctor->computer);
        }
        return (int)diagnosis_status(&doctor->computer);
}

/* The last root: the one that the VMs are judged for. */
static const char *doctor_root(const Doctor *doctor)
{
        return doctor->context->roots.items[doctor->context->roots.count - 1];
}

static void vm_json_add(const Doctor *doctor, const VmDiagnosis *vm, bool changed,
                        const Fault *fault)
{
        Json *item = json_add_object(doctor->vms, NULL);

        json_add_text(item, "path", vm->files.path);
        json_add_text(item, "kind", vm_kind_name(vm->kind));
        json_add_flag(item, "suspended", vm->suspended);
        json_add_flag(item, "fixable", vm_would_change(vm));
        json_add_flag(item, "changed", changed);
        json_add_fault(item, fault, vm->files.path);
        promise_json_add(item, &doctor->computer, vm);
        checks_json_add(item, doctor_root(doctor), vm->files.path, &vm->checks);
}

static int refuse_vm(Doctor *doctor, Patient *patient)
{
        Json *item;

        complain(&patient->fault, patient->error, patient->path, "cannot examine");
        item = json_add_object(doctor->vms, NULL);
        json_add_text(item, "path", patient->path);
        json_add_fault(item, &patient->fault, patient->path);
        return EXIT_FAILED;
}

/* One VM: an ExitStatus, or -ENOMEM. */
static int examine_vm(Doctor *doctor, Patient *patient)
{
        const Context *context = doctor->context;
        VmDiagnosis *vm = &patient->diagnosis;
        ExitStatus status = EXIT_DONE;
        bool changed = false;
        int r;

        if (patient->error < 0)
                return refuse_vm(doctor, patient);
        r = vm_judge(vm, &doctor->machine);
        if (r >= 0 && context_option(context, "fix")) {
                r = vm_fix(context, vm, &doctor->machine, &changed, &patient->fault);
                status = r < 0 ? EXIT_FAILED : (ExitStatus)r;
        }
        if (r < 0)
                return r;
        if (context->json)
                vm_json_add(doctor, vm, changed, &patient->fault);
        else
                vm_show(context, doctor_root(doctor), &doctor->computer, vm, vm_would_change(vm),
                        doctor->count > 1);
        return (int)exit_status_worse(status, vm_status(vm));
}

/* Each machine that could be read has its sentence; without any, the computer. */
static void show_summary(const Doctor *doctor, ExitStatus status)
{
        if (doctor->context->json)
                return;
        if (doctor->count == 0 && (status == EXIT_DONE || status == EXIT_DEGRADED))
                promise_show(doctor->context, &doctor->computer, NULL, NULL);
        for (size_t i = 0; i < doctor->count; i++) {
                const VmDiagnosis *vm = &doctor->patients[i].diagnosis;

                if (vm->checks.count > 0)
                        promise_show(doctor->context, &doctor->computer, vm,
                                     doctor->count > 1 ? vm->files.path : NULL);
        }
        output_line(doctor->context, TONE_PLAIN,
                    "vmware-unlocker(7) explains each check by its name.");
}

static int examine_all(Doctor *doctor)
{
        const Texts *roots = &doctor->context->roots;
        int status = EXIT_DONE, r = 0;

        for (size_t i = 0; r >= 0 && i < roots->count + doctor->count; i++) {
                r = i < roots->count ? examine_root(doctor, roots->items[i])
                                     : examine_vm(doctor, &doctor->patients[i - roots->count]);
                if (r >= 0)
                        status = (int)exit_status_worse((ExitStatus)status, (ExitStatus)r);
        }
        if (r < 0)
                return r;
        show_summary(doctor, (ExitStatus)status);
        return status;
}

static int run_doctor(Context *context, int count, char **arguments)
{
        _cleanup_(json_freep) Json *json = json_new();
        _cleanup_(doctor_done) Doctor doctor = {.context = context, .machine = MACHINE_NONE};
        int status, r;

        if (usage_lacks(context, "yes", "fix", &r))
                return r;
        if (context_option(context, "fix") && count == 0)
                return usage_wrong(context, "--fix needs a VM.vmx");
        doctor.roots = json_add_array(json, "roots");
        doctor.vms = json_add_array(json, "vms");
        r = doctor_read(&doctor, arguments, (size_t)count);
        status = r < 0 ? r : examine_all(&doctor);
        if (status < 0 || !context->json)
                return status;
        return json_finish(context, json, status);
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
        .doing = "Checking this computer",
        .description =
                "Checks the processor, VMware's kernel modules, the patch, and the unit that "
                "repeats it; with a VM.vmx (or its directory), its settings and the vmware.log "
                "beside it. Each line is ok, a hint, a warning or a problem, with what "
                "to do.\n"
                "Exits 3 when there is a problem, or a VM that cannot be judged.",
        .options = options,
        .maximum_arguments = SIZE_MAX,
        .changes = true,
        .run = run_doctor,
};
