// SPDX-License-Identifier: MIT
/* Names of the kernel's own addresses, and the stack of whoever asks. */
#include <kern/kallsyms.h>
#include <kern/printk.h>
#include <kern/task.h>
#include <lib/sprintf.h>
#include <um/setup.h>

#define TRACE_MAX 32

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

void dump_stack_lvl(const char *level)
{
	unsigned long trace[TRACE_MAX];
	unsigned int n = um_stack_trace(trace, TRACE_MAX);

	printk("%sCPU: %d PID: %d Comm: %.16s\n", level, raw_smp_processor_id(), current->pid, current->comm);
	printk("%sCall Trace:\n", level);
	for (unsigned int i = 0; i < n; i++) {
		char name[KSYM_SYMBOL_LEN];

		/* Return addresses: the call is before them, perhaps at the end of its function. */
		sprint_symbol(name, trace[i] - 1);
		printk("%s  %s\n", level, name);
	}
}

void dump_stack(void)
{
	dump_stack_lvl(KERN_WARNING);
}
