# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The releases of Debian that are tested. UNLOCKER_TEST_RELEASES says which, for a run.

machine_releases=${UNLOCKER_TEST_RELEASES:-bookworm trixie}

# The last of them that is not this computer's own: tests/release runs all there. Nothing where
# there is no such.
release_other() (
    VERSION_CODENAME=
    # shellcheck source=/dev/null
    [ ! -r /etc/os-release ] || . /etc/os-release
    for release in $machine_releases; do
        [ "$release" = "$VERSION_CODENAME" ] || echo "$release"
    done | tail -n 1
)

# Those that are left for this computer.
releases_here() (
    other=$(release_other)
    for release in $machine_releases; do
        [ "$release" = "$other" ] || echo "$release"
    done | paste -sd ' '
)
