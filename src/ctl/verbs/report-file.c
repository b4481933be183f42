/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "ctl/render/candidates.h"
#include "ctl/verbs/report-parts.h"
#include "file/digest.h"

#define RANGES_SHOWN 24U
#define ELF_CLASS    0x04U
#define ELF_MACHINE  0x12U
#define ELF_SHOFF    0x28U
#define ELF_SHNUM    0x3CU
#define ELF_SIZE     0x40U

void report_fault(FILE *out, const Fault *fault)
{
        if (fault->reason == REASON_NONE)
                return;
        (void)fprintf(out, "  reason      %s: %s\n", reason_text(fault->reason)->id,
                      reason_text(fault->reason)->why);
        if (fault->offset != FAULT_NO_OFFSET)
                (void)fprintf(out, "              seen at 0x%" PRIx64 "\n", fault->offset);
}

/* Of an ELF file, believed or not: what its header says. */
static void write_elf(FILE *out, Span bytes)
{
        uint64_t sections;

        if (bytes.size < ELF_SIZE || memcmp(bytes.bytes, "\177ELF", 4) != 0)
                return;
        (void)fprintf(out, "  class       %u, machine %u\n", bytes.bytes[ELF_CLASS],
                      load_le16(bytes.bytes + ELF_MACHINE));
        sections = load_le64(bytes.bytes + ELF_SHOFF);
        if (sections == 0)
                (void)fprintf(out, "  sections    none\n");
        else
                (void)fprintf(out, "  sections    %u at 0x%" PRIx64 "\n",
                              load_le16(bytes.bytes + ELF_SHNUM), sections);
}

static void write_ranges(FILE *out, const Image *image)
{
        size_t count;
        const ImageRange *ranges = image_ranges(image, &count);

        for (size_t i = 0; i < MIN(count, (size_t)RANGES_SHOWN); i++)
                (void)fprintf(out,
                              "  range       0x%08" PRIx64 " at 0x%08" PRIx64 ", %" PRIu64
                              " bytes%s%s\n",
                              ranges[i].offset, ranges[i].address, ranges[i].size,
                              ranges[i].writable ? ", writable" : "",
                              ranges[i].executable ? ", code" : "");
        if (count > RANGES_SHOWN)
                (void)fprintf(out, "  range       %zu more\n", count - RANGES_SHOWN);
}

static int report_write_content(FILE *out, Span bytes, const Verdict *verdict)
{
        _cleanup_(image_freep) Image *image = NULL;
        int r = image_open(bytes, &image, NULL);

        if (r == -ENOMEM)
                return r;
        write_elf(out, bytes);
        if (!image)
                return 0;
        (void)fprintf(out, "  relocations RELA %" PRIu64 ", RELR %" PRIu64 "\n",
                      image_rela_count(image), image_relr_count(image));
        write_ranges(out, image);
        return verdict->state == STATE_UNKNOWN ? finding_write(out, image) : 0;
}

static int write_all(FILE *out, const char *name, Span bytes, const Verdict *verdict)
{
        char hex[DIGEST_HEX_SIZE];
        Digest digest;
        int r = digest_of_span(bytes, &digest);

        if (r < 0)
                return r;
        digest_to_hex(&digest, hex);
        (void)fprintf(out,
                      "\nFile: %s\n"
                      "  format      %s\n"
                      "  size        %zu bytes\n"
                      "  sha256      %s\n"
                      "  holds       %s\n"
                      "  state       %s, %u of %u gates open\n",
                      name, verdict->format_known ? verdict->description : "not known", bytes.size,
                      hex, subject_name(verdict->subject), state_name(verdict->state),
                      verdict->gates_open, verdict->gates_total);
        report_fault(out, &verdict->fault);
        return report_write_content(out, bytes, verdict);
}

/* Whole lines only. */
static void write_cut(FILE *out, const char *text, size_t size)
{
        static const char note[] = "  (cut here: more than 64 KiB about this file)\n";
        size_t shown = size;

        if (size > REPORT_FILE_MAX) {
                shown = REPORT_FILE_MAX - sizeof(note);
                while (shown > 0 && text[shown - 1] != '\n')
                        shown--;
        }
        (void)fwrite(text, 1, shown, out);
        if (shown < size)
                (void)fputs(note, out);
}

int report_file(FILE *out, const char *name, Span bytes, const Verdict *verdict)
{
        _cleanup_free_ char *text = NULL;
        size_t size = 0;
        FILE *part = open_memstream(&text, &size);
        int r;

        if (!part)
                return -ENOMEM;
        r = write_all(part, name, bytes, verdict);
        if (fclose(part) != 0)
                return -ENOMEM;
        if (r >= 0)
                write_cut(out, text, size);
        return r;
}
