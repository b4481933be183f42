/* SPDX-License-Identifier: MIT */

/* What tells one build from another, and the bulk of a file by option.
 *
 * Set on the command line of the compiler: PRODUCT_LINE (a string), PAD (the name of a file that
 * is put into a read-only, loaded part). */

extern const char product_line[];
const char product_line[] = PRODUCT_LINE;

#ifdef PAD
__asm__(".pushsection .rodata.pad, \"a\", @progbits\n"
        ".incbin \"" PAD "\"\n"
        ".popsection\n");
#endif
