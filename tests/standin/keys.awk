# SPDX-License-Identifier: MIT
# Prints the rows of one SMC table as C initialisers, in file order.
#
#   -v version=0|1       which table
#   -v values=ABCD       1: the OSK row has its right value; A, B: V0 OSK0, OSK1; C, D: V1
#   -v handlers=ABCD     1: the OSK row has the Default handler
#
# 242 rows, 2 of them hidden, or 436 and 4. Names are unique and look like those of an Apple SMC;
# values are made up, but always the same.

function reversed(text,    i, out) {
    out = ""
    for (i = length(text); i >= 1; i--)
        out = out (out == "" ? "" : ", ") "'" substr(text, i, 1) "'"
    return out
}

function row(name, length_, type, attributes, handler, value) {
    if (name in seen || length(name) != 4 || length(type) != 4) {
        print "#error key " name
        return
    }
    seen[name] = 1
    rows++
    printf "{{%s}, %d, {%s}, %s, {0}, %s, {%s}},\n",
        reversed(name), length_, reversed(type), attributes, handler, value
}

function made_up(name, length_,    i, state, out) {
    state = version + 7
    for (i = 1; i <= 4; i++)
        state = (state * 31 + index(printable, substr(name, i, 1))) % 65521
    out = ""
    for (i = 0; i < length_; i++) {
        state = (state * 181 + 359) % 65521
        out = out (i ? ", " : "") (state % 256)
    }
    return out
}

function plain(name, length_, type, attributes) {
    row(name, length_, type, attributes, "AppleSMCHandleDefault", made_up(name, length_))
}

function sensors(wanted,    p, s, kind, name) {
    for (p = 1; p <= prefix_count && rows < wanted; p++)
        for (s = 1; s <= length(suffixes) && rows < wanted; s++) {
            name = prefixes[p] substr(suffixes, s, 1)
            if (name in seen)
                continue
            kind = substr(name, 1, 1)
            if (kind == "T")
                plain(name, 2, "sp78", "0x80")
            else if (kind == "F")
                plain(name, 2, "fpe2", "0xc0")
            else if (kind == "I" || kind == "V" || kind == "P")
                plain(name, 2, "fp2e", "0x80")
            else if (kind == "L")
                plain(name, 1, "flag", "0xd0")
            else if (kind == "B")
                plain(name, 2, "ui16", "0x80")
            else
                plain(name, 1, "ui8 ", "0xc0")
        }
}

function osk(number, text,    bit, i, value) {
    bit = 2 * version + number + 1
    value = ""
    for (i = 1; i <= 32; i++) {
        value = value (i > 1 ? ", " : "")
        value = value (substr(values, bit, 1) == "1" ? "'" substr(text, i, 1) "'" : "0")
    }
    row("OSK" number, 32, "ch8*", version == 0 ? "0x80" : "0x90",
        substr(handlers, bit, 1) == "1" ? "AppleSMCHandleDefault" : "AppleSMCHandleOSK", value)
}

BEGIN {
    printable = " !#$+0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    suffixes = "CDFHPSTcpr"
    prefix_count = split("TA0 TB0 TC0 TC1 TG0 TG1 TH0 TH1 TL0 TM0 TM1 TN0 TO0 TS0 TW0" \
        " Th1 Th2 Tm0 Tp0 Ts0" \
        " F0A F0M F1A F1M IB0 IC0 IC1 IG0 IM0 VC0 VC1 VD0 VG0 VM0 VP0 PC0 PC1 PG0 PM0 PZ0 LSO LSS" \
        " B0A B0F B1A BAT MST MSA MSC HDB", prefixes, " ")

    row("#KEY", 4, "ui32", "0x80", "AppleSMCHandleNumKeys", "0")
    if (version == 1) {
        plain("$Adr", 4, "ui32", "0x88")
        plain("$Num", 1, "ui8 ", "0x88")
    }
    row("+LKS", 1, "flag", "0x90", "AppleSMCHandleDefault", version == 0 ? "0x07" : "0x01")
    plain("BEMB", 1, "flag", "0x80")
    plain("CLKC", 4, "ui32", "0xd0")
    plain("EPCI", 4, "ui32", "0x80")
    plain("FNum", 1, "ui8 ", "0x80")
    plain("FS! ", 2, "ui16", "0xc0")
    plain("LDKN", 1, "ui8 ", "0x90")
    plain("MSSD", 1, "si8 ", "0xc0")
    plain("NATJ", 1, "ui8 ", "0xd0")
    plain("NATi", 2, "ui16", "0xd0")
    row("NTOK", 1, "ui8 ", "0x50", "AppleSMCHandleNTOK", "0")
    plain("RBr ", 8, "hex_", "0x80")
    row("RPlt", 8, "ch8*", "0x80", "AppleSMCHandleDefault", "'j', '5', '2', 'v', '1', 0, 0, 0")
    plain("REV ", 6, "{rev", "0x80")
    plain("RVBF", 6, "{rev", "0x80")

    # V1 hides two more rows than the two everybody knows.
    if (version == 0)
        sensors(240)
    else {
        sensors(432)
        plain("zDBG", 4, "ui32", "0x90")
        plain("zLOG", 16, "hex_", "0x90")
    }
    osk(0, "ourhardworkbythesewordsguardedpl")
    osk(1, "easedontsteal(c)AppleComputerInc")
}
