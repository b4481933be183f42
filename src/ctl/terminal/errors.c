/* SPDX-License-Identifier: MIT */

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "ctl/terminal/errors.h"
#include "ctl/terminal/hint.h"

#define MEGABYTE 1000000U

/* Reasons that a system call gave: which error it was helps. */
static bool reason_has_error(Reason reason)
{
        switch (reason) {
        case REASON_ROOT:
        case REASON_OPEN:
        case REASON_READ:
        case REASON_WRITE:
        case REASON_NOT_PERMITTED:
        case REASON_ATTRIBUTES:
        case REASON_STORE:
        case REASON_VAULT_WRITE:
        case REASON_VAULT_READ:
        case REASON_RECEIPT_READ:
        case REASON_CONFIG:
                return true;
        default:
                return false;
        }
}

/* The root that what is complained of lies in. */
static char *complaint_root; /* NULL: "/" */

void complain_in_root(const char *root)
{
        free(complaint_root);
        complaint_root = strdup(root);
}

/* What the person typed, with sudo before it; NULL: not known. */
static char *complaint_command;

void complain_of_command(int argc, char **argv)
{
        _cleanup_free_ char *command = NULL;
        int r = text_append(&command, "run as root: `sudo unlockerctl");

        for (int i = 1; r >= 0 && i < argc; i++) {
                _cleanup_free_ char *word = NULL;

                r = hint_quote(argv[i], &word);
                if (r >= 0)
                        r = text_append(&command, " %s", word);
        }
        if (r >= 0)
                r = text_append(&command, "`");
        if (r < 0)
                return;
        free(complaint_command);
        complaint_command = TAKE_PTR(command);
}

/* Whether `subject` is `file`, or `file` without the root that it is in. */
static bool is_of(const char *file, const char *subject)
{
        size_t length = strlen(file), tail;

        subject += *subject == '/';
        tail = strlen(subject);
        return tail <= length && text_equal(file + length - tail, subject) &&
               (tail == length || file[length - tail - 1] == '/');
}

/* What is said of a .vmx that is something else, by its error, in place of the reason's words. */
static const struct {
        Reason reason;
        int error;
        const char *why, *todo;
} vmx_words[] = {
        {REASON_VMX, ENOLINK, "is a Git LFS pointer, not the file itself", "run `git lfs pull`"},
        {REASON_VMX, ENODATA, "is empty", "name another .vmx file, or restore it from a backup"},
        {REASON_VMX, ENOEXEC, "is a binary file, not the text of a virtual machine's configuration",
         "name a .vmx file"},
        {REASON_VMX, EINVAL, "is not a regular file", "name a .vmx file"},
        {REASON_VMX, EFBIG, "is larger than 16 MiB, which no virtual machine's configuration is",
         "name a .vmx file"},
        {REASON_VMX, EBADMSG, "is not the text of a virtual machine's configuration",
         "name a .vmx file"},
        {REASON_VMX_DIRECTORY, ENOENT, "is a directory without a .vmx file",
         "name the .vmx file, or the directory that has it"},
        {REASON_VMX_DIRECTORY, ENOTUNIQ, "is a directory with several .vmx files",
         "name one of them"},
};

static size_t vmx_words_of(const Fault *fault)
{
        size_t i = 0;

        while (i < ARRAY_SIZE(vmx_words) &&
               (fault->reason != vmx_words[i].reason || fault->error != vmx_words[i].error))
                i++;
        return i;
}

/* What is said of a path that leads to no file, in place of the reason's words. */
static const char *special_why(const Fault *fault)
{
        size_t i = vmx_words_of(fault);

        if (i < ARRAY_SIZE(vmx_words))
                return vmx_words[i].why;
        if (fault->reason == REASON_OPEN && (fault->error == ENOENT || fault->error == ENOTDIR))
                return "does not exist";
        if (fault->reason == REASON_NOT_REGULAR && fault->error == EISDIR)
                return "is a directory";
        if (fault->reason == REASON_ROOT && fault->error == ENOENT)
                return "does not exist";
        if (fault->reason == REASON_ROOT && fault->error == ENOTDIR)
                return "is not a directory";
        return NULL;
}

/* Whether the subject says the offset itself: "rows at 0xfaa0". */
static bool subject_has_offset(const Fault *fault)
{
        char at[32];
        const char *found;

        (void)snprintf(at, sizeof(at), "at 0x%" PRIx64, fault->offset);
        found = strstr(fault->subject, at);
        return found && !isxdigit((unsigned char)found[strlen(at)]);
}

/* What stands in parentheses: subject, remark, offset, system error; "" when there is nothing. */
static int detail_of(const Fault *fault, const char *file, char **ret)
{
        bool error = reason_has_error(fault->reason) && !special_why(fault) && fault->error > 0 &&
                     fault->error != EBADMSG;
        bool subject = file && *fault->subject && !is_of(file, fault->subject);
        const char *remark = file ? fault->remark : "";
        char at[32] = "";

        if (fault->offset != FAULT_NO_OFFSET && !(subject && subject_has_offset(fault)))
                (void)snprintf(at, sizeof(at), "%sat 0x%" PRIx64, subject ? " " : "",
                               fault->offset);
        if (!subject && !*remark && !*at && !error)
                return text_copy(ret, "");
        return text_format(ret, " (%s%s%s%s%s%s)", subject ? fault->subject : "",
                           subject && *remark ? ", " : "", remark, at,
                           (subject || *remark || *at) && error ? ": " : "",
                           error ? strerror(fault->error) : "");
}

