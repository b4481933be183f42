/* SPDX-License-Identifier: MIT */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/tap.h"
#include "doctor/darwin.h"
#include "doctor/vm-checks.h"
#include "doctor/vm-kind.h"

static const Machine intel = {.vendor = CPU_INTEL, .avx2 = true, .virtualization = true};
static const Machine old_intel = {.vendor = CPU_INTEL, .virtualization = true};
static const Machine amd = {.vendor = CPU_AMD, .avx2 = true, .virtualization = true};

#define GOOD "firmware = \"efi\"\nsmc.present = \"TRUE\"\n"

/* A configuration that was read, and what came of it. */
typedef struct Bench {
        Dictionary file, fixed;
        Checks checks;
        Vm vm;
} Bench;

static Bench bench_make(const char *text, const Machine *machine, bool was_started)
{
        Bench bench = {};

        if (dictionary_parse(text, strlen(text), &bench.file, NULL) < 0 ||
            dictionary_parse(text, strlen(text), &bench.fixed, NULL) < 0)
                abort();
        bench.vm = (Vm){.machine = machine, .was_started = was_started};
        return bench;
}

static int bench_check(Bench *bench)
{
        bench->vm.file = &bench->file;
        bench->vm.fixed = &bench->fixed;
        bench->vm.checks = &bench->checks;
        return vm_find_kind(&bench->vm) < 0 ? -1 : vm_check(&bench->vm);
}

static void bench_done(Bench *bench)
{
        vm_done(&bench->vm);
        checks_done(&bench->checks);
        dictionary_done(&bench->file);
        dictionary_done(&bench->fixed);
}

/* Checks `text` on `machine`: the worst level of check `id` must be `level`, or the check not be
 * there (_CHECK_LEVEL_MAX); with `fixed`, that is what the text must become. */
static void judge_started(const char *text, const Machine *machine, bool was_started, CheckId id,
                          CheckLevel level, const char *fixed)
{
        _cleanup_(bench_done) Bench bench = bench_make(text, machine, was_started);
        _cleanup_free_ char *result = NULL;
        size_t size;

        REQUIRE(bench_check(&bench) == 0);
        for (size_t i = 0; i < bench.checks.count; i++)
                CHECK((bench.checks.items[i].level == CHECK_OK) == !bench.checks.items[i].todo);
        if (checks_level(&bench.checks, id) != level)
                printf("# %s of %s\n", check_id_name(id), text);
        CHECK_EQUAL(checks_level(&bench.checks, id), level);
        REQUIRE(dictionary_text(&bench.fixed, &result, &size) == 0);
        if (fixed)
                CHECK_TEXT(result, fixed);
}

static void judge(const char *text, const Machine *machine, CheckId id, CheckLevel level,
                  const char *fixed)
{
        judge_started(text, machine, false, id, level, fixed);
}

