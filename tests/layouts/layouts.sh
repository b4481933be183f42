#!/bin/sh
# SPDX-License-Identifier: MIT
# Layouts that nobody has seen, at random: the engine plans exactly what their making says, or
# refuses with a rule that was broken. The same ones each time; UNLOCKER_SEED=random, or a number,
# makes others, and the number is printed.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
seed=${UNLOCKER_SEED:-20261127}
[ "$seed" != random ] || seed=$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')
echo "# UNLOCKER_SEED=$seed"
probe=${top_builddir:?}/tests/unit/probe/plan-probe
# Under sanitizers each takes several times as long, and all of them are run without.
many=1000
[ "${SANITIZERS:-no}" != yes ] || many=200

random_layouts() {
    "$top_srcdir/tests/layouts/layouts.py" "$probe" "$@"
}

check "SMC tables: $many layouts" random_layouts smc $many "$seed"
check "guest lists: $many layouts" random_layouts gos $many "$seed"
check 'module names: 200 layouts' random_layouts vmkctl 200 "$seed"
check 'a byte that is left out of a plan is a fault' random_layouts smc 20 "$seed" less
check 'one that is added is a fault' random_layouts gos 20 "$seed" more
plan
