# SPDX-License-Identifier: MIT
# Prints the guest-OS entries as C initialisers: two groups of macOS entries among others.
#
#   -v half=18           entries per group
#   -v flag=0x3e         flags of a hidden entry
#   -v shown=00|10|11    groups that are shown already
#   -v slip=0|1          entries with 0x7C where 10, 20, 01 or 02 belongs
#   -v stray=0|1         a match next to a group with the flags of another system

function entry(kind, width, group, zero_at, flags, name) {
    printf "{%s, %s, %s, {%s}, %s, {0}, \"%s\", %d, {0}},\n", kind, width, group,
        (zero_at >= 0 ? "[" zero_at "] = 1" : "0"), flags, name, ++id
}

function name_of(i) {
    return i < 8 ? "darwin" (10 + int(i / 2)) (i % 2 ? "-64" : "") : "darwin" (6 + i) "-64"
}

function darwin(group,    i, flags) {
    flags = substr(shown, group, 1) == "1" ? flag " | 1" : flag
    for (i = 0; i < half; i++)
        entry("0x10", i < 8 && i % 2 == 0 ? "0x10" : "0x20", group, -1, flags, name_of(i))
}

function others(prefix, count,    i) {
    for (i = 0; i < count; i++)
        entry(sprintf("0x%02x", 1 + i % 8), i % 2 ? "0x20" : "0x10", 1 + i % 2, i % 5 ? i % 20 : -1,
            i % 3 ? "0x3f" : "0x3e", prefix i)
}

BEGIN {
    others("windows", 12)
    entry("0x11", "0x10", "1", -1, flag, "near-first")
    darwin(1)
    if (slip) {
        entry("0x10", "0x7c", "1", -1, flag, "slip-width")
        entry("0x10", "0x20", "0x7c", -1, flag, "slip-group")
        entry("0x10", "0x7c", "0x7c", -1, flag, "slip-both")
    }
    entry("0x10", "0x10", "3", -1, flag, "near-group")
    others("linux", 17)
    entry("0x10", "0x30", "2", -1, flag, "near-width")
    darwin(2)
    if (stray)
        entry("0x10", "0x20", "2", -1, "0x80", "stray-flag")
    entry("0x10", "0x20", "2", 19, flag, "near-zero")
    others("other", 9)
}