static void darwin_numbers(void)
{
        static const struct {
                const char *guest_os, *words;
        } known[] = {
                {"darwin10-64", "Mac OS X 10.6"},     {"darwin15-64", "Mac OS X 10.11"},
                {"darwin16-64", "macOS 10.12"},       {"darwin19-64", "macOS 10.15"},
                {"darwin20-64", "macOS 11"},          {"Darwin22-64", "macOS 13"},
                {"darwin24-64", "macOS 15"},          {"darwin25-64", "macOS 26"},
                {"darwin26-64", "macOS (Darwin 26)"}, {"darwin9", "Mac OS X 10.5"},
                {"darwin", "Mac OS X 10.5"},          {"DARWIN-64", "Mac OS X 10.5"},
                {"darwin8", "Mac OS X (Darwin 8)"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
                _cleanup_free_ char *words = NULL;

                REQUIRE(darwin_words(darwin_of_guest(known[i].guest_os), &words) == 0);
                CHECK_TEXT(words, known[i].words);
        }
        CHECK_EQUAL(darwin_of_guest(NULL), DARWIN_NONE);
        CHECK_EQUAL(darwin_of_guest("windows11-64"), DARWIN_NONE);
        CHECK_EQUAL(darwin_of_guest("darwin22-65"), DARWIN_NONE);
        CHECK_EQUAL(darwin_of_guest("darwin-6"), DARWIN_NONE);
        CHECK_EQUAL(darwin_of_guest("darwin 22"), DARWIN_NONE);
        CHECK_EQUAL(darwin_of_guest("darwin1234-64"), DARWIN_NONE);
}

static void guests_and_processors(void)
{
        judge("guestOS = \"darwin22-64\"\n" GOOD, &intel, CHECK_ID_GUEST, CHECK_OK, NULL);
        judge("guestOS = \"darwin22-64\"\n" GOOD, &old_intel, CHECK_ID_GUEST, CHECK_PROBLEM, NULL);
        judge("guestOS = \"darwin21-64\"\n" GOOD, &old_intel, CHECK_ID_GUEST, CHECK_OK, NULL);
        judge("guestOS = \"darwin22-64\"\n" GOOD, &amd, CHECK_ID_GUEST, CHECK_PROBLEM, NULL);
        judge("guestOS = \"darwin22-64\"\n" GOOD, &amd, CHECK_ID_MASKS, _CHECK_LEVEL_MAX, NULL);
        judge("guestOS = \"darwin22-64\"\n" GOOD, &MACHINE_NONE, CHECK_ID_GUEST, CHECK_OK, NULL);
        judge("guestOS = \"otherlinux-64\"\n", &amd, CHECK_ID_GUEST, CHECK_WARNING,
              "guestOS = \"otherlinux-64\"\n");
        judge("", &intel, CHECK_ID_GUEST, CHECK_WARNING, "");
        judge("guestOS = \"otherlinux-64\"\n", &amd, CHECK_ID_FIRMWARE, _CHECK_LEVEL_MAX, NULL);
}

static void what_must_be_set(void)
{
        judge("guestOS = \"darwin21-64\"\nFIRMWARE = \"EFI\"\nsmc.present = \"true\"\n", &intel,
              CHECK_ID_FIRMWARE, CHECK_OK,
              "guestOS = \"darwin21-64\"\nFIRMWARE = \"EFI\"\nsmc.present = \"true\"\n");
        judge("guestOS = \"darwin21-64\"\nfirmware = \"bios\"\n", &intel, CHECK_ID_FIRMWARE,
              CHECK_PROBLEM, "guestOS = \"darwin21-64\"\n" GOOD);
        judge("guestOS = \"darwin21-64\"\nfirmware = \"efi\"\n", &intel, CHECK_ID_SMC,
              CHECK_PROBLEM, "guestOS = \"darwin21-64\"\n" GOOD);
}

#define CARD "ethernet0.present = \"TRUE\"\nethernet0.virtualDev = \"e1000e\"\n"

static void network_cards(void)
{
        judge("guestOS = \"darwin21-64\"\n" GOOD CARD, &intel, CHECK_ID_NETWORK, _CHECK_LEVEL_MAX,
              NULL);
        judge("guestOS = \"darwin22-64\"\n" GOOD CARD, &intel, CHECK_ID_NETWORK, CHECK_PROBLEM,
              "guestOS = \"darwin22-64\"\n" GOOD
              "ethernet0.present = \"TRUE\"\nethernet0.virtualDev = \"vmxnet3\"\n");
        judge("guestOS = \"darwin22-64\"\n" GOOD "ethernet1.present = \"TRUE\"\n", &intel,
              CHECK_ID_NETWORK, CHECK_PROBLEM,
              "guestOS = \"darwin22-64\"\n" GOOD
              "ethernet1.present = \"TRUE\"\nethernet1.virtualDev = \"vmxnet3\"\n");
        judge("guestOS = \"darwin22-64\"\n" GOOD
              "ethernet0.present = \"FALSE\"\nethernet0.virtualDev = \"e1000\"\n",
              &intel, CHECK_ID_NETWORK, CHECK_OK, NULL);
}

static void sockets(void)
{
        judge("guestOS = \"darwin21-64\"\n" GOOD "numvcpus = \"4\"\n", &intel, CHECK_ID_SOCKETS,
              CHECK_HINT,
              "guestOS = \"darwin21-64\"\n" GOOD
              "numvcpus = \"4\"\ncpuid.coresPerSocket = \"4\"\n");
        judge("guestOS = \"darwin21-64\"\n" GOOD "numvcpus = \"4\"\ncpuid.coresPerSocket = \"4\"\n",
              &intel, CHECK_ID_SOCKETS, CHECK_OK, NULL);
        judge("guestOS = \"darwin21-64\"\n" GOOD "numvcpus = \"1\"\n", &intel, CHECK_ID_SOCKETS,
              CHECK_OK, NULL);
}

/* An installed macOS may not start with another topology. */
static void sockets_of_a_started_machine(void)
{
        const char *text = "guestOS = \"darwin21-64\"\n" GOOD "numvcpus = \"4\"\n",
                   *empty = "guestOS = \"darwin21-64\"\n" GOOD "numvcpus = \"\"\n";

        judge_started(text, &intel, true, CHECK_ID_SOCKETS, CHECK_HINT, text);
        judge(empty, &intel, CHECK_ID_SOCKETS, CHECK_WARNING, empty);
}

static void keys_set_twice(void)
{
        judge("guestOS = \"darwin21-64\"\n" GOOD "a = \"1\"\nA = \"1\"\n# a = \"1\"\n", &intel,
              CHECK_ID_DUPLICATES, CHECK_PROBLEM,
              "guestOS = \"darwin21-64\"\n" GOOD "a = \"1\"\n# a = \"1\"\n");
        /* Which of them is meant, nobody can know. */
        judge("a = \"1\"\na = \"2\"\n", &intel, CHECK_ID_DUPLICATES, CHECK_PROBLEM,
              "a = \"1\"\na = \"2\"\n");
        /* But for those that must have one value anyway. */
        judge("guestOS = \"darwin21-64\"\nfirmware = \"bios\"\nfirmware = \"efi\"\n"
              "smc.present = \"TRUE\"\n",
              &intel, CHECK_ID_DUPLICATES, CHECK_PROBLEM, "guestOS = \"darwin21-64\"\n" GOOD);
        judge("guestOS = \"darwin22-64\"\nFirmware = EFI\nfirmware = \"bios\"\nsmc.present = 1\n"
              "SMC.present = FALSE\nethernet0.present = 1\nethernet0.virtualDev = vmxnet3\n"
              "ethernet0.VIRTUALDEV = e1000e\n",
              &intel, CHECK_ID_DUPLICATES, CHECK_PROBLEM,
              "guestOS = \"darwin22-64\"\nFirmware = EFI\nsmc.present = 1\n"
              "ethernet0.present = 1\nethernet0.virtualDev = vmxnet3\n");
        judge("a = \"1\"\nb = \"1\"\n", &intel, CHECK_ID_DUPLICATES, CHECK_OK, NULL);
}

/* Once set, there is nothing left to say. */
static void masks_for_amd(void)
{
        const char *text = "guestOS = \"darwin20-64\"\n" GOOD;
        _cleanup_(bench_done) Bench bench = bench_make(text, &amd, false), later = {};
        _cleanup_free_ char *fixed = NULL;
        size_t size;

        judge(text, &amd, CHECK_ID_MASKS, CHECK_PROBLEM, NULL);
        judge(text, &intel, CHECK_ID_MASKS, _CHECK_LEVEL_MAX, text);
        REQUIRE(bench_check(&bench) == 0);
        CHECK(dictionary_find(&bench.fixed, "cpuid.1.edx", 0) < bench.fixed.count);
        CHECK(dictionary_find(&bench.fixed, "vvtd.enable", 0) == bench.fixed.count);
        CHECK_EQUAL(bench.fixed.count, bench.file.count + 8);
        REQUIRE(dictionary_text(&bench.fixed, &fixed, &size) == 0);
        later = bench_make(fixed, &amd, false);
        REQUIRE(bench_check(&later) == 0);
        CHECK_EQUAL(checks_worst(&later.checks), CHECK_OK);
}

#define AMD_GOOD "guestOS = \"darwin20-64\"\n" GOOD
#define EBX      "0111:0101:0110:1110:0110:0101:0100:0111"
#define ECX      "0110:1100:0110:0101:0111:0100:0110:1110"
#define EDX      "0100:1001:0110:0101:0110:1110:0110:1001"

/* Other spellings of the same: no second set is added. */
static void masks_in_every_spelling(void)
{
        static const char *const texts[] = {
                AMD_GOOD "cpuid.0.ebx = \"" EBX "\"\ncpuid.0.ecx = \"" ECX "\"\n"
                         "cpuid.0.edx = \"" EDX "\"\n",
                AMD_GOOD "cpuid.0.0.ebx = " EBX "\nCPUID.0.0.ECX = " ECX "\n"
                         "cpuid.00.0.EDX=" EDX "\n",
                AMD_GOOD "cpuid.0.ebx.amd = \"" EBX "\"\ncpuid.0.ecx.AMD = \"" ECX "\"\n"
                         "cpuid.0.edx.amd = \"" EDX "\"\n",
                AMD_GOOD "cpuid.0.ebx = 01110101011011100110010101000111\n"
                         "cpuid.0.ecx = 01101100011001010111010001101110\n"
                         "cpuid.0.edx = 01001001011001010110111001101001\n",
        };

        for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
                judge(texts[i], &amd, CHECK_ID_MASKS, CHECK_OK, texts[i]);
        judge(AMD_GOOD "cpuid.0.ebx = \"" EBX "\"\ncpuid.0.ecx = \"" ECX "\"\n"
                       "cpuid.0.edx = \"" EDX "\"\ncpuid.1.eax = junk\n",
              &amd, CHECK_ID_MASKS, CHECK_WARNING, NULL);
        /* A vendor that is meant to be another: it is not made two. */
        judge(AMD_GOOD "cpuid.0.ebx = \"" ECX "\"\n", &amd, CHECK_ID_MASKS, CHECK_PROBLEM,
              AMD_GOOD "cpuid.0.ebx = \"" ECX "\"\n");
        /* Not these registers. */
        judge(AMD_GOOD "cpuid.0.1.ebx = \"" EBX "\"\ncpuid.80000000.ecx = \"" ECX "\"\n", &amd,
              CHECK_ID_MASKS, CHECK_PROBLEM, NULL);
        judge(AMD_GOOD "cpuid.0.ebx = \"" EBX "\"\ncpuid.0.ecx = \"" ECX "\"\n"
                       "cpuid.0.edx = \"" EDX "\"\nvhv.enable = yes\n",
              &amd, CHECK_ID_MASKS, CHECK_PROBLEM,
              AMD_GOOD "cpuid.0.ebx = \"" EBX "\"\ncpuid.0.ecx = \"" ECX "\"\n"
                       "cpuid.0.edx = \"" EDX "\"\nvhv.enable = \"FALSE\"\n");
}

static void guests_of_today(void)
{
        Machine old = intel;

        judge("guestOS = \"darwin26-64\"\n" GOOD, &intel, CHECK_ID_GUEST, CHECK_PROBLEM, NULL);
        judge("guestOS = \"darwin10\"\n" GOOD, &intel, CHECK_ID_GUEST, CHECK_WARNING, NULL);
        judge("guestOS = \"darwin11\"\n" GOOD, &intel, CHECK_ID_GUEST, CHECK_OK, NULL);
        judge("guestOS = \"darwin22\"\n" GOOD, &intel, CHECK_ID_GUEST, CHECK_WARNING, NULL);
        judge("guestOS = \"darwin25-64\"\n" GOOD, &intel, CHECK_ID_GRAPHICS, CHECK_WARNING,
              "guestOS = \"darwin25-64\"\n" GOOD "mks.enable3d = \"TRUE\"\n");
        judge("guestOS = \"darwin24-64\"\n" GOOD, &intel, CHECK_ID_GRAPHICS, _CHECK_LEVEL_MAX,
              NULL);
        judge("guestOS = \"darwin24-64\"\nmemsize = 2048\n" GOOD, &intel, CHECK_ID_MEMORY,
              CHECK_HINT, "guestOS = \"darwin24-64\"\nmemsize = 2048\n" GOOD);
        judge("guestOS = \"darwin24-64\"\nmemsize = \"8192\"\n" GOOD, &intel, CHECK_ID_MEMORY,
              CHECK_OK, NULL);
        old.vmware = (char *)"17.6.2";
        judge("guestOS = \"darwin24-64\"\nvirtualHW.version = 22\n" GOOD, &old, CHECK_ID_HWVERSION,
              CHECK_PROBLEM, NULL);
        judge("guestOS = \"darwin24-64\"\nvirtualHW.version = 21\n" GOOD, &old, CHECK_ID_HWVERSION,
              CHECK_OK, NULL);
        judge("guestOS = \"darwin24-64\"\nvirtualHW.version = 4\n" GOOD, &old, CHECK_ID_HWVERSION,
              CHECK_WARNING, NULL);
        old.vmware = (char *)"26H1";
        judge("guestOS = \"darwin24-64\"\nvirtualHW.version = 99\n" GOOD, &old, CHECK_ID_HWVERSION,
              CHECK_WARNING, NULL);
        judge("guestOS = \"darwin24-64\"\nvirtualHW.version = 22\n" GOOD, &old, CHECK_ID_HWVERSION,
              CHECK_OK, NULL);
        judge("guestOS = \"darwin26-64\"\n" GOOD, &intel, CHECK_ID_GRAPHICS, _CHECK_LEVEL_MAX,
              NULL);
        judge("guestOS = \"darwin24-64\"\nuefi.secureBoot.enabled = \"TRUE\"\n" GOOD, &intel,
              CHECK_ID_FIRMWARE, CHECK_WARNING, NULL);
}

static void flags_in_every_spelling(void)
{
        static const char *const yes[] = {"TRUE", "true", "T", "yes", "Y", "On", "1"};
        static const char *const no[] = {"FALSE", "no", "0", "\"\"", "maybe", "TRUE;", "'TRUE'"};
        char text[256];

        for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
                (void)snprintf(text, sizeof(text),
                               "guestOS = darwin22-64\nfirmware = EFI\nsmc.present = %s\n", yes[i]);
                judge(text, &intel, CHECK_ID_SMC, CHECK_OK, text);
        }
        for (size_t i = 0; i < ARRAY_SIZE(no); i++) {
                (void)snprintf(text, sizeof(text),
                               "guestOS = darwin22-64\nfirmware = EFI\nsmc.present = %s\n", no[i]);
                judge(text, &intel, CHECK_ID_SMC, CHECK_PROBLEM,
                      "guestOS = darwin22-64\nfirmware = EFI\nsmc.present = \"TRUE\"\n");
        }
}

