/* SPDX-License-Identifier: MIT */

#include <unistd.h>

#include "base/text.h"
#include "ctl/terminal/errors.h"
#include "ctl/terminal/output.h"
#include "ctl/terminal/progress.h"
#include "ctl/terminal/question.h"
#include "ctl/terminal/waiting.h"
#include "ctl/terminal/words.h"
#include "ctl/verbs/tools.h"
#include "ctl/work/names.h"
#include "ctl/work/tools-directory.h"
#include "settle/installer.h"
#include "swap/session-lock.h"
#include "tools/isoimages.h"
#include "tools/search.h"

typedef struct Install {
        Context *context;
        const ToolsRoots *roots;
        Json *images;
        bool force;
        int limit_ms;         /* as session_lock() takes it */
        const char *as;       /* NULL once it was used */
        bool taken[_ISO_MAX]; /* each image is taken once in a run */
        /* of the source at hand */
        const char *source;
        size_t passed; /* images that are none of ours */
        size_t ours;
        ExitStatus status;
} Install;

/* An image that was found and read. */
typedef struct Image {
        const Found *found;
        StagedIso staged;
        IsoKind kind;
        bool known, named;
        char hex[DIGEST_HEX_SIZE];
        Json *json;
} Image;

static void install_worsen(Install *install, ExitStatus status)
{
        install->status = exit_status_worse(install->status, status);
}

/* Why an image is not taken. */
static void install_refuse(Install *install, Image *image, ExitStatus status, Reason reason)
{
        Fault fault = FAULT_NONE;

        (void)fault_set(&fault, -ENOENT, reason, "SHA-256 %s", image->hex);
        complain(&fault, 0, image->found->trail, "not installed");
        json_add_fault(image->json, &fault, image->found->trail);
        install_worsen(install, status);
}

/* Choosing ----------------------------------------------------------------------------------- */

static bool may_ask(const Install *install)
{
        return isatty(STDIN_FILENO) == 1 && install->context->is_terminal &&
               !install->context->json && !text_equal(install->source, "-");
}

/* Whether the person at the terminal wants an image of which nothing is known. */
static bool install_is_agreed(const Install *install, const Image *image)
{
        output_line(install->context, TONE_WARN, "%s is no known image:", image->found->trail);
        output_line(install->context, TONE_PLAIN, "  volume \"%s\", %s, SHA-256",
                    image->found->volume.label, size_words(image->staged.size).text);
        output_line(install->context, TONE_PLAIN, "  %s", image->hex);
        return question_is_agreed("Install it as %s?", iso_name(image->kind));
}

/* Which image it is, and whether it may be taken. */
static bool image_is_wanted(Install *install, Image *image)
{
        const char *name = image->found->name;

        image->known = iso_is_known(&image->staged.digest, &image->kind);
        image->named = image->known || (name && iso_of_name(name, &image->kind));
        if (!image->named && install->as && iso_of_name(install->as, &image->kind)) {
                image->named = true;
                install->as = NULL;
        }
        json_add_flag(image->json, "known", image->known);
        json_add_text(image->json, "name", image->named ? iso_name(image->kind) : NULL);
        if (!image->named && !image->found->alone) {
                install->passed++;
                json_add_fault(image->json, &FAULT_NONE, NULL);
                if (install->context->verbose)
                        output_say(install->context, TONE_DIM, "%s is another image, passed over.",
                                   image->found->trail);
                return false;
        }
        install->ours++;
        if (!image->named) {
                install_refuse(install, image, EXIT_DEGRADED, REASON_TOOLS_WHICH);
                return false;
        }
        if (install->taken[image->kind]) {
                json_add_fault(image->json, &FAULT_NONE, NULL);
                output_say(install->context, TONE_WARN, "%s: passed over, there was a %s before.",
                           image->found->trail, iso_name(image->kind));
                return false;
        }
        if (!image->known && !install->force &&
            (!may_ask(install) || !install_is_agreed(install, image))) {
                install_refuse(install, image, EXIT_DEGRADED, REASON_TOOLS_UNKNOWN);
                return false;
        }
        json_add_fault(image->json, &FAULT_NONE, NULL);
        return true;
}

/* Putting ------------------------------------------------------------------------------------ */

static int put_locked(const Install *install, const Session *reader, const char *directory,
                      Image *image, PutOutcome *ret, Fault *fault)
{
        _cleanup_(session_freep) Session *session = NULL;
        int r = installer_is_running(&reader->root, fault);

        if (r > 0)
                return fault_set(fault, -EBUSY, REASON_INSTALLER_RUNS, "%s", reader->root.path);
        if (r >= 0)
                r = session_open(reader->root.path, STORE_WRITE, &session, fault);
        if (r >= 0)
                r = session_lock(session, install->limit_ms, say_waiting, session->root.path,
                                 fault);
        if (r < 0)
                return r;
        return isoimages_put(&session->root, directory, image->kind, &image->staged, image->known,
                             install->force, ret, fault);
}

