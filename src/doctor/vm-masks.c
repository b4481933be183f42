/* SPDX-License-Identifier: MIT */

#include "base/text.h"
#include "doctor/darwin.h"
#include "doctor/vm-checks.h"
#include "doctor/vm-value.h"

/* macOS asks the processor for its maker; with these it is told of an Intel Core of 2008. */
static const struct {
        unsigned leaf;
        const char *name, *value;
        bool vendor; /* one of "GenuineIntel"'s three parts, without which the rest is in vain */
} masks[] = {
        {0, "eax", "0000:0000:0000:0000:0000:0000:0000:1011", false},
        {0, "ebx", "0111:0101:0110:1110:0110:0101:0100:0111", true},
        {0, "ecx", "0110:1100:0110:0101:0111:0100:0110:1110", true},
        {0, "edx", "0100:1001:0110:0101:0110:1110:0110:1001", true},
        {1, "eax", "0000:0000:0000:0001:0000:0110:0111:0001", false},
        {1, "ebx", "0000:0010:0000:0001:0000:1000:0000:0000", false},
        {1, "ecx", "1000:0010:1001:1000:0010:0010:0000:0011", false},
        {1, "edx", "0000:0111:1000:1011:1111:1011:1111:1111", false},
};

/* Takes a hexadecimal number of leading digits and the dot behind it. */
static bool take_number(const char **at, const char *end, unsigned *ret)
{
        const char *from = *at;

        for (*ret = 0; *at < end && **at != '.'; (*at)++) {
                const char *digits = "0123456789abcdef", *digit = strchr(digits, **at | 0x20);

                if (!digit || !*digit || *at - from >= 8)
                        return false;
                *ret = *ret << 4 | (unsigned)(digit - digits);
        }
        return *at > from && *at < end && (*at)++;
}

static bool take_text(const char **at, const char *end, const char *text)
{
        size_t size = strlen(text);

        if ((size_t)(end - *at) < size || !text_same_ascii(*at, text, size))
                return false;
        *at += size;
        return true;
}

/* cpuid.LEAF.REGISTER or cpuid.LEAF.SUBLEAF.REGISTER, for every processor or for AMD's. */
static bool line_is_mask(const DictionaryLine *line, size_t mask, bool *ret_subleaf)
{
        const char *at = line->text + line->name, *end = at + line->name_size, *leaf_end;
        unsigned leaf, subleaf = 0;

        if (!dictionary_line_is_setting(line) || !take_text(&at, end, "cpuid.") ||
            !take_number(&at, end, &leaf) || leaf != masks[mask].leaf)
                return false;
        leaf_end = at;
        *ret_subleaf = take_number(&at, end, &subleaf);
        if (!*ret_subleaf)
                at = leaf_end;
        return (!*ret_subleaf || subleaf == 0) && take_text(&at, end, masks[mask].name) &&
               (at == end || (take_text(&at, end, ".amd") && at == end));
}

/* The line that sets a mask, in the one spelling or the other; `count` when none does. */
static size_t mask_find(const Vm *vm, size_t mask, bool *ret_subleaf)
{
        for (size_t i = 0; i < vm->file->count; i++)
                if (line_is_mask(&vm->file->lines[i], mask, ret_subleaf))
                        return i;
        return vm->file->count;
}

/* Colons only group the digits. */
static bool same_digits(const char *a, const char *b)
{
        for (;; a++, b++) {
                while (*a == ':')
                        a++;
                while (*b == ':')
                        b++;
                if (*a != *b || *a == '\0')
                        return *a == *b;
        }
}

typedef struct MasksFound {
        size_t set;         /* how many there are, whatever they are */
        size_t vendor;      /* how many of the vendor's are right */
        bool other_vendor;  /* one of them is set, and to something else */
        bool has_subleaves; /* they are written as leaf.subleaf.register */
        bool has_model;     /* cpuid.1.eax is set */
        size_t strange;     /* the first that is set and not as it is known, else their count */
        unsigned strange_line;
} MasksFound;

#define MODEL 4U /* of masks[]: cpuid.1.eax */

static void mask_count(MasksFound *found, size_t mask, const char *value, unsigned line)
{
        bool known = same_digits(value, masks[mask].value);

        found->set++;
        found->vendor += masks[mask].vendor && known;
        found->other_vendor |= masks[mask].vendor && !known;
        found->has_model |= mask == MODEL;
        if (!known && found->strange == ARRAY_SIZE(masks)) {
                found->strange = mask;
                found->strange_line = line;
        }
}