static void lines_that_cannot_be_read(void)
{
        static const struct {
                const char *line, *fixed;
        } lines[] = {
                {"displayName = \"a\n", "displayName = \"a\"\n"},
                {"displayName = \"a\";\n", "displayName = \"a\"\n"},
                {"displayName = \"a\"\"\n", "displayName = \"a\"\n"},
                {"displayName = my mac\n", "displayName = \"my mac\"\n"},
                {"displayName = \xE2\x80\x9Cmy mac\xE2\x80\x9D # c\n", NULL},
                {"displayName = \xE2\x80\x9Cmy mac\xE2\x80\x9D\n", "displayName = \"my mac\"\n"},
                {"displayName = \xE2\x80\x9Cmac\xE2\x80\x9D # c\n", "displayName = \"mac\" # c\n"},
                {"displayName = \x93mac\x94\r\n", "displayName = \"mac\"\r\n"},
                {"displayName = \"mac\xE2\x80\x9D\n", "displayName = \"mac\"\n"},
                {"displayName\xC2\xA0= \"mac\"\n", "displayName = \"mac\"\n"},
                {"\xC2\xA0 displayName =\xE2\x80\xAF\"mac\"\xC2\xA0\r\n",
                 "  displayName = \"mac\" \r\n"},
                {"displayName =\xC2\xA0\xE2\x80\x9Cmac\xE2\x80\x9D\n", "displayName = \"mac\"\n"},
                {"\xC2\xA0\n", " \n"},
                {"a\xC2\xA0= 1\na = 2\n", NULL},
                {"displayName = \"a # b\n", NULL},
                {"displayName = \"a\" b\n", NULL},
                {"displayName = a // b\n", NULL},
                {"displayName \"a\"\n", NULL},
                {"display name = \"a\"\n", NULL},
                {"= \"a\"\n", NULL},
                {"displayName: a\n", NULL},
        };

        for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
                char text[256], fixed[256];

                (void)snprintf(text, sizeof(text), "guestOS = \"darwin20-64\"\n%s" GOOD,
                               lines[i].line);
                (void)snprintf(fixed, sizeof(fixed), "guestOS = \"darwin20-64\"\n%s" GOOD,
                               lines[i].fixed ? lines[i].fixed : lines[i].line);
                judge(text, &intel, CHECK_ID_LINES, CHECK_PROBLEM, fixed);
        }
        /* With a rival, which of them is meant is for people to say. */
        judge("guestOS = \"darwin20-64\"\na = \"\xC2\xA0x\xC2\xA0\"\nb = c\xC2\xA0"
              "d\n" GOOD,
              &intel, CHECK_ID_LINES, CHECK_OK, NULL);
        judge("guestOS = \"darwin20-64\"\na = \"1\na = \"2\"\n" GOOD, &intel, CHECK_ID_LINES,
              CHECK_PROBLEM, "guestOS = \"darwin20-64\"\na = \"1\na = \"2\"\n" GOOD);
        /* One that has to be set is set in its line. */
        judge("guestOS = \"darwin20-64\"\nfirmware = \"bios\nsmc.present = TRUE\n", &intel,
              CHECK_ID_FIRMWARE, CHECK_PROBLEM,
              "guestOS = \"darwin20-64\"\nfirmware = \"efi\"\nsmc.present = TRUE\n");
}

