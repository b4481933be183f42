/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/text.h"
#include "ctl/render/failure.h"
#include "ctl/terminal/errors.h"
#include "ctl/terminal/pager.h"
#include "ctl/verbs/inspect-module.h"
#include "ctl/verbs/overlay.h"
#include "ctl/work/foreign.h"
#include "file/fd.h"
#include "file/mapping.h"

#define BUILD_KEY "\nbuild="

/* A module while it is read. */
typedef struct Reading {
        Shown *shown;
        const Mapping *packed;
} Reading;

static void shown_done(Shown *shown)
{
        free(shown->files);
        free(shown->build);
        module_done(&shown->module);
}

/* Places for `count` files; the new ones are empty. */
static int shown_grow(Shown *shown, size_t count, Fault *fault)
{
        size_t room = MAX(count, 2 * shown->room);
        ShownFile *files;

        if (count <= shown->room)
                return 0;
        files = reallocarray(shown->files, room, sizeof(*files));
        if (!files)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", shown->path);
        shown->files = files;
        for (; shown->room < room; shown->room++) {
                ShownFile *file = &files[shown->room];

                *file = (ShownFile){.state = STATE_EMPTY, .fault = FAULT_NONE};
                if (digest_of_span((Span){}, &file->digest) < 0)
                        return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", shown->path);
        }
        return 0;
}

/* The line of the record that names the build. */
static int shown_find_build(Shown *shown, Span content, Fault *fault)
{
        const uint8_t *line = memmem(content.bytes, content.size, BUILD_KEY, strlen(BUILD_KEY));
        const uint8_t *end;

        if (!line)
                return 0;
        line += strlen(BUILD_KEY);
        end = memchr(line, '\n', content.size - (size_t)(line - content.bytes));
        if (end)
                shown->build = strndup((const char *)line, (size_t)(end - line));
        return end && !shown->build ? fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "build") : 0;
}

static int shown_judge(Shown *shown, ShownFile *file, const ModuleEntry *entry, Span content,
                       Fault *fault)
{
        _cleanup_(verdict_done) Verdict verdict = VERDICT_NONE;
        int r = verdict_of(content, SUBJECT_NONE, &verdict);

        if (r >= 0 && shown->context->json)
                r = digest_of_span(content, &file->digest);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", entry->path);
        file->state = verdict.state;
        file->subject = verdict.subject;
        file->fault = verdict.fault;
        file->needs_no_patch = verdict.needs_no_patch;
        fault_advise(&file->fault, "copy the module from the host again, or make it anew");
        if (shown_file_is_judged(file, entry) && file->state == STATE_UNKNOWN)
                shown->status = EXIT_DEGRADED;
        return 0;
}

static int shown_visit(void *context, size_t index, const ModuleEntry *entry, Span content,
                       Fault *fault)
{
        Reading *reading = context;
        Shown *shown = reading->shown;
        int r = shown_grow(shown, index + 1, fault);

        if (r >= 0)
                r = shown_judge(shown, &shown->files[index], entry, content, fault);
        if (r >= 0 && text_equal(entry->path, OVERLAY_RECORD))
                r = shown_find_build(shown, content, fault);
        mapping_rest(reading->packed);
        return r;
}

static int shown_read(Shown *shown, const Mapping *packed, Fault *fault)
{
        _cleanup_(unpacked_freep) Unpacked *unpacked = NULL;
        Reading reading = {shown, packed};
        int r = unpacked_open(packed->span, MODULE_SIZE_MAX, &unpacked, fault);

        if (r == 0)
                return -ENODATA;
        if (r > 0)
                r = module_read(unpacked, shown_visit, &reading, &shown->module, fault);
        if (r < 0)
                return r;
        shown->layers = unpacked_layers(unpacked);
        shown->size = packed->span.size;
        return shown_grow(shown, shown->module.count, fault);
}

/* -ENODATA when it is no module. */
static int shown_open(Shown *shown, Fault *fault)
{
        _cleanup_(mapping_done) Mapping packed = MAPPING_NONE;
        _cleanup_close_ int fd =
                fd_open_at(AT_FDCWD, shown->path, O_RDONLY | O_NOCTTY | O_NONBLOCK, 0);
        uint64_t size;
        int r;

        if (fd < 0 || mapping_open(fd, &packed) < 0)
                return -ENODATA; /* whoever opens it as any file tells why */
        r = shown_read(shown, &packed, fault);
        if (r < 0)
                return r;
        r = digest_of_fd(fd, &shown->digest, &size);
        if (r < 0)
                return fault_set(fault, r, REASON_READ, "%s", shown->path);
        /* Bytes that were lost while they were read were zeros. */
        return mapping_is_torn(&packed) || size != packed.span.size
                       ? fault_set(fault, -EAGAIN, REASON_CHANGED, "%s", shown->path)
                       : 0;
}

static void complain_of_files(const Shown *shown)
{
        pager_close();
        for (size_t i = 0; i < shown->module.count; i++) {
                const ModuleEntry *entry = &shown->module.entries[i];
                const ShownFile *file = &shown->files[i];

                if (shown_file_is_judged(file, entry) && file->state == STATE_UNKNOWN)
                        complain(&file->fault, 0, entry->path, "cannot judge");
        }
}

int inspect_module(const Context *context, const char *path)
{
        _cleanup_(shown_done) Shown shown = {.context = context, .path = path, .layers = ""};
        Fault fault = FAULT_NONE;
        int r = shown_open(&shown, &fault);

        if (r == -ENODATA || r == -ENOMEM || (r < 0 && fault.reason == REASON_NONE))
                return r;
        if (r < 0)
                return failure_tell(context, path, &fault, r, "cannot inspect",
                                    r == -EBADMSG || r == -EFBIG ? EXIT_DEGRADED : EXIT_FAILED);
        r = context->json ? shown_print_json(&shown) : shown_print_text(&shown);
        if (r < 0)
                return r;
        if (!context->json)
                complain_of_files(&shown);
        return (int)shown.status;
}

int inspect_no_module(const Context *context, const char *path, uint64_t size)
{
        Fault fault = FAULT_NONE;
        int r = size == 0 ? fault_set(&fault, -EBADMSG, REASON_MODULE_EMPTY, "%s", path)
                          : fault_set(&fault, -EBADMSG, REASON_MODULE_DAMAGED,
                                      "no header of one is in it");

        return failure_tell(context, path, &fault, r, "cannot inspect", EXIT_DEGRADED);
}
