/* SPDX-License-Identifier: MIT */
#pragma once

/* The version of this program, as receipts and archives record it. */

#include "config.h"

#define UNLOCKER_VERSION PACKAGE_VERSION