static void kinds_of_machines(void)
{
        static const struct {
                const char *text;
                VmKind kind;
        } rows[] = {
                {"guestOS = darwin22-64\n", VM_KIND_PATCH},
                {"guestOS = darwin22-64\nsmc.present = FALSE\n", VM_KIND_PATCH},
                {"guestOS = darwin22-64\nsmc.present = FALSE\nsata0:0.fileName = "
                 "\"OpenCore.vmdk\"\n",
                 VM_KIND_OPENCORE},
                {"guestOS = other\nsmc.present = 0\nguestInfo.OC4VM.x = 1\n", VM_KIND_OPENCORE},
                {"guestOS = darwin22-64\nsmc.present = TRUE\nguestinfo.oc4vm.x = 1\n",
                 VM_KIND_PATCH},
                {"guestOS = darwin22-64\nsata0:0.fileName = OpenCore.vmdk\n", VM_KIND_OPENCORE},
                {"guestOS = ubuntu-64\nsata0:0.fileName = OpenCore.vmdk\n", VM_KIND_OTHER},
                {"guestOS = darwin22-64\nsmc.present = \"FALSE\nsata0:0.fileName = \"OpenCore\n",
                 VM_KIND_OPENCORE},
                {"guestOS = darwin22-64\nsmc.present = TRUE\nSMC.present = FALSE\n"
                 "guestinfo.oc4vm.x = 1\n",
                 VM_KIND_OPENCORE},
                {"guestOS = \"darwin22-64\" Ventura\n", VM_KIND_PATCH},
                {"guestOS = 'darwin22-64'\n", VM_KIND_PATCH},
                {"guestOS = ubuntu-64\n", VM_KIND_OTHER},
                {"guestOS = darwin22-64\nencryption.data = \"\"\n", VM_KIND_PATCH},
                {"displayName = a\nencryption.data = \"x\n", VM_KIND_ENCRYPTED},
                {"guestOS = darwin22-64\nencryption.data = \"x\n", VM_KIND_PATCH},
                {"", VM_KIND_OTHER},
                {"encryption.keySafe = x\nencryption.data = x\n", VM_KIND_ENCRYPTED},
                {"guestOS = darwin22-64\nencryption.data = x\n", VM_KIND_PATCH},
                {"guestOS = windows11-64\nencryption.keySafe = x\n", VM_KIND_OTHER},
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                _cleanup_(bench_done) Bench bench = bench_make(rows[i].text, &intel, false);

                REQUIRE(bench_check(&bench) == 0);
                CHECK_EQUAL(bench.vm.kind, rows[i].kind);
        }
}