static int masks_look(const Vm *vm, MasksFound *ret)
{
        for (size_t i = 0; i < ARRAY_SIZE(masks); i++) {
                _cleanup_free_ char *value = NULL;
                bool subleaf = false;
                size_t index = mask_find(vm, i, &subleaf);
                int r;

                if (index == vm->file->count)
                        continue;
                r = dictionary_line_value(&vm->file->lines[index], &value);
                if (r < 0)
                        return r;
                ret->has_subleaves |= subleaf;
                mask_count(ret, i, value, vm->file->lines[index].number);
        }
        return 0;
}

/* Adds those that no line sets, spelled as the others are. */
static int masks_add(const Vm *vm, bool subleaves)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(masks); i++) {
                char key[32];
                bool ignored;

                if (mask_find(vm, i, &ignored) < vm->file->count)
                        continue;
                text_put(key, sizeof(key), "cpuid.%u.%s%s", masks[i].leaf, subleaves ? "0." : "",
                         masks[i].name);
                r = vm_want(vm, key, masks[i].value);
        }
        return r;
}

/* What is absent is off. */
static int check_switches(const Vm *vm)
{
        static const char *const keys[] = {"vhv.enable", "vpmc.enable", "vvtd.enable"};

        for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
                _cleanup_(vm_value_done) VmValue value = {};
                int r = vm_value(vm, keys[i], &value);

                if (r < 0)
                        return r;
                if (vm_value_flag(&value) != VM_FLAG_TRUE)
                        continue;
                r = checks_add_at(vm->checks, value.line, CHECK_ID_MASKS, CHECK_PROBLEM, VM_FIX,
                                  "%s is %s: macOS does not run on AMD with it", keys[i],
                                  vm_value_words(&value));
                if (r >= 0)
                        r = vm_want(vm, keys[i], "FALSE");
                if (r < 0)
                        return r;
        }
        return 0;
}

#define ANEW                                                                                 \
        "if macOS does not start, remove the cpuid lines and run `unlockerctl doctor --fix " \
        "VM.vmx`"

/* The vendor is right: the rest is as it is known, or may do. */
static int report_masks(const Vm *vm, const MasksFound *found)
{
        int r;

        if (found->strange == ARRAY_SIZE(masks) && found->has_model)
                return checks_add(vm->checks, CHECK_ID_MASKS, CHECK_OK, NULL,
                                  "the CPUID masks for AMD are set (%zu of %zu)", found->set,
                                  ARRAY_SIZE(masks));
        if (found->strange < ARRAY_SIZE(masks))
                r = checks_add_at(vm->checks, found->strange_line, CHECK_ID_MASKS, CHECK_WARNING,
                                  ANEW, "line %u: cpuid.%u.%s is not the known mask",
                                  found->strange_line, masks[found->strange].leaf,
                                  masks[found->strange].name);
        else
                r = checks_add(vm->checks, CHECK_ID_MASKS, CHECK_OK, NULL,
                               "the CPUID masks have the vendor, but not the model (cpuid.1.eax)");
        if (r >= 0)
                checks_mark_doubtful(vm->checks);
        return r;
}

int vm_check_masks(const Vm *vm)
{
        MasksFound found = {.strange = ARRAY_SIZE(masks)};
        int r = 0;

        if (vm->machine->vendor != CPU_AMD || vm->darwin >= DARWIN_MACOS_13)
                return 0;
        r = masks_look(vm, &found);
        if (r < 0)
                return r;
        if (found.vendor == 3)
                r = report_masks(vm, &found);
        else if (found.other_vendor)
                r = checks_add(vm->checks, CHECK_ID_MASKS, CHECK_PROBLEM,
                               "remove the cpuid lines and run `unlockerctl doctor --fix VM.vmx`",
                               "the CPUID masks of the vendor do not say GenuineIntel");
        else
                r = checks_add(vm->checks, CHECK_ID_MASKS, CHECK_PROBLEM, VM_FIX,
                               "%zu of the %zu CPUID masks that macOS needs on AMD are missing",
                               ARRAY_SIZE(masks) - found.set, ARRAY_SIZE(masks));
        if (r >= 0 && found.vendor < 3 && !found.other_vendor)
                r = masks_add(vm, found.has_subleaves);
        return r < 0 ? r : check_switches(vm);
}
