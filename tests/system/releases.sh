# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The releases of Debian that are tested. UNLOCKER_TEST_RELEASES says which, for a run.

machine_releases=${UNLOCKER_TEST_RELEASES:-bookworm trixie}

# This computer's own codename; nothing where it has none.
release_own() (
    VERSION_CODENAME=
    # shellcheck source=/dev/null
    [ ! -r /etc/os-release ] || . /etc/os-release
    echo "$VERSION_CODENAME"
)

# The last of them that is not this computer's own: tests/release runs all there. Nothing where
# there is no such.
release_other() (
    own=$(release_own)
    for release in $machine_releases; do
        [ "$release" = "$own" ] || echo "$release"
    done | tail -n 1
)

# Of what is tried on one release alone: this computer's own, on which what is built here runs; or
# else the first.
release_native() (
    own=$(release_own)
    case " $machine_releases " in
    *" $own "*) echo "$own" ;;
    *) echo "${machine_releases%% *}" ;;
    esac
)

# Those that are left for this computer.
releases_here() (
    other=$(release_other)
    for release in $machine_releases; do
        [ "$release" = "$other" ] || echo "$release"
    done | paste -sd ' '
)
