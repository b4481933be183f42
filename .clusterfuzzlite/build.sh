#!/bin/sh
# SPDX-License-Identifier: MIT
exec "$SRC/vmware-unlocker/tests/fuzz/build.sh"
