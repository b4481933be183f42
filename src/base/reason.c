/* SPDX-License-Identifier: MIT */

#include "base/reason.h"

#define REINSTALL "reinstall VMware, then run `unlockerctl patch`"
#define REPORT    "run `unlockerctl inspect` on it and report the output: this build is new to us"
#define DISK      "check the disk and the free space, then run the command again"

static const ReasonText texts[] = {
        [REASON_NONE] = {"none", "nothing is wrong", "nothing"},

        [REASON_NO_MEMORY] = {"no-memory", "not enough memory", "free some, then try again"},
        [REASON_ROOT] = {"root", "this root directory cannot be used", "check the --root option"},
        [REASON_OPEN] = {"open", "cannot be opened", "check its permissions, or run as root"},
        [REASON_READ] = {"read", "cannot be read", DISK},
        [REASON_WRITE] = {"write", "cannot be written", DISK},
        [REASON_READ_ONLY] = {"read-only", "is on a read-only file system",
                              "patch where that image is made, with --root"},
        [REASON_NOT_PERMITTED] = {"not-permitted", "may not be written",
                                  "run as root; `lsattr` tells whether it is immutable"},
        [REASON_NO_SPACE] = {"no-space", "does not fit on the disk",
                             "free some space, then run the command again"},
        [REASON_EXISTS] = {"exists", "is there already and must stay",
                           "move it away, then run the command again"},
        [REASON_ATTRIBUTES] = {"attributes", "its owner, mode or attributes cannot be kept",
                               "run as root, on a file system that has them"},
        [REASON_NOT_REGULAR] = {"not-regular", "is not a regular file", REINSTALL},
        [REASON_DANGLING_LINK] = {"dangling-link", "is a symbolic link that leads nowhere",
                                  REINSTALL},
        [REASON_TOO_LARGE] = {"too-large", "is larger than any file of VMware's", REINSTALL},
        [REASON_STAGED_DIFFERS] = {"staged-differs",
                                   "the copy differs in more than the planned edits",
                                   "check the disk and the memory of this machine"},

        [REASON_IMAGE_FORMAT] = {"image-format", "is not a binary of a known format", REINSTALL},
        [REASON_IMAGE_MACHINE] = {"image-machine", "is not a 64-bit x86 binary",
                                  "use a 64-bit build of VMware"},
        [REASON_IMAGE_TRUNCATED] = {"image-truncated", "ends before its headers say it does",
                                    REINSTALL},
        [REASON_IMAGE_SEGMENTS] = {"image-segments", "its segments contradict each other",
                                   REINSTALL},
        [REASON_IMAGE_DYNAMIC] = {"image-dynamic", "its dynamic section is damaged", REINSTALL},
        [REASON_IMAGE_HEADERS] = {"image-headers", "its headers contradict each other", REINSTALL},
        [REASON_IMAGE_SECTIONS] = {"image-sections", "its sections contradict each other",
                                   REINSTALL},
        [REASON_IMAGE_FIXUPS] = {"image-fixups", "its table of relocations is damaged", REINSTALL},
        [REASON_IMAGE_RELOCATION] = {"image-relocation",
                                     "a relocation there is of an unexpected kind", REPORT},

        [REASON_SMC_NONE] = {"smc-none", "no SMC table was found", REPORT},
        [REASON_SMC_ONE] = {"smc-one", "only one of the two SMC tables was found", REPORT},
        [REASON_SMC_TOO_MANY] = {"smc-too-many", "more than two SMC tables were found", REPORT},
        [REASON_SMC_NO_HEADER] = {"smc-no-header", "SMC rows have no header that leads to them",
                                  REPORT},
        [REASON_SMC_COUNTS] = {"smc-counts", "the key counts of an SMC table cannot be right",
                               REPORT},
        [REASON_SMC_TRUNCATED] = {"smc-truncated", "an SMC table runs out of the file", REINSTALL},
        [REASON_SMC_ROW] = {"smc-row", "a row of an SMC table is not well-formed", REPORT},
        [REASON_SMC_KEY_MISSING] = {"smc-key-missing", "an SMC table lacks a key", REPORT},
        [REASON_SMC_KEY_TWICE] = {"smc-key-twice", "an SMC table has a key twice", REPORT},
        [REASON_SMC_KEY_PLACE] = {"smc-key-place", "a key is not among the hidden rows", REPORT},
        [REASON_SMC_HANDLER] = {"smc-handler", "a handler does not lead into code", REPORT},
        [REASON_SMC_VERSIONS] = {"smc-versions", "both SMC tables are of the same version", REPORT},
        [REASON_SMC_UNKNOWN_VERSION] = {"smc-unknown-version",
                                        "an SMC table is of no known version", REPORT},

        [REASON_GOS_NONE] = {"gos-none", "no macOS entry was found in the guest list", REPORT},
        [REASON_GOS_STRAY] = {"gos-stray", "guest-list entries stand alone, not in groups", REPORT},
        [REASON_WRONG_KIND] = {"wrong-kind", "holds the tables of another file of VMware's",
                               REINSTALL},
        [REASON_FUSION] = {"fusion", "is VMware Fusion's, which needs no patch",
                           "nothing; `unlockerctl inspect` shows what it holds"},
        [REASON_PLAN_CONFLICT] = {"plan-conflict", "the planned edits contradict each other",
                                  REPORT},

        [REASON_STORE] = {"store", "the store cannot be used",
                          "check /var/lib/vmware-unlocker, or run as root"},
        [REASON_STORE_BUSY] = {"store-busy", "another run is at work",
                               "wait until it ends, then try again"},
        [REASON_VAULT_WRITE] = {"vault-write", "the originals cannot be archived", DISK},
        [REASON_VAULT_READ] = {"vault-read", "an archive of originals cannot be read",
                               "run `unlockerctl verify`"},
        [REASON_VAULT_MANIFEST] = {"vault-manifest", "the manifest of an archive is wrong",
                                   "run `unlockerctl verify`"},
        [REASON_VAULT_DIGEST] = {"vault-digest", "an archived original is damaged",
                                 "run `unlockerctl verify`; reinstall VMware if you need it"},
        [REASON_VAULT_NONE] = {"vault-none", "no original of this very file is kept", REINSTALL},
        [REASON_RECEIPT_READ] = {"receipt-read", "a receipt is damaged",
                                 "run `unlockerctl patch` to write it anew"},
        [REASON_RECEIPT_NONE] = {"receipt-none", "there is no receipt for this file",
                                 "run `unlockerctl patch` to write it anew"},
        [REASON_RECEIPT_DIFFERS] = {"receipt-differs",
                                    "original and recorded edits do not make this file", REINSTALL},
        [REASON_VAULT_CLAIMED] = {"vault-claimed", "an installed file may have come from it",
                                  "run `unlockerctl status`, reinstall VMware if it says so, then "
                                  "prune again"},
        [REASON_NO_ORIGINAL] = {"no-original",
                                "another tool had changed it before, so no original exists",
                                "reinstall VMware if you want the original back"},

        [REASON_CONFIG] = {"config", "VMware's configuration cannot be read",
                           "check /etc/vmware/config"},
        [REASON_NO_INSTALLATION] = {"no-installation", "no VMware found here",
                                    "install VMware Workstation or Player"},
        [REASON_INSTALLER_RUNS] = {"installer-runs", "VMware's installer is at work",
                                   "wait until it ends, then try again"},
        [REASON_UNFINISHED] = {"unfinished", "its installation is not finished",
                               "wait until it ends, then try again"},
        [REASON_NO_SUCH_TARGET] = {"no-such-target", "is not a target",
                                   "name one of vmx, vmx-debug, vmx-stats, vmwarebase, or a path"},

        [REASON_BUSY] = {"busy", "somebody has it open for writing",
                         "wait until they are done, then try again"},
        [REASON_CHANGED] = {"changed", "it kept changing while it was worked on",
                            "wait until the installation ends, then try again"},
        [REASON_HELD] = {"held", "automatic patching is on hold",
                         "run `unlockerctl release` to allow it again"},
        [REASON_NOT_OURS] = {"not-ours", "it is not the patched form of a kept original",
                             "nothing: it is left alone"},

        [REASON_VMX] = {"vmx", "is not the text of a virtual machine's configuration",
                        "save it in an encoding without NUL bytes, such as UTF-8"},
        [REASON_VM_RUNS] = {"vm-runs", "VMware has the virtual machine open",
                            "shut it down and close it; remove a .lck left by a crash"},
};

_Static_assert(ARRAY_SIZE(texts) == _REASON_MAX, "every reason has its words");

const ReasonText *reason_text(Reason reason)
{
        return &texts[(unsigned)reason < _REASON_MAX ? reason : REASON_NONE];
}
