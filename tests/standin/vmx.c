/* SPDX-License-Identifier: MIT */

/* A stand-in for vmware-vmx: it has the two SMC tables, laid out as in VMware's file, and answers
 * questions for keys through them as a guest would be answered.
 *
 *     vmware-vmx --smc 0|1 KEY     the answer; exit 3 with "no SMC" when the host's SMC is asked,
 *                                  4 when the table has no such key
 *     vmware-vmx --smc-all 0|1     every key of the table with its answer
 *     vmware-vmx --version
 *     vmware-vmx --sleep N … X.vmx a running VM, for N seconds
 *     vmware-vmx --truth           where everything is, as the linker placed it, in JSON
 *     vmware-vmx --fields          file offset of each OSK row's handler field, and the address of
 *                                  the Default handler, in decimal
 *
 * Built for Windows too, without --truth and --fields. Set on the command line of the compiler:
 * FIRST (0 or 1: the table that comes first), V1_GAP (bytes from header to rows in V1), DECOYS.
 * rows0.h and rows1.h come from keys.awk. */

#ifndef _WIN32
#include <link.h>
#endif
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT0 242
#define COUNT1 436

enum {
        EXIT_NO_SMC = 3,
        EXIT_NO_KEY = 4,
};

typedef struct Row Row;
typedef struct Header Header;
typedef int Handler(const volatile Header *header, const volatile Row *row);

struct Row {
        char name[4]; /* byte-reversed */
        uint8_t length;
        char type[4]; /* byte-reversed */
        uint8_t attributes;
        uint8_t padding[6];
        Handler *handler;
        uint8_t value[48];
};

struct Header {
        const Row *rows;
        uint32_t private_count, public_count;
        uint64_t zero[2];
};

_Static_assert(sizeof(Row) == 72, "size of a row");
_Static_assert(offsetof(Row, handler) == 0x10, "place of the handler");
_Static_assert(offsetof(Row, value) == 0x18, "place of the value");
_Static_assert(sizeof(Header) == 32, "size of a header");

Handler AppleSMCHandleDefault, AppleSMCHandleNumKeys, AppleSMCHandleNTOK, AppleSMCHandleOSK;

/* The one order that matters to nobody but the files of VMware: header, gap, rows; twice. */
typedef struct Tables {
#if FIRST == 0
        Header header0;
        Row rows0[COUNT0];
#endif
        Header header1;
#if V1_GAP > 0x20
        uint8_t gap[V1_GAP - 0x20];
#endif
        Row rows1[COUNT1];
#if FIRST == 1
        Header header0;
        Row rows0[COUNT0];
#endif
} Tables;

static const Tables tables __attribute__((aligned(32))) = {
        .header0 = {tables.rows0, COUNT0, 240, {0}},
        .rows0 =
                {
#include "rows0.h"
                },
        .header1 = {tables.rows1, COUNT1, 432, {0}},
        .rows1 =
                {
#include "rows1.h"
                },
};

/* product.c */
extern const char product_line[];

#ifdef DECOYS
/* What looks like a table, or like a place to patch, and is none. */
#define KEPT __attribute__((used, aligned(8)))
KEPT static const char decoy_row[72] = "YEK#\x04"
                                       "23iu\x80";
KEPT static const char decoy_names[] = "....OSK0OSK1....0KSO1KSO....#KEY+LKS";
KEPT static const char decoy_osk_row[72] = "0KSO\x20"
                                           "*8hc\x80";
KEPT static const uint32_t decoy_counts[] = {0x1000, 0, 242, 240, 0,   0, 0,   0, 0,   0, 436, 432,
                                             0,      0, 0,   0,   242, 0, 240, 0, 436, 0, 432, 0};
KEPT static Handler *const decoy_handlers[] = {AppleSMCHandleOSK, AppleSMCHandleDefault,
                                               AppleSMCHandleOSK, AppleSMCHandleNTOK};
KEPT static Handler *volatile decoy_current = AppleSMCHandleOSK;
KEPT static const Row *const decoy_rows[] = {tables.rows0, NULL, NULL, NULL,
                                             tables.rows1, NULL, NULL, NULL};
KEPT static const Header *volatile decoy_headers[] = {&tables.header0, &tables.header1};
#endif

static char type_letter(const volatile Row *row, unsigned i)
{
        return row->type[3 - i];
}

int AppleSMCHandleDefault(const volatile Header *header, const volatile Row *row)
{
        (void)header;
        if (type_letter(row, 0) == 'c' && type_letter(row, 1) == 'h')
                for (unsigned i = 0; i < row->length && row->value[i] != 0; i++)
                        (void)putchar(row->value[i]);
        else
                for (unsigned i = 0; i < row->length; i++)
                        (void)printf("%02x", row->value[i]);
        (void)putchar('\n');
        return 0;
}

int AppleSMCHandleNumKeys(const volatile Header *header, const volatile Row *row)
{
        (void)row;
        (void)printf("%08x\n", header->public_count);
        return 0;
}

int AppleSMCHandleNTOK(const volatile Header *header, const volatile Row *row)
{
        (void)header;
        (void)printf("token %02x\n", row->value[0]);
        return 0;
}

/* VMware's code would ask the host's SMC here; there is none. */
int AppleSMCHandleOSK(const volatile Header *header, const volatile Row *row)
{
        (void)header;
        (void)row;
        (void)puts("no SMC");
        return EXIT_NO_SMC;
}

