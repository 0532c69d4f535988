// SPDX-License-Identifier: MIT
/*
 * Boot: from the machine's first call to the first program.
 *
 * start_kernel() runs on the stack of init_task with interrupts masked and preemption off, and
 * sets up what kernel/ and mm/ need to have threads; then the boot task becomes the idle task
 * of CPU 0. The rest happens in the thread of init: other CPUs, everybody's initcalls by level,
 * the first program. No subsystem above kernel/ is named here.
 */
#include <kern/completion.h>
#include <kern/cred.h>
#include <kern/fork.h>
#include <kern/hrtimer.h>
#include <kern/init.h>
#include <kern/irq.h>
#include <kern/kthread.h>
#include <kern/panic.h>
#include <kern/pid.h>
#include <kern/preempt.h>
#include <kern/printk.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <kern/smp.h>
#include <kern/softirq.h>
#include <kern/tick.h>
#include <kern/timekeeping.h>
#include <kern/timer.h>
#include <kern/uts.h>
#include <kern/workqueue.h>
#include <lib/string.h>
#include <mm/memblock.h>
#include <mm/slab.h>
#include <um/irqflags.h>
#include <um/setup.h>
#include "internal.h"

enum system_states system_state;
char *saved_command_line;
int (*run_init_hook)(void) = run_init;

static DECLARE_COMPLETION(kthreadd_ready);

/* Words that the handlers keep pointers into: never freed. */
static char *copy_command_line(void)
{
	char *copy = kstrdup(um_command_line(), GFP_KERNEL);

	if (!copy)
		panic("no memory for the command line");
	return copy;
}

/* Before there is memory, so that what is said about it already obeys `quiet`. */
static void parse_early_params(void)
{
	static char words[4096];

	strscpy(words, um_command_line(), sizeof(words));
	parse_params(words, 1);
}

static int kernel_init(void *unused)
{
	wait_for_completion(&kthreadd_ready);
	workqueue_init();
	smp_init();
	run_initcalls(LAST_EARLY_LEVEL + 1, LAST_LEVEL);
	system_state = SYSTEM_RUNNING;
	return run_init_hook();
}

/* The first two threads; init must get number 1. */
static void start_threads(void)
{
	pid_t pid = user_mode_thread(kernel_init, NULL, CLONE_FS);

	if (pid < 0)
		panic("no thread for init: error %d", pid);
	pid = kernel_thread(kthreadd, NULL, CLONE_FS | CLONE_FILES);
	if (pid < 0)
		panic("no thread for kthreadd: error %d", pid);
	rcu_read_lock();
	kthreadd_task = find_task_by_pid_ns(pid, &init_pid_ns);
	rcu_read_unlock();
	system_state = SYSTEM_SCHEDULING;
	complete(&kthreadd_ready);
}

void start_kernel(void)
{
	preempt_count_set(PREEMPT_OFFSET);
	timekeeping_init();
	/* The number of CPUs, and what current's locks need. */
	sched_init();
	setup_arch();
	parse_early_params();
	mm_core_init();
	saved_command_line = copy_command_line();
	pr_notice("%s", linux_banner);
	pr_notice("Command line: %s\n", saved_command_line);
	init_IRQ();
	softirq_init();
	timers_init();
	hrtimers_init();
	workqueue_init_early();
	parse_params(copy_command_line(), 0);
	tick_init_cpu();
	local_irq_enable();
	pid_init();
	cred_init();
	fork_init();
	proc_caches_init();
	signals_init();
	run_initcalls(0, LAST_EARLY_LEVEL);
	start_threads();
	cpu_startup_entry();
}
