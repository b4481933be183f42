/* SPDX-License-Identifier: MIT */
#pragma once

/* Believing one SMC table, and what a row is; internal to the patch layer. */

#include "image/image.h"
#include "patch/smc-types.h"

/* A header as it is in the file, and the rows that it leads to. */
typedef struct SmcHeader {
        uint64_t offset, address;
        uint64_t rows_offset, rows_address;
        uint32_t private_count, public_count;
} SmcHeader;

/* Believes the table of `header`, whose rows are known to be well-formed, with one OSK0 and one
 * OSK1, or says what speaks against it: -EBADMSG with an SMC or IMAGE reason. -ENOMEM. */
_nodiscard_ int smc_table_read(const Image *image, const SmcHeader *header, SmcTable *ret,
                               Fault *fault);

/* Says what speaks against the table of `header`, "V1 at 0x…: what", seen at file offset `offset`.
 * -EBADMSG. */
int smc_header_refuse(const Image *image, const SmcHeader *header, Reason reason, uint64_t offset,
                      const char *what, Fault *fault);

/* Whether the row at file offset `offset` is well-formed. */
bool smc_row_fits(const Image *image, uint64_t offset);

/* Whether the four bytes at `row` are the name #KEY; OSK0 or OSK1. */
bool smc_row_is_first(const uint8_t *row);
bool smc_row_is_osk(const uint8_t *row, SmcGate *ret_gate);

/* The state of one gate, from value and effective handler. */
GateState smc_gate_state(const SmcTable *table, SmcGate gate);
