/* SPDX-License-Identifier: MIT */

/* What a boot module says of itself, and what is said of it. */

#include <stdio.h>

#include "base/text.h"
#include "ctl/terminal/output.h"
#include "ctl/verbs/overlay.h"
#include "swap/version.h"

static void print_line(FILE *out, const char *key, const Digest *digest, const char *path)
{
        char hex[DIGEST_HEX_SIZE];

        digest_to_hex(digest, hex);
        (void)fprintf(out, "%s=%s  /%s\n", key, hex, path);
}

int overlay_record(const Overlay *overlay, char **ret)
{
        char *text = NULL;
        size_t size;
        FILE *out = open_memstream(&text, &size);

        if (!out)
                return -ENOMEM;
        (void)fprintf(out,
                      "# Files patched by vmware-unlocker %s, for this build of ESXi only.\n"
                      "build=%s\n",
                      UNLOCKER_VERSION, overlay->build);
        for (size_t i = 0; i < overlay->count; i++) {
                const OverlayFile *file = &overlay->files[i];

                if (file->is_original)
                        print_line(out, "original", &file->found, file->path);
                print_line(out, "patched", &file->patched, file->path);
        }
        if (fclose(out) != 0) {
                free(text);
                return -ENOMEM;
        }
        *ret = text;
        return 0;
}

/* To be copied as a whole. */
static void print_file(const Context *context, const OverlayFile *file)
{
        _cleanup_free_ char *line = NULL;
        char hex[DIGEST_HEX_SIZE];

        digest_to_hex(&file->patched, hex);
        if (text_format(&line, "%s  /%s", hex, file->path) < 0)
                output_lacks();
        else
                output_command(context, 0, line);
}

/* A host may lack one of them. */
static void print_missing(const Context *context, const Overlay *overlay)
{
        size_t index = 0;

        for (const char *path; (path = overlay_missing(overlay, &index));)
                output_say(context, TONE_WARN,
                           "%s %s is not in it: if the host has it, copy it, too; name the "
                           "directory that holds bin and lib64.",
                           output_bullet(context), path);
}

void overlay_print(const Context *context, const Overlay *overlay)
{
        if (!overlay->written)
                return;
        output_say(context, TONE_GOOD, "%s: boot module for %s.", overlay->output, overlay->build);
        output_say(context, TONE_WARN, "%s do not use it with any other build.",
                   output_bullet(context));
        print_missing(context, overlay);
        output_say(context, TONE_PLAIN, "%s", "");
        output_say(context, TONE_PLAIN,
                   "On the host, after the boot, `sha256sum -c` takes these lines:");
        for (size_t i = 0; i < overlay->count; i++)
                print_file(context, &overlay->files[i]);
}

void overlay_json_add(const Overlay *overlay, Json *parent)
{
        Json *module, *list;

        if (!overlay->written) {
                json_add_null(parent, "module");
                return;
        }
        module = json_add_object(parent, "module");
        json_add_text(module, "path", overlay->output);
        json_add_text(module, "format", overlay->format == MODULE_VISOR ? "visor" : "ustar");
        json_add_text(module, "build", overlay->build);
        list = json_add_array(module, "files");
        for (size_t i = 0; i < overlay->count; i++) {
                const OverlayFile *file = &overlay->files[i];
                Json *item = json_add_object(list, NULL);

                json_add_text(item, "path", file->path);
                json_add_format(item, "mode", "%04o", (unsigned)file->mode);
                if (file->is_original)
                        json_add_digest(item, "sha256_original", &file->found);
                else
                        json_add_null(item, "sha256_original");
                json_add_digest(item, "sha256", &file->patched);
        }
}
