/* SPDX-License-Identifier: MIT */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/vm.h"
#include "tap.h"

static const Machine intel = {.vendor = CPU_INTEL, .avx2 = true, .virtualization = true};
static const Machine old_intel = {.vendor = CPU_INTEL, .virtualization = true};
static const Machine amd = {.vendor = CPU_AMD, .avx2 = true, .virtualization = true};

#define GOOD "firmware = \"efi\"\nsmc.present = \"TRUE\"\n"

/* Checks `text` on `machine`: the worst level of check `id` must be `level`, or the check not be
 * there (_CHECK_LEVEL_MAX); with `fixed`, that is what the text must become. */
static void judge(const char *text, const Machine *machine, const char *id, CheckLevel level,
                  const char *fixed)
{
        _cleanup_(vmx_done) VmxFile file = {}, copy = {};
        _cleanup_(checks_done) Checks checks = {};
        _cleanup_free_ char *result = NULL;
        CheckLevel found = _CHECK_LEVEL_MAX;
        size_t size;

        REQUIRE(vmx_parse(text, strlen(text), "x", &file, NULL) == 0 &&
                vmx_parse(text, strlen(text), "x", &copy, NULL) == 0);
        REQUIRE(vm_check(&file, machine, &checks, &copy) == 0);
        for (size_t i = 0; i < checks.count; i++) {
                const Check *check = &checks.items[i];

                if (strcmp(check->id, id) != 0)
                        continue;
                found = found == _CHECK_LEVEL_MAX ? check->level : MAX(found, check->level);
                CHECK((check->level == CHECK_OK) == !check->todo);
        }
        if (found != level)
                printf("# %s of %s\n", id, text);
        CHECK_EQUAL(found, level);
        REQUIRE(vmx_text(&copy, &result, &size) == 0);
        if (fixed)
                CHECK_TEXT(result, fixed);
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
                {"darwin26-64", "macOS (Darwin 26)"}, {"darwin9", "Mac OS X (Darwin 9)"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
                _cleanup_free_ char *words = NULL;

                REQUIRE(vm_darwin_words(vm_darwin(known[i].guest_os), &words) == 0);
                CHECK_TEXT(words, known[i].words);
        }
        CHECK_EQUAL(vm_darwin(NULL), VM_DARWIN_NONE);
        CHECK_EQUAL(vm_darwin("windows11-64"), VM_DARWIN_NONE);
        CHECK_EQUAL(vm_darwin("darwin"), VM_DARWIN_NONE);
        CHECK_EQUAL(vm_darwin("darwin22-65"), VM_DARWIN_NONE);
        CHECK_EQUAL(vm_darwin("darwin-6"), VM_DARWIN_NONE);
        CHECK_EQUAL(vm_darwin("darwin 22"), VM_DARWIN_NONE);
        CHECK_EQUAL(vm_darwin("darwin1234-64"), VM_DARWIN_NONE);
}

static void guests_and_processors(void)
{
        judge("guestOS = \"darwin22-64\"\n" GOOD, &intel, "guest", CHECK_OK, NULL);
        judge("guestOS = \"darwin22-64\"\n" GOOD, &old_intel, "guest", CHECK_PROBLEM, NULL);
        judge("guestOS = \"darwin21-64\"\n" GOOD, &old_intel, "guest", CHECK_OK, NULL);
        judge("guestOS = \"darwin22-64\"\n" GOOD, &amd, "guest", CHECK_PROBLEM, NULL);
        judge("guestOS = \"darwin22-64\"\n" GOOD, &amd, "masks", _CHECK_LEVEL_MAX, NULL);
        judge("guestOS = \"darwin22-64\"\n" GOOD, &MACHINE_NONE, "guest", CHECK_OK, NULL);
        judge("guestOS = \"otherlinux-64\"\n", &amd, "guest", CHECK_WARNING,
              "guestOS = \"otherlinux-64\"\n");
        judge("", &intel, "guest", CHECK_WARNING, "");
        judge("guestOS = \"otherlinux-64\"\n", &amd, "firmware", _CHECK_LEVEL_MAX, NULL);
}

static void what_must_be_set(void)
{
        judge("guestOS = \"darwin21-64\"\nFIRMWARE = \"EFI\"\nsmc.present = \"true\"\n", &intel,
              "firmware", CHECK_OK,
              "guestOS = \"darwin21-64\"\nFIRMWARE = \"EFI\"\nsmc.present = \"true\"\n");
        judge("guestOS = \"darwin21-64\"\nfirmware = \"bios\"\n", &intel, "firmware", CHECK_PROBLEM,
              "guestOS = \"darwin21-64\"\n" GOOD);
        judge("guestOS = \"darwin21-64\"\nfirmware = \"efi\"\n", &intel, "smc", CHECK_PROBLEM,
              "guestOS = \"darwin21-64\"\n" GOOD);
}

#define CARD "ethernet0.present = \"TRUE\"\nethernet0.virtualDev = \"e1000e\"\n"

