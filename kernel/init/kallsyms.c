// SPDX-License-Identifier: MIT
/* Names of the kernel's own addresses. */
#include <kern/kallsyms.h>
#include <lib/sprintf.h>
#include <um/setup.h>

const char *kallsyms_lookup(unsigned long addr, unsigned long *size, unsigned long *offset, char *namebuf)
{
	return um_symbol_lookup(addr, namebuf, KSYM_NAME_LEN, offset, size) ? namebuf : NULL;
}

int sprint_symbol(char *buffer, unsigned long address)
{
	unsigned long size, offset;
	char name[KSYM_NAME_LEN];

	if (!kallsyms_lookup(address, &size, &offset, name))
		return scnprintf(buffer, KSYM_SYMBOL_LEN, "0x%lx", address);
	return scnprintf(buffer, KSYM_SYMBOL_LEN, "%s+0x%lx/0x%lx", name, offset, size);
}