#define MISMATCH "Version mismatch with vmmon module: expecting 418.0, got 417.0.\n"

static void sentences_of_the_log(void)
{
        Machine same = intel, other = intel, later = intel;
        const struct {
                const char *log;
                const Machine *machine;
                bool is_old; /* than the .vmx and VMware */
                CheckLevel level;
        } logs[] = {
                {"", &intel, false, CHECK_OK},
                {"x| The guest operating system is not Mac OS X Server.\n", &intel, false,
                 CHECK_PROBLEM},
                {"x| The guest operating system is not Mac OS X Server.\n", &intel, true,
                 CHECK_WARNING},
                {"The CPU has been disabled by the guest operating system", &intel, false,
                 CHECK_PROBLEM},
                {"Dictionary error", &intel, false, CHECK_PROBLEM},
                {MISMATCH, &intel, true, CHECK_PROBLEM},
                {MISMATCH, &other, false, CHECK_PROBLEM},
                {MISMATCH, &other, true, CHECK_PROBLEM},
                {MISMATCH, &same, false, CHECK_WARNING},
                {MISMATCH, &later, false, CHECK_PROBLEM},
                {MISMATCH, &later, true, CHECK_WARNING},
                {"Failed to open /dev/vmmon: No such file", &intel, true, CHECK_PROBLEM},
                {"Could not open /dev/vmmon", &same, false, CHECK_WARNING},
                {"Module 'FeatureCompat' power on failed.", &intel, false, CHECK_PROBLEM},
        };

        same.modules.vmmon = (Module){.loaded = true, .version = (char *)"418.0.0"};
        other.modules.vmmon = (Module){.loaded = true, .version = (char *)"417.0"};
        later.modules.vmmon = (Module){.loaded = true, .version = (char *)"420.0"};
        for (size_t i = 0; i < ARRAY_SIZE(logs); i++) {
                _cleanup_(checks_done) Checks checks = {};
                Vm vm = {.machine = logs[i].machine, .checks = &checks};

                REQUIRE(vm_check_log(&vm, logs[i].log,
                                     (LogAge){.before_vmx = logs[i].is_old,
                                              .before_vmware = logs[i].is_old}) == 0);
                CHECK_EQUAL(checks_worst(&checks), logs[i].level);
        }
}

