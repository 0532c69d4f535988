// SPDX-License-Identifier: MIT
/* When nothing can go on: panic, oops, BUG and WARN. */
#include <kern/bug.h>
#include <kern/fork.h>
#include <kern/init.h>
#include <kern/kallsyms.h>
#include <kern/panic.h>
#include <kern/preempt.h>
#include <kern/printk.h>
#include <kern/signal.h>
#include <kern/smp.h>
#include <kern/task.h>
#include <lib/kstrtox.h>
#include <lib/sprintf.h>
#include <um/irqflags.h>
#include <um/processor.h>
#include <um/setup.h>

int panic_on_oops;
int panic_timeout;		/* accepted, as on Linux's command line; a panic always ends the process */
int oops_in_progress;

static struct notifier_panic *hooks;

void register_panic_hook(struct notifier_panic *hook)
{
	hook->next = hooks;
	hooks = hook;
}

void panic(const char *fmt, ...)
{
	static int panic_cpu = -1;	/* atomic: the first one to come */
	static char message[256], line[300];
	int nobody = -1, self = raw_smp_processor_id();
	va_list args;
	int len;

	local_irq_disable();
	if (!__atomic_compare_exchange_n(&panic_cpu, &nobody, self, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		if (nobody != self)
			um_cpu_stop();
		/* A fault while panicking: say no more. */
		um_halt(PANIC_STATUS);
	}
	oops_in_progress = 1;
	va_start(args, fmt);
	vscnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	smp_send_stop();
	pr_emerg("Kernel panic - not syncing: %s\n", message);
	dump_stack_lvl(KERN_EMERG);
	for (struct notifier_panic *hook = hooks; hook; hook = hook->next)
		hook->fn();
	/* The last line on standard error says that this was a panic, whatever the log level. */
	len = scnprintf(line, sizeof(line), "Kernel panic - not syncing: %s\n", message);
	um_console_write(line, len);
	um_halt(PANIC_STATUS);
}

int panic_on_warn;
unsigned int oops_limit = 10000, warn_limit;

static unsigned int oopses, warnings;	/* atomic */

unsigned int oops_count(void)
{
	return READ_ONCE(oopses);
}

unsigned int warn_count(void)
{
	return READ_ONCE(warnings);
}

void oops_note(void)
{
	unsigned int limit = READ_ONCE(oops_limit);

	add_taint(TAINT_DIE);
	if (__atomic_add_fetch(&oopses, 1, __ATOMIC_RELAXED) >= limit && limit)
		panic("Oopsed too often (kernel.oops_limit is %u)", limit);
}

/* After the report of an oops: the task dies, if that is possible, else everything. */
static void __noreturn oops_end(bool may_kill_task)
{
	oops_note();
	if (!may_kill_task || in_interrupt() || panic_on_oops || current->pid <= 1)
		panic("Fatal exception%s", in_interrupt() ? " in interrupt" : "");
	oops_in_progress = 0;
	make_task_dead(SIGSEGV);
}

void oops_begin_end(const char *what, unsigned long ip, unsigned long sp, unsigned long addr,
		    bool may_kill_task)
{
	char name[KSYM_SYMBOL_LEN];

	oops_in_progress = 1;
	sprint_symbol(name, ip);
	pr_emerg("BUG: %s at address 0x%lx\n", what, addr);
	pr_emerg("RIP: %s RSP: 0x%lx\n", name, sp);
	dump_stack_lvl(KERN_EMERG);
	oops_end(may_kill_task);
}

void __bug(const char *file, int line, const char *what)
{
	oops_in_progress = 1;
	pr_emerg("kernel BUG at %s:%d: %s\n", file, line, what);
	dump_stack_lvl(KERN_EMERG);
	oops_end(!irqs_disabled());
}

void __bug_op(const char *file, int line, const char *what, unsigned long a, unsigned long b)
{
	oops_in_progress = 1;
	pr_emerg("kernel BUG at %s:%d: %s with %lu (0x%lx) and %lu (0x%lx)\n", file, line, what, a, a, b, b);
	dump_stack_lvl(KERN_EMERG);
	oops_end(!irqs_disabled());
}

void __warn(const char *file, int line, const char *fmt, ...)
{
	unsigned int limit = READ_ONCE(warn_limit);
	char message[200];
	va_list args;

	va_start(args, fmt);
	vscnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	pr_warn("WARNING: at %s:%d: %s\n", file, line, message);
	dump_stack_lvl(KERN_WARNING);
	if (READ_ONCE(panic_on_warn))
		panic("panic_on_warn set ...");
	add_taint(TAINT_WARN);
	if (__atomic_add_fetch(&warnings, 1, __ATOMIC_RELAXED) >= limit && limit)
		panic("Warned too often (kernel.warn_limit is %u)", limit);
}

core_param(panic, panic_timeout, int, 0644);

static int set_panic_on_warn(char *value)
{
	panic_on_warn = 1;
	return 1;
}
__setup("panic_on_warn", set_panic_on_warn);

static int set_oops(char *value)
{
	panic_on_oops = 1;
	return 1;
}
__setup("oops=panic", set_oops);
