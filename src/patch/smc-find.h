/* SPDX-License-Identifier: MIT */
#pragma once

/* Finding and believing one SMC table; internal to the patch layer. */

#include "patch/smc.h"

/* Reads the header at `header_address` that shall lead to rows at `rows_address`, then every row,
 * and fills `ret` but for the gates. -EBADMSG with the SMC reason that speaks against it. */
_nodiscard_ int smc_table_read(const Image *image, uint64_t header_address, uint64_t rows_address,
                               SmcTable *ret, Fault *fault);

/* Whether the bytes at `address` could be a header that leads to `rows_address`. */
bool smc_header_fits(const Image *image, uint64_t address, uint64_t rows_address);

/* A table is read before it is known which one it is. */
#define SMC_VERSION_UNKNOWN SMC_TABLE_COUNT

/* Says what speaks against `table`, "V1 at 0x…: what", seen at file offset `offset`. -EBADMSG. */
int smc_table_refuse(const SmcTable *table, Reason reason, uint64_t offset, const char *what,
                     Fault *fault);

/* Row `index` without its handler. -EBADMSG with REASON_SMC_ROW or REASON_SMC_TRUNCATED. */
_nodiscard_ int smc_row_read(const Image *image, const SmcTable *table, uint32_t index, SmcKey *ret,
                             Fault *fault);

/* Whether the row at file offset `offset` is well-formed. */
bool smc_row_fits(const Image *image, uint64_t offset);

/* The state of one gate, from value and effective handler. */
GateState smc_gate_state(const SmcTable *table, SmcGate gate);
