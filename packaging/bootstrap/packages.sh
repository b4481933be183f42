# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # bootstrap sources it
# The distribution's package manager: what is there, what is missing, what came for the build alone.
# The files are build/packages.new, what bootstrap installed, and build/packages.log.

pulled=$build/packages.new
mark_auto=no

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo env LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
    fi
}

# Where a name cannot be looked up, apt would wait for long.
apt_get() {
    as_root env RES_OPTIONS='timeout:1 attempts:1' apt-get -q -o DPkg::Lock::Timeout=300 \
        -o Acquire::http::Timeout=10 -o Acquire::https::Timeout=10 \
        -o APT::Keep-Downloaded-Packages=false "$@"
}

# In the family's own words: is it there; get the lists of packages; does this release have it;
# install.
is_installed() {
    case $family in
    apt) dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed' ;;
    dnf | zypper) rpm -q --quiet --whatprovides "$1" ;;
    pacman) pacman -T "$1" >/dev/null ;;
    esac
}

list_installed() {
    case $family in
    apt) dpkg-query -W -f '${Status} ${Package}\n' | sed -n 's/.* ok installed //p' ;;
    dnf | zypper) rpm -qa --qf '%{NAME}\n' ;;
    pacman) pacman -Qq ;;
    esac | LC_ALL=C sort -u
}

refresh_lists() {
    case $family in
    apt) apt_get -o Acquire::Retries=0 -o APT::Update::Error-Mode=any update ;;
    zypper) as_root zypper --non-interactive refresh ;;
    pacman) [ -e /var/lib/pacman/sync/core.db ] || as_root pacman -Sy --noconfirm ;;
    esac
}

is_known() {
    case $family in
    apt) apt-cache show --no-all-versions "$1" >/dev/null 2>&1 ;;
    dnf) dnf -q repoquery --whatprovides "$1" 2>/dev/null | grep -q . ;;
    zypper) zypper --non-interactive -q search --provides --match-exact "$1" >/dev/null 2>&1 ;;
    pacman) pacman -Si "$1" >/dev/null 2>&1 ;;
    esac
}

install_packages() {
    case $family in
    apt)
        [ $mark_auto = no ] || set -- --mark-auto "$@"
        apt_get -y install --no-install-recommends "$@"
        ;;
    dnf) as_root dnf -y install --setopt=install_weak_deps=False "$@" ;;
    zypper) as_root zypper --non-interactive install --no-recommends "$@" ;;
    pacman)
        [ $mark_auto = no ] || set -- --asdeps "$@"
        as_root pacman -S --needed --noconfirm "$@"
        ;;
    esac
}

# What install_packages would do, in the package manager's words.
plan_packages() {
    case $family in
    apt) apt_get --assume-no install --no-install-recommends "$@" ;;
    dnf) as_root dnf --assumeno install --setopt=install_weak_deps=False "$@" ;;
    zypper) as_root zypper --non-interactive install --dry-run --no-recommends "$@" ;;
    pacman) as_root pacman -S --needed --print --print-format 'Package %n' "$@" ;;
    esac 2>/dev/null </dev/null || true
}

# "97 packages, 103 MB to download, 408 MB on disk", of such words; nothing where they are others.
read_plan() {
    awk '
        / newly installed/ && $3 > 0                 { count = $3 }
        /^[0-9]+ new packages to install/            { count = $1 }
        /^Install +[0-9]+ [Pp]ackage/                { count = $2 }
        /^Package /                                  { count++ }
        /[Dd]ownload size: |Need to (get|download) / { fetch = size($0) }
        / (additional|extra) |Installed size: / { disk = last($0) }
        function size(line) {
            if (!match(line, /[0-9.,]+ ?[kKMG](i?B)?/)) return ""
            line = substr(line, RSTART, RLENGTH)
            gsub(/,/, "", line)
            gsub(/[iB ]/, "", line)
            return sprintf("%s %sB", substr(line, 1, length(line) - 1), substr(line, length(line)))
        }
        function last(line) {
            sub(/.*(operation, |size: |, additional )/, "", line)
            return size(line)
        }
        END {
            if (!count) exit
            printf "%d packages", count
            if (fetch) printf ", %s to download", fetch
            if (disk) printf ", %s on disk", disk
            print ""
        }'
}

# For step(): how far the package manager is.
count_packages() {
    awk '
        / newly installed/ { total = $3; got = unpacked = done = 0; next }
        /^Get:/            { got++ }
        /^Unpacking /      { unpacked++ }
        /^Setting up /     { done++ }
        match($0, /[0-9]+\/[0-9]+/) && !total { other = substr($0, RSTART, RLENGTH) }
        END {
            if (total && done) print done " of " total " set up"
            else if (total && unpacked) print unpacked " of " total " unpacked"
            else if (total) print got " of " total " downloaded"
            else if (split(other, n, "/") == 2) print n[1] " of " n[2]
        }' "$1"
}

# The servers that a log tells cannot be reached, each once, when not one could be.
unreached_hosts() {
    ! grep -qE '^(Hit|Get):' "$1" || return 1
    sed -nE -e "s/.*(resolving|resolve host:?|resolve|connect(ion)? to) '?([^ ':]+).*/\3/p" \
        -e 's/.*Failed to fetch https?:\/\/([^/ ]+).*/\1/p' "$1" | sort -u | grep .
}

