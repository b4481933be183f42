/* SPDX-License-Identifier: MIT */

/* A virtual machine is read, and judged. */

#include "base/text.h"
#include "ctl/verbs/doctor.h"
#include "doctor/vm-checks.h"
#include "doctor/vm-kind.h"

void vm_diagnosis_done(VmDiagnosis *diagnosis)
{
        vm_files_done(&diagnosis->files);
        dictionary_done(&diagnosis->file);
        dictionary_done(&diagnosis->fixed);
        checks_done(&diagnosis->checks);
        *diagnosis = VM_DIAGNOSIS_NONE;
}

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

static int vm_classify(VmDiagnosis *diagnosis)
{
        _cleanup_(vm_done) Vm vm = {.file = &diagnosis->file};
        int r = vm_find_kind(&vm);

        diagnosis->kind = vm.kind;
        return r;
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
        if (r >= 0)
                r = vm_classify(vm);
        return r >= 0 ? 0 : fault_set(fault, r, REASON_VMX, "%s", vm->files.path);
}

int vm_open(const char *path, VmDiagnosis *ret, Fault *fault)
{
        _cleanup_(vm_diagnosis_done) VmDiagnosis vm = VM_DIAGNOSIS_NONE;
        int r = vm_files_read(path, &vm.files, fault);

        if (r >= 0)
                r = vm_parse(&vm, fault);
        if (r < 0)
                return r;
        *ret = vm;
        vm = VM_DIAGNOSIS_NONE;
        return 0;
}

/* Whether the corrected copy has other bytes. */
static int vm_compare(VmDiagnosis *vm)
{
        _cleanup_free_ char *fixed = NULL;
        size_t size;
        int r = dictionary_text(&vm->fixed, &fixed, &size);

        if (r >= 0)
                vm->is_fixable = size != vm->files.size || memcmp(fixed, vm->files.text, size) != 0;
        return r;
}

int vm_judge(VmDiagnosis *diagnosis, const Machine *machine)
{
        _cleanup_(vm_done) Vm vm = {
                .file = &diagnosis->file,
                .machine = machine,
                .was_started = diagnosis->files.was_started,
                .is_open = vm_files_are_locked(&diagnosis->files),
                .fixed = &diagnosis->fixed,
                .checks = &diagnosis->checks,
        };
        int r = vm_find_kind(&vm);

        diagnosis->checks.file = diagnosis->files.path;
        if (r >= 0)
                r = vm_check(&vm);
        diagnosis->checks.file = diagnosis->files.log_path;
        if (r >= 0 && diagnosis->files.log && vm.kind != VM_KIND_OTHER)
                r = vm_check_log(&vm, diagnosis->files.log,
                                 vm_files_log_age(&diagnosis->files, &machine->vmware_changed));
        diagnosis->suspended = vm.suspended;
        diagnosis->is_encrypted = vm.encrypted_line > 0;
        diagnosis->is_open = vm.is_open;
        return r < 0 ? r : vm_compare(diagnosis);
}
