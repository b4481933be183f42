/* SPDX-License-Identifier: MIT */
#pragma once

/* SmcTable: the key tables of the virtual SMC in vmware-vmx.
 *
 *   header (16 bytes)                          row (72 bytes)
 *   0x00  8  address of the first row          0x00  4  name, byte-reversed
 *   0x08  4  number of all keys (private)      0x04  1  length of the value
 *   0x0C  4  number of public keys             0x05  4  type, byte-reversed
 *                                              0x09  1  attributes
 *                                              0x0A  6  padding
 *                                              0x10  8  address of the handler
 *                                              0x18 48  value
 *
 * Source: the public description of the unlocker's patches. Number, order and size of the tables,
 * the places of headers and of OSK0 and OSK1, attributes and handlers vary between builds, so a
 * table is believed when it agrees with itself: the header's pointer leads to rows, the rows bear
 * its count out, one OSK0 and one OSK1 of 32 bytes are among them, and +LKS or many rows tell which
 * handler is Default.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "image/types.h"

#define SMC_HEADER_SIZE 0x10U
#define SMC_ROW_SIZE    0x48U
#define SMC_VALUE_MAX   48U

/* One row, decoded. */
typedef struct SmcKey {
        uint32_t index;   /* row number in its table */
        uint64_t offset;  /* file offset of the row */
        uint64_t address; /* and its address */
        char name[5];     /* in reading order, NUL-terminated: "OSK0" */
        char type[5];     /* "ch8*"; short types are padded with a space */
        uint8_t length;   /* of the value, in bytes, at most SMC_VALUE_MAX */
        uint8_t attributes;
        ImagePointer handler;
        const uint8_t *value; /* borrowed from the image, SMC_VALUE_MAX bytes */
} SmcKey;

/* The two rows of a table that are gated. */
typedef enum SmcGate {
        SMC_OSK0,
        SMC_OSK1,
        _SMC_GATE_MAX,
} SmcGate;

/* Whether a guest that asks for the key gets it. */
typedef enum GateState {
        GATE_CLOSED, /* asks the host's SMC, as shipped */
        GATE_OPEN,   /* right value and the Default handler */
        GATE_HALF,   /* one of the two, or field and relocation disagree */
} GateState;

/* The smc.version that selects a table, as far as its rows tell: a label, which decides nothing. */
typedef enum SmcVersion {
        SMC_V0,
        SMC_V1,
        SMC_VERSION_UNKNOWN,
        _SMC_VERSION_MAX,
} SmcVersion;

typedef struct SmcTable {
        SmcVersion version;
        uint64_t header_offset, header_address;
        uint64_t rows_offset, rows_address;
        uint32_t private_count; /* all rows */
        uint32_t public_count;
        uint64_t default_handler; /* that of +LKS, or the one that most plain rows share */
        bool has_lks;
        bool lks_differs;          /* most rows have another handler than +LKS */
        SmcKey lks;                /* the first +LKS */
        SmcKey osk[_SMC_GATE_MAX]; /* OSK0, OSK1 */
        GateState gates[_SMC_GATE_MAX];
} SmcTable;

/* All tables of a file: V0, V1, then the unknown, each in the file's order. */
typedef struct SmcTables {
        SmcTable *items; /* owned */
        size_t count;
} SmcTables;

/* A header that leads to a row, and why it is not believed; REASON_NONE: by itself it would be. */
typedef struct SmcCandidate {
        uint64_t header_offset, rows_offset;
        uint32_t private_count, public_count;
        Fault fault;
} SmcCandidate;

typedef struct SmcCandidates {
        SmcCandidate *items; /* owned */
        size_t count;
} SmcCandidates;
