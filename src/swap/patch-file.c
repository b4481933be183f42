/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>

#include "base/text.h"
#include "exchange/exchange.h"
#include "exchange/stage.h"
#include "file/fd.h"
#include "file/link.h"
#include "file/root.h"
#include "file/same.h"
#include "swap/patch-file.h"

void file_result_done(FileResult *result)
{
        edits_done(&result->edits);
        *result = (FileResult){};
}

/* The path as the caller's shell means it, from "/", and "/" opened. */
static int absolute_path(const char *path, Root *ret_root, char **ret, Fault *fault)
{
        _cleanup_free_ char *working = NULL;
        int r = root_open("/", ret_root, fault);

        if (r < 0)
                return r;
        if (*path != '/') {
                working = getcwd(NULL, 0);
                if (!working)
                        return fault_set(fault, -errno, REASON_OPEN, "%s", path);
        }
        if (text_format(ret, "%s%s%s", working ? working : "", working ? "/" : "", path) < 0)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", path);
        return 0;
}

/* Directory and name, links followed. */
static int single_place(const char *path, Place *ret, Fault *fault)
{
        _cleanup_(root_done) Root root = ROOT_NONE;
        _cleanup_free_ char *absolute = NULL;
        int r = absolute_path(path, &root, &absolute, fault);

        if (r < 0)
                return r;
        r = root_find(&root, absolute, ret);
        return r < 0 ? link_fault(fault, r, path) : 0;
}

