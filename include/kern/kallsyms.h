/* SPDX-License-Identifier: MIT */
/* Names of the kernel's own addresses. */
#ifndef KERN_KALLSYMS_H
#define KERN_KALLSYMS_H

#include <kern/types.h>

#define KSYM_NAME_LEN 128
#define KSYM_SYMBOL_LEN (KSYM_NAME_LEN + 64)

/* "name+0xoff/0xsize", or the address in hex. The length. => any context. */
int sprint_symbol(char *buffer, unsigned long address);
/* Name, or NULL. namebuf: KSYM_NAME_LEN. */
const char *kallsyms_lookup(unsigned long addr, unsigned long *size, unsigned long *offset, char *namebuf);

#endif