static void network_cards(void)
{
        judge("guestOS = \"darwin21-64\"\n" GOOD CARD, &intel, "network", _CHECK_LEVEL_MAX, NULL);
        judge("guestOS = \"darwin22-64\"\n" GOOD CARD, &intel, "network", CHECK_PROBLEM,
              "guestOS = \"darwin22-64\"\n" GOOD
              "ethernet0.present = \"TRUE\"\nethernet0.virtualDev = \"vmxnet3\"\n");
        judge("guestOS = \"darwin22-64\"\n" GOOD "ethernet1.present = \"TRUE\"\n", &intel,
              "network", CHECK_PROBLEM,
              "guestOS = \"darwin22-64\"\n" GOOD
              "ethernet1.present = \"TRUE\"\nethernet1.virtualDev = \"vmxnet3\"\n");
        judge("guestOS = \"darwin22-64\"\n" GOOD
              "ethernet0.present = \"FALSE\"\nethernet0.virtualDev = \"e1000\"\n",
              &intel, "network", CHECK_OK, NULL);
}

static void sockets(void)
{
        judge("guestOS = \"darwin21-64\"\n" GOOD "numvcpus = \"4\"\n", &intel, "sockets",
              CHECK_WARNING,
              "guestOS = \"darwin21-64\"\n" GOOD
              "numvcpus = \"4\"\ncpuid.coresPerSocket = \"4\"\n");
        judge("guestOS = \"darwin21-64\"\n" GOOD "numvcpus = \"4\"\ncpuid.coresPerSocket = \"4\"\n",
              &intel, "sockets", CHECK_OK, NULL);
        judge("guestOS = \"darwin21-64\"\n" GOOD "numvcpus = \"1\"\n", &intel, "sockets", CHECK_OK,
              NULL);
}

static void keys_set_twice(void)
{
        judge("guestOS = \"darwin21-64\"\n" GOOD "a = \"1\"\nA = \"1\"\n# a = \"1\"\n", &intel,
              "duplicates", CHECK_PROBLEM,
              "guestOS = \"darwin21-64\"\n" GOOD "a = \"1\"\n# a = \"1\"\n");
        /* Which of them is meant, nobody can know. */
        judge("a = \"1\"\na = \"2\"\n", &intel, "duplicates", CHECK_PROBLEM,
              "a = \"1\"\na = \"2\"\n");
        /* But for those that must have one value anyway. */
        judge("guestOS = \"darwin21-64\"\nfirmware = \"bios\"\nfirmware = \"efi\"\n"
              "smc.present = \"TRUE\"\n",
              &intel, "duplicates", CHECK_PROBLEM, "guestOS = \"darwin21-64\"\n" GOOD);
        judge("a = \"1\"\nb = \"1\"\n", &intel, "duplicates", CHECK_OK, NULL);
}

/* Once set right, there is nothing left to say. */
static void masks_for_amd(void)
{
        const char *text = "guestOS = \"darwin20-64\"\n" GOOD;
        _cleanup_(vmx_done) VmxFile file = {}, fixed = {}, again = {};
        _cleanup_(checks_done) Checks checks = {}, later = {};

        judge(text, &amd, "masks", CHECK_PROBLEM, NULL);
        judge(text, &intel, "masks", _CHECK_LEVEL_MAX, text);
        REQUIRE(vmx_parse(text, strlen(text), "x", &file, NULL) == 0 &&
                vmx_parse(text, strlen(text), "x", &fixed, NULL) == 0);
        REQUIRE(vm_check(&file, &amd, &checks, &fixed) == 0);
        CHECK(vmx_find(&fixed, "cpuid.1.edx", 0) < fixed.count);
        CHECK(vmx_find(&fixed, "vvtd.enable", 0) < fixed.count);
        CHECK_EQUAL(fixed.count, file.count + 11);
        REQUIRE(vm_check(&fixed, &amd, &later, &again) == 0);
        CHECK_EQUAL(checks_worst(&later), CHECK_OK);
}

static void sentences_of_the_log(void)
{
        static const struct {
                const char *log;
                bool is_old;
                CheckLevel level;
        } logs[] = {
                {"", false, CHECK_OK},
                {"vmx| The guest operating system is not Mac OS X Server.\n", false, CHECK_PROBLEM},
                {"vmx| The guest operating system is not Mac OS X Server.\n", true, CHECK_WARNING},
                {"The CPU has been disabled by the guest operating system", false, CHECK_PROBLEM},
                {"Dictionary error", false, CHECK_PROBLEM},
        };

        for (size_t i = 0; i < ARRAY_SIZE(logs); i++) {
                _cleanup_(checks_done) Checks checks = {};

                REQUIRE(vm_check_log(logs[i].log, logs[i].is_old, &checks) == 0);
                CHECK_EQUAL(checks_worst(&checks), logs[i].level);
        }
}

int main(void)
{
        CASE(darwin_numbers);
        CASE(guests_and_processors);
        CASE(what_must_be_set);
        CASE(network_cards);
        CASE(sockets);
        CASE(keys_set_twice);
        CASE(masks_for_amd);
        CASE(sentences_of_the_log);
        return tap_end();
}
