/* SPDX-License-Identifier: MIT */

/* Mach-O as dyld sees it, thin or universal: the x86_64 part alone. Files of VMware Fusion's are
 * read, never patched; so what a field will hold is said only where the file tells. */

#include "base/text.h"
#include "macho/binds.h"
#include "macho/chains.h"

typedef struct MachoState {
        MachoCommands commands;
        MachoChains chains;
        MachoBinds binds;
} MachoState;

static void macho_describe(Image *image, const MachoSlice *slice, const MachoState *state)
{
        char universal[40] = "";

        if (slice->of_slices > 0)
                text_put(universal, sizeof(universal), ", universal, one of %u slices",
                         slice->of_slices);
        text_put(image->description, sizeof(image->description), "Mach-O 64-bit x86-64%s%s%s%s",
                 universal, image->relocatable ? "" : ", fixed address",
                 state->chains.count > 0 ? ", chained fixups" : "",
                 image->signature.kind ? ", signed" : "");
}

static int macho_open(Image *image, Fault *fault)
{
        MachoState *state = calloc(1, sizeof(*state));
        MachoSlice slice;
        int r;

        if (!state)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "Mach-O headers");
        image->state = state;
        r = macho_slice_find(image->bytes, &slice, fault);
        if (r >= 0)
                r = macho_commands_read(image, &slice, &state->commands, fault);
        if (r >= 0)
                r = macho_chains_read(image->bytes, &state->commands, &state->chains, fault);
        if (r >= 0)
                r = macho_binds_read(&state->commands, &state->binds, fault);
        if (r < 0)
                return r;
        image->relocatable = state->commands.relocatable;
        if (state->commands.signature_size > 0)
                image->signature =
                        (ImageSignature){"Apple code signature", state->commands.signature_offset,
                                         state->commands.signature_size};
        macho_describe(image, &slice, state);
        return 0;
}

static void macho_done(Image *image)
{
        MachoState *state = image->state;

        if (state)
                macho_binds_done(&state->binds);
        free(state);
}

static int macho_relocation_at(const Image *image, ImagePointer *pointer, Fault *fault)
{
        const MachoState *state = image->state;

        if (macho_binds_cover(&state->binds, pointer->address))
                return fault_set(fault, -EBADMSG, REASON_IMAGE_RELOCATION,
                                 "address 0x%llx: a symbol of another library",
                                 (unsigned long long)pointer->address);
        return macho_chains_at(&state->chains, pointer, fault);
}

static int macho_each_relocation(const Image *image, AddressRange within,
                                 image_relocation_visit visit, void *context)
{
        const MachoState *state = image->state;
        int r = macho_chains_each(&state->chains, visit, context);

        (void)within;
        return r < 0 ? r : macho_binds_each(&state->binds, visit, context);
}

const ImageClass image_class_macho = {
        .format = IMAGE_MACHO,
        .name = "Mach-O",
        .apple_hosts = true,
        .recognises = macho_recognises,
        .open = macho_open,
        .done = macho_done,
        .relocation_at = macho_relocation_at,
        .each_relocation = macho_each_relocation,
};
