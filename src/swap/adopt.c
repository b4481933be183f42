/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "base/text.h"
#include "exchange/inspection.h"
#include "exchange/variant.h"
#include "file/atomic-file.h"
#include "file/attributes.h"
#include "file/fd.h"
#include "file/same.h"
#include "swap/adopt.h"
#include "swap/provenance.h"
#include "swap/record.h"

#define COPY_NAME "adopted" /* never taken: the copy is dropped once it is in an archive */

/* One target that lacks its original, and the copy of a backup that is proved to be it. */
typedef struct Adoption {
        Inspection inspection;
        bool lacks;
        AtomicFile copy;
        Digest digest;       /* of the copy */
        AdoptResult *result; /* of the backup that it is a copy of; NULL: none yet */
} Adoption;

#define ADOPTION_NONE ((Adoption){.inspection = INSPECTION_NONE, .copy = ATOMIC_FILE_NONE})

/* An installation, while it is worked on. */
typedef struct Adopting {
        Session *session;
        size_t index;
        Adoption of[_ROLE_MAX];
} Adopting;

const char *adopt_outcome_name(AdoptOutcome outcome)
{
        static const char *const names[] = {
                [ADOPT_NOT_NEEDED] = "not-needed", [ADOPT_THERE] = "there",   [ADOPT_KEPT] = "kept",
                [ADOPT_REFUSED] = "refused",       [ADOPT_FAILED] = "failed",
        };

        _Static_assert(ARRAY_SIZE(names) == _ADOPT_MAX, "every outcome has a name");
        return names[outcome];
}

void adopt_result_done(AdoptResult *result)
{
        free(result->target);
        free(result->archive);
        *result = (AdoptResult){};
}

static void adopting_done(Adopting *adopting)
{
        for (Role role = 0; role < _ROLE_MAX; role++) {
                atomic_file_done(&adopting->of[role].copy);
                inspection_done(&adopting->of[role].inspection);
        }
}

static bool state_is_patched(State state)
{
        return state == STATE_PATCHED || state == STATE_PARTIAL;
}

static int adoption_look(Adopting *adopting, Role role)
{
        Adoption *adoption = &adopting->of[role];
        const Installation *installation = &adopting->session->installations.items[adopting->index];
        int r = inspection_open(&installation->targets[role], &adoption->inspection);

        if (r < 0 || !state_is_patched(adoption->inspection.verdict.state))
                return r;
        r = inspection_digest(&adoption->inspection, NULL);
        if (r >= 0)
                r = provenance_look(adopting->session, &adoption->inspection, NULL, NULL);
        adoption->lacks = r <= 0;
        return r == -ENOMEM ? r : 0;
}

/* Into the store: from here on nobody else can change it. */
static int copy_backup(const Session *session, const Inspection *inspection, int fd,
                       AtomicFile *ret, Fault *fault)
{
        const char *path = inspection->target->path;
        struct stat st;
        int r;

        if (fstat(fd, &st) < 0)
                return fault_set(fault, -errno, REASON_READ, "%s", path);
        if (st.st_size != inspection->stat.st_size)
                return root_fault(&session->root, fault, -EILSEQ, REASON_ADOPT_DIFFERS, path);
        r = atomic_file_create(store_originals_fd(session->store), COPY_NAME, ret);
        if (r < 0)
                return fault_set(fault, r, REASON_VAULT_WRITE, "%s", COPY_NAME);
        r = fd_copy(fd, ret->fd, (uint64_t)st.st_size);
        return r < 0 ? fault_set(fault, r, REASON_VAULT_WRITE, "%s", COPY_NAME) : 0;
}

/* What the copy holds makes it the original, or a reason why not. */
static int copy_prove(const Root *root, const Inspection *inspection, int fd, Fault *fault)
{
        _cleanup_(mapping_done) Mapping mapping = MAPPING_NONE;
        _cleanup_(verdict_done) Verdict verdict = VERDICT_NONE;
        _cleanup_(edits_done) Edits edits = {};
        const char *path = inspection->target->path;
        int r = mapping_open(fd, &mapping);

        if (r < 0)
                return fault_set(fault, r, REASON_READ, "%s", COPY_NAME);
        r = verdict_of(mapping.span, inspection->subject, &verdict);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", COPY_NAME);
        if (verdict.state == STATE_UNKNOWN) {
                *fault = verdict.fault;
                return -EBADMSG;
        }
        if (verdict.state != STATE_STOCK)
                return fault_set(fault, -EBADMSG, REASON_ADOPT_PATCHED, "%s", "");
        r = variant_edits(&verdict, mapping.span, inspection->mapping.span, &edits, fault);
        if (r == -EILSEQ) {
                uint64_t offset = fault->offset;

                (void)root_fault(root, fault, r, REASON_ADOPT_DIFFERS, path);
                fault->offset = offset;
                return r;
        }
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", COPY_NAME);
        if (!inspection_is_current(inspection) || mapping_is_torn(&inspection->mapping) ||
            mapping_is_torn(&mapping))
                return root_fault(root, fault, -EAGAIN, REASON_CHANGED, path);
        return 0;
}

static int copy_complete(Adoption *adoption, Fault *fault)
{
        _cleanup_(file_attributes_done) FileAttributes attributes = {};
        int r = file_attributes_read(adoption->inspection.fd, &attributes, fault);

        if (r >= 0)
                r = file_attributes_apply(&attributes, adoption->copy.fd, fault);
        if (r < 0)
                return r;
        r = digest_of_fd(adoption->copy.fd, &adoption->digest, NULL);
        return r < 0 ? fault_set(fault, r, REASON_READ, "%s", COPY_NAME) : 0;
}