static int put_one(Install *install, const Session *session, const Installation *installation,
                   Image *image, Json *results)
{
        static const char *const words[] = {[PUT_INSTALLED] = "installed in",
                                            [PUT_REPLACED] = "replaced the one in",
                                            [PUT_THERE] = "is there already, in"};
        static const char *const names[] = {
                [PUT_INSTALLED] = "installed", [PUT_REPLACED] = "replaced", [PUT_THERE] = "there"};
        _cleanup_free_ char *directory = NULL, *path = NULL, *shown = NULL, *place = NULL;
        Json *item = json_add_object(results, NULL);
        PutOutcome outcome = PUT_THERE;
        Fault fault = FAULT_NONE;
        int r, s = tools_directory(installation, &directory);

        if (s >= 0)
                s = isoimages_path(directory, image->kind, &path);
        if (s >= 0)
                s = path_in_root(session->root.path, path, &shown);
        if (s >= 0)
                s = path_in_root(session->root.path, directory, &place);
        if (s < 0)
                return s;
        r = put_locked(install, session, directory, image, &outcome, &fault);
        json_add_text(item, "path", shown);
        json_add_text(item, "outcome",
                      r >= 0         ? names[outcome]
                      : r == -EEXIST ? "refused"
                                     : "failed");
        json_add_fault(item, &fault, shown);
        if (r >= 0) {
                output_say(install->context, TONE_GOOD, "%s %s %s.", iso_name(image->kind),
                           words[outcome], place);
                return 0;
        }
        complain(&fault, r, shown, "cannot install");
        install_worsen(install, fault.reason == REASON_TOOLS_FOREIGN ? EXIT_DEGRADED
                                                                     : exit_status_of(&fault));
        return r == -ENOMEM ? r : 0;
}

static int put_everywhere(Install *install, Image *image)
{
        Json *results = json_add_array(image->json, "results");
        int r = 0;

        install->taken[image->kind] = true;
        if (image->known)
                output_say(install->context, TONE_PLAIN, "%s is a known image.",
                           image->found->trail);
        for (size_t i = 0; r >= 0 && i < install->roots->count; i++) {
                const Session *session = install->roots->items[i];

                for (size_t k = 0; r >= 0 && k < session->installations.count; k++)
                        r = put_one(install, session, &session->installations.items[k], image,
                                    results);
        }
        return r;
}

/* Finding ------------------------------------------------------------------------------------ */

/* `trail` is NULL when it is about the source as a whole. */
static void install_tell(Install *install, const char *trail, const char *what, const Fault *fault)
{
        const char *place = trail ? trail : install->source;
        Json *item = json_add_object(install->images, NULL);

        json_add_text(item, "source", install->source);
        json_add_text(item, "found", trail);
        json_add_fault(item, fault, place);
        complain(fault, -fault->error, place, "%s", what);
        install_worsen(install, exit_status_of(fault));
}

static void install_tell_trouble(const char *trail, const Fault *fault, void *context)
{
        install_tell(context, trail, "cannot search", fault);
}

static bool all_taken(const Install *install)
{
        bool all = true;

        for (IsoKind kind = 0; kind < _ISO_MAX; kind++)
                all &= install->taken[kind];
        return all;
}

static int take_image(const Found *found, void *context, Fault *fault)
{
        Install *install = context;
        const Session *first = install->roots->items[0];
        Image image = {.found = found, .staged = STAGED_ISO_NONE};
        _cleanup_free_ char *directory = NULL;
        int r = tools_directory(&first->installations.items[0], &directory);

        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", found->trail);
        progress_say(install->context, "Reading %s", found->trail);
        r = staged_iso_read(&first->root, directory, found->stream, &found->volume, &image.staged,
                            fault);
        if (r < 0 && found->stream->error == 0 &&
            (fault->reason == REASON_TOOLS_DAMAGED || fault->reason == REASON_TOOLS_BOUNDS)) {
                install_tell_trouble(found->trail, fault, install);
                install->ours++;
                return 0;
        }
        if (r < 0)
                return r;
        digest_to_hex(&image.staged.digest, image.hex);
        image.json = json_add_object(install->images, NULL);
        json_add_text(image.json, "source", install->source);
        json_add_text(image.json, "found", found->trail);
        json_add_text(image.json, "volume", *found->volume.label ? found->volume.label : NULL);
        json_add_number(image.json, "size", image.staged.size);
        json_add_digest(image.json, "sha256", &image.staged.digest);
        if (image_is_wanted(install, &image))
                r = put_everywhere(install, &image);
        staged_iso_done(&image.staged);
        return r < 0 ? r : all_taken(install);
}

static int install_from(Install *install, const char *source)
{
        const SearchCalls calls = {
                .found = take_image, .trouble = install_tell_trouble, .context = install};
        Fault fault = FAULT_NONE;
        int r;

        install->source = source;
        install->passed = install->ours = 0;
        progress_say(install->context, "Searching %s", source);
        r = search_source(source, &calls, &fault);
        if (r > 0 && install->ours == 0 && install->passed == (size_t)r)
                r = fault_set(&fault, -ENOENT, REASON_TOOLS_NONE, "%s", source);
        if (r >= 0)
                return 0;
        install_tell(install, NULL, "cannot install tools from", &fault);
        return r == -ENOMEM ? r : 0;
}

int tools_install(Context *context, const ToolsRoots *roots, int limit_ms, int count,
                  char **sources, Json *images)
{
        Install install = {.context = context,
                           .roots = roots,
                           .images = images,
                           .limit_ms = limit_ms,
                           .force = context_option(context, "force") != NULL,
                           .as = context_option(context, "as")};

        for (int i = 0; i < count; i++) {
                int r = install_from(&install, sources[i]);

                if (r < 0)
                        return r;
        }
        return (int)install.status;
}
