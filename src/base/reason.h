/* SPDX-License-Identifier: MIT */
#pragma once

/* Reason: why something was not done, as a value. Every layer names its reasons here; the one table
 * in reason.c says each in words. The id is stable: JSON and the journal carry it. */

#include "base/macros.h"

typedef enum Reason {
        REASON_NONE,

        /* base: files and memory */
        REASON_NO_MEMORY,
        REASON_TOO_MANY_FILES, /* more open than this process or system may have */
        REASON_ROOT,           /* the --root directory cannot be used */
        REASON_OPEN,           /* cannot be opened */
        REASON_NO_DIRECTORY,   /* what has to be a directory is none, or not there */
        REASON_READ,           /* cannot be read */
        REASON_WRITE,          /* cannot be written, flushed or renamed */
        REASON_READ_ONLY,      /* … because its file system is read-only */
        REASON_NOT_PERMITTED,  /* … because the caller may not, or it is immutable */
        REASON_NOT_TRUSTED,    /* another user can write it, or swap what it leads to */
        REASON_ROOT_PATH,      /* another user can swap a directory on the way to --root */
        REASON_NO_SPACE,       /* … because the disk or a quota is full */
        REASON_EXISTS,         /* … because something is there that must stay */
        REASON_MOUNTED,        /* … because something is mounted at the very name */
        REASON_ATTRIBUTES,     /* owner, mode, times or an extended attribute cannot be kept */
        REASON_NOT_REGULAR,    /* a directory, device, FIFO or socket */
        REASON_DANGLING_LINK,  /* a symbolic link that leads nowhere */
        REASON_TOO_LARGE,      /* larger than any file of VMware's */
        REASON_STAGED_DIFFERS, /* the staged copy differs in more than the planned edits */

        /* image: the binary */
        REASON_IMAGE_FORMAT,     /* neither of the formats known */
        REASON_IMAGE_MACHINE,    /* not 64-bit little-endian x86 */
        REASON_IMAGE_TRUNCATED,  /* ends before its headers or segments do */
        REASON_IMAGE_SEGMENTS,   /* program headers that contradict themselves */
        REASON_IMAGE_DYNAMIC,    /* PT_DYNAMIC, DT_RELA or DT_RELR out of range */
        REASON_IMAGE_HEADERS,    /* headers (PE, Mach-O) that contradict themselves */
        REASON_IMAGE_SECTIONS,   /* PE: sections that do */
        REASON_IMAGE_FIXUPS,     /* PE, Mach-O: the table of relocations is damaged */
        REASON_IMAGE_RELOCATION, /* a relocation that cannot be understood covers the place */

        /* patch: SMC tables */
        REASON_SMC_NONE,        /* no SMC table found */
        REASON_SMC_TOO_MANY,    /* more tables, or candidates, than can be looked through */
        REASON_SMC_NO_HEADER,   /* rows without a header */
        REASON_SMC_COUNTS,      /* key counts that cannot be */
        REASON_SMC_TRUNCATED,   /* rows run out of the segment or the file */
        REASON_SMC_ROW,         /* a row that is not well-formed */
        REASON_SMC_KEY_MISSING, /* OSK0 or OSK1 is not there */
        REASON_SMC_KEY_TWICE,   /* … or there twice */
        REASON_SMC_HANDLER,     /* a handler not into code, or no single Default handler */
        REASON_SMC_OVERLAP,     /* a header or row lies within another's bytes */

        /* patch: guest list */
        REASON_GOS_NONE,      /* no guest-OS entry found */
        REASON_GOS_STRAY,     /* only entries that stand alone, no group */
        REASON_GOS_READINGS,  /* entries that can be read in more than one way */
        REASON_WRONG_KIND,    /* a file of VMware's, but of another role */
        REASON_FUSION,        /* a file of VMware Fusion's, which needs no patch */
        REASON_VMKCTL_OTHER,  /* the file is not libvmkctl.so */
        REASON_VMKCTL_NONE,   /* libvmkctl.so without any of the names to change */
        REASON_PLAN_CONFLICT, /* two edits of a plan overlap: a bug or a hostile file */

        /* store */
        REASON_STORE,           /* the store's directory cannot be used */
        REASON_STORE_BUSY,      /* another run holds the store */
        REASON_VAULT_WRITE,     /* an archive cannot be written */
        REASON_VAULT_READ,      /* … or read */
        REASON_VAULT_DENIED,    /* an archive that this user may not read */
        REASON_VAULT_MANIFEST,  /* its manifest is missing, malformed, or contradicts the entries */
        REASON_VAULT_DIGEST,    /* an entry's SHA-256 is not the recorded one */
        REASON_VAULT_NONE,      /* no original is kept for this file */
        REASON_RECEIPT_READ,    /* a receipt cannot be read or is malformed */
        REASON_RECEIPT_NONE,    /* no receipt for this file */
        REASON_RECEIPT_DIFFERS, /* original + receipt is not the live file */
        REASON_VAULT_CLAIMED,   /* prune: an installed file that cannot be judged may need it */
        REASON_NO_ORIGINAL,     /* completed from a partial file: the original was never seen */

        /* host */
        REASON_CONFIG,          /* /etc/vmware/config cannot be read or understood */
        REASON_NO_INSTALLATION, /* no VMware here */
        REASON_INSTALLER_RUNS,  /* VMware's installer holds its lock */
        REASON_UNFINISHED,      /* a file that an installer has not finished */
        REASON_WRAPPER,         /* a script that starts a program elsewhere */
        REASON_NO_SUCH_TARGET,  /* a TARGET argument that names none */

        /* swap */
        REASON_BUSY,            /* somebody has the file open for writing */
        REASON_CHANGED,         /* it changed again and again while it was worked on */
        REASON_HELD,            /* automatic patching is on hold */
        REASON_LEFTOVER,        /* a file under a temporary name that is not proved to be ours */
        REASON_CRASHED,         /* several consecutive runs did not finish */
        REASON_ADOPT_NONE,      /* adopt: no file of a target's name is in the directory */
        REASON_ADOPT_INSTALLED, /* … it is the installed file */
        REASON_ADOPT_PATCHED,   /* … it is patched itself */
        REASON_ADOPT_DIFFERS,   /* … the installed file differs from it in more than a patch */
        REASON_NOT_OURS,        /* restore: half patched, by another tool */

        /* doctor */
        REASON_VMX,           /* a .vmx that is no text, or too large for one */
        REASON_VMX_DIRECTORY, /* a directory with no .vmx in it, or several */
        REASON_VM_RUNS,       /* VMware has the virtual machine open */
        REASON_VM_SUSPENDED,  /* its settings must not change under it */
        REASON_VM_ENCRYPTED,  /* its settings cannot be read */

        /* tools */
        REASON_TOOLS_NO_IMAGE,  /* neither an ISO 9660 image nor an archive that can be read */
        REASON_TOOLS_NONE,      /* an archive or directory without an image for macOS guests */
        REASON_TOOLS_DAMAGED,   /* an archive or image that ends too early, or is broken */
        REASON_TOOLS_ENCRYPTED, /* an entry that needs a password */
        REASON_TOOLS_BOUNDS,    /* nested deeper, or larger, than any of VMware's */
        REASON_TOOLS_UNKNOWN,   /* an image whose digest is not known */
        REASON_TOOLS_WHICH,     /* … and whose name does not tell what it is */
        REASON_TOOLS_FOREIGN,   /* another image is in its place, which we did not put there */
        REASON_TOOLS_RECORD,    /* what tells of an image that was added is damaged */

        /* visor */
        REASON_MODULE_DAMAGED,    /* a boot module that contradicts itself, or ends too early */
        REASON_MODULE_BOUNDS,     /* larger than any boot module, or with more entries */
        REASON_MODULE_NAME,       /* a path that no header of a module has room for */
        REASON_MODULE_PLACE,      /* a file whose directory on the host is not known */
        REASON_MODULE_FILE,       /* a link or device where the host has a file or directory */
        REASON_MODULE_EMPTY,      /* a file or module of 0 bytes that must have content */
        REASON_MODULE_INCOMPLETE, /* not made, for a file of the host was refused */

        _REASON_MAX,
} Reason;

typedef struct ReasonText {
        const char *id;   /* "smc-truncated": stable, for JSON and UNLOCKER_REASON= */
        const char *why;  /* "the SMC table runs out of the file" */
        const char *todo; /* "reinstall VMware" */
} ReasonText;

/* Never NULL, nor is any of its members. */
const ReasonText *reason_text(Reason reason);
