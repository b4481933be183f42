/* SPDX-License-Identifier: MIT */

/* image-probe FILE [ADDRESS…]: what image.h says of a real file, for image-real.sh: the
 * description, the two counts and, where the file has one, the checksum, then for each hexadecimal
 * address the pointer there, its source, and how often its value is found as a pointer anywhere. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "file/fd.h"
#include "file/mapping.h"
#include "image/image.h"

static const char *const sources[] = {
        [POINTER_FIELD] = "field", [POINTER_RELA] = "rela",       [POINTER_RELR] = "relr",
        [POINTER_BASE] = "base",   [POINTER_CHAINED] = "chained",
};

static int count_one(uint64_t address, uint64_t value, void *context)
{
        ++*(unsigned *)context;
        return 0;
}

static int probe(const Image *image, const char *text)
{
        ImagePointer pointer;
        Fault fault = FAULT_NONE;
        unsigned count = 0;
        int r = image_pointer_at(image, strtoull(text, NULL, 16), &pointer, &fault);

        if (r >= 0)
                r = image_find_pointers(image, &(AddressRange){pointer.value, pointer.value}, 1,
                                        count_one, &count);
        if (r < 0) {
                printf("%s: error %d, %s: %s\n", text, -r, reason_text(fault.reason)->why,
                       fault.subject);
                return r;
        }
        printf("%llx %s %u\n", (unsigned long long)pointer.value, sources[pointer.source], count);
        return 0;
}

int main(int argc, char **argv)
{
        _cleanup_(mapping_done) Mapping mapping = MAPPING_NONE;
        _cleanup_(image_freep) Image *image = NULL;
        _cleanup_close_ int fd = argc < 2 ? -EBADF : open(argv[1], O_RDONLY | O_CLOEXEC);
        Fault fault = FAULT_NONE;
        ImageChecksum checksum;
        bool failed = false;

        if (fd < 0 || mapping_open(fd, &mapping) < 0)
                return 1;
        if (image_open(mapping.span, &image, &fault) < 0) {
                printf("%s: %s\n", reason_text(fault.reason)->why, fault.subject);
                return 1;
        }
        printf("%s\n", image_description(image));
        printf("%llu %llu\n", (unsigned long long)image_rela_count(image),
               (unsigned long long)image_relr_count(image));
        if (image_checksum(image, &(Edits){}, &checksum) > 0)
                printf("checksum %s\n", checksum.value == checksum.wanted ? "right" : "wrong");
        for (int i = 2; i < argc; i++)
                failed |= probe(image, argv[i]) < 0;
        return failed;
}