/* The compiler must not know what is in the tables: it is what the file says when it runs. */
static const volatile Header *table_of(const char *version)
{
        const volatile Header *header = NULL;

        if (strcmp(version, "0") == 0)
                header = &tables.header0;
        else if (strcmp(version, "1") == 0)
                header = &tables.header1;
        __asm__ volatile("" : "+r"(header) : : "memory");
        return header;
}

static int has_name(const volatile Row *row, const char *key)
{
        return strlen(key) == 4 && row->name[3] == key[0] && row->name[2] == key[1] &&
               row->name[1] == key[2] && row->name[0] == key[3];
}

static int answer(const char *version, const char *key)
{
        const volatile Header *header = table_of(version);
        const volatile Row *rows = header->rows;

        for (uint32_t i = 0; i < header->private_count; i++)
                if (has_name(&rows[i], key))
                        return rows[i].handler(header, &rows[i]);
        (void)puts("no such key");
        return EXIT_NO_KEY;
}

static int answer_all(const char *version)
{
        const volatile Header *header = table_of(version);
        const volatile Row *rows = header->rows;

        for (uint32_t i = 0; i < header->private_count; i++) {
                const volatile char *name = rows[i].name;

                (void)printf("%c%c%c%c ", name[3], name[2], name[1], name[0]);
                (void)rows[i].handler(header, &rows[i]);
        }
        return 0;
}

#ifndef _WIN32
static int first_object(struct dl_phdr_info *object, size_t size, void *ret)
{
        (void)size;
        memcpy(ret, object, sizeof *object);
        return 1;
}

/* Where the linker placed `pointer`, before any slide. */
static unsigned long long address_of(const void *pointer)
{
        struct dl_phdr_info object;

        (void)dl_iterate_phdr(first_object, &object);
        return (unsigned long long)((uintptr_t)pointer - object.dlpi_addr);
}

static unsigned long long offset_of(const void *pointer)
{
        unsigned long long address = address_of(pointer);
        struct dl_phdr_info object;

        (void)dl_iterate_phdr(first_object, &object);
        for (unsigned i = 0; i < object.dlpi_phnum; i++) {
                const ElfW(Phdr) *header = &object.dlpi_phdr[i];

                if (header->p_type == PT_LOAD && address >= header->p_vaddr &&
                    address - header->p_vaddr < header->p_filesz)
                        return address - header->p_vaddr + header->p_offset;
        }
        return 0;
}

static void print_table(unsigned version, const Header *header, const Row *rows, unsigned count,
                        unsigned public_count, unsigned lks)
{
        (void)printf("{\"version\": %u, \"header\": %llu, \"rows\": %llu, \"private\": %u, "
                     "\"public\": %u, \"lks\": %llu, \"osk\": [%llu, %llu]}",
                     version, address_of(header), address_of(rows), count, public_count,
                     address_of(&rows[lks]), address_of(&rows[count - 2]),
                     address_of(&rows[count - 1]));
}

static int print_truth(void)
{
        (void)printf("{\"kind\": \"smc\", \"handlers\": {\"Default\": %llu, \"NumKeys\": %llu, "
                     "\"NTOK\": %llu, \"OSK\": %llu}, \"tables\": [",
                     address_of((const void *)AppleSMCHandleDefault),
                     address_of((const void *)AppleSMCHandleNumKeys),
                     address_of((const void *)AppleSMCHandleNTOK),
                     address_of((const void *)AppleSMCHandleOSK));
        print_table(0, &tables.header0, tables.rows0, COUNT0, 240, 1);
        (void)printf(", ");
        print_table(1, &tables.header1, tables.rows1, COUNT1, 432, 3);
        (void)printf("]}\n");
        return 0;
}

static int print_fields(void)
{
        const Row *osk[] = {&tables.rows0[COUNT0 - 2], &tables.rows0[COUNT0 - 1],
                            &tables.rows1[COUNT1 - 2], &tables.rows1[COUNT1 - 1]};

        for (unsigned i = 0; i < 4; i++)
                (void)printf("%llu %llu\n", offset_of(&osk[i]->handler),
                             address_of((const void *)AppleSMCHandleDefault));
        return 0;
}

#endif

int main(int argc, char **argv)
{
        if (argc == 4 && strcmp(argv[1], "--smc") == 0 && table_of(argv[2]))
                return answer(argv[2], argv[3]);
        if (argc == 3 && strcmp(argv[1], "--smc-all") == 0 && table_of(argv[2]))
                return answer_all(argv[2]);
        if (argc == 2 && strcmp(argv[1], "--version") == 0)
                return puts(product_line) == EOF;
#ifndef _WIN32
        if (argc == 2 && strcmp(argv[1], "--truth") == 0)
                return print_truth();
        if (argc == 2 && strcmp(argv[1], "--fields") == 0)
                return print_fields();
#endif
        if (argc >= 3 && strcmp(argv[1], "--sleep") == 0) {
                (void)sleep((unsigned)atoi(argv[2]));
                return 0;
        }
        (void)fputs("Usage: vmware-vmx --smc 0|1 KEY | --smc-all 0|1 | --version | --truth | "
                    "--fields | --sleep SECONDS [ARGUMENT…]\n",
                    stderr);
        return 2;
}