no_network() {
    unreached_hosts "$step_log" >"$build/hosts" || return 0
    {
        printf '\nbootstrap: no network: cannot reach %s\n' "$(paste -sd ' ' "$build/hosts")"
        printf '%s\n' "needed from there:$missing" | fold -s -w 79 | sed 's/ $//'
        printf '%s\n' \
            'Connect this machine, or give the package manager a proxy; then run it again.'
    } >&2
    exit 1
}

# Installs what is missing of the words given; nothing is asked of the network when all is there.
# With `optional` as first word, those that the release does not have are passed over.
need() {
    optional=no
    [ "$1" != optional ] || { optional=yes && shift; }
    missing='' unknown=''
    for package in "$@"; do
        is_installed "$package" || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        [ $optional = yes ] || die "only root can install what is missing:$missing"
        echo "missing, and there is no sudo to install it; what needs it is skipped:$missing"
        return 0
    fi
    [ "$(id -u)" -eq 0 ] || sudo -v || die "sudo is needed to install what is missing:$missing"
    step "Package lists" "$build/lists.log" no_count refresh_lists || {
        no_network
        echo "(not every package list could be updated)"
    }
    [ $optional = no ] || need_known
    [ -n "$missing" ] || return 0
    need_install
}

# Of what is missing, what this release has.
need_known() {
    wanted=$missing missing=''
    for package in $wanted; do
        if is_known "$package"; then
            missing="$missing $package"
        else
            unknown="$unknown $package"
        fi
    done
    [ -z "$unknown" ] || echo "not available here:$unknown"
}

# shellcheck disable=SC2046,SC2086 # lists of words
need_install() {
    plan_packages $missing | read_plan
    list_installed >"$build/packages.before"
    install_status=0
    step "Packages" "$build/packages.log" count_packages install_packages $missing ||
        install_status=$?
    list_installed | LC_ALL=C comm -13 "$build/packages.before" - >"$build/packages.came"
    cat "$build/packages.came" >>"$pulled"
    # dnf marks nothing while it installs.
    [ $mark_auto = no ] || [ "$family" != dnf ] || mark_as_dependency $(cat "$build/packages.came")
    rm -f "$build/packages.before" "$build/packages.came"
    [ $install_status -ne 0 ] || return 0
    no_network
    [ $optional = yes ] || step_failed
    tail -n 20 "$step_log"
    echo "(not all of them could be installed; what needs them is skipped)"
}

# What came for the build alone -------------------------------------------------------------------

# dnf's two generations say it with other words; zypper knows it only of what it pulled in itself.
mark_as_dependency() {
    [ $# -gt 0 ] || return 0
    case $family in
    apt) apt-mark auto "$@" ;;
    dnf) dnf mark dependency "$@" || dnf mark remove "$@" ;;
    pacman) pacman -D --asdeps "$@" ;;
    esac >/dev/null 2>&1 || true
}

mark_as_wanted() {
    [ $# -gt 0 ] || return 0
    case $family in
    apt) apt-mark manual "$@" ;;
    dnf) dnf mark user "$@" || dnf mark install "$@" ;;
    pacman) pacman -D --asexplicit "$@" ;;
    esac >/dev/null 2>&1 || true
}

# Of what bootstrap installed, what nothing depends on now. apt alone would keep what some package
# only suggests, and so dpkg-dev and all that it needs. zypper takes with a package what it needed.
# shellcheck disable=SC2046 # lists of words
removable_packages() {
    [ -s "$pulled" ] || return 0
    case $family in
    apt)
        apt-get -s -o APT::AutoRemove::SuggestsImportant=false \
            -o APT::AutoRemove::RecommendsImportant=false autoremove 2>/dev/null |
            sed -n 's/^Remv \([^ ]*\).*/\1/p'
        ;;
    dnf) dnf -q repoquery --unneeded --qf '%{name}\n' 2>/dev/null ;;
    zypper) rpm -q --qf '%{NAME}\n' --whatprovides $(build_packages) ;;
    pacman)
        # With what only these need.
        set -- $(pacman -Qdtq)
        [ $# -eq 0 ] || pacman -Rsp --print-format '%n' "$@"
        ;;
    esac | LC_ALL=C sort -u >"$build/packages.unneeded"
    LC_ALL=C sort -u "$pulled" | LC_ALL=C comm -12 - "$build/packages.unneeded" >"$build/removable"
    mv -f "$build/removable" "$build/packages.unneeded"
}

# In MB, of the packages given.
size_of_packages() {
    case $family in
    apt) dpkg-query -W -f '${Installed-Size}\n' "$@" ;;
    dnf | zypper) rpm -q --qf '%{SIZE}\n' "$@" | awk '{ print $1 / 1000 }' ;;
    pacman) pacman -Qi "$@" | awk '/^Installed Size/ { print $4 * ($5 == "MiB" ? 1024 : 1) }' ;;
    esac 2>/dev/null | awk '{ sum += $1 } END { printf "%d", sum / 1000 }'
}

# tell_removable WHY: how many there are, and how they go.
# shellcheck disable=SC2016,SC2046 # for the person to type; a list of words
tell_removable() {
    removable_why=$1
    removable_packages
    [ -s "$build/packages.unneeded" ] || return 0
    set -- $(cat "$build/packages.unneeded")
    case $family in
    apt) removal='apt-get autoremove --purge' ;;
    dnf) removal='dnf remove' ;;
    zypper) removal='zypper remove --clean-deps' ;;
    pacman) removal='pacman -Rns' ;;
    esac
    printf '\n%d packages (%s MB) %s. To remove them:\n' $# "$(size_of_packages "$@")" \
        "$removable_why"
    printf '    %s%s $(cat build/packages.unneeded)\n' "$sudo" "$removal"
}