/* The directory alone is followed: who owns it could put a link under the name at any moment. */
int single_output_place(const char *path, Place *ret, Fault *fault)
{
        _cleanup_(root_done) Root root = ROOT_NONE;
        _cleanup_(place_done) Place place = PLACE_NONE;
        _cleanup_free_ char *absolute = NULL;
        struct stat st;
        char *name;
        int r = absolute_path(path, &root, &absolute, fault);

        if (r < 0 || !absolute)
                return r;
        name = strrchr(absolute, '/') + 1;
        if (text_copy(&place.path, absolute + strspn(absolute, "/")) < 0 ||
            text_copy(&place.name, name) < 0)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", path);
        *name = '\0';
        place.dir_fd = root_open_at(&root, absolute, O_RDONLY | O_DIRECTORY, 0);
        if (place.dir_fd < 0)
                return fault_set(fault, place.dir_fd, REASON_NO_DIRECTORY, "%.*s",
                                 (int)MAX(name - absolute - 1, 1), absolute);
        /* An empty name, "." and ".." are directories. */
        if (fstatat(place.dir_fd, *place.name ? place.name : ".", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            !S_ISREG(st.st_mode)) {
                r = fault_set(fault, -EEXIST, REASON_EXISTS, "%s", path);
                fault_remark(fault, "not a regular file");
                if (fault)
                        fault->todo = "name another file";
                return r;
        }
        *ret = place;
        place = PLACE_NONE;
        return 0;
}

/* The file as a target of no role. */
typedef struct Single {
        char *path;
        Target target; /* its path is borrowed from `path` */
        Inspection inspection;
} Single;

#define SINGLE_NONE                                                           \
        ((Single){.target = {.place = PLACE_NONE, .presence = PRESENCE_FILE}, \
                  .inspection = INSPECTION_NONE})

static void single_done(Single *single)
{
        inspection_done(&single->inspection);
        place_done(&single->target.place);
        free(single->path);
        *single = SINGLE_NONE;
}

/* Opens and judges it, again when it was open. */
static int single_inspect(Single *single, Fault *fault)
{
        const Verdict *verdict = &single->inspection.verdict;

        inspection_done(&single->inspection);
        single->inspection = INSPECTION_NONE;
        if (inspection_open_any(&single->target, &single->inspection) < 0)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", single->path);
        if (verdict->state == STATE_EMPTY)
                return fault_set(fault, -EBADMSG, REASON_IMAGE_FORMAT, "0 bytes");
        if (verdict->needs_no_patch)
                return fault_set(fault, -EBADMSG, REASON_FUSION, "%s", single->path);
        if (verdict->state == STATE_UNKNOWN) {
                if (fault)
                        *fault = verdict->fault;
                return -EBADMSG;
        }
        /* Whatever becomes of it must hold the same. */
        single->inspection.subject = verdict->subject;
        return 0;
}

static int single_open(const char *path, Single *ret, Fault *fault)
{
        _cleanup_(single_done) Single single = SINGLE_NONE;
        int r = text_copy(&single.path, path);

        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", path);
        single.target.path = single.path;
        r = single_place(path, &single.target.place, fault);
        if (r >= 0)
                r = single_inspect(&single, fault);
        if (r < 0)
                return r;
        *ret = single;
        single = SINGLE_NONE;
        /* The inspection borrows the target where it is now. */
        ret->inspection.target = &ret->target;
        return 0;
}

/* Where the file system has no hard links. */
static int copy_beside(const Inspection *inspection, const char *name, Fault *fault)
{
        _cleanup_(file_attributes_done) FileAttributes attributes = {};
        _cleanup_(atomic_file_done) AtomicFile copy = ATOMIC_FILE_NONE;
        int r = atomic_file_create(inspection->target->place.dir_fd, name, &copy);

        if (r >= 0)
                r = fd_copy(inspection->fd, copy.fd, (uint64_t)inspection->stat.st_size);
        if (r < 0)
                return fault_set(fault, r, REASON_WRITE, "%s", name);
        r = file_attributes_read(inspection->fd, &attributes, fault);
        if (r >= 0)
                r = file_attributes_apply(&attributes, copy.fd, fault);
        if (r < 0)
                return r;
        r = atomic_file_place(&copy);
        return r < 0 ? fault_set(fault, r, REASON_WRITE, "%s", name) : 0;
}

/* Gives the present content the second name `kept`, which must be free. */
static int keep_beside(const Inspection *inspection, const char *kept, Fault *fault)
{
        const Place *place = &inspection->target->place;
        struct stat st;
        int r;

        if (fstatat(place->dir_fd, kept, &st, AT_SYMLINK_NOFOLLOW) == 0)
                return fault_set(fault, -EEXIST, REASON_WRITE, "%s", kept);
        if (linkat(place->dir_fd, place->name, place->dir_fd, kept, 0) < 0)
                return errno == EPERM || errno == EOPNOTSUPP
                               ? copy_beside(inspection, kept, fault)
                               : fault_set(fault, -errno, REASON_WRITE, "%s", kept);
        r = fd_sync(place->dir_fd);
        return r < 0 ? fault_set(fault, r, REASON_WRITE, "%s", kept) : 0;
}

static int single_stage(Single *single, const Place *place, const Edits *edits, AtomicFile *staged,
                        Fault *fault)
{
        int r = inspection_digest(&single->inspection, fault);

        if (r >= 0)
                r = stage_make(&single->inspection, place, edits, staged, fault);
        return r < 0 ? r : stage_verify(&single->inspection, edits, staged, NULL, fault);
}

static int exchange_single(Single *single, const Edits *edits, Fault *fault)
{
        _cleanup_(atomic_file_done) AtomicFile staged = ATOMIC_FILE_NONE;
        const Place *place = &single->target.place;
        Lease lease = LEASE_NONE;
        int r = lease_take(single->inspection.fd, &lease);

        if (r < 0)
                return fault_set(fault, r, REASON_BUSY, "%s", single->path);
        r = single_stage(single, place, edits, &staged, fault);
        if (r >= 0)
                r = exchange_with_target(&staged, &single->inspection, &lease, fault);
        lease_release(&lease);
        return r;
}

static bool single_is_in_place(const Single *single)
{
        const Place *place = &single->target.place;
        struct stat now;

        return fstatat(place->dir_fd, place->name, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
               same_inode(&now, &single->inspection.stat);
}

/* A second name changes the inode's ctime, so the file is judged anew once it has it. */
static int single_replace(Single *single, const Edits *edits, Fault *fault)
{
        _cleanup_free_ char *kept = NULL;
        int r;

        if (text_format(&kept, "%s.orig", single->target.place.name) < 0)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", single->path);
        r = keep_beside(&single->inspection, kept, fault);
        if (r < 0)
                return r;
        r = single_inspect(single, fault);
        if (r >= 0)
                r = exchange_single(single, edits, fault);
        /* The second name goes only while the first still leads to the same content. */
        if (r < 0 && single_is_in_place(single))
                (void)unlinkat(single->target.place.dir_fd, kept, 0);
        return r;
}

static int write_to(const char *output, Single *single, const Edits *edits, Fault *fault)
{
        _cleanup_(place_done) Place place = PLACE_NONE;
        _cleanup_(atomic_file_done) AtomicFile staged = ATOMIC_FILE_NONE;
        int r = single_output_place(output, &place, fault);

        if (r >= 0)
                r = single_stage(single, &place, edits, &staged, fault);
        if (r < 0)
                return r;
        r = atomic_file_replace(&staged);
        return r < 0 ? fault_set(fault, r, REASON_WRITE, "%s", output) : 0;
}

int single_patch(const char *path, const char *output, bool dry_run, FileResult *ret, Fault *fault)
{
        _cleanup_(file_result_done) FileResult result = {};
        _cleanup_(single_done) Single single = SINGLE_NONE;
        int r = single_open(path, &single, fault);

        if (r < 0)
                return r;
        result.before = result.after = single.inspection.verdict.state;
        result.subject = single.inspection.verdict.subject;
        result.signature = single.inspection.verdict.signature;
        if (result.before != STATE_PATCHED)
                layout_differences(&single.inspection.verdict, result.layout);
        r = edits_copy(&single.inspection.verdict.plan, &result.edits);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", path);
        if (!dry_run && (output || result.before != STATE_PATCHED)) {
                r = output ? write_to(output, &single, &result.edits, fault)
                           : single_replace(&single, &result.edits, fault);
                if (r < 0)
                        return r;
                result.written = true;
                result.after = STATE_PATCHED;
        }
        *ret = result;
        result = (FileResult){};
        return 0;
}