/* A refusal says why; another installation may want the file all the same. */
static void result_set(AdoptResult *result, const Adoption *adoption, AdoptOutcome outcome,
                       const Fault *fault)
{
        if (result->outcome == ADOPT_KEPT && outcome != ADOPT_FAILED)
                return;
        result->outcome = outcome;
        result->fault = fault ? *fault : FAULT_NONE;
        free(TAKE_PTR(result->target));
        (void)text_copy(&result->target, adoption->inspection.target->path);
}

static bool backup_is_installed(const Inspection *inspection, const BackupFile *file)
{
        struct stat st;

        return inspection->fd >= 0 && file->fd >= 0 && fstat(file->fd, &st) >= 0 &&
               same_inode(&st, &inspection->stat);
}

static int adoption_try(Adopting *adopting, const BackupFile *file, AdoptResult *result)
{
        Adoption *adoption = &adopting->of[file->role];
        Fault fault = file->fault;
        int r = file->fd < 0 ? -EINVAL : 0;

        if (backup_is_installed(&adoption->inspection, file)) {
                (void)fault_set(&fault, -EINVAL, REASON_ADOPT_INSTALLED, "%s", file->path);
                result_set(result, adoption, ADOPT_REFUSED, &fault);
                return 0;
        }
        if (!adoption->lacks || adoption->result) {
                if (result->outcome == ADOPT_NOT_NEEDED &&
                    state_is_patched(adoption->inspection.verdict.state))
                        result_set(result, adoption, ADOPT_THERE, NULL);
                return 0;
        }
        if (r >= 0)
                r = copy_backup(adopting->session, &adoption->inspection, file->fd, &adoption->copy,
                                &fault);
        if (r >= 0)
                r = copy_prove(&adopting->session->root, &adoption->inspection, adoption->copy.fd,
                               &fault);
        if (r >= 0)
                r = copy_complete(adoption, &fault);
        if (r >= 0) {
                adoption->result = result;
                return 0;
        }
        atomic_file_done(&adoption->copy);
        adoption->copy = ATOMIC_FILE_NONE;
        result_set(result, adoption,
                   r == -EBADMSG || r == -EILSEQ || r == -EINVAL ? ADOPT_REFUSED : ADOPT_FAILED,
                   &fault);
        return r == -ENOMEM ? r : 0;
}

/* All of them in one archive. */
static int adopting_keep(Adopting *adopting)
{
        const Build build = session_build(&adopting->session->installations.items[adopting->index]);
        _cleanup_(keeps_done) Keeps keeps = {};
        Fault fault = FAULT_NONE;
        VaultItem items[_ROLE_MAX];
        size_t count = 0;
        int r;

        for (Role role = 0; role < _ROLE_MAX; role++) {
                const Adoption *adoption = &adopting->of[role];

                if (adoption->result)
                        items[count++] =
                                (VaultItem){.fd = adoption->copy.fd,
                                            .path = adoption->inspection.target->place.path,
                                            .role = role_name(role),
                                            .size = (uint64_t)adoption->inspection.stat.st_size,
                                            .digest = adoption->digest};
        }
        if (count == 0)
                return 0;
        r = vault_keep_beside(adopting->session->store, &build, &adopting->session->archives, items,
                              count, NULL, &keeps, &fault);
        for (Role role = 0; role < _ROLE_MAX; role++) {
                Adoption *adoption = &adopting->of[role];
                const char *archive;

                if (!adoption->result)
                        continue;
                archive = keeps_archive(&keeps, adoption->inspection.target->place.path);
                result_set(adoption->result, adoption, r < 0 ? ADOPT_FAILED : ADOPT_KEPT, &fault);
                adoption->lacks = r < 0;
                if (r >= 0 && text_copy(&adoption->result->archive, archive) < 0)
                        r = -ENOMEM;
        }
        return r == -ENOMEM ? r : r >= 0;
}

/* The receipts of what is patched; without them the originals are found all the same. */
static int adopting_record(Adopting *adopting)
{
        Fault fault = FAULT_NONE;
        int r = session_read_archives(adopting->session, &fault);

        if (r >= 0)
                r = records_rebuild(adopting->session, adopting->index, NULL, &fault);
        for (Role role = 0; r < 0 && role < _ROLE_MAX; role++)
                if (adopting->of[role].result)
                        result_set(adopting->of[role].result, &adopting->of[role], ADOPT_FAILED,
                                   &fault);
        return r == -ENOMEM ? r : 0;
}

int adopt_for_installation(Session *session, size_t index, const BackupFiles *files,
                           AdoptResult *results, unsigned *ret_lacking)
{
        _cleanup_(adopting_done) Adopting adopting = {
                .session = session,
                .index = index,
                .of = {[0 ... _ROLE_MAX - 1] = ADOPTION_NONE},
        };
        int r = 0;

        for (Role role = 0; r >= 0 && role < _ROLE_MAX; role++)
                r = adoption_look(&adopting, role);
        for (size_t i = 0; r >= 0 && i < files->count; i++)
                r = adoption_try(&adopting, &files->items[i], &results[i]);
        if (r >= 0)
                r = adopting_keep(&adopting);
        if (r > 0)
                r = adopting_record(&adopting);
        for (Role role = 0; role < _ROLE_MAX; role++)
                *ret_lacking += adopting.of[role].lacks;
        return r;
}
