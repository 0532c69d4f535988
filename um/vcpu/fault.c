// SPDX-License-Identifier: MIT
/*
 * Faults of kernel code, on the vCPU's alternate stack: the exception table first, then an
 * oops. Nothing schedules here. A task whose fault costs it its life dies on its own stack:
 * the handler makes the fault "return" into die_on_own_stack().
 */
#include "../internal.h"
#include <kern/fork.h>
#include <kern/panic.h>
#include <kern/preempt.h>
#include <kern/printk.h>
#include <kern/signal.h>
#include <kern/task.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <um/irqflags.h>
#include <um/processor.h>
#include <um/setup.h>

extern const struct exception_table_entry __start_ex_table[] __attribute__((weak));
extern const struct exception_table_entry __stop_ex_table[] __attribute__((weak));

#define TRACE_MAX 32

/* This vCPU is printing an oops. */
static DEFINE_PER_CPU(u32, reporting);

unsigned long search_exception_table(unsigned long ip)
{
	const struct exception_table_entry *entry;

	for (entry = __start_ex_table; entry < __stop_ex_table; entry++) {
		if (entry->insn == ip)
			return entry->fixup;
	}
	return 0;
}

bool um_symbol_next(unsigned long *index, unsigned long *addr, char *kind, const char **name)
{
	struct host_symbol symbol;

	if (!host_symbol_next(index, &symbol, kind))
		return false;
	*addr = symbol.address;
	*name = symbol.name;
	return true;
}

bool um_symbol_lookup(unsigned long addr, char *name, size_t size, unsigned long *offset,
		      unsigned long *symsize)
{
	struct host_symbol symbol;

	if (!host_symbol_lookup(addr, &symbol))
		return false;
	strscpy(name, symbol.name, size);
	*offset = addr - symbol.address;
	*symsize = symbol.size;
	return true;
}

static void print_address(const char *prefix, unsigned long addr)
{
	unsigned long offset, size;
	char name[64];

	if (um_symbol_lookup(addr, name, sizeof(name), &offset, &size))
		pr_emerg("%s%s+0x%lx/0x%lx\n", prefix, name, offset, size);
	else
		pr_emerg("%s0x%lx\n", prefix, addr);
}

static const char *fault_name(const struct host_fault *fault)
{
	switch (fault->signr) {
	case SIGFPE:
		return "divide error";
	case SIGILL:
		return "invalid opcode";
	case SIGBUS:
		return "bus error: the host has no memory left for RAM";
	}
	if (fault->address < 4096)
		return "NULL pointer dereference";
	return "unable to handle page fault";
}

static bool overflowed_stack(const struct host_fault *fault)
{
	unsigned long stack = (unsigned long)current->stack;

	return fault->signr == SIGSEGV && fault->address >= stack && fault->address < stack + 4096;
}

static void print_oops(const struct host_fault *fault)
{
	static const char *const names[] = { "r15", "r14", "r13", "r12", "rbp", "rbx",
					     "r11", "r10", "r9",  "r8",	 "rax", "rcx",
					     "rdx", "rsi", "rdi", "rip", "efl", "rsp" };
	const unsigned long *regs = fault->regs;
	unsigned long trace[TRACE_MAX];
	unsigned int n;

	pr_emerg("BUG: %s at address 0x%lx\n",
		 overflowed_stack(fault) ? "kernel stack overflow" : fault_name(fault), fault->address);
	pr_emerg("CPU: %d PID: %d Comm: %.16s error code 0x%lx\n", raw_smp_processor_id(), current->pid,
		 current->comm, fault->error_code);
	print_address("RIP: ", regs[HOST_REG_IP]);
	for (unsigned int i = 0; i + 2 < ARRAY_SIZE(names); i += 3)
		pr_emerg("%s: %016lx %s: %016lx %s: %016lx\n", names[i], regs[i], names[i + 1], regs[i + 1],
			 names[i + 2], regs[i + 2]);
	pr_emerg("Call Trace:\n");
	n = um_trace_from(regs[HOST_REG_BP], trace, TRACE_MAX);
	for (unsigned int i = 0; i < n; i++)
		print_address("  ", trace[i] - 1);
}

/* The faulting task goes on here, with interrupts masked, and dies. */
static void die_on_own_stack(void)
{
	local_irq_enable();
	make_task_dead(SIGSEGV);
}

/* A fault while one is being reported: as little as possible, then the host's core dump. */
static int double_fault(const struct host_fault *fault)
{
	char line[120];
	int len = scnprintf(line, sizeof(line), "Kernel panic - not syncing: fault at 0x%lx (ip 0x%lx) in the fault handler\n",
			    fault->address, fault->regs[HOST_REG_IP]);

	host_log_write(line, len);
	return 0;
}

int um_kernel_fault(struct host_fault *fault)
{
	unsigned long fixup = search_exception_table(fault->regs[HOST_REG_IP]);
	bool fatal;

	if (fixup) {
		fault->regs[HOST_REG_IP] = fixup;
		return 1;
	}
	if (this_cpu_read(reporting))
		return double_fault(fault);
	this_cpu_write(reporting, 1);
	fatal = this_cpu_read(um_irq_masked) || preempt_count() || !current->pid || current->pid == 1 ||
		overflowed_stack(fault) || fault->signr == SIGBUS;
	this_cpu_write(um_irq_masked, 1);
	print_oops(fault);
	oops_note();
	if (fatal || READ_ONCE(panic_on_oops))
		panic("Fatal exception%s", in_interrupt() ? " in interrupt" : "");
	fault->regs[HOST_REG_SP] = (fault->regs[HOST_REG_SP] - 128 - 8) & ~15UL;
	fault->regs[HOST_REG_SP] -= 8;
	fault->regs[HOST_REG_IP] = (unsigned long)die_on_own_stack;
	this_cpu_write(reporting, 0);
	return 1;
}