/* A VMware that was patched after the last start may start macOS now, and may ask for another
 * vmmon; a key that is set twice is none of its matters. */
static void logs_of_an_earlier_vmware(void)
{
        static const struct {
                const char *log;
                CheckLevel level;
                bool doubtful;
        } logs[] = {
                {"x| The guest operating system is not Mac OS X Server.\n", CHECK_WARNING, false},
                {"Dictionary error", CHECK_PROBLEM, false},
                {"", CHECK_OK, true},
        };

        for (size_t i = 0; i < ARRAY_SIZE(logs); i++) {
                _cleanup_(checks_done) Checks checks = {};
                Vm vm = {.machine = &intel, .checks = &checks};

                REQUIRE(vm_check_log(&vm, logs[i].log, (LogAge){.before_vmware = true}) == 0);
                CHECK_EQUAL(checks_worst(&checks), logs[i].level);
                CHECK(checks_are_doubtful(&checks, CHECK_ID_LOG) == logs[i].doubtful);
        }
}

int main(void)
{
        CASE(darwin_numbers);
        CASE(guests_and_processors);
        CASE(what_must_be_set);
        CASE(network_cards);
        CASE(sockets);
        CASE(sockets_of_a_started_machine);
        CASE(keys_set_twice);
        CASE(masks_for_amd);
        CASE(masks_in_every_spelling);
        CASE(guests_of_today);
        CASE(flags_in_every_spelling);
        CASE(lines_that_cannot_be_read);
        CASE(kinds_of_machines);
        CASE(sentences_of_the_log);
        CASE(logs_of_an_earlier_vmware);
        return tap_end();
}