static const char *fault_why(const Fault *fault)
{
        const char *why = special_why(fault);

        return why ? why : reason_text(fault->reason)->why;
}

/* What root, who is refused, can do in place of running the command as root. */
static const char *todo_of_root(Reason reason, bool denied)
{
        switch (reason) {
        case REASON_STORE:
        case REASON_OPEN:
                return denied ? "check its owner and permissions" : NULL;
        case REASON_VAULT_DENIED:
                return "check its owner and permissions, and the security policy";
        case REASON_NOT_PERMITTED:
                return "`lsattr` shows whether it is immutable; else check its file system and the "
                       "security policy";
        case REASON_ATTRIBUTES:
                return "use a file system that supports them";
        default:
                return NULL;
        }
}

/* What an ordinary user can do who is refused what is root's: the same command, as root. NULL where
 * it is not known, or the root is not root's. */
static const char *todo_of_user(Reason reason, int error)
{
        bool denied = error == EACCES && (reason == REASON_STORE || reason == REASON_NOT_PERMITTED);

        if (!denied && reason != REASON_VAULT_DENIED)
                return NULL;
        return hint_takes_sudo(complaint_root ? complaint_root : "/") ? complaint_command : NULL;
}

/* Advice in place of a reason's own, where the error is none of permissions, or root can do it, or
 * the caller is root already; NULL: the reason's. */
static const char *todo_of_error(const Fault *fault)
{
        bool denied = fault->error == EACCES || fault->error == EPERM;
        bool in_the_way = fault->error == EISDIR || fault->error == ENOTDIR ||
                          fault->error == ELOOP ||
                          (fault->reason == REASON_STORE && fault->error == EINVAL);

        if (in_the_way && (fault->reason == REASON_STORE || fault->reason == REASON_WRITE))
                return "rename what is in its place, then run the command again";
        if (fault->reason == REASON_STORE && !denied)
                return "check the disk and the free space, then run the command again";
        return geteuid() == 0 ? todo_of_root(fault->reason, denied)
                              : todo_of_user(fault->reason, fault->error);
}

/* For any root. */
static int complaint_advice(const Fault *fault, char **ret)
{
        size_t i = vmx_words_of(fault);

        if (fault->missing > 0)
                return text_format(ret, "free %" PRIu64 " MB, then run the command again",
                                   (fault->missing + MEGABYTE - 1) / MEGABYTE);
        if (i < ARRAY_SIZE(vmx_words))
                return text_copy(ret, vmx_words[i].todo);
        if (fault->todo)
                return text_copy(ret, fault->todo);
        if (special_why(fault) && fault->reason != REASON_ROOT)
                return text_copy(ret, "name another file");
        return text_copy(ret, todo_of_error(fault) ? todo_of_error(fault)
                                                   : reason_text(fault->reason)->todo);
}

int complaint_todo(const Fault *fault, char **ret)
{
        _cleanup_free_ char *advice = NULL;
        int r = complaint_advice(fault, &advice);

        return r < 0 ? r : hint_for_root(complaint_root ? complaint_root : "/", advice, ret);
}

int complaint_why(const Fault *fault, int error, const char *file, char **ret)
{
        _cleanup_free_ char *detail = NULL, *why = NULL;
        int r;

        if (!fault || fault->reason == REASON_NONE)
                return text_copy(ret, strerror(-error));
        if (fault->missing > 0) {
                r = text_format(&why, "no space left in %s", fault->subject);
                return r < 0 ? r : text_escape(ret, why);
        }
        r = detail_of(fault, file, &detail);
        if (r < 0)
                return r;
        r = text_format(&why, "%s%s", fault_why(fault), detail);
        if (r < 0)
                return r;
        return text_escape(ret, why);
}

int complaint_text(const Fault *fault, int error, const char *file, const char *what, char **ret)
{
        _cleanup_free_ char *why = NULL, *todo = NULL, *text = NULL;
        bool known = fault && fault->reason != REASON_NONE;
        const char *subject = known && fault->missing == 0 ? fault->subject : "";
        const char *place = file ? text_named(file) : subject;
        const char *remark = !file && *place ? fault->remark : "";
        int r;

        r = complaint_why(fault, error, file, &why);
        if (r >= 0)
                r = known ? complaint_todo(fault, &todo) : text_copy(&todo, "");
        if (r < 0)
                return r;
        r = text_format(&text, "%s%s%s%s%s: %s%s%s", what, *place ? ": " : "", place,
                        *remark ? ", " : "", remark, why, known ? ": " : "", todo);
        if (r < 0)
                return r;
        return text_escape(ret, text);
}

void complain(const Fault *fault, int error, const char *file, const char *what_format, ...)
{
        _cleanup_free_ char *what = NULL, *text = NULL;
        va_list arguments;
        int r;

        va_start(arguments, what_format);
        r = vasprintf(&what, what_format, arguments);
        va_end(arguments);
        if (r < 0)
                what = NULL;
        if (!what || complaint_text(fault, error, file, what, &text) < 0)
                log_line(LOG_ERR, "unlockerctl: not enough memory");
        else
                log_line(LOG_ERR, "unlockerctl: %s", text);
}
